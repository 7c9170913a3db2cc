"""Devices of the fleet that machines can be given: free, held by whom, in conflict; and who could serve a request."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.strip import Strip
from textual.timer import Timer

from novatui.actions.catalogue import Scope
from novatui.core.capabilities import Answer
from novatui.core.devicerequest import EXAMPLES, Request, parse
from novatui.core.ids import ObjectRef
from novatui.core.text import clean
from novatui.engine.device_report import in_words, served
from novatui.engine.devicestock import Clocks, HostStock
from novatui.engine.fleet import Changes
from novatui.ui.export import Listed
from novatui.ui.inventory_reading import InventoryReading
from novatui.ui.inventory_rows import ORDERS, Row, fitting, rows_of
from novatui.ui.keys import bindings
from novatui.ui.listed_inventory import listed_inventory
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.cells import Group, Piece
from novatui.ui.render.inventory import Answered, InventoryTable, Item, answered, facts_of
from novatui.ui.render.labelled import labelled
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.filtered import FilteredScreen
from novatui.ui.stage import Stage
from novatui.ui.tree_items import TreeItems
from novatui.ui.widgets.lines import Lines
from novatui.ui.widgets.textprompt import TextPrompt

PACE = 0.25
"""Seconds in which answers are gathered before they are listed."""

_RANKS = {"open": 1, "inv.fit": 2, "inv.order": 3, "filter": 4, "refresh": 5, "export": 7, "mark": 12}
"""Order of what matters here most in the footer."""

TITLES = {"quit": "close", "refresh": "read again", "open": "its host", "mark": "fold"}


class InventoryScreen(FilteredScreen, inherit_bindings=False):
    """`ref` of its place are the hosts, or what they are below; without any all hosts. `tab` is what is asked for,
    `sort` what stands at the top."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.ROWS,
        Scope.INVENTORY,
        Scope.FILTERED,
        Scope.LISTED,
        Scope.OBJECTS,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = "InventoryScreen #inventory { height: 1fr; }"
    EXAMPLES = "words; mdev  conflict  free  held  10de:25b6  group:60  numa:0  !nic"

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._wanted = [ObjectRef.parse(word) for word in place.ref.split()]
        self._order = place.sort if place.sort in ORDERS else ORDERS[0]
        self._request = _request(place.tab)
        clocks = Clocks(self.look.epoch, self.look.monotonic)
        self._reading = InventoryReading(stage.fleet, self._wanted, clocks, self.run_worker, self._list_soon)
        self._every: list[Row] = []
        self._soon: Timer | None = None
        look = self.look
        self._table = InventoryTable(look)
        self._source: TreeItems[Item] = TreeItems(self._table, _version, _key, _above)
        self._rows = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=look.marks.ascii, id="inventory"
        )
        self._title = Lines(lambda width, _: [self._draw_title(width)], id="inventory-title")
        self._facts_title = Lines(lambda width, _: [self._draw_facts_title(width)], id="row-title")
        self._facts = Lines(self._draw_facts, id="row-facts")

    def compose_body(self) -> ComposeResult:
        """Filter, devices, and what is known of the row under the cursor."""
        yield self.filter
        yield self._title
        yield self._rows
        yield self._facts_title
        yield self._facts

    def on_mount(self) -> None:
        self._rows.focus()
        self._reading.read()
        self._list()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """The name of the screen."""
        return ["devices to give"]

    def facts(self) -> Sequence[Group]:
        """How many hosts were read."""
        done, styles = sum(one is not None for one in self._reading.told.values()), self.look.styles
        style = styles.text if done == len(self._reading.told) else styles.info
        failed = sum(one is not None and one.failure is not None for one in self._reading.told.values())
        groups: list[Group] = [(0, [(f" {done} of {len(self._reading.told)} hosts read ", style)])]
        return [*groups, (1, [(f" ? {failed} did not tell ", styles.warning)])] if failed else groups

    def place(self) -> Place:
        """The hosts, the filter, the order, what is asked for."""
        asked = str(self._request) if self._request is not None else ""
        order = "" if self._order == ORDERS[0] else self._order
        ref = " ".join(map(str, self._wanted))
        return Place("inventory", ref=ref, tab=asked, filter=self.filter.text, sort=order)

    def show(self, place: Place) -> bool:
        """Another filter, order or request; other hosts take another screen."""
        if place.ref != self.place().ref:
            return False
        self._order = place.sort if place.sort in ORDERS else ORDERS[0]
        self._request = _request(place.tab)
        self.filter.set_text(clean(place.filter))
        self._list()
        return True

    def take(self, changes: Changes) -> None:
        """What was read stands as it was told; hosts that were not known before are read."""
        if changes.structure or changes.connections:
            self._reading.read_new()
            self._list_soon()

    def step_back(self) -> bool:
        """Drop the filter, then the request."""
        if super().step_back():
            return True
        if self._request is None:
            return False
        self._request = None
        self._list()
        return True

    def rows(self) -> RowView:
        """The devices, or the hosts that were asked."""
        return self._rows

    def subject(self) -> int | None:
        """The host of the row under the cursor."""
        host = self._host
        return None if host is None else self.fleet.inventory.slot(host.conn, host.key)

    def draw_keys(self, width: int) -> Strip:
        """The footer: what is done with devices first; the space bar folds here."""
        offered = [structs.replace(one, footer=_RANKS.get(one.id, one.footer)) for one in self.offered(*self.SCOPES)]
        return bars.footer(offered, self.stage.keys, self.look, width, TITLES)

    @property
    def _under(self) -> Item | None:
        return self._source.item(self._rows.cursor)

    @property
    def _host(self) -> ObjectRef | None:
        one = self._under
        return one.told.ref if isinstance(one, Answered) else one.host if one is not None else None

    # Reading

    def action_refresh(self) -> None:
        """Read every host again."""
        self._reading.read()
        self._list()

    # Listing

    def _list_soon(self) -> None:
        if self._soon is None and self.is_attached:
            self._soon = self.set_timer(PACE, self._gathered)

    def _gathered(self) -> None:
        self._soon = None
        self._list()

    def list_again(self) -> None:
        """The filter is another one."""
        self._list()

    def age(self) -> None:
        """List what waited for a strip to close."""
        self._list()

    def _list(self) -> None:
        if self.steady or not self.is_attached:
            return
        told = self._reading.answers
        self._every = rows_of(told, self._order)
        known = {_key(item) for node in self._source.order if (item := self._source.item(node)) is not None}
        items = self._asked(told) if self._request is not None else fitting(self._every, self.filter.text)
        if self._table.asked != (self._request is not None):
            self._table.asked = self._request is not None
            self._rows.redraw_header()
        self._rows.forget(self._source.plant(items))
        self._rows.placeholder = self._why_empty()
        self._rows.replace(self._source.tops)
        if self.filter.text:
            self._unfold([_key(item) for item in items if isinstance(item, Row) and item.standing is None])
        elif len(told) == 1:
            self._unfold([_key(item) for item in items if _key(item) not in known and _above(item) is None])
        self._rows.changed(*self._source.order)
        self._rows.touch(self._source.order)
        for part in (self.header, self.filter, self._title, self._facts_title, self._facts):
            part.redraw()

    def _unfold(self, keys: Sequence[Hashable]) -> None:
        self._rows.set_expanded([node for key in keys if (node := self._source.number(key)) is not None])

    def _asked(self, told: Sequence[HostStock]) -> list[Item]:
        """What each host answers to the request."""
        assert self._request is not None
        refs = {str(one.ref): one for one in told}
        words = self.filter.text.casefold().split()
        found = [Answered(one, refs[one.host]) for one in served(told, self._request)]
        said = {id(one): " ".join(self._table.fits.cells((one, 0, None))).casefold() for one in found}
        return [
            one
            for one in found
            if all((word.removeprefix("!") in said[id(one)]) != word.startswith("!") for word in words)
        ]

    def _why_empty(self) -> str:
        if not self._reading.told:
            return " no host is known here"
        if None in self._reading.told.values() and not self._every:
            return " the devices are being read"
        return " nothing fits the filter" if self.filter.text else " the hosts tell of no devices that can be given"

    # Drawing

    def order_in_words(self) -> str:
        """What stands at the top."""
        return "" if self._request is not None else f"   by {self._order}"

    def counts(self) -> Sequence[Piece]:
        """How many devices are in conflict; of hosts that were asked how many of each answer."""
        styles = self.look.styles
        if self._request is None:
            clashes = sum(1 for row in self._every if row.standing is not None and row.conflict)
            clash = [(f" {self.look.marks.alarm} {clashes} in conflict ", styles.bad)] if clashes else []
            return [*clash, (f" {len(self._source.tops):,} listed ", styles.quiet)]
        every = [item.service for node in self._source.order if isinstance(item := self._source.item(node), Answered)]
        return [
            (f" {sum(one.answer is answer for one in every)} {word} ", style)
            for answer, word, style in (
                (Answer.YES, "now", styles.good),
                (Answer.PARTLY, "after", styles.warning),
                (Answer.UNKNOWN, "unknown", styles.warning),
                (Answer.NO, "no", styles.quiet),
            )
            if any(one.answer is answer for one in every)
        ]

    def _draw_title(self, width: int) -> Strip:
        if self._request is not None:
            back = f"{self.key('back')} all devices"
            return bars.rule(self.look, width, f"Who could give {self._request}?", back, focused=True)
        asks = f"{self.key('inv.fit')} asks who could serve a request"
        return bars.rule(self.look, width, "Devices that machines can be given", asks, focused=True)

    def _draw_facts_title(self, width: int) -> Strip:
        one = self._under
        if isinstance(one, Answered):
            said = f"{one.service.name}: {answered(one.service, self.look)[0]}"
        else:
            said = "" if one is None else one.title
        far = f"{self.key('open')} devices of its host" if self._host is not None else ""
        return bars.rule(self.look, width, clean(said), far)

    def _draw_facts(self, width: int, height: int) -> list[Strip]:
        one, host = self._under, self._host
        if one is None:
            return []
        return labelled(
            facts_of(one, self._reading.told.get(host) if host else None, self.look), self.look, width, height
        )

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._facts_title.redraw()
        self._facts.redraw()

    def on_resize(self) -> None:
        height = self.size.height
        self.filter.set_class(height < layout.BARS_FROM, "gone")
        self._title.set_class(height < layout.BARS_FROM, "gone")
        room = max(0, min(8, (height - 8) // 3))
        for part in (self._facts_title, self._facts):
            part.set_class(room < 3, "gone")
        self._facts.styles.height = room

    # Keys

    def action_inv_fit(self) -> None:
        """Ask which hosts could serve a request."""
        said = str(self._request) if self._request is not None else "1 x "
        self.take_keys(TextPrompt(self, "who could give", said, self._ask))

    def _ask(self, text: str) -> None:
        try:
            self._request = parse(text) if text else None
        except ValueError as error:
            self.report(str(error), f"such as: {EXAMPLES}")
            return
        self.filter.set_text("")
        self._list()
        self._rows.home()

    def action_inv_order(self) -> None:
        """By what the devices are, or by host."""
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self._list()
        self._rows.home()

    def action_mark(self) -> None:
        """Fold or unfold."""
        self._rows.toggle()

    def action_open(self) -> None:
        """The passthrough pane of the host; what is of several hosts is folded."""
        one, host = self._under, self._host
        if host is None:
            self._rows.toggle()
        else:
            device = one.device if isinstance(one, Row) else _first_device(one)
            self.stage.navigation.open(Place("passthrough", ref=str(host), tab=device))

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_open()

    # Words

    def line_in_words(self) -> str:
        """The line under the cursor."""
        one = self._under
        return "" if one is None else self._table.words((one, 0, None))

    def paged(self) -> str:
        """Everything that is known of the row under the cursor."""
        one, host = self._under, self._host
        facts = facts_of(one, self._reading.told.get(host) if host else None, self.look) if one is not None else []
        return "\n".join([self.line_in_words(), *(f"{label:8} {text}" for label, text, _ in facts if text)]) + "\n"

    def listed(self) -> Listed:
        """The rows that are listed; of hosts that were asked what they answered."""
        shown = [item for node in self._source.order if (item := self._source.item(node)) is not None]
        return listed_inventory(shown, self._reading.answers, self._request, self._table)


def _request(text: str) -> Request | None:
    try:
        return parse(text) if text else None
    except ValueError:
        return None


def _key(item: Item) -> Hashable:
    return ("asked", item.service.host) if isinstance(item, Answered) else item.key


def _version(item: Item) -> Hashable:
    """Everything that is drawn of it."""
    if isinstance(item, Answered):
        return item.service.host, item.service.answer, in_words(item.service)
    return item.key, item.title, item.counts, item.said, item.conflict


def _above(item: Item) -> Hashable | None:
    return None if isinstance(item, Answered) else item.above


def _first_device(one: Item | None) -> str:
    if not isinstance(one, Answered):
        return ""
    return next((pick.slot.device or pick.slot.card for pick in one.service.picks), "")

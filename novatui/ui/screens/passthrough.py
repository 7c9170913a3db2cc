"""The passthrough pane: the devices of one host by IOMMU group, who has them, and what giving one away would block."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.strip import Strip
from textual.timer import Timer

from novatui.actions.catalogue import Scope
from novatui.core.connection import ConnectionSpec
from novatui.core.text import clean
from novatui.engine.fleet import Changes
from novatui.ui.device_tree import Line, counted, fitting_lines
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.export import Listed
from novatui.ui.foreseeing import Foreseen, Foresight
from novatui.ui.keys import bindings
from novatui.ui.listed_devices import listed_devices, page_of
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.cells import Group, Piece, line
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.render.device_facts import device_facts, totals
from novatui.ui.render.device_table import DeviceTable
from novatui.ui.render.labelled import Fact, labelled
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.giving import GivingScreen
from novatui.ui.stage import Stage
from novatui.ui.tree_items import TreeItems
from novatui.ui.widgets.lines import Lines

REST = 0.4
"""Seconds that the cursor rests before a plan is asked for."""


_RANKS = {"give.attach": 1, "devices": 2, "give.machine": 3, "open": 4, "filter": 5, "mark": 6, "power": 14}
"""Order of what matters here most in the footer."""


class PassthroughScreen(GivingScreen, inherit_bindings=False):
    """Devices above, what is to be known of one of them below."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.ROWS,
        Scope.GIVING,
        Scope.FILTERED,
        Scope.LISTED,
        Scope.OBJECTS,
        Scope.CHANGES,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = "PassthroughScreen #devices { height: 1fr; }"
    EXAMPLES = "words; free  held:db  group:20  numa:0  class:gpu  !usb"

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        look = self.look
        self._source: TreeItems[Line] = TreeItems(
            DeviceTable(look, self.pool.holder, self.pool.can_give),
            self._version,
            lambda one: one.key,
            lambda one: one.above,
        )
        self._table = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=look.marks.ascii, id="devices"
        )
        self._obstacle = Lines(lambda width, _: self._draw_obstacle(width), id="obstacle")
        self._facts_title = Lines(lambda width, _: [self._draw_title(width)], id="device-title")
        self._facts = Lines(self._draw_facts, id="device-facts")
        acting = stage.acting
        self._foresight = Foresight(acting.gate, acting.work, self._foreseen) if acting is not None else None
        self._rest: Timer | None = None
        self._seen: set[Hashable] = set()
        """Rows that were unfolded once: what a person folds stays so."""
        self._late = False
        """There is something new, and a strip is open."""
        self._wish = place.tab
        """Id of the device that the cursor goes to."""

    def compose_body(self) -> ComposeResult:
        """Filter, what is in the way, devices, facts."""
        yield self.filter
        yield self._obstacle
        yield self._table
        yield self._facts_title
        yield self._facts

    def on_mount(self) -> None:
        self._table.focus()
        self.pool.need()
        self.list_again()

    def on_unmount(self) -> None:
        self.pool.stop()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """Connection, host, machine."""
        pool = self.pool
        names = [pool.ref.conn, pool.name(pool.host)]
        if pool.machine is not None:
            names.append(pool.name(pool.slot))
        return list(dict.fromkeys(names))

    def about(self) -> ConnectionSpec | None:
        connection = self.fleet.connections.get(self.pool.ref.conn)
        return connection.spec if connection is not None else None

    def facts(self) -> Sequence[Group]:
        """How much there is to give."""
        found = totals(self.pool.devices, self.pool.giving)
        return [(rank, [(f" {text} ", self.look.styles.text)]) for rank, text in enumerate(found)]

    def place(self) -> Place:
        """The filter is part of it."""
        return Place("passthrough", ref=str(self.pool.ref), filter=self.filter.text)

    def show(self, place: Place) -> bool:
        """The same with another filter, or with the cursor elsewhere."""
        if place.ref != str(self.pool.ref):
            return False
        self.filter.set_text(clean(place.filter))
        self._wish = place.tab
        self.list_again()
        return True

    def take(self, changes: Changes) -> None:
        """Read again what is another device now; names and states are drawn anew."""
        if changes.tasks and self.ended():
            self.pool.read()
        if self.pool.take(changes) or changes.structure:
            self._redraw()

    def age(self) -> None:
        """Read again what is out of date; draw what waited for a strip to close."""
        self.pool.need()
        if self._late and not self.steady:
            self.list_again()

    def rows(self) -> RowView:
        """The devices."""
        return self._table

    def aim_in_words(self) -> str:
        """The device, where it is what a strip is about."""
        one = self.under()
        name = super().aim_in_words()
        about = self._frozen is not None and one is not None and self._frozen == self.aim_for("devices")
        return f"{one.title} of {name}" if about and one is not None else name

    def draw_keys(self, width: int) -> Strip:
        """The footer: what is done with devices first; the space bar folds here."""
        offered = [structs.replace(one, footer=_RANKS.get(one.id, one.footer)) for one in self.offered(*self.SCOPES)]
        titles = {"quit": "close", "mark": "fold", "open": "in full"}
        return bars.footer(offered, self.stage.keys, self.look, width, titles)

    # Reading

    def under(self) -> Line | None:
        """The line under the cursor."""
        return self._source.item(self._table.cursor)

    def pool_changed(self) -> None:
        """The devices were read."""
        if self._foresight is not None:
            self._foresight.forget()
        self.list_again()
        self._foresee_soon()

    def target_changed(self) -> None:
        """Somebody else is to have them: that blocks other things."""
        name = self.pool.holder(self.chosen.key)[0] if self.chosen is not None else ""
        self.report(f"devices go to {name} from here", f"{self.key('give.machine')} takes another machine", bad=False)
        self._redraw()
        self._foresee_soon()

    def list_again(self) -> None:
        """The devices that fit the filter; they stay as they are while a strip is open."""
        self._late = self.steady
        if self._late:
            return
        lines = fitting_lines(self.pool.lines(), self.filter.text, lambda key: self.pool.holder(key)[0] if key else "")
        self._table.forget(self._source.plant(lines))
        self._table.placeholder = self._why_empty()
        self._table.replace(self._source.tops)
        self._unfold(lines)
        self._table.changed(*self._source.order)
        self._table.touch(self._source.order)
        self._go()
        self._redraw()

    def _unfold(self, lines: Sequence[Line]) -> None:
        """What is new is shown with what is below it; a filter shows everything that fits."""
        fresh = [one for one in lines if one.key not in self._seen or self.filter.text]
        if not self.filter.text:
            self._seen.update(one.key for one in fresh)
        nodes = [node for one in fresh if not one.folded and (node := self._source.number(one.key)) is not None]
        self._table.set_expanded(nodes)

    def _go(self) -> None:
        """To the device that was asked for."""
        found = next((one for node in self._source.order if (one := self._source.item(node)) is not None
                      and one.real is not None and one.real.id == self._wish), None)  # fmt: skip
        if self._wish and found is not None and (node := self._source.number(found.key)) is not None:
            self._wish = ""
            self._table.reveal(node)

    def _why_empty(self) -> str:
        if self.pool.slot is None:
            return " it is gone"
        if self.pool.problem is not None:
            return f" the devices could not be read: {self.pool.problem}"
        if self.pool.reads:
            return " the devices are being read"
        if self.filter.text:
            return " no device fits the filter"
        return " the host tells of no devices that a machine could be given"

    def _version(self, one: Line) -> Hashable:
        return (
            one,
            bool(self.pool.giving.obstacle),
            self.pool.holder(one.device.holder) if one.device is not None and one.device.holder else None,
        )

    # What it would mean

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._redraw_facts()
        self._foresee_soon()

    def _foresee_soon(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        if self._foresight is not None and self.is_attached:
            self._rest = self.set_timer(REST, self._foresee)

    def _foresee(self) -> None:
        wanted = self.wanted_plan()
        if wanted is not None and self._foresight is not None:
            self._foresight.ask(wanted)

    def _foreseen(self) -> None:
        if self.is_attached:
            self._redraw_facts()

    @property
    def _expected(self) -> Foreseen | None:
        wanted = self.wanted_plan()
        return None if wanted is None or self._foresight is None else self._foresight.of(wanted)

    # Drawing

    def _redraw(self) -> None:
        for part in (self.filter, self._obstacle):
            part.redraw()
        self._table.touch(self._source.order)
        self._obstacle.styles.height = len(self._draw_obstacle(self.size.width)) or 1
        self._obstacle.set_class(not self.pool.giving.obstacle, "gone")
        self.redraw_frame()
        self._redraw_facts()

    def _redraw_facts(self) -> None:
        self._facts_title.redraw()
        self._facts.redraw()

    def beside(self) -> Sequence[Piece]:
        """Whom they are given to."""
        target = self.target
        name = self.pool.holder(target.key)[0] if target is not None else ""
        return [(f" for {name} ", self.look.styles.info)] if name else []

    def counts(self) -> Sequence[Piece]:
        """How many devices are listed, and how many of them somebody has."""
        shown = {one.real.id for node in self._source.order if (one := self._source.item(node)) and one.real}
        whole = len(self.pool.devices)
        held = sum(1 for each in self.pool.devices if each.holder)
        text = f" {counted(self.pool.devices)}, {held} held " if len(shown) == whole else f" {len(shown)} of {whole} "
        return [(text, self.look.styles.quiet)]

    def _draw_obstacle(self, width: int) -> list[Strip]:
        giving, look = self.pool.giving, self.look
        if not giving.obstacle:
            return []
        said = f"{look.marks.error} {giving.obstacle} {look.marks.dash} {giving.hint}"
        return [line([(f" {part}", look.styles.bad)], width) for part in wrap(said, max(1, width - 2))]

    def _draw_title(self, width: int) -> Strip:
        one = self.under()
        far = "" if one is None or one.device is None else "what it would block, asked of the host"
        return bars.rule(self.look, width, one.title if one is not None else "No device", far)

    def _said(self) -> list[Fact]:
        one = self.under()
        return device_facts(one, self.pool.devices, self.pool.holder, self._expected, self.look) if one else []

    def _draw_facts(self, width: int, height: int) -> list[Strip]:
        return labelled(self._said(), self.look, width, height)

    # Keys

    def action_mark(self) -> None:
        """Fold or unfold."""
        self._table.toggle()

    def action_open(self) -> None:
        """All that is known of the device under the cursor; a group is folded."""
        one = self.under()
        if one is not None and one.device is not None:
            text = page_of(self._said(), self._expected)
            self.app.push_screen(PageDialog(one.title, self.stage.keys, text, ascii_only=self.look.marks.ascii))
        else:
            self._table.toggle()

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_open()

    def action_refresh(self) -> None:
        """Read the devices again."""
        self.pool.read()
        super().action_refresh()

    def line_in_words(self) -> str:
        """The line under the cursor."""
        one = self.under()
        return "" if one is None else self._source.table.words((one, 0, None))

    def paged(self) -> str:
        """All that is known of the device under the cursor."""
        return page_of(self._said(), self._expected) + "\n"

    def listed(self) -> Listed:
        """Every device that is listed."""
        found = [one for node in self._source.order if (one := self._source.item(node)) is not None and one.device]
        return listed_devices(found, self._source.table, self.pool.holder)

    # Layout

    def on_resize(self) -> None:
        height = self.size.height
        self.filter.set_class(height < layout.BARS_FROM, "gone")
        for part in (self._facts_title, self._facts):
            part.set_class(height < layout.FULL_FROM - 8, "gone")
        self._facts.styles.height = min(12, max(5, height // 3))
        self._redraw()

"""Where one machine can run: every host that could be asked, its answer, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.core.capabilities import Answer
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.reasons import Fit
from novatui.core.states import Kind, Power
from novatui.core.text import clean
from novatui.engine.fleet import Changes
from novatui.engine.where import HostFit
from novatui.ui.commands import Wrong
from novatui.ui.dialogs.checks import ChecksDialog
from novatui.ui.export import Listed
from novatui.ui.items import ItemSource
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.cells import Group, Piece
from novatui.ui.render.where import Asked, answered, checks_drawn, counted, page_of, where_table
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.filtered import FilteredScreen
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines

ORDERS = ("answer", "host", "memory", "cpu")
"""What the list can be sorted by."""

_RANK = {Answer.YES: 0, Answer.PARTLY: 1, Answer.UNKNOWN: 2, None: 3, Answer.NO: 4}


class WhereScreen(FilteredScreen, inherit_bindings=False):
    """`ref` of its place is the machine: it stays that one, whatever is under the cursor elsewhere."""

    SCOPES = (
        Scope.EVERYWHERE, Scope.MOVE, Scope.WHERE, Scope.FILTERED, Scope.LISTED, Scope.OBJECTS, Scope.FRAME,
    )  # fmt: skip
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = "WhereScreen #hosts { height: 1fr; }"
    EXAMPLES = "words of a host, its connection, its answer or its reason"

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._ref = ObjectRef.parse(place.ref)
        self._hosts: dict[ObjectRef, Asked] = {}
        self._sort = place.sort if place.sort in ORDERS else ORDERS[0]
        self._round = 0
        """Which asking counts: answers to an earlier one come too late."""
        self._trouble = ""
        """Why nobody can be asked."""
        look = self.look
        self._source: ItemSource[Asked] = ItemSource(where_table(look), lambda one: (one.fit, one.cpu_used))
        self._rows = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=look.marks.ascii, id="hosts"
        )
        self._title = Lines(lambda width, _: [self._draw_title(width)], id="where-title")
        self._checks_title = Lines(lambda width, _: [self._draw_checks_title(width)], id="checks-title")
        self._checks = Lines(lambda width, height: checks_drawn(self._under(), look, width, height), id="checks")

    def compose_body(self) -> ComposeResult:
        """The filter, the hosts, and what the one under the cursor answered."""
        yield self.filter
        yield self._title
        yield self._rows
        yield self._checks_title
        yield self._checks

    def on_mount(self) -> None:
        self._rows.focus()
        self._ask()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """The machine."""
        return [f"where can {self._machine} run"]

    def facts(self) -> Sequence[Group]:
        """How many hosts answered what."""
        return [(at, [piece]) for at, piece in enumerate(self.counts())]

    def place(self) -> Place:
        """The machine, the filter, the order."""
        sort = "" if self._sort == ORDERS[0] else self._sort
        return Place("where", ref=str(self._ref), filter=self.filter.text, sort=sort)

    def show(self, place: Place) -> bool:
        """Another filter or order; another machine takes another screen."""
        if place.ref != str(self._ref):
            return False
        self._sort = place.sort if place.sort in ORDERS else ORDERS[0]
        self.set_filter(place.filter)
        return True

    def take(self, changes: Changes) -> None:
        """The answers stand as they were given; how busy the hosts are goes on."""
        slots = (self.fleet.inventory.slot(host.conn, host.key) for host in self._hosts)
        if changes.rows.intersection(slot for slot in slots if slot is not None):
            self.list_again()
        elif changes.connections:
            self.header.redraw()

    def rows(self) -> RowView:
        """The hosts."""
        return self._rows

    def wanted(self) -> Mapping[str, Collection[str] | None]:
        """How busy the hosts are."""
        keys: dict[str, list[str]] = {}
        for host in self._hosts:
            keys.setdefault(host.conn, []).append(host.key)
        return keys

    def subject(self) -> int | None:
        """The host under the cursor."""
        one = self._under()
        return None if one is None else self.fleet.inventory.slot(one.host.conn, one.host.key)

    @property
    def _slot(self) -> int | None:
        return self.fleet.inventory.slot(self._ref.conn, self._ref.key)

    @property
    def _machine(self) -> str:
        slot = self._slot
        return clean(self._ref.id) if slot is None else self.fleet.inventory.name(slot)

    def _under(self) -> Asked | None:
        return self._source.item(self._rows.cursor)

    # Asking

    def _ask(self) -> None:
        self._round += 1
        self._trouble = ""
        try:
            hosts = self.fleet.placing.candidates(self._ref)
        except NovaError as error:
            hosts, self._trouble = [], str(error)
        self._hosts = {host: self._asked(host) for host in hosts}
        self.list_again()
        if not self._trouble:
            self.run_worker(self._hear(self._round))

    async def _hear(self, current: int) -> None:
        try:
            async for told in self.fleet.where(self._ref):
                if current != self._round:
                    return
                self._hosts[told.host] = self._asked(told.host, told.fit)
                self.list_again()
        except NovaError as error:
            if current == self._round:
                self._trouble = str(error)
                self._hosts = {}
                self.list_again()
                self.report(str(error), error.failure.hint)

    def _asked(self, host: ObjectRef, fit: Fit | None = None) -> Asked:
        slot = self.fleet.inventory.slot(host.conn, host.key)
        measured = None if slot is None else self.fleet.metrics.latest(slot, "cpu.used")
        told = None if fit is None else fit.cpu_used
        return Asked(host, self._name_of(host), fit, measured if told is None else told)

    def _name_of(self, host: ObjectRef) -> str:
        slot = self.fleet.inventory.slot(host.conn, host.key)
        return clean(host.id) if slot is None or host.kind is not Kind.HOST else self.fleet.inventory.name(slot)

    def action_refresh(self) -> None:
        """Ask all of them again."""
        self._ask()

    # Listing

    def list_again(self) -> None:
        """The hosts that fit the filter, as they stand now."""
        words = self.filter.text.casefold().split()
        self._hosts = {host: self._asked(host, one.fit) for host, one in self._hosts.items()}
        found = sorted((one for one in self._hosts.values() if self._means(one, words)), key=self._rank)
        self._rows.forget(self._source.show([(one.host, one) for one in found]))
        self._rows.placeholder = self._why_empty()
        self._rows.replace(self._source.order)
        self._rows.touch(self._source.order)
        for part in (self.header, self.filter, self._title, self._checks_title, self._checks):
            part.redraw()

    def _means(self, one: Asked, words: Sequence[str]) -> bool:
        said = " ".join((one.name, one.host.conn, answered(one, self.look)[0], one.first)).casefold()
        return all((word.removeprefix("!") in said) != word.startswith("!") for word in words)

    def _rank(self, one: Asked) -> tuple[Any, ...]:
        fit = one.fit
        match self._sort:
            case "memory":
                first: float = -(fit.memory_free or 0) if fit is not None and fit.memory_free is not None else 1.0
            case "cpu":
                first = one.cpu_used if one.cpu_used is not None else 1000.0
            case "host":
                first = 0.0
            case _:
                first = 5.0 if one.here else float(_RANK.get(one.answer, 2))
        slot = self.fleet.inventory.slot(one.host.conn, one.host.key)
        return first, "" if slot is None else self.fleet.inventory.name_key(slot), one.name, str(one.host)

    def _why_empty(self) -> str:
        if self._trouble:
            return f" {clean(self._trouble)}"
        return " no host fits the filter" if self._hosts else " no host is known that could be asked"

    # Drawing

    def order_in_words(self) -> str:
        """What they are sorted by."""
        return f"   by {self._sort}"

    def counts(self) -> Sequence[Piece]:
        """How many answered what."""
        return counted(list(self._hosts.values()), self.look)

    def _draw_title(self, width: int) -> Strip:
        others = self.fleet.placing.others(self._ref) if self._hosts else []
        far = f"not asked, other families: {', '.join(one.value for one in others)}" if others else ""
        return bars.rule(self.look, width, f"Where can {self._machine} run?", far, focused=True)

    def _draw_checks_title(self, width: int) -> Strip:
        one = self._under()
        if one is None or one.fit is None:
            return bars.rule(self.look, width, "" if one is None else one.name)
        said = f"{one.name}: {answered(one, self.look)[0]}"
        key = f"{self.key('where.checks')} all {len(one.fit.checks)} checks with their evidence"
        return bars.rule(self.look, width, said, key)

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._checks_title.redraw()
        self._checks.redraw()

    def on_resize(self) -> None:
        height = self.size.height
        self.filter.set_class(height < layout.BARS_FROM, "gone")
        self._title.set_class(height < layout.BARS_FROM, "gone")
        room = max(0, (height - 7) // 2)
        for part in (self._checks_title, self._checks):
            part.set_class(room < 3, "gone")
        self._checks.styles.height = room

    # Keys

    def action_where_checks(self) -> None:
        """Everything that the host answered, with the evidence."""
        one = self._under()
        if one is not None:
            self._open_checks(one)

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_where_checks()

    def _open_checks(self, one: Asked) -> None:
        ready = one.fit is not None and one.answer is not Answer.NO
        title = f"{self._machine} on {one.name}: {answered(one, self.look)[0]}"
        go = (lambda: self._go(one)) if ready else None
        page, ascii_only = page_of(one, self.look), self.look.marks.ascii
        self.app.push_screen(ChecksDialog(title, self.stage.keys, page, go, ascii_only=ascii_only))

    def action_where_move(self) -> None:
        """To the form of the move, with this host; what is open or has a condition is shown first."""
        one = self._under()
        if one is None:
            self.report("there is no host here")
        elif one.fit is None:
            self.report(f"{one.name} has not answered yet", "wait for it, or take another host")
        elif one.answer is Answer.NO:
            self.report(f"{one.name}: {one.first}", f"{self.key('where.checks')} shows all checks")
        elif one.answer is Answer.YES:
            self._go(one)
        else:
            self._open_checks(one)

    def _go(self, one: Asked) -> None:
        conditions = one.fit.conditions if one.fit is not None else ()
        slot = self._slot
        off = slot is not None and self.fleet.inventory.value(slot, "power") == Power.OFF.value
        said = {"to": str(one.host)} | ({"storage": "copy"} if conditions and not off else {})
        try:
            if self.stage.acting is None:
                raise Wrong("nothing can be changed from here", "this console only looks")
            self.stage.acting.begin("migrate.offline" if off else "migrate.live", [self._ref], said, fill=True)
        except Wrong as wrong:
            self.report(wrong.message, wrong.hint)

    def action_where_sort(self) -> None:
        """The next order."""
        self._sort = ORDERS[(ORDERS.index(self._sort) + 1) % len(ORDERS)]
        self.list_again()

    def line_in_words(self) -> str:
        """The host under the cursor."""
        one = self._under()
        return "" if one is None else self._source.table.words(one)

    def paged(self) -> str:
        """All checks of all hosts."""
        return "\n\n".join(f"{one.name}\n{page_of(one, self.look)}" for one in self._shown()) + "\n"

    def listed(self) -> Listed:
        """The hosts that are listed."""
        shown, table = self._shown(), self._source.table
        return Listed(
            name="where",
            titles=table.titles,
            cells=[table.cells(one) for one in shown],
            values=[HostFit(one.host, one.fit).plain() for one in shown if one.fit is not None],
        )

    def _shown(self) -> list[Asked]:
        return [one for node in self._source.order if (one := self._source.item(node)) is not None]

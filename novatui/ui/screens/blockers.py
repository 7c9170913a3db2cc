"""Which machines keep hosts from their maintenance: each host with its machines, those that block first, and why."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import aclosing

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.strip import Strip
from textual.timer import Timer

from novatui.actions.blockers import Blocked, Blocker, asked, together
from novatui.actions.blockers_report import machine
from novatui.actions.catalogue import Scope
from novatui.actions.drain import machines_on
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.text import clean
from novatui.engine.fleet import Changes
from novatui.engine.host_scope import hosts_in
from novatui.ui.export import Listed
from novatui.ui.inventory_reading import COMING
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.render.blockers import BlockerTable, Row, answered, blocker_facts, counted, verdict
from novatui.ui.render.cells import Group, Piece
from novatui.ui.render.labelled import labelled
from novatui.ui.rows.view import RowView
from novatui.ui.screens import layout
from novatui.ui.screens.filtered import FilteredScreen
from novatui.ui.stage import Stage
from novatui.ui.tree_items import TreeItems
from novatui.ui.widgets.lines import Lines

PACE = 0.25
"""Seconds in which answers are gathered before they are listed."""

_RANKS = {"open": 1, "filter": 2, "refresh": 3, "migrate": 5, "export": 6, "mark": 12, "power": 20}
"""Order of what matters here most in the footer."""

TITLES = {"quit": "close", "refresh": "ask again", "open": "where, or evacuate"}


class BlockerScreen(FilteredScreen, inherit_bindings=False):
    """`ref` of its place are the hosts, or what they are below, one after the other; without any all hosts."""

    SCOPES = (
        Scope.EVERYWHERE,
        Scope.MOVE,
        Scope.ROWS,
        Scope.FILTERED,
        Scope.LISTED,
        Scope.OBJECTS,
        Scope.CHANGES,
        Scope.FRAME,
    )
    BINDINGS = bindings(*SCOPES)
    DEFAULT_CSS = "BlockerScreen #machines { height: 1fr; }"
    EXAMPLES = "words of a machine, its host, its answer, what holds it; !live"

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._wanted = [ObjectRef.parse(word) for word in place.ref.split()]
        self._found: dict[ObjectRef, list[Blocker]] = {}
        self._whole: dict[ObjectRef, int] = {}
        """Machines of each host."""
        self._hosts: dict[ObjectRef, Blocked] = {}
        self._round = 0
        """Which asking counts: answers to an earlier one come too late."""
        self._fresh: set[ObjectRef] = set()
        """Hosts of which something is not listed yet."""
        self._soon: Timer | None = None
        look = self.look
        self._source: TreeItems[Row] = TreeItems(
            BlockerTable(look), self._version, lambda row: row.key, lambda row: row.above
        )
        self._rows = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=look.marks.ascii, id="machines"
        )
        self._title = Lines(lambda width, _: [self._draw_title(width)], id="blockers-title")
        self._facts_title = Lines(lambda width, _: [self._draw_facts_title(width)], id="blocker-title")
        self._facts = Lines(self._draw_facts, id="blocker")

    def compose_body(self) -> ComposeResult:
        """Filter, machines, and what is known of the one under the cursor."""
        yield self.filter
        yield self._title
        yield self._rows
        yield self._facts_title
        yield self._facts

    def on_mount(self) -> None:
        self._rows.focus()
        self._ask()

    # The frame

    def crumbs(self) -> Sequence[str]:
        """Whose machines."""
        return [f"blockers of {self._whose}"]

    def facts(self) -> Sequence[Group]:
        """How many of each sort, over all hosts."""
        return [(rank, [piece]) for rank, piece in enumerate(counted(self._all, self.look))]

    def place(self) -> Place:
        """The hosts and the filter."""
        return Place("blockers", ref=" ".join(map(str, self._wanted)), filter=self.filter.text)

    def show(self, place: Place) -> bool:
        """Another filter; other hosts take another screen."""
        if place.ref != self.place().ref:
            return False
        self.set_filter(place.filter)
        return True

    def take(self, changes: Changes) -> None:
        """The answers stand as they were given; what was not known before is asked."""
        if changes.structure or changes.connections:
            self._ask_new()
            self._list_soon()

    def age(self) -> None:
        """List what waited for a strip to close."""
        self._list()

    def rows(self) -> RowView:
        """Hosts and machines."""
        return self._rows

    def subject(self) -> int | None:
        """The machine or the host under the cursor."""
        row = self._under
        return None if row is None else self.fleet.inventory.slot(row.ref.conn, row.ref.key)

    def targets(self) -> list[int]:
        """What is marked, else the subject."""
        store = self.fleet.inventory
        marked = [row.ref for node in self._source.order if node in self._rows.marks
                  and (row := self._source.item(node)) is not None]  # fmt: skip
        slots = [slot for ref in marked if (slot := store.slot(ref.conn, ref.key)) is not None]
        return slots or super().targets()

    def draw_keys(self, width: int) -> Strip:
        """The footer: what is done with them first."""
        offered = [structs.replace(one, footer=_RANKS.get(one.id, one.footer)) for one in self.offered(*self.SCOPES)]
        return bars.footer(offered, self.stage.keys, self.look, width, TITLES)

    @property
    def _under(self) -> Row | None:
        return self._source.item(self._rows.cursor)

    @property
    def _whose(self) -> str:
        if not self._wanted:
            return "all hosts"
        if len(self._wanted) > 1:
            return f"{len(self._wanted)} marked"
        ref = self._wanted[0]
        slot = self.fleet.inventory.slot(ref.conn, ref.key)
        return clean(ref.id) if slot is None else self.fleet.inventory.name(slot)

    @property
    def _all(self) -> Blocked:
        """All hosts as if they were one."""
        machines = tuple(one for of in self._hosts.values() for one in of.machines)
        waiting = sum(of.waiting for of in self._hosts.values())
        return Blocked(host=ObjectRef("", Kind.GROUP, ""), name="", machines=machines, waiting=waiting)

    # Asking

    def _ask(self) -> None:
        """Everything anew."""
        self._found, self._whole, self._hosts = {}, {}, {}
        self._fresh.clear()
        self._round += 1
        self._ask_new()
        self._list()

    def _ask_new(self) -> None:
        """Hosts that became known; those of a connection that is still listed wait for their machines."""
        hosts = [host for host in hosts_in(self.fleet.inventory, self._wanted) if host not in self._found]
        ready = [host for host in hosts if self.fleet.connections[host.conn].link not in COMING]
        for host in ready:
            self._found[host] = []
            self._whole[host] = sum(1 for _ in machines_on(self.fleet, host))
        self._fresh.update(ready)
        if ready:
            self.run_worker(self._hear(self._round, ready))

    async def _hear(self, current: int, hosts: Sequence[ObjectRef]) -> None:
        async with aclosing(asked(self.fleet, hosts)) as answers:
            async for one in answers:
                if current != self._round:
                    return
                self._found[one.host].append(one)
                self._fresh.add(one.host)
                self._list_soon()

    def action_refresh(self) -> None:
        """Ask about all of them again."""
        self._ask()

    # Listing

    def _list_soon(self) -> None:
        if self._soon is None and self.is_attached:
            self._soon = self.set_timer(PACE, self._list)

    def list_again(self) -> None:
        """The filter is another one."""
        self._list()

    def _list(self) -> None:
        self._soon = None
        if self.steady or not self.is_attached:
            return
        for host in self._fresh:
            some = self._found[host]
            self._hosts[host] = together(self.fleet, host, some, self._whole[host] - len(some))
        self._fresh.clear()
        tree = hosts_in(self.fleet.inventory, self._wanted)
        order = {host: at for at, host in enumerate([*self._found, *tree])}
        self._hosts = dict(sorted(self._hosts.items(), key=lambda item: order[item[0]]))
        known = {row.key for node in self._source.order if (row := self._source.item(node)) is not None}
        rows = self._listed_rows()
        self._rows.forget(self._source.plant(rows))
        self._rows.placeholder = self._why_empty()
        self._rows.replace(self._source.tops)
        fresh = [row.key for row in rows if row.one is None and (row.key not in known or self.filter.text)]
        self._rows.set_expanded([node for key in fresh if (node := self._source.number(key)) is not None])
        self._rows.changed(*self._source.order)
        self._rows.touch(self._source.order)
        for part in (self.header, self.filter, self._title, self._facts_title, self._facts):
            part.redraw()

    def _listed_rows(self) -> list[Row]:
        words = self.filter.text.casefold().split()
        alone = len(self._hosts) == 1
        rows: list[Row] = []
        for of in self._hosts.values():
            machines = [one for one in of.machines if self._means(of, one, words)]
            if not alone and (machines or not words):
                rows.append(Row(of))
            rows += [Row(of, one, alone) for one in machines]
        return rows

    def _means(self, of: Blocked, one: Blocker, words: Sequence[str]) -> bool:
        said = " ".join(
            (one.name, of.name, answered(one, self.look)[0], one.way.value, one.holds, one.reason)
        ).casefold()
        return all((word.removeprefix("!") in said) != word.startswith("!") for word in words)

    def _version(self, row: Row) -> Hashable:
        return row

    def _why_empty(self) -> str:
        if not self._hosts:
            return " no host is known here"
        if self._all.waiting and not self.filter.text:
            return " every machine is asked what it needs, and every other host whether it has that"
        return " no machine fits the filter" if self.filter.text else " no machine is on it"

    # Drawing

    def counts(self) -> Sequence[Piece]:
        """How many machines were asked about, of how many."""
        whole, found = sum(self._whole.values()), sum(map(len, self._found.values()))
        text = f" {found:,} of {whole:,} machines asked " if found < whole else f" {whole:,} machines "
        return [(text, self.look.styles.info if found < whole else self.look.styles.quiet)]

    def _draw_title(self, width: int) -> Strip:
        far = verdict(next(iter(self._hosts.values()))) if len(self._hosts) == 1 else f"{len(self._hosts)} hosts"
        return bars.rule(self.look, width, f"What keeps {self._whose} from maintenance?", far, focused=True)

    def _draw_facts_title(self, width: int) -> Strip:
        row = self._under
        if row is None:
            return bars.rule(self.look, width, "")
        name = row.of.name if row.one is None else f"{row.one.name}: {answered(row.one, self.look)[0]}"
        does = "plans its evacuation" if row.one is None else "asks where it can run"
        return bars.rule(self.look, width, name, f"{self.key('open')} {does}")

    def _draw_facts(self, width: int, height: int) -> list[Strip]:
        row = self._under
        return labelled(blocker_facts(row, self.look), self.look, width, height) if row is not None else []

    @on(RowView.CursorMoved)
    def _cursor_moved(self) -> None:
        self._facts_title.redraw()
        self._facts.redraw()

    def on_resize(self) -> None:
        height = self.size.height
        self.filter.set_class(height < layout.BARS_FROM, "gone")
        self._title.set_class(height < layout.BARS_FROM, "gone")
        room = max(0, min(9, (height - 8) // 3))
        for part in (self._facts_title, self._facts):
            part.set_class(room < 3, "gone")
        self._facts.styles.height = room

    # Keys

    def action_open(self) -> None:
        """Of a machine: where it can run, host by host. Of a host: the plan of its evacuation."""
        row = self._under
        if row is None:
            self.report("there is no machine here")
        else:
            name = "evacuate" if row.one is None else "where"
            self.stage.navigation.open(Place(name, ref=str(row.ref)))

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_open()

    @on(RowView.MarksChanged)
    def _marks_changed(self) -> None:
        self.filter.redraw()

    def line_in_words(self) -> str:
        """The line under the cursor."""
        row = self._under
        return "" if row is None else self._source.table.words((row, 0, None))

    def paged(self) -> str:
        """Everything that is known of the machine under the cursor."""
        row = self._under
        if row is None:
            return ""
        head = row.of.name if row.one is None else row.one.name
        return (
            "\n".join([head, *(f"{label:8} {text}" for label, text, _ in blocker_facts(row, self.look) if text)]) + "\n"
        )

    def listed(self) -> Listed:
        """The machines that are listed, each with its host."""
        shown = [row for node in self._source.order if (row := self._source.item(node)) is not None and row.one]
        table = self._source.table
        return Listed(
            name="blockers",
            titles=["HOST", *table.titles],
            cells=[[row.of.name, *table.cells((row, 0, None))] for row in shown],
            values=[machine(row.one) for row in shown if row.one is not None],
        )

"""The two row sources of the fleet screen: nodes of the tree and objects of the table, drawn from the stores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Hashable, Iterable, Sequence

from textual.strip import Strip

from novatui.core.states import Family, Kind
from novatui.engine.fleet import Fleet
from novatui.ui.columns import aggregate
from novatui.ui.columns.views import HOME
from novatui.ui.render import bars, readings, table, tree
from novatui.ui.render.look import Look
from novatui.ui.render.subject import Subject
from novatui.ui.rows.source import ROOT, RowState

AGE_STEP = 5.0
"""Seconds between two looks at ages that are on the screen."""


class Versions:
    """How often the drawn content of each slot changed: what the row engine asks before it draws."""

    def __init__(self) -> None:
        self._numbers: defaultdict[int, int] = defaultdict(int)

    def of(self, slot: int) -> int:
        """Grows with every change of the slot."""
        return self._numbers[slot]

    def changed(self, slots: Iterable[int]) -> None:
        """These slots are to be drawn anew."""
        for slot in slots:
            self._numbers[slot] += 1


class _Source:
    """What both have in common: subjects of drawing, and a version that grows old with its object."""

    def __init__(self, fleet: Fleet, look: Look, versions: Versions) -> None:
        self.fleet = fleet
        self.look = look
        self._versions = versions

    def subject(self, node: int) -> Subject:
        """The object as a drawing function takes it."""
        return Subject(self.fleet, node, self.look, self.look.monotonic())

    def version(self, node: int) -> Hashable:
        """Changes with the object's values, and with the ages of those that are stale."""
        if not self.fleet.inventory.alive(node):
            return None
        now = self.look.monotonic()
        age = readings.shown_age(self.fleet, node, self.look)
        return self._versions.of(node), age, self._silence(node, now)

    def _silence(self, node: int, now: float) -> int | None:
        """While the metrics are stale: how far their curve has moved on, until it is empty."""
        metrics = self.fleet.metrics
        age = metrics.age(node, now) if metrics.stale(node, now) else None
        return None if age is None else int(min(age, 2 * self.look.curve.seconds) / AGE_STEP)


class TreeSource(_Source):
    """The inventory tree, from groups and connections down to machines."""

    def children(self, node: int) -> Sequence[int]:
        """Kinds that the tree shows, in the order of the store."""
        below = self._shown(None if node == ROOT else node)
        host = self._sole_host(node, below)
        return below if host is None else [*self._shown(host), *(slot for slot in below if slot != host)]

    def parent(self, node: int) -> int | None:
        """The node above; the root above the top."""
        store = self.fleet.inventory
        if not store.alive(node):
            return None
        above = store.parent(node)
        if above is None:
            return ROOT
        over = store.parent(above)
        return over if over is not None and self._sole_host(over, self._shown(over)) == above else above

    def _shown(self, node: int | None) -> list[int]:
        kind = self.fleet.inventory.kind
        return [slot for slot in self.fleet.identity.children(node) if kind(slot) in tree.SHOWN]

    def _sole_host(self, node: int, below: Sequence[int]) -> int | None:
        """The host that a libvirt connection is: it has no row of its own, its machines hang below the connection."""
        store = self.fleet.inventory
        if node == ROOT or not store.alive(node) or store.kind(node) is not Kind.CONNECTION:
            return None
        if store.family(node) is not Family.LIBVIRT:
            return None
        hosts = [slot for slot in below if store.kind(slot) is Kind.HOST]
        return hosts[0] if len(hosts) == 1 else None

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        """The line of a node; empty for one that is just gone."""
        if not self.fleet.inventory.alive(node):
            return Strip([])
        return tree.row(self.subject(node), width, state, has_children=bool(self.children(node)))

    def header(self, width: int) -> Strip:
        """The tree has none."""
        return Strip.blank(width)


class TableSource(_Source):
    """Objects of a view that match filter and scope, in the order of the sort."""

    def __init__(self, fleet: Fleet, look: Look, versions: Versions) -> None:
        super().__init__(fleet, look, versions)
        self.order: Collection[int] = ()
        """Slots in drawing order."""
        self.listing = bars.Listing()
        self.grid = HOME.grid()
        """The columns."""
        self.pinned: Container[int] = ()
        """Slots that stay at the top, and are drawn so."""
        self.in_words = False
        """Lines are sentences, not columns."""

    def children(self, node: int) -> Sequence[int]:
        """All rows; a row has nothing below it."""
        return list(self.order) if node == ROOT else ()

    def parent(self, node: int) -> int | None:
        """The root, for every object that exists."""
        return ROOT if self.fleet.inventory.alive(node) else None

    def version(self, node: int) -> Hashable:
        """Of a cluster also that of its hosts, whose figures it sums up."""
        own = super().version(node), self.look.curve, node in self.pinned
        store = self.fleet.inventory
        if own[0] is None or store.kind(node) is not Kind.CLUSTER:
            return own
        hosts = aggregate.hosts(self.fleet, node)
        stale = aggregate.stale(self.fleet, node, self.look.monotonic())
        return own, stale, sum(self._versions.of(host) for host in hosts)

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        """The line of an object; empty for one that is just gone."""
        if not self.fleet.inventory.alive(node):
            return Strip([])
        draw = table.words if self.in_words else table.row
        return draw(self.grid, self.subject(node), width, state, pinned=node in self.pinned)

    def header(self, width: int) -> Strip:
        """Titles of the columns."""
        return table.header(self.grid, width, self.look, self.listing.sort, self.listing.descending)

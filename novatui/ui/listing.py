"""What the table lists: filter, scope and sort, kept up to date with the stores."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from novatui.core.metrics import POSITION
from novatui.core.states import Kind
from novatui.engine.fleet import Changes, Fleet
from novatui.engine.query import Query, QueryError, parse
from novatui.engine.selection import Selection, Sort
from novatui.ui.render.bars import Listing
from novatui.ui.render.look import Look
from novatui.ui.render.readings import MACHINES

MEASURED = frozenset({"cpu.used", "cpu.wait", "mem.percent", "disk", "disk.latency", "net"})
"""Sort keys whose highest values matter first."""

RESORT = 3.0
"""Seconds between two changes of order that nobody asked for: rows must not jump under the eyes."""


class FleetListing:
    """Machines in the order of the table."""

    def __init__(self, fleet: Fleet, look: Look) -> None:
        self._fleet = fleet
        self._look = look
        self.filter = ""
        self.scope: int | None = None
        """Node of the tree that the list is limited to."""
        self.sort = Sort()
        self._query = Query()
        self._selection = Selection(fleet, self._query, self.sort, kinds=MACHINES, clocks=look)
        self._unfolded: set[int] = set()
        self._take_order()

    def _take_order(self) -> None:
        slots = self._selection.slots
        if self.scope is not None:
            below = set(self._fleet.inventory.below(self.scope)) | {self.scope}
            slots = [slot for slot in slots if slot in below]
        self.order: Sequence[int] = slots
        """Slots in drawing order."""

    def _show(self) -> None:
        self._selection.show(self._query, self.sort)
        self._sorted_at = self._look.monotonic()
        self._take_order()

    def set_filter(self, text: str) -> QueryError | None:
        """List what matches from now on; the error when the text is no filter (the list then stays)."""
        try:
            query = parse(text)
        except QueryError as error:
            return error
        self.filter, self._query = text, query
        self._show()
        return None

    def set_sort(self, key: str) -> None:
        """Sort by this key, measured ones highest first; the same key again turns the order round."""
        descending = not self.sort.descending if key == self.sort.key else key in MEASURED
        self.sort = Sort(key, descending=descending)
        self._show()

    def set_scope(self, slot: int | None) -> bool:
        """Limit the list to what is below a node; False when that changes nothing."""
        if slot == self.scope:
            return False
        self.scope = slot
        self._take_order()
        return True

    def update(self, changes: Changes) -> bool:
        """Take in what changed in the stores; True when the list is another."""
        moved = self._selection.update(changes.rows, changes.gone)
        moved = self._resort() or moved
        if self.scope is not None:
            self.scope = None if self.scope in changes.gone else self.scope
            moved |= changes.structure
        return self._changed() if moved else False

    def look_again(self) -> bool:
        """Time went by: judge what depends on it (ages, staleness). True when the list is another."""
        if self._query.timed:
            self._selection.refresh()
        return self._changed()

    def _resort(self) -> bool:
        now = self._look.monotonic()
        if now - self._sorted_at < RESORT:
            return False
        self._sorted_at = now
        return self._selection.resort()

    def _changed(self) -> bool:
        before = self.order
        self._take_order()
        return self.order is not before

    _sorted_at = 0.0
    """When the order was last put right."""

    def summary(self, marked: int) -> Listing:
        """What the line above the table says."""
        store = self._fleet.inventory
        scope = store.name(self.scope) if self.scope is not None and store.alive(self.scope) else ""
        return Listing(
            filter=self.filter,
            scope=scope,
            shown=len(self.order),
            total=self._fleet.identity.count(None, "machines"),
            marked=marked,
            sort=self.sort.key,
            descending=self.sort.descending,
        )

    def why_empty(self) -> str:
        """What to say in place of rows."""
        if self._fleet.identity.count(None, "machines") == 0:
            known = self._fleet.connections
            return "nothing to show yet" if known else "no connection: novatui demo, or novatui -c qemu:///system"
        if self.filter:
            return f"no machine matches {self.filter}"
        return "there is no machine here"

    def new_tops(self) -> list[int]:
        """Groups and connections that were not there before: the tree unfolds them once."""
        store = self._fleet.inventory
        tops = {*store.slots(Kind.GROUP), *store.slots(Kind.CONNECTION)}
        fresh = tops - self._unfolded
        self._unfolded |= fresh
        return sorted(fresh)

    def watched(self, on_screen: Collection[int]) -> dict[str, Collection[str] | None]:
        """What has to be measured, by connection: what is on the screen, and everything if the list depends on it."""
        if self.sort.key in MEASURED or any(term.key in POSITION for term in self._query.terms):
            return dict.fromkeys(self._fleet.connections)
        store = self._fleet.inventory
        wanted: dict[str, set[str]] = {}
        for slot in on_screen:
            if store.alive(slot) and store.kind(slot) is not Kind.GROUP:
                wanted.setdefault(store.conn(slot), set()).add(store.key(slot))
        return dict(wanted)

"""What the table lists: view, filter, scope and sort, kept up to date with the stores."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from novatui.core.metrics import POSITION
from novatui.core.states import Kind, Link
from novatui.engine.fleet import Changes, Connection, Fleet
from novatui.engine.query import Query, QueryError, parse
from novatui.engine.query_keys import SUMS
from novatui.engine.selection import Selection, Sort
from novatui.ui.columns import aggregate
from novatui.ui.columns.parts import free_of
from novatui.ui.columns.views import HOME, View, falls
from novatui.ui.pins import Pins
from novatui.ui.render.bars import Listing
from novatui.ui.render.look import Look
from novatui.ui.render.readings import MACHINES

MEASURED = frozenset(POSITION) | frozenset(SUMS) | {"mem.percent"}
"""Keys whose values have to be measured."""

BUSY = MACHINES | {Kind.HOST}
"""Kinds of which something is measured."""

ASKED = 2000
"""Objects that are asked for their capabilities when a filter depends on them: the first ones."""

RESORT = 3.0
"""Seconds between two changes of order that nobody asked for: rows must not jump under the eyes."""


class FleetListing:
    """Objects of one view in the order of the table."""

    def __init__(
        self, fleet: Fleet, look: Look, view: View = HOME, *, filter: str = "", sort: Sort | None = None
    ) -> None:
        self._fleet = fleet
        self._look = look
        self.view = view
        self.filter = ""
        self.scope: int | None = None
        """Node of the tree that the list is limited to."""
        self.sort = view.sort
        self.pins = Pins(fleet)
        """What stays at the top whatever is wanted."""
        self._query = Query()
        self._unfolded: set[int] = set()
        self.problem = self.set_view(view, filter=filter, sort=sort)
        """What is wrong with the filter to begin with; then there is none."""
        if self.problem is not None:
            self.set_view(view, sort=sort)

    def _take_order(self) -> None:
        slots = self._selection.slots
        if self.scope is not None:
            below = set(self._fleet.inventory.below(self.scope)) | {self.scope}
            slots = [slot for slot in slots if slot in below]
        self._pinned = self.pins.of(self.view.kinds) if self.pins else []
        if self._pinned:
            first = set(self._pinned)
            slots = [*self._pinned, *(slot for slot in slots if slot not in first)]
        self.order: Sequence[int] = slots
        """Slots in drawing order."""

    def _show(self) -> None:
        self._selection.show(self._query, self.sort)
        self._sorted_at = self._look.monotonic()
        self._take_order()

    def set_view(self, view: View, *, filter: str = "", sort: Sort | None = None) -> QueryError | None:
        """List another view, or the same anew; the scope stays. The error when the text is no filter: nothing changed.

        A sort key that there is nothing to sort by under gives way to that of the view.
        """
        try:
            query = parse(filter)
        except QueryError as error:
            return error
        self.view, self.filter, self._query = view, filter, query
        for wanted in (sort or view.sort, view.sort):
            try:
                self._selection = Selection(self._fleet, query, wanted, kinds=view.kinds, clocks=self._look)
            except KeyError:
                continue
            self.sort = wanted
            break
        self._sorted_at = self._look.monotonic()
        self._take_order()
        self._ask_capabilities()
        return None

    def set_filter(self, text: str) -> QueryError | None:
        """List what matches from now on; the error when the text is no filter (the list then stays)."""
        try:
            query = parse(text)
        except QueryError as error:
            return error
        self.filter, self._query = text, query
        self._show()
        self._ask_capabilities()
        return None

    def _ask_capabilities(self) -> None:
        """Whom the filter means as far as it does not ask for capabilities is asked for them."""
        self._unasked = 0
        if self._query.asks_facts:
            meant = Selection(self._fleet, self._query.without_facts(), self.sort, kinds=self.view.kinds).slots
            self._unasked = len(meant[ASKED:])
            self._fleet.facts.want(map(self._fleet.inventory.ref, meant[:ASKED]))

    def set_sort(self, key: str) -> None:
        """Sort by this key, measured ones highest first; the same key again turns the order round."""
        descending = not self.sort.descending if key == self.sort.key else falls(key)
        self.sort = Sort(key, descending=descending)
        self._show()

    def set_scope(self, slot: int | None) -> bool:
        """Limit the list to what is below a node; False when that changes nothing."""
        if slot == self.scope:
            return False
        self.scope = slot
        self._take_order()
        return True

    def pin(self, slot: int) -> bool | None:
        """Keep an object at the top, or no longer; as `Pins.toggle`."""
        pinned = self.pins.toggle(slot)
        self._take_order()
        return pinned

    def take_pins(self, pins: Pins) -> None:
        """Keep others at the top."""
        self.pins = pins
        self._take_order()

    def update(self, changes: Changes) -> bool:
        """Take in what changed in the stores; True when the list is another."""
        if changes.facts or changes.structure or changes.connections:
            self._ask_capabilities()
        moved = self._selection.update(changes.rows, changes.gone)
        moved = self.pins.follow(changes) or moved
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
        return self.order is not before and self.order != before

    _unasked = 0
    """Objects that the filter depends on, and that are not asked for their capabilities: they are too many."""
    _sorted_at = 0.0
    """When the order was last put right."""

    def summary(self, marked: int) -> Listing:
        """What the line above the table says."""
        store = self._fleet.inventory
        scope = store.name(self.scope) if self.scope is not None and store.alive(self.scope) else ""
        return Listing(
            view=self.view.name,
            filter=self.filter,
            scope=scope,
            shown=len(self.order),
            total=self._total(),
            marked=marked,
            pinned=len(self._pinned),
            free=free_of(self._fleet, self.order) if Kind.DEVICE in self.view.kinds else "",
            sort=self.sort.key,
            sort_word=self.view.word_for(self.sort.key),
            descending=self.sort.descending,
        )

    def _total(self) -> int:
        """How many there are of the view, whatever the filter; of machines, which are many, the tree keeps count."""
        if self.view.kinds == MACHINES:
            return self._fleet.identity.count(None, "machines")
        return self._selection.candidates

    def why_empty(self) -> str:
        """What to say in place of rows."""
        many, known = self.view.many, self._fleet.connections
        if not known:
            return "no connection is open; `:add` finds some and adds one"
        if self._total() and self._query.asks_facts and self._fleet.facts.asking:
            return f"{many} are being asked what they can do"
        if self._total() and self._unasked:
            return f"no match in {ASKED:,} {many} asked, {self._unasked:,} not asked: filter more"
        if self._total():
            return f"no {self.view.one} matches {self.filter}" if self.filter else f"there is no {self.view.one} here"
        waiting = [one.name for one in known.values() if not one.settled or self._unread(one)]
        if waiting:
            return f"{many} are being read from {_names(waiting)}"
        failures = [
            failure for one in known.values() for kind, failure in one.load_failures.items() if kind in self.view.kinds
        ]
        if failures:
            return f"{many} could not be read: {failures[0]}"
        if self.view.role and all(one.info and self.view.role not in one.info.roles for one in known.values()):
            return f"no product here tells of {many}"
        return f"there are no {many}"

    def _unread(self, one: Connection) -> bool:
        """It is up and has yet to say whether it has any."""
        if one.link is not Link.UP or (self.view.role and one.info and self.view.role not in one.info.roles):
            return False
        ours = self.view.kinds - {Kind.CONNECTION}
        return not ours <= one.loaded | one.load_failures.keys()

    def new_tops(self) -> list[int]:
        """Groups and connections that were not there before: the tree unfolds them once."""
        store = self._fleet.inventory
        tops = {*store.slots(Kind.GROUP), *store.slots(Kind.CONNECTION)}
        fresh = tops - self._unfolded
        self._unfolded |= fresh
        return sorted(fresh)

    def watched(self, on_screen: Collection[int]) -> dict[str, Collection[str] | None]:
        """What has to be measured, by connection: what is on the screen, and everything if the list depends on it."""
        if not self.view.kinds.isdisjoint(BUSY) and self._by_measures():
            return dict.fromkeys(self._fleet.connections)
        store = self._fleet.inventory
        wanted: dict[str, set[str]] = {}
        for slot in on_screen:
            if not store.alive(slot):
                continue
            for one in aggregate.hosts(self._fleet, slot) if store.kind(slot) is Kind.CLUSTER else (slot,):
                if store.kind(one) in BUSY:
                    wanted.setdefault(store.conn(one), set()).add(store.key(one))
        return dict(wanted)

    def _by_measures(self) -> bool:
        return self.sort.key in MEASURED or any(term.key in POSITION for term in self._query.terms)


def sort_of(text: str) -> Sort | None:
    """A sort as a place names it: a key, with `-` before it for highest first; None when it names none."""
    return Sort(text.removeprefix("-"), descending=text.startswith("-")) if text else None


def _names(conns: list[str]) -> str:
    return conns[0] if len(conns) == 1 else f"{len(conns)} connections"

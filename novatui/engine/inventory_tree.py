"""The tree of the inventory: who hangs below whom, in drawn order, and how many machines are below each node.

An object hangs below the parent it names. It hangs below its connection while that parent is unknown, missing, or part
of a circle of parents. So the tree depends on the rows alone, never on the order in which they came.
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Callable, Iterator, Sequence

ROOT = -1
"""Stands for "no parent" where a slot is expected."""

FEW = 24
"""Up to so many newcomers are inserted one by one; more are sorted in together."""


class Siblings:
    """Children of one node, put in order when somebody looks."""

    __slots__ = ("_joined", "_left", "_order")

    def __init__(self) -> None:
        self._order: list[int] = []
        self._joined: set[int] = set()
        self._left: set[int] = set()
        """Those whose place in `_order` no longer holds."""

    def join(self, slot: int) -> None:
        self._joined.add(slot)

    def leave(self, slot: int) -> None:
        self._joined.discard(slot)
        self._left.add(slot)

    def move(self, slot: int) -> None:
        """Its place among the others may have changed."""
        self._left.add(slot)
        self._joined.add(slot)

    def ordered(self, key: Callable[[int], object]) -> list[int]:
        """All of them in order. The list is ours: do not change it."""
        if self._left or self._joined:
            changed = self._left | self._joined
            order = [slot for slot in self._order if slot not in changed] if self._left else self._order.copy()
            if len(self._joined) <= FEW:
                for slot in self._joined:
                    insort(order, slot, key=key)  # pyright: ignore[reportArgumentType, reportCallIssue]
            else:
                order.extend(self._joined)
                order.sort(key=key)  # pyright: ignore[reportArgumentType, reportCallIssue]
            self._order = order
            self._left, self._joined = set(), set()
        return self._order


class Tree:
    """Places, order and counts of slots. `lookup(slot, key)` finds a key in the connection of a slot."""

    def __init__(
        self, order_key: Callable[[int], object], lookup: Callable[[int, str], int | None], measures: int
    ) -> None:
        self.version = 0
        """Grows with every change of place or order."""
        self.reshaped: set[int] = set()
        """Nodes (ROOT for the top) whose children changed since somebody last emptied this set."""
        self._order_key = order_key
        self._lookup = lookup
        self._siblings: dict[int, Siblings] = {}
        self._parent = array("i")
        self._home = array("i")
        self._wanted: list[str | None] = []
        """Key of the parent that the row names."""
        self._counts = [array("i") for _ in range(measures)]
        self._waiting: dict[tuple[int, str], set[int]] = {}
        """(connection's slot, key) → slots that name this parent, which is not there."""
        self._circle: set[int] = set()
        """Slots that would be their own ancestors."""

    # --- reading ----------------------------------------------------------------------------------------------------

    def parent(self, slot: int) -> int:
        """Slot of the node above, or ROOT."""
        return self._parent[slot]

    def children(self, node: int) -> Sequence[int]:
        """Slots below a node (ROOT: the top ones), in drawn order."""
        siblings = self._siblings.get(node)
        return siblings.ordered(self._order_key) if siblings else ()

    def above(self, slot: int) -> Iterator[int]:
        """The nodes above, nearest first."""
        node = self._parent[slot]
        while node != ROOT:
            yield node
            node = self._parent[node]

    def below(self, node: int) -> Iterator[int]:
        """Every slot below a node, depth first, in drawn order."""
        stack = list(reversed(self.children(node)))
        while stack:
            slot = stack.pop()
            yield slot
            if slot in self._siblings:
                stack.extend(reversed(self.children(slot)))

    def count(self, node: int, measure: int) -> int:
        """Sum of a measure over a node and all below it; of the whole fleet for ROOT."""
        counts = self._counts[measure]
        return sum(counts[top] for top in self.children(ROOT)) if node == ROOT else counts[node]

    # --- changing ---------------------------------------------------------------------------------------------------

    def reserve(self, size: int) -> None:
        """Make room for slots below this number: `tally` may be used on them before they are added."""
        short = size - len(self._parent)
        if short <= 0:
            return
        short = max(short, len(self._parent) // 8)
        self._parent.extend([ROOT] * short)
        self._home.extend([ROOT] * short)
        self._wanted.extend([None] * short)
        for counts in self._counts:
            counts.extend([0] * short)

    def plant(self, slot: int, parent: int) -> None:
        """A new node directly below another one (or at the top): connections and their groups."""
        self.reserve(slot + 1)
        self._home[slot] = parent
        self._hang(slot, parent)

    def add(self, slot: int, home: int, key: str, wanted: str | None) -> None:
        """A new object of the connection at `home`, naming this parent; who waits for its key moves below it."""
        self.reserve(slot + 1)
        self._home[slot] = home
        self._wanted[slot] = wanted or None
        parent = self._lookup(slot, wanted) if wanted else home
        if parent is not None and parent != slot and slot not in self._siblings and not self._circle:
            self._hang(slot, parent)
        else:
            self._hang(slot, home)
            self._settle(slot)
        if self._waiting:
            for child in self._waiting.pop((home, key), ()):
                self._settle(child)

    def want(self, slot: int, parent: str | None) -> None:
        """The row names another parent: its key; None or empty for the connection itself."""
        self._stop_waiting(slot)
        self._wanted[slot] = parent or None
        broken = self._circle if slot in self._circle else None
        self._settle(slot)
        if broken:
            self._settle_circle()

    def remove(self, slot: int) -> None:
        """The object is gone (and no longer found by its key): what hung below it waits for its return."""
        self._stop_waiting(slot)
        in_circle = slot in self._circle
        self._circle.discard(slot)
        self._wanted[slot] = None
        for child in list(self.children(slot)):
            self._settle(child)
        self._unhang(slot)
        self._siblings.pop(slot, None)
        self.reshaped.discard(slot)
        self._parent[slot] = ROOT
        for counts in self._counts:
            counts[slot] = 0
        if in_circle:
            self._settle_circle()

    def reorder(self, slot: int) -> None:
        """Its name changed."""
        parent = self._parent[slot]
        self._siblings[parent].move(slot)
        self._changed(parent)

    def touch(self, slot: int) -> None:
        """Its siblings are drawn differently now, though the rows did not change (a row was hidden or shown)."""
        self._changed(self._parent[slot])

    def tally(self, slot: int, measure: int, change: int) -> None:
        """Add to a measure of a slot and of all nodes above it."""
        counts, parents = self._counts[measure], self._parent
        while slot != ROOT:
            counts[slot] += change
            slot = parents[slot]

    # --- the rules --------------------------------------------------------------------------------------------------

    def _settle(self, slot: int) -> None:
        """Hang a slot where its row and the other rows say."""
        home, wanted = self._home[slot], self._wanted[slot]
        self._stop_waiting(slot)
        if wanted is None:
            self._move(slot, home)
            return
        parent = self._lookup(slot, wanted)
        if parent is None:
            self._waiting.setdefault((home, wanted), set()).add(slot)
            self._move(slot, home)
        elif circle := self._circle_of(slot, parent):
            self._circle |= circle
            for member in circle:
                self._move(member, self._home[member])
        else:
            self._move(slot, parent)

    def _settle_circle(self) -> None:
        """A circle may be open now: judge its members again."""
        members, self._circle = self._circle, set()
        for member in members:
            self._settle(member)

    def _circle_of(self, slot: int, parent: int) -> set[int]:
        """The slots of the circle that this slot is part of when it hangs below that parent; empty if none."""
        if parent != slot and slot not in self._siblings and not self._circle:
            return set()
        met = {slot}
        node: int | None = parent
        while node is not None and node not in met:
            met.add(node)
            wanted = self._wanted[node]
            node = None if wanted is None else self._lookup(node, wanted)
        return met if node == slot else set()

    def _stop_waiting(self, slot: int) -> None:
        wanted = self._wanted[slot]
        if wanted is None:
            return
        place = (self._home[slot], wanted)
        waiting = self._waiting.get(place)
        if waiting is not None:
            waiting.discard(slot)
            if not waiting:
                del self._waiting[place]

    def _move(self, slot: int, parent: int) -> None:
        if self._parent[slot] != parent:
            self._unhang(slot)
            self._hang(slot, parent)

    def _hang(self, slot: int, parent: int) -> None:
        self._parent[slot] = parent
        self._siblings.setdefault(parent, Siblings()).join(slot)
        self._carry(slot, parent, 1)
        self._changed(parent)

    def _unhang(self, slot: int) -> None:
        parent = self._parent[slot]
        self._siblings[parent].leave(slot)
        self._carry(slot, parent, -1)
        self._changed(parent)

    def _carry(self, slot: int, parent: int, sign: int) -> None:
        for measure, counts in enumerate(self._counts):
            if counts[slot]:
                self.tally(parent, measure, sign * counts[slot])

    def _changed(self, node: int) -> None:
        self.version += 1
        self.reshaped.add(node)

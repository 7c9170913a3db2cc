"""Cursor, marks and scroll position over the visible rows, all bound to nodes and not to row numbers.

Structural changes are announced with `changed` and `forget`, and take effect together in `commit`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, islice

import msgspec

from novatui.ui.rows.source import ROOT, RowSource
from novatui.ui.rows.tree import VisibleTree

NEIGHBOURHOOD = 1000
"""Rows looked at on either side of a removed cursor row before its row number is taken instead."""


class _Place(msgspec.Struct):
    """A node to hold on to across a change, and the rows around it before the change."""

    node: int
    index: int
    around: list[int]
    at: int
    """Position of the node in `around`."""


class RowModel:
    """What a row view shows. Positions are row numbers from 0; `height` is the viewport in rows."""

    def __init__(self, source: RowSource, root: int = ROOT) -> None:
        self.source = source
        self.root = root
        self.tree = VisibleTree(source, root)
        self.rows = self.tree.rows
        self.marks: set[int] = set()
        """Marked nodes, visible or not. They stay until unmarked or forgotten."""
        self.range_start: int | None = None
        """The node where a range mark was begun."""
        self.cursor: int | None = None
        """The node under the cursor; None only when there are no rows."""
        self.top = 0
        self.height = 0
        self.untouched = True
        """Until the user first acts, the cursor stays on the first row while rows are loaded above it."""
        self._changed: set[int] = {root}
        self._gone: set[int] = set()

    @property
    def cursor_index(self) -> int | None:
        return None if self.cursor is None else self.rows.index(self.cursor)

    def window(self) -> list[int]:
        """The nodes in the viewport, top to bottom."""
        return self.rows.slice(self.top, self.top + self.height)

    # Structure

    def changed(self, *parents: int) -> None:
        """Announce that the children of `parents` may differ. Cheap; they are read at the next `commit`."""
        self._changed.update(parents)

    def forget(self, nodes: Iterable[int]) -> None:
        """Announce that these objects do not exist any more: their rows, marks and expansion go.

        Afterwards an id may be given to another object, which then is a new row.
        """
        for node in nodes:
            self.marks.discard(node)
            self.tree.expanded.discard(node)
            if node == self.range_start:
                self.range_start = None
            if node in self.rows:
                self._gone.add(node)
                self._changed.add(self.tree.parent(node))

    def commit(self) -> bool:
        """Take in all announced changes at once; True when rows may have changed.

        What the user looks at stays where it is: the cursor row if it is on screen, else the first row
        shown. A cursor row that is gone hands over to the next row, or to the previous one at the end.
        """
        if not self._changed:
            return False
        self._apply({})
        return True

    def replace(self, order: Sequence[int]) -> None:
        """Show `order` as the children of the root now (a new sort or filter), keeping cursor and marks.

        When rows change places the viewport stays where it is, and follows the cursor only as far as
        needed to keep it on screen.
        """
        self._changed.add(self.root)
        self._apply({self.root: list(dict.fromkeys(order))})

    def set_expanded(self, nodes: Collection[int], expanded: bool = True) -> None:
        """Expand or collapse nodes, visible or not, as one change.

        A cursor that gets hidden goes to the row that hides it.
        """
        self.commit()
        cursor, anchor = self._hold()
        path = [] if self.cursor is None else self.tree.path(self.cursor)
        self.tree.set_open(nodes, expanded)
        if self.cursor is not None and self.cursor not in self.rows:
            self.cursor = next((node for node in path if node in self.rows), self.cursor)
        self._restore(cursor, anchor)

    def _apply(self, given: dict[int, list[int]]) -> None:
        """Bring the children of all changed parents up to date, from `given` or read from the source."""
        changed, self._changed = self._changed, set()
        gone, self._gone = self._gone, set()
        cursor, anchor = self._hold()
        reordered = False
        for parent in changed:
            if self.tree.shows_children_of(parent):
                kids = given[parent] if parent in given else self.tree.read(parent)
                reordered |= self.tree.update(parent, kids, gone)
        self._restore(cursor, anchor, gone, reordered)

    # Cursor and scroll

    def move(self, rows: int) -> None:
        """Move the cursor by `rows`, stopping at both ends."""
        index = self.cursor_index
        if index is not None:
            self.go(index + rows)

    def go(self, index: int) -> None:
        """Put the cursor on row `index`, cut to the list, and scroll only as far as needed to show it."""
        self.untouched = False
        if self.rows:
            self.cursor = self.rows[min(max(0, index), len(self.rows) - 1)]
            self.show_cursor()

    def select(self, node: int) -> bool:
        """Put the cursor on a visible node; False when it is not among the rows."""
        if node not in self.rows:
            return False
        self.go(self.rows.index(node))
        return True

    def reveal(self, node: int) -> bool:
        """Expand all ancestors of `node` and put the cursor on it; False when the source does not show it."""
        closed: list[int] = []
        above = self.source.parent(node)
        while above is not None and above != self.root and above not in closed:
            closed.append(above)
            above = self.source.parent(above)
        if above != self.root:
            return False
        self.set_expanded(closed[::-1])
        return self.select(node)

    def scroll(self, rows: int) -> None:
        """Move the viewport by `rows` and leave the cursor where it is."""
        self.untouched = False
        self.top = self._clamped(self.top + rows)

    def resize(self, height: int) -> None:
        """Give the viewport another height. A cursor on screen stays on screen."""
        seen = self._cursor_on_screen()
        self.height = max(0, height)
        self.top = self._clamped(self.top)
        if seen:
            self.show_cursor()

    def show_cursor(self) -> None:
        """Scroll as little as needed to have the cursor on screen."""
        index = self.cursor_index
        if index is not None and self.height:
            self.top = self._clamped(min(max(self.top, index - self.height + 1), index))

    # Marks

    def mark(self, nodes: Iterable[int], marked: bool = True) -> None:
        """Mark or unmark nodes, visible or not."""
        self.untouched = False
        if marked:
            self.marks.update(nodes)
        else:
            self.marks.difference_update(nodes)

    def marked_range(self) -> tuple[int, int] | None:
        """First and last row number of the range being marked; None without one."""
        index = self.cursor_index
        if index is None or self.range_start is None or self.range_start not in self.rows:
            return None
        start = self.rows.index(self.range_start)
        return min(start, index), max(start, index)

    def finish_range(self) -> None:
        """Mark every row of the range and end it."""
        span = self.marked_range()
        self.range_start = None
        if span is not None:
            self.mark(self.rows.slice(span[0], span[1] + 1))

    def invert_marks(self) -> None:
        """Mark exactly the visible rows that were not marked; marks of rows not visible stay as they are."""
        self.untouched = False
        self.marks.symmetric_difference_update(self.rows)

    # Holding on to nodes across a change

    def _hold(self) -> tuple[_Place | None, _Place | None]:
        """Where the cursor is, and the node whose line on the screen must not move."""
        index = self.cursor_index
        if index is None:
            return None, None
        cursor = self._place(index)
        if self._cursor_on_screen():
            return cursor, cursor
        return cursor, self._place(min(self.top, len(self.rows) - 1))

    def _place(self, index: int) -> _Place:
        start = max(0, index - NEIGHBOURHOOD)
        around = self.rows.slice(start, index + NEIGHBOURHOOD)
        return _Place(around[index - start], index, around, index - start)

    def _restore(
        self,
        cursor: _Place | None,
        anchor: _Place | None,
        gone: AbstractSet[int] = frozenset(),
        reordered: bool = False,
    ) -> None:
        """Bring cursor and viewport back to the nodes they were on, or to the neighbours of those."""
        if self.untouched or cursor is None or anchor is None or not self.rows:
            self.cursor = self.rows[0] if self.rows else None
            self.top = 0
            return
        collapsed = self.cursor != cursor.node
        if not collapsed:
            self.cursor = self._survivor(cursor, gone)
        if not collapsed and not reordered:
            now = self._survivor(anchor, gone)
            self.top = self.rows.index(now) - (anchor.index - self.top)
        self.top = self._clamped(self.top)
        if anchor is cursor:
            self.show_cursor()

    def _survivor(self, place: _Place, gone: AbstractSet[int]) -> int:
        """The node itself if it is still a row, else the nearest row below it, else above it."""
        for node in chain(islice(place.around, place.at, None), reversed(place.around[: place.at])):
            if node in self.rows and node not in gone:
                return node
        return self.rows[min(place.index, len(self.rows) - 1)]

    def _cursor_on_screen(self) -> bool:
        index = self.cursor_index
        return index is not None and self.top <= index < self.top + self.height

    def _clamped(self, top: int) -> int:
        return max(0, min(top, len(self.rows) - self.height))

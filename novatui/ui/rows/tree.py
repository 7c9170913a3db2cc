"""The visible rows of a tree: a flat list, spliced when a node is opened or closed or its children change.

Whatever the source says, a node is one row at most: one that turns up below a second parent has moved there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet

from novatui.ui.rows.rowlist import RowList
from novatui.ui.rows.source import RowSource
from novatui.ui.rows.splice import Difference, difference

MANY = 64
"""Edits past which the rows of a parent are laid out anew instead of being spliced one by one."""


class VisibleTree:
    """Rows in drawing order. `root` is no row; its children are always shown."""

    def __init__(self, source: RowSource, root: int) -> None:
        self.source = source
        self.root = root
        self.rows = RowList()
        self.expanded: set[int] = set()
        """Nodes to show with their children, whether visible now or not."""
        self._kids: dict[int, list[int]] = {root: []}
        """Children as shown, of the root and of every visible expanded node."""
        self._up: dict[int, int] = {}
        """Parent of every row."""
        self._patched: int | None = None
        """The parent whose rows are being changed; its children stay with it whatever else names them."""

    def parent(self, node: int) -> int:
        """Parent of a row, which may be the root. Raises KeyError when `node` is not among the rows."""
        return self._up[node]

    def path(self, node: int) -> list[int]:
        """The rows above `node` in the tree, nearest first; as many as its depth."""
        path: list[int] = []
        while (node := self._up[node]) != self.root:
            path.append(node)
        return path

    def is_open(self, node: int) -> bool:
        """True for a row that has children shown below it."""
        return bool(self._kids.get(node))

    def shows_children_of(self, parent: int) -> bool:
        """True if a change of the children of `parent` concerns the rows."""
        return parent in self._kids

    def read(self, parent: int) -> list[int]:
        """The children by the source."""
        return list(self.source.children(parent))

    def update(self, parent: int, kids: list[int], gone: AbstractSet[int]) -> bool:
        """Make `kids` the shown children of `parent`; nodes in `gone` are other objects than before.

        True when rows that stay have changed their order.
        """
        change = difference(self._kids[parent], kids, gone)
        if change.reordered or change.edits > MANY + len(kids) // 64:
            self._lay_out(parent, kids)
        else:
            self._patch(parent, kids, change)
        return change.reordered

    def set_open(self, nodes: Collection[int], opened: bool) -> None:
        """Open or close nodes, visible or not."""
        if len(nodes) > MANY:
            (self.expanded.update if opened else self.expanded.difference_update)(nodes)
            self._lay_out(self.root, self.read(self.root))
            return
        for node in nodes:
            (self._open if opened else self._close)(node)

    def _open(self, node: int) -> None:
        self.expanded.add(node)
        if node in self._up and node not in self._kids:
            self._lay_out(node, self.read(node))

    def _close(self, node: int) -> None:
        self.expanded.discard(node)
        if node in self._up and node in self._kids:
            self._cut(self.rows.index(node) + 1, self._end(node))
            del self._kids[node]

    def _lay_out(self, parent: int, kids: list[int]) -> None:
        """Take out all rows below `parent` and put in those that `kids` make."""
        start = 0 if parent == self.root else self.rows.index(parent) + 1
        self._cut(start, self._end(parent))
        self._kids[parent] = []
        self._kids[parent] = self._insert(parent, kids, None)

    def _patch(self, parent: int, kids: list[int], change: Difference) -> None:
        self._kids[parent] = change.kept
        for node in change.removed:
            self._cut(self.rows.index(node), self._end(node))
        self._patched = parent
        shown = sum(len(self._insert(parent, run, before)) for run, before in change.added)
        self._patched = None
        if shown + len(change.kept) == len(kids):
            self._kids[parent] = kids
        else:  # the source names a node twice
            mine = {kid for kid in kids if self._up.get(kid) == parent}
            self._kids[parent] = sorted(mine, key=self.rows.index)

    def _insert(self, parent: int, kids: list[int], before: int | None) -> list[int]:
        """Show `kids`, and what is open below them, under `parent`: above its child `before`, or last.

        Returns those that became children of `parent`; to list them as such is the caller's.
        """
        top, rows = self._flatten(parent, kids)
        start = self._end(parent) if before is None else self.rows.index(before)
        self.rows.splice(start, start, rows)
        return top

    def _possible(self, parent: int, kids: Iterable[int]) -> list[int]:
        """`kids`, each once. No node is below itself, whatever the source says."""
        possible = dict.fromkeys(kids)
        for node in (self.root, parent, *(self.path(parent) if parent in self._up else ())):
            possible.pop(node, None)
        return list(possible)

    def _flatten(self, parent: int, kids: list[int]) -> tuple[list[int], list[int]]:
        """Those of `kids` that become children of `parent`, and all rows they make."""
        top: list[int] = []
        rows: list[int] = []
        if self._take_leaves(parent, kids, top, rows):
            return top, rows
        stack = [(parent, top, iter(self._possible(parent, kids)))]
        while stack:
            above, siblings, nodes = stack[-1]
            for node in nodes:
                if not self._make_free(node, above):
                    continue
                self._up[node] = above
                siblings.append(node)
                rows.append(node)
                if node in self.expanded:
                    shown = self._kids[node] = []
                    below = self.source.children(node)
                    if not self._take_leaves(node, below, shown, rows):
                        stack.append((node, shown, iter(self._possible(node, below))))
                        break
            else:
                stack.pop()
        return top, rows

    def _take_leaves(self, parent: int, kids: Sequence[int], siblings: list[int], rows: list[int]) -> bool:
        """Take all of `kids` at once; False if that is not possible, as one is open, shown already or named twice."""
        fresh = dict.fromkeys(kids, parent)
        if len(fresh) < len(kids) or self.root in fresh:
            return False
        if not self.expanded.isdisjoint(fresh) or not self._up.keys().isdisjoint(fresh):
            return False
        self._up.update(fresh)
        siblings += kids
        rows += kids
        return True

    def _make_free(self, node: int, parent: int) -> bool:
        """Take `node` away from where it is shown; False if it cannot become a child of `parent`.

        A node still shown elsewhere has moved, and the change of its old parent is yet to be read. One that
        is in `_up` but no row is named twice below the node being laid out.
        """
        above = self._up.get(node)
        if above is None:
            return True
        if above == self._patched or node not in self.rows or (parent in self._up and node in self.path(parent)):
            return False
        self._drop(node)
        return True

    def _end(self, node: int) -> int:
        """Row number after the last row below `node`."""
        while kids := self._kids.get(node):
            node = kids[-1]
        return 0 if node == self.root else self.rows.index(node) + 1

    def _drop(self, node: int) -> None:
        """Take out a row and everything below it."""
        stop = self._end(node)
        self._kids[self._up[node]].remove(node)
        self._cut(self.rows.index(node), stop)

    def _cut(self, start: int, stop: int) -> None:
        """Take out rows. The list of children they leave is the caller's to change."""
        for node in self.rows.splice(start, stop, ()):
            del self._up[node]
            self._kids.pop(node, None)

"""The entries of a list as rows of the row engine, as a tree where they form one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from textual.strip import Strip

from novatui.ui.render.cells import Piece, line
from novatui.ui.render.detail.grid import Cell, spaced, widths
from novatui.ui.render.detail.listing import Entry, Listing
from novatui.ui.render.look import Look
from novatui.ui.render.table import highlighted
from novatui.ui.rows.source import ROOT, RowState

STEP = 2
"""Cells of one level of a tree."""

SHARE = 3
"""Levels take one part in so many of a line at most: what is deeper says how deep."""


class EntrySource:
    """Numbers stay with their entries, so that the cursor stays where it is when a list is read again."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._listing = Listing(columns=())
        self._numbers: dict[tuple[str, int], int] = {}
        self._entries: dict[int, Entry] = {}
        self._children: dict[int, list[int]] = {ROOT: []}
        self._parents: dict[int, int] = {}
        self._depths: dict[int, int] = {ROOT: -1}
        self._version = 0
        self._widths: dict[int, list[int]] = {}

    def set(self, listing: Listing) -> None:
        """Show these."""
        if _drawn(listing) != _drawn(self._listing):
            self._version += 1
            self._widths.clear()
        self._listing = listing
        seen: Counter[str] = Counter()
        numbers: list[int] = []
        for entry in listing.entries:
            # Products should not give two things one name; if one does, both are shown.
            numbers.append(self._numbers.setdefault((entry.key, seen[entry.key]), len(self._numbers)))
            seen[entry.key] += 1
        self._entries = dict(zip(numbers, listing.entries, strict=True))
        self._depths = {ROOT: -1}
        self._parents = {}
        self._children = {ROOT: []}
        for number in self._entries:
            self._hang(number)
        for number in self._entries:
            self._children.setdefault(self._parents[number], []).append(number)

    def _hang(self, number: int) -> None:
        """Find what it and all above it hang below: the root for what names nobody, itself, or somebody in a circle."""
        path: list[int] = []
        node = number
        while node not in self._depths:
            path.append(node)
            parent = self._entries[node].parent
            above = self._numbers.get((parent, 0), ROOT) if parent is not None else ROOT
            self._parents[node] = ROOT if above not in self._entries or above in path else above
            node = self._parents[node]
        for below in reversed(path):
            self._depths[below] = self._depths[self._parents[below]] + 1

    @property
    def empty(self) -> str:
        """Why there is nothing."""
        return self._listing.empty

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._entries)

    @property
    def branches(self) -> list[int]:
        """Entries with something below them."""
        return [number for number in self._children if number != ROOT]

    def entry(self, number: int | None) -> Entry | None:
        """The entry of a row."""
        return self._entries.get(number) if number is not None else None

    # The row engine

    def children(self, node: int) -> Sequence[int]:
        """Entries below an entry, in their order."""
        return self._children.get(node, ())

    def parent(self, node: int) -> int | None:
        """The entry above."""
        return self._parents.get(node)

    def version(self, node: int) -> Hashable:
        """Columns are as wide as the widest cell of any entry: all are drawn anew together."""
        return self._version if node in self._entries else None

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        """The line of an entry."""
        entry = self._entries.get(node)
        if entry is None:
            return Strip([])
        look, cells = self._look, self._cells(width)
        pieces = [_piece(cell, look) for cell in entry.cells]
        if self._listing.tree:
            text, style = pieces[0]
            pieces[0] = (self._branch(node, state.depth, state.expanded, width) + text, style)
        pointer: Piece = (look.marks.point if state.cursor else " ", look.styles.key)
        return highlighted(line([pointer, *spaced(pieces, self._listing.columns, cells, look)], width), state, look)

    def header(self, width: int) -> Strip:
        """Titles of the columns."""
        titles = [(column.title.upper(), self._look.styles.header) for column in self._listing.columns]
        return line([*spaced(titles, self._listing.columns, self._cells(width), self._look)], width)

    def _branch(self, node: int, depth: int, expanded: bool, width: int) -> str:
        """Indentation and the sign of folding."""
        marks = self._look.marks
        fold = (marks.unfolded if expanded else marks.folded) if self._children.get(node) else " "
        most = width // SHARE // STEP
        deep = f"{marks.ellipsis}{depth} " if depth > most else ""
        return f"{deep or ' ' * (STEP * depth)}{fold} "

    def _cells(self, width: int) -> list[int]:
        if width not in self._widths:
            rows = [entry.cells for entry in self._entries.values()]
            found = widths(self._listing.columns, rows, width - 2) if rows else [0] * len(self._listing.columns)
            self._widths[width] = self._with_branches(found, width) if self._listing.tree else found
        return self._widths[width]

    def _with_branches(self, found: list[int], width: int) -> list[int]:
        """The first column of a tree takes what the others leave."""
        others = sum(cells + 2 for cells in found[1:] if cells)
        deepest = max(self._depths.values())
        wanted = found[0] + STEP + min(STEP * deepest, width // SHARE + STEP)
        return [max(found[0], min(wanted, width - 2 - others)), *found[1:]]


def _drawn(listing: Listing) -> tuple[object, ...]:
    """All of a list that decides how it is drawn."""
    return listing.columns, listing.tree, [(entry.key, entry.cells, entry.parent) for entry in listing.entries]


def _piece(cell: Cell, look: Look) -> Piece:
    if not isinstance(cell, str):
        return cell
    return cell, look.styles.quiet if cell in look.marks.gaps else look.styles.text

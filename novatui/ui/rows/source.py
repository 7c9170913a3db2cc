"""What the row engine asks of whoever owns the data: children, versions and drawn lines, by node id."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple, Protocol

from textual.strip import Strip

ROOT = -1
"""The usual id of the root. The root has children but is no row itself."""


class RowState(NamedTuple):
    """How the engine wants one row drawn."""

    depth: int = 0
    """0 for children of the root."""
    expanded: bool = False
    """The children of this row are shown below it."""
    cursor: bool = False
    marked: bool = False
    """In the mark set, or inside the range being marked."""
    focused: bool = False
    """The widget has the keyboard; without it the cursor is drawn quietly."""


class RowSource(Protocol):
    """Rows by node id (a store slot: any integer but the root's).

    Nothing here may block, or raise for a node that has just gone: between a removal and the commit that
    takes the row away, `version` and `strip` may still be called and answer with a constant and an empty
    strip. A source that gives the id of a removed object to another one calls `RowView.forget` first.
    """

    def children(self, node: int) -> Sequence[int]:
        """The rows below `node`, filtered and in order; empty for a leaf."""
        ...

    def parent(self, node: int) -> int | None:
        """The node above `node` (the root for a top row), None when `node` is unknown."""
        ...

    def version(self, node: int) -> Hashable:
        """Anything that changes whenever the drawn content of `node` changes."""
        ...

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        """The line of `node`. Style only what differs from the widget's own style.

        A strip of another length than `width` cells is cut or padded. The result is kept for as long as
        version, width and state stay the same.
        """
        ...

    def header(self, width: int) -> Strip:
        """The fixed first line, asked for only by a view that was made with `header=True`."""
        ...

"""Which panes of the fleet screen fit a terminal, and how large they are."""

from __future__ import annotations

import msgspec

TREE_FROM = 100
"""Screens at least this wide show the tree without being asked."""

TREE_WIDTH = range(24, 61)
"""Cells that a tree may have."""

FULL_FROM = 24
"""Screens at least this high show peek pane and strip with their titles."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of the panes; 0 for one that is not shown."""

    tree: int
    """Cells."""
    table: bool
    peek: int
    """Lines without the title."""
    strip: int
    """Lines without the title."""


def plan(width: int, height: int, *, tree: bool | None = None, zoomed: str = "") -> Plan:
    """The panes for this size. `tree`: asked for or not, None by width; `zoomed`: the pane that wants it all."""
    if zoomed == "tree":
        return Plan(tree=width, table=False, peek=0, strip=0)
    if zoomed == "table":
        return Plan(tree=0, table=True, peek=0, strip=0)
    wanted = width >= TREE_FROM if tree is None else tree
    share = width // 3 if width < 140 else width // 4
    cells = min(max(share, TREE_WIDTH.start), TREE_WIDTH.stop - 1, max(1, width // 2)) if wanted else 0
    if height < 14:
        return Plan(tree=cells, table=True, peek=0, strip=0)
    if height < FULL_FROM:
        return Plan(tree=cells, table=True, peek=2, strip=0)
    return Plan(tree=cells, table=True, peek=4, strip=3 if height < 28 else max(5, height // 6))

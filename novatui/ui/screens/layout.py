"""Which panes of the fleet screen fit a terminal, and how large they are."""

from __future__ import annotations

import msgspec

TREE_FROM = 100
"""Screens at least this wide show the tree without being asked."""

TREE_WIDTH = range(24, 61)
"""Cells that a tree may have."""

FULL_FROM = 24
"""Screens at least this high show peek pane and strip with their titles."""

TITLES_FROM, STATUS_FROM, BARS_FROM = 8, 6, 4
"""Heights from which there are titles of panes, the line of counts, and the lines of filter and keys. Below that every
line is for rows."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of the panes; 0 for one that is not shown."""

    tree: int
    """Cells."""
    table: bool
    peek: int
    """Lines without the title."""
    strip: int
    """Lines without the title."""
    titles: bool
    status: bool
    bars: bool
    """The lines of filter and keys."""


def plan(width: int, height: int, *, tree: bool | None = None, zoomed: str = "") -> Plan:
    """The panes for this size. `tree`: asked for or not, None by width; `zoomed`: the pane that wants it all."""
    cells = _tree(width, tree, zoomed)
    peek, strip = (0, 0) if zoomed else _around(height)
    return Plan(
        tree=cells,
        table=zoomed != "tree",
        peek=peek,
        strip=strip,
        titles=height >= TITLES_FROM,
        status=height >= STATUS_FROM,
        bars=height >= BARS_FROM,
    )


def _tree(width: int, wanted: bool | None, zoomed: str) -> int:
    if zoomed:
        return width if zoomed == "tree" else 0
    if not (width >= TREE_FROM if wanted is None else wanted):
        return 0
    share = width // 3 if width < 140 else width // 4
    return min(max(share, TREE_WIDTH.start), TREE_WIDTH.stop - 1, max(1, width // 2))


def _around(height: int) -> tuple[int, int]:
    """Lines of the peek pane and of the strip."""
    if height < 14:
        return 0, 0
    if height < FULL_FROM:
        return 2, 0
    return 4, 3 if height < 28 else max(5, height // 6)

"""Which panes of the fleet screen fit a terminal, and how large they are."""

from __future__ import annotations

import msgspec

TREE_FROM = 100
"""Screens at least this wide show the tree without being asked."""

WORDS_BELOW = 80
"""Narrower screens have a line of words for each object, without columns and boxes."""

WIDE_FROM = 140
"""Screens at least this wide have everything; below, the tree leaves the room to the columns."""

TREE_WIDTH, WIDE_TREE, WIDEST_TREE = 30, 38, 48
"""Cells of the tree."""

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
    words: bool
    """The table is lines of words."""
    peek: int
    """Lines without the title."""
    strip: int
    """Lines without the title."""
    titles: bool
    status: bool
    bars: bool
    """The lines of filter and keys."""


def plan(width: int, height: int, *, tree: bool | None = None, zoomed: str = "", words: bool | None = None) -> Plan:
    """The panes for this size. `tree`, `words`: asked for or not, None by width; `zoomed`: the pane that wants it all.

    Where there is a line of words for each object there is nothing else: no tree beside it, no pane, no rule.
    """
    if words is None:
        words = width < WORDS_BELOW
    if words and tree and not zoomed:
        zoomed = "tree"
    cells = _tree(width, tree, zoomed) if not words or zoomed else 0
    peek, strip = (0, 0) if zoomed or words else _around(height)
    return Plan(
        tree=cells,
        table=zoomed != "tree",
        words=words,
        peek=peek,
        strip=strip,
        titles=height >= TITLES_FROM and not words,
        status=height >= STATUS_FROM,
        bars=height >= BARS_FROM,
    )


def _tree(width: int, wanted: bool | None, zoomed: str) -> int:
    if zoomed:
        return width if zoomed == "tree" else 0
    if not (width >= TREE_FROM if wanted is None else wanted):
        return 0
    share = TREE_WIDTH if width < WIDE_FROM else min(max(width // 4, WIDE_TREE), WIDEST_TREE)
    return min(share, max(1, width // 3))


def _around(height: int) -> tuple[int, int]:
    """Lines of the peek pane and of the strip."""
    if height < 14:
        return 0, 0
    if height < FULL_FROM:
        return 2, 0
    return 4, 3 if height < 28 else max(5, height // 6)

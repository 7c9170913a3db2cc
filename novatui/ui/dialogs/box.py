"""What dialogs that are drawn line by line have in common: a box in the middle, and a line with their keys."""

from __future__ import annotations

from collections.abc import Iterable

from textual.strip import Strip

from novatui.actions.catalogue import Action
from novatui.ui.render.cells import Group, Piece, line, whole
from novatui.ui.stage import Stage

BOX = """
{name} {{ align: center middle; }}
{name} > Lines {{ width: {width}; max-width: 100%; max-height: 100%; border: round $foreground; }}
{name} > Lines {{ background: $background; }}
"""
"""The style of such a dialog."""


def style(name: str, width: int) -> str:
    """The style of a dialog of this class name."""
    return BOX.format(name=name, width=width)


def keys(stage: Stage, actions: Iterable[Action], width: int) -> Strip:
    """The keys that work now, as many as fit."""
    look, keymap = stage.look, stage.keys
    groups: list[Group] = []
    for rank, action in enumerate(actions):
        pieces: list[Piece] = [(f" {keymap.shown(action, look.marks.ascii)}", look.styles.key)]
        groups.append((rank, [*pieces, (f" {action.title} ", look.styles.quiet)]))
    return line(whole(groups, width), width)

"""Long texts in the person's own pager: the console steps aside and comes back."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from novatui.engine import blocking

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

USUAL = "less -S"
"""The pager of who has not chosen one."""


def page(screen: FrameScreen, text: str) -> None:
    """Show a text in $PAGER; when that cannot be started, say so."""
    if not text:
        screen.report("there is no text to page here", "Raw of an object has one")
        return
    pager = os.environ.get("PAGER") or USUAL
    try:
        with screen.app.suspend():
            wrong = _hand_over(pager, text)
    except SuspendNotSupported:
        screen.report("this terminal cannot be handed over")
        return
    if wrong:
        screen.report(wrong, "set PAGER to one that is installed")


def _hand_over(pager: str, text: str) -> str:
    """What was wrong with the pager; an error must not leave `suspend`, which would not come back then."""
    try:
        blocking.hand_over([*shlex.split(pager)], text)
    except (OSError, ValueError) as error:
        return f"{pager}: {getattr(error, 'strerror', None) or error}"
    return ""

"""What can be copied into the clipboard of the terminal: parts of an object, a line, a whole error."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from novatui.core.errors import Failure
from novatui.core.ids import ObjectRef
from novatui.engine import blocking
from novatui.ui.output import clipboard

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

TMUX = "tmux keeps it to itself: `tmux set -g set-clipboard on`"
PERHAPS = "in tmux: `set -g set-clipboard on`, if nothing arrives"
ELSEWHERE = "if nothing arrives, the terminal refuses OSC 52"


def copy(screen: FrameScreen, what: str) -> None:
    """Copy one thing (`name uuid ref ip line error`) of what is meant, and say so."""
    texts = _texts(screen, what)
    if not texts:
        screen.report(f"there is no {what} to copy here")
        return
    copy_text(screen, "\n".join(texts))


def copy_text(screen: FrameScreen, text: str) -> None:
    """Copy a text, and say so."""
    sequence = clipboard.copying(text, os.environ)
    if not sequence:
        hint = f"page it with {screen.key('pager')}, or export it with {screen.key('export')}"
        screen.report("too long for the clipboard of a terminal", hint)
        return
    screen.write_out(sequence)
    shown = text if "\n" not in text and len(text) < 60 else f"{len(text.splitlines())} lines"
    inside = bool(os.environ.get("TMUX"))
    screen.report(f"copied {shown}", "" if inside else ELSEWHERE, bad=False)
    if inside:
        screen.run_worker(_look_after(screen, shown))


async def _look_after(screen: FrameScreen, shown: str) -> None:
    """Say so if what was copied inside tmux did not get out of it."""
    swallowed = await blocking.run(lambda: clipboard.swallowed(os.environ))
    if swallowed is not False:
        screen.report(f"copied {shown}", TMUX if swallowed else PERHAPS, bad=bool(swallowed))


def _texts(screen: FrameScreen, what: str) -> list[str]:
    if what == "line":
        return [line] if (line := screen.line_in_words()) else []
    if what == "error":
        return [error] if (error := whole_error(screen)) else []
    store = screen.fleet.inventory
    read: dict[str, Callable[[int], object]] = {
        "name": store.name,
        "uuid": lambda slot: store.value(slot, "uuid"),
        "ref": lambda slot: str(store.ref(slot)),
        "ip": lambda slot: store.value(slot, "ip"),
    }
    found = (read[what](slot) for ref in screen.aim() if (slot := _slot(screen, ref)) is not None)
    return [_plain(value) for value in found if value]


def _slot(screen: FrameScreen, ref: ObjectRef) -> int | None:
    return screen.fleet.inventory.slot(ref.conn, ref.key)


def _plain(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def whole_error(screen: FrameScreen) -> str:
    """All that is known about what is wrong: with the connection of what is meant, else what was reported last."""
    for ref in screen.aim():
        connection = screen.fleet.connections.get(ref.conn)
        if connection is not None and connection.failure is not None:
            return in_full(connection.failure, ref.conn)
    return screen.last_report


def in_full(failure: Failure, conn: str) -> str:
    """A failure in as many lines as it has to say."""
    parts = {
        "connection": conn,
        "what": failure.message,
        "means": failure.meaning,
        "try": failure.hint,
        "about": failure.subject,
        "code": failure.code,
        "native": failure.native,
    }
    return "\n".join(f"{name:11} {text}" for name, text in parts.items() if text)

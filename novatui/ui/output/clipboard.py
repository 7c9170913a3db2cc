"""The clipboard of the terminal, written by an escape sequence (OSC 52), through tmux and screen too."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

from novatui.engine import blocking

LONGEST = 74_994
"""Bytes of base64 that xterm and most others take; they drop what is longer without a word."""

PIECE = 76
"""Bytes of one piece for screen, which takes no longer ones."""


def copying(text: str, environ: Mapping[str, str]) -> str:
    """What has to be written to the terminal for `text` to be in its clipboard; empty for a text that is too long."""
    code = b64encode(text.encode()).decode()
    if len(code) > LONGEST:
        return ""
    plain = f"\x1b]52;c;{code}\x07"
    if environ.get("TMUX"):
        # Plain for a tmux that sets the clipboard itself, wrapped for one that only passes it on.
        return plain + f"\x1bPtmux;\x1b{plain}\x1b\\"
    if environ.get("TERM", "").startswith("screen"):
        pieces = [plain[at : at + PIECE] for at in range(0, len(plain), PIECE)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return plain


TMUX_WAIT = 1.0
"""Longest wait for an answer of tmux, seconds."""


def swallowed(environ: Mapping[str, str]) -> bool | None:
    """Whether the tmux around us keeps what was copied from the terminal; None when it does not tell. Blocks.

    tmux takes OSC 52 of programs only with `set-clipboard on` (its default is `external`: its own copies), and passes
    wrapped sequences on only with `allow-passthrough` on or all; before 3.3 it had no such option and always did.
    """
    if not environ.get("TMUX"):
        return False
    try:
        clipboard = blocking.command(["tmux", "show", "-gv", "set-clipboard"], environ, TMUX_WAIT)
        passing = blocking.command(["tmux", "show", "-gwv", "allow-passthrough"], environ, TMUX_WAIT)
    except OSError:
        return None
    if clipboard.code != 0 or passing.code is None:
        return None
    passes = passing.code != 0 or passing.said in ("on", "all")
    return clipboard.said != "on" and not passes

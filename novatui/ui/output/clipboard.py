"""The clipboard of the terminal, written by an escape sequence (OSC 52), through tmux and screen too."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

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

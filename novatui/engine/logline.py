"""One line of what a worker wrote, with the time at which it came."""

from __future__ import annotations

import msgspec


class LogLine(msgspec.Struct, frozen=True):
    """A line of a log."""

    at: float
    """Epoch seconds."""
    text: str
    """Clean, of bounded length."""

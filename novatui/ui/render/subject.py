"""What a drawing function is given: one object, the fleet that knows it, and the time of the frame."""

from __future__ import annotations

import msgspec

from novatui.engine.fleet import Fleet
from novatui.ui.render.look import Look


class Subject(msgspec.Struct, frozen=True):
    """One object about to be drawn."""

    fleet: Fleet
    slot: int
    look: Look
    now: float
    """Monotonic time of this frame."""

"""What every frame is."""

from __future__ import annotations

import msgspec


class Frame(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Base of all frames: a tagged array."""

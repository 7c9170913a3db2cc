"""Sparklines as text: braille (two samples a cell), blocks or ASCII (one sample a cell).

The newest sample stands at the right. A sample that does not exist is a gap, never a zero; a zero is the
lowest mark. The result is one string of the asked width, to be drawn as one styled run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Kind = Literal["braille", "block", "ascii"]

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.:-=+*#"
"""Eight levels by rising ink."""

GAP: dict[Kind, str] = {"braille": "·", "block": "·", "ascii": " "}
"""Stands where no sample exists."""

SAMPLES_PER_CELL: dict[Kind, int] = {"braille": 2, "block": 1, "ascii": 1}

_DOTS = 4
_LEFT = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
"""Braille bits of a column filled from the bottom with 0 to 4 dots (dots 7 3 2 1 and 8 6 5 4 of a cell)."""


def sparkline(samples: Sequence[float | None], width: int, *, high: float | None = None, kind: Kind = "braille") -> str:
    """The newest samples in `width` cells, drawn from 0 to `high` (default: the largest sample shown).

    Samples below 0 are drawn as 0, those above `high` as `high`. None and NaN are gaps.
    """
    if width <= 0:
        return ""
    slots = width * SAMPLES_PER_CELL[kind]
    shown = list(samples[-slots:])
    shown[:0] = [None] * (slots - len(shown))
    if high is None:
        high = max((sample for sample in shown if sample is not None and sample == sample), default=0.0)
    if kind == "braille":
        return _braille([_level(sample, high, _DOTS) for sample in shown])
    marks = BLOCKS if kind == "block" else ASCII
    gap = GAP[kind]
    levels = [_level(sample, high, len(marks)) for sample in shown]
    return "".join([marks[level - 1] if level else gap for level in levels])


def _level(sample: float | None, high: float, levels: int) -> int:
    """1 to `levels`, or 0 for no sample."""
    if sample is None or sample != sample:
        return 0
    if sample <= 0 or high <= 0:
        return 1
    if sample >= high:
        return levels
    return int(sample / high * levels) + 1


def _braille(levels: list[int]) -> str:
    cells = [
        chr(0x2800 + _LEFT[left] + _RIGHT[right]) if left or right else GAP["braille"]
        for left, right in zip(levels[::2], levels[1::2], strict=True)
    ]
    return "".join(cells)

"""A positive number in 16 bits on a logarithmic scale: what history rings hold.

Code 0 is zero, code 0xFFFF is "no sample", and code n stands for FLOOR × STEP^(n-1). With STEP = 1.001 the relative
error is at most 0.05 % and the range ends beyond 10^22, so percentages, bytes and rates share one scale.
"""

from __future__ import annotations

from math import log

NO_SAMPLE = 0xFFFF
"""The code of an absent value."""

FLOOR = 1e-6
"""Smallest number above zero that has a code of its own; anything smaller is stored as zero."""

STEP = 1.001
"""Ratio of neighbouring codes."""

_TOP = 0xFFFE
_LOG_FLOOR = log(FLOOR)
_PER_LOG = 1 / log(STEP)
_HALF = FLOOR / STEP**0.5


def encode(value: float | None) -> int:
    """The code of a value; None, NaN, infinite and negative values have no sample."""
    if value is None or value != value or value < 0 or value == float("inf"):
        return NO_SAMPLE
    if value < _HALF:
        return 0
    code = int((log(value) - _LOG_FLOOR) * _PER_LOG + 1.5)
    return code if code < _TOP else _TOP


def decode(code: int) -> float | None:
    """The value of a code; None for "no sample"."""
    if code == NO_SAMPLE:
        return None
    return FLOOR * STEP ** (code - 1) if code else 0.0

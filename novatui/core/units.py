"""Numbers as people read and type them: sizes, rates, percentages, spans of time."""

from __future__ import annotations

import re
from math import isfinite

_STEPS = "KMGTPE"
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtpe]?)(i?)(b?)(?:/s)?", re.IGNORECASE)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def parse_size(text: str) -> float | None:
    """Bytes of `8G`, `512MiB`, `1.5t`, `300`: binary steps, as every hypervisor counts memory. None if it is none."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        return None
    step = match.group(2).upper()
    return float(match.group(1)) * 1024 ** (_STEPS.index(step) + 1 if step else 0)


def parse_span(text: str) -> float | None:
    """Seconds of `14d`, `300ms`, `2h`. None if it is no span of time."""
    match = _SPAN.fullmatch(text.strip())
    return float(match.group(1)) * _SECONDS[match.group(2).lower()] if match else None


def size(value: float | None, unknown: str = "?") -> str:
    """Bytes in at most five characters: `512`, `1.5K`, `16.0G`."""
    if value is None or not isfinite(value):
        return unknown
    if value < 1000:
        return f"{value:.0f}"
    for step in _STEPS:
        value /= 1024
        if value < 9.95:
            return f"{value:.1f}{step}"
        if value < 999.5:
            return f"{value:.0f}{step}"
    return f"{value:.0f}{_STEPS[-1]}"


def count(value: float | None, unknown: str = "?") -> str:
    """A number of things in at most five characters: `0`, `3.2`, `433`, `65k`, `1.2M`."""
    if value is None or not isfinite(value):
        return unknown
    if value < 9.95:
        return f"{value:.1f}".removesuffix(".0")
    if value < 9999.5:
        return f"{value:.0f}"
    for step in "kMGTPE":
        value /= 1000
        if value < 9.95:
            return f"{value:.1f}{step}"
        if value < 999.5:
            return f"{value:.0f}{step}"
    return f"{value:.0f}E"


def percent(value: float | None, unknown: str = "?") -> str:
    """A percentage without its sign: `7.3`, `42`, `100`."""
    if value is None or not isfinite(value):
        return unknown
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def span(seconds: float | None, unknown: str = "?") -> str:
    """A span of time in one unit: `17s`, `4m`, `3h`, `41d`."""
    if seconds is None or not isfinite(seconds):
        return unknown
    seconds = max(0.0, seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f}{unit}" if seconds >= 10 * length else f"{int(seconds // length)}{unit}"
    return f"{int(seconds)}s"


def lasting(seconds: float | None, unknown: str = "?") -> str:
    """How long something takes, to the tenth where it matters: `300 ms`, `4.2 s`, `75 s`, `4:05`, `1:02:00`."""
    if seconds is None or not isfinite(seconds):
        return unknown
    if seconds < 0.9995:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def age(seconds: float, period: float = 0.0) -> str:
    """Age of a value in the steps that idle screens allow: 5 s below a minute, then whole minutes and hours.

    `period` is the native period of the source in seconds: a value younger than that has no age to show.
    """
    if seconds <= period:
        return ""
    if 0 <= seconds < 60:
        return f"{int(seconds // 5) * 5}s"
    return span(seconds)

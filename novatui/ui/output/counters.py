"""What the console measures about itself: frames, bytes, key to frame, and (only when asked) loop lag."""

from __future__ import annotations

import asyncio
import math
import time

import msgspec
from msgspec import field

BUCKETS_PER_DOUBLING = 8
"""A percentile is too high by at most 9 %."""


class Histogram:
    """Counts of positive values in buckets of growing width: any range, a few hundred bytes."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.maximum = 0.0
        self._buckets: dict[int, int] = {}

    def add(self, value: float) -> None:
        """Count one value; anything below a billionth counts as that."""
        bucket = math.ceil(math.log2(max(value, 1e-9)) * BUCKETS_PER_DOUBLING)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self.count += 1
        self.total += value
        self.maximum = max(self.maximum, value)

    def percentile(self, percent: float) -> float | None:
        """The value that `percent` of all values do not exceed; None without values."""
        rank = math.ceil(self.count * percent / 100)
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= rank:
                return min(2 ** (bucket / BUCKETS_PER_DOUBLING), self.maximum)
        return None

    def summary(self, scale: float = 1.0) -> dict[str, float | None]:
        """Count, p50, p99, p99.9 and maximum, the values multiplied by `scale`."""
        points = {"p50": self.percentile(50), "p99": self.percentile(99), "p99.9": self.percentile(99.9)}
        points["max"] = self.maximum if self.count else None
        return {"count": self.count} | {
            name: None if value is None else round(value * scale, 3) for name, value in points.items()
        }


class Counters(msgspec.Struct):
    """One set per console, filled by the output pass-through and the app."""

    bytes_written: int = 0
    """Bytes that the terminal has taken."""
    frames: int = 0
    """Frames handed to the terminal."""
    frames_dropped: int = 0
    """Frames not sent because the terminal was not reading."""
    resyncs: int = 0
    """Full repaints that made up for dropped frames."""
    pending_peak: int = 0
    """Most bytes ever waiting for the terminal."""
    frame_bytes: Histogram = field(default_factory=Histogram)
    frame_time: Histogram = field(default_factory=Histogram)
    """Seconds to compose and encode one frame."""
    key_to_frame: Histogram = field(default_factory=Histogram)
    """Seconds from the arrival of a key to the end of the frame that answers it."""
    loop_lag: Histogram = field(default_factory=Histogram)
    """Seconds that a timer of the event loop rang too late; empty unless a `LagProbe` ran."""

    def summary(self) -> dict[str, object]:
        """All figures as plain values, times in ms: for the overlay and for `--bench`."""
        return {
            "bytes": self.bytes_written,
            "frames": self.frames,
            "frames_dropped": self.frames_dropped,
            "resyncs": self.resyncs,
            "pending_peak": self.pending_peak,
            "bytes_per_frame": self.frame_bytes.summary(),
            "frame_ms": self.frame_time.summary(1000),
            "key_to_frame_ms": self.key_to_frame.summary(1000),
            "loop_lag_ms": self.loop_lag.summary(1000),
        }


class LagProbe:
    """Measures the lag of the running event loop once every `interval` seconds while it is started."""

    def __init__(self, counters: Counters, interval: float = 1.0) -> None:
        self.last: float | None = None
        """The newest lag in seconds."""
        self._histogram = counters.loop_lag
        self._interval = interval
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin; does nothing when begun already."""
        if self._timer is None:
            self._arm()

    def stop(self) -> None:
        """End; no timer is left."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        due = time.monotonic() + self._interval
        self._timer = asyncio.get_running_loop().call_later(self._interval, self._ring, due)

    def _ring(self, due: float) -> None:
        self.last = max(0.0, time.monotonic() - due)
        self._histogram.add(self.last)
        self._arm()

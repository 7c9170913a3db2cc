"""How fast a migration sends: from what was sent between readings, and from what the product says of itself."""

from __future__ import annotations

from collections import deque

WINDOW = 4.0
"""Seconds over which the rate is taken: QEMU sends in portions of a tenth of a second, and a busy host pauses it."""

SHORTEST = 0.4
"""Seconds that two readings must be apart to tell a rate."""


class Sending:
    """The rate of one migration. Feed it with `add`, oldest first."""

    def __init__(self) -> None:
        self.rate: float | None = None
        """Bytes per second over the last seconds, pauses included."""
        self.told: float | None = None
        """Bytes per second while it really sends, as the product says: the middle one of its last figures."""
        self.moved: float | None = None
        """Epoch seconds at which something was last seen to be sent."""
        self._sent: deque[tuple[float, int]] = deque()
        self._told: deque[float] = deque(maxlen=5)
        self._left: int | None = None

    def add(self, at: float, sent: int | None, told: float | None, left: int | None) -> None:
        """One more reading: all that was sent so far, the product's own rate, and what is left."""
        if told and told >= 1:
            self._told.append(told)
            self.told = sorted(self._told)[len(self._told) // 2]
        if sent is None:
            if left != self._left:
                self.moved = at
            self._left = left
        else:
            self._measure(at, sent)
        if self.rate is None or not self._sent:
            self.rate = self.told

    def begin_anew(self) -> None:
        """The link has changed: what was measured before does not count."""
        while len(self._sent) > 1:
            self._sent.popleft()
        self._told.clear()

    def _measure(self, at: float, sent: int) -> None:
        window = self._sent
        if window and sent < window[-1][1]:
            window.clear()
        if not window or sent > window[-1][1]:
            self.moved = at
        window.append((at, sent))
        while len(window) > 2 and at - window[0][0] > WINDOW:
            window.popleft()
        span = at - window[0][0]
        if span >= SHORTEST:
            self.rate = (sent - window[0][1]) / span

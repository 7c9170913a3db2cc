"""Outages: one connection of the demo fleet is lost now and then, and comes back by itself."""

from __future__ import annotations

import time

from novatui.core.errors import Unreachable

FIRST = 45.0
"""Seconds after the first connect of this process until the first outage."""

EVERY = 300.0
LASTS = 20.0

_first_connect: dict[str, float] = {}
"""Monotonic second of the first connect in this process, by connection: an outage must outlive the session it ends."""


class Outage:
    """The outages of one connection; without any, if it has none."""

    def __init__(self, name: str, *, happens: bool, speed: float) -> None:
        self._happens = happens and speed > 0
        self._speed = speed
        self._lost = False
        self._since = _first_connect.setdefault(name, time.monotonic())

    def check(self) -> None:
        """Raise Unreachable during an outage, and for good in a session that it has ended."""
        self._lost = self._lost or (self._happens and self._now())
        if self._lost:
            raise Unreachable(
                "pve1.nova.example:8006 does not answer",
                meaning="the node or the way to it is down; what is shown of it grows old",
                hint="wait: the demo brings it back by itself",
                code="595",
                native="595 Errors during connection establishment, proxy handshake and so on.",
            )

    def _now(self) -> bool:
        into = (time.monotonic() - self._since) * self._speed - FIRST
        return into >= 0 and into % EVERY < LASTS

"""What is locked, and for how long it is not: badges of headers, and a word when a protection is back."""

from __future__ import annotations

import math
from collections.abc import Callable

from novatui.config.policy import Role
from novatui.engine.connection import Connection
from novatui.engine.fleet import Fleet
from novatui.ui.render.look import Look

FINE = 5
"""Seconds of a step in the last minute; before that a step is a minute. Idle screens stay idle."""


class Locks:
    """Looks at the connections of a fleet; `look` is to be called now and then."""

    def __init__(self, fleet: Fleet, look: Look, changed: Callable[[str], None]) -> None:
        """`changed` is called with what is to be said (empty: nothing) when a badge says something else."""
        self._fleet = fleet
        self._look = look
        self._changed = changed
        self._badges: dict[str, str] = {}

    def dead(self, conn: str) -> str:
        """Why nothing at all can be changed on a connection, whoever unlocks what; empty when something can."""
        one = self._fleet.connections.get(conn)
        if one is None:
            return ""
        if one.spec.readonly or (one.lock is not None and one.lock.ro):
            return f"{conn} is read-only"
        viewer = Role.VIEWER.value in (one.spec.role, one.lock.role if one.lock is not None else "")
        return f"you may only look at {conn}" if viewer else ""

    def badge(self, conn: str) -> str:
        """`RW 14m` while a protection is lifted; else empty."""
        one = self._fleet.connections.get(conn)
        return "" if one is None else unlocked(one, self._look.monotonic())

    def look(self) -> None:
        """Say what changed."""
        badges = {name: badge for name in self._fleet.connections if (badge := self.badge(name))}
        if badges != self._badges:
            ended = [name for name in self._badges if name not in badges and name in self._fleet.connections]
            self._badges = badges
            self._changed(f"{', '.join(ended)}: protected again; what is under way goes on" if ended else "")


def unlocked(one: Connection, now: float) -> str:
    """`RW 14m`, by local monotonic time, in coarse steps; empty while nothing is lifted."""
    left = (one.unlocked_until or 0.0) - now
    if left <= 0:
        return ""
    if left > 60:
        return f"RW {math.ceil(left / 60)}m"
    return f"RW {math.ceil(left / FINE) * FINE}s"

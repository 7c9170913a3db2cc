"""Tells the backends what the person looks at, once the view has come to rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from textual.timer import Timer

from novatui.engine.fleet import Fleet

WATCH_INTERVAL = 0.1
"""Seconds between two readings that we ask for: as often as each product gives new ones."""

REST = 0.15
"""Seconds that the view has to stay where it is: who pages through a list does not ask for every page."""

Wanted = Callable[[], Mapping[str, Collection[str] | None]]
"""Keys to measure by connection, None for all of them."""


class Attention:
    """What is on the screen is measured, and nothing else."""

    def __init__(self, fleet: Fleet, wanted: Wanted, set_timer: Callable[[float, Callable[[], Any]], Timer]) -> None:
        self._fleet = fleet
        self._wanted = wanted
        self._set_timer = set_timer
        self._timer: Timer | None = None

    def moved(self) -> None:
        """The view shows something else now."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._set_timer(REST, self._tell)

    def _tell(self) -> None:
        self._timer = None
        self._fleet.watch(self._wanted(), WATCH_INTERVAL)

"""Kinds of objects that are listed only while somebody looks at them, and for a while after."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from textual.timer import Timer

from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from novatui.engine.inventory_rows import ON_DEMAND

LINGER = 300.0
"""Seconds for which a list that was left is kept: who comes back finds it as it was."""


class WantedKinds:
    """Has the fleet list what a view shows, and forget it when the view was left for long."""

    def __init__(self, fleet: Fleet, set_timer: Callable[[float, Callable[[], Any]], Timer]) -> None:
        self._fleet = fleet
        self._set_timer = set_timer
        self._shown: frozenset[Kind] = frozenset()
        self._lingering: dict[Kind, Timer] = {}

    def look_at(self, kinds: Collection[Kind]) -> None:
        """A view of these kinds is shown now."""
        left = self._shown.difference(kinds)
        self._shown = ON_DEMAND.intersection(kinds)
        for kind in self._shown:
            if kind in self._lingering:
                self._lingering.pop(kind).stop()
        for kind in left:
            self._lingering[kind] = self._set_timer(LINGER, lambda kind=kind: self._forget(kind))
        self._ask()

    def _forget(self, kind: Kind) -> None:
        self._lingering.pop(kind, None)
        self._ask()

    def _ask(self) -> None:
        self._fleet.want(self._shown.union(self._lingering))

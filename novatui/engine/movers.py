"""Top movers: the machines whose load changed most over the last minutes, judged again only where a sample came."""

from __future__ import annotations

from collections.abc import Collection
from heapq import nlargest
from math import ceil

import msgspec

from novatui.core.logcode import NO_SAMPLE, decode
from novatui.engine.inventory_rows import MACHINES
from novatui.engine.query_keys import SUMS
from novatui.engine.query_values import FleetView

SPAN = 300.0
"""Seconds over which a change is looked for."""

EDGE = 15.0
"""Seconds at both ends of it that are averaged: one wild sample is no change."""


class Move(msgspec.Struct, frozen=True):
    """How one machine changed."""

    slot: int
    before: float
    """Mean of the oldest EDGE seconds that were measured within SPAN."""
    now: float
    """Mean of the latest EDGE seconds."""

    @property
    def change(self) -> float:
        """Positive when it rose."""
        return self.now - self.before


def move(view: FleetView, slot: int, key: str, now: float) -> Move | None:
    """How a metric, or a sum of two, changed. None when it was not measured long enough, or is not measured now.

    `key` is a metric with a history, `disk` or `net`. KeyError for another one.
    """
    means = [_means(view, slot, metric, now) for metric in SUMS.get(key, (key,))]
    known = [pair for pair in means if pair is not None]
    if len(known) < len(means):
        return None
    return Move(slot, sum(pair[0] for pair in known), sum(pair[1] for pair in known))


def _means(view: FleetView, slot: int, metric: str, now: float) -> tuple[float, float] | None:
    metrics = view.metrics
    period = metrics.period(slot)
    codes = metrics.codes(slot, metric, ceil(SPAN / period), now)
    edge = max(1, ceil(EDGE / period))
    first = next((at for at, code in enumerate(codes) if code != NO_SAMPLE), len(codes))
    if len(codes) - first < 2 * edge:
        return None
    before, after = _mean(codes[first : first + edge]), _mean(codes[-edge:])
    return None if before is None or after is None else (before, after)


def _mean(codes: Collection[int]) -> float | None:
    known = [value for value in map(decode, codes) if value is not None]
    return sum(known) / len(known) if known else None


class Movers:
    """How every visible machine moved by one metric, kept up by what changed."""

    def __init__(self, view: FleetView, key: str, now: float) -> None:
        self.key = key
        self._view = view
        self._moves: dict[int, Move] = {}
        for slot in view.inventory.slots():
            self._judge(slot, now)

    def __len__(self) -> int:
        """Machines that were measured long enough."""
        return len(self._moves)

    def take(self, changed: Collection[int], gone: Collection[int], now: float) -> None:
        """Rows changed, objects went."""
        for slot in gone:
            self._moves.pop(slot, None)
        for slot in changed:
            self._judge(slot, now)

    def look_again(self, now: float) -> None:
        """Time went by: what is no longer measured moves no more."""
        for slot in list(self._moves):
            self._judge(slot, now)

    def of(self, slot: int) -> Move | None:
        """How this machine moved; None when that is not known."""
        return self._moves.get(slot)

    def top(self, count: int) -> list[Move]:
        """Those that changed most, up or down; equal ones by name."""
        name = self._view.inventory.name_key
        most = nlargest(count, self._moves.values(), key=lambda one: abs(one.change))
        return sorted(most, key=lambda one: (-abs(one.change), name(one.slot)))

    def _judge(self, slot: int, now: float) -> None:
        inventory = self._view.inventory
        shown = inventory.alive(slot) and inventory.kind(slot) in MACHINES and slot not in self._view.identity.hidden
        found = move(self._view, slot, self.key, now) if shown else None
        if found is None:
            self._moves.pop(slot, None)
        else:
            self._moves[slot] = found

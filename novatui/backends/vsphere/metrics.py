"""How busy machines and hosts are: real-time counters of what is watched, quickStats of everything else.

Where questions for counters are limited quickStats is what there is, and it is said.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from novatui.backends.driver import Sink
from novatui.backends.vsphere.counters import Counters
from novatui.backends.vsphere.inventory import Inventory, Measurable
from novatui.backends.vsphere.measures import Metrics as Values
from novatui.backends.vsphere.measures import metrics_of, places
from novatui.backends.vsphere.perfquery import REAL_TIME, Catalogue, PerfQueries, between, most
from novatui.backends.vsphere.perfreply import Measured
from novatui.backends.vsphere.session import Opened

MOST = 1024
"""Objects that are measured by counters at a time. More than that is nobody's screen: the rest has its quickStats."""

ROLLED_UP = 300
"""Seconds that a mean stands for."""

KEPT = 3600.0
"""Seconds for which a server keeps real-time samples."""

LATE = 3 * REAL_TIME
"""Seconds. A newest sample that is older than this is told as what it is: a value of then."""


class Metrics:
    """One at a time may ask."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory, catalogue: Catalogue) -> None:
        self._sink = sink
        self._inventory = inventory
        self._catalogue = catalogue
        self._queries = PerfQueries(opened, sink, catalogue)

    def sample(self, keys: Collection[str] | None) -> None:
        """Measure these (None: all) now. NovaError without counters; what quickStats tells is told all the same."""
        begun = self._sink.now()
        wanted = self._inventory.measurable(keys)
        told: set[str] = set()
        try:
            self._sample(begun, wanted[:MOST], told)
        finally:
            self._inventory.counted(told)
            self._sink.samples(begun, [(one.key, one.load) for one in wanted if one.key not in told and one.load])

    def recall(self, keys: Collection[str], seconds: float) -> None:
        """Tell what the server remembers of these, the last hour by 20 seconds, what is older by five minutes."""
        wanted = self._inventory.measurable(keys)
        extent = most(min(seconds, KEPT) / REAL_TIME)
        self._queries.ask(wanted, extent, REAL_TIME, self._remember, Counters.of)
        if seconds > KEPT:
            now = self._sink.now() + self._catalogue.offset()
            extent = between(now - seconds, now - KEPT) + most((seconds - KEPT) / ROLLED_UP)
            self._queries.ask(wanted, extent, ROLLED_UP, self._remember, Counters.of)

    def end(self) -> None:
        """Nothing is read any more."""
        self._queries.end()

    def _sample(self, begun: float, wanted: Sequence[Measurable], told: set[str]) -> None:
        def take(one: Measurable, measured: Measured) -> None:
            values = self._values(one, measured, len(measured.times) - 1)
            age = begun + self._catalogue.offset() - measured.times[-1]
            told.add(one.key)
            if age > LATE:
                self._sink.samples(begun - age, [(one.key, values)])
            else:
                fresh.append((one.key, one.load | {name: value for name, value in values.items() if value is not None}))

        fresh: list[tuple[str, Values]] = []
        try:
            self._queries.ask(wanted, most(1), REAL_TIME, take, Counters.of)
        finally:
            self._sink.samples(begun, fresh)

    def _remember(self, one: Measurable, measured: Measured) -> None:
        """Cells of equal length up to the newest sample; a hole in them is a cell without values."""
        cells = [{} if at is None else self._values(one, measured, at) for at in places(measured)]
        if cells:
            end = measured.times[-1] - self._catalogue.offset()
            self._sink.past(end, float(measured.intervals[-1]), [(one.key, cells)])

    def _values(self, one: Measurable, measured: Measured, at: int) -> Values:
        return metrics_of(measured, at, self._catalogue.counters().by_id, one.size)

"""What a server remembers of one object: samples of the last hour, and the means that it keeps for longer."""

from __future__ import annotations

import threading

from novatui.backends.driver import Sink
from novatui.backends.vsphere.counters import Counters
from novatui.backends.vsphere.inventory import Inventory, Measurable
from novatui.backends.vsphere.measures import metrics_of, places
from novatui.backends.vsphere.perfquery import REAL_TIME, Catalogue, PerfQueries, between, most
from novatui.backends.vsphere.perfreply import Measured
from novatui.backends.vsphere.session import Opened
from novatui.core.errors import NotFound, NotSupported
from novatui.core.history import HOUR, History
from novatui.core.metrics import NAMES, RINGED


class Archive:
    """Asks about one object at a time, whoever asks."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory, catalogue: Catalogue) -> None:
        self._sink = sink
        self._inventory = inventory
        self._catalogue = catalogue
        self._queries = PerfQueries(opened, sink, catalogue)
        self._turn = threading.Lock()

    def history(self, wanted: str, seconds: float) -> History:
        """The last `seconds` of a machine or host (key), running or not. NovaError when it cannot be told."""
        with self._turn:
            found = self._inventory.measurable([wanted], resting=True)
            if not found:
                raise NotFound(f"no figures are kept of {wanted}", subject=wanted)
            told: list[History] = []
            begun = self._sink.now()
            interval, extent = self._extent(begun, seconds)
            self._queries.ask(
                found, extent, interval, lambda one, measured: told.append(self._told(one, measured)), Counters.of
            )
        return told[0] if told else History(step=float(interval), age=0.0, metrics={})

    def end(self) -> None:
        """Nothing is asked any more."""
        self._queries.end()

    def _extent(self, begun: float, seconds: float) -> tuple[int, str]:
        """The finest that is kept for so long: seconds of a cell, and what bounds the question."""
        if seconds <= HOUR:
            return REAL_TIME, most(seconds / REAL_TIME)
        kept = self._catalogue.rollups()
        if not kept:
            raise NotSupported("this server keeps no means of its samples")
        chosen = next((one for one in kept if one.kept >= seconds), kept[-1])
        now = begun + self._catalogue.offset()
        return chosen.step, between(now - seconds, now)

    def _told(self, one: Measurable, measured: Measured) -> History:
        counters = self._catalogue.counters().by_id
        cells = [{} if at is None else metrics_of(measured, at, counters, one.size) for at in places(measured)]
        columns = {name: tuple(cell.get(name) for cell in cells) for name in NAMES[:RINGED]}
        return History(
            step=float(measured.intervals[-1]),
            age=self._sink.now() + self._catalogue.offset() - measured.times[-1],
            metrics={name: values for name, values in columns.items() if any(value is not None for value in values)},
        )

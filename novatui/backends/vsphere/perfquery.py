"""QueryPerf in bounded batches, and what a server says of its counters: which it has, how long it keeps them, its time.

A server keeps samples of 20 seconds for an hour, and means of them for longer (PerformanceManager). Its administrator
may limit such questions; then it is left alone for a while.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from novatui.backends.driver import Sink
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.counters import Counters, MetricId, Rollup, rollups
from novatui.backends.vsphere.errors import RESTRICTED, from_exception, from_fault
from novatui.backends.vsphere.inventory import Measurable
from novatui.backends.vsphere.perfreply import Measured, PerfReader
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.soap import call, element, reference
from novatui.backends.vsphere.updates import Fault, Ref
from novatui.core.errors import Busy, InvalidInput, NotFound, NotSupported, NovaError

BATCH = 64
"""Objects of one question: what the oldest supported server still answers."""

HISTORICAL = 64
"""Metrics of all objects of one historical question: config.vpxd.stats.maxQueryMetrics of a server as it comes."""

REAL_TIME = 20
"""Seconds that one sample stands for."""

REST, LONGEST_REST = 60.0, 900.0
"""Seconds without a question after the server's administrator refused one; doubled each time."""

CLOCK = 600.0
"""Seconds after which the server's clock is looked at again."""

Take = Callable[[Measurable, Measured], None]
Choose = Callable[[Counters, str], list[MetricId]]
"""Which counters of an object of this type are asked for."""


class Catalogue:
    """What a server says of its counters, asked for once by whoever comes first, from any thread."""

    def __init__(self, opened: Opened, sink: Sink) -> None:
        self.home = Ref("PerformanceManager", opened.content.perfManager._moId)
        self._opened = opened
        self._sink = sink
        self._asking = Asking(opened, sink)
        self._turn = threading.Lock()
        self._counters: Counters | None = None
        self._rollups: tuple[Rollup, ...] = ()
        self._offset = 0.0
        self._looked = -math.inf

    def counters(self) -> Counters:
        """The counters that it has. NotSupported when there are none."""
        with self._turn:
            if self._counters is None:
                told = self._asking.of(self.home, ("perfCounter", "historicalInterval"))
                if refused := told.unread.get("perfCounter"):
                    raise from_fault(Fault(refused, "", {}))
                self._counters = Counters(told.values.get("perfCounter"))
                self._rollups = rollups(told.values.get("historicalInterval"))
            if not self._counters.by_id:
                raise NotSupported("this server has no counters")
            return self._counters

    def rollups(self) -> tuple[Rollup, ...]:
        """The means that it keeps, the finest first."""
        self.counters()
        return self._rollups

    def offset(self) -> float:
        """What is added to the clock of readings to be the server's."""
        with self._turn:
            if self._sink.now() - self._looked > CLOCK:
                self._look_at_the_clock()
            return self._offset

    def end(self) -> None:
        """Nothing is read any more."""
        self._asking.end()

    def _look_at_the_clock(self) -> None:
        before = self._sink.now()
        self._sink.call("CurrentTime")
        try:
            server: float = self._opened.service.CurrentTime().timestamp()
        except Exception as error:  # noqa: BLE001 - pyVmomi raises anything
            raise from_exception(error) from None
        after = self._sink.now()
        self._offset = server - (before + after) / 2
        self._looked = after


class PerfQueries:
    """Questions on a connection of their own. One at a time may ask."""

    def __init__(self, opened: Opened, sink: Sink, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._sink = sink
        self._channel = opened.channel()
        self._missing: NovaError | None = None
        """This server has no counters to ask for."""
        self._limited: NovaError | None = None
        self._rest = 0.0
        self._rests_until = 0.0

    def ask(self, wanted: Sequence[Measurable], extent: str, interval: int, take: Take, choose: Choose) -> None:
        """Samples of these, each taken as it arrives. Busy or NotSupported when counters cannot be had."""
        if not wanted:
            return
        if self._missing is not None:
            raise self._missing
        if self._limited is not None and self._sink.now() < self._rests_until:
            raise self._limited
        try:
            counters = self.catalogue.counters()
            self.catalogue.offset()
            size = BATCH if interval == REAL_TIME else max(1, HISTORICAL // counters.most)
            for batch in _batches(wanted, size):
                self._query(batch, lambda one: _spec(one.ref, choose(counters, one.ref.type), extent, interval), take)
        except NotSupported as error:
            self._missing = _quick_stats_only(error)
            raise self._missing from None
        except Busy as error:
            if error.failure.code != RESTRICTED:
                raise
            self._rest = min(LONGEST_REST, 2 * self._rest or REST)
            self._rests_until = self._sink.now() + self._rest
            self._limited = _limited(error)
            raise self._limited from None
        self._rest, self._limited = 0.0, None

    def end(self) -> None:
        """Nothing is asked any more."""
        self._channel.end()

    def _query(self, batch: Sequence[Measurable], spec: Callable[[Measurable], str], take: Take) -> None:
        """One question; of objects that one of its own is the matter with, one by one half."""
        by_ref = {one.ref: one for one in batch}

        def taken(measured: Measured) -> None:
            one = by_ref.get(measured.ref)
            if one is not None and measured.times:
                take(one, measured)

        self._sink.call("QueryPerf")
        try:
            request = call("QueryPerf", self.catalogue.home, "".join(map(spec, batch)))
            reader = self._channel.receive(request, PerfReader(taken))
            if reader.fault is not None:
                raise from_fault(reader.fault)
        except (NotFound, InvalidInput):
            if len(batch) > 1:
                half = len(batch) // 2
                self._query(batch[:half], spec, take)
                self._query(batch[half:], spec, take)
        except NovaError:
            raise
        except Exception as error:  # noqa: BLE001 - sockets and parsers raise several
            raise from_exception(error) from None


def most(samples: float) -> str:
    """Extent of a question: so many samples at most, the newest."""
    return element("maxSample", str(math.ceil(samples)))


def between(begin: float, end: float) -> str:
    """Extent of a question: samples of after `begin` up to `end`, epoch seconds by the server's clock."""
    return element("startTime", _written(begin)) + element("endTime", _written(end))


def _spec(ref: Ref, metrics: Sequence[MetricId], extent: str, interval: int) -> str:
    """PerfQuerySpec; its fields have this order, and the number of samples comes with the times."""
    ids = "".join(
        f"<metricId><counterId>{counter}</counterId><instance>{instance}</instance></metricId>"
        for counter, instance in metrics
    )
    return (
        f"<querySpec>{reference('entity', ref)}{extent}{ids}"
        f"<intervalId>{interval}</intervalId><format>csv</format></querySpec>"
    )


def _batches(wanted: Sequence[Measurable], size: int) -> Iterator[Sequence[Measurable]]:
    for at in range(0, len(wanted), size):
        yield wanted[at : at + size]


def _written(epoch: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))


def _quick_stats_only(error: NovaError) -> NovaError:
    return NotSupported(
        "this server tells no real-time counters",
        meaning="only its quickStats are shown: processors and memory",
        code=error.failure.code,
        native=error.failure.native,
    )


def _limited(error: NovaError) -> NovaError:
    return Busy(
        "the server's administrator has limited questions for counters",
        meaning="only its quickStats are shown until it answers again",
        hint="config.vpxd.stats.maxQueryMetrics is the limit",
        code=error.failure.code,
        native=error.failure.native,
    )

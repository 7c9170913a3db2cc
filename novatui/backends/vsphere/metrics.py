"""How busy machines and hosts are: real-time counters of what is watched, quickStats of everything else.

A server keeps samples of 20 seconds for an hour, and five minutes' means of them for a day (PerformanceManager,
QueryPerf). Its administrator may limit such questions; then quickStats is what there is, and it is said.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence

from novatui.backends.driver import Sink
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.counters import Counters
from novatui.backends.vsphere.errors import RESTRICTED, from_exception, from_fault
from novatui.backends.vsphere.inventory import Inventory, Measurable
from novatui.backends.vsphere.measures import Metrics as Values
from novatui.backends.vsphere.measures import metrics_of
from novatui.backends.vsphere.perfreply import Measured, PerfReader
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.soap import call, element, reference
from novatui.backends.vsphere.updates import Fault, Ref
from novatui.core.errors import Busy, InvalidInput, NotFound, NotSupported, NovaError

BATCH = 64
"""Objects of one question: what the oldest supported server still answers."""

HISTORICAL = 64
"""Metrics of all objects of one historical question: config.vpxd.stats.maxQueryMetrics of a server as it comes."""

MOST = 1024
"""Objects that are measured by counters at a time. More than that is nobody's screen: the rest has its quickStats."""

REAL_TIME, ROLLED_UP = 20, 300
"""Seconds that one sample stands for."""

KEPT = 3600.0
"""Seconds for which a server keeps real-time samples."""

LATE = 3 * REAL_TIME
"""Seconds. A newest sample that is older than this is told as what it is: a value of then."""

REST, LONGEST_REST = 60.0, 900.0
"""Seconds without a question after the server's administrator refused one; doubled each time."""

CLOCK = 600.0
"""Seconds after which the server's clock is looked at again."""


class Metrics:
    """One at a time may ask."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory) -> None:
        self._opened = opened
        self._sink = sink
        self._inventory = inventory
        self._home = Ref("PerformanceManager", opened.content.perfManager._moId)
        self._asking = Asking(opened, sink)
        self._channel = opened.channel()
        self._counters: Counters | None = None
        self._missing: NovaError | None = None
        """This server has no counters to ask for."""
        self._limited: NovaError | None = None
        self._rest = 0.0
        self._rests_until = 0.0
        self._offset = 0.0
        """What is added to the clock of readings to be the server's."""
        self._looked = -math.inf

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
        self._ask(wanted, _most(min(seconds, KEPT) / REAL_TIME), REAL_TIME, self._remember)
        if seconds > KEPT:
            now = self._sink.now() + self._offset
            times = element("startTime", _written(now - seconds)) + element("endTime", _written(now - KEPT))
            self._ask(wanted, times + _most((seconds - KEPT) / ROLLED_UP), ROLLED_UP, self._remember)

    def end(self) -> None:
        """Nothing is read any more."""
        self._asking.end()
        self._channel.end()

    # --- samples ---------------------------------------------------------------------------------------------------

    def _sample(self, begun: float, wanted: Sequence[Measurable], told: set[str]) -> None:
        def take(one: Measurable, measured: Measured) -> None:
            values = self._values(one, measured, len(measured.times) - 1)
            age = begun + self._offset - measured.times[-1]
            told.add(one.key)
            if age > LATE:
                self._sink.samples(begun - age, [(one.key, values)])
            else:
                fresh.append((one.key, one.load | {name: value for name, value in values.items() if value is not None}))

        fresh: list[tuple[str, Values]] = []
        try:
            self._ask(wanted, _most(1), REAL_TIME, take)
        finally:
            self._sink.samples(begun, fresh)

    def _remember(self, one: Measurable, measured: Measured) -> None:
        """Cells of equal length up to the newest sample; a hole in them is a cell without values."""
        step, last = measured.intervals[-1], measured.times[-1]
        if step <= 0:
            return
        found = {round((last - moment) / step): at for at, moment in enumerate(measured.times)}
        cells = [
            self._values(one, measured, found[back]) if back in found else {} for back in range(max(found), -1, -1)
        ]
        self._sink.past(last - self._offset, float(step), [(one.key, cells)])

    def _values(self, one: Measurable, measured: Measured, at: int) -> Values:
        counters = self._counters.by_id if self._counters is not None else {}
        return metrics_of(measured, at, counters, one.size)

    # --- questions -------------------------------------------------------------------------------------------------

    def _ask(
        self, wanted: Sequence[Measurable], extent: str, interval: int, take: Callable[[Measurable, Measured], None]
    ) -> None:
        """Samples of these, each taken as it arrives. Busy or NotSupported when counters cannot be had."""
        if not wanted:
            return
        if self._missing is not None:
            raise self._missing
        if self._limited is not None and self._sink.now() < self._rests_until:
            raise self._limited
        try:
            counters = self._known()
            size = BATCH if interval == REAL_TIME else max(1, HISTORICAL // counters.most)
            for batch in _batches(wanted, size):
                self._query(batch, counters, extent, interval, take)
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

    def _query(
        self,
        batch: Sequence[Measurable],
        counters: Counters,
        extent: str,
        interval: int,
        take: Callable[[Measurable, Measured], None],
    ) -> None:
        """One question; of objects that one of its own is the matter with, one by one half."""
        by_ref = {one.ref: one for one in batch}
        specs = "".join(_spec(one.ref, counters, extent, interval) for one in batch)

        def taken(measured: Measured) -> None:
            one = by_ref.get(measured.ref)
            if one is not None and measured.times:
                take(one, measured)

        self._sink.call("QueryPerf")
        try:
            reader = self._channel.receive(call("QueryPerf", self._home, specs), PerfReader(taken))
            if reader.fault is not None:
                raise from_fault(reader.fault)
        except (NotFound, InvalidInput):
            if len(batch) > 1:
                half = len(batch) // 2
                self._query(batch[:half], counters, extent, interval, take)
                self._query(batch[half:], counters, extent, interval, take)
        except NovaError:
            raise
        except Exception as error:  # noqa: BLE001 - sockets and parsers raise several
            raise from_exception(error) from None

    def _known(self) -> Counters:
        """The server's counters and its clock, the first asked for once."""
        if self._counters is None:
            told = self._asking.of(self._home, ("perfCounter",))
            if refused := told.unread.get("perfCounter"):
                raise from_fault(Fault(refused, "", {}))
            self._counters = Counters(told.values.get("perfCounter"))
        if not self._counters.by_id:
            raise NotSupported("this server has no counters")
        if self._sink.now() - self._looked > CLOCK:
            self._look_at_the_clock()
        return self._counters

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


def _spec(ref: Ref, counters: Counters, extent: str, interval: int) -> str:
    """PerfQuerySpec; its fields have this order, and the number of samples comes with the times."""
    metrics = "".join(
        f"<metricId><counterId>{counter}</counterId><instance>{instance}</instance></metricId>"
        for counter, instance in counters.of(ref.type)
    )
    return (
        f"<querySpec>{reference('entity', ref)}{extent}{metrics}"
        f"<intervalId>{interval}</intervalId><format>csv</format></querySpec>"
    )


def _batches(wanted: Sequence[Measurable], size: int) -> Iterator[Sequence[Measurable]]:
    for at in range(0, len(wanted), size):
        yield wanted[at : at + size]


def _most(samples: float) -> str:
    """How many samples are wanted at most, the newest."""
    return element("maxSample", str(math.ceil(samples)))


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

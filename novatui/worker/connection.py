"""Life of one generation of a connection: connect, load, watch, then sample and list again until it ends."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

from novatui.backends.driver import InventorySource, Invoker, MetricSource, Session, roles_of
from novatui.core.connection import ConnectionInfo
from novatui.core.errors import Failure, Timeout, Unreachable
from novatui.core.states import Link
from novatui.core.verbs import VERBS
from novatui.wire import frames
from novatui.worker.admission import Admission
from novatui.worker.calls import Abandoned, Call, Calls, Limits, seconds_of
from novatui.worker.details import Details
from novatui.worker.faults import report
from novatui.worker.inspections import Inspections
from novatui.worker.outbox import Outbox
from novatui.worker.placements import Placements
from novatui.worker.plans import Plans
from novatui.worker.routine import CONTROL, Routine
from novatui.worker.runs import Runs
from novatui.worker.sink import ConnectionSink, Questions

T = TypeVar("T")


class Surroundings(Protocol):
    """What the connections of one worker process share."""

    outbox: Outbox
    calls: Calls
    questions: Questions
    counts: Counter[str]
    limits: Limits
    driver_class: Callable[[str], type[Session]]


class Ended(Exception):
    """The connection ended while the lane was between two calls."""


class Connection:
    """One generation of one connection. It ends once, for one reason; then its driver is closed.

    The driver is closed only after every call into it has come back: closing under a running call frees memory that
    the call still uses. A call that never comes back keeps it open until the process is killed.
    """

    def __init__(self, request: frames.Open, shared: Surroundings, after: Connection | None) -> None:
        self.spec = request.spec
        self.generation = request.generation
        self.limits = shared.limits.wished(self.spec.options)
        self.over = threading.Event()
        """Set when the driver is closed and no thread of this connection is left."""
        self._request = request
        self._shared = shared
        self._after = after
        self._lock = threading.Lock()
        self._link = Link.CONNECTING
        self._info: ConnectionInfo | None = None
        self._driver: Session | None = None
        self.admission = Admission(self.spec, self._tell_lock)
        self.sink = ConnectionSink(
            self.spec.name,
            self.generation,
            self.spec.driver,
            outbox=shared.outbox,
            calls=shared.calls,
            questions=shared.questions,
            counts=shared.counts,
            admission=self.admission,
            on_lost=self.fail,
        )
        self.routine = Routine(self, request.kinds)
        self._details = Details(self)
        self._placements = Placements(self)
        self._inspections = Inspections(self)
        self._plans = Plans(self)
        self._runs = Runs(self)
        self._lanes = (self._details, self._placements, self._inspections, self._plans, self._runs)

    # --- what the console asks -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin; never waits."""
        self._shared.outbox.begin(self.spec.name, self.generation)
        threading.Thread(target=self._live, name=f"{self.spec.name} {CONTROL}", daemon=True).start()

    def close(self) -> None:
        """End it on purpose."""
        self._end(Link.CLOSED, None)

    def watch(self, request: frames.Watch) -> None:
        """Measure this from now on."""
        self.routine.watch(request.keys, request.interval)

    def refresh(self, keys: list[str]) -> None:
        """Read these objects again, or everything; what is asked twice before it begins is done once."""
        self.routine.refresh(keys)

    def want(self, kinds: list[str]) -> None:
        """Tell of these kinds from now on, and of no other that was wanted before."""
        self.routine.want(kinds)

    def detail(self, request: frames.DetailRequest) -> None:
        """Read one object in full, beside everything else."""
        self._details.ask(request)

    def place(self, request: frames.NeedsRequest | frames.FitRequest) -> None:
        """Find out what a machine needs, or how a host meets that, beside everything else."""
        self._placements.ask(request)

    def inspect(self, request: frames.InspectionRequest) -> None:
        """Find out what a product, a host or a machine is like, beside everything else."""
        self._inspections.ask(request)

    def plan(self, request: frames.PlanRequest) -> None:
        """Turn an operation into native calls, beside everything else."""
        self._plans.ask(request)

    def run(self, request: frames.RunRequest) -> None:
        """Carry out native calls, if nothing locks them out."""
        self._runs.ask(request)

    def proceed(self, frame: frames.Proceed) -> None:
        """A call of a run is written down, or could not be."""
        self._runs.proceed(frame)

    # --- for the lanes ---------------------------------------------------------------------------------------------

    def fail(self, failure: Failure) -> None:
        """It is lost, for this reason. Safe from any thread; the first reason counts."""
        self._end(Link.DOWN, failure)

    def send(self, frame: frames.Frame) -> None:
        """Say it to the console at once."""
        self._shared.outbox.send(frame)

    def complete(self, begun: float, scopes: set[str], failures: dict[str, Failure]) -> None:
        """A listing ended."""
        if self.ended:
            return
        frame = frames.LoadComplete(self.spec.name, self.generation, begun, sorted(scopes), failures)
        self._shared.outbox.complete(frame)

    def call(
        self, lane: str, what: str, seconds: float, body: Callable[[], T], overdue: Callable[[Call], None] | None = None
    ) -> T:
        """Run one call into the driver under a deadline. Abandoned when it came back too late."""
        with self._shared.calls.within(seconds, self.spec.name, lane, what, overdue or self._overdue):
            return body()

    @property
    def ended(self) -> bool:
        """True from the moment on that nothing of it counts any more."""
        return self._link in {Link.DOWN, Link.CLOSED}

    @property
    def driver(self) -> Session | None:
        """The driver, once it is connected and as long as it may be called."""
        return self._driver if self._link in {Link.LOADING, Link.UP} else None

    # --- the control lane ------------------------------------------------------------------------------------------

    def _live(self) -> None:
        try:
            if self._after:
                self._after.over.wait(self.limits.close)
                self._after = None
            driver = self._connect()
            self._load(driver)
            self._go(Link.UP)
            self.routine.start(driver)
            while not self.ended:
                self.routine.turn(driver)
                self.routine.rest(driver)
        except (Ended, Abandoned):
            pass
        except Exception as error:  # noqa: BLE001 - a driver may raise anything
            self.fail(report(error, self.spec.name, "the connection"))
        finally:
            self._finish()

    def _connect(self) -> Session:
        driver, info = self.call(CONTROL, "connect", self.limits.connect, self._make)
        if isinstance(driver, MetricSource) and (wished := seconds_of(self.spec.options, "interval")):
            driver.period = wished
        self._info = msgspec.structs.replace(
            info,
            roles=roles_of(driver),
            period=driver.period if isinstance(driver, MetricSource) else info.period,
            relist=driver.relist if isinstance(driver, InventorySource) else info.relist,
        )
        self.admission.tell()
        self._go(Link.LOADING)
        return driver

    def _make(self) -> tuple[Session, ConnectionInfo]:
        """Import the driver, which may take its time too, and connect."""
        self.admission.judge()
        made = self._shared.driver_class(self.spec.driver)
        self.admission.reads(made)
        driver = self._driver = made(self.spec, self._request.secrets, self.sink)
        info = driver.connect()
        if isinstance(driver, Invoker):
            offers = driver.offers()
            info = msgspec.structs.replace(info, verbs=tuple(verb for verb in VERBS if verb in offers))
        return driver, info

    def _load(self, driver: Session) -> None:
        if isinstance(driver, InventorySource):
            self.routine.load(driver)
            self.call(CONTROL, "watch", self.limits.read, driver.watch)

    def _go(self, link: Link) -> None:
        """One step on; Ended when it ended meanwhile."""
        with self._lock:
            if self.ended:
                raise Ended
            self._link = link
            self._tell(None)

    def _end(self, link: Link, failure: Failure | None) -> None:
        with self._lock:
            if self.ended:
                return
            self._link = link
            self.sink.end()
            if failure:
                self._tell(failure)
        self.routine.stir()
        reason = failure or Unreachable("the connection was closed").failure
        for lanes in self._lanes:
            lanes.end(reason)

    def _tell(self, failure: Failure | None) -> None:
        self.send(frames.ConnectionState(self.spec.name, self.generation, self._link, self._info, failure))

    def _tell_lock(self, state: frames.LockState) -> None:
        if not self.ended:
            self.send(state)

    def _overdue(self, call: Call) -> None:
        """A call of the control lane got no answer: whatever else is asked now would wait behind it."""
        error = Timeout(
            f"no answer to {call.what} within {call.seconds:.0f} s",
            meaning="the other end is stuck or the way to it is cut",
            hint="the connection is made anew by itself",
        )
        self.fail(error.failure)

    def _finish(self) -> None:
        self._end(Link.CLOSED, None)
        for lanes in self._lanes:
            lanes.drained.wait()
        if driver := self._driver:
            try:
                self.call(CONTROL, "close", self.limits.close, driver.close, lambda _: None)
            except Abandoned:
                pass
            except Exception as error:  # noqa: BLE001 - the same
                report(error, self.spec.name, "close")
        self._driver = None
        if self._link is Link.CLOSED:
            self._tell(None)
        self.over.set()

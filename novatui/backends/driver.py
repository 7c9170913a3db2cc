"""What a driver is: small roles over one connection, blocking code that speaks through a Sink.

A driver implements the roles that its product has; the worker asks with `isinstance`. Methods block and run on the
worker's lanes; they raise `core.errors.NovaError` and nothing else on purpose. A lost connection is `Unreachable`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar, Protocol

from novatui.backends.consoleaccess import ConsoleAccess
from novatui.backends.historysource import HistorySource as HistorySource
from novatui.core.capabilities import Fact
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.detail import Detail, Lease, Volume
from novatui.core.devices import Device
from novatui.core.errors import Failure, NovaError
from novatui.core.events import Event
from novatui.core.hostprofile import Baseline, HostProfile
from novatui.core.inventory import Row
from novatui.core.needs import Needs
from novatui.core.operations import Argument, NativeCall, Operation, Plan
from novatui.core.posture import Posture
from novatui.core.reasons import Fit
from novatui.core.snapshots import Snapshot
from novatui.core.tasks import Task


class Sink(Protocol):
    """Where a driver puts what it learns. Every method is safe from any thread and never blocks for long."""

    def now(self) -> float:
        """The clock of readings: call it when a request begins and pass the answer as `begun`."""
        ...

    def rows(self, begun: float, rows: Iterable[Row]) -> None:
        """Objects, new or changed; any number, chunked on the way."""
        ...

    def remove(self, begun: float, keys: Iterable[str]) -> None:
        """Objects that are gone."""
        ...

    def samples(self, begun: float, samples: Iterable[tuple[str, Mapping[str, float | None]]]) -> None:
        """Metrics by key; a metric that is absent or None has no sample."""
        ...

    def past(self, begun: float, step: float, past: Iterable[tuple[str, Sequence[Mapping[str, float | None]]]]) -> None:
        """Earlier samples by key, oldest first and `step` seconds apart; the last of them was measured at `begun`."""
        ...

    def task(self, begun: float, task: Task) -> None:
        """A task as it stands now."""
        ...

    def event(self, event: Event) -> None:
        """Something happened."""
        ...

    def facts(self, begun: float, facts: Iterable[Fact]) -> None:
        """Capability facts."""
        ...

    def step(self, name: str, ok: bool | None, ms: float, text: str = "") -> None:
        """One step of connecting, for `doctor` and the connection screen."""
        ...

    def lost(self, failure: Failure) -> None:
        """The connection ended by itself (close callback, keepalive, session expiry)."""
        ...

    def ask(self, topic: str, text: str, *, secret: bool) -> str | None:
        """Ask a person and wait for the answer; None when declined or when nobody is there."""
        ...

    def call(self, name: str) -> None:
        """A native call is about to go out: say its name first, each time.

        It is counted for the overlay and `doctor`. Denied when it is none of the driver's READING calls and does not
        belong to a run that the gate has let in: then it must not be made. A call of a run is said by the thread
        that `Invoker.invoke` was called on.
        """
        ...

    def advance(self, percent: float) -> None:
        """The call that this thread makes for `Invoker.invoke` has come so far, where the product tells."""
        ...


class Loaded:
    """What an inventory listing achieved: kinds listed whole, and kinds that failed with their reason."""

    def __init__(self) -> None:
        self.scopes: set[str] = set()
        self.failures: dict[str, Failure] = {}

    def done(self, *kinds: str) -> None:
        """These kinds were listed whole."""
        self.scopes.update(kinds)

    def failed(self, error: NovaError, *kinds: str) -> None:
        """These kinds could not be listed."""
        self.failures.update(dict.fromkeys(kinds, error.failure))


class Session(ABC):
    """The connection itself. Every driver is one."""

    def __init__(self, spec: ConnectionSpec, secrets: Mapping[str, str], sink: Sink) -> None:
        self.spec = spec
        self.secrets = secrets
        self.sink = sink

    @abstractmethod
    def connect(self) -> ConnectionInfo:
        """Connect, authenticate, identify. Called once in the life of the object."""

    @abstractmethod
    def close(self) -> None:
        """End it. Called after all other calls have returned; must not raise."""

    def ping(self) -> None:  # noqa: B027 - most products have a keepalive of their own
        """Ask for a sign of life; raise `Unreachable` when there is none. Only for products without keepalive."""


class InventorySource(ABC):
    """What exists."""

    relist: float = 60.0
    """Seconds between full listings after the first; a product that does not push lists at its own pace."""

    @abstractmethod
    def load(self, kinds: Collection[str]) -> Loaded:
        """List everything of these kinds, in chunks through the sink."""

    def watch(self) -> None:  # noqa: B027 - products without events have nothing to subscribe to
        """Subscribe to the product's own events, once, after the first load. Without events: do nothing."""

    @abstractmethod
    def refresh(self, keys: Collection[str]) -> None:
        """Read these objects again; one that is gone is removed."""


class MetricSource(ABC):
    """How busy it is."""

    period: float = 2.0
    """Native period in seconds; the worker samples at max(period, 4 × the duration of the last sampling)."""

    @abstractmethod
    def sample(self, keys: Collection[str] | None) -> None:
        """Measure these objects (None: all) with bulk calls only."""


class DetailSource(ABC):
    """One object in full."""

    @abstractmethod
    def detail(self, key: str, parts: Collection[str]) -> Detail:
        """Read it now. A part that fails is named in the answer; only a missing object or a lost link raises."""


class TaskSource(ABC):
    """Long-running work, whoever started it."""

    task_poll: float = 5.0
    """Seconds between two calls of `tasks`; infinite when changes come by the sink: then once, after the load."""

    @abstractmethod
    def tasks(self) -> list[Task]:
        """What runs now, and what ended lately if the product remembers."""


class EventSource(ABC):
    """What happened."""

    event_poll: float = 10.0
    """Seconds between two calls of `events`; infinite when live ones come by the sink: then once, after the load."""

    @abstractmethod
    def events(self, since: float) -> list[Event]:
        """Events since that epoch second that the product remembers; live ones come through the sink."""


class SnapshotSource(ABC):
    """Snapshot trees."""

    @abstractmethod
    def snapshots(self, key: str) -> list[Snapshot]:
        """All snapshots of one machine."""


class DeviceSource(ABC):
    """Devices of hosts."""

    @abstractmethod
    def devices(self, host: str) -> list[Device]:
        """All devices of one host that a machine could be given."""


class StorageSource(ABC):
    """Where disks live; `load` lists the stores themselves."""

    @abstractmethod
    def volumes(self, key: str) -> list[Volume]:
        """All volumes of one store."""


class NetworkSource(ABC):
    """What machines are plugged into; `load` lists the networks themselves."""

    @abstractmethod
    def leases(self, key: str) -> list[Lease]:
        """Addresses that one network gave out."""


class PlacementSource(ABC):
    """Where machines can run. `core.fitting.fit` makes the answer of what a host told; the driver only asks."""

    @abstractmethod
    def needs(self, key: str) -> Needs:
        """What this machine asks of a host, and what keeps it where it is. NotFound when there is no such machine."""

    @abstractmethod
    def fits(self, needs: Needs, hosts: Sequence[str]) -> list[Fit]:
        """How these hosts (keys) meet what a machine of this family needs, wherever it is now: one answer for each, in
        order. Reading only; a question that fails leaves its check unknown and no other, only a lost link raises."""


class ProfileSource(ABC):
    """What hosts are like, so that they can be compared, and what their processors have in common."""

    @abstractmethod
    def profile(self, host: str) -> HostProfile:
        """What this host (key) tells of itself now. Reading only; a question that fails leaves its section, or its
        item, unknown, and no other; only a missing host or a lost link raises."""

    @abstractmethod
    def baseline(self, processors: Sequence[str]) -> Baseline:
        """What processors (`HostProfile.native` of hosts of this family, also of other connections) have in common,
        and what each of them loses. Unknown with the reason where the product cannot tell; only a lost link raises."""


class PostureSource(ABC):
    """What of a machine or a host costs performance or opens a door. `core.posture_judge` judges; the driver asks."""

    @abstractmethod
    def posture(self, key: str) -> Posture:
        """Every finding of one machine or host. Reading only, and no secret is read for it. What cannot be asked
        leaves its findings unknown; only a missing object or a lost link raises."""


class Invoker(ABC):
    """The one way in which a driver changes anything. A driver with a control role is one."""

    READING: ClassVar[frozenset[str]] = frozenset()
    """Names, as said to `Sink.call`, of calls that change nothing. Any other is refused outside of a run, and in
    every run on a locked connection: a name that is forgotten here costs a refusal, never a change."""

    @abstractmethod
    def offers(self) -> frozenset[str]:
        """Operations of `core.verbs.VERBS` that this product has, here, now."""

    @abstractmethod
    def invoke(self, call: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        """Make exactly this call and wait for its end; its arguments are resolved, secrets are filled in from
        `secrets`. What it answers can be an argument of later calls. Never tried twice."""

    @abstractmethod
    def fingerprint(self, key: str) -> str:
        """A hash of everything of the object that operations change: power state, configuration, snapshots, devices.
        It stays the same as long as nobody changes it; load and age are no part of it. Empty: it cannot be told."""


class PowerControl(ABC):
    """Operations of the noun `power`. Plans read what they need and change nothing; they raise when it cannot be done
    now, with the reason (Conflict, NotSupported, Busy …)."""

    @abstractmethod
    def plan_power(self, operation: Operation) -> Plan:
        """The calls that would do it now."""


class SnapshotControl(ABC):
    """Operations of the noun `snap`; plans tell costs and losses."""

    @abstractmethod
    def plan_snap(self, operation: Operation) -> Plan:
        """The calls that would do it now."""


class DeviceControl(ABC):
    """Operations of the noun `device`; plans warn of what attaching would block."""

    @abstractmethod
    def plan_device(self, operation: Operation) -> Plan:
        """The calls that would do it now."""


class ResourceControl(ABC):
    """Operations of the noun `edit`."""

    @abstractmethod
    def plan_edit(self, operation: Operation) -> Plan:
        """The calls that would do it now."""


class MigrationControl(ABC):
    """Operations of the noun `migrate`: moves, and the levers of one that runs, whoever started it."""

    @abstractmethod
    def plan_migrate(self, operation: Operation) -> Plan:
        """The calls that would do it now."""


class HostControl(ABC):
    """Operations of the noun `host`: what is done to a host as a whole."""

    @abstractmethod
    def plan_host(self, operation: Operation) -> Plan:
        """The calls that would do it now."""


class ClusterControl(ABC):
    """Operations of the noun `cluster`: what its balancer recommends, carried out or dismissed."""

    @abstractmethod
    def plan_cluster(self, operation: Operation) -> Plan:
        """The calls that would do it now."""


class AlarmControl(ABC):
    """Operations of the noun `alarm`: what people tell a product of the alarms that it has raised."""

    @abstractmethod
    def plan_alarm(self, operation: Operation) -> Plan:
        """The calls that would do it now."""


class TaskControl(ABC):
    """Operations of the noun `task`."""

    @abstractmethod
    def plan_task(self, operation: Operation) -> Plan:
        """The calls that would do it now."""


class CapabilityProbe(ABC):
    """What can be done here, with evidence."""

    @abstractmethod
    def probe(self, scope: str) -> list[Fact]:
        """Ask about one host or machine (key), or the connection as a whole (empty)."""


ROLES: tuple[type, ...] = (
    Session,
    InventorySource,
    MetricSource,
    HistorySource,
    DetailSource,
    TaskSource,
    EventSource,
    SnapshotSource,
    DeviceSource,
    StorageSource,
    NetworkSource,
    PlacementSource,
    CapabilityProbe,
    ProfileSource,
    PostureSource,
    ConsoleAccess,
    Invoker,
    PowerControl,
    SnapshotControl,
    DeviceControl,
    ResourceControl,
    MigrationControl,
    HostControl,
    ClusterControl,
    AlarmControl,
    TaskControl,
)
"""Every role, for `ConnectionInfo.roles`."""


def roles_of(driver: Session) -> tuple[str, ...]:
    """Names of the roles that a driver has."""
    return tuple(role.__name__ for role in ROLES if isinstance(driver, role))

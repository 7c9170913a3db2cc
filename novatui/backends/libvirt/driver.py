"""The libvirt driver: the roles of the console, each carried out by the part that knows its subject."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from novatui.backends.driver import (
    CapabilityProbe,
    DetailSource,
    DeviceControl,
    DeviceSource,
    EventSource,
    InventorySource,
    Invoker,
    Loaded,
    MetricSource,
    MigrationControl,
    NetworkSource,
    PlacementSource,
    PostureSource,
    PowerControl,
    ProfileSource,
    ResourceControl,
    Session,
    Sink,
    SnapshotControl,
    SnapshotSource,
    StorageSource,
    TaskControl,
    TaskSource,
    roles_of,
)
from novatui.backends.libvirt import host as hosts
from novatui.backends.libvirt.baseline import baseline_of
from novatui.backends.libvirt.cancelling import CancelPlans
from novatui.backends.libvirt.connected import Parts
from novatui.backends.libvirt.devcontrol import DevicePlans
from novatui.backends.libvirt.edit import EditPlans
from novatui.backends.libvirt.errors import NOTHING_OF_THE_KIND
from novatui.backends.libvirt.fingerprint import host_fingerprint, machine_fingerprint
from novatui.backends.libvirt.library import version_text
from novatui.backends.libvirt.link import Link, timed
from novatui.backends.libvirt.migrate import MigratePlans
from novatui.backends.libvirt.migratelevers import MigrateLevers
from novatui.backends.libvirt.needs import needs_of
from novatui.backends.libvirt.offers import offered
from novatui.backends.libvirt.power import PowerPlans
from novatui.backends.libvirt.preflight import fits_of
from novatui.backends.libvirt.probing import Probe
from novatui.backends.libvirt.profiles import profile_of
from novatui.backends.libvirt.reading import READING
from novatui.backends.libvirt.session import Opened, open_session
from novatui.backends.libvirt.snapcontrol import SnapshotPlans
from novatui.core.capabilities import Fact
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.detail import Detail, Lease, Volume
from novatui.core.devices import Device
from novatui.core.errors import NotFound, NovaError, Unreachable
from novatui.core.events import Event
from novatui.core.hostprofile import Baseline, HostProfile
from novatui.core.ids import split_key
from novatui.core.needs import Needs
from novatui.core.operations import Argument, NativeCall, Operation, Plan
from novatui.core.posture import Posture
from novatui.core.reasons import Fit
from novatui.core.snapshots import Snapshot
from novatui.core.states import Kind
from novatui.core.tasks import Task
from novatui.core.verbs import VERBS


class LibvirtDriver(
    Session,
    InventorySource,
    MetricSource,
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
    Invoker,
    PowerControl,
    ResourceControl,
    TaskControl,
    SnapshotControl,
    DeviceControl,
    MigrationControl,
):
    """One libvirt connection."""

    READING = READING

    period = 2.0
    task_poll = 2.0
    event_poll = float("inf")

    def __init__(self, spec: ConnectionSpec, secrets: Mapping[str, str], sink: Sink) -> None:
        super().__init__(spec, secrets, sink)
        self._open: Parts | None = None

    @property
    def _parts(self) -> Parts:
        if self._open is None:
            raise Unreachable("the connection is not open")
        return self._open

    # Session

    def connect(self) -> ConnectionInfo:
        """Open the connection and ask the host who it is."""
        opened = open_session(self.spec, self.secrets, self.sink)
        try:
            self._open, ms = timed(lambda: Parts(opened, self.spec, self.sink))
        except NovaError as error:
            self.sink.step("identify", False, 0.0, error.failure.message)
            opened.link.close()
            raise
        self.sink.step("identify", True, ms, self._open.host.product)
        return self._info(opened, self._open.host)

    def close(self) -> None:
        """Take back the events, wait for pending calls, then close. A call that hangs for good keeps it open."""
        parts, self._open = self._open, None
        if parts is not None:
            parts.subscriptions.stop()
            parts.tasks.follower.stop()
            parts.roster.clear()
            parts.changes.close()
            parts.link.close()

    def _info(self, opened: Opened, host: hosts.Host) -> ConnectionInfo:
        link: Link = opened.link
        version = link.attempt(link.conn.getLibVersion)
        return ConnectionInfo(
            product=host.product,
            version=version_text(version) if version else "",
            endpoint=opened.address.endpoint,
            hostname=host.name,
            user=opened.address.user or self.spec.options.get("user", ""),
            privileges="read-only" if self.spec.options.get("readonly") == "socket" else "full",
            transport=opened.address.transport,
            tls=opened.tls,
            period=self.period,
            pushes=True,
            roles=roles_of(self),
        )

    # Inventory

    def load(self, kinds: Collection[str]) -> Loaded:
        """List each kind on its own, so that one that fails leaves the others.

        Of kinds that libvirt, or this driver of it, does not have there is none.
        """
        parts = self._parts
        if not parts.recognised:
            hosts.recognise(parts.link, parts.host)
            parts.recognised = True
        loaders: dict[str, Callable[[], None]] = {
            Kind.HOST: lambda: self._load_host(parts),
            Kind.VM: parts.domains.load,
            Kind.DATASTORE: parts.storage.load,
            Kind.NETWORK: parts.networks.load,
            Kind.DEVICE: parts.devices.load,
            Kind.SNAPSHOT: parts.snapshots.load,
        }
        loaded = Loaded()
        for kind, load in loaders.items():
            if kind not in kinds:
                continue
            try:
                load()
                loaded.done(kind)
            except Unreachable:
                raise
            except NovaError as error:
                if error.failure.code in NOTHING_OF_THE_KIND:
                    loaded.done(kind)
                else:
                    loaded.failed(error, kind)
        loaded.done(*(kind for kind in kinds if kind not in loaders))
        return loaded

    def _load_host(self, parts: Parts) -> None:
        begun = self.sink.now()
        self.sink.rows(begun, [hosts.row(parts.link, parts.host)])

    def watch(self) -> None:
        """Subscribe to every event that library and host know."""
        self._parts.subscriptions.start()

    def refresh(self, keys: Collection[str]) -> None:
        """Read these objects again; one that is gone is removed."""
        parts = self._parts
        readers: dict[Kind, Callable[[str], None]] = {
            Kind.HOST: lambda _: self._load_host(parts),
            Kind.VM: parts.refresh_machine,
            Kind.DATASTORE: parts.storage.refresh,
            Kind.NETWORK: parts.networks.refresh,
            Kind.DEVICE: parts.devices.refresh,
            Kind.SNAPSHOT: parts.snapshots.refresh,
        }
        for key in keys:
            kind, identifier = split_key(key)
            if kind in readers:
                readers[kind](identifier)

    # Measuring, working, telling

    def sample(self, keys: Collection[str] | None) -> None:
        """Measure these objects with bulk calls."""
        self._parts.metrics.sample(keys)

    def tasks(self) -> list[Task]:
        """Jobs of domains, whoever started them."""
        return self._parts.tasks.current()

    def events(self, since: float) -> list[Event]:
        """libvirt remembers no event: what happened is told when it happens."""
        del since
        return []

    # One object

    def detail(self, key: str, parts: Collection[str]) -> Detail:
        """One object in full."""
        return self._parts.details.detail(key, parts)

    def snapshots(self, key: str) -> list[Snapshot]:
        """All snapshots of one machine."""
        return self._parts.snapshots.tree(self._parts.link.domain(_id(key, Kind.VM)))

    def devices(self, host: str) -> list[Device]:
        """All devices of the host that a machine could be given."""
        if _id(host, Kind.HOST) != self._parts.host.id:
            raise NotFound(f"no host {host} on this connection")
        return self._parts.devices.list()

    def volumes(self, key: str) -> list[Volume]:
        """All volumes of one pool."""
        return self._parts.storage.volumes(_id(key, Kind.DATASTORE))

    def leases(self, key: str) -> list[Lease]:
        """Addresses that one network gave out."""
        return self._parts.networks.leases(_id(key, Kind.NETWORK))

    # Where machines can run

    def needs(self, key: str) -> Needs:
        """What the machine asks of a host."""
        return needs_of(self._parts.link, self._parts.host, self.spec.name, key)

    def fits(self, needs: Needs, hosts: Sequence[str]) -> list[Fit]:
        """The one host of this connection, asked for that."""
        parts = self._parts
        if unknown := [host for host in hosts if host != parts.host.key]:
            raise NotFound(f"no host {unknown[0]} on this connection")
        return [fits_of(parts.link, parts.host, needs) for _ in hosts]

    # What can be done

    def probe(self, scope: str) -> list[Fact]:
        """Every feature of the one host of this connection, or of one machine."""
        parts = self._parts
        probe = Probe(parts.link, parts.subscriptions.asked, parts.devices.holders())
        if scope.startswith(f"{Kind.VM.value}:"):
            return probe.machine(scope, _id(scope, Kind.VM))
        if scope and _id(scope, Kind.HOST) != parts.host.id:
            raise NotFound(f"no host {scope} on this connection")
        return probe.host(scope)

    # Comparing hosts

    def profile(self, host: str) -> HostProfile:
        """What the one host of this connection is like."""
        if _id(host, Kind.HOST) != self._parts.host.id:
            raise NotFound(f"no host {host} on this connection")
        return profile_of(self._parts.link, self._parts.host, self.spec.name)

    def baseline(self, processors: Sequence[str]) -> Baseline:
        """What processors of hosts of libvirt have in common."""
        return baseline_of(self._parts.link, processors)

    # How machines are set up

    def posture(self, key: str) -> Posture:
        """Every finding of a machine, or of the one host of this connection."""
        return self._parts.postures.judge(key)

    # Changing

    def offers(self) -> frozenset[str]:
        """Operations of the roles that this driver has, as far as this libvirt driver has the calls."""
        return offered(self, self._parts.link)

    def invoke(self, call: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        """Make exactly this call."""
        return self._parts.invocations.invoke(call, secrets)

    def fingerprint(self, key: str) -> str:
        """Of a machine, or of a host's devices."""
        kind, identifier = split_key(key)
        if kind is Kind.VM:
            return machine_fingerprint(self._parts.link, identifier)
        return host_fingerprint(self._parts.link) if kind is Kind.HOST else ""

    def plan_power(self, operation: Operation) -> Plan:
        """The call that would start it, stop it, hold it."""
        return PowerPlans(self._parts.planning).plan(operation)

    def plan_edit(self, operation: Operation) -> Plan:
        """The calls that would change its configuration."""
        return EditPlans(self._parts.planning, self._parts.roster).plan(operation)

    def plan_task(self, operation: Operation) -> Plan:
        """The call that would break a task off."""
        return CancelPlans(self._parts.planning, self._parts.tasks.book).plan(operation)

    def plan_migrate(self, operation: Operation) -> Plan:
        """The call that would move it to another host, or change how its move goes on."""
        parts = self._parts
        if VERBS[operation.verb].lever:
            return MigrateLevers(parts.planning, parts.tasks.follower).plan(operation)
        return MigratePlans(parts.planning, parts.host.id, parts.reach).plan(operation)

    def plan_snap(self, operation: Operation) -> Plan:
        """The calls that would take a snapshot, go back to one, or delete one."""
        return SnapshotPlans(self._parts.planning, self._parts.snapshots).plan(operation)

    def plan_device(self, operation: Operation) -> Plan:
        """The calls that would give a device of the host to a machine, take it back, or make one."""
        return DevicePlans(self._parts.planning, self._parts.devices).plan(operation)


def _id(key: str, wanted: Kind) -> str:
    """Native id of a key of this kind. NotFound for any other."""
    try:
        kind, identifier = split_key(key)
    except ValueError as error:
        raise NotFound(str(error)) from None
    if kind is not wanted:
        raise NotFound(f"{key} is no {wanted.value}")
    return identifier

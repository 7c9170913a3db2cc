"""The vSphere driver: the roles of the console, each carried out by the part that knows its subject."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from novatui.backends.consoleaccess import ConsoleAccess
from novatui.backends.driver import (
    AlarmControl,
    CapabilityProbe,
    ClusterControl,
    DetailSource,
    DeviceControl,
    DeviceSource,
    EventSource,
    HistorySource,
    HostControl,
    InventorySource,
    Invoker,
    Loaded,
    MetricSource,
    MigrationControl,
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
)
from novatui.backends.vsphere.acknowledging import AlarmPlans, manager_of
from novatui.backends.vsphere.archive import Archive
from novatui.backends.vsphere.cancelling import CancelPlans
from novatui.backends.vsphere.changes import Changes
from novatui.backends.vsphere.details import Details
from novatui.backends.vsphere.devcontrol import DevicePlans
from novatui.backends.vsphere.edit import EditPlans
from novatui.backends.vsphere.handoff import Handoffs
from novatui.backends.vsphere.happenings import Happenings
from novatui.backends.vsphere.hardware import Hardware
from novatui.backends.vsphere.hostplans import HostPlans
from novatui.backends.vsphere.inspections import Inspections
from novatui.backends.vsphere.inventory import OF_KIND, Inventory
from novatui.backends.vsphere.metrics import Metrics
from novatui.backends.vsphere.migrate import MigratePlans
from novatui.backends.vsphere.offers import offered
from novatui.backends.vsphere.perfquery import Catalogue
from novatui.backends.vsphere.pictures import Pictures
from novatui.backends.vsphere.placing import Placing
from novatui.backends.vsphere.power import PowerPlans
from novatui.backends.vsphere.reading import READING
from novatui.backends.vsphere.recommendations import ClusterPlans
from novatui.backends.vsphere.session import Opened, info_of, open_session
from novatui.backends.vsphere.snapcontrol import SnapshotPlans
from novatui.backends.vsphere.stream import Stream
from novatui.backends.vsphere.tags import Tags
from novatui.core.capabilities import Fact
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.consoles import Handoff, Picture, Way
from novatui.core.detail import Detail, Volume
from novatui.core.devices import Device
from novatui.core.errors import Unreachable
from novatui.core.events import Event
from novatui.core.history import History
from novatui.core.hostprofile import Baseline, HostProfile
from novatui.core.needs import Needs
from novatui.core.operations import Argument, NativeCall, Operation, Plan
from novatui.core.posture import Posture
from novatui.core.reasons import Fit
from novatui.core.snapshots import Snapshot
from novatui.core.states import Kind
from novatui.core.tasks import Task

NEVER = float("inf")

MACHINES = frozenset({Kind.VM, Kind.TEMPLATE})
"""Kinds that tell of the devices of machines."""


class VSphereDriver(
    Session,
    InventorySource,
    MetricSource,
    HistorySource,
    DetailSource,
    TaskSource,
    EventSource,
    DeviceSource,
    StorageSource,
    PlacementSource,
    SnapshotSource,
    CapabilityProbe,
    ProfileSource,
    PostureSource,
    ConsoleAccess,
    Invoker,
    PowerControl,
    SnapshotControl,
    TaskControl,
    MigrationControl,
    ResourceControl,
    HostControl,
    ClusterControl,
    AlarmControl,
    DeviceControl,
):
    """See `backends.driver` for what each method owes."""

    READING = READING

    relist = NEVER
    """Whatever changes comes by the update stream, and the stream is watched by its own deadline."""

    period = 20.0
    """The server's own pace for `quickStats` and real-time counters."""

    def __init__(self, spec: ConnectionSpec, secrets: Mapping[str, str], sink: Sink) -> None:
        super().__init__(spec, secrets, sink)
        self._opened: Opened | None = None
        self._inventory = Inventory(sink)
        self._stream: Stream | None = None
        self._catalogue: Catalogue | None = None
        self._metrics: Metrics | None = None
        self._archive: Archive | None = None
        self._details: Details | None = None
        self._hardware: Hardware | None = None
        self._happenings: Happenings | None = None
        self._tags: Tags | None = None
        self._changes: Changes | None = None
        self._placing: Placing | None = None
        self._inspections: Inspections | None = None

    def connect(self) -> ConnectionInfo:
        self._opened = open_session(self.spec, self.secrets, self.sink)
        self._catalogue = Catalogue(self._opened, self.sink)
        self._metrics = Metrics(self._opened, self.sink, self._inventory, self._catalogue)
        self._archive = Archive(self._opened, self.sink, self._inventory, self._catalogue)
        self._details = Details(self._opened, self.sink, self._inventory, self._catalogue)
        self._hardware = Hardware(self._opened, self.sink, self._inventory, self._details.devices.changed)
        self._happenings = Happenings(self._opened, self.sink, self._inventory)
        self._tags = Tags(self._opened, self.sink, self._inventory)
        self._changes = Changes(self._opened, self.sink, self._inventory, self.spec.name)
        self._placing = Placing(self._opened, self.sink, self._inventory, self.spec.name)
        self._inspections = Inspections(self._opened, self.sink, self._inventory, self.spec.name)
        return info_of(self._opened, self.sink)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.end()
        parts = (
            self._catalogue,
            self._metrics,
            self._archive,
            self._details,
            self._hardware,
            self._happenings,
            self._tags,
            self._changes,
            self._placing,
            self._inspections,
        )
        for part in parts:
            if part is not None:
                part.end()
        if self._opened is not None:
            self._opened.close()

    # --- inventory -------------------------------------------------------------------------------------------------

    def load(self, kinds: Collection[str]) -> Loaded:
        self._inventory.want(kinds)
        if self._stream is None:
            happenings = self._happening
            stream = Stream(self._session, self.sink, happenings.take, self._settled)
            stream.load(happenings.also())
            self._stream = stream
            if happenings.events.followed:
                self.event_poll = NEVER
        else:
            wanted = [OF_KIND.get(Kind(kind), ()) for kind in kinds]
            self._stream.list(list(dict.fromkeys(each for types in wanted for each in types)))
        if self._hardware is not None and not MACHINES.isdisjoint(kinds):
            self._hardware.load()
        if Kind.DEVICE in kinds:
            self._about.devices.load()
        loaded = Loaded()
        loaded.done(*kinds)
        return loaded

    def watch(self) -> None:
        if self._stream is not None:
            self._stream.follow()
        if self._hardware is not None:
            self._hardware.follow()
        if self._tags is not None:
            self._tags.follow()

    def refresh(self, keys: Collection[str]) -> None:
        if self._stream is None:
            return
        begun = self.sink.now()
        refs = self._inventory.refs(keys)
        known = list(dict.fromkeys(ref for ref in refs.values() if ref is not None))
        gone = self._stream.read(known)
        missing = [each for each, ref in refs.items() if (ref is None or ref in gone) and not _is_device(each)]
        if missing:
            self.sink.remove(begun, missing)
        if self._hardware is not None:
            self._hardware.refresh([ref for ref in known if ref.type == "VirtualMachine" and ref not in gone])
        self._about.devices.refresh(keys)

    def _settled(self) -> None:
        self._inventory.settle()
        self._happening.settle()
        if self._stream is not None and (incomplete := self._inventory.incomplete()):
            self._stream.read(incomplete)
        if self._hardware is not None:
            self._hardware.look()

    # --- metrics ---------------------------------------------------------------------------------------------------

    def sample(self, keys: Collection[str] | None) -> None:
        if self._metrics is None:
            raise Unreachable("the connection is not open")
        self._metrics.sample(keys)

    def recall(self, keys: Collection[str], seconds: float) -> None:
        if self._metrics is not None:
            self._metrics.recall(keys, seconds)

    def history(self, key: str, seconds: float) -> History:
        if self._archive is None:
            raise Unreachable("the connection is not open")
        return self._archive.history(key, seconds)

    # --- one object ------------------------------------------------------------------------------------------------

    def detail(self, key: str, parts: Collection[str]) -> Detail:
        return self._about.detail(key, parts)

    def devices(self, host: str) -> list[Device]:
        return self._about.devices.list(host)

    def volumes(self, key: str) -> list[Volume]:
        return self._about.volumes.list(key)

    def snapshots(self, key: str) -> list[Snapshot]:
        if self._details is None:
            raise Unreachable("the connection is not open")
        return self._details.snapshots(key)

    # --- what it can do --------------------------------------------------------------------------------------------

    def probe(self, scope: str) -> list[Fact]:
        return self._inspecting.probe(scope)

    def profile(self, host: str) -> HostProfile:
        return self._inspecting.profile(host)

    def baseline(self, processors: Sequence[str]) -> Baseline:
        return self._inspecting.baseline(processors)

    def posture(self, key: str) -> Posture:
        return self._inspecting.posture(key)

    @property
    def _inspecting(self) -> Inspections:
        if self._inspections is None:
            raise Unreachable("the connection is not open")
        return self._inspections

    # --- screens of machines -----------------------------------------------------------------------------------------

    def hand_off(self, key: str, way: Way) -> Handoff:
        return Handoffs(self._session, self._changing.planning).take(key, way)

    def picture(self, key: str, *, files: bool) -> Picture:
        return Pictures(self._session, self.sink, self._changing, self._inventory).take(key, files=files)

    # --- tasks and events ------------------------------------------------------------------------------------------

    def tasks(self) -> list[Task]:
        return self._happening.tasks.list()

    def events(self, since: float) -> list[Event]:
        return self._happening.events.since(since)

    # --- changing ----------------------------------------------------------------------------------------------------

    def offers(self) -> frozenset[str]:
        return offered(self, vcenter=manager_of(self._session) is not None)

    def invoke(self, call: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        return self._changing.invoke(call, secrets)

    def fingerprint(self, key: str) -> str:
        return self._changing.fingerprint(key)

    def plan_power(self, operation: Operation) -> Plan:
        return PowerPlans(self._changing.planning).plan(operation)

    def plan_snap(self, operation: Operation) -> Plan:
        return SnapshotPlans(self._changing.planning).plan(operation)

    def plan_edit(self, operation: Operation) -> Plan:
        return EditPlans(self._changing.planning, self._about.volumes).plan(operation)

    def plan_device(self, operation: Operation) -> Plan:
        return DevicePlans(self._changing.planning, self._about.devices).plan(operation)

    def plan_task(self, operation: Operation) -> Plan:
        return CancelPlans(self._changing.planning).plan(operation)

    def plan_host(self, operation: Operation) -> Plan:
        return HostPlans(self._changing.planning).plan(operation)

    def plan_cluster(self, operation: Operation) -> Plan:
        return ClusterPlans(self._changing.planning).plan(operation)

    def plan_alarm(self, operation: Operation) -> Plan:
        return AlarmPlans(self._changing.planning, manager_of(self._session)).plan(operation)

    def plan_migrate(self, operation: Operation) -> Plan:
        plans = MigratePlans(self._changing.planning, self._places.checker, self._session.stub.version)
        return plans.plan(operation)

    @property
    def _changing(self) -> Changes:
        if self._changes is None:
            raise Unreachable("the connection is not open")
        return self._changes

    @property
    def _about(self) -> Details:
        if self._details is None:
            raise Unreachable("the connection is not open")
        return self._details

    # --- where machines can run --------------------------------------------------------------------------------------

    def needs(self, key: str) -> Needs:
        return self._places.needs(key)

    def fits(self, needs: Needs, hosts: Sequence[str]) -> list[Fit]:
        return self._places.fits(needs, hosts)

    @property
    def _places(self) -> Placing:
        if self._placing is None:
            raise Unreachable("the connection is not open")
        return self._placing

    @property
    def _happening(self) -> Happenings:
        if self._happenings is None:
            raise Unreachable("the connection is not open")
        return self._happenings

    @property
    def _session(self) -> Opened:
        if self._opened is None:
            raise Unreachable("the connection is not open")
        return self._opened


def _is_device(key: str) -> bool:
    return key.startswith(f"{Kind.DEVICE.value}:")

"""The demo fleet as a vCenter would tell it."""

from __future__ import annotations

from string import ascii_uppercase

import msgspec

from novatui.backends.demo.dialects.base import Dialect, Layout, Star, Traits, place_key
from novatui.backends.demo.dice import Dice
from novatui.backends.demo.shapes import GIB, Host, Machine, Net, Place, Store
from novatui.core.errors import Failure, Fault
from novatui.core.ids import key
from novatui.core.states import Kind, Power

HOSTS_PER_CLUSTER = 16
CLUSTERS_PER_DATACENTER = 4
MAINTENANCE = 8
"""Number of the host that is in maintenance."""

AUTOMATION = ("fully automated", "partially automated")
"""What DRS may do by itself, in one cluster and in the next."""

STORES = (("ds-ssd1", "VMFS"), ("ds-ssd2", "VMFS"), ("ds-nfs", "NFS"))
PORT_GROUPS = (("pg-db", 120), ("pg-web", 130), ("pg-mgmt", 10), ("pg-lab", 900))
DATACENTERS = ("DC East", "DC North", "DC West", "DC South")


TASKS = frozenset(
    {"start", "off", "suspend", "wake", "migrate", "snapshot", "snapshot-delete", "clone", "delete", "edit"}
)

TRAITS = Traits(
    product="VMware vCenter Server 8.0.3, ESXi 8.0.3",
    version="8.0.3",
    user="VSPHERE.LOCAL\\novatui",
    period=20.0,
    archives=True,
    silent=frozenset({"persistent", "autostart"}),
    hypervisor="esx",
    disk_bus="scsi",
    disk_target="0:{number}",
    disk_format="vmdk",
    disk_path="[{store}] {vm}/{vm}_{number}.vmdk",
    nic_model="vmxnet3",
    promises=(
        ("HA", "on, host monitoring on"),
        ("HA admission", "tolerates one host"),
        ("DRS", "{automation}, threshold 3"),
        ("EVC", "amd-zen3"),
    ),
    policies=(("HA restart priority", "medium"), ("DRS automation", "{automation}")),
    mac="00:50:56",
    things_under_host=False,
    types={
        Kind.DATACENTER: "Datacenter",
        Kind.FOLDER: "Folder",
        Kind.CLUSTER: "ClusterComputeResource",
        Kind.HOST: "HostSystem",
        Kind.RESOURCE_POOL: "ResourcePool",
        Kind.VM: "VirtualMachine",
        Kind.TEMPLATE: "VirtualMachine",
        Kind.DATASTORE: "Datastore",
        Kind.NETWORK: "DistributedVirtualPortgroup",
    },
    states={
        Power.RUNNING: "poweredOn",
        Power.OFF: "poweredOff",
        Power.SUSPENDED: "suspended",
        Power.STARTING: "poweredOff",
        Power.STOPPING: "poweredOn",
        Power.MIGRATING: "poweredOn",
        Power.UNKNOWN: "",
    },
    verbs={
        "start": "PowerOnVM_Task",
        "off": "PowerOffVM_Task",
        "shutdown": "ShutdownGuest",
        "reboot": "RebootGuest",
        "suspend": "SuspendVM_Task",
        "wake": "PowerOnVM_Task",
        "migrate": "MigrateVM_Task",
        "snapshot": "CreateSnapshotEx_Task",
        "snapshot-delete": "RemoveSnapshot_Task",
        "clone": "CloneVM_Task",
        "delete": "Destroy_Task",
        "edit": "ReconfigVM_Task",
        "alarm": "AlarmStatusChanged",
        "alarm-clear": "AlarmStatusChanged",
    },
    tasks=TASKS,
    percents=TASKS,
    happenings={
        "start": "VmStartingEvent",
        "start.done": "VmPoweredOnEvent",
        "start.failed": "VmFailedToPowerOnEvent",
        "shutdown": "VmGuestShutdownEvent",
        "shutdown.done": "VmPoweredOffEvent",
        "off.done": "VmPoweredOffEvent",
        "reset.done": "VmResettingEvent",
        "revert.done": "TaskEvent",
        "reboot": "VmGuestRebootEvent",
        "suspend.done": "VmSuspendedEvent",
        "wake.done": "VmPoweredOnEvent",
        "migrate": "VmBeingMigratedEvent",
        "migrate.done": "VmMigratedEvent",
        "migrate.failed": "VmFailedMigrateEvent",
        "snapshot.done": "TaskEvent",
        "snapshot.failed": "TaskEvent",
        "snapshot-delete.done": "TaskEvent",
        "clone": "VmBeingClonedEvent",
        "clone.done": "VmClonedEvent",
        "delete.done": "VmRemovedEvent",
        "edit.done": "VmReconfiguredEvent",
        "alarm": "AlarmStatusChangedEvent",
        "alarm-clear": "AlarmStatusChangedEvent",
    },
    routines=("recycle", "reboot", "travel", "snapshot", "snapshot-fails", "alarm", "suspend", "edit"),
    stars=(
        Star(
            name="db-orders-01", tier="db", routine="alarm", vcpus=8, gib=16, cpu=86, vf=True, tags=("prod", "orders")
        ),
        Star(name="db-orders-02", tier="db", routine="snapshot", vcpus=8, gib=16, cpu=68, snapshots=4, tags=("prod",)),
        Star(name="web-front-11", tier="web", routine="travel", vcpus=4, gib=8, cpu=44, tags=("prod", "web")),
        Star(name="mail-02", tier="mq", routine="edit", vcpus=4, gib=8, cpu=12, tags=("prod",)),
        Star(name="vc-tools-1", tier="app", routine="clone", tags=("lab",)),
    ),
)
"""vCenter 8: datacenter › cluster › host, folders, resource pools; everything is a task with a percentage."""


class VSphere(Dialect):
    traits = TRAITS

    def layout(self) -> Layout:
        clusters = -(-self.site.hosts // HOSTS_PER_CLUSTER)
        centers = [self._center(number) for number in range(-(-clusters // CLUSTERS_PER_DATACENTER))]
        places: list[Place] = []
        hosts: list[Host] = []
        stores: list[Store] = []
        nets: list[Net] = []
        for number, center in enumerate(centers):
            above = place_key(center)
            folder = Place(kind=Kind.FOLDER, id=f"group-v{4 + number}", name="Templates", parent=above)
            places += [center, folder]
            nets += self._nets(number, above)
        for number in range(clusters):
            above = place_key(centers[number // CLUSTERS_PER_DATACENTER])
            letter = ascii_uppercase[number] if number < len(ascii_uppercase) else str(number + 1)
            cluster = Place(
                kind=Kind.CLUSTER,
                id=f"domain-c{8 + number}",
                name=f"Cluster {letter}",
                parent=above,
                values={"health": "ok"},
                automation=AUTOMATION[number % 2],
            )
            first = number * HOSTS_PER_CLUSTER
            reach = (first, min(first + HOSTS_PER_CLUSTER, self.site.hosts))
            places += [cluster, *self._pools(number, place_key(cluster))]
            hosts += [self._host(at, place_key(cluster)) for at in range(*reach)]
            stores += [
                self.invent_store(f"datastore-{500 + number * 10 + at}", f"{name}-{letter.lower()}", kind, above, reach)
                for at, (name, kind) in enumerate(STORES)
            ]
        return Layout(places=tuple(places), hosts=tuple(hosts), stores=tuple(stores), nets=tuple(nets))

    def _center(self, number: int) -> Place:
        name = DATACENTERS[number] if number < len(DATACENTERS) else f"DC {number + 1}"
        return Place(kind=Kind.DATACENTER, id=f"datacenter-{2 + number}", name=name)

    def _pools(self, number: int, cluster: str) -> list[Place]:
        return [
            Place(kind=Kind.RESOURCE_POOL, id=f"resgroup-{9000 + number * 10 + at}", name=name, parent=cluster)
            for at, name in enumerate(("prod-db", "prod", "lab"))
        ]

    def _nets(self, number: int, center: str) -> list[Net]:
        first = number * CLUSTERS_PER_DATACENTER * HOSTS_PER_CLUSTER
        return [
            Net(
                id=f"dvportgroup-{1000 + number * 10 + at}",
                name=name,
                parent=center,
                type="distributed port group",
                bridge=f"dvs-{number + 1}",
                vlan=str(vlan),
                hosts=(first, first + CLUSTERS_PER_DATACENTER * HOSTS_PER_CLUSTER),
            )
            for at, (name, vlan) in enumerate(PORT_GROUPS)
        ]

    def _host(self, at: int, cluster: str) -> Host:
        host = self.invent_host(at, f"host-{20 + at}", f"esx-{at + 1:02d}", cluster, "VMware ESXi 8.0.3")
        return msgspec.structs.replace(host, maintenance=at == MAINTENANCE, vendor="Dell PowerEdge R760")

    def roof(self) -> tuple[Place, ...]:
        center = self._center(0)
        cluster = Place(
            kind=Kind.CLUSTER,
            id="domain-c8",
            name="Cluster A",
            parent=place_key(center),
            automation=AUTOMATION[0],
        )
        return (center, cluster)

    def described_id(self, kind: Kind, number: int, host: str, name: str, uuid: str) -> str:
        prefix = {Kind.HOST: "host", Kind.DATASTORE: "datastore", Kind.NETWORK: "network"}[kind]
        return f"{prefix}-{20 + number}"

    def snapshot_id(self, machine: str, number: int, name: str) -> str:
        return f"snapshot-{Dice(machine).below(90_000) * 100 + number}"

    def machine_id(self, kind: Kind, at: int, uuid: str) -> str:
        return f"vm-{10400 + at}"

    def hardware(self, windows: bool) -> str:
        return "vmx-21" if windows else "vmx-19"

    def parent(self, machine: Machine, host: Host | None) -> str:
        if machine.kind is Kind.TEMPLATE:
            return key(Kind.FOLDER, f"group-v{4 + machine.host // (HOSTS_PER_CLUSTER * CLUSTERS_PER_DATACENTER)}")
        return super().parent(machine, host)

    def tools(self, machine: Machine, running: bool) -> str | None:
        if not machine.tools:
            return "guestToolsNotInstalled"
        return "guestToolsRunning 12421" if running else "guestToolsNotRunning"

    def task_id(self, verb: str, machine: Machine, began: float, number: int, host: Host) -> str:
        return f"task-{number}"

    def failure(self, verb: str, machine: Machine, host: Host) -> Failure:
        if verb == "snapshot":
            return Failure(
                fault=Fault.BACKEND_FAULT,
                message=f"the snapshot of {machine.name} was not taken",
                meaning="the guest could not be quiesced; nothing was changed",
                hint="take it without quiescing, or look for a stuck backup agent in the guest",
                code="ApplicationQuiesceFault",
                native="An error occurred while quiescing the virtual machine. "
                "The guest OS has reported an error during quiescing. The error code was: 5 "
                "The error message was: 'VssSyncStart' operation failed: IDispatch error #8723 (0x80042413)",
            )
        if verb == "migrate":
            return Failure(
                fault=Fault.ABORTED,
                message=f"the migration of {machine.name} was cancelled",
                code="RequestCanceled",
                native="The task was canceled by a user.",
            )
        return Failure(
            fault=Fault.BACKEND_FAULT,
            message=f"{host.name} has not enough memory for {machine.name}",
            meaning=f"the machine needs {machine.memory // GIB} GiB that the host cannot reserve",
            hint="start it on another host, or lower its memory reservation",
            code="InsufficientMemoryResourcesFault",
            native="The host does not have sufficient memory resources to satisfy the reservation.",
            subject=host.name,
        )

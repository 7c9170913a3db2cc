"""The demo fleet as an XCP-ng pool would tell it."""

from __future__ import annotations

import msgspec

from novatui.backends.demo.dialects.base import Dialect, Layout, Star, Traits, place_key
from novatui.backends.demo.dice import Dice
from novatui.backends.demo.shapes import Host, Machine, Net, Place
from novatui.core.errors import Failure, Fault
from novatui.core.ids import key
from novatui.core.states import Kind, Power

NETWORKS = (
    ("Pool-wide network associated with eth0", "xenbr0", ""),
    ("prod-42", "xapi1", "42"),
    ("lab-900", "xapi2", "900"),
)


VERBS = {
    "start": "VM.start",
    "off": "VM.hard_shutdown",
    "shutdown": "VM.clean_shutdown",
    "reboot": "VM.clean_reboot",
    "pause": "VM.pause",
    "resume": "VM.unpause",
    "suspend": "VM.suspend",
    "wake": "VM.resume",
    "migrate": "VM.pool_migrate",
    "snapshot": "VM.snapshot",
    "snapshot-delete": "VM.destroy",
    "backup": "VM.export",
    "clone": "VM.clone",
    "delete": "VM.destroy",
    "alarm": "message ALARM",
    "alarm-clear": "message ALARM",
}

TASKS = frozenset(VERBS) - {"alarm", "alarm-clear"}

TRAITS = Traits(
    product="XCP-ng 8.3.0, XAPI 25.6.0",
    version="8.3.0",
    user="root",
    period=5.0,
    blind=frozenset({"mem.balloon", "net.drops"}),
    silent=frozenset({"persistent"}),
    hypervisor="xen",
    disk_bus="xen",
    disk_target="xvd{letter}",
    disk_format="vhd",
    disk_path="{store}/{id}-{number}.vhd",
    nic_model="netfront",
    promises=(("HA", "on"), ("host failures to tolerate", "1"), ("overcommit", "not allowed")),
    policies=(("HA restart priority", "best-effort"),),
    mac="02:6e:5a",
    types={
        Kind.CLUSTER: "pool",
        Kind.HOST: "host",
        Kind.VM: "VM",
        Kind.TEMPLATE: "VM",
        Kind.DATASTORE: "SR",
        Kind.NETWORK: "network",
    },
    states={
        Power.RUNNING: "Running",
        Power.OFF: "Halted",
        Power.PAUSED: "Paused",
        Power.SUSPENDED: "Suspended",
        Power.STARTING: "Halted",
        Power.STOPPING: "Running",
        Power.MIGRATING: "Running",
        Power.UNKNOWN: "Unknown",
    },
    verbs=VERBS,
    tasks=TASKS,
    percents=TASKS,
    happenings={
        "start.done": "message VM_STARTED",
        "shutdown.done": "message VM_SHUTDOWN",
        "off.done": "message VM_SHUTDOWN",
        "reset.done": "message VM_REBOOTED",
        "revert.done": "message VM_REVERTED",
        "reboot.done": "message VM_REBOOTED",
        "pause.done": "message VM_PAUSED",
        "resume.done": "message VM_UNPAUSED",
        "suspend.done": "message VM_SUSPENDED",
        "wake.done": "message VM_RESUMED",
        "migrate.done": "message VM_MIGRATED",
        "snapshot.done": "message VM_SNAPSHOTTED",
        "clone.done": "message VM_CLONED",
        "alarm": "message ALARM",
        "alarm-clear": "message ALARM",
    },
    routines=("recycle", "reboot", "travel", "snapshot", "pause", "suspend", "backup", "alarm"),
    stars=(
        Star(name="legacy-app", tier="app", routine="alarm", vcpus=2, gib=4, cpu=95, windows=True),
        Star(name="vdi-0231", tier="vdi", routine="refused", vcpus=2, gib=4, power=Power.OFF, windows=True),
        Star(name="vdi-0230", tier="vdi", vcpus=2, gib=8, windows=True, gpu=True),
        Star(name="billing-export", tier="batch", routine="backup", vcpus=4, gib=8),
    ),
)
"""XCP-ng 8.3: pool › host; a machine that is off belongs to the pool; asynchronous calls are tasks with a fraction."""


class XcpNg(Dialect):
    traits = TRAITS

    def layout(self) -> Layout:
        (pool,) = self.roof()
        above = place_key(pool)
        hosts = [self._host(at, above) for at in range(self.site.hosts)]
        shared = [
            self.invent_store(self.dice("sr", name).uuid(), name, kind, above)
            for name, kind in (("iscsi-ssd", "lvmoiscsi"), ("nfs-bulk", "nfs"), ("linstor-ha", "linstor"))
        ]
        local = [
            self.invent_store(self.dice("sr", at).uuid(), "Local storage", "ext", key(Kind.HOST, host.id), (at, at + 1))
            for at, host in enumerate(hosts)
        ]
        nets = [
            Net(id=self.dice("net", name).uuid(), name=name, parent=above, type="bridge", bridge=bridge, vlan=vlan)
            for name, bridge, vlan in NETWORKS
        ]
        return Layout(places=(pool,), hosts=tuple(hosts), stores=(*shared, *local), nets=tuple(nets))

    def _host(self, at: int, pool: str) -> Host:
        native = self.dice("host", at, "uuid").uuid()
        host = self.invent_host(at, native, f"xen-a{at + 1}", pool, "XCP-ng 8.3.0")
        return msgspec.structs.replace(host, uuid=native, vendor="Supermicro SYS-620U")

    def roof(self) -> tuple[Place, ...]:
        return (Place(kind=Kind.CLUSTER, id=self.dice("pool").uuid(), name="pool-xen"),)

    def described_id(self, kind: Kind, number: int, host: str, name: str, uuid: str) -> str:
        return uuid

    def machine_id(self, kind: Kind, at: int, uuid: str) -> str:
        return uuid

    def hardware(self, windows: bool) -> str:
        return "hvm"

    def homeless(self, machine: Machine, power: Power) -> bool:
        return power in (Power.OFF, Power.SUSPENDED)

    def parent(self, machine: Machine, host: Host | None) -> str:
        return super().parent(machine, host) or key(Kind.CLUSTER, self.dice("pool").uuid())

    def tools(self, machine: Machine, running: bool) -> str | None:
        if not running:
            return None
        return "PV drivers up to date" if machine.tools else "not installed"

    def task_id(self, verb: str, machine: Machine, began: float, number: int, host: Host) -> str:
        return f"OpaqueRef:{Dice(machine.id, verb, number).uuid()}"

    def failure(self, verb: str, machine: Machine, host: Host) -> Failure:
        return Failure(
            fault=Fault.BACKEND_FAULT,
            message=f"{host.name} has not enough memory for {machine.name}",
            meaning=f"its affinity is {host.name}, and that host is full",
            hint="start it on another host, lower its dynamic maximum, or move a machine away first",
            code="HOST_NOT_ENOUGH_FREE_MEMORY",
            native=f"HOST_NOT_ENOUGH_FREE_MEMORY {machine.memory + 41943040} {machine.memory * 3 // 4}",
            subject=host.name,
        )

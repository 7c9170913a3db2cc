"""The demo fleet as a Proxmox VE cluster would tell it."""

from __future__ import annotations

import msgspec

from novatui.backends.demo.dialects.base import Dialect, Layout, Star, Traits, place_key
from novatui.backends.demo.life import Now
from novatui.backends.demo.shapes import MIB, Host, Machine, Net, Place
from novatui.core.errors import Failure, Fault
from novatui.core.ids import key
from novatui.core.migration import Fidelity
from novatui.core.states import Kind, Power

VERBS = {
    "start": "qmstart",
    "off": "qmstop",
    "shutdown": "qmshutdown",
    "reboot": "qmreboot",
    "pause": "qmpause",
    "resume": "qmresume",
    "suspend": "qmsuspend",
    "wake": "qmresume",
    "migrate": "qmigrate",
    "snapshot": "qmsnapshot",
    "snapshot-delete": "qmdelsnapshot",
    "backup": "vzdump",
    "clone": "qmclone",
    "delete": "qmdestroy",
}

LOCKS = frozenset({"migrate", "backup", "snapshot", "clone"})
"""Verbs that lock a guest while they run; the lock stands behind its state."""

TRAITS = Traits(
    product="Proxmox VE 9.1.2",
    version="9.1.2",
    user="novatui@pve!console",
    period=10.0,
    look=3.0,
    pushes=False,
    migration=Fidelity.LOG,
    blind=frozenset({"cpu.wait", "mem.balloon", "disk.latency", "disk.iops", "net.drops"}),
    silent=frozenset({"persistent", "vcpus_max", "alarms", "health"}),
    hypervisor="kvm",
    disk_bus="scsi",
    disk_target="scsi{number}",
    disk_format="raw",
    disk_path="{store}:vm-{id}-disk-{number}",
    nic_model="virtio",
    promises=(("quorum", "yes, 3 of 3 votes"), ("HA manager", "active on pve1")),
    policies=(("HA state", "ignored"),),
    mac="bc:24:11",
    types={
        Kind.CLUSTER: "cluster",
        Kind.HOST: "node",
        Kind.RESOURCE_POOL: "pool",
        Kind.VM: "qemu",
        Kind.CONTAINER: "lxc",
        Kind.TEMPLATE: "qemu",
        Kind.DATASTORE: "storage",
        Kind.NETWORK: "bridge",
    },
    states={
        Power.RUNNING: "running",
        Power.OFF: "stopped",
        Power.PAUSED: "paused",
        Power.SUSPENDED: "suspended",
        Power.STARTING: "stopped",
        Power.STOPPING: "running",
        Power.MIGRATING: "running",
        Power.UNKNOWN: "unknown",
    },
    verbs=VERBS,
    tasks=frozenset(VERBS),
    happenings={f"{verb}.{how}": native for verb, native in VERBS.items() for how in ("done", "failed")},
    routines=("recycle", "reboot", "travel", "snapshot", "backup", "pause", "stall", "backup"),
    stars=(
        Star(name="build-arm", tier="ci", power=Power.UNKNOWN, vcpus=4, gib=8),
        Star(name="ci-runner-7", tier="ci", routine="travel", vcpus=4, gib=16, tags=("ci",)),
        Star(name="ci-9", tier="ci", routine="clone", vcpus=2, gib=4, tags=("ci",)),
        Star(name="mail-04", tier="mq", routine="backup", vcpus=2, gib=4, snapshots=2),
        Star(name="wiki-old", tier="app", routine="refused", vcpus=4, gib=32, power=Power.OFF),
    ),
)
"""Proxmox VE 9: cluster › node with machines and containers; nothing is pushed, tasks tell their story as a log."""


class Proxmox(Dialect):
    traits = TRAITS

    def layout(self) -> Layout:
        (cluster,) = self.roof()
        above = place_key(cluster)
        pools = [Place(kind=Kind.RESOURCE_POOL, id=name, name=name, parent=above) for name in ("prod", "lab")]
        hosts = [self._host(at, above) for at in range(self.site.hosts)]
        shared = [self.invent_store(name, name, kind, above) for name, kind in (("ceph-vm", "rbd"), ("backup", "pbs"))]
        local = [
            self.invent_store(f"{host.name}/local-lvm", "local-lvm", "lvmthin", key(Kind.HOST, host.id), (at, at + 1))
            for at, host in enumerate(hosts)
        ]
        nets = [
            Net(
                id=f"{host.name}/{bridge}",
                name=bridge,
                parent=key(Kind.HOST, host.id),
                type="bridge",
                bridge=bridge,
                vlan=vlan,
                hosts=(at, at + 1),
            )
            for at, host in enumerate(hosts)
            for bridge, vlan in (("vmbr0", ""), ("vmbr1", "42"))
        ]
        return Layout(
            places=(cluster, *pools), hosts=tuple(hosts), stores=(shared[0], *local, shared[1]), nets=tuple(nets)
        )

    def _host(self, at: int, cluster: str) -> Host:
        name = f"pve{at + 1}"
        host = self.invent_host(at, name, name, cluster, "Proxmox VE 9.1.2")
        return msgspec.structs.replace(host, vendor="ASRock Rack 1U2E")

    def roof(self) -> tuple[Place, ...]:
        return (Place(kind=Kind.CLUSTER, id="pve-lab", name="pve-lab"),)

    def described_id(self, kind: Kind, number: int, host: str, name: str, uuid: str) -> str:
        return name if kind is Kind.HOST else f"{host}/{name}"

    def snapshot_id(self, machine: str, number: int, name: str) -> str:
        return name

    def machine_id(self, kind: Kind, at: int, uuid: str) -> str:
        return str(100 + at)

    def hardware(self, windows: bool) -> str:
        return "pc-q35-10.1" if windows else "pc-i440fx-10.1"

    def state(self, machine: Machine, now: Now) -> str:
        word = super().state(machine, now)
        return f"{word} ({now.act.verb})" if now.act and now.act.verb in LOCKS else word

    def tools(self, machine: Machine, running: bool) -> str | None:
        return "enabled" if machine.tools else "disabled"

    def task_id(self, verb: str, machine: Machine, began: float, number: int, host: Host) -> str:
        kind = VERBS[verb].replace("qm", "vz", 1) if machine.kind is Kind.CONTAINER else VERBS[verb]
        pid, start = number % 0x400000, number * 97 % 2**32
        return f"UPID:{host.name}:{pid:08X}:{start:08X}:{int(began):08X}:{kind}:{machine.id}:root@pam:"

    def failure(self, verb: str, machine: Machine, host: Host) -> Failure:
        if verb == "migrate":
            return Failure(
                fault=Fault.ABORTED,
                message=f"the migration of {machine.name} was cancelled",
                meaning=f"it keeps running on {host.name}",
                code="migration problems",
                native="ERROR: online migrate failure - interrupted by signal\naborting phase 2 - cleanup resources\n"
                "migrate_cancel\nERROR: migration finished with problems (duration 00:06:52)\n"
                "TASK ERROR: migration problems",
            )
        return Failure(
            fault=Fault.BACKEND_FAULT,
            message=f"{host.name} has not enough memory for {machine.name}",
            meaning="the machine stays off",
            hint="start it on another node, or lower its memory",
            code="start failed",
            native=f"kvm: cannot set up guest memory 'pc.ram': Cannot allocate memory ({machine.memory // MIB} MiB)\n"
            "TASK ERROR: start failed: QEMU exited with code 1",
            subject=host.name,
        )

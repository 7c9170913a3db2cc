"""The demo fleet as a libvirt daemon with QEMU would tell it."""

from __future__ import annotations

import msgspec

from novatui.backends.demo.dialects.base import Dialect, Layout, Star, Traits
from novatui.backends.demo.life import Now
from novatui.backends.demo.shapes import Host, Machine, Net, Place
from novatui.core.errors import Failure, Fault
from novatui.core.ids import key
from novatui.core.migration import Fidelity
from novatui.core.states import Health, Kind, Power

TRAITS = Traits(
    product="libvirt 9.0.0, QEMU 7.2.22",
    version="9.0.0",
    transport="unix",
    user="root",
    period=2.0,
    migration=Fidelity.FULL,
    remembers=False,
    silent=frozenset({"tags", "alarms"}),
    hypervisor="kvm",
    disk_bus="virtio",
    disk_target="vd{letter}",
    disk_format="qcow2",
    disk_path="/var/lib/libvirt/{store}/{vm}-{number}.qcow2",
    nic_model="virtio",
    gives_leases=True,
    mac="52:54:00",
    types={
        Kind.HOST: "node",
        Kind.VM: "domain",
        Kind.TEMPLATE: "domain",
        Kind.DATASTORE: "pool",
        Kind.NETWORK: "network",
    },
    states={
        Power.RUNNING: "running (booted)",
        Power.OFF: "shut off (shutdown)",
        Power.PAUSED: "paused (user)",
        Power.SUSPENDED: "shut off (saved)",
        Power.STARTING: "paused (starting up)",
        Power.STOPPING: "in shutdown",
        Power.MIGRATING: "running (booted)",
        Power.CRASHED: "crashed (panicked)",
        Power.UNKNOWN: "no state",
    },
    verbs={
        "start": "virDomainCreate",
        "off": "virDomainDestroy",
        "shutdown": "virDomainShutdown",
        "reboot": "virDomainReboot",
        "pause": "virDomainSuspend",
        "resume": "virDomainResume",
        "suspend": "virDomainManagedSave",
        "wake": "virDomainCreate",
        "migrate": "virDomainMigrateToURI3",
        "snapshot": "virDomainSnapshotCreateXML",
        "snapshot-delete": "virDomainSnapshotDelete",
        "backup": "virDomainBackupBegin",
        "crash": "crash",
        "enospc": "I/O error",
    },
    tasks=frozenset({"migrate", "backup", "suspend"}),
    happenings={
        "start.done": "lifecycle.started",
        "shutdown": "lifecycle.shutdown",
        "shutdown.done": "lifecycle.stopped",
        "off.done": "lifecycle.stopped (destroyed)",
        "reset.done": "reboot",
        "revert.done": "lifecycle.started (from snapshot)",
        "reboot": "reboot",
        "pause.done": "lifecycle.suspended",
        "resume.done": "lifecycle.resumed",
        "suspend.done": "lifecycle.stopped (saved)",
        "wake.done": "lifecycle.started (restored)",
        "migrate.done": "lifecycle.stopped (migrated)",
        "migrate.arrived": "lifecycle.started (migrated)",
        "migrate.failed": "job-completed",
        "backup.done": "job-completed",
        "crash": "lifecycle.crashed",
        "enospc": "io-error.enospc",
    },
    routines=("recycle", "reboot", "travel", "snapshot", "pause", "suspend", "backup", "crash"),
    stars=(
        Star(name="etl-big-2", tier="batch", site="kvm-03", routine="stall", vcpus=16, gib=64, cpu=81),
        Star(name="gpu-train-1", tier="batch", site="kvm-12", vcpus=16, gib=128, cpu=58, gpu=True),
        Star(name="build-3", tier="ci", site="kvm-12", routine="enospc", vcpus=8, gib=16, snapshots=11),
        Star(name="nfs-gw", tier="file", site="kvm-03", routine="travel", vcpus=4, gib=8, cpu=22),
    ),
)
"""libvirt 9: the connection is the host; jobs instead of tasks, told in full; nothing is remembered."""


class Libvirt(Dialect):
    traits = TRAITS

    def layout(self) -> Layout:
        native = self.dice("host uuid").uuid()
        host = self.invent_host(0, native, self.site.name, "", TRAITS.product)
        above = key(Kind.HOST, native)
        stores = [
            self.invent_store(self.dice("pool", name).uuid(), name, kind, above, (0, 1))
            for name, kind in (("default", "dir"), ("nvme", "logical"))
        ]
        nets = [
            Net(
                id=self.dice("net", name).uuid(),
                name=name,
                parent=above,
                type=kind,
                bridge=bridge,
                vlan=vlan,
                address=address,
            )
            for name, kind, bridge, vlan, address in (
                ("default", "nat", "virbr0", "", "192.168.122.1/24"),
                ("prod", "bridge", "br-prod", "42", ""),
                ("backup", "isolated", "virbr1", "", "10.20.0.1/24"),
            )
        ]
        host = msgspec.structs.replace(host, uuid=native, vendor="Lenovo ThinkSystem SR650 V3")
        return Layout(hosts=(host,), stores=tuple(stores), nets=tuple(nets))

    def roof(self) -> tuple[Place, ...]:
        return ()

    def described_id(self, kind: Kind, number: int, host: str, name: str, uuid: str) -> str:
        return uuid

    def snapshot_id(self, machine: str, number: int, name: str) -> str:
        return name

    def device_key(self, host: Host, device: str) -> str:
        return device

    def health(self, now: Now) -> str | None:
        stopped = now.power is Power.CRASHED or (now.last == "enospc" and now.power is Power.PAUSED)
        return Health.CRITICAL.value if stopped else None

    def machine_id(self, kind: Kind, at: int, uuid: str) -> str:
        return uuid

    def hardware(self, windows: bool) -> str:
        return "pc-q35-7.2"

    def state(self, machine: Machine, now: Now) -> str:
        coming = now.act is not None and now.act.verb == "migrate" and machine.visitor != now.act.back
        if coming:
            return "paused (migrating)"
        if now.last == "enospc" and now.power is Power.PAUSED:
            return "paused (I/O error)"
        return super().state(machine, now)

    def tools(self, machine: Machine, running: bool) -> str | None:
        if not machine.tools:
            return "none"
        return f"guest agent {'connected' if running else 'disconnected'}"

    def task_id(self, verb: str, machine: Machine, began: float, number: int, host: Host) -> str:
        return f"{machine.uuid}/{verb}/{int(began)}"

    def failure(self, verb: str, machine: Machine, host: Host) -> Failure:
        if verb == "migrate":
            return Failure(
                fault=Fault.ABORTED,
                message=f"the migration of {machine.name} was cancelled",
                meaning=f"it keeps running on {host.name}",
                code="78",
                native="operation aborted: job 'migration out' canceled by client",
            )
        return Failure(
            fault=Fault.BACKEND_FAULT,
            message=f"{host.name} has not enough memory for {machine.name}",
            meaning="the machine stays off",
            hint="free memory on the host, or lower the machine's memory",
            code="1",
            native="internal error: process exited while connecting to monitor: "
            "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory",
            subject=host.name,
        )

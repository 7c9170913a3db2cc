"""The demo fleet as a Hyper-V failover cluster would tell it."""

from __future__ import annotations

import msgspec

from novatui.backends.demo.dialects.base import Dialect, Layout, Star, Traits, place_key
from novatui.backends.demo.dice import Dice
from novatui.backends.demo.shapes import MIB, Host, Machine, Net, Place, Store
from novatui.core.errors import Failure, Fault
from novatui.core.states import Kind, Power

SWITCHES = (("vSwitch-Prod", "42,120-139"), ("vSwitch-Mgmt", "10"))


TASKS = frozenset({"suspend", "migrate", "snapshot", "snapshot-delete"})

TRAITS = Traits(
    product="Hyper-V on Windows Server 2025 Datacenter",
    version="10.0.26100",
    user="NOVA\\novatui",
    period=2.0,
    look=3.0,
    pushes=False,
    blind=frozenset({"mem.balloon"}),
    silent=frozenset({"persistent", "vcpus_max", "alarms"}),
    hypervisor="hyperv",
    disk_bus="scsi",
    disk_target="SCSI 0:{number}",
    disk_format="vhdx",
    disk_path="C:\\ClusterStorage\\{store}\\{vm}\\disk{number}.vhdx",
    nic_model="synthetic",
    promises=(
        ("quorum", "node and file share majority"),
        ("live migrations at once", "2"),
        ("balancing", "on node join"),
    ),
    policies=(("automatic stop action", "Save"), ("cluster priority", "Medium")),
    mac="00:15:5d",
    types={
        Kind.CLUSTER: "Cluster",
        Kind.HOST: "ClusterNode",
        Kind.VM: "VirtualMachine",
        Kind.TEMPLATE: "VirtualMachine",
        Kind.DATASTORE: "ClusterSharedVolume",
        Kind.NETWORK: "VMSwitch",
    },
    states={
        Power.RUNNING: "Running",
        Power.OFF: "Off",
        Power.PAUSED: "Paused",
        Power.SUSPENDED: "Saved",
        Power.STARTING: "Starting",
        Power.STOPPING: "Stopping",
        Power.MIGRATING: "Running",
        Power.CRASHED: "RunningCritical",
        Power.UNKNOWN: "Other",
    },
    verbs={
        "start": "Start-VM",
        "off": "Stop-VM -TurnOff",
        "shutdown": "Stop-VM",
        "reboot": "Restart-VM",
        "pause": "Suspend-VM",
        "resume": "Resume-VM",
        "suspend": "Save-VM",
        "wake": "Start-VM",
        "migrate": "Move-ClusterVirtualMachineRole",
        "snapshot": "Checkpoint-VM",
        "snapshot-delete": "Remove-VMSnapshot",
        "edit": "Set-VM",
        "crash": "guest crash",
    },
    tasks=TASKS,
    percents=TASKS,
    happenings={
        "start.done": "18500",
        "shutdown.done": "18504",
        "off.done": "18502",
        "reset.done": "18512",
        "reboot": "18514",
        "pause.done": "18516",
        "resume.done": "18518",
        "suspend.done": "18510",
        "wake.done": "18596",
        "migrate": "20417",
        "migrate.done": "20418",
        "snapshot.done": "18524",
        "snapshot.failed": "18012",
        "snapshot-delete.done": "19080",
        "crash": "18590",
    },
    routines=("recycle", "reboot", "travel", "snapshot", "pause", "suspend", "crash"),
    stars=(
        Star(name="win-rdsh-4", tier="rdsh", routine="travel", vcpus=8, gib=32, cpu=63, windows=True, tags=("rdsh",)),
        Star(name="jump-1", tier="edge", vcpus=2, gib=4, cpu=3, windows=True),
        Star(name="ad-dc-1", tier="app", routine="snapshot-fails", vcpus=4, gib=8, windows=True, snapshots=1),
    ),
)
"""Windows Server 2025: cluster › node, shared volumes, a switch per node; jobs with a percentage, looked up by WMI."""


class HyperV(Dialect):
    traits = TRAITS

    def layout(self) -> Layout:
        (cluster,) = self.roof()
        above = place_key(cluster)
        hosts = [self._host(at, above) for at in range(self.site.hosts)]
        stores: list[Store] = [
            self.invent_store(self.dice("csv", at).uuid(), f"CSV-Volume{at + 1}", "CSVFS ReFS", above)
            for at in range(max(2, self.site.hosts // 8))
        ]
        nets = [
            Net(
                id=self.dice("switch", at, name).uuid(),
                name=name,
                parent=f"host:{hosts[at].id}",
                type="External",
                bridge=name,
                vlan=vlan,
                hosts=(at, at + 1),
            )
            for at in range(self.site.hosts)
            for name, vlan in SWITCHES
        ]
        return Layout(places=(cluster,), hosts=tuple(hosts), stores=tuple(stores), nets=tuple(nets))

    def _host(self, at: int, cluster: str) -> Host:
        name = f"hv{at + 1:02d}"
        host = self.invent_host(at, f"{name}.nova.example", name, cluster, "Windows Server 2025 Datacenter")
        return msgspec.structs.replace(host, vendor="HPE ProLiant DL380 Gen11")

    def roof(self) -> tuple[Place, ...]:
        return (Place(kind=Kind.CLUSTER, id=self.dice("cluster").uuid(), name="HV-CLU1"),)

    def described_id(self, kind: Kind, number: int, host: str, name: str, uuid: str) -> str:
        return name if kind is Kind.HOST else uuid

    def machine_id(self, kind: Kind, at: int, uuid: str) -> str:
        return self.dice("VMId", kind, at).uuid()

    def hardware(self, windows: bool) -> str:
        return "12.0"

    def tools(self, machine: Machine, running: bool) -> str | None:
        if not running:
            return None
        return "OK" if machine.tools else "No Contact"

    def task_id(self, verb: str, machine: Machine, began: float, number: int, host: Host) -> str:
        return Dice(machine.id, verb, number).uuid().upper()

    def failure(self, verb: str, machine: Machine, host: Host) -> Failure:
        if verb == "snapshot":
            return Failure(
                fault=Fault.BACKEND_FAULT,
                message=f"the checkpoint of {machine.name} was not taken",
                meaning="the guest's shadow copy service did not agree to a production checkpoint",
                hint="take a standard checkpoint, or repair the VSS writers in the guest",
                code="0x80070005",
                native=f"Checkpoint operation for '{machine.name}' failed. (Virtual machine ID {machine.id.upper()})\n"
                f"Production checkpoints cannot be created for '{machine.name}'.",
            )
        return Failure(
            fault=Fault.BACKEND_FAULT,
            message=f"{host.name} has not enough memory for {machine.name}",
            meaning="the machine stays off",
            hint="start it on another node, or lower its startup memory",
            code="0x8007000E",
            native=f"'{machine.name}' could not initialize.\nNot enough memory in the system to start the "
            f"virtual machine {machine.name} with ram size {machine.memory // MIB} megabytes.",
            subject=host.name,
        )

"""The world with a worker that answers at once when it is asked for details, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from novatui.backends.libvirt.domxml import vm_spec
from novatui.core.detail import Detail, DiskRates, Lease, NicRates, Property, Rates, User, Users, Volume
from novatui.core.devices import Device, MdevType
from novatui.core.errors import Failure, Fault
from novatui.core.snapshots import Snapshot
from novatui.core.vmspec import VmSpec
from novatui.wire import frames
from tests.ui import world
from tests.ui.still import EVENING, StillFleet

GIB = 1024**3
DAY = 86400.0

XML = (Path(__file__).parents[1] / "unit" / "libvirt_data" / "everything.xml").read_text(encoding="utf-8")

GPU = "vm:gpu-train-1"
"""A machine with everything."""

POOL, NET = "datastore:kvm-03-pool", "network:default"

SILENT = Failure(
    fault=Fault.TIMEOUT,
    message="no answer to detail within 15 s",
    meaning="the host is busy or hangs",
    hint="look at the host's own log",
)

CLOSED = Failure(fault=Fault.UNREACHABLE, message="the connection is not open")

Answers = dict[tuple[str, str], Detail | Failure]
"""By connection and key."""


def spec() -> VmSpec:
    """The machine of the sample XML, with sizes as a host would add them."""
    told = vm_spec(XML, autostart=True)
    disks = [
        msgspec.structs.replace(disk, size=(at + 1) * 40 * GIB, allocation=(at + 1) * 13 * GIB)
        for at, disk in enumerate(told.disks)
    ]
    return msgspec.structs.replace(told, name="gpu-train-1", disks=tuple(disks))


def snapshots() -> tuple[Snapshot, ...]:
    """Two branches; the machine stands on the younger one."""
    tree = (
        ("base-install", None, 71, False, 2.1, False),
        ("app-1.0", "base-install", 27, False, 18.0, False),
        ("exp-tuning", "app-1.0", 21, True, 11.9, False),
        ("pre-patch-2", "app-1.0", 2, True, 9.2, True),
        ("mystery", None, None, None, None, False),
    )
    return tuple(
        Snapshot(
            id=name,
            name=name,
            parent=parent,
            created=None if days is None else EVENING - days * DAY,
            memory=memory,
            quiesced=memory,
            current=current,
            size=None if size is None else int(size * GIB),
            native_state="running" if memory else "",
            external=False if memory is not None else None,
        )
        for name, parent, days, memory, size, current in tree
    )


def deep(levels: int) -> tuple[Snapshot, ...]:
    """A long chain: one snapshot a day."""
    return tuple(
        Snapshot(
            id=str(at),
            name=f"daily-{at}",
            parent=str(at - 1) if at else None,
            created=EVENING - (levels - at) * DAY,
            current=at == levels - 1,
        )
        for at in range(levels)
    )


def rates() -> Rates:
    """One disk that works hard, one that rests, one that nobody counts."""
    return Rates(
        disks=(
            DiskRates(target="vda", read=41.5 * 2**20, write=3.1 * 2**20, iops=1914.0, latency=7.42),
            DiskRates(target="sda", read=0.0, write=0.0, iops=0.0),
            DiskRates(target="vdb"),
        ),
        nics=(NicRates(target="vnet0", rx=5.5 * 2**20, tx=1.8 * 2**20, drops=12.0),),
        seconds=2.0,
    )


def devices() -> tuple[Device, ...]:
    """A network card with functions, a graphics card with its audio part, a free disk."""
    return (
        Device(
            id="pci_0000_5e_00_0", name="ens1f0", device_class="nic", address="0000:5e:00.0", vendor="Mellanox",
            product="MT27800 [ConnectX-5]", driver="mlx5_core", iommu_group=20, numa_node=0, functions_max=16,
            functions=2,
        ),
        *(
            Device(
                id=f"pci_0000_5e_00_{at}", name=f"ens1f0v{at}", device_class="vf", address=f"0000:5e:00.{at}",
                vendor="Mellanox", product="ConnectX-5 Virtual Function", driver="mlx5_core", iommu_group=20 + at,
                numa_node=0, parent="pci_0000_5e_00_0", holder=GPU if at == 1 else "",
            )
            for at in (1, 2)
        ),
        Device(
            id="pci_0000_65_00_0", name="NVIDIA A16", device_class="gpu", address="0000:65:00.0", vendor="NVIDIA",
            product="GA107GL", driver="vfio-pci", iommu_group=60, numa_node=1, holder=GPU,
            mdev_types=(MdevType(id="nvidia-471", name="A16-1B", available=14),),
        ),
        Device(
            id="pci_0000_65_00_1", name="NVIDIA A16 audio", device_class="pci", address="0000:65:00.1", iommu_group=60
        ),
        Device(id="pci_0000_c1_00_0", name="nvme0", device_class="disk", address="0000:c1:00.0", driver="nvme"),
    )  # fmt: skip


def answers() -> Answers:
    """What each object tells of itself."""
    properties = (
        Property("state", "native", "running (booted)"),
        Property("addresses", "vnet0 (DHCP lease)", "10.2.4.17/24"),
        Property("warnings", "libvirt", "tainted: host-cpu"),
        Property("after the next start", "memory", "16.0G -> 32.0G"),
    )
    host = (
        Property("hardware", "system", "Supermicro AS-1114S"),
        Property("processors", "clock", "3250 MHz"),
        Property("NUMA", "node 0", "256G memory, 32 processors"),
        Property("NUMA", "node 1", "256G memory, 32 processors"),
        Property("memory merging (KSM)", "pages to scan", "100"),
    )
    return {
        ("kvm-03", GPU): Detail(
            key=GPU, vm=spec(), snapshots=snapshots(), devices=devices()[3:4], properties=properties, raw=XML,
            raw_format="xml", rates=rates(),
        ),
        ("kvm-03", "host:kvm-03"): Detail(
            key="host:kvm-03", devices=devices(), properties=host, raw="<capabilities/>", raw_format="xml"
        ),
        ("kvm-03", POOL): Detail(
            key=POOL,
            volumes=(
                Volume(name="gpu-train-1.qcow2", path="/var/lib/libvirt/images/gpu-train-1.qcow2", format="qcow2",
                       capacity=200 * GIB, allocation=61 * GIB, backing="/var/lib/libvirt/images/debian-12.qcow2"),
                Volume(name="installer.iso", path="/var/lib/libvirt/images/installer.iso", format="raw",
                       capacity=GIB, allocation=GIB),
                Volume(name="lost"),
            ),
            users=Users(
                machines=(
                    User(key=GPU, through=("vda", "sdb")),
                    User(key="vm:nfs-gw", through=("vda",)),
                    User(key="vm:gone", through=("vda",)),
                ),
                untold=2,
            ),
            properties=(Property("pool", "path", "/var/lib/libvirt/images"),),
            raw="<pool type='dir'/>", raw_format="xml",
        ),
        ("kvm-03", NET): Detail(
            key=NET,
            leases=(
                Lease(mac="52:54:00:00:00:01", ip="192.168.122.17", hostname="gpu-train-1", expires=EVENING + 1800),
                Lease(mac="52:54:00:00:00:02", ip="192.168.122.18"),
            ),
            users=Users(),
            properties=(Property("network", "address", "192.168.122.1/24"),),
        ),
        ("vc-east", "cluster:a"): Detail(
            key="cluster:a",
            properties=(Property("policy", "HA", "on"), Property("policy", "DRS", "fully automated")),
            raw='{"name": "Cluster A"}', raw_format="json",
        ),
        ("vc-east", "vm:db-orders-01"): SILENT,
        ("pve-lab", "container:101"): CLOSED,
    }  # fmt: skip


class TellingFleet(StillFleet):
    """Answers every question for details before it is asked twice."""

    def __init__(self, told: Answers | None = None) -> None:
        super().__init__(world.SPECS)
        self.told = told if told is not None else answers()
        self.worker.send = self._hear_and_answer  # type: ignore[method-assign]

    def _hear_and_answer(self, frame: frames.Frame) -> None:
        self.worker.sent.append(frame)
        if isinstance(frame, frames.DetailRequest) and (frame.conn, frame.key) in self.told:
            self.hear(self._answer(frame))

    def _answer(self, asked: frames.DetailRequest) -> frames.DetailAnswer:
        told = self.told[asked.conn, asked.key]
        begun = self.clock.monotonic()
        if isinstance(told, Failure):
            return frames.DetailAnswer(asked.conn, asked.request, begun, None, told)
        left: Mapping[str, object] = {
            part: None
            for part in ("vm", "snapshots", "devices", "volumes", "leases", "users", "rates")
            if part not in asked.parts
        }
        kept = msgspec.structs.replace(told, **left, raw=told.raw if "raw" in asked.parts else "")
        return frames.DetailAnswer(asked.conn, asked.request, begun, kept, None)

    def asked(self) -> list[tuple[str, list[str]]]:
        """Keys and parts that were asked for."""
        return [(each.key, each.parts) for each in self.sent if isinstance(each, frames.DetailRequest)]


def fleet() -> TellingFleet:
    """The world of the other pictures, with a network and a store that has a size."""
    made = TellingFleet()
    world.fill(made)
    made.tell("kvm-03", {
        POOL: {"free": 130 * GIB, "capacity": 2048 * GIB, "store_type": "dir", "active": True},
        NET: {"name": "default", "parent": "host:kvm-03", "net_type": "nat", "bridge": "virbr0", "net_active": True},
    })  # fmt: skip
    return made

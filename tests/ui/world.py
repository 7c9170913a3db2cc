"""The world of the pictures: six connections with every state, age and gap that the screen has a sign for."""

from __future__ import annotations

import random
from collections.abc import Mapping

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Failure, Fault
from novatui.core.events import Event, Severity
from novatui.core.inventory import Value
from novatui.core.migration import Fidelity, MigrationProgress
from novatui.core.states import Family
from novatui.core.tasks import Task, TaskState
from novatui.wire import frames
from tests.ui.still import EVENING, StillFleet

GIB = 1024**3
DAY = 86400.0

SPECS: tuple[ConnectionSpec, ...] = tuple(
    ConnectionSpec(name=name, family=family, driver=family.value, uri=f"{family.value}://{name}.example", **options)
    for name, family, options in (
        ("kvm-03", Family.LIBVIRT, {"label": "kvm-farm"}),
        ("kvm-12", Family.LIBVIRT, {"label": "kvm-farm"}),
        ("vc-east", Family.VSPHERE, {"protected": True, "readonly": True}),
        ("hv-clu1", Family.HYPERV, {}),
        ("pool-xen", Family.XCPNG, {"readonly": True}),
        ("pve-lab", Family.PROXMOX, {}),
    )
)

HOMES: dict[str, tuple[str, ...]] = {
    "kvm-03": ("kvm-03",),
    "kvm-12": ("kvm-12",),
    "vc-east": ("esx-03", "esx-07", "esx-08"),
    "hv-clu1": ("hv01", "hv02"),
    "pool-xen": ("xen-a1", "xen-a2"),
    "pve-lab": ("pve1", "pve3"),
}
"""Hosts of each connection."""

CLUSTERS = {"vc-east": "Cluster A", "hv-clu1": "HV-CLU1", "pool-xen": "pool-xen", "pve-lab": "pve"}

ETL = "b20bb610-fb32-420f-8177-d4ba00014344"
"""The uuid of the machine that is on its way from kvm-03 to kvm-12."""


def world() -> StillFleet:
    """All of it, as it stands at EVENING; pve-lab went away eleven minutes before."""
    return fill(StillFleet(SPECS))


def fill(fleet: StillFleet) -> StillFleet:
    """Tell all of it to a fleet that knows nothing yet."""
    fleet.connect(*(spec.name for spec in SPECS))
    fleet.clock.advance(-660)
    _pve(fleet)
    fleet.clock.advance(645)
    fleet.lose("pve-lab")
    fleet.clock.advance(15)
    for tell in (_kvm, _vsphere, _hyperv, _xcpng):
        tell(fleet)
    _tasks(fleet)
    _events(fleet)
    return fleet


def parts() -> StillFleet:
    """The same with everything that machines use, in every state and age; pve-lab tells nothing of devices."""
    fleet = world()
    _stores(fleet)
    _networks(fleet)
    _snapshots(fleet)
    _devices(fleet)
    return fleet


def _stores(fleet: StillFleet) -> None:
    tib = 1024 * GIB
    for conn, name, kind, size, free, shared, active in (
        ("vc-east", "ds-ssd1", "VMFS", 8 * tib, 0.2 * tib, True, True),
        ("vc-east", "ds-nfs-with-a-name-longer-than-its-column", "NFS", 20 * tib, 11 * tib, True, True),
        ("hv-clu1", "CSV-1", "CSVFS", 4 * tib, 1.1 * tib, True, True),
        ("hv-clu1", "usb-backup", "NTFS", 2 * tib, None, False, False),
        ("pool-xen", "Local storage", "ext", 400 * GIB, 40 * GIB, False, True),
        ("pool-xen", "ISO", "iso", 0, 0, True, True),
        ("pool-xen", "mystery", None, None, None, None, None),
        ("kvm-12", "images", "dir", 900 * GIB, 880 * GIB, False, True),
    ):
        store = {
            "name": name, "parent": "", "store_type": kind, "capacity": size, "shared": shared, "active": active,
            "free": None if free is None else int(free), "native_id": f"id-{name}", "native_type": "Datastore",
            "health": "ok",
        }  # fmt: skip
        fleet.tell(conn, {f"datastore:{name}": store})


def _networks(fleet: StillFleet) -> None:
    for conn, name, kind, bridge, vlan, active in (
        ("vc-east", "pg-db", "portgroup", "dvs-east", "120", True),
        ("vc-east", "pg-web", "portgroup", "dvs-east", "130-139", True),
        ("kvm-12", "default", "nat", "virbr0", "", True),
        ("kvm-12", "isolated", "isolated", "virbr1", "", False),
        ("hv-clu1", "External", "External", "", None, None),
    ):
        net = {
            "name": name, "parent": "", "net_type": kind, "bridge": bridge, "vlan": vlan, "net_active": active,
            "native_id": f"id-{name}", "native_type": "Network",
        }  # fmt: skip
        fleet.tell(conn, {f"network:{name}": net})


def _snapshots(fleet: StillFleet) -> None:
    for conn, vm, name, days, kind, current, notes in (
        ("vc-east", "db-orders-01", "base-install", 71.6, "disk", False, "before the first start"),
        ("vc-east", "db-orders-01", "pre-patch-2", 0.02, "memory", True, ""),
        ("vc-east", "huge", "a snapshot whose name nobody could ever remember", 20, "disk", True, "x" * 90),
        ("kvm-12", "nfs-gw", "monday", 13, None, None, None),
        ("kvm-03", "gone", "of a machine that is gone", 400, "disk", False, ""),
    ):
        taken = {
            "name": name, "parent": f"vm:{vm}", "vm": f"vm:{vm}", "created": EVENING - days * DAY,
            "snapshot_kind": kind, "current": current, "description": notes, "native_id": f"snapshot-{int(days)}",
        }  # fmt: skip
        fleet.tell(conn, {f"snapshot:{vm}%2F{name.replace(' ', '-')}": taken})
    fleet.tell("hv-clu1", {"snapshot:x": {"name": "undated", "vm": "vm:jump-1", "parent": "vm:jump-1"}})
    for conn in ("kvm-03", "kvm-12", "vc-east", "hv-clu1", "pool-xen"):
        fleet.listed(conn, ["snapshot"])


def _devices(fleet: StillFleet) -> None:
    for conn, name, kind, vendor, group, holder, more in (
        (
            "kvm-03",
            "pci_0000_5e_00_0",
            "gpu",
            "NVIDIA Corporation GA100 [A100 PCIe 40GB]",
            41,
            "vm:gpu-train-1",
            {"numa_node": 0, "driver": "vfio-pci", "vgpus_free": 0},
        ),
        (
            "kvm-03",
            "pci_0000_5e_00_1",
            "vf",
            "Intel Corporation Ethernet Virtual Function 700 Series",
            42,
            "",
            {"numa_node": 1, "driver": "iavf"},
        ),
        ("kvm-03", "usb_1_4", "usb", "SafeNet eToken", None, "", {"driver": ""}),
        (
            "kvm-12",
            "pci_0000_17_00_0",
            "nic",
            "Mellanox Technologies MT27800",
            7,
            None,
            {"numa_node": 1, "driver": "mlx5_core", "vfs": 16, "vfs_free": 12},
        ),
    ):
        home = f"host:{conn}"
        device = {
            "name": name, "parent": home, "host": home, "device_class": kind, "vendor": vendor, "iommu_group": group,
            "holder": holder, "native_id": name, "native_type": "node device", **more,
        }  # fmt: skip
        fleet.tell(conn, {f"device:{name}": device})
    for conn in ("kvm-03", "kvm-12"):
        fleet.listed(conn, ["device"])


# --- places -----------------------------------------------------------------------------------------------------------


def host(name: str, parent: str = "", **values: Value) -> Mapping[str, Value]:
    return {
        "name": name, "parent": parent, "power": "running", "native_state": "connected", "health": "ok",
        "maintenance": False, "cpus": 64, "cpu_model": "AMD EPYC 9354 32-Core Processor", "memory_total": 512 * GIB,
        "product": "hypervisor 9.0",
    } | values  # fmt: skip


def machine(name: str, home: str, state: str = "running", **values: Value) -> Mapping[str, Value]:
    return {
        "name": name, "parent": f"host:{home}", "host": f"host:{home}", "power": state, "native_state": state.title(),
        "native_id": f"id-{name}", "vcpus": 4, "memory": 16 * GIB, "guest_os": "debian12", "ip": ["10.2.4.17"],
        "tools": "ok", "firmware": "uefi", "secure_boot": True, "tpm": "2.0", "tags": ["prod", "db"], "alarms": 0,
        "snapshots": 1, "snapshot_oldest": EVENING - 41 * DAY, "job": "", "since": EVENING - 3.2 * DAY,
    } | values  # fmt: skip


def load(name: str, busy: float) -> dict[str, float]:
    """A believable sample for a machine that is `busy` percent busy; the same for the same name."""
    dice = random.Random(name)
    return {
        "cpu.used": busy, "cpu.wait": busy / 15, "mem.used": (8 + busy / 15) * GIB, "disk.read": busy * 4e5,
        "disk.write": busy * 1e5, "disk.latency": 0.3 + busy / 9, "net.rx": busy * 9e4, "net.tx": busy * 3e4,
        "mem.assigned": 16 * GIB, "mem.balloon": 0.0, "disk.iops": busy * 30, "net.drops": dice.choice((0.0, 0.0, 3.0)),
    }  # fmt: skip


def _run(fleet: StillFleet, conn: str, busy: Mapping[str, float], cells: int = 30) -> None:
    """A minute of samples that ends now."""
    for ago in range(cells - 1, -1, -1):
        wave = {name: min(99.0, level * (1 + 0.3 * ((ago + len(name)) % 7 - 3) / 3)) for name, level in busy.items()}
        fleet.measure(conn, {f"vm:{name}": load(name, level) for name, level in wave.items()}, ago=2.0 * ago)


def _hosts(fleet: StillFleet, conn: str, above: str) -> None:
    fleet.tell(conn, {f"host:{name}": host(name, above) for name in HOMES[conn]})
    fleet.measure(conn, {f"host:{name}": load(name, 40 + len(name)) for name in HOMES[conn]})


def _filler(fleet: StillFleet, conn: str, count: int) -> None:
    """Machines that nothing is the matter with."""
    dice = random.Random(conn)
    homes = HOMES[conn]
    names = [f"{dice.choice(('app', 'web', 'api'))}-{conn.split('-')[0]}-{at:02}" for at in range(count)]
    fleet.tell(conn, {f"vm:{name}": machine(name, homes[at % len(homes)]) for at, name in enumerate(names)})
    _run(fleet, conn, {name: 3.0 + dice.random() * 40 for name in names}, cells=6)


def _kvm(fleet: StillFleet) -> None:
    for conn in ("kvm-03", "kvm-12"):
        _hosts(fleet, conn, "")
        moving = machine("etl-big-2", conn, "migrating", uuid=ETL, job="migrate", vcpus=16, memory=64 * GIB)
        fleet.tell(conn, {f"vm:{ETL}": moving})
        fleet.tell(conn, {f"datastore:{conn}-pool": {"name": "default", "parent": "", "capacity": 2 * 1024 * GIB}})
    fleet.tell("kvm-03", {"vm:gpu-train-1": machine("gpu-train-1", "kvm-03", passthrough=2)})
    fleet.tell("kvm-03", {"vm:ci-runner-7": machine("ci-runner-7", "kvm-03", "paused")})
    fleet.tell("kvm-12", {"vm:nfs-gw": machine("nfs-gw", "kvm-12", "suspended", snapshots=0, snapshot_oldest=None)})
    # The least that a row can be: a name and nothing else.
    fleet.tell("kvm-12", {"vm:mystery": {"name": "mystery"}})
    _run(fleet, "kvm-03", {"gpu-train-1": 58.0, ETL: 81.0})
    _filler(fleet, "kvm-12", 6)


def _vsphere(fleet: StillFleet) -> None:
    fleet.tell("vc-east", {"datacenter:dc": {"name": "DC East", "parent": ""}})
    fleet.tell("vc-east", {"folder:f": {"name": "Production", "parent": "datacenter:dc"}})
    fleet.tell("vc-east", {"cluster:a": {"name": "Cluster A", "parent": "folder:f"}})
    _hosts(fleet, "vc-east", "cluster:a")
    fleet.tell("vc-east", {"host:esx-09": host("esx-09", "cluster:a", maintenance=True, health="warning")})
    fleet.tell("vc-east", {"host:esx-10": host("esx-10", "cluster:a", power=None, health=None, cpus=None)})
    fleet.tell("vc-east", {"resource_pool:p": {"name": "prod-db", "parent": "cluster:a"}})
    fleet.tell("vc-east", {"template:t": machine("tmpl-rhel9", "esx-07", "off")})
    fleet.tell(
        "vc-east",
        {
            "vm:db-orders-01": machine("db-orders-01", "esx-07", vcpus=8, snapshots=4, alarms=1, guest_os="rhel9"),
            "vm:db-orders-02": machine("db-orders-02", "esx-07", vcpus=8),
            "vm:web-front-11": machine("web-front-11", "esx-03", "migrating", job="migrate"),
            "vm:mail-02": machine("mail-02", "esx-08", "starting"),
            "vm:huge": machine(
                "huge", "esx-08", vcpus=4096, memory=24 * 1024 * GIB, snapshots=99_999, snapshot_oldest=0.0,
                tags=[f"tag-{n}" for n in range(40)], alarms=12_345, ip=[f"10.0.{n}.1" for n in range(30)],
            ),
        },
    )  # fmt: skip
    _run(fleet, "vc-east", {"db-orders-01": 92.0, "db-orders-02": 71.0, "web-front-11": 44.0})
    enormous = dict.fromkeys(("disk.read", "disk.write", "net.rx", "net.tx", "disk.iops", "net.drops"), 9.9e17)
    fleet.measure("vc-east", {"vm:huge": load("huge", 100) | enormous | {"cpu.wait": 1234.0, "disk.latency": 654321.0}})
    _filler(fleet, "vc-east", 10)


def _hyperv(fleet: StillFleet) -> None:
    fleet.tell("hv-clu1", {"cluster:c": {"name": "HV-CLU1", "parent": ""}})
    _hosts(fleet, "hv-clu1", "cluster:c")
    fleet.tell("hv-clu1", {"vm:win-rdsh-4": machine("win-rdsh-4", "hv02", guest_os="win2022")})
    fleet.tell("hv-clu1", {"vm:jump-1": machine("jump-1", "hv01", "stopping", ip=[], tags=[])})
    # Running, but the product told no metric of it yet.
    fleet.tell("hv-clu1", {"vm:fresh-1": machine("fresh-1", "hv01", tools=None, guest_os=None, snapshots=None)})
    _run(fleet, "hv-clu1", {"win-rdsh-4": 63.0})
    _filler(fleet, "hv-clu1", 5)


def _xcpng(fleet: StillFleet) -> None:
    fleet.tell("pool-xen", {"cluster:p": {"name": "pool-xen", "parent": ""}})
    _hosts(fleet, "pool-xen", "cluster:p")
    # A halted machine of XCP-ng runs on no host, and says so.
    off = machine("legacy-app", "xen-a1", "off", parent="cluster:p", host="")
    fleet.tell("pool-xen", {"vm:legacy-app": off})
    fleet.tell("pool-xen", {"vm:vdi-0231": machine("vdi-0231", "xen-a1", "crashed", native_state="Crashed (0x7e)")})
    fleet.tell("pool-xen", {"vm:build-arm": machine("build-arm", "xen-a2", "unknown", native_state="Inconsistent")})
    _filler(fleet, "pool-xen", 4)


def _pve(fleet: StillFleet) -> None:
    fleet.tell("pve-lab", {"cluster:pve": {"name": "pve", "parent": ""}})
    _hosts(fleet, "pve-lab", "cluster:pve")
    fleet.tell("pve-lab", {"container:101": machine("ct-dns", "pve1")})
    fleet.measure("pve-lab", {"container:101": load("ct-dns", 7)})
    _filler(fleet, "pve-lab", 4)


# --- what happens -----------------------------------------------------------------------------------------------------

NO_MEMORY = Failure(
    fault=Fault.CONFLICT,
    message="not enough host memory: need 4.0G, free 3.1G",
    meaning="the machine may run on xen-a1 only, and that host is full",
    hint="stop something on xen-a1, or give the machine less memory",
    code="HOST_NOT_ENOUGH_FREE_MEMORY",
    native="HOST_NOT_ENOUGH_FREE_MEMORY: 4294967296, 3328599654, OpaqueRef:2f0c3a1e-77d0-4b8e-9a42-0f6f4f0b1c55",
)


def task(conn: str, **values: object) -> frames.TaskUpdate:
    return frames.TaskUpdate(conn, 1, 99_000.0, Task(**values))  # type: ignore[arg-type]


def event(conn: str, **values: object) -> frames.EventRecord:
    at = values.pop("at")
    return frames.EventRecord(conn, 1, Event(at=at, seen=at, native_type="native.type", **values))  # type: ignore[arg-type]


def _tasks(fleet: StillFleet) -> None:
    percent = MigrationProgress(source="esx-07", destination="esx-03", fidelity=Fidelity.PERCENT)
    full = MigrationProgress(source="kvm-03", destination="kvm-12", fidelity=Fidelity.FULL, phase="memory")
    fleet.hear(
        task("vc-east", id="t1", verb="migrate", key="vm:web-front-11", state=TaskState.RUNNING, progress=68.0,
             started=EVENING - 5, migration=percent),
        task("kvm-03", id="t2", verb="migrate", key=f"vm:{ETL}", state=TaskState.RUNNING, started=EVENING - 182,
             migration=full),
        task("hv-clu1", id="t3", verb="backup", target="fs-gone", state=TaskState.QUEUED, started=EVENING - 1),
        task("pool-xen", id="t4", verb="start", key="vm:vdi-0231", state=TaskState.FAILED, started=EVENING - 17,
             ended=EVENING - 16, failure=NO_MEMORY),
        task("vc-east", id="t5", verb="snapshot", key="vm:db-orders-02", state=TaskState.DONE, started=EVENING - 92,
             ended=EVENING - 86, detail="pre-patch-2 by oncall"),
        task("kvm-12", id="t6", verb="clone", key="vm:nfs-gw", state=TaskState.CANCELLED, started=EVENING - 400,
             ended=EVENING - 300),
        task("hv-clu1", id="t7", verb="shutdown", key="vm:jump-1", state=TaskState.UNKNOWN, started=EVENING - 500),
    )  # fmt: skip


def _events(fleet: StillFleet) -> None:
    ready = {"key": "vm:db-orders-01", "severity": Severity.WARNING, "alarm": "cpu ready", "raised": True}
    for nth in range(14):
        fleet.hear(event("vc-east", id=f"e{nth}", at=EVENING - 60 + nth, text="cpu ready 6.1 % > 5 %", **ready))
    fleet.hear(
        event("hv-clu1", id="e1", at=EVENING - 12, severity=Severity.ERROR, key="vm:win-rdsh-4", text="guest crash"),
        event("kvm-12", id="e1", at=EVENING - 30, key="vm:nfs-gw", text="saved to disk"),
        event("pool-xen", id="e1", at=EVENING - 40, subject="gone-vm", text="was deleted"),
        event("pool-xen", id="e2", at=EVENING - 3, key="host:xen-a1", severity=Severity.WARNING, text=""),
    )

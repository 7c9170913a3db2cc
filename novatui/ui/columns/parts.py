"""Columns of what machines use: datastores, networks, snapshots and host devices."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from novatui.actions.snapshots import OLD
from novatui.core import units
from novatui.engine.fleet import Fleet
from novatui.ui.columns import cells
from novatui.ui.columns.column import Column
from novatui.ui.columns.machines import CONN, FAMILY, OWNER
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.subject import Subject
from novatui.ui.rows.cells import fit

FULL = 90.0
"""Percent from which a store is drawn as a warning."""


def used_percent(fleet: Fleet, slot: int) -> float | None:
    """How full a store is; None when its size or its free space is unknown."""
    capacity, free = (readings.number(fleet, slot, field) for field in ("capacity", "free"))
    return 100.0 * (capacity - free) / capacity if capacity and free is not None else None


def used_bytes(fleet: Fleet, slot: int) -> float | None:
    """What is not free of a store."""
    capacity, free = (readings.number(fleet, slot, field) for field in ("capacity", "free"))
    return None if capacity is None or free is None else capacity - free


def _used(subject: Subject, width: int) -> Piece:
    share = used_percent(subject.fleet, subject.slot)
    text, style = cells.figure(share, units.percent, subject, width)
    return text, subject.look.styles.warning if share is not None and share >= FULL else style


def _bar(subject: Subject, width: int) -> Piece:
    return cells.gauge(used_percent(subject.fleet, subject.slot), subject, width)


def _taken(subject: Subject, width: int) -> Piece:
    return cells.figure(used_bytes(subject.fleet, subject.slot), units.size, subject, width)


def _age(subject: Subject, width: int) -> Piece:
    created = readings.number(subject.fleet, subject.slot, "created")
    age = None if created is None else subject.look.epoch() - created
    text, style = cells.figure(age, units.span, subject, width)
    return text, subject.look.styles.warning if age is not None and age >= OLD else style


def _grown_from(subject: Subject, width: int) -> Piece:
    """Name of the snapshot above it; a root has none."""
    parent = subject.fleet.inventory.value(subject.slot, "snapshot_parent")
    if parent == "":
        return cells.plain("a root", subject, width, subject.look.styles.quiet)
    return cells.plain(UNKNOWN if parent is None else str(parent), subject, width)


def _now(subject: Subject, width: int) -> Piece:
    """A sign on the snapshot that the machine runs on top of."""
    current, look = subject.fleet.inventory.value(subject.slot, "current"), subject.look
    if current is None:
        return cells.plain(UNKNOWN, subject, width)
    return cells.plain(f"{look.marks.on} now" if current else "", subject, width, look.styles.good)


def _holder(subject: Subject, width: int) -> Piece:
    name = cells.referenced(subject.fleet, "holder")(subject.slot)
    if name == "":
        return cells.plain("free", subject, width, subject.look.styles.good)
    return cells.plain(UNKNOWN if name is None else str(name), subject, width)


def _to_give(subject: Subject, width: int) -> Piece:
    """What a card can still be shared out as."""
    fleet, slot = subject.fleet, subject.slot
    made, free, left = (readings.number(fleet, slot, name) for name in ("vfs", "vfs_free", "vgpus_free"))
    if left is not None:
        return fit(f"{left:.0f} gpu", width, right=True), subject.look.styles.text
    if made is None:
        return cells.inapplicable(subject, width, right=True)
    known = UNKNOWN if free is None else f"{free:.0f}"
    return fit(f"{known}/{made:.0f}", width, right=True), subject.look.styles.text


def free_of(fleet: Fleet, slots: Collection[int]) -> str:
    """What these host devices can be shared out as together: `VFs 21/64 free, vGPUs 28`; empty where nothing can."""
    store = fleet.inventory
    functions = [slot for slot in slots if store.value(slot, "device_class") == "vf"]
    free = sum(store.value(slot, "holder") == "" for slot in functions)
    left = [count for slot in slots if isinstance(count := store.value(slot, "vgpus_free"), int)]
    said = [f"VFs {free}/{len(functions)} free"] if functions else []
    return ", ".join([*said, *([f"vGPUs {sum(left)}"] if left else [])])


STORE = (
    Column(
        id="state", title="ST", help="usable now or not", width=7, rank=1, sort="active", letter="p", word="state",
        draw=cells.active("active"), ages=True,
    ),
    Column(
        id="type", title="TYPE", help="kind of storage", width=8, grow=4, rank=2, sort="store_type", letter="t",
        word="type", draw=cells.text("store_type"),
    ),
    Column(
        id="capacity", title="SIZE", help="how much it can hold", width=5, rank=2, sort="capacity", letter="c",
        word="size", draw=cells.number("capacity", units.size), numeric=True,
    ),
    Column(
        id="taken", title="USED", help="how much it holds", width=5, rank=5, word="used", draw=_taken, numeric=True,
    ),
    Column(
        id="free", title="FREE", help="free space", width=5, rank=1, sort="free", letter="f", word="free",
        draw=cells.number("free", units.size), numeric=True,
    ),
    Column(
        id="used", title="USED%", help="how full it is", width=5, rank=1, sort="store.used", letter="u", word="full",
        draw=_used, numeric=True,
    ),
    Column(
        id="bar", title="", help="how full it is, drawn", width=10, rank=5, sort="store.used", word="bar", draw=_bar,
        spoken=False,
    ),
    Column(
        id="shared", title="SHARED", help="reachable from several hosts", width=6, rank=3, sort="shared", letter="s",
        word="shared", draw=cells.text("shared"),
    ),
    msgspec.structs.replace(OWNER, rank=2),
    CONN,
    msgspec.structs.replace(FAMILY, letter="y"),
)  # fmt: skip
"""All columns of datastores and storage pools."""

NETWORK = (
    Column(
        id="state", title="ST", help="up or not", width=7, rank=1, sort="net_active", letter="p", word="state",
        draw=cells.active("net_active"), ages=True,
    ),
    Column(
        id="type", title="TYPE", help="kind of network", width=10, grow=8, rank=1, sort="net_type", letter="t",
        word="type", draw=cells.text("net_type"),
    ),
    Column(
        id="bridge", title="BRIDGE", help="bridge or switch behind it", width=10, grow=8, rank=2, sort="bridge",
        letter="b", word="bridge", draw=cells.filled("bridge"),
    ),
    Column(
        id="vlan", title="VLAN", help="VLAN ids", width=8, rank=2, sort="vlan", letter="v", word="vlan",
        draw=cells.filled("vlan"),
    ),
    msgspec.structs.replace(OWNER, letter="i"),
    CONN,
    FAMILY,
)  # fmt: skip
"""All columns of networks."""

SNAPSHOT = (
    Column(
        id="vm", title="MACHINE", help="machine it belongs to", width=14, grow=12, rank=1, sort="vm", letter="m",
        word="machine", draw=cells.reference("vm"),
    ),
    Column(
        id="age", title="AGE", help="time since it was made", width=5, rank=1, sort="created", letter="e", word="age",
        draw=_age, numeric=True,
    ),
    Column(
        id="created", title="CREATED", help="when it was made", width=16, rank=4, sort="created", word="created",
        draw=cells.moment("created"), spoken=False,
    ),
    Column(
        id="kind", title="KIND", help="of the disks only, or with the memory", width=6, rank=2, sort="snapshot_kind",
        letter="k", word="kind", draw=cells.text("snapshot_kind"),
    ),
    Column(
        id="size", title="SIZE", help="space it takes, where the product tells", width=5, rank=2,
        sort="snapshot_size", letter="z", word="size", draw=cells.number("snapshot_size", units.size), numeric=True,
    ),
    Column(
        id="from", title="GREW FROM", help="snapshot that it grew from", width=12, grow=8, rank=5,
        sort="snapshot_parent", letter="g", word="from", draw=_grown_from,
    ),
    Column(
        id="now", title="", help="the machine runs on top of this one", width=5, rank=3, sort="current", letter="c",
        word="current", draw=_now,
    ),
    CONN,
    Column(
        id="notes", title="NOTES", help="description", width=12, grow=30, rank=6, sort="description", letter="d",
        word="notes", draw=cells.filled("description"),
    ),
    FAMILY,
)  # fmt: skip
"""All columns of snapshots."""

DEVICE = (
    Column(
        id="class", title="CLASS", help="pci, gpu, vgpu, vf, usb, nic, disk", width=6, rank=1, sort="device_class",
        letter="c", word="class", draw=cells.text("device_class"),
    ),
    Column(
        id="vendor", title="PRODUCT", help="vendor and product", width=13, grow=33, rank=2, sort="vendor",
        letter="v", word="vendor", draw=cells.text("vendor"),
    ),
    Column(
        id="iommu", title="GROUP", help="IOMMU group: devices that can only be given away together", width=5, rank=2,
        sort="iommu_group", letter="u", word="iommu", draw=cells.number("iommu_group"), numeric=True,
    ),
    Column(
        id="numa", title="NUMA", help="NUMA node of the host that it is near to", width=4, rank=3, sort="numa_node",
        letter="m", word="numa", draw=cells.number("numa_node"), numeric=True,
    ),
    Column(
        id="driver", title="DRIVER", help="driver of the host that has it now", width=9, grow=4, rank=5, sort="driver",
        letter="d", word="driver", draw=cells.filled("driver"),
    ),
    Column(
        id="free", title="FREE", help="virtual functions that are free, of all; vGPUs that can still be made", width=6,
        rank=2, sort="vfs_free", letter="f", word="free", draw=_to_give, numeric=True,
    ),
    Column(
        id="holder", title="HELD BY", help="machine that has it", width=12, grow=8, rank=1, sort="holder", letter="b",
        word="holder", draw=_holder,
    ),
    Column(
        id="host", title="HOST", help="host that it is built into", width=8, grow=10, rank=4, sort="host", letter="h",
        word="host", draw=cells.reference("host"),
    ),
    CONN,
    Column(
        id="id", title="ID", help="as the product's own tools write it", width=18, grow=8, rank=8, sort="native_id",
        letter="i", word="id", draw=cells.text("native_id"),
    ),
)  # fmt: skip
"""All columns of host devices."""

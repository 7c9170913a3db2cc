"""A device of a host, and a snapshot: in full as an object of its own, and as a line of a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from novatui.core import units
from novatui.core.devices import Device
from novatui.core.snapshots import Snapshot
from novatui.core.specdiff import differences
from novatui.ui.render.detail import words
from novatui.ui.render.detail.attention import attention
from novatui.ui.render.detail.grid import Cell, Column
from novatui.ui.render.detail.sheet import Field, Item, Section, Text
from novatui.ui.render.detail.storage import identity
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

DEVICE_COLUMNS = (
    Column("address"),
    Column("class"),
    Column("group", right=True),
    Column("held by", shrinks=True),
    Column("device", shrinks=True),
    Column("driver", rank=1),
)


def device_row(whole: Whole, device: Device) -> list[Cell]:
    """One device in the list."""
    look = whole.look
    holder = whole.name_of(device.holder)
    return [
        words.told(device.address or device.name),
        words.told(device.device_class),
        words.told(device.iommu_group),
        (holder, look.styles.info) if holder else ("free", look.styles.good),
        words.joined(device.vendor, device.product) or words.told(device.name),
        words.told(device.driver),
    ]


def device_section(whole: Whole, device: Device, others: Sequence[Device] = ()) -> Section:
    """One device in full; `others` are those of the same host."""
    own = device.iommu_group
    group = [each for each in others if own is not None and each.iommu_group == own and each.id != device.id]
    fields: list[Item] = [
        Field("class", words.told(device.device_class)),
        Field("held by", whole.name_of(device.holder) or "nobody"),
        Field("address", words.told(device.address)),
        Field("host driver", words.told(device.driver)),
        Field("IOMMU group", words.told(device.iommu_group)),
        Field("NUMA node", words.told(device.numa_node)),
        Field("vendor", words.told(device.vendor)),
        Field("product", words.told(device.product)),
        Field("name", words.told(device.name)),
        Field("native id", device.id),
    ]
    if device.parent:
        fields.append(Field("part of", device.parent))
    if device.functions_max is not None or device.functions is not None:
        made = f"{words.told(device.functions)} made of {words.told(device.functions_max)} possible"
        fields.append(Field("functions", made))
    fields += [
        Field(each.name or each.id, words.told(each.available, lambda count: f"{count} more can be made"))
        for each in device.mdev_types
    ]
    if group:
        shared = ", ".join(each.address or each.name for each in group)
        fields.append(Field("goes only with", shared, whole.look.styles.warning))
    return Section(title=device.name or device.id, items=fields)


def device_sections(whole: Whole) -> Iterator[Section]:
    """A device as an object of its own."""
    yield attention(whole)
    found = whole.detail.devices if whole.detail is not None else None
    for device in found or ():
        yield device_section(whole, device)
    if not found:
        holder = whole.fleet.inventory.value(whole.slot, "holder")
        yield Section(
            title="Device",
            items=[
                whole.field("class", "device_class"),
                Field("held by", (whole.name_of(holder) or "nobody") if isinstance(holder, str) else UNKNOWN),
                whole.field("vendor", "vendor"),
                whole.field("IOMMU group", "iommu_group"),
            ],
        )
    yield identity(whole)


SNAPSHOT_COLUMNS = (
    Column("created"),
    Column("age", right=True, rank=1),
    Column("kind"),
    Column("size", right=True),
)
"""Columns behind the name, which stands in the tree."""


def snapshot_cells(snapshot: Snapshot, look: Look) -> list[Cell]:
    """What stands behind the name of a snapshot."""
    age = look.epoch() - snapshot.created if snapshot.created is not None else None
    return [look.date(snapshot.created), units.span(age), snapshot_kind(snapshot), words.size(snapshot.size)]


def snapshot_kind(snapshot: Snapshot) -> str:
    """`memory` when it holds the memory as well."""
    if snapshot.memory is None:
        return UNKNOWN
    return "memory" if snapshot.memory else "disk"


def snapshot_section(snapshot: Snapshot, others: Sequence[Snapshot], look: Look) -> Section:
    """One snapshot in full; `others` are all of the machine."""
    names = {each.id: each.name for each in others}
    children = [each.name for each in others if each.parent == snapshot.id]
    kept = {True: "files of its own", False: "inside the disk's file", None: UNKNOWN}[snapshot.external]
    fields: list[Item] = [
        Field("created", words.ago(snapshot.created, look)),
        Field("kind", snapshot_kinds(snapshot)),
        Field("size", words.size(snapshot.size)),
        Field("kept in", kept),
        Field("state then", words.told(snapshot.native_state)),
        Field("here now", words.yes_no(snapshot.current)),
        Field("grew from", _parent(snapshot, names)),
        Field("grown from it", ", ".join(children) or "nothing"),
        Field("native id", snapshot.id),
        Field("notes", snapshot.description or "none"),
    ]
    return Section(title=snapshot.name or UNKNOWN, items=fields)


def snapshot_kinds(snapshot: Snapshot) -> str:
    """What it holds, and whether the guest was quiet then."""
    quiesced = {True: ", quiesced", False: ", not quiesced", None: ""}[snapshot.quiesced]
    disks = {True: "disks and memory", False: "disks only", None: UNKNOWN}[snapshot.memory]
    return disks + quiesced


def _parent(snapshot: Snapshot, names: dict[str, str]) -> str:
    if snapshot.parent is None:
        return "nothing, it is a root"
    return names.get(snapshot.parent, snapshot.parent)


def snapshot_sections(whole: Whole) -> Iterator[Section]:
    """A snapshot as an object of its own."""
    yield attention(whole)
    found = whole.detail.snapshots if whole.detail is not None else None
    wanted = whole.fleet.inventory.value(whole.slot, "native_id")
    mine = [each for each in found or () if each.id == wanted] or list(found or ())
    for each in mine[:1]:
        yield snapshot_section(each, found or (), whole.look)
    yield from _configuration(whole)
    machine = whole.fleet.inventory.value(whole.slot, "vm")
    yield Section(
        title="Snapshot",
        items=[
            Field("machine", whole.name_of(machine) if isinstance(machine, str) else UNKNOWN),
            Field("created", whole.time("created")),
            whole.field("kind", "snapshot_kind"),
            whole.field("here now", "current"),
            whole.field("notes", "description"),
        ],
    )
    yield identity(whole)


def _configuration(whole: Whole) -> Iterator[Section]:
    """What of the machine was otherwise when the snapshot was taken; nothing where the connection does not tell it."""
    then, now = (whole.detail.vm, whole.detail.now) if whole.detail is not None else (None, None)
    if then is None or now is None:
        return
    found = differences(then, now)
    to = whole.look.marks.to
    items: list[Item] = [Field(each.field, f"{each.before or 'none'} {to} {each.after or 'none'}") for each in found]
    yield Section(title="Configuration, then and now", items=items or [Text("no change")], wide=True)

"""A host: its condition and load first, then what it is made of and what it carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from novatui.core.devices import Device
from novatui.ui.render import readings
from novatui.ui.render.detail import words
from novatui.ui.render.detail.attention import WARNINGS, attention
from novatui.ui.render.detail.load import load
from novatui.ui.render.detail.others import others
from novatui.ui.render.detail.places import machines_field, members, things_sections
from novatui.ui.render.detail.sheet import Field, Section
from novatui.ui.render.detail.storage import identity
from novatui.ui.render.detail.vm_summary import power_style, power_text
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.marks import UNKNOWN


def sections(whole: Whole) -> Iterator[Section]:
    """In the order of what matters."""
    yield attention(whole)
    yield _state(whole)
    yield load(whole)
    yield _carries(whole)
    yield _hardware(whole)
    yield devices(whole)
    yield from others(whole, {WARNINGS, "host"})
    yield from things_sections(whole)
    yield identity(whole)


def _state(whole: Whole) -> Section:
    maintenance = whole.flag("maintenance")
    return Section(
        title="State",
        items=[
            Field("power", power_text(whole), power_style(whole)),
            whole.field("health", "health"),
            whole.field("maintenance", "maintenance", whole.look.styles.warning if maintenance else None),
            whole.field("alarms", "alarms", whole.look.styles.warning if whole.number("alarms") else None),
            Field("up since", whole.time("since")),
            whole.field("product", "product"),
        ],
    )


def _carries(whole: Whole) -> Section:
    """Machines, and how much more they were promised than there is."""
    store = whole.fleet.inventory
    machines = members(whole, *readings.MACHINES)
    vcpus = _sum(whole, "vcpus", machines)
    memory = _sum(whole, "memory", machines)
    cpus, total = whole.number("cpus"), whole.number("memory_total")
    per_cpu = f"{vcpus / cpus:.1f} per processor" if vcpus is not None and cpus else UNKNOWN
    share = f"{memory / total * 100:.0f} % of the host's" if memory is not None and total else UNKNOWN
    powers = Counter(str(store.value(slot, "power") or "unknown") for slot in machines)
    return Section(
        title="Machines",
        items=[
            machines_field(whole),
            Field(
                "by state", ", ".join(f"{count} {power}" for power, count in powers.most_common()) or readings.NOTHING
            ),
            Field("vCPU given", words.told(vcpus, lambda known: f"{known:.0f}, {per_cpu}")),
            Field("memory given", words.told(memory, lambda known: f"{words.size(known)}, {share}")),
        ],
    )


def _sum(whole: Whole, column: str, slots: Iterable[int]) -> float | None:
    """None as soon as one of them is unknown."""
    return readings.total(*(readings.number(whole.fleet, slot, column) for slot in slots))


def _hardware(whole: Whole) -> Section:
    return Section(
        title="Hardware",
        items=[
            Field("processors", words.told(whole.number("cpus"), lambda known: f"{known:.0f} logical")),
            whole.field("model", "cpu_model"),
            Field("memory", whole.size("memory_total")),
        ],
    )


def devices(whole: Whole) -> Section:
    """How many there are to give, once they were read."""
    found = whole.detail.devices if whole.detail is not None else None
    if found is None:
        return Section(title="Devices to give", items=[])
    return Section(title="Devices to give", items=device_counts(found), far=f"{len(found)} devices")


def device_counts(found: Sequence[Device]) -> list[Field]:
    """Free and all of each class, IOMMU groups, and vGPUs that can still be made."""
    fields: list[Field] = []
    for name in sorted({device.device_class for device in found}):
        of_class = [device for device in found if device.device_class == name]
        free = sum(1 for device in of_class if not device.holder)
        fields.append(Field(_CLASS_NAMES.get(name, name), f"{free} free of {len(of_class)}"))
    groups = {device.iommu_group for device in found if device.iommu_group is not None}
    fields.append(Field("IOMMU groups", str(len(groups)) if groups else UNKNOWN))
    could = [device.functions_max for device in found if device.functions_max]
    if could:
        made = sum(device.functions or 0 for device in found if device.functions_max)
        fields.append(Field("functions made", f"{made} of {sum(could)} possible"))
    for device in found:
        for each in device.mdev_types:
            left = words.told(each.available, lambda count: f"{count} more")
            fields.append(Field(each.name or each.id, f"{left} on {device.name}"))
    return fields


_CLASS_NAMES = {
    "vf": "virtual functions",
    "nic": "network ports",
    "gpu": "graphics",
    "vgpu": "shared graphics",
    "mdev": "mediated",
    "usb": "USB",
    "pci": "other PCI",
    "disk": "storage",
}

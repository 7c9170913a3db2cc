"""The devices of a host as a tree: IOMMU groups, functions below their card, mediated types below their parent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from novatui.core.devices import Device, Giving, MdevType
from novatui.core.devicestanding import PARTS, Stock, is_local, standing

Key = tuple[str, ...]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the tree."""

    key: Key
    """Stays the same as long as it is the same thing."""
    above: Key | None = None
    title: str = ""
    note: str = ""
    """What is said of several devices together."""
    device: Device | None = None
    """The device; of a type: the parent that makes it."""
    mdev: MdevType | None = None
    group: int | None = None
    """The IOMMU group that the row stands for."""
    offer: str = ""
    """What can still be had of it."""
    folded: bool = False
    """Shown without what is below it until somebody unfolds it."""

    @property
    def real(self) -> Device | None:
        """The device of this row; None for a type, a group, a section."""
        return self.device if self.mdev is None else None


def of_host(devices: Sequence[Device], giving: Giving | None = None, above: Key | None = None) -> list[Line]:
    """All devices, each once: groups by number, then what has none, USB, disks."""
    parts = _parts(devices)
    below = {part.id for some in parts.values() for part in some}
    tops = [device for device in devices if device.id not in below]
    grouped: dict[int, list[Device]] = {}
    for device in tops:
        if device.iommu_group is not None:
            grouped.setdefault(device.iommu_group, []).append(device)
    lines: list[Line] = []
    for number in sorted(grouped):
        lines += _group(number, grouped[number], devices, parts, above)
    rest = [device for device in tops if device.iommu_group is None]
    for name, title, note, members in _ungrouped(rest, giving):
        key = (*(above or ()), name)
        lines.append(Line(key=key, above=above, title=title, note=note, folded=name == "disks"))
        lines += _devices(members, parts, key)
    return lines


def of_machine(machine: str, name: str, host: str, devices: Sequence[Device], giving: Giving | None) -> list[Line]:
    """What the machine with this key holds, what of its host would fit it, and folded everything else."""
    held = [device for device in devices if device.holder == machine]
    unable = giving is not None and bool(giving.obstacle)
    fit = fitting(devices, machine, _near(held))
    fit = [each for each in fit if each.device_class == "usb" or not unable]
    none = "the host can give none" if unable else "no device is free that nothing else depends on"
    shown = {device.id for device in (*held, *fit)}
    lines: list[Line] = []
    for key, title, members, empty in (
        ("held", f"held by {name}", held, "it holds no device of its host"),
        ("fit", f"free on {host}, and would fit", fit, none),
    ):
        lines.append(Line(key=(key,), title=title, note=counted(members) if members else empty))
        lines += (
            Line(key=(key, each.id), above=(key,), title=each.name, device=each, offer=offered(each, devices))
            for each in members
        )
    others = [device for device in devices if device.id not in shown]
    lines.append(Line(key=("all",), title=f"everything on {host}", note=counted(devices), folded=bool(others)))
    return lines + of_host(devices, giving, ("all",))


def fitting(devices: Sequence[Device], machine: str, nodes: Collection[int | None] = ()) -> list[Device]:
    """Devices that could go to this machine as they are: nobody has them or what goes along, nothing depends on them.

    Those on the NUMA `nodes` of what it has already come first.
    """

    def near(device: Device) -> tuple[bool, int, str]:
        rank = _RANKS.index(device.device_class) if device.device_class in _RANKS else len(_RANKS)
        return bool(nodes) and device.numa_node not in nodes, rank, device.address or device.id

    stock = Stock(host="", name="", devices=tuple(devices))
    return sorted((device for device in devices if not _unfit(device, stock, machine)), key=near)


_RANKS = ("mdev", "vgpu", "vf", "gpu", "pci", "nic", "disk", "usb")


def _unfit(device: Device, stock: Stock, machine: str) -> bool:
    """Something other than this machine itself is in the way."""
    if device.holder or is_local(device):
        return True
    releases = (each.release for each in standing(device, stock).obstacles)
    return any(each is None or each.holder is None or each.holder.key != machine for each in releases)


def _near(held: Iterable[Device]) -> set[int | None]:
    return {device.numa_node for device in held if device.numa_node is not None}


_Parts = dict[str, list[Device]]
"""Functions and mediated devices by the device that they are part of."""


def _parts(devices: Sequence[Device]) -> _Parts:
    by_id = {device.id: device for device in devices}
    parts: _Parts = {}
    for device in devices:
        if _ends(device, by_id) and device.device_class in PARTS and device.parent in by_id:
            parts.setdefault(device.parent, []).append(device)
    return parts


def _ends(device: Device, by_id: Mapping[str, Device]) -> bool:
    """The way up from it does: whoever says that two are part of each other has each stand alone."""
    seen: set[str] = set()
    at: Device | None = device
    while at is not None and at.id not in seen:
        seen.add(at.id)
        at = by_id.get(at.parent) if at.device_class in PARTS else None
    return at is None


def _group(
    number: int, tops: Sequence[Device], devices: Sequence[Device], parts: _Parts, above: Key | None
) -> Iterator[Line]:
    members = [each for each in devices if each.iommu_group == number and each.device_class != "mdev"]
    if len(members) < 2:
        yield from _devices(tops, parts, above)
        return
    key = (*(above or ()), f"group {number}")
    held = sum(1 for each in members if each.holder)
    note = f"{len(members)} devices, to one machine as a whole{f'; {held} held' if held else ''}"
    yield Line(key=key, above=above, title=f"IOMMU group {number}", note=note, group=number)
    yield from _devices(tops, parts, key)


def _ungrouped(rest: Sequence[Device], giving: Giving | None) -> Iterator[tuple[str, str, str, list[Device]]]:
    local = [device for device in rest if is_local(device)]
    usb = [device for device in rest if device.device_class == "usb"]
    pci = [device for device in rest if device not in local and device not in usb]
    why = "cannot be given" if giving is not None and giving.obstacle else "the group is not told"
    for name, title, note, members in (
        ("ungrouped", "no IOMMU group", why, pci),
        ("usb", "USB", "needs no IOMMU", usb),
        ("disks", "disks of the host", "given as disks, not as devices", local),
    ):
        if members:
            yield name, title, f"{counted(members)}; {note}", members


def _devices(members: Iterable[Device], parts: _Parts, above: Key | None) -> Iterator[Line]:
    for device in sorted(members, key=lambda each: (each.address or each.id, each.id)):
        key = (*(above or ()), device.id)
        mine = parts.get(device.id, [])
        yield Line(key=key, above=above, title=device.name, device=device, offer=offered(device, mine))
        yield from _devices([part for part in mine if part.device_class == "vf"], parts, key)
        for each in device.mdev_types:
            own = (*key, f"type {each.id}")
            made = [part for part in mine if part.device_class == "mdev" and part.product == each.id]
            yield Line(
                key=own, above=key, title=each.name or each.id, note=_left(each, device), device=device, mdev=each
            )
            yield from _devices(made, parts, own)
        types = {each.id for each in device.mdev_types}
        lone = [part for part in mine if part.device_class == "mdev" and part.product not in types]
        yield from _devices(lone, parts, key)


def offered(device: Device, devices: Iterable[Device]) -> str:
    """What a card can be shared out as: functions and mediated devices that are free."""
    said: list[str] = []
    if device.functions_max is not None:
        free, made = functions(device, devices)
        said.append(f"{free}/{made} VFs")
    if device.mdev_types:
        left = device.mdevs_free
        said.append("? vGPUs" if left is None else f"{left} vGPUs")
    return ", ".join(said)


def functions(device: Device, devices: Iterable[Device]) -> tuple[int, int]:
    """Virtual functions that nobody holds, and all that exist."""
    mine = [each for each in devices if each.parent == device.id and each.device_class == "vf"]
    return sum(1 for each in mine if not each.holder), len(mine)


def _left(each: MdevType, device: Device) -> str:
    if device.holder:
        return f"{each.id}: none, the whole card is given away"
    left = "?" if each.available is None else str(each.available)
    return f"{each.id}: {'none left' if each.available == 0 else f'{left} more can be made'}"


def counted(devices: Sequence[Device]) -> str:
    """`3 devices`."""
    return f"{len(devices)} device{'' if len(devices) == 1 else 's'}"


# Filter


def fitting_lines(lines: Sequence[Line], text: str, name_of: Callable[[str], str]) -> list[Line]:
    """Those that every word fits, with what they stand below; a group that fits brings all of its own."""
    words = text.casefold().split()
    if not words:
        return list(lines)
    by_key = {line.key: line for line in lines}
    kept: set[Key] = set()
    for line in lines:
        below = line.above in kept and by_key[line.above].device is None and _fits(by_key[line.above], words, name_of)
        if below or _fits(line, words, name_of):
            at: Line | None = line
            while at is not None:
                kept.add(at.key)
                at = by_key.get(at.above) if at.above is not None else None
    return [msgspec.structs.replace(line, folded=False) for line in lines if line.key in kept]


def _fits(line: Line, words: Iterable[str], name_of: Callable[[str], str]) -> bool:
    return all(
        _has(line, word.removeprefix("!"), name_of) is not word.startswith("!") for word in words if word.strip("!")
    )


def _has(line: Line, word: str, name_of: Callable[[str], str]) -> bool:
    name, colon, value = word.partition(":")
    device, holder = line.device, name_of(line.device.holder) if line.device is not None else ""
    known = {
        "group": "" if device is None or device.iommu_group is None else str(device.iommu_group),
        "numa": "" if device is None or device.numa_node is None else str(device.numa_node),
        "class": device.device_class if line.mdev is None and device is not None else "",
        "driver": device.driver if device is not None else "",
        "held": holder,
    }
    if colon and name in known:
        found = known[name].casefold()
        return bool(found) and (found == value if name in ("group", "numa") else value in found)
    if word == "free":
        return line.real is not None and not holder
    texts = [line.title, line.mdev.id if line.mdev is not None else ""]
    if device is not None:
        texts += [device.address, device.vendor, device.product, device.driver, device.device_class, holder]
    return any(word in text.casefold() for text in texts)

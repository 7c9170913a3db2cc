"""What stands of each device of a host: free, held, or what is in the way, and what would have to be given back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

import msgspec

from novatui.core.devices import Device, Giving

FREE_DRIVERS = frozenset({"", "vfio-pci", "pci-stub", "passthrough"})
"""Drivers that hold a device for machines, not for the host."""

PARTS = frozenset({"vf", "mdev"})
"""Classes of devices that are parts of another one."""

_VITAL = frozenset({"nic", "disk"})
"""Classes of devices that the host may live on."""


class Use(StrEnum):
    """What a device is to whoever wants one."""

    FREE = "free"
    HELD = "held"
    """A machine that runs has it, or one of which nobody knows whether it does."""
    DEFINED = "defined"
    """Only machines that are off have it in their configuration."""
    BLOCKED = "blocked"
    """No machine has it, and it cannot be given."""
    UNKNOWN = "unknown"
    """What some machines hold is not known: it may be this."""


class Holder(msgspec.Struct, frozen=True):
    """A machine that has devices."""

    key: str
    name: str
    running: bool | None = None
    """None: not known."""

    @property
    def word(self) -> str:
        """Its state."""
        return "?" if self.running is None else "running" if self.running else "off"


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """The devices of one host, and the machines that have some."""

    host: str
    """Its ref."""
    name: str
    devices: tuple[Device, ...] = ()
    giving: Giving = Giving()
    machines: Mapping[str, Holder] = {}
    """By key."""

    def holder(self, key: str) -> Holder:
        """The machine with this key; of one that is not known its own name for it."""
        return self.machines.get(key) or Holder(key, key.partition(":")[2] or key)


class Release(msgspec.Struct, frozen=True):
    """One thing that has to happen so that a device is free."""

    holder: Holder | None
    """The machine that gives it back; None: the host lets go of it."""
    device: str
    """Name of the device."""
    words: str = ""
    """Of the host: what it does."""

    @property
    def cost(self) -> int:
        """How much it asks of people: 1 a machine that is off, 3 one that runs, 4 the host itself."""
        return 4 if self.holder is None else 1 if self.holder.running is False else 3


class Obstacle(msgspec.Struct, frozen=True):
    """One thing that keeps a device from being given."""

    reason: str
    release: Release | None = None
    """What takes it away; None: nothing that a person could simply do."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One device, and what stands of it."""

    device: Device
    use: Use
    holders: tuple[Holder, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    conflict: str = ""
    """What cannot both be: two machines with the same device, a group that is parted. Empty: nothing such."""

    @property
    def reason(self) -> str:
        """Why it is not free, in one sentence."""
        if self.use is Use.UNKNOWN:
            return "some machines do not tell what they hold"
        return self.obstacles[0].reason if self.obstacles else ""

    @property
    def releases(self) -> tuple[Release, ...] | None:
        """Everything that has to happen so that it is free; None where that is nothing a person could simply do."""
        found = [each.release for each in self.obstacles]
        told = tuple(dict.fromkeys(each for each in found if each is not None))
        return told if None not in found else None


def standings(stock: Stock) -> tuple[Standing, ...]:
    """Of every device that can be passed through; disks that are given as disks are none."""
    return tuple(standing(device, stock) for device in stock.devices if not is_local(device))


def standing(device: Device, stock: Stock) -> Standing:
    """Of one device."""
    holders = holders_of(device, stock)
    obstacles = tuple(_obstacles(device, stock))
    if holders:
        use = Use.DEFINED if all(each.running is False for each in holders) else Use.HELD
    elif obstacles:
        use = Use.BLOCKED
    else:
        use = Use.FREE if stock.giving.untold == 0 else Use.UNKNOWN
    conflict = _conflict(device, holders, stock)
    return Standing(device=device, use=use, holders=holders, obstacles=obstacles, conflict=conflict)


def holders_of(device: Device, stock: Stock) -> tuple[Holder, ...]:
    """Every machine that has it, running or not."""
    return tuple(stock.holder(key) for key in (device.holder, *device.others) if key)


def along(device: Device, devices: Iterable[Device]) -> list[Device]:
    """The others of its IOMMU group, which go to one machine with it; a mediated device goes alone."""
    group = device.iommu_group
    if group is None or device.device_class == "mdev":
        return []
    return [
        each for each in devices if each.iommu_group == group and each.id != device.id and each.device_class != "mdev"
    ]


def is_local(device: Device) -> bool:
    """A disk of the host, which is given as a disk and not as a device."""
    return device.device_class == "disk" and device.iommu_group is None and ":" not in device.address


def needs_iommu(device: Device) -> bool:
    """USB devices are handed over without one."""
    return device.device_class != "usb"


def split_into(device: Device, devices: Iterable[Device]) -> str:
    """What exists of a device in parts, which would vanish with it: `8 VFs`. Empty: nothing."""
    made = [each.device_class for each in devices if each.parent == device.id and each.device_class in PARTS]
    vfs, mdevs = max(device.functions or 0, made.count("vf")), made.count("mdev")
    return ", ".join(
        f"{count} {word}{'' if count == 1 else 's'}" for count, word in ((vfs, "VF"), (mdevs, "vGPU")) if count
    )


def _obstacles(device: Device, stock: Stock) -> Iterator[Obstacle]:
    for holder in holders_of(device, stock):
        yield Obstacle(f"{holder.name} ({holder.word}) has it", Release(holder, device.name))
    if needs_iommu(device) and stock.giving.obstacle:
        yield Obstacle(stock.giving.obstacle)
    if parts := split_into(device, stock.devices):
        yield Obstacle(f"it is shared out: {parts}")
    mine = {each.key for each in holders_of(device, stock)}
    if not mine and device.device_class in _VITAL and device.driver not in FREE_DRIVERS:
        yield Obstacle(f"the host may live on it (driver {device.driver})")
    for other in along(device, stock.devices):
        yield from _group_obstacles(device, other, mine, stock)


def _group_obstacles(device: Device, other: Device, mine: set[str], stock: Stock) -> Iterator[Obstacle]:
    """What the others of the group bring: they all go to one machine, or none does."""
    group = f"IOMMU group {device.iommu_group}"
    holders = holders_of(other, stock)
    for holder in holders:
        if holder.key not in mine:
            yield Obstacle(f"{other.name} of its {group} is with {holder.name}", Release(holder, other.name))
        else:
            yield Obstacle(f"{other.name} of its {group} goes back with it", Release(holder, other.name))
    if holders or other.driver in FREE_DRIVERS:
        return
    reason = f"the host uses {other.name} of its {group} (driver {other.driver})"
    vital = other.device_class in _VITAL
    words = f"the host lets go of {other.name} (driver {other.driver})"
    yield Obstacle(reason, None if vital else Release(None, other.name, words))


def _conflict(device: Device, holders: tuple[Holder, ...], stock: Stock) -> str:
    if len(holders) > 1:
        names = ", ".join(f"{each.name} ({each.word})" for each in holders)
        return f"{len(holders)} machines have it, only one can run with it: {names}"
    if not holders:
        return ""
    for other in along(device, stock.devices):
        others = [each for each in holders_of(other, stock) if each != holders[0]]
        if others:
            return f"IOMMU group {device.iommu_group} is parted: {others[0].name} has {other.name}"
        if not holders_of(other, stock) and other.driver not in FREE_DRIVERS:
            return f"IOMMU group {device.iommu_group} is parted: the host uses {other.name} (driver {other.driver})"
    return ""

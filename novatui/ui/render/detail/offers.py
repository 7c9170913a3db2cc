"""What a product line has no concept of: there a missing value is `–`, not `?`."""

from __future__ import annotations

from novatui.core.states import Family

_ALL = frozenset(Family)
_QEMU = frozenset({Family.LIBVIRT, Family.PROXMOX})

_OFFERED: dict[str, frozenset[Family]] = {
    "persistent": frozenset({Family.LIBVIRT}),
    "tags": _ALL - {Family.HYPERV},
    "maintenance": _ALL - {Family.LIBVIRT},
    "alarms": _ALL - {Family.LIBVIRT},
    "health": _ALL - {Family.LIBVIRT},
    "cpu.pins": _ALL - {Family.HYPERV},
    "cpu.schedulers": frozenset({Family.LIBVIRT}),
    "cpu.emulator_pin": frozenset({Family.LIBVIRT}),
    "cpu.mode": _QEMU,
    "disk.cache": _QEMU,
    "disk.io": _QEMU,
    "disk.iothread": _QEMU,
    "disk.queues": frozenset({Family.LIBVIRT}),
    "disk.serial": _QEMU,
    "nic.queues": _QEMU,
    "nic.driver": frozenset({Family.LIBVIRT}),
    "nic.isolated": frozenset({Family.LIBVIRT}),
    "memory.huge_pages": frozenset({Family.LIBVIRT, Family.PROXMOX, Family.VSPHERE}),
    "memory.source": frozenset({Family.LIBVIRT}),
    "memory.access": frozenset({Family.LIBVIRT}),
    "memory.page_sharing": frozenset({Family.LIBVIRT, Family.VSPHERE}),
    "iothreads": _QEMU,
    "channels": _QEMU,
}
"""By column or by setting of a machine; what is not named may be told by every product line."""


def offered(thing: str, family: Family) -> bool:
    """False for what this product line has not."""
    return family in _OFFERED.get(thing, _ALL)

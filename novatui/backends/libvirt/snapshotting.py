"""Which kind of snapshot a machine can have now, and why it cannot have another.

Internal: inside the disks' own files, with the memory when it runs; libvirt reverts to it. External: the disks go on in
new files, and what was written is left behind as it is. Rules are those of libvirt's qemu_snapshot.c, seen with 9.0.
"""

from __future__ import annotations

from enum import Enum
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

import msgspec

from novatui.backends.libvirt.domxml_disks import source_of
from novatui.backends.libvirt.machine import Machine, Seen
from novatui.backends.libvirt.xmltree import attribute_at
from novatui.core.errors import Busy

REVERTS_EXTERNAL = 9_009_000
"""libvirt's version number since which it reverts to external snapshots (its release notes)."""

DELETES_EXTERNAL = 9_000_000
"""The same for deleting them."""

DISK_ONLY, QUIESCE = 1 << 4, 1 << 6
"""VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY, VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE."""


class Way(Enum):
    """How a snapshot is kept."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class SnapDisk(msgspec.Struct, frozen=True):
    """A disk that a snapshot takes in."""

    target: str
    type: str
    """file, block, network …"""
    source: str
    format: str

    @property
    def holds_snapshots(self) -> bool:
        """A snapshot can be kept inside it."""
        return self.format == "qcow2" or (self.type == "network" and self.source.startswith("rbd:"))


def disks(machine: Seen) -> list[SnapDisk]:
    """Disks that libvirt takes in by itself: not those that are read-only, empty, or told to stay out."""
    return [
        SnapDisk(
            attribute_at(disk, "target", "dev"),
            disk.get("type", ""),
            source_of(disk.get("type", ""), disk.find("source")),
            attribute_at(disk, "driver", "type") or "raw",
        )
        for disk in machine.now.devices("disk")
        if _taken_in(disk)
    ]


def files_now(machine: Machine) -> dict[str, str]:
    """What each disk is now, by target."""
    return {disk.target: disk.source for disk in machine.now.spec.disks}


def against_internal(machine: Seen, found: list[SnapDisk]) -> list[str]:
    """Why it can have no snapshot inside its disks, with its memory if it runs: sentences; empty when it can.

    Rules are QEMU's: what another hypervisor can do it says itself.
    """
    if machine.now.spec.hypervisor not in {"qemu", "kvm"}:
        return []
    reasons = [
        f"{disk.target} is {disk.format}: only qcow2 disks hold snapshots" for disk in found if not disk.holds_snapshots
    ]
    if _raw_variables(machine.now.root):
        reasons.append("the variables of its UEFI firmware are kept in a raw file, which holds no snapshot")
    if machine.active and (given := held_devices(machine)):
        reasons.append(f"its memory cannot be saved while it holds devices of the host: {', '.join(given)}")
    return reasons


def against_external(found: list[SnapDisk]) -> list[str]:
    """Why its disks cannot go on in new files by themselves."""
    return [
        f"{disk.target} is no file ({disk.type}): libvirt does not know where its new file should be"
        for disk in found
        if disk.type != "file"
    ]


def held_devices(machine: Seen) -> list[str]:
    """Devices of the host that keep its memory from being saved."""
    given = [device.address for device in machine.now.spec.host_devices if device.type in {"pci", "mdev"}]
    return given + [nic.mac or nic.type for nic in machine.now.spec.nics if nic.type == "hostdev"]


def refuse_with_block_job(machine: Machine) -> None:
    """libvirt neither takes nor merges snapshots of disks that a job copies. Busy when there is one."""
    at_work = [attribute_at(disk, "target", "dev") for disk in machine.now.devices("disk") if _is_copied(disk)]
    if at_work:
        raise Busy(
            f"a block job works on {', '.join(at_work)}",
            meaning="libvirt takes and merges no snapshots meanwhile",
            hint="wait for the job, or cancel its task",
            code="55",
            subject="block job",
        )


def _is_copied(disk: Element) -> bool:
    return disk.find("mirror") is not None


def next_file(path: str, name: str) -> str:
    """The file that libvirt makes beside a disk's file for an external snapshot: its last suffix replaced."""
    place = PurePosixPath(path)
    return str(place.with_name(f"{place.name.rpartition('.')[0] or place.name}.{name}"))


def _taken_in(disk: Element) -> bool:
    source = source_of(disk.get("type", ""), disk.find("source"))
    return bool(source) and disk.find("readonly") is None and disk.get("snapshot") != "no"


def _raw_variables(root: Element) -> bool:
    """UEFI with variables that are not in qcow2, which newer versions of libvirt offer."""
    system = root.find("os")
    uefi = attribute_at(system, "loader", "type") == "pflash" or (
        system is not None and system.get("firmware") == "efi"
    )
    return uefi and attribute_at(system, "nvram", "format") != "qcow2"

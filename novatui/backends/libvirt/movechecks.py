"""What keeps a machine from moving, or makes its move worth a second thought; read from what the machine is. Pure.

Refusals are those of libvirt itself (qemuMigrationSrcIsAllowed, qemuMigrationSrcIsSafe), said before the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.machine import Machine, Seen
from novatui.core.errors import Busy, Conflict, NotSupported
from novatui.core.units import size
from novatui.core.vmspec import DiskSpec

_VFIO_MOVES_SINCE = 10_000_000
"""libvirt 10 lets QEMU judge whether a VFIO device can move; before it refuses by itself."""

_NETWORKED = frozenset({"network", "vhostuser", "vhostvdpa"})
"""Types of disks that are reached over the network from any host."""


def refuse_immovable(machine: Seen, snapshots: int, version: int) -> None:
    """NotSupported, Conflict or Busy with the reason why libvirt would refuse to move this machine while it runs."""
    _refuse_with_snapshots(machine, snapshots)
    devices = [device for device in machine.now.devices("hostdev") if not _has_stand_in(device)]
    names = [f"{device.get('type', '?')} {_place(device)}".strip() for device in devices]
    if names and (version < _VFIO_MOVES_SINCE or any(each.get("type") not in {"pci", "mdev"} for each in devices)):
        raise NotSupported(
            f"{machine.name} holds devices of its host",
            meaning=f"{', '.join(names)} cannot go with it",
            hint="detach them first (device.detach), or move the machine while it is off (migrate.offline)",
            subject=", ".join(names),
        )
    for path, attributes, what, hint in _STAYS:
        if any(attributes.items() <= found.attrib.items() for found in machine.now.root.findall(path)):
            raise NotSupported(f"{machine.name} has {what}", meaning="that cannot move while it runs", hint=hint)
    busy = [disk for disk in machine.now.devices("disk") if disk.find("mirror") is not None]
    if busy:
        raise Busy(
            f"a block job works on the disks of {machine.name}",
            meaning="libvirt moves no machine whose disks are being copied",
            hint="wait for it, or cancel its task",
            subject="block job",
        )


def refuse_to_leave(machine: Machine, snapshots: int) -> None:
    """Conflict with the reason why the definition of a machine that is off should not move."""
    _refuse_with_snapshots(machine, snapshots)
    if not machine.persistent:
        raise Conflict(f"{machine.name} is not defined permanently: there is nothing to move", subject="persistent")


def _refuse_with_snapshots(machine: Seen, snapshots: int) -> None:
    if snapshots:
        raise Conflict(
            f"{machine.name} has {snapshots} snapshot{'s' if snapshots > 1 else ''}",
            meaning="libvirt moves no machine that has any: their entries would stay behind",
            hint="delete them first (snap.delete)",
            subject="snapshots",
        )


_STAYS: tuple[tuple[str, dict[str, str], str, str], ...] = (
    ("devices/filesystem/driver", {"type": "virtiofs"}, "a folder of its host (virtiofs)", "take it away first"),
    ("devices/shmem", {"role": "peer"}, "memory shared with other machines", "take it away first"),
    ("devices/tpm/backend", {"type": "passthrough"}, "the TPM of its host", "move it while it is off"),
    ("launchSecurity", {}, "memory that is encrypted for this host", "move it while it is off"),
)
"""Where in the XML, with which attributes, what it is, what to do."""


def _has_stand_in(device: Element) -> bool:
    """A network device of the host that the guest has teamed with a virtual one: libvirt unplugs it for the move."""
    return device.find("teaming") is not None


def _place(device: Element) -> str:
    address = device.find("source/address")
    if address is None:
        return ""
    if uuid := address.get("uuid"):
        return uuid
    return ":".join(address.get(part, "").removeprefix("0x") for part in ("domain", "bus", "slot") if address.get(part))


def warnings(machine: Machine, version: int, *, keeps: bool) -> Iterator[str]:
    """What may go wrong, or differs after the move. `keeps`: it is defined permanently at the destination."""
    spec = machine.now.spec
    if spec.cpu.mode == "host-passthrough":
        yield "it sees the processor of its host as it is: the destination needs the same one, or the guest crashes"
    if spec.host_devices and version >= _VFIO_MOVES_SINCE:
        yield "it holds devices of its host: QEMU refuses the move unless their drivers can hand over their state"
    if machine.now.devices("filesystem"):
        yield "it has a folder of its host (9p): while the guest has that mounted, QEMU refuses the move"
    if any(device.find("teaming") is not None for device in machine.now.devices("interface")):
        yield "its network device of the host is unplugged for the move; the guest goes on with the virtual one"
    if spec.firmware.nvram:
        yield "the variables of its UEFI firmware go with it; the firmware itself has to be at the destination"
    if any(tpm.backend == "emulator" for tpm in spec.tpm):
        yield "the state of its TPM goes with it; the destination needs swtpm in the same version or a newer one"
    if machine.autostart and keeps:
        yield "it starts with its host here; that does not go with it: set it again there (power.autostart)"
    if machine.persistent and not keeps:
        yield "it is not defined permanently at the destination: libvirt forgets it there when it is off"
    if graphics := [each.type for each in spec.graphics if each.type in {"vnc", "spice"}]:
        yield f"whoever looks at its screen ({', '.join(graphics)}) is cut off and has to connect to the destination"


def writable_disks(machine: Machine) -> list[DiskSpec]:
    """Disks whose content a copy of the storage would send."""
    return [
        disk
        for disk in machine.now.spec.disks
        if disk.device in {"disk", "lun"} and disk.source and not disk.readonly and not disk.shareable
    ]


def is_networked(disk: DiskSpec) -> bool:
    """It is reached over the network, by any host in the same way."""
    return disk.source_type in _NETWORKED


def needed_files(machine: Machine) -> list[DiskSpec]:
    """Files and block devices that the destination must see under the same path, as none of them is copied."""
    return [disk for disk in machine.now.spec.disks if disk.source and not is_networked(disk)]


def memory_words(machine: Machine, rate: int | None) -> tuple[str, ...]:
    """What has to be sent at least, and how long that takes when a rate is given (bytes per second)."""
    memory = machine.now.spec.memory.current or machine.now.spec.memory.size
    if memory is None:
        return ()
    least = f", at least {memory / rate:.0f} s at {size(rate)}/s" if rate else ""
    return (f"up to {size(memory)} of memory are sent once, and what the guest changes meanwhile again{least}",)

"""Changes that wait for the next start: what a running machine's stored configuration says otherwise.

The running description holds much that libvirt fills in (ports, aliases, host names of interfaces), so only what a
person configures is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from novatui.core.detail import Property
from novatui.core.units import size
from novatui.core.vmspec import VmSpec

SECTION = "after the next start"


def pending_changes(live: VmSpec, stored: VmSpec) -> list[Property]:
    """One property for each setting that differs, as `now -> then`."""
    return [
        Property(SECTION, name, f"{now or 'none'} -> {then or 'none'}")
        for name, read in _SETTINGS
        if (now := read(live)) != (then := read(stored))
    ] + list(_devices(live, stored))


def _count(value: int | None) -> str:
    return "" if value is None else str(value)


def _size(value: int | None) -> str:
    return "" if value is None else size(value)


_SETTINGS: tuple[tuple[str, Callable[[VmSpec], str]], ...] = (
    ("name", lambda vm: vm.name),
    ("title", lambda vm: vm.title),
    ("vCPUs at most", lambda vm: _count(vm.cpu.maximum)),
    ("vCPUs", lambda vm: _count(vm.cpu.count)),
    ("CPU topology", lambda vm: _topology(vm)),
    ("memory", lambda vm: _size(vm.memory.size)),
    ("memory limit", lambda vm: _size(vm.memory.maximum)),
    ("machine type", lambda vm: vm.machine),
    ("loader", lambda vm: vm.firmware.loader),
    ("TPM", lambda vm: ", ".join(f"{tpm.model} {tpm.version}".strip() for tpm in vm.tpm)),
    ("launch security", lambda vm: vm.launch_security.type if vm.launch_security else ""),
    ("I/O threads", lambda vm: _count(vm.iothreads)),
    ("watchdog", lambda vm: vm.watchdog),
    ("IOMMU", lambda vm: vm.iommu),
)


def _topology(vm: VmSpec) -> str:
    shape = vm.cpu.topology
    return f"{shape.sockets}×{shape.dies}×{shape.cores}×{shape.threads}" if shape else ""


def _devices(live: VmSpec, stored: VmSpec) -> Iterator[Property]:
    """Devices that come or go with the next start."""
    yield from _set("disk", _disks(live), _disks(stored))
    yield from _set("interface", _nics(live), _nics(stored))
    yield from _set("host device", _given(live), _given(stored))


def _set(name: str, now: set[str], then: set[str]) -> Iterator[Property]:
    yield from (Property(SECTION, name, f"{each} is added") for each in sorted(then - now))
    yield from (Property(SECTION, name, f"{each} is removed") for each in sorted(now - then))


def _disks(vm: VmSpec) -> set[str]:
    return {f"{disk.target} {disk.source}".strip() for disk in vm.disks}


def _nics(vm: VmSpec) -> set[str]:
    return {nic.mac or nic.source for nic in vm.nics}


def _given(vm: VmSpec) -> set[str]:
    return {f"{device.type} {device.address}" for device in vm.host_devices}

"""Stores, networks and devices of a host, as far as a machine asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.fields import at, each, refs, truth, words
from novatui.backends.vsphere.needs import Carried, ref_of
from novatui.backends.vsphere.reading_now import Now, read_each
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import NotFound
from novatui.core.needs import DiskTold, Needs, Told, plug
from novatui.core.vmspec import DiskSpec

STORE = ("name", "summary.accessible", "summary.freeSpace", "summary.maintenanceMode", "summary.type")
"""Of every store of a host."""

MOUNTS = ("name", "host")
"""Of the few that a machine's disks lie on: a store has one entry for each host."""

PCI = "hardware.pciDevice"
PASSED = "config.pciPassthruInfo"
VGPUS = ("config.sharedGpuCapabilities", "config.sharedPassthruGpuTypes")
DEVICES = (PCI, PASSED, *VGPUS)
"""Only asked for a machine that holds devices."""


class Stores:
    """The stores that one host sees, read now."""

    def __init__(self, asking: Asking, host: Now) -> None:
        self._asking = asking
        self._host = host
        self.refs = host.refs("datastore")
        self.told = _each(asking, self.refs, STORE)

    def roomiest(self) -> tuple[Ref, Now] | None:
        """The store with most space of those that take new disks."""
        usable = [(ref, now) for ref, now in self.told.items() if _takes_disks(now)]
        return max(usable, key=lambda one: one[1]["summary.freeSpace"] or 0, default=None)

    def disks(self, needs: Needs, carried: Carried) -> dict[str, DiskTold]:
        """Each disk that lies on a store: whether the host reaches that, and whether it has room for a copy."""
        wanted = {ref for word in carried.stores.values() if (ref := ref_of(word)) is not None}
        mounts = _each(self._asking, [ref for ref in self.refs if ref in wanted], MOUNTS)
        copied = sum(_space(disk) or 0 for disk in needs.vm.disks if disk.device == "disk")
        found: dict[str, DiskTold] = {}
        for disk in needs.vm.disks:
            store = ref_of(carried.stores.get(disk.target, ""))
            if disk.target in carried.idle:
                found[disk.target] = DiskTold(reached=self._host.tell(True, "the drive is not connected"))
            elif store is None:
                found[disk.target] = DiskTold(reached=self._without_store(disk))
            else:
                reached = self._reaches(store, disk.store, mounts.get(store))
                found[disk.target] = DiskTold(reached=reached, room=self._room(copied))
        return found

    def _without_store(self, disk: DiskSpec) -> Told[bool]:
        if disk.source_type == "client":
            return self._host.tell(True, "it is the drive of whoever looks at its console")
        if disk.device == "cdrom" and disk.source_type == "block":
            return self._host.tell(False, "it is the drive of the host that it is on")
        return Told(said="it lies on no store", evidence=self._host.evidence)

    def _reaches(self, store: Ref, name: str, mounts: Now | None) -> Told[bool]:
        if store not in self.refs:
            return self._host.tell(False, f"store {name} is not mounted there")
        for one in each(mounts["host"]) if mounts is not None else ():
            if self._host.ref in refs(one, "key") and truth(one, "mountInfo.accessible") is False:
                reason = words(one, "mountInfo.inaccessibleReason")
                return self._host.tell(False, f"store {name} is lost there{f': {reason}' if reason else ''}")
        return self._host.tell(True)

    def _room(self, wanted: int) -> Told[bool]:
        best = self.roomiest()
        if best is None:
            return self._host.tell(False, "no store there takes new disks")
        ref, now = best
        free = now["summary.freeSpace"]
        if not isinstance(free, int):
            return Told(said=now.why("summary.freeSpace"), evidence=now.evidence)
        name = now.words("name") or ref.id
        return now.tell(free >= wanted, f"on {name}" if free >= wanted else "no store there has room for its disks")


def networks(needs: Needs, carried: Carried, host: Now, names: Mapping[Ref, str]) -> dict[str, Told[bool]]:
    """Each network of the machine, by what it is plugged into. `names` of the networks that the host has."""
    has = host.refs("network")
    found: dict[str, Told[bool]] = {}
    for nic in needs.vm.nics:
        wanted = ref_of(carried.networks.get(plug(nic), ""))
        if wanted is not None and wanted in has:
            found[plug(nic)] = host.tell(True)
        elif wanted is not None and any(names.get(ref) == nic.source for ref in has):
            found[plug(nic)] = host.tell(False, "another network there has its name: it would have to be plugged over")
        elif wanted is None:
            same = any(names.get(ref) == nic.source for ref in has)
            found[plug(nic)] = host.tell(True) if same else host.tell(False)
        else:
            found[plug(nic)] = host.tell(False)
    return found


def devices(needs: Needs, carried: Carried, host: Now) -> dict[str, Told[bool]]:
    """Devices of the host that the machine holds: one of its kind, or its vGPU profile."""
    found: dict[str, Told[bool]] = {}
    for device in needs.vm.host_devices:
        told = _device(carried.devices.get(device.address, ""), host, moves=needs.running)
        before = found.get(device.address)
        if before is None or (before.value is not False and told.value is not True):
            found[device.address] = told
    return found


def _device(kind: str, host: Now, *, moves: bool) -> Told[bool]:
    what, _, wanted = kind.partition(":")
    if what == "vgpu":
        return _vgpu(wanted, host, moves=moves)
    if what == "pci":
        return _pci(wanted.split("|"), host)
    return Told(said="the server does not tell which devices could stand for it", evidence=host.evidence)


def _vgpu(profile: str, host: Now, *, moves: bool) -> Told[bool]:
    shared = {words(one, "vgpu"): one for one in each(host[VGPUS[0]])}
    types = {str(one) for one in host[VGPUS[1]] or ()}
    if not shared and host[VGPUS[1]] is None:
        return Told(said=host.why(VGPUS[1]), evidence=host.evidence)
    if profile not in shared.keys() | types:
        return host.tell(False, f"it has no free vGPU {profile}")
    if moves and truth(shared.get(profile), "migrateSupported") is False:
        return host.tell(False, f"its vGPU {profile} cannot be moved while it runs")
    return host.tell(True, f"vGPU {profile}")


def _pci(wanted: list[str], host: Now) -> Told[bool]:
    if host[PCI] is None:
        return Told(said=host.why(PCI), evidence=host.evidence)
    alike = {words(one, "id") for one in each(host[PCI]) if _ids(one) in wanted}
    ready = {words(one, "id") for one in each(host[PASSED]) if truth(one, "passthruActive")}
    if alike & ready:
        return host.tell(True, sorted(alike & ready)[0])
    return host.tell(False, "those that it has are not set up for passthrough" if alike else "")


def _ids(device: dict[str, Any]) -> str:
    """HostPciDevice: both are signed 16-bit numbers."""
    pair = (at(device, "vendorId"), at(device, "deviceId"))
    numbers = [int(one) & 0xFFFF for one in pair if isinstance(one, int | str) and str(one).lstrip("-").isdigit()]
    return ":".join(f"{one:04x}" for one in numbers)


def _takes_disks(store: Now) -> bool:
    free = isinstance(store["summary.freeSpace"], int)
    return (
        free and store["summary.accessible"] is not False and store.words("summary.maintenanceMode") in ("", "normal")
    )


def _space(disk: DiskSpec) -> int | None:
    """Bytes that a copy takes at most: what it takes now where that is known."""
    return disk.allocation if disk.allocation is not None else disk.size


def _each(asking: Asking, wanted: list[Ref], paths: tuple[str, ...]) -> dict[Ref, Now]:
    """Of several objects. When one is gone meanwhile, each by itself."""
    found: dict[Ref, Now] = {}
    for kind in dict.fromkeys(ref.type for ref in wanted):
        alike = [ref for ref in wanted if ref.type == kind]
        try:
            found |= read_each(asking, alike, paths)
        except NotFound:
            for ref in alike:
                try:
                    found |= read_each(asking, [ref], paths)
                except NotFound:
                    continue
    return found

"""One libvirt host asked for everything that a machine needs: real calls, nothing of it changes anything."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from novatui.backends.found import declared
from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.host import Host, parsed
from novatui.backends.libvirt.library import version_text
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.preflight_cpu import cpu_told
from novatui.backends.libvirt.preflight_plugs import devices_told, networks_told
from novatui.backends.libvirt.preflight_storage import disks_told
from novatui.backends.libvirt.xmltree import integer, text_of
from novatui.core.fitting import fit
from novatui.core.needs import HostTold, Needs, Told, TpmOffer
from novatui.core.reasons import Fit

KIB = 1024

NO_DOMAIN = "42"

_FIRMWARE = {"efi": "uefi", "bios": "bios"}


def fits_of(link: Link, host: Host, needs: Needs) -> Fit:
    """How this host meets what the machine needs."""
    return fit(needs, _Preflight(link, host, needs).told())


class _Preflight:
    """The questions, in the order in which they lead on."""

    def __init__(self, link: Link, host: Host, needs: Needs) -> None:
        self.link, self.host, self.needs, self.vm = link, host, needs, needs.vm
        self.root = parsed(needs.native)
        self._begun = time.time()
        self.capabilities = ask(link, link.conn.getCapabilities)
        self.caps = parsed(self.capabilities.value)
        self.domain = self._domain_capabilities()
        self.domcaps = parsed(self.domain.value)

    def told(self) -> HostTold:
        """Everything."""
        link, needs = self.link, self.needs
        version = ask(link, link.conn.getVersion)
        asked = self.capabilities
        none = "libvirt has no maintenance mode"
        return HostTold(
            host=self.host.key,
            name=self.host.name,
            host_uuid=self.host.uuid,
            connected=version.tell(True) if version.failure is None else asked.tell(asked.failure is None or None),
            maintenance=Told(value=False, said=none, evidence=declared("libvirt: no such state of a host")),
            migrates=self._migrates(),
            guests=asked.tell(self._guests()) if self.caps is not None else asked.untold(),
            cpu=cpu_told(link, needs, self.root, self.emulator),
            machines=asked.tell(self._machines()) if self.caps is not None else asked.untold(),
            firmwares=self._firmwares(),
            loaders=self._values("os/loader", None),
            secure_boot=self._secure_boot(),
            tpm=self._tpm(),
            memory_free=self._memory(),
            huge_pages=self._huge_pages(),
            vcpus_max=self._vcpus(),
            disks=disks_told(link, self.host, needs),
            networks=networks_told(link, needs),
            devices=devices_told(link, needs),
            uuid_free=self._uuid_free(),
            name_free=self._name_free(),
            version=version.tell(version_text(version.value)) if version.value else version.untold(),
            at=self._begun,
            ms=(time.time() - self._begun) * 1000,
        )

    @property
    def emulator(self) -> str | None:
        """The program that the machine names for itself; None when libvirt chooses it."""
        element = self.root.find("devices/emulator") if self.root is not None else None
        return text_of(element) or None

    def _domain_capabilities(self) -> Asked:
        vm, conn = self.vm, self.link.conn
        arguments = (vm.arch or None, vm.machine or None, vm.hypervisor or None, 0)
        return ask(self.link, conn.getDomainCapabilities, self.emulator, *arguments)

    # --- what it says of itself

    def _arches(self) -> list[Element]:
        return self.caps.findall("guest/arch") if self.caps is not None else []

    def _guests(self) -> frozenset[tuple[str, str]]:
        return frozenset(
            (arch.get("name", ""), domain.get("type", ""))
            for arch in self._arches()
            for domain in arch.findall("domain")
        )

    def _machines(self) -> frozenset[str]:
        """Machine types of its architecture, aliases and what they stand for."""
        found: set[str] = set()
        for arch in self._arches():
            if arch.get("name") != self.vm.arch:
                continue
            for machine in (*arch.findall("machine"), *arch.findall("domain/machine")):
                found |= {text_of(machine), machine.get("canonical", "")}
        return frozenset(found - {""})

    def _migrates(self) -> Told[bool]:
        if self.caps is None:
            return self.capabilities.untold()
        live = self.caps.find("host/migration_features/live") is not None
        return self.capabilities.tell(live, "" if live else "its libvirt driver tells of no live migration")

    # --- what it tells of machines like this one

    def _enum(self, path: str, name: str) -> frozenset[str] | None:
        """Values of an enumeration; None when nothing is said of it."""
        parent = self.domcaps.find(path) if self.domcaps is not None else None
        if parent is None:
            return None
        for enum in parent.findall("enum"):
            if enum.get("name") == name:
                return frozenset(text_of(value) for value in enum.findall("value"))
        return None

    def _values(self, path: str, name: str | None) -> Told[frozenset[str]]:
        if name is not None:
            found = self._enum(path, name)
        else:
            parent = self.domcaps.find(path) if self.domcaps is not None else None
            found = None if parent is None else frozenset(text_of(value) for value in parent.findall("value"))
        return self.domain.tell(found) if found is not None else self._untold(path)

    def _untold(self, what: str) -> Told[Any]:
        return self.domain.untold(self.domain.why or f"libvirt says nothing of {what}")

    def _firmwares(self) -> Told[frozenset[str]]:
        """Every QEMU brings a BIOS. A machine that names its own firmware file may find it where none is listed."""
        listed = self._enum("os", "firmware")
        if self.vm.firmware.type == "bios" and not self.vm.firmware.loader:
            return Told(value=frozenset({"bios"}), evidence=declared("QEMU: its own BIOS is part of it"))
        if listed is None:
            return self._untold("firmware")
        found = frozenset({"bios"} | {_FIRMWARE.get(each, each) for each in listed})
        if self.vm.firmware.loader and self.vm.firmware.type not in found:
            return self.domain.untold("libvirt lists none there; the file that the machine names may be there")
        return self.domain.tell(found)

    def _secure_boot(self) -> Told[bool]:
        found = self._enum("os/loader", "secure")
        return self.domain.tell("yes" in found) if found is not None else self._untold("secure boot")

    def _tpm(self) -> Told[TpmOffer]:
        element = self.domcaps.find("devices/tpm") if self.domcaps is not None else None
        if element is None:
            return self._untold("TPMs")
        if element.get("supported") != "yes":
            return self.domain.tell(TpmOffer())
        path = "devices/tpm"
        return self.domain.tell(
            TpmOffer(
                models=self._enum(path, "model") or frozenset(),
                backends=self._enum(path, "backendModel") or frozenset(),
                versions=self._enum(path, "backendVersion"),
            )
        )

    def _vcpus(self) -> Told[int]:
        element = self.domcaps.find("vcpu") if self.domcaps is not None else None
        most = integer(element.get("max")) if element is not None else None
        return self.domain.tell(most) if most is not None else self._untold("the number of vCPUs")

    # --- room

    def _memory(self) -> Told[int]:
        """Free now, with what the host keeps of files, which it gives away when it is wanted."""
        stats = ask(self.link, self.link.conn.getMemoryStats, -1)
        found: Mapping[str, int] = stats.value or {}
        if "free" in found:
            return stats.tell(sum(found.get(part, 0) for part in ("free", "buffers", "cached")) * KIB)
        free = ask(self.link, self.link.conn.getFreeMemory)
        return free.tell(free.value) if free.value is not None else free.untold()

    def _huge_pages(self) -> Told[Mapping[int, int]]:
        if not self.vm.memory.huge_pages or self.caps is None:
            return Told()
        sizes = [size for each in self.caps.findall("host/cpu/pages") if (size := integer(each.get("size")))]
        asked = ask(self.link, self.link.conn.getFreePages, sizes[1:], -1, 1)
        if asked.value is None:
            return asked.untold()
        found: dict[int, int] = {}
        for pages in asked.value.values():
            for kib, count in pages.items():
                found[kib * KIB] = found.get(kib * KIB, 0) + count
        return asked.tell(found)

    # --- who is there

    def _uuid_free(self) -> Told[bool]:
        asked = ask(self.link, self.link.conn.lookupByUUIDString, self.vm.uuid, shown=_name_of)
        if asked.failure is not None:
            return asked.tell(True) if asked.code == NO_DOMAIN else asked.untold()
        if self.link.attempt(asked.value.isActive) == 0 and asked.value.name() == self.vm.name:
            return asked.tell(True, "it is defined there already and off: that definition would be replaced")
        return asked.tell(False, f"a machine with its uuid is there already: {asked.value.name()}")

    def _name_free(self) -> Told[bool]:
        asked = ask(self.link, self.link.conn.lookupByName, self.vm.name, shown=_name_of)
        if asked.failure is not None:
            return asked.tell(True) if asked.code == NO_DOMAIN else asked.untold()
        if asked.value.UUIDString() == self.vm.uuid:
            return asked.tell(True, "its name there is its own")
        return asked.tell(False, f"another machine there is called {self.vm.name}: {asked.value.UUIDString()}")


def _name_of(found: Any) -> str:
    return found.name()

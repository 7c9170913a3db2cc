"""The questions about a machine: each asked once in a probe, when the first feature wants it, and shared by all."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from novatui.backends.libvirt import states
from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.domxml import spec_of
from novatui.backends.libvirt.machine import Described
from novatui.backends.libvirt.probe_found import need, quoting
from novatui.backends.libvirt.probe_host import HostAnswers, flags_of, read
from novatui.backends.libvirt.probe_nodes import PciDevice, pci_device
from novatui.core.capabilities import Evidence
from novatui.core.errors import NotFound
from novatui.core.once import once
from novatui.core.vmspec import DiskSpec, VmSpec

NO_DOMAIN = frozenset({"42", "8"})
"""VIR_ERR_NO_DOMAIN, and VIR_ERR_INVALID_ARG for what is no uuid."""

MAXIMUM = 1 << 2
"""VIR_DOMAIN_VCPU_MAXIMUM."""


class MachineAnswers:
    """What is told of one machine, now. Nothing of it waits for the machine's monitor."""

    def __init__(self, host: HostAnswers, uuid: str) -> None:
        """NotFound when there is no such machine, Unanswered when libvirt does not tell of it at all."""
        self.host = host
        self.link = host.link
        self._volumes: dict[str, Asked] = {}
        asked = ask(self.link, self.link.conn.lookupByUUIDString, uuid, shown=lambda found: found.name())
        if asked.code in NO_DOMAIN:
            raise NotFound(f"no machine {uuid}", native=asked.why, code=asked.code)
        self.handle: Any = need(asked)
        """libvirt's object."""

    # --- what rules about machines look at (`machine.Seen`)

    @property
    def name(self) -> str:
        """Its name."""
        return self.handle.name()

    @property
    def active(self) -> bool:
        """It runs, or stands still with its memory."""
        return bool(states.is_active(self.state[0]))

    @property
    def now(self) -> Described:
        """Its description. Unanswered when it could not be read."""
        need(self.xml_asked)
        return self._described

    @once
    def _described(self) -> Described:
        return Described(self.xml_asked.value, spec_of(self.xml_asked.value))

    # --- questions

    @once
    def state_asked(self) -> Asked:
        """libvirt's state and its reason."""
        return ask(self.link, self.handle.state, 0)

    @property
    def state(self) -> tuple[int, int]:
        """The same."""
        state, reason = need(self.state_asked)
        return state, reason

    @once
    def persistent(self) -> Asked:
        """Whether it is kept when it is off."""
        return ask(self.link, self.handle.isPersistent)

    @once
    def xml_asked(self) -> Asked:
        """Tree of its description: as it runs, or as it would start."""
        return read(ask(self.link, self.handle.XMLDesc, 0))

    @once
    def snapshots(self) -> Asked:
        """Number of its snapshots."""
        return ask(self.link, self.handle.snapshotNum, 0)

    @once
    def checkpoints(self) -> Asked:
        """Checkpoints that incremental backups start from."""
        return ask(self.link, self.handle.listAllCheckpoints, 0, shown=lambda found: f"{len(found)} checkpoints")

    @once
    def vcpus(self) -> Asked:
        """Number of its vCPUs."""
        return ask(self.link, self.handle.vcpusFlags, 0)

    @once
    def vcpus_most(self) -> Asked:
        """Number of vCPUs that it is defined with."""
        return ask(self.link, self.handle.vcpusFlags, MAXIMUM)

    def processor(self) -> Asked:
        """Names of the flags of the processor that it is described with, those of its model too."""
        cpu = self.root.find("cpu")
        return flags_of(self.link, cpu if cpu is not None else Element("cpu"))

    def device(self, address: str) -> Asked:
        """The device of the host at a PCI address; a failure when libvirt does not find it."""
        name = f"pci_{re.sub('[^A-Za-z0-9]', '_', address)}"
        found = ask(self.link, self.link.conn.nodeDeviceLookupByName, name, shown=lambda found: found.name())
        if found.failure is not None:
            return found
        tree = read(ask(self.link, found.value.XMLDesc, 0))
        return tree if tree.failure is not None else msgspec.structs.replace(tree, value=pci_device(tree.value))

    @once
    def devices(self) -> dict[str, Asked]:
        """By the address of each PCI device that it has: a `PciDevice`, or why it could not be looked at."""
        return {address: self.device(address) for address in self.pci_addresses}

    def volume(self, disk: DiskSpec) -> Asked:
        """Tree of libvirt's volume of a file; a failure when no pool lists it."""
        if disk.source not in self._volumes:
            found = ask(self.link, self.link.conn.storageVolLookupByPath, disk.source, shown=lambda found: found.name())
            answer = found if found.failure is not None else read(ask(self.link, found.value.XMLDesc, 0))
            self._volumes[disk.source] = answer
        return self._volumes[disk.source]

    # --- what follows

    @property
    def state_words(self) -> str:
        """`running (booted)`."""
        return states.native_state(*self.state)

    @property
    def root(self) -> Element:
        """Its description."""
        return self.now.root

    @property
    def spec(self) -> VmSpec:
        """The same, read."""
        return self.now.spec

    def told(self, *paths: str) -> Evidence:
        """Evidence of its description: the parts at these paths, or that there is nothing."""
        parts = [part for path in paths for part in self.root.findall(path)]
        if not parts:
            beginning = f"<domain type='{self.root.get('type', '')}'> <name>{self.spec.name}</name> …"
            return quoting(self.xml_asked, f"{beginning} nothing at {', '.join(paths)}")
        several = Element("domain")
        several.extend(parts)
        return quoting(self.xml_asked, several if len(parts) > 1 else parts[0])

    @property
    def pci_addresses(self) -> list[str]:
        """Of the devices of the host that it has."""
        given = [each.address for each in self.spec.host_devices if each.type == "pci"]
        return list(filter(None, given + [nic.source for nic in self.spec.nics if nic.type == "hostdev"]))

    @property
    def pci(self) -> list[PciDevice]:
        """Those that libvirt could be asked about."""
        return [each.value for each in self.devices.values() if each.value is not None]

    @property
    def unseen(self) -> list[str]:
        """Addresses of those that it could not be asked about."""
        return [address for address, each in self.devices.items() if each.value is None]

    @property
    def disks(self) -> list[DiskSpec]:
        """Disks that it writes to."""
        return [
            each for each in self.spec.disks if each.source and each.device in {"disk", "lun"} and not each.readonly
        ]

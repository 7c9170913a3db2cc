"""One machine in full: its description, snapshots, devices, and what libvirt says beside the XML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from novatui.backends.libvirt import states
from novatui.backends.libvirt.control import monitor_trouble
from novatui.backends.libvirt.devices import Devices
from novatui.backends.libvirt.domxml import vm_spec
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.library import NOWAIT, libvirt
from novatui.backends.libvirt.link import Link, truth
from novatui.backends.libvirt.pending import pending_changes
from novatui.backends.libvirt.snapshots import Snapshots
from novatui.backends.libvirt.stats import number
from novatui.backends.libvirt.traffic import Traffic
from novatui.backends.libvirt.xmltree import MalformedXml
from novatui.backends.parts import Gatherer
from novatui.core.detail import Detail, Property
from novatui.core.devices import Device
from novatui.core.errors import BackendFault
from novatui.core.ids import key
from novatui.core.states import Kind
from novatui.core.vmspec import DiskSpec, VmSpec

_SOURCES = ((0, "DHCP lease"), (2, "ARP"))
"""virDomainInterfaceAddressesSource without the guest agent, which hangs when the guest does."""


class VmDetail:
    """Reads machines. Nothing here waits for a guest or for QEMU's monitor."""

    def __init__(self, link: Link, host: Host, snapshots: Snapshots, devices: Devices, traffic: Traffic) -> None:
        self.link = link
        self.host = host
        self.snapshots = snapshots
        self.devices = devices
        self.traffic = traffic

    def read(self, uuid: str, gather: Gatherer) -> Detail:
        """Everything of one machine. NotFound when it is gone."""
        rates = gather.part("rates", lambda: self.traffic.of(uuid)) if gather.names("rates") else None
        if gather.only("rates"):
            return Detail(key=key(Kind.VM, uuid), rates=rates, failures=gather.failures)
        domain = self.link.domain(uuid)
        state = self.link.call(domain.state)
        running = bool(states.is_active(state[0]))
        xml = self.link.call(domain.XMLDesc)
        vm = gather.part("vm", lambda: self._vm(domain, xml, running=running))
        return Detail(
            key=key(Kind.VM, uuid),
            vm=vm,
            snapshots=gather.part("snapshots", lambda: tuple(self.snapshots.tree(domain))),
            devices=gather.part("devices", lambda: self._given(uuid, vm)),
            rates=rates,
            properties=tuple(self._properties(domain, state, vm, running=running)),
            raw=xml if gather.wants("raw") else "",
            raw_format="xml",
            failures=gather.failures,
        )

    def _vm(self, domain: Any, xml: str, *, running: bool) -> VmSpec:
        try:
            spec = vm_spec(xml, autostart=truth(self.link.attempt(domain.autostart)))
        except MalformedXml as error:
            raise BackendFault("the machine's XML cannot be read", native=str(error)) from None
        sizes = self._sizes_running(domain) if running else self._sizes_off(domain, spec.disks)
        disks = tuple(
            msgspec.structs.replace(disk, size=sizes[disk.target][0], allocation=sizes[disk.target][1])
            if disk.target in sizes
            else disk
            for disk in spec.disks
        )
        return msgspec.structs.replace(spec, disks=disks)

    def _sizes_running(self, domain: Any) -> dict[str, tuple[int | None, int | None]]:
        """Virtual size and allocation by target, from the bulk statistics: they never wait for the monitor."""
        answer = self.link.attempt(self.link.conn.domainListGetStats, [domain], libvirt.VIR_DOMAIN_STATS_BLOCK, NOWAIT)
        stats = answer[0][1] if answer else {}
        return {
            str(stats.get(f"block.{index}.name")): (
                number(stats, f"block.{index}.capacity"),
                number(stats, f"block.{index}.allocation"),
            )
            for index in range(number(stats, "block.count") or 0)
        }

    def _sizes_off(self, domain: Any, disks: Iterable[DiskSpec]) -> dict[str, tuple[int | None, int | None]]:
        """The same of an off machine: libvirt looks into each image."""
        sizes: dict[str, tuple[int | None, int | None]] = {}
        for disk in disks:
            info = self.link.attempt(domain.blockInfo, disk.target) if disk.source else None
            if info:
                sizes[disk.target] = (info[0], info[1])
        return sizes

    def _given(self, uuid: str, vm: VmSpec | None) -> tuple[Device, ...]:
        """The host's devices that this machine holds."""
        given = vm is None or vm.host_devices or any(nic.type == "hostdev" for nic in vm.nics)
        if not given:
            return ()
        return tuple(device for device in self.devices.list() if device.holder == key(Kind.VM, uuid))

    def _properties(self, domain: Any, state: Any, vm: VmSpec | None, *, running: bool) -> Iterator[Property]:
        yield Property("state", "native", states.native_state(state[0], state[1]))
        if running:
            yield Property("state", "id", str(domain.ID()))
            trouble = monitor_trouble(self.link.attempt(domain.controlInfo))
            if trouble:
                yield Property("state", "monitor", trouble)
        persistent = truth(self.link.attempt(domain.isPersistent))
        if persistent is not None:
            yield Property("state", "definition", "persistent" if persistent else "transient: gone when it is off")
        if not running and self.link.attempt(domain.hasManagedSaveImage) == 1:
            yield Property("state", "managed save", "the next start resumes the saved machine")
        yield from self._addresses(domain, running=running)
        yield from self._messages(domain)
        if running and persistent and vm is not None:
            yield from self._pending(domain, vm)

    def _addresses(self, domain: Any, *, running: bool) -> Iterator[Property]:
        if not running or self.host.is_mock:
            return  # the test driver crashes (9.0) when a network of the machine has no address
        for source, name in _SOURCES:
            for interface, told in (self.link.attempt(domain.interfaceAddresses, source) or {}).items():
                addresses = [f"{each['addr']}/{each['prefix']}" for each in told.get("addrs") or ()]
                if addresses:
                    yield Property("addresses", f"{interface} ({name})", ", ".join(addresses))

    def _messages(self, domain: Any) -> Iterator[Property]:
        """What libvirt warns about: deprecated settings, tainted machines (since libvirt 7.1)."""
        if not hasattr(domain, "messages"):
            return
        for message in self.link.attempt(domain.messages) or ():
            yield Property("warnings", "libvirt", str(message))

    def _pending(self, domain: Any, live: VmSpec) -> list[Property]:
        xml = self.link.attempt(domain.XMLDesc, libvirt.VIR_DOMAIN_XML_INACTIVE)
        try:
            return pending_changes(live, vm_spec(xml)) if xml else []
        except MalformedXml:
            return []

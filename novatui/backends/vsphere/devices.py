"""Devices of hosts, who has them, and what a host can give: read on demand, for one host or for all that are listed."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator
from typing import NamedTuple

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.vsphere.asking import Asking, Told
from novatui.backends.vsphere.errors import from_fault
from novatui.backends.vsphere.fields import each, refs, words
from novatui.backends.vsphere.given import Given, given_to
from novatui.backends.vsphere.host_pci import GRAPHICS, PATHS, PCI, SHARED, devices_of, giving_of
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.updates import Fault, Ref
from novatui.core.capabilities import Evidence
from novatui.core.devices import Device, Giving
from novatui.core.errors import NotFound
from novatui.core.ids import key, split_key
from novatui.core.inventory import Row
from novatui.core.states import Kind

MACHINE = ("config.hardware.device", "config.template", "runtime.powerState")
HARDWARE = "config.hardware.device"


class Held(NamedTuple):
    """A device in the configuration of a machine of the host."""

    machine: str
    """Key."""
    running: bool
    given: Given


class Found(NamedTuple):
    """What one host has."""

    devices: list[Device]
    giving: Giving
    told: Told
    """The host as it was read: `host_pci.PATHS`."""
    held: list[Held]


class Devices:
    """Reads hosts and the configurations of their machines."""

    def __init__(self, asking: Asking, inventory: Inventory, sink: Sink) -> None:
        self._asking = asking
        self._inventory = inventory
        self._sink = sink
        self._wanted = False
        self._turn = threading.RLock()
        self._told: dict[Ref, set[str]] = {}
        """Rows of each host that were told last."""

    def list(self, host: str) -> list[Device]:
        """All devices of the host with this key that a machine could be given. NotFound when there is none."""
        return self.of(self.host(host)).devices

    def host(self, wanted: str) -> Ref:
        """The host with this key. NotFound when there is none."""
        ref = self._inventory.refs([wanted])[wanted]
        if ref is None or ref.type != "HostSystem":
            raise NotFound(f"the server has no host {wanted.partition(':')[2]}")
        return ref

    def of(self, host: Ref) -> Found:
        """The devices of one host, with who has them and how that was found out."""
        begun = time.time()
        told = self._asking.of(host, PATHS)
        if PCI in told.unread:
            raise from_fault(Fault(told.unread[PCI], "", {}))
        between = time.time()
        machines = self._asking.members(host, "vm", "VirtualMachine", MACHINE)
        held = list(self._held(machines))
        untold = sum(1 for one in machines if HARDWARE not in one.values)
        plain = devices_of(told.values)
        found = [*(_holding(one, held) for one in plain), *_shares(plain, told, held)]
        evidence = (
            _asked(f"{host.type} {host.id}: {', '.join(PATHS)}", begun, between, f"{len(plain)} devices"),
            _asked(f"{host.type} {host.id} › vm: {HARDWARE}", between, time.time(), f"{len(machines)} machines"),
        )
        giving = msgspec.structs.replace(giving_of(told.values, untold), evidence=evidence)
        return Found([_counted(one, found) for one in found], giving, told, held)

    def _held(self, machines: list[Told]) -> Iterator[Held]:
        """Of machines that run first, and then by their names' order on the server."""
        ordered = sorted(machines, key=lambda one: one.values.get("runtime.powerState") != "poweredOn")
        for machine in ordered:
            kind = Kind.TEMPLATE if machine.values.get("config.template") is True else Kind.VM
            running = machine.values.get("runtime.powerState") == "poweredOn"
            for given in given_to(each(machine.values.get(HARDWARE))):
                yield Held(key(kind, machine.ref.id), running, given)

    # --- rows ------------------------------------------------------------------------------------------------------

    def load(self) -> None:
        """List the devices of every host as rows."""
        self._wanted = True
        for host in self._inventory.hosts():
            self._tell(host)

    def refresh(self, keys: Collection[str]) -> None:
        """Read the hosts of these devices, machines and hosts again; nothing is done before devices were listed."""
        if not self._wanted:
            return
        self.changed(dict.fromkeys(host for each_ in keys if (host := self._host_of(each_)) is not None))

    def changed(self, hosts: Collection[Ref]) -> None:
        """Machines were given devices of these hosts, or gave them back; nothing is done before devices were listed."""
        for host in hosts if self._wanted else ():
            self._tell(host)

    def one(self, native: str) -> tuple[Ref, Device]:
        """The device with this id of a row, and its host. NotFound when there is none."""
        host_id, _, device_id = native.partition("/")
        host = self.host(key(Kind.HOST, host_id))
        for device in self.of(host).devices:
            if device.id == device_id:
                return host, device
        raise NotFound(f"the host has no device {device_id}")

    def _host_of(self, wanted: str) -> Ref | None:
        kind, native = split_key(wanted)
        if kind is Kind.DEVICE:
            wanted = key(Kind.HOST, native.partition("/")[0])
        ref = self._inventory.refs([wanted])[wanted]
        if ref is not None and ref.type == "VirtualMachine":
            return self._inventory.host_of(ref)
        return ref if ref is not None and ref.type == "HostSystem" else None

    def _tell(self, host: Ref) -> None:
        with self._turn:
            self._tell_now(host)

    def _tell_now(self, host: Ref) -> None:
        begun = self._sink.now()
        try:
            devices = self.of(host).devices
        except NotFound:
            devices = []
        rows = [_row(host, device) for device in devices]
        keys: set[str] = {key(row.kind, row.id) for row in rows}
        gone, self._told[host] = self._told.get(host, set()) - keys, keys
        if rows:
            self._sink.rows(begun, rows)
        if gone:
            self._sink.remove(begun, gone)


def shares_of(machine: str, device: int) -> str:
    """Id of a vGPU: the machine that has it (key), and which of its devices it is."""
    return f"{split_key(machine)[1]}:{device}"


def _holding(device: Device, held: list[Held]) -> Device:
    """The same with the machines that have it: those that run first."""
    keys = dict.fromkeys(one.machine for one in held if one.given.address == device.address)
    first, *others = keys or [""]
    return msgspec.structs.replace(device, holder=first, others=tuple(others))


def _shares(devices: list[Device], told: Told, held: list[Held]) -> Iterator[Device]:
    """The vGPUs that machines have. The card is told of machines that run only; where there is one, it is that one."""
    cards = [one for one in devices if one.mdev_types]
    users = {
        ref.id: words(one, "pciId")
        for one in each(told.values.get(GRAPHICS))
        if words(one, "graphicsType") == SHARED
        for ref in refs(one, "vm")
    }
    only = cards[0].id if len(cards) == 1 else ""
    for one in held:
        if one.given.kind != "mdev":
            continue
        parent = users.get(split_key(one.machine)[1], only)
        yield Device(
            id=shares_of(one.machine, one.given.key),
            name=one.given.label or one.given.profile,
            device_class="mdev",
            address=shares_of(one.machine, one.given.key),
            product=one.given.profile,
            parent=parent,
            holder=one.machine,
            numa_node=next((card.numa_node for card in cards if card.id == parent), None),
        )


def _counted(device: Device, devices: list[Device]) -> Device:
    """The same with the number of its functions that nobody has."""
    if device.functions is None:
        return device
    own = [one for one in devices if one.parent == device.id and one.device_class == "vf"]
    free = sum(1 for one in own if not one.holder) if len(own) == device.functions else None
    return msgspec.structs.replace(device, functions_free=free)


def _asked(call: str, begun: float, ended: float, excerpt: str) -> Evidence:
    return Evidence(
        kind="asked",
        call="RetrievePropertiesEx",
        args=call,
        at=begun,
        ms=(ended - begun) * 1000,
        excerpt=excerpt,
    )


def _row(host: Ref, device: Device) -> Row:
    return Row(
        Kind.DEVICE,
        f"{host.id}/{device.id}",
        {
            "name": device.name,
            "parent": key(Kind.HOST, host.id),
            "host": key(Kind.HOST, host.id),
            "native_id": device.id,
            "native_type": "vGPU" if device.device_class == "mdev" else "PCI device",
            "device_class": device.device_class,
            "vendor": " ".join(filter(None, (device.vendor, device.product))) or None,
            "iommu_group": device.iommu_group,
            "numa_node": device.numa_node,
            "driver": device.driver,
            "holder": device.holder,
            "vfs": device.functions,
            "vfs_free": device.functions_free,
            "vgpus_free": device.mdevs_free,
        },
    )

"""Devices of the host that a machine could be given: PCI, GPU, vGPU, VF, USB, disks; and who has them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from xml.etree.ElementTree import Element

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.libvirt import states
from novatui.backends.libvirt.addresses import pci_address, pci_address_of, usb_address
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.roster import Roster
from novatui.backends.libvirt.xmltree import MalformedXml, attribute_at, integer, parse, text_at
from novatui.core.capabilities import Evidence
from novatui.core.devices import Device, MdevType
from novatui.core.errors import NotFound
from novatui.core.ids import key
from novatui.core.inventory import Row
from novatui.core.states import Kind

GIVEN = (
    libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV
    | libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV
    | libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV
    | libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE
)
"""Node devices that a machine could be given."""

EXCERPT = 400
"""Characters of an answer that are kept as evidence."""

_BRIDGE, _DISPLAY, _NETWORK, _MASS_STORAGE = 0x06, 0x03, 0x02, 0x01
"""PCI base classes (PCI Code and ID Assignment Specification)."""


class Devices:
    """Lists node devices."""

    def __init__(self, link: Link, host: Host, roster: Roster, sink: Sink) -> None:
        self.link = link
        self.host = host
        self.roster = roster
        self.sink = sink
        self._wanted = False
        self._told: dict[str, str] = {}
        """Who had what when it was told last."""

    def load(self) -> None:
        """List all devices as rows, and follow their events from now on."""
        self._wanted = True
        begun = self.sink.now()
        self._told = self._holders()
        self.sink.rows(begun, [self._row(device) for device in self.list()])

    def look_again(self) -> None:
        """A machine was read again: it may have been given one, or have given one back."""
        if self._wanted and self._holders() != self._told:
            self.load()

    def follow(self, name: str) -> None:
        """A device came, went or changed: of interest only where devices are rows."""
        if self._wanted:
            self.refresh(name)

    def refresh(self, name: str) -> None:
        """Read one device again; one that is gone is removed."""
        begun = self.sink.now()
        try:
            found = self.one(name)
        except NotFound:
            self.sink.remove(begun, [key(Kind.DEVICE, name)])
            return
        if found is not None:
            self.sink.rows(begun, [self._row(found)])

    def one(self, name: str) -> Device | None:
        """One device by its name; None when no machine could be given it. NotFound when there is none."""
        found = self.link.call(self.link.conn.nodeDeviceLookupByName, name)
        device = describe(self.link.call(found.XMLDesc), self._holders())
        return None if device is None else _shared(device, self._sharers())

    def xml(self, name: str) -> str:
        """The native form of one device."""
        return self.link.call(self.link.call(self.link.conn.nodeDeviceLookupByName, name).XMLDesc)

    def list(self) -> list[Device]:
        """All devices that a machine could be given; bridges and controllers of the board are left out."""
        return self.told()[0]

    def told(self) -> tuple[list[Device], tuple[Evidence, ...]]:
        """The same, and how they were read."""
        holders, sharers, begun = self._holders(), self._sharers(), time.time()
        listed = self.link.call(self.link.conn.listAllDevices, GIVEN)
        between, xml = time.time(), ""
        found: list[Device] = []
        for device in listed:
            try:
                xml = self.link.call(device.XMLDesc)
            except NotFound:
                continue
            described = describe(xml, holders)
            if described is not None:
                found.append(_shared(described, sharers))
        evidence = [_asked("virConnectListAllNodeDevices", begun, between, f"{len(listed)} node devices")]
        if listed:
            evidence.append(_asked("virNodeDeviceGetXMLDesc", between, time.time(), xml[:EXCERPT]))
        return _near(found), tuple(evidence)

    @property
    def untold(self) -> int | None:
        """Machines of which it is not known what they hold; None while not all of them are known."""
        return sum(1 for each in self.roster if each.summary is None) if self.roster.listed else None

    def holders(self) -> dict[str, str] | None:
        """Key of the machine that has a device, by the device's address; None while not all machines are known."""
        return self._holders() if self.untold == 0 else None

    def _holders(self) -> dict[str, str]:
        """Key of the machine that was given a device, by the device's address; one that runs before one that is off."""
        known = sorted(self.roster, key=lambda each: (bool(states.is_active(each.state)), each.name))
        return {
            address: key(Kind.VM, each.uuid)
            for each in known
            if each.summary is not None
            for address in each.summary.hostdevs
        }

    def _sharers(self) -> dict[str, tuple[str, ...]]:
        """Keys of all machines that have a device in their configuration, by its address, where they are several."""
        found: dict[str, list[str]] = {}
        for known in self.roster:
            for address in dict.fromkeys(known.summary.hostdevs) if known.summary is not None else ():
                found.setdefault(address, []).append(key(Kind.VM, known.uuid))
        return {address: tuple(sorted(keys)) for address, keys in found.items() if len(keys) > 1}

    def _row(self, device: Device) -> Row:
        return Row(
            Kind.DEVICE,
            device.id,
            {
                "name": device.name,
                "parent": self.host.key,
                "host": self.host.key,
                "native_id": device.id,
                "native_type": "node device",
                "device_class": device.device_class,
                "vendor": " ".join(filter(None, (device.vendor, device.product))) or None,
                "iommu_group": device.iommu_group,
                "numa_node": device.numa_node,
                "driver": device.driver,
                "holder": device.holder if self.roster.listed else None,
                "vfs": device.functions,
                "vfs_free": device.functions_free if self.roster.listed else None,
                "vgpus_free": device.mdevs_free,
            },
        )


def _shared(device: Device, sharers: Mapping[str, tuple[str, ...]]) -> Device:
    """The same, with everybody else who has it."""
    others = tuple(each for each in sharers.get(device.address, ()) if each != device.holder)
    return msgspec.structs.replace(device, others=others) if others and device.holder else device


def _asked(call: str, begun: float, ended: float, excerpt: str) -> Evidence:
    return Evidence(kind="asked", call=call, at=begun, ms=(ended - begun) * 1000, excerpt=excerpt)


def _near(found: list[Device]) -> list[Device]:
    """The same; a mediated device is where its parent is, of which libvirt does not speak."""
    nodes = {device.id: device.numa_node for device in found}
    return [
        msgspec.structs.replace(device, numa_node=nodes.get(device.parent)) if device.device_class == "mdev" else device
        for device in found
    ]


def describe(xml: str, holders: dict[str, str]) -> Device | None:
    """One device from its XML; None for what no machine could be given, or when the XML cannot be read."""
    try:
        root = parse(xml)
    except MalformedXml:
        return None
    for capability in root.findall("capability"):
        reader = _READERS.get(capability.get("type", ""))
        if reader is not None:
            return reader(root, capability, holders)
    return None


def _pci(root: Element, capability: Element, holders: dict[str, str]) -> Device | None:
    base_class = (integer(text_at(capability, "class")) or 0) >> 16
    if base_class == _BRIDGE:
        return None
    address = pci_address(*(integer(text_at(capability, part)) for part in ("domain", "bus", "slot", "function")))
    inner = {each.get("type"): each for each in capability.findall("capability")}
    functions = inner.get("virt_functions")
    made = [pci_address_of(each) for each in functions.findall("address")] if functions is not None else []
    return _device(
        root,
        "vf" if "phys_function" in inner else _PCI_CLASSES.get(base_class, "pci"),
        address,
        holders,
        vendor=_named(capability, "vendor"),
        product=_named(capability, "product"),
        ids=_ids(capability),
        parent=_physical(inner.get("phys_function")) or text_at(root, "parent"),
        iommu_group=integer(attribute_at(capability, "iommuGroup", "number")),
        numa_node=integer(attribute_at(capability, "numa", "node")),
        functions_max=integer(functions.get("maxCount")) if functions is not None else None,
        functions=len(made) if functions is not None else None,
        functions_free=sum(each not in holders for each in made) if functions is not None else None,
        mdev_types=_mdev_types(inner.get("mdev_types")),
    )


def _physical(capability: Element | None) -> str:
    """Name of the device whose virtual function this is; libvirt's own `parent` is the bridge above both."""
    address = pci_address_of(capability.find("address")) if capability is not None else ""
    return "pci_" + address.replace(":", "_").replace(".", "_") if address else ""


_PCI_CLASSES = {_DISPLAY: "gpu", _NETWORK: "nic", _MASS_STORAGE: "disk"}


def _mdev(root: Element, capability: Element, holders: dict[str, str]) -> Device | None:
    uuid = text_at(capability, "uuid").lower()
    return _device(
        root,
        "mdev",
        uuid or text_at(root, "name").removeprefix("mdev_"),
        holders,
        parent=text_at(root, "parent"),
        product=attribute_at(capability, "type", "id"),
        iommu_group=integer(attribute_at(capability, "iommuGroup", "number")),
    )


def _usb(root: Element, capability: Element, holders: dict[str, str]) -> Device | None:
    address = usb_address(integer(text_at(capability, "bus")), integer(text_at(capability, "device")))
    by_identity = f"usb {attribute_at(capability, 'vendor', 'id')}:{attribute_at(capability, 'product', 'id')}"
    return _device(
        root,
        "usb",
        address,
        {address: holders[by_identity]} | holders if by_identity in holders else holders,
        parent=text_at(root, "parent"),
        vendor=_named(capability, "vendor"),
        product=_named(capability, "product"),
        ids=_ids(capability),
    )


def _disk(root: Element, capability: Element, holders: dict[str, str]) -> Device | None:
    return _device(
        root,
        "disk",
        text_at(capability, "block"),
        holders,
        parent=text_at(root, "parent"),
        vendor=text_at(capability, "vendor"),
        product=text_at(capability, "model"),
    )


_READERS = {"pci": _pci, "mdev": _mdev, "usb_device": _usb, "storage": _disk}


def _device(root: Element, device_class: str, address: str, holders: dict[str, str], **known) -> Device:
    name = text_at(root, "name")
    return Device(
        id=name,
        name=name,
        device_class=device_class,
        address=address,
        driver=text_at(root, "driver/name"),
        holder=holders.get(address, ""),
        **known,
    )


def _named(capability: Element, tag: str) -> str:
    """Vendor or product in words, else its number."""
    return text_at(capability, tag) or attribute_at(capability, tag, "id")


def _ids(capability: Element) -> str:
    """`10de:1eb8`."""
    numbers = [integer(attribute_at(capability, part, "id")) for part in ("vendor", "product")]
    return ":".join(f"{number:04x}" for number in numbers if number is not None) if None not in numbers else ""


def _mdev_types(capability: Element | None) -> tuple[MdevType, ...]:
    if capability is None:
        return ()
    return tuple(
        MdevType(
            id=each.get("id", ""), name=text_at(each, "name"), available=integer(text_at(each, "availableInstances"))
        )
        for each in capability.findall("type")
    )

"""Devices of the host as a machine's configuration names them: the XML that gives one, and where a machine has it."""

from __future__ import annotations

from copy import deepcopy
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.addresses import source_address
from novatui.backends.libvirt.host import parsed
from novatui.backends.libvirt.machine import Described
from novatui.backends.libvirt.xmlform import form
from novatui.backends.libvirt.xmltree import attribute_at, integer, text_at
from novatui.core.devices import Device
from novatui.core.errors import NotSupported

PCI, USB, MDEV = "pci", "usb", "mdev"


def kind_of(device: Device) -> str:
    """How libvirt gives it to a machine: pci, usb or mdev. NotSupported for what is not given as a device."""
    if device.device_class == "mdev":
        return MDEV
    if device.device_class == "usb":
        return USB
    if device.id.startswith("pci_"):
        return PCI
    raise NotSupported(
        f"{device.name} is a disk of the host",
        meaning="such a disk is given to a machine as a disk, not as a device",
        hint="give its controller (pci_…), or attach it by virsh attach-disk",
        subject="device",
    )


def hostdev_form(device: Device, xml: str, parent_xml: str, *, unique: bool) -> Element:
    """`<hostdev>` for this device. `xml` is its own description, `parent_xml` that of a mediated device's parent;
    `unique`: no other device of the host has the same USB vendor and product."""
    kind = kind_of(device)
    if kind == PCI:
        return form(
            "hostdev", form("source", _pci_address(device.address)), mode="subsystem", type="pci", managed="yes"
        )
    if kind == USB:
        return form("hostdev", _usb_source(xml, unique=unique), mode="subsystem", type="usb")
    source = form("source", form("address", uuid=device.address))
    return form("hostdev", source, mode="subsystem", type="mdev", model=_api(parent_xml, device.product))


def find(described: Described | None, names: set[str]) -> Element | None:
    """The element of a machine that gives it the device with one of these addresses; None when it has none."""
    if described is None:
        return None
    given = [*described.devices("hostdev"), *(n for n in described.devices("interface") if n.get("type") == "hostdev")]
    return next((each for each in given if source_address(each) in names), None)


def names_of(device: Device, xml: str) -> set[str]:
    """Every spelling in which a machine may name it."""
    return {device.address, usb_identity(xml)} - {""}


def usb_identity(xml: str) -> str:
    """`usb 0x046d:0xc52b`, as `addresses.source_address` writes it; empty for other devices."""
    capability = _capability(xml, "usb_device")
    vendor, product = (attribute_at(capability, part, "id") for part in ("vendor", "product"))
    return f"usb {vendor}:{product}" if vendor and product else ""


def detached_form(element: Element) -> Element:
    """The same device with what libvirt finds it by: its kind, its source, its MAC address."""
    attributes = {name: value for name, value in element.attrib.items() if name in {"mode", "type", "managed", "model"}}
    kept = [deepcopy(child) for child in element if child.tag in {"source", "mac"}]
    for child in kept:
        child.tail = None
    return form(element.tag, *kept, **attributes)


def _pci_address(address: str) -> Element:
    domain, bus, rest = address.split(":")
    slot, function = rest.split(".")
    return form("address", domain=f"0x{domain}", bus=f"0x{bus}", slot=f"0x{slot}", function=f"0x{function}")


def _usb_source(xml: str, *, unique: bool) -> Element:
    """By vendor and product, which stay when it is plugged in again; by its number where two are alike."""
    capability = _capability(xml, "usb_device")
    vendor, product = (attribute_at(capability, part, "id") for part in ("vendor", "product"))
    if unique and vendor and product:
        return form("source", form("vendor", id=vendor), form("product", id=product))
    bus, number = (integer(text_at(capability, part)) for part in ("bus", "device"))
    return form("source", form("address", bus=str(bus or 0), device=str(number or 0)))


def _api(parent_xml: str, type_id: str) -> str:
    """How a mediated device of this type shows itself, by its parent: `vfio-pci` but for s390."""
    types = _capability(parent_xml, "pci")
    for each in types.findall("capability/type") if types is not None else ():
        if each.get("id") == type_id:
            return text_at(each, "deviceAPI") or "vfio-pci"
    return "vfio-pci"


def _capability(xml: str, kind: str) -> Element | None:
    root = parsed(xml)
    found = root.findall("capability") if root is not None else ()
    return next((each for each in found if each.get("type") == kind), None)

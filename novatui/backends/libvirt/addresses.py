"""Addresses of host devices in one spelling, so that a machine's XML and the host's device list can be joined."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from novatui.backends.libvirt.xmltree import attribute_at, integer


def source_address(hostdev: Element) -> str:
    """Address on the host of a device in a domain's XML; empty when it names none that is unique."""
    source = hostdev.find("source/address")
    if source is None:
        return _by_identity(hostdev)
    kind = hostdev.get("type")
    if kind == "mdev":
        return source.get("uuid", "").lower()
    if kind == "usb":
        return usb_address(integer(source.get("bus")), integer(source.get("device")))
    if kind == "scsi":
        return _scsi_address(hostdev, source)
    return pci_address_of(source)


def pci_address_of(address: Element | None) -> str:
    """`0000:3b:00.2` of an element with domain, bus, slot and function."""
    if address is None:
        return ""
    return pci_address(*(integer(address.get(part)) for part in ("domain", "bus", "slot", "function")))


def pci_address(domain: int | None, bus: int | None, slot: int | None, function: int | None) -> str:
    """`0000:3b:00.2`; empty when a part is missing. A missing domain is 0, as libvirt reads it."""
    if bus is None or slot is None or function is None:
        return ""
    return f"{domain or 0:04x}:{bus:02x}:{slot:02x}.{function:x}"


def usb_address(bus: int | None, device: int | None) -> str:
    """`usb 1:4`: bus and device number."""
    return f"usb {bus}:{device}" if bus is not None and device is not None else ""


def _by_identity(hostdev: Element) -> str:
    """A USB device may be named by vendor and product alone."""
    vendor, product = (attribute_at(hostdev, f"source/{part}", "id") for part in ("vendor", "product"))
    return f"usb {vendor}:{product}" if vendor and product else ""


def _scsi_address(hostdev: Element, source: Element) -> str:
    adapter = attribute_at(hostdev, "source/adapter", "name")
    parts = [source.get(part, "0") for part in ("bus", "target", "unit")]
    return f"{adapter} {':'.join(parts)}" if adapter else ""

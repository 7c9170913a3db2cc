"""Devices of a host as its features need them: class, functions, vGPU types, offloads; formatnode, read purely."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import msgspec

from novatui.backends.libvirt.addresses import pci_address, pci_address_of
from novatui.backends.libvirt.xmltree import integer, text_at

DISPLAY, NVME = 0x03, 0x010802
"""A PCI base class, and a whole class: mass storage, non-volatile memory, NVM Express (PCI Code and ID Assignment)."""

TAPS = ("net_lo_", "net_vnet", "net_virbr", "net_macvtap", "net_tap")
"""Beginnings of the names of interfaces that no card is behind: libvirt's own, one for each interface of a machine."""


class PciDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One PCI device."""

    address: str
    code: int
    """Class, subclass and programming interface: 0x030000."""
    name: str = ""
    """Vendor and product in words, as far as known."""
    driver: str = ""
    iommu_group: int | None = None
    is_function: bool = False
    """It is a virtual function of another one."""
    functions_max: int = 0
    functions: tuple[str, ...] = ()
    """Addresses of the virtual functions that are made."""
    vgpus: tuple[tuple[str, int | None], ...] = ()
    """Types of mediated devices, with the number that can still be made."""

    @property
    def is_gpu(self) -> bool:
        """A graphics card."""
        return self.code >> 16 == DISPLAY

    @property
    def is_nvme(self) -> bool:
        """An NVMe controller."""
        return self.code == NVME


class Interface(msgspec.Struct, frozen=True, kw_only=True):
    """One network interface of the host."""

    name: str
    offloads: frozenset[str]


def pci_device(root: Element) -> PciDevice | None:
    """None when it is no PCI device."""
    capability = _capability(root, "pci")
    if capability is None:
        return None
    inner = {each.get("type", ""): each for each in capability.findall("capability")}
    functions, types = inner.get("virt_functions"), inner.get("mdev_types")
    group = capability.find("iommuGroup")
    return PciDevice(
        address=pci_address(*(integer(text_at(capability, part)) for part in ("domain", "bus", "slot", "function"))),
        code=integer(text_at(capability, "class")) or 0,
        name=" ".join(filter(None, (text_at(capability, "vendor"), text_at(capability, "product")))),
        driver=text_at(root, "driver/name"),
        iommu_group=integer(group.get("number")) if group is not None else None,
        is_function="phys_function" in inner,
        functions_max=integer(functions.get("maxCount")) or 0 if functions is not None else 0,
        functions=tuple(map(pci_address_of, functions.findall("address"))) if functions is not None else (),
        vgpus=tuple(map(_vgpu, types.findall("type"))) if types is not None else (),
    )


def _vgpu(element: Element) -> tuple[str, int | None]:
    return text_at(element, "name") or element.get("id", ""), integer(text_at(element, "availableInstances"))


def interface(root: Element) -> Interface | None:
    """None when it is no network interface, or one that no card is behind."""
    capability = _capability(root, "net")
    if capability is None or "/devices/virtual/" in text_at(root, "path"):
        return None
    offloads = frozenset(filter(None, (each.get("name") for each in capability.findall("feature"))))
    return Interface(name=text_at(capability, "interface"), offloads=offloads)


def _capability(root: Element, kind: str) -> Element | None:
    return next((each for each in root.findall("capability") if each.get("type") == kind), None)

"""Whether a host can give its devices to machines, by what libvirt says of its IOMMU and of VFIO."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.asking import ask
from novatui.backends.libvirt.host import parsed
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.xmltree import attribute_at
from novatui.core.capabilities import Evidence
from novatui.core.devices import Device, Giving

IOMMU_HINT = (
    "switch VT-d/AMD-Vi on in the firmware, boot with intel_iommu=on (AMD needs nothing), then: modprobe vfio-pci"
)
VFIO_HINT = "load it on the host: modprobe vfio-pci; `ls /dev/vfio` shows whether it is there"


def giving_of(
    link: Link, devices: Iterable[Device], untold: int | None = 0, evidence: tuple[Evidence, ...] = ()
) -> Giving:
    """What is told of the host as a whole; what a driver cannot be asked stays None. `evidence`: how the devices were
    read; `untold`: machines of which it is not known what they hold.

    libvirt writes `iommu support='no'` for drivers that never looked, too (the test driver): a device that is in an
    IOMMU group knows better.
    """
    capabilities = ask(link, link.conn.getCapabilities, shown=_from("<iommu"))
    iommu = {"yes": True, "no": False}.get(attribute_at(parsed(capabilities.value), "host/iommu", "support"))
    if any(device.iommu_group is not None for device in devices):
        iommu = True
    offer = ask(link, link.conn.getDomainCapabilities, None, None, None, None, 0, shown=_from("<hostdev"))
    root = parsed(offer.value)
    vfio = has_vfio(offers(root.find("devices/hostdev") if root is not None else None))
    hint = IOMMU_HINT if iommu is False else VFIO_HINT if vfio is False else ""
    told = (*evidence, capabilities.evidence, offer.evidence)
    return Giving(iommu=iommu, vfio=vfio, hint=hint, untold=untold, evidence=told)


def _from(tag: str) -> Callable[[str], str]:
    """What of a long document is evidence: where it speaks of that."""
    return lambda xml: xml[xml.find(tag) :] if tag in xml else f"no {tag}> in it"


def hostdev_of(
    link: Link, emulator: str | None, arch: str | None, machine: str | None, hypervisor: str | None
) -> Element | None:
    """What domain capabilities say of devices of the host; None where libvirt tells nothing of them."""
    told = parsed(link.attempt(link.conn.getDomainCapabilities, emulator, arch, machine, hypervisor, 0))
    return told.find("devices/hostdev") if told is not None else None


def offers(offer: Element | None) -> dict[str, list[str]]:
    """Values by the name of their enum: `subsysType`, `pciBackend` …"""
    enums = offer.findall("enum") if offer is not None else ()
    return {enum.get("name", ""): [value.text or "" for value in enum.findall("value")] for enum in enums}


def has_vfio(told: Mapping[str, list[str]]) -> bool | None:
    """libvirt lists an empty `pciBackend` where there is no VFIO; no such list tells nothing."""
    backends = told.get("pciBackend")
    return None if backends is None else bool(backends)

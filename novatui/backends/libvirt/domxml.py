"""A domain's XML as the neutral description of a machine. Element names are those of libvirt's formatdomain.

Any well-formed XML gives a description: what is missing or makes no sense is unknown, never an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from novatui.backends.libvirt import domxml_boot, domxml_cpu, domxml_devices, domxml_disks, domxml_memory, domxml_nics
from novatui.backends.libvirt.xmltree import attribute_at, integer, local_name, parse, text_at
from novatui.core.vmspec import VmSpec

_NESTED_FEATURES = {"hyperv", "kvm", "xen", "tcg"}
_TAGS = "urn:novatui:tags:1}tags"
"""Tags as `<tags xmlns="urn:novatui:tags:1"><tag>…` in the metadata: libvirt has none of its own."""

_OSINFO = "http://libosinfo.org/xmlns/libvirt/domain/1.0}os"


def vm_spec(xml: str, *, autostart: bool | None = None) -> VmSpec:
    """Read a domain's XML. MalformedXml when it is no XML at all."""
    return spec_of(parse(xml), autostart=autostart)


def spec_of(root: Element, *, autostart: bool | None = None) -> VmSpec:
    """The same of XML that is parsed already: the element `<domain>`, or one that is built like it."""
    devices = root.find("devices")
    return VmSpec(
        name=text_at(root, "name"),
        uuid=text_at(root, "uuid"),
        title=text_at(root, "title"),
        description=text_at(root, "description"),
        arch=attribute_at(root, "os/type", "arch"),
        machine=attribute_at(root, "os/type", "machine"),
        hypervisor=root.get("type", ""),
        guest_os=guest_os(root),
        cpu=domxml_cpu.cpu(root),
        memory=domxml_memory.memory(root),
        numa=domxml_cpu.numa(root),
        firmware=domxml_boot.firmware(root),
        tpm=domxml_devices.tpms(devices),
        launch_security=domxml_boot.launch_security(root),
        features=tuple(_features(root)),
        disks=domxml_disks.disks(devices),
        nics=domxml_nics.nics(devices),
        host_devices=domxml_devices.host_devices(devices),
        graphics=domxml_devices.graphics(devices),
        controllers=domxml_devices.controllers(devices),
        iommu=domxml_devices.iommu(devices),
        iothreads=integer(text_at(root, "iothreads")),
        serial_ports=len(devices.findall("serial")) if devices is not None else None,
        listeners=domxml_devices.listeners(devices),
        channels=domxml_devices.channels(devices),
        watchdog=domxml_devices.watchdog(devices),
        rng=domxml_devices.rng(devices),
        on_crash=text_at(root, "on_crash"),
        autostart=autostart,
        tags=tags(root),
    )


def guest_os(root: Element) -> str:
    """Last part of the libosinfo id that virt-install leaves in the metadata: `debian/12`."""
    metadata = root.find("metadata")
    system = next(metadata.iter(_OSINFO), None) if metadata is not None else None
    return "/".join(system.get("id", "").split("/")[-2:]) if system is not None else ""


def tags(root: Element) -> tuple[str, ...]:
    """Tags in the metadata."""
    metadata = root.find("metadata")
    if metadata is None:
        return ()
    found = [(tag.text or "").strip() for each in metadata.iter(_TAGS) for tag in each if local_name(tag) == "tag"]
    return tuple(dict.fromkeys(filter(None, found)))


def _features(root: Element) -> Iterator[str]:
    """Features that are switched on. An `<iommu>` here is ignored, as libvirt does: it is a device."""
    for feature in root.findall("features/*"):
        if feature.tag == "iommu":
            continue
        if feature.tag in _NESTED_FEATURES:
            if feature.get("mode") == "passthrough":
                yield f"{feature.tag}.passthrough"
            yield from (f"{feature.tag}.{inner.tag}" for inner in feature if _is_on(inner))
        elif _is_on(feature):
            yield feature.tag


def _is_on(feature: Element) -> bool:
    """A feature without a state is switched on by its presence."""
    return feature.get("state", "on") == "on"

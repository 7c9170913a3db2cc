"""The columns that a domain's XML fills, read in one light pass: lists need no more, the rest is `domxml`'s job."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import msgspec

from novatui.backends.libvirt import domxml_boot
from novatui.backends.libvirt.addresses import source_address
from novatui.backends.libvirt.xmltree import attribute_at, integer, parse, size_of, text_at, text_of
from novatui.core.inventory import Value

AGENT = "org.qemu.guest_agent.0"
_OSINFO = "http://libosinfo.org/xmlns/libvirt/domain/1.0}os"


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a list needs of one domain's XML."""

    columns: dict[str, Value]
    """Columns of the row; None where the XML does not say."""
    macs: tuple[str, ...] = ()
    """Addresses of its interfaces, lower case."""
    hostdevs: tuple[str, ...] = ()
    """Addresses of host devices given to it, as `addresses.source_address` writes them."""
    disks: tuple[str, ...] = ()
    """Targets of its disks: vda …"""
    interfaces: tuple[str, ...] = ()
    """Host names of its interfaces: vnet0 …"""
    mirrored: tuple[str, ...] = ()
    """Targets of disks that a block job copies or commits."""


EMPTY = Summary(
    columns=dict.fromkeys(
        (
            "native_type",
            "machine",
            "firmware",
            "secure_boot",
            "description",
            "guest_os",
            "vcpus",
            "vcpus_max",
            "memory",
            "memory_max",
            "disks",
            "nics",
            "passthrough",
            "tpm",
            "tools",
        )
    )
)
"""Of XML that cannot be read: every column is unknown."""


def summarise(xml: str) -> Summary:
    """Read a domain's XML for a list. MalformedXml when it is none."""
    root = parse(xml)
    devices = root.find("devices")
    disks = _all(devices, "disk")
    nics = _all(devices, "interface")
    hostdevs = [address for address in map(source_address, _all(devices, "hostdev")) if address]
    return Summary(
        columns=_machine(root)
        | _sizes(root)
        | {
            "disks": len(disks) if devices is not None else None,
            "nics": len(nics) if devices is not None else None,
            "passthrough": len(_all(devices, "hostdev")) if devices is not None else None,
            "tpm": _tpm(devices),
            "tools": _agent(devices),
        },
        macs=tuple(mac.lower() for nic in nics if (mac := attribute_at(nic, "mac", "address"))),
        hostdevs=tuple(hostdevs),
        disks=tuple(name for disk in disks if (name := attribute_at(disk, "target", "dev"))),
        interfaces=tuple(name for nic in nics if (name := attribute_at(nic, "target", "dev"))),
        mirrored=tuple(attribute_at(disk, "target", "dev") for disk in disks if disk.find("mirror") is not None),
    )


def _all(devices: Element | None, tag: str) -> list[Element]:
    return devices.findall(tag) if devices is not None else []


def _machine(root: Element) -> dict[str, Value]:
    firmware = domxml_boot.firmware(root)
    hypervisor = root.get("type", "")
    return {
        "native_type": f"{hypervisor} domain" if hypervisor else None,
        "machine": attribute_at(root, "os/type", "machine") or None,
        "firmware": firmware.type or None,
        "secure_boot": firmware.secure_boot,
        "description": text_at(root, "title") or text_at(root, "description") or None,
        "guest_os": guest_os(root) or None,
    }


def _sizes(root: Element) -> dict[str, Value]:
    vcpu = root.find("vcpu")
    most = integer(text_of(vcpu))
    current = integer(vcpu.get("current")) if vcpu is not None and "current" in vcpu.attrib else most
    memory = size_of(root.find("memory"))
    limit = root.find("maxMemory")
    return {
        "vcpus": current,
        "vcpus_max": most,
        "memory": memory,
        "memory_max": size_of(limit) if limit is not None else memory,
    }


def guest_os(root: Element) -> str:
    """Last part of the libosinfo id that virt-install leaves in the metadata: `debian/12`."""
    metadata = root.find("metadata")
    system = next(metadata.iter(_OSINFO), None) if metadata is not None else None
    return "/".join(system.get("id", "").split("/")[-2:]) if system is not None else ""


def _tpm(devices: Element | None) -> str | None:
    if devices is None:
        return None
    tpm = devices.find("tpm")
    if tpm is None:
        return "none"
    return attribute_at(tpm, "backend", "version") or attribute_at(tpm, "backend", "type") or None


def _agent(devices: Element | None) -> str | None:
    """The guest agent's channel: libvirt tells whether the guest has opened it. Without a channel there is no agent."""
    if devices is None:
        return None
    for target in devices.findall("channel/target"):
        if target.get("name") == AGENT:
            state = target.get("state", "")
            return f"guest agent {state}" if state else "guest agent not running"
    return "none"

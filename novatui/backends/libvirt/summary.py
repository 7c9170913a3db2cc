"""The columns that a domain's XML fills, read in one light pass: lists need no more, the rest is `domxml`'s job."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from sys import intern
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from novatui.backends.libvirt import domxml, domxml_boot, domxml_cpu
from novatui.backends.libvirt.addresses import source_address
from novatui.backends.libvirt.domxml_disks import source_of
from novatui.backends.libvirt.xmltree import attribute_at, parse, size_of, text_at
from novatui.core.inventory import Value

_DISKS = {"disk", "lun"}
AGENT = "org.qemu.guest_agent.0"

ALIKE = 4096
"""Sets of columns that are kept once for all machines that share them: a fleet is made from few moulds."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a list needs of one domain's XML."""

    columns: dict[str, Value]
    """Columns of the row; None where the XML does not say."""
    macs: tuple[str, ...] = ()
    """Addresses of its interfaces, lower case."""
    hostdevs: tuple[str, ...] = ()
    """Addresses of host devices given to it, as `addresses.source_address` writes them."""
    disks: tuple[str, ...] = ()
    """Targets of its disks and drives: vda …"""
    fixed: tuple[str, ...] = ()
    """The same without drives for removable media."""
    images: tuple[str, ...] = ()
    """Where the fixed disks are."""
    media: tuple[tuple[str, str], ...] = ()
    """Target of each drive with a medium in it, and where that is."""
    plugs: tuple[str, ...] = ()
    """What each interface is plugged into: `network default`, `bridge br0`; empty for anything else."""
    interfaces: tuple[str, ...] = ()
    """Host names of its interfaces: vnet0 …"""


EMPTY = Summary(
    columns=dict.fromkeys(
        (
            "native_type",
            "machine",
            "firmware",
            "secure_boot",
            "description",
            "guest_os",
            "tags",
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
    drives = _all(devices, "disk")
    disks = [drive for drive in drives if drive.get("device", "disk") in _DISKS]
    nics = _all(devices, "interface")
    given = [*_all(devices, "hostdev"), *(nic for nic in nics if nic.get("type") == "hostdev")]
    counts: dict[str, Hashable] = {
        "disks": len(disks) if devices is not None else None,
        "nics": len(nics) if devices is not None else None,
        "passthrough": len(given) if devices is not None else None,
        "tpm": _tpm(devices),
        "tools": _agent(devices),
    }
    return Summary(
        columns=_columns(**_machine(root), **_sizes(root), **counts),
        macs=tuple(mac.lower() for nic in nics if (mac := attribute_at(nic, "mac", "address"))),
        hostdevs=tuple(address for each in given if (address := source_address(each))),
        disks=_targets(drives),
        fixed=_targets(disks),
        images=tuple(_image(disk) for disk in disks),
        media=tuple(
            (attribute_at(drive, "target", "dev"), image)
            for drive in drives
            if drive.get("device", "disk") not in _DISKS and (image := _image(drive))
        ),
        plugs=tuple(_plug(nic) for nic in nics),
        interfaces=tuple(name for nic in nics if (name := attribute_at(nic, "target", "dev"))),
    )


@lru_cache(maxsize=ALIKE, typed=True)
def _columns(**values: Any) -> dict[str, Value]:
    """These columns, the same object for equal ones; `tags` as the list that a column holds."""
    return values | {"tags": list(values["tags"])}


@lru_cache(maxsize=ALIKE)
def _same(names: tuple[str, ...]) -> tuple[str, ...]:
    return names


def _targets(disks: list[Element]) -> tuple[str, ...]:
    return _same(tuple(name for disk in disks if (name := attribute_at(disk, "target", "dev"))))


def _all(devices: Element | None, tag: str) -> list[Element]:
    return devices.findall(tag) if devices is not None else []


def _machine(root: Element) -> dict[str, Any]:
    firmware = domxml_boot.firmware(root)
    hypervisor = root.get("type", "")
    return {
        "native_type": f"{hypervisor} domain" if hypervisor else None,
        "machine": attribute_at(root, "os/type", "machine") or None,
        "firmware": firmware.type or None,
        "secure_boot": firmware.secure_boot,
        "description": text_at(root, "title") or text_at(root, "description") or None,
        "guest_os": domxml.guest_os(root) or None,
        "tags": tuple(domxml.tags(root)),
    }


def _sizes(root: Element) -> dict[str, int | None]:
    """`<memory>` is what the machine starts with and its balloon's limit, `<currentMemory>` what it has now."""
    online, most = domxml_cpu.counts(root)
    limit = size_of(root.find("memory"))
    current = root.find("currentMemory")
    return {
        "vcpus": online,
        "vcpus_max": most,
        "memory": size_of(current) if current is not None else limit,
        "memory_max": limit,
    }


def _image(disk: Element) -> str:
    """Path of a disk's image, or `pool/volume`; empty when it is neither."""
    kind, source = disk.get("type", ""), disk.find("source")
    place = source_of(kind, source)
    return f"{source.get('pool', '')}/{place}" if kind == "volume" and source is not None else place


def _plug(nic: Element) -> str:
    """One text for all machines that are plugged into the same."""
    kind = nic.get("type", "")
    place = attribute_at(nic, "source", kind) if kind in ("network", "bridge") else ""
    return intern(f"{kind} {place}") if place else ""


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


def mirrored(xml: str) -> tuple[str, ...]:
    """Targets of the disks that a block job copies or commits. MalformedXml when it is no XML."""
    disks = [disk for disk in _all(parse(xml).find("devices"), "disk") if disk.find("mirror") is not None]
    return tuple(name for disk in disks if (name := attribute_at(disk, "target", "dev")))

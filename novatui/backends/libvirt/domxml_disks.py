"""Disks of a domain, from its XML: where they are, how they are driven, what lies below them."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from novatui.backends.libvirt.addresses import pci_address_of
from novatui.backends.libvirt.xmltree import attribute_at, flag, integer, text_at
from novatui.core.vmspec import DiskSpec

_DEPTH = 256
"""Longest backing chain that is followed; libvirt itself stops at 200."""


def disks(devices: Element | None) -> tuple[DiskSpec, ...]:
    """All disks and drives."""
    return tuple(_disk(disk) for disk in devices.findall("disk")) if devices is not None else ()


def _disk(disk: Element) -> DiskSpec:
    driver = disk.find("driver")
    said = driver.attrib if driver is not None else {}
    source = disk.find("source")
    return DiskSpec(
        target=attribute_at(disk, "target", "dev") or "?",
        device=disk.get("device", "disk"),
        bus=attribute_at(disk, "target", "bus"),
        source_type=disk.get("type", ""),
        source=source_of(disk.get("type", ""), source),
        store=source.get("pool", "") if source is not None else "",
        format=said.get("type", ""),
        cache=said.get("cache", ""),
        io=said.get("io", ""),
        discard=said.get("discard", ""),
        queues=integer(said.get("queues")),
        iothread=integer(said.get("iothread")),
        serial=text_at(disk, "serial"),
        readonly=disk.find("readonly") is not None,
        shareable=disk.find("shareable") is not None,
        boot=integer(attribute_at(disk, "boot", "order")),
        backing=_backing(disk),
        iops_limit=_iops_limit(disk.find("iotune")),
        encrypted=_encrypted(disk, source),
        tls=flag(source.get("tls")) if source is not None else None,
    )


def source_of(kind: str, source: Element | None) -> str:
    """Where a disk or a file below it is, in one line; empty for an empty drive."""
    if source is None:
        return ""
    if kind == "network":
        return _network_source(source)
    if kind == "nvme":
        namespace = source.get("namespace", "")
        return f"{pci_address_of(source.find('address'))}{f' namespace {namespace}' if namespace else ''}".strip()
    names = {"block": "dev", "dir": "dir", "volume": "volume", "vhostuser": "path", "vhostvdpa": "dev"}
    return source.get(names.get(kind, "file"), "")


def _network_source(source: Element) -> str:
    """`rbd:pool/image@mon1:6789,mon2`."""
    hosts = [
        host.get("socket") or ":".join(filter(None, (host.get("name"), host.get("port"))))
        for host in source.findall("host")
    ]
    place = ":".join(filter(None, (source.get("protocol"), source.get("name"))))
    return f"{place}@{','.join(hosts)}" if hosts else place


def _backing(disk: Element) -> tuple[str, ...]:
    found: list[str] = []
    below = disk.find("backingStore")
    while below is not None and len(found) < _DEPTH:
        place = source_of(below.get("type", ""), below.find("source"))
        if place:
            found.append(place)
        below = below.find("backingStore")
    return tuple(found)


def _iops_limit(tune: Element | None) -> int | None:
    """Requests per second. Limits of reads and writes add up to one of both; one of them alone limits no total."""
    if tune is None:
        return None
    total, reads, writes = (integer(text_at(tune, f"{part}_iops_sec")) for part in ("total", "read", "write"))
    if total:
        return total
    return reads + writes if reads and writes else None


def _encrypted(disk: Element, source: Element | None) -> bool | None:
    """By QEMU, under a key that libvirt holds. An empty drive does not say."""
    if source is None:
        return None
    return disk.find("encryption") is not None or source.find("encryption") is not None

"""Memory of a domain, from its XML: sizes, huge pages, backing, balloon."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.xmltree import attribute_at, integer, scaled, size_of
from novatui.core.vmspec import HugePages, MemorySpec


def memory(root: Element) -> MemorySpec:
    """Memory and what backs it on the host."""
    limit = root.find("maxMemory")
    backing = root.find("memoryBacking")
    devices = root.find("devices")
    return MemorySpec(
        size=size_of(root.find("memory")),
        current=size_of(root.find("currentMemory")),
        maximum=size_of(limit),
        slots=integer(limit.get("slots")) if limit is not None else None,
        minimum=size_of(root.find("memtune/min_guarantee")),
        huge_pages=tuple(_huge_pages(backing)),
        source=attribute_at(backing, "source", "type"),
        access=attribute_at(backing, "access", "mode"),
        locked=_present(backing, "locked"),
        page_sharing=None if backing is None else backing.find("nosharepages") is None,
        balloon=attribute_at(devices, "memballoon", "model"),
        balloon_stats=integer(attribute_at(devices, "memballoon/stats", "period")),
        hard_limit=size_of(root.find("memtune/hard_limit")),
        dimms=len(devices.findall("memory")) if devices is not None else None,
    )


def _huge_pages(backing: Element | None) -> Iterator[HugePages]:
    pages = backing.find("hugepages") if backing is not None else None
    if pages is None:
        return
    sizes = pages.findall("page")
    for page in sizes:
        yield HugePages(size=scaled(page.get("size"), page.get("unit", "KiB")), nodeset=page.get("nodeset", ""))
    if not sizes:
        yield HugePages()


def _present(backing: Element | None, tag: str) -> bool | None:
    """Whether a switch is set in the backing; not known when nothing is said of the backing at all."""
    return None if backing is None else backing.find(tag) is not None

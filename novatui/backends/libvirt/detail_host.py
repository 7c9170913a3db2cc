"""What the host says of itself beside its row: hardware, NUMA, security, memory merging, migration."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.host import Host, parsed
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.xmltree import attribute_at, scaled, size_of, text_at
from novatui.core.detail import Property
from novatui.core.units import size


def host_properties(link: Link, host: Host) -> Iterator[Property]:
    """Everything that is told; what is not is left out."""
    conn = link.conn
    if host.product:
        yield Property("host", "product", host.product)
    yield from _hardware(parsed(link.attempt(conn.getSysinfo, 0)))
    yield from _node(link.attempt(conn.getInfo))
    yield from _capabilities(parsed(link.attempt(conn.getCapabilities)))
    for name, value in (link.attempt(conn.getMemoryParameters) or {}).items():
        yield Property("memory merging (KSM)", str(name).removeprefix("shm_").replace("_", " "), str(value))


def _hardware(root: Element | None) -> Iterator[Property]:
    for path, name in (("system", "system"), ("bios", "firmware"), ("baseBoard", "board")):
        element = root.find(path) if root is not None else None
        words = [entry.text or "" for entry in element or () if entry.get("name") in _HARDWARE]
        if any(words):
            yield Property("hardware", name, " ".join(filter(None, words)))


_HARDWARE = {"manufacturer", "vendor", "product", "version"}


def _node(info: list | None) -> Iterator[Property]:
    """virNodeInfo: model, MiB, processors, MHz, NUMA nodes, sockets per node, cores, threads."""
    if not info or len(info) < 8:
        return
    _, _, processors, mhz, nodes, sockets, cores, threads = info[:8]
    layout = f"{nodes} nodes × {sockets} sockets × {cores} cores × {threads} threads"
    yield Property("processors", "layout", layout)
    yield Property("processors", "logical", str(processors))
    if mhz:
        yield Property("processors", "clock", f"{mhz} MHz")


def _capabilities(root: Element | None) -> Iterator[Property]:
    host = root.find("host") if root is not None else None
    if host is None:
        return
    told = {
        "architecture": text_at(host, "cpu/arch"),
        "model": text_at(host, "cpu/model"),
        "vendor": text_at(host, "cpu/vendor"),
        "microcode": attribute_at(host, "cpu/microcode", "version"),
    }
    yield from (Property("processors", name, value) for name, value in told.items() if value)
    if support := attribute_at(host, "iommu", "support"):
        yield Property("passthrough", "IOMMU", support)
    models = [text_at(each, "model") for each in host.findall("secmodel")]
    if any(models):
        yield Property("security", "models", ", ".join(filter(None, models)))
    transports = [each.text or "" for each in host.findall("migration_features/uri_transports/uri_transport")]
    if host.find("migration_features/live") is not None:
        yield Property("migration", "live", ", ".join(filter(None, transports)) or "yes")
    yield from _numa(host)
    types = {each.get("type", "") for each in (root.findall("guest/arch/domain") if root is not None else ())}
    yield Property("guests", "domain types", ", ".join(sorted(filter(None, types))))


def _numa(host: Element) -> Iterator[Property]:
    for cell in host.findall("topology/cells/cell"):
        memory = size_of(cell.find("memory"))
        pages = [
            f"{each.text} × {size(scaled(each.get('size'), each.get('unit', 'KiB')))}"
            for each in cell.findall("pages")
            if (each.text or "0") != "0"
        ]
        words = [f"{size(memory)} memory" if memory is not None else "", f"{len(cell.findall('cpus/cpu'))} processors"]
        yield Property("NUMA", f"node {cell.get('id', '?')}", ", ".join(filter(None, words + pages)))

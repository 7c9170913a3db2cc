"""The host behind a connection: libvirt's connection is the host, so it is the one host row."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from novatui.backends.libvirt.library import version_text
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.xmltree import MalformedXml, parse, text_at
from novatui.core.ids import key
from novatui.core.inventory import Row, Value
from novatui.core.states import Kind, Power

_PRODUCTS = {
    "QEMU": "QEMU",
    "TEST": "test driver",
    "LXC": "LXC",
    "XEN": "Xen",
    "BHYVE": "bhyve",
    "CH": "Cloud Hypervisor",
}


class Host:
    """Who the host is: its name at once, its identity when `recognise` has asked for it."""

    def __init__(self, name: str, *, product: str = "", hypervisor: str = "") -> None:
        self.name = name
        self.id = name
        """Its uuid; its name where the driver has none."""
        self.uuid = ""
        self.product = product
        self.hypervisor = hypervisor
        """What libvirt calls its driver: QEMU, TEST …"""
        self.cpu_model = ""

    @property
    def key(self) -> str:
        """Key of the host's row."""
        return key(Kind.HOST, self.id)

    @property
    def is_mock(self) -> bool:
        """Served by libvirt's test driver."""
        return self.hypervisor == "TEST"


def identify(link: Link) -> Host:
    """Ask the host for its name and product. Only a lost link raises: what is not told stays unknown."""
    name = link.attempt(link.conn.getHostname) or link.uri
    hypervisor = link.attempt(link.conn.getType) or ""
    return Host(name, product=_product(link, hypervisor), hypervisor=hypervisor)


def recognise(link: Link, host: Host) -> None:
    """Ask for the host's uuid and processor. The first time a host may probe all its QEMUs for it, which takes long."""
    capabilities = parsed(link.attempt(link.conn.getCapabilities))
    cpu = (text_at(capabilities, "host/cpu/vendor"), text_at(capabilities, "host/cpu/model"))
    host.uuid = text_at(capabilities, "host/uuid") or _board_uuid(link)
    host.id = host.uuid or host.name
    host.cpu_model = " ".join(filter(None, cpu))


def _board_uuid(link: Link) -> str:
    """uuid of the host's board, from the device tree: for drivers whose capabilities name none."""
    device = link.attempt(link.conn.nodeDeviceLookupByName, "computer")
    tree = parsed(link.attempt(device.XMLDesc)) if device is not None else None
    return text_at(tree, "capability/hardware/uuid")


def parsed(xml: str | None) -> Element | None:
    """The tree of an answer; None when there is none or it cannot be read."""
    try:
        return parse(xml) if xml else None
    except MalformedXml:
        return None


def _product(link: Link, hypervisor: str) -> str:
    """`libvirt 9.0.0, QEMU 7.2.22`."""
    parts: list[str] = []
    library = link.attempt(link.conn.getLibVersion)
    if library:
        parts.append(f"libvirt {version_text(library)}")
    version = link.attempt(link.conn.getVersion)
    name = _PRODUCTS.get(hypervisor, hypervisor)
    if name:
        parts.append(f"{name} {version_text(version)}" if version and hypervisor != "TEST" else name)
    return ", ".join(parts)


def row(link: Link, host: Host) -> Row:
    """The host's row, read now."""
    info = link.attempt(link.conn.getInfo) or []
    values: dict[str, Value] = {
        "name": host.name,
        "parent": "",
        "uuid": host.uuid or None,
        "native_id": host.uuid or host.name,
        "native_type": "host",
        "power": Power.RUNNING.value,
        "native_state": "connected",
        "product": host.product or None,
        "cpu_model": host.cpu_model or (info[0] if info else None),
        "cpus": info[2] if len(info) > 2 else None,
        "memory_total": _memory(link, info),
    }
    return Row(Kind.HOST, host.id, values)


def _memory(link: Link, info: list) -> int | None:
    """Memory in bytes: exact from the node's statistics (KiB), else from its description (MiB)."""
    stats = link.attempt(link.conn.getMemoryStats, -1)
    if stats and "total" in stats:
        return stats["total"] * 1024
    return info[1] * 1024 * 1024 if len(info) > 1 else None

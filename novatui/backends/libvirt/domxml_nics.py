"""Network interfaces of a domain, from its XML: what they are plugged into and how they are driven."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from novatui.backends.libvirt.addresses import source_address
from novatui.backends.libvirt.xmltree import attribute_at, flag, integer
from novatui.core.vmspec import NicSpec

_SOURCES = {"network": "network", "bridge": "bridge", "direct": "dev", "vdpa": "dev", "internal": "name"}
"""Attribute of `<source>` that says what an interface is plugged into, by its type."""

_PORT_IDS = ("interfaceid", "profileid", "instanceid")
_KILOBYTE = 1000
"""`<bandwidth>` counts in kilobytes per second (formatnetwork: quality of service)."""


def nics(devices: Element | None) -> tuple[NicSpec, ...]:
    """All interfaces."""
    return tuple(_nic(nic) for nic in devices.findall("interface")) if devices is not None else ()


def _nic(nic: Element) -> NicSpec:
    kind = nic.get("type", "")
    vhostuser = kind == "vhostuser"
    tags = [tag for tag in nic.findall("vlan/tag") if tag.get("id")]
    return NicSpec(
        target=attribute_at(nic, "target", "dev"),
        type=kind,
        source=_source(nic, kind),
        model=attribute_at(nic, "model", "type"),
        mac=attribute_at(nic, "mac", "address"),
        vlan=",".join(tag.get("id", "") for tag in tags),
        vlan_trunk=_trunk(nic, tags),
        port_type=attribute_at(nic, "virtualport", "type"),
        port_id=_port_id(nic),
        queues=integer(attribute_at(nic, "driver", "queues")),
        driver=attribute_at(nic, "driver", "name"),
        link_up={"up": True, "down": False}.get(attribute_at(nic, "link", "state")),
        isolated=flag(attribute_at(nic, "port", "isolated")),
        filter=attribute_at(nic, "filterref", "filter"),
        mtu=integer(attribute_at(nic, "mtu", "size")),
        vhost_socket=attribute_at(nic, "source", "path") if vhostuser else "",
        vhost_mode=attribute_at(nic, "source", "mode") if vhostuser else "",
        rate_in=_rate(nic, "inbound"),
        rate_out=_rate(nic, "outbound"),
        boot=integer(attribute_at(nic, "boot", "order")),
    )


def _source(nic: Element, kind: str) -> str:
    if kind == "hostdev":
        return source_address(nic)
    if kind == "vhostuser":
        return attribute_at(nic, "source", "path")
    place = attribute_at(nic, "source", _SOURCES.get(kind, "dev"))
    group = attribute_at(nic, "source", "portgroup")
    return f"{place}/{group}" if place and group else place


def _trunk(nic: Element, tags: list[Element]) -> bool | None:
    """Several tags make a trunk by themselves."""
    said = flag(attribute_at(nic, "vlan", "trunk"))
    return said if said is not None else len(tags) > 1 if tags else None


def _port_id(nic: Element) -> str:
    found = (attribute_at(nic, "virtualport/parameters", name) for name in _PORT_IDS)
    return next(filter(None, found), "")


def _rate(nic: Element, direction: str) -> int | None:
    average = integer(attribute_at(nic, f"bandwidth/{direction}", "average"))
    return average * _KILOBYTE if average is not None and 0 <= average < 2**53 else None

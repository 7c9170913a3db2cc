"""Devices, networks, bridges and pools of a host, as two hosts are compared by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.devices import GIVEN, describe
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.networks import describe as describe_network
from novatui.backends.libvirt.profile_asking import Described, Repeated
from novatui.backends.libvirt.storage import describe_state
from novatui.backends.libvirt.xmltree import attribute_at, text_at
from novatui.core.capabilities import Evidence
from novatui.core.devices import Device
from novatui.core.hostprofile import Item, Part, Section
from novatui.core.units import size

_SWITCHED = {"bridge", "private", "vepa", "passthrough", "hostdev", "open"}
"""Kinds of networks that are what is behind them; of others the bridge is made up on each host."""


def things(link: Link) -> tuple[Part, ...]:
    """These four sections."""
    return (
        _part(link, Section.DEVICES, link.conn.listAllDevices, GIVEN, _devices),
        _part(link, Section.NETWORKS, link.conn.listAllNetworks, 0, _networks),
        _part(link, Section.BRIDGES, link.conn.listAllInterfaces, 0, _bridges),
        _part(link, Section.STORAGE, link.conn.listAllStoragePools, 0, _pools),
    )


class Listing:
    """What one listing found, and the questions that were asked of each."""

    def __init__(self, link: Link, asked: Asked) -> None:
        self.link = link
        self.found: Sequence[Any] = asked.value
        self.xml = Repeated(link)
        self.other = Repeated(link)
        self.gap = ""
        """What is missing from the items."""

    def described(self) -> Iterator[Described]:
        """Each of them; what cannot be read leaves a gap."""
        for one in self.xml.described(self.found):
            if one.root is None:
                self.gap = f"{one.found.name()} could not be read: {one.why}"
            yield one

    @property
    def evidence(self) -> Iterable[Evidence]:
        return (*self.xml.evidence, *self.other.evidence)


def _part(
    link: Link, section: Section, function: Callable[..., Any], flags: int, read: Callable[[Listing], Iterable[Item]]
) -> Part:
    asked = ask(link, function, flags, shown=_names)
    if asked.value is None:
        return Part(section=section, reason=asked.why, evidence=(asked.evidence,))
    listing = Listing(link, asked)
    items = tuple(read(listing))
    return Part(section=section, items=items, reason=listing.gap, evidence=(asked.evidence, *listing.evidence))


def _names(found: Sequence[Any]) -> str:
    return f"{len(found)}: {', '.join(one.name() for one in found)}"


# --- devices ----------------------------------------------------------------------------------------------------------


def _devices(listing: Listing) -> Iterable[Item]:
    """Devices that a machine could be given, those of one kind together: addresses differ from host to host."""
    alike: dict[str, list[Device]] = defaultdict(list)
    for one in listing.described():
        if one.root is not None and (device := describe(one.xml, {})) is not None:
            alike[f"{device.device_class} {_identity(device)}"].append(device)
    return sorted((_device(identity, devices) for identity, devices in alike.items()), key=lambda item: item.name)


def _identity(device: Device) -> str:
    """Numbers of vendor and product: their names depend on the lists that a host has installed."""
    return device.ids or f"{device.vendor} {device.product}"


def _device(identity: str, devices: Sequence[Device]) -> Item:
    first = devices[0]
    said = " ".join(filter(None, (first.vendor, first.product))) or first.name
    most = {each.functions_max for each in devices if each.functions_max is not None}
    types = sorted({each.id for device in devices for each in device.mdev_types})
    value = [f"{len(devices)}×"]
    value += [f"{each} VFs at most" for each in sorted(most)]
    value += [f"makes {', '.join(types)}"] if types else []
    return Item(
        id=identity,
        name=f"{first.device_class} {said}",
        value=", ".join(value),
        amount=len(devices),
        beside=", ".join(filter(None, (each.address for each in devices))),
    )


# --- networks ---------------------------------------------------------------------------------------------------------


def _networks(listing: Listing) -> Iterable[Item]:
    for one in listing.xml.described(listing.found):
        active = listing.other.ask(one.found.isActive)
        if one.root is None or active.value not in (0, 1):
            yield Item(name=one.found.name(), value=None, reason=one.why or active.why)
        else:
            yield _network(one, one.root, active=active.value == 1)


def _network(one: Described, root: Element, *, active: bool) -> Item:
    told = describe_network(one.xml)
    kind, bridge, vlan = (str(told[column] or "") for column in ("net_type", "bridge", "vlan"))
    addresses = [_address(each) for each in root.findall("ip")]
    groups = sorted(each.get("name", "") for each in root.findall("portgroup"))
    value = [" ".join(filter(None, (kind, bridge if kind in _SWITCHED else ""))), *addresses]
    value += [f"vlan {vlan}"] if vlan else []
    value += [f"port groups {' '.join(groups)}"] if groups else []
    value += [] if active else ["inactive"]
    return Item(name=one.found.name(), value=", ".join(value), beside="" if kind in _SWITCHED else bridge)


def _address(ip: Element) -> str:
    mask = ip.get("prefix") or ip.get("netmask", "")
    return f"{ip.get('address', '?')}{'/' if mask else ''}{mask}"


def _bridges(listing: Listing) -> Iterable[Item]:
    for one in listing.described():
        if one.root is not None and one.root.get("type") == "bridge":
            ports = [each.get("name", "") for each in one.root.findall("bridge/interface")]
            yield Item(name=one.found.name(), beside=", ".join(filter(None, ports)))


# --- storage ----------------------------------------------------------------------------------------------------------


def _pools(listing: Listing) -> Iterable[Item]:
    for one in listing.xml.described(listing.found):
        name = one.found.name()
        info = listing.other.ask(one.found.info)
        if one.root is None or info.value is None:
            yield Item(name=name, value=None, reason=one.why or info.why)
        else:
            yield _pool(name, one.root, info.value)


def _pool(name: str, root: Element, info: Sequence[int]) -> Item:
    state = describe_state(info)
    source = [
        attribute_at(root, "source/host", "name"),
        attribute_at(root, "source/dir", "path") or text_at(root, "source/name"),
        *(each.get("path", "") for each in root.findall("source/device")),
    ]
    value = [root.get("type", ""), ":".join(filter(None, source)), text_at(root, "target/path")]
    told = " ".join(filter(None, value))
    capacity, free = state["capacity"], state["free"]
    room = f"{size(float(str(free)))} of {size(float(str(capacity)))} free" if capacity and free is not None else ""
    return Item(name=name, value=told if state["active"] else f"{told}, {state['native_state']}", beside=room)

"""Whether a host has the networks and devices that a machine is plugged into."""

from __future__ import annotations

import re

from novatui.backends.found import declared
from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.link import Link
from novatui.core.needs import Needs, Told, plug
from novatui.core.vmspec import HostDevice, NicSpec

CAP_NET = 16
"""VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET."""

NO_NETWORK = "43"
NO_NODE_DEVICE = "53"

_ASK_NOTHING = {"user", "null", "client", "server", "mcast", "udp"}
"""Interfaces that need nothing of the host that could be missing."""


def networks_told(link: Link, needs: Needs) -> dict[str, Told[bool]]:
    """By `plug(nic)`, each asked once."""
    nics = {plug(nic): nic for nic in needs.vm.nics}
    interfaces: Asked | None = None
    told: dict[str, Told[bool]] = {}
    for name, nic in nics.items():
        if nic.type in {"bridge", "direct"} and interfaces is None:
            interfaces = ask(link, link.conn.listAllDevices, CAP_NET, shown=lambda found: f"{len(found)} interfaces")
        told[name] = _plugged(link, nic, interfaces)
    return told


def _plugged(link: Link, nic: NicSpec, interfaces: Asked | None) -> Told[bool]:
    if nic.type == "network":
        return _network(link, nic.source)
    if nic.type in _ASK_NOTHING:
        return Told(value=True, said="it asks nothing of the host", evidence=declared(f"libvirt: interface {nic.type}"))
    if nic.type in {"bridge", "direct"} and interfaces is not None and nic.source:
        return _interface(interfaces, nic.source)
    return Told(said="libvirt has no call that tells")


def _network(link: Link, name: str) -> Told[bool]:
    asked = ask(link, link.conn.networkLookupByName, name, shown=lambda found: found.name())
    if asked.code == NO_NETWORK:
        return asked.tell(False, "no network of that name is defined")
    if asked.failure is not None:
        return asked.untold()
    active = ask(link, asked.value.isActive)
    if active.value is None:
        return active.untold()
    return active.tell(bool(active.value), "" if active.value else "it is defined, and not active")


def _interface(interfaces: Asked, name: str) -> Told[bool]:
    """Network devices are called `net_<interface>_<address>`, with `_` for everything that is no letter or digit."""
    if not interfaces.value:
        return interfaces.untold(interfaces.why or "it lists no network interfaces")
    start = f"net_{re.sub('[^A-Za-z0-9]', '_', name)}_"
    found = next((each.name() for each in interfaces.value if each.name().startswith(start)), "")
    return interfaces.tell(bool(found), "" if found else "no interface of that name is there")


def devices_told(link: Link, needs: Needs) -> dict[str, Told[bool]]:
    """By the address of the device that the machine holds now."""
    return {device.address: _device(link, device) for device in needs.vm.host_devices}


def _device(link: Link, device: HostDevice) -> Told[bool]:
    if device.type != "pci" or not device.address:
        return Told(said="libvirt has no call that finds such a device by what it is")
    name = f"pci_{re.sub('[^A-Za-z0-9]', '_', device.address)}"
    asked = ask(link, link.conn.nodeDeviceLookupByName, name, shown=lambda found: found.name())
    if asked.code == NO_NODE_DEVICE:
        return asked.tell(False, "there is no device at that address")
    if asked.failure is not None:
        return asked.untold()
    return asked.untold("a device is at that address; whether it is one of the same kind was not asked")

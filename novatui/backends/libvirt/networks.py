"""Virtual networks as rows, and the addresses that their DHCP servers gave out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.listed import Listed
from novatui.backends.libvirt.xmltree import MalformedXml, attribute_at, parse
from novatui.core.detail import Lease
from novatui.core.errors import Conflict, NotSupported, NovaError, Unreachable
from novatui.core.inventory import Value
from novatui.core.states import Kind

LEASES_MAX_AGE_S = 5.0
"""A burst of events asks for the leases once."""


class GuestAddress(msgspec.Struct, frozen=True):
    """What the DHCP servers know of one interface."""

    addresses: tuple[str, ...]
    hostname: str


class Networks(Listed):
    """Lists and refreshes networks."""

    kind = Kind.NETWORK
    native_type = "network"

    def __init__(self, link: Link, host: Host, sink: Sink) -> None:
        super().__init__(link, host, sink)
        self._leases: dict[str, GuestAddress] = {}
        self._leases_at = -LEASES_MAX_AGE_S

    def lookup(self, uuid: str) -> Any:
        """The network with this uuid. NotFound when there is none."""
        return self.link.call(self.link.conn.networkLookupByUUIDString, uuid)

    def leases(self, uuid: str) -> list[Lease]:
        """Addresses that one network gave out. One that is not active, or not served by libvirt, gave out none."""
        try:
            found = self.link.call(self.lookup(uuid).DHCPLeases)
        except (Conflict, NotSupported):
            return []
        return [
            Lease(
                mac=str(lease.get("mac") or ""),
                ip=str(lease.get("ipaddr") or ""),
                hostname=str(lease.get("hostname") or ""),
                expires=float(lease["expirytime"]) if lease.get("expirytime") else None,
            )
            for lease in found
        ]

    def leases_by_mac(self) -> dict[str, GuestAddress]:
        """All leases of all active networks, by MAC in lower case. What cannot be asked is left out."""
        if time.monotonic() - self._leases_at > LEASES_MAX_AGE_S:
            self._leases = self._ask_leases()
            self._leases_at = time.monotonic()
        return self._leases

    def _ask_leases(self) -> dict[str, GuestAddress]:
        found: dict[str, GuestAddress] = {}
        for network in self.link.attempt(self.link.conn.listAllNetworks, _ACTIVE) or ():
            try:
                leases = self.link.call(network.DHCPLeases)
            except NotSupported:
                return found
            except Unreachable:
                raise
            except NovaError:
                continue
            for lease in leases:
                mac, address = str(lease.get("mac") or "").lower(), str(lease.get("ipaddr") or "")
                if mac and address:
                    before = found.get(mac, GuestAddress((), ""))
                    hostname = str(lease.get("hostname") or before.hostname)
                    found[mac] = GuestAddress((*before.addresses, address), hostname)
        return found

    def _list_all(self) -> Callable[[int], list[Any]]:
        return self.link.conn.listAllNetworks

    def _values(self, found: Any) -> dict[str, Value]:
        active = self.link.attempt(found.isActive)
        state: dict[str, Value] = {
            "native_state": None if active is None else "active" if active else "inactive",
            "active": None if active is None else bool(active),
            "net_active": None if active is None else bool(active),
        }
        return state | describe(self.link.attempt(found.XMLDesc))


_ACTIVE = 2
"""VIR_CONNECT_LIST_NETWORKS_ACTIVE."""


def describe(xml: str | None) -> dict[str, Value]:
    """Columns of a network's XML; unknown where it cannot be read."""
    try:
        root = parse(xml) if xml else None
    except MalformedXml:
        root = None
    if root is None:
        return {"net_type": None, "bridge": None, "vlan": None}
    forward = root.find("forward")
    return {
        "net_type": "isolated" if forward is None else forward.get("mode", "nat"),
        "bridge": attribute_at(root, "bridge", "name") or attribute_at(root, "forward", "dev") or None,
        "vlan": _vlans(root) or None,
    }


def _vlans(root: Element) -> str:
    """VLAN ids of the network and of its port groups."""
    found = [tag.get("id", "") for tag in (*root.findall("vlan/tag"), *root.findall("portgroup/vlan/tag"))]
    return ",".join(dict.fromkeys(filter(None, found)))

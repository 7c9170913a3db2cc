"""One object in full, of any kind: which part of the driver reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.detail_host import host_properties
from novatui.backends.libvirt.detail_vm import VmDetail
from novatui.backends.libvirt.devices import Devices
from novatui.backends.libvirt.giving import giving_of
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.networks import Networks
from novatui.backends.libvirt.snapshots import Snapshots, then_and_now
from novatui.backends.libvirt.storage import Storage
from novatui.backends.libvirt.traffic import Traffic
from novatui.backends.libvirt.usage import Usage
from novatui.backends.libvirt.xmltree import MalformedXml, attribute_at, parse, text_at
from novatui.backends.parts import Gatherer
from novatui.core.detail import Detail, Property
from novatui.core.errors import NotFound
from novatui.core.ids import key, split_key
from novatui.core.states import Kind


class Details:
    """Reads objects on demand."""

    def __init__(
        self,
        link: Link,
        host: Host,
        networks: Networks,
        storage: Storage,
        snapshots: Snapshots,
        devices: Devices,
        traffic: Traffic,
        users: Usage,
    ) -> None:
        self.link = link
        self.host = host
        self.networks = networks
        self.storage = storage
        self.snapshots = snapshots
        self.devices = devices
        self.users = users
        self.machines = VmDetail(link, host, snapshots, devices, traffic)

    def detail(self, wanted: str, parts: Collection[str]) -> Detail:
        """The object with this key. NotFound when there is none."""
        try:
            kind, identifier = split_key(wanted)
        except ValueError as error:
            raise NotFound(str(error)) from None
        readers = {
            Kind.VM: self.machines.read,
            Kind.HOST: self._host,
            Kind.DATASTORE: self._datastore,
            Kind.NETWORK: self._network,
            Kind.DEVICE: self._device,
            Kind.SNAPSHOT: self._snapshot,
        }
        if kind not in readers:
            raise NotFound(f"libvirt has no {kind.value}")
        return readers[kind](identifier, Gatherer(parts))

    def _host(self, identifier: str, gather: Gatherer) -> Detail:
        if identifier != self.host.id:
            raise NotFound(f"no host {identifier} on this connection")
        capabilities = gather.part("raw", lambda: self.link.call(self.link.conn.getCapabilities))
        told = gather.part("devices", self.devices.told)
        devices, asked = told or (None, ())
        return Detail(
            key=self.host.key,
            devices=tuple(devices) if devices is not None else None,
            giving=giving_of(self.link, devices, self.devices.untold, asked) if devices is not None else None,
            properties=tuple(host_properties(self.link, self.host)),
            raw=capabilities or "",
            raw_format="xml",
            failures=gather.failures,
        )

    def _datastore(self, identifier: str, gather: Gatherer) -> Detail:
        xml = self.link.call(self.storage.lookup(identifier).XMLDesc)
        volumes = gather.part("volumes", lambda: self.storage.volumes(identifier))
        return Detail(
            key=key(Kind.DATASTORE, identifier),
            volumes=tuple(volumes) if volumes is not None else None,
            users=gather.part("users", lambda: self.users.of_pool(self.storage.lookup(identifier), _tree(xml))),
            properties=tuple(_pool_properties(_tree(xml))),
            raw=xml if gather.wants("raw") else "",
            raw_format="xml",
            failures=gather.failures,
        )

    def _network(self, identifier: str, gather: Gatherer) -> Detail:
        xml = self.link.call(self.networks.lookup(identifier).XMLDesc)
        leases = gather.part("leases", lambda: self.networks.leases(identifier))
        return Detail(
            key=key(Kind.NETWORK, identifier),
            leases=tuple(leases) if leases is not None else None,
            users=gather.part("users", lambda: self.users.of_network(_tree(xml))),
            properties=tuple(_network_properties(_tree(xml))),
            raw=xml if gather.wants("raw") else "",
            raw_format="xml",
            failures=gather.failures,
        )

    def _device(self, identifier: str, gather: Gatherer) -> Detail:
        found = self.devices.one(identifier)
        return Detail(
            key=key(Kind.DEVICE, identifier),
            devices=(found,) if found is not None else (),
            raw=(gather.part("raw", lambda: self.devices.xml(identifier)) or ""),
            raw_format="xml",
            failures=gather.failures,
        )

    def _snapshot(self, identifier: str, gather: Gatherer) -> Detail:
        uuid, _, name = identifier.partition("/")
        domain = self.link.domain(uuid)
        xml = self.link.call(self.link.call(domain.snapshotLookupByName, name).getXMLDesc)
        tree = gather.part("snapshots", lambda: self.snapshots.tree(domain))
        then, now = gather.part("vm", lambda: then_and_now(self.link, domain, xml)) or (None, None)
        return Detail(
            key=key(Kind.SNAPSHOT, identifier),
            vm=then,
            now=now,
            snapshots=tuple(each for each in tree if each.id == name) if tree is not None else None,
            raw=xml if gather.wants("raw") else "",
            raw_format="xml",
            failures=gather.failures,
        )


def _tree(xml: str) -> Element | None:
    try:
        return parse(xml)
    except MalformedXml:
        return None


def _pool_properties(root: Element | None) -> Iterator[Property]:
    told = {
        "path": text_at(root, "target/path"),
        "source host": attribute_at(root, "source/host", "name"),
        "source": text_at(root, "source/name")
        or attribute_at(root, "source/dir", "path")
        or attribute_at(root, "source/device", "path"),
        "format": attribute_at(root, "source/format", "type"),
    }
    yield from (Property("pool", name, value) for name, value in told.items() if value)


def _network_properties(root: Element | None) -> Iterator[Property]:
    told = {
        "forward": attribute_at(root, "forward", "mode"),
        "forward device": attribute_at(root, "forward", "dev"),
        "domain": attribute_at(root, "domain", "name"),
        "MTU": attribute_at(root, "mtu", "size"),
        "virtual port": attribute_at(root, "virtualport", "type"),
    }
    yield from (Property("network", name, value) for name, value in told.items() if value)
    for address in root.findall("ip") if root is not None else ():
        mask = address.get("prefix") or address.get("netmask", "")
        yield Property("network", "address", "/".join(filter(None, (address.get("address"), mask))))
        for span in address.findall("dhcp/range"):
            yield Property("network", "DHCP range", f"{span.get('start', '?')} to {span.get('end', '?')}")

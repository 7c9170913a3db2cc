"""Disks, interfaces and other devices of a machine: a box for each, every setting named."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.core.devices import Device
from novatui.core.states import Kind
from novatui.core.vmspec import DiskSpec, GraphicsSpec, HostDevice, NicSpec, VmSpec
from novatui.ui.render.detail import words
from novatui.ui.render.detail.attention import attention
from novatui.ui.render.detail.settings import Setting, amount, settings, switch
from novatui.ui.render.detail.sheet import Field, Item, Section, Text
from novatui.ui.render.detail.vm_summary import encryption
from novatui.ui.render.detail.vm_traffic import disk_traffic, nic_traffic
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.marks import UNKNOWN


def disk_sections(whole: Whole) -> Iterator[Section]:
    """A box for each disk and drive."""
    yield from _failed(whole)
    if whole.vm is None:
        yield _unread(whole, "Disks", Field("disks", whole.text("disks")), Field("size", whole.size("disk_size")))
        return
    yield disk_traffic(whole, whole.vm.disks)
    for disk in whole.vm.disks:
        yield Section(title=f"{disk.target}  {_drive(disk)}", items=_disk(whole, disk), far=_fill(disk))
    if not whole.vm.disks:
        yield _nothing(whole, "Disks", "it has no disks and no drives")


def _drive(disk: DiskSpec) -> str:
    return words.joined(words.told(disk.bus), disk.device)


def _fill(disk: DiskSpec) -> str:
    """How much of it is taken; an overlay can take more than it shows."""
    if not disk.size or disk.allocation is None:
        return ""
    return f"{disk.allocation / disk.size * 100:.0f} % allocated"


def _disk(whole: Whole, disk: DiskSpec) -> list[Item]:
    limit = f"{disk.iops_limit} requests/s" if disk.iops_limit is not None else ""
    thread = f"nr {disk.iothread}" if disk.iothread is not None else ""
    found: list[Setting] = [
        ("cache", "disk.cache", disk.cache),
        ("I/O mode", "disk.io", disk.io),
        ("discard", "disk.discard", disk.discard),
        ("queues", "disk.queues", amount(disk.queues)),
        ("I/O thread", "disk.iothread", thread),
        ("boot order", "disk.boot", amount(disk.boot)),
        ("limit", "disk.iops_limit", limit),
        ("encrypted", "disk.encrypted", switch(disk.encrypted)),
        ("serial", "disk.serial", disk.serial),
    ]
    chain: list[Item] = [Field(f"backing {at}", place) for at, place in enumerate(disk.backing, 1)]
    return [
        Field("size", words.size(disk.size)),
        Field("used on store", words.size(disk.allocation)),
        Field("format", words.told(disk.format)),
        Field("store", words.told(disk.store)),
        Field("access", _access(disk)),
        Field("source kind", words.told(disk.source_type)),
        Field("source", disk.source or ("no medium" if disk.device in _DRIVES else UNKNOWN)),
        *chain,
        *settings(whole, found if chain else [*found, ("backing", "disk.backing", "")]),
    ]


_DRIVES = frozenset({"cdrom", "floppy"})
"""Without a source these are empty."""


def _access(disk: DiskSpec) -> str:
    return words.joined("read-only" if disk.readonly else "read and write", "shared" if disk.shareable else "")


def nic_sections(whole: Whole) -> Iterator[Section]:
    """A box for each interface."""
    yield from _failed(whole)
    if whole.vm is None:
        yield _unread(whole, "Networks", Field("interfaces", whole.text("nics")))
        return
    yield nic_traffic(whole, whole.vm.nics)
    for at, nic in enumerate(whole.vm.nics):
        yield Section(title=f"{at}  {words.joined(nic.model or nic.type, nic.target)}", items=_nic(whole, nic))
    if not whole.vm.nics:
        yield _nothing(whole, "Networks", "it has no network interfaces")


def _nic(whole: Whole, nic: NicSpec) -> list[Item]:
    found: list[Setting] = [
        ("queues", "nic.queues", amount(nic.queues)),
        ("driver", "nic.driver", nic.driver),
        ("MTU", "nic.mtu", f"{nic.mtu} B" if nic.mtu is not None else ""),
        ("port type", "nic.port_type", nic.port_type),
        ("port id", "nic.port_id", nic.port_id),
        ("filter", "nic.filter", nic.filter),
        ("limit in", "nic.rate", words.rate(nic.rate_in) if nic.rate_in is not None else ""),
        ("limit out", "nic.rate", words.rate(nic.rate_out) if nic.rate_out is not None else ""),
        ("boot order", "nic.boot", amount(nic.boot)),
    ]
    if nic.type == "vhostuser":
        found += [("vhost socket", "nic.driver", nic.vhost_socket), ("vhost mode", "nic.driver", nic.vhost_mode)]
    return [
        Field("network", words.told(nic.source)),
        Field("link", words.told(nic.link_up, lambda up: "up" if up else "down")),
        Field("MAC", words.told(nic.mac)),
        Field("model", words.told(nic.model)),
        Field("kind", words.told(nic.type)),
        Field("on the host", words.told(nic.target)),
        Field("VLAN", _vlan(whole, nic)),
        Field("isolated", words.yes_no(nic.isolated) if nic.isolated is not None else whole.gap("nic.isolated")),
        *_addresses(whole, nic),
        *settings(whole, found),
    ]


def _vlan(whole: Whole, nic: NicSpec) -> str:
    """Tags that its port puts on, else those of the network that it is plugged into."""
    if nic.vlan:
        return f"{nic.vlan} trunk" if nic.vlan_trunk else nic.vlan
    store, conn = whole.fleet.inventory, whole.fleet.inventory.conn(whole.slot)
    for slot in store.slots(Kind.NETWORK):
        tags = store.value(slot, "vlan")
        if store.conn(slot) == conn and store.name(slot) == nic.source and tags:
            return f"{tags} by its network"
    return "none told"


def _addresses(whole: Whole, nic: NicSpec) -> Iterator[Field]:
    """What the driver found out by the host's name of the interface."""
    for one in whole.detail.properties if whole.detail is not None else ():
        if one.section == "addresses" and nic.target and one.name.split(" ")[0] == nic.target:
            yield Field(f"IP {one.name.partition(' ')[2]}".strip(), one.value)


def device_sections(whole: Whole) -> Iterator[Section]:
    """Devices of the host that it was given, then those that are made for it."""
    yield from _failed(whole)
    vm = whole.vm
    if vm is None:
        yield _unread(whole, "Devices", whole.field("given devices", "passthrough"))
        return
    held = {device.address: device for device in whole.detail.devices or ()} if whole.detail is not None else {}
    for given in vm.host_devices:
        yield Section(title=_called(given), items=_given(whole, given, held.get(given.address)))
    for nic in vm.nics:
        if nic.type == "hostdev":
            as_device = HostDevice(type="pci", address=nic.source)
            title = f"network function {nic.source}"
            yield Section(title=title, items=_given(whole, as_device, held.get(nic.source)))
    if not vm.host_devices and not any(nic.type == "hostdev" for nic in vm.nics):
        yield _nothing(whole, "Devices of the host", "it was given none")
    yield _trust(whole, vm)
    yield Section(title="Screens", items=[Field(one.type, _screen(one)) for one in vm.graphics])
    yield _made(whole, vm)


def _called(given: HostDevice) -> str:
    """Some addresses begin with what they are of."""
    return given.address if given.address.startswith(given.type) else f"{given.type} {given.address}"


def _given(whole: Whole, given: HostDevice, device: Device | None) -> list[Item]:
    """What the machine's configuration says, and what the host says of the same device."""
    found: list[Setting] = [
        ("model", "device.model", given.model),
        ("driver", "device.driver", given.driver),
        ("managed", "device.managed", switch(given.managed)),
    ]
    return [
        Field("name", words.told(given.name or (words.joined(device.vendor, device.product) if device else ""))),
        Field("IOMMU group", words.told(device.iommu_group) if device else UNKNOWN),
        Field("NUMA node", words.told(device.numa_node) if device else UNKNOWN),
        Field("host driver", words.told(device.driver) if device else UNKNOWN),
        Field("part of", words.told(device.parent) if device else UNKNOWN),
        *settings(whole, found),
    ]


def _trust(whole: Whole, vm: VmSpec) -> Section:
    """TPM and memory encryption."""
    chips = [f"{tpm.version or 'version ?'} {words.joined(tpm.model, tpm.backend)}".strip() for tpm in vm.tpm]
    return Section(
        title="Trust",
        items=[Field("TPM", ", ".join(chips) or whole.text("tpm")), Field("encryption", encryption(whole))],
    )


def _screen(screen: GraphicsSpec) -> str:
    port = f"port {screen.port}" if screen.port is not None else "port ?"
    tls = f"TLS port {screen.tls_port}" if screen.tls_port is not None else ""
    if screen.socket:
        return f"socket {screen.socket}"
    return ", ".join(filter(None, (f"listens on {screen.listen or UNKNOWN}", port, tls)))


def _made(whole: Whole, vm: VmSpec) -> Section:
    found: list[Setting] = [
        ("serial ports", "serial_ports", amount(vm.serial_ports)),
        ("watchdog", "watchdog", vm.watchdog),
        ("random source", "rng", vm.rng),
        ("virtual IOMMU", "iommu", vm.iommu),
        ("channels", "channels", ", ".join(vm.channels)),
        ("controllers", "controllers", ", ".join(vm.controllers)),
    ]
    return Section(title="Made for it", items=settings(whole, found))


def _failed(whole: Whole) -> Iterator[Section]:
    """The same warnings above every tab while something could not be read."""
    if whole.detail is not None and whole.detail.failures:
        yield attention(whole)


def _unread(whole: Whole, title: str, *fields: Field) -> Section:
    """What the list knows, until the configuration was read."""
    return Section(title=title, items=[*fields, Text("its configuration was not read", whole.look.styles.quiet)])


def _nothing(whole: Whole, title: str, text: str) -> Section:
    return Section(title=title, items=[Text(text, whole.look.styles.quiet)])

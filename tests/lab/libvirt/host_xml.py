"""Networks, storage and node devices of a host of the seeded world, as libvirt XML."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from tests.conformance.world import Host, Mediated, Network, PciDevice, Pool, Volume
from tests.lab.libvirt.domain_xml import pci_address


def network_xml(network: Network) -> str:
    """A network definition; a VLAN comes with the Open vSwitch port that libvirt asks for."""
    parts = [f"<name>{escape(network.name)}</name><uuid>{network.uuid}</uuid>"]
    if network.kind != "isolated":
        parts.append(f"<forward mode='{network.kind}'/>")
    if network.bridge:
        parts.append(f"<bridge name={quoteattr(network.bridge)}/>")
    if network.vlan is not None:
        parts.append(f"<virtualport type='openvswitch'/><vlan><tag id='{network.vlan}'/></vlan>")
    if network.address:
        interface = ipaddress.ip_interface(network.address)
        parts.append(f"<ip address='{interface.ip}' netmask='{interface.netmask}'/>")
    return f"<network>{''.join(parts)}</network>"


def pool_xml(pool: Pool, path: str = "", volumes: bool = False) -> str:
    """A pool definition, in another place than the world's if `path` says so.

    The mock driver's file holds the volumes inside the pool.
    """
    inside = "".join(volume_xml(volume, f"{path or pool.path}/{volume.name}") for volume in pool.volume)
    return (
        f"<pool type='{pool.kind}'><name>{escape(pool.name)}</name><uuid>{pool.uuid}</uuid>"
        f"<target><path>{escape(path or pool.path)}</path></target>{inside if volumes else ''}</pool>"
    )


def volume_xml(volume: Volume, path: str) -> str:
    return (
        f"<volume type='file'><name>{escape(volume.name)}</name><key>{escape(path)}</key>"
        f"<capacity unit='MiB'>{volume.capacity_mib}</capacity>"
        f"<allocation unit='MiB'>{volume.allocation_mib}</allocation>"
        f"<target><path>{escape(path)}</path><format type='{volume.format}'/></target></volume>"
    )


def node_devices_xml(host: Host) -> Iterable[str]:
    """Every node device of the host: the machine itself, PCI devices, their interfaces, mediated devices."""
    yield (
        "<device><name>computer</name><capability type='system'>"
        f"<hardware><vendor>{escape(host.vendor)}</vendor><version>{escape(host.model)}</version>"
        f"<uuid>{host.uuid}</uuid></hardware><firmware><vendor>Nova</vendor></firmware></capability></device>"
    )
    groups: dict[int, list[str]] = {}
    for device in host.device:
        if device.iommu_group is not None:
            groups.setdefault(device.iommu_group, []).append(device.address)
    for device in host.device:
        yield _pci(device, groups)
        if device.interface:
            yield (
                f"<device><name>net_{device.interface}</name><parent>{pci_name(device.address)}</parent>"
                f"<capability type='net'><interface>{device.interface}</interface><address>{device.mac}</address>"
                "</capability></device>"
            )
    yield from (_mediated(device) for device in host.mediated)


def pci_name(address: str) -> str:
    """libvirt's name of the device at `dddd:bb:ss.f`."""
    return "pci_" + address.replace(":", "_").replace(".", "_")


def mediated_name(device: Mediated) -> str:
    """libvirt's name of a mediated device: uuid and parent address, with underscores."""
    return "_".join(["mdev", device.uuid.replace("-", "_"), *pci_name(device.parent).split("_")[1:]])


def _pci(device: PciDevice, groups: dict[int, list[str]]) -> str:
    domain, bus, rest = device.address.split(":")
    slot, function = rest.split(".")
    parent = pci_name(device.parent_function) if device.parent_function else "computer"
    parts = [
        f"<device><name>{pci_name(device.address)}</name><parent>{parent}</parent>",
        f"<driver><name>{escape(device.driver)}</name></driver>" if device.driver else "",
        f"<capability type='pci'><class>{device.class_}</class>",
        f"<domain>{int(domain, 16)}</domain><bus>{int(bus, 16)}</bus>",
        f"<slot>{int(slot, 16)}</slot><function>{int(function, 16)}</function>",
        f"<product id='{device.product_id}'>{escape(device.product)}</product>",
        f"<vendor id='{device.vendor_id}'>{escape(device.vendor)}</vendor>",
    ]
    if device.parent_function:
        parts.append(f"<capability type='phys_function'>{pci_address(device.parent_function)}</capability>")
    if device.max_functions:
        functions = "".join(pci_address(each) for each in device.functions)
        parts.append(f"<capability type='virt_functions' maxCount='{device.max_functions}'>{functions}</capability>")
    if device.profile:
        profiles = "".join(
            f"<type id='{each.id}'><name>{escape(each.name)}</name><deviceAPI>{each.api}</deviceAPI>"
            f"<availableInstances>{each.available}</availableInstances></type>"
            for each in device.profile
        )
        parts.append(f"<capability type='mdev_types'>{profiles}</capability>")
    if device.iommu_group is not None:
        members = "".join(pci_address(each) for each in groups[device.iommu_group])
        parts.append(f"<iommuGroup number='{device.iommu_group}'>{members}</iommuGroup>")
    if device.numa_node is not None:
        parts.append(f"<numa node='{device.numa_node}'/>")
    return "".join([*parts, "</capability></device>"])


def _mediated(device: Mediated) -> str:
    group = "" if device.iommu_group is None else f"<iommuGroup number='{device.iommu_group}'/>"
    return (
        f"<device><name>{mediated_name(device)}</name><parent>{pci_name(device.parent)}</parent>"
        f"<capability type='mdev'><type id='{device.profile}'/><uuid>{device.uuid}</uuid>{group}</capability></device>"
    )

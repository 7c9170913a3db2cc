"""The PCI devices of a host that a machine could be given, from what the host tells of them.

Fields are those of HostPciDevice, HostPciPassthruInfo, HostSriovInfo, HostGraphicsInfo and HostNumaNode of the vSphere
Web Services API reference. The server names no physical function of a virtual one: it is found by the order of their
addresses, and left out where the numbers do not agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from novatui.backends.vsphere.fields import each, listed, number, truth, words
from novatui.core.devices import Device, Giving, MdevType

PCI = "hardware.pciDevice"
PASSTHROUGH = "config.pciPassthruInfo"
GRAPHICS = "config.graphicsInfo"
PROFILES = "config.sharedPassthruGpuTypes"
CAPABILITIES = "config.sharedGpuCapabilities"
CARDS = "config.network.pnic"
ADAPTERS = "config.storageDevice.hostBusAdapter"
NODES = "hardware.numaInfo"

PATHS = (PCI, PASSTHROUGH, GRAPHICS, PROFILES, CAPABILITIES, CARDS, ADAPTERS, NODES)

CLASSES: dict[int, str] = {0x01: "disk", 0x02: "nic", 0x03: "gpu"}
"""Base class of a PCI device (PCI Code and ID Assignment Specification)."""

_BRIDGE = 0x06
_FUNCTION = "virtual function"
"""How the PCI ID Repository, whose names ESXi shows, calls one."""

HELD_FOR_MACHINES = "passthrough"
"""Driver of a device that the host has let go of, so that a machine can have it."""

SHARED = "sharedDirect"
"""HostGraphicsInfoGraphicsType of a card that gives out vGPUs."""

IOMMU_HINT = "switch VT-d or AMD-Vi on in the host's firmware, then restart the host"


def devices_of(values: Mapping[str, Any]) -> list[Device]:
    """Every device that a machine could be given, but bridges and what the host says it cannot give; who holds them is
    not told here."""
    known = {words(one, "id"): one for one in each(values.get(PCI))}
    standing = {words(one, "id"): one for one in each(values.get(PASSTHROUGH))}
    own = _own_names(values)
    nodes = _nodes(values)
    graphics = {words(one, "pciId"): one for one in each(values.get(GRAPHICS))}
    types = tuple(MdevType(id=profile) for profile in listed(values.get(PROFILES), ""))
    found = [
        _device(one, standing.get(address, {}), own.get(address, ("", "")), nodes.get(address))
        for address, one in known.items()
        if _can_be_given(one, standing.get(address), graphics.get(address))
    ]
    found = [
        msgspec.structs.replace(device, mdev_types=types)
        if words(graphics.get(device.id), "graphicsType") == SHARED
        else device
        for device in found
    ]
    return _with_parents(found)


def giving_of(values: Mapping[str, Any], untold: int | None) -> Giving:
    """Whether the host gives any. A host that cannot keep devices apart calls none of them capable."""
    told = [truth(one, "passthruCapable") for one in each(values.get(PASSTHROUGH))]
    if not told:
        return Giving(untold=untold)
    capable = any(told)
    hint = "" if capable else IOMMU_HINT
    return Giving(iommu=capable, vfio=True if capable else None, hint=hint, untold=untold)


def goes_along(values: Mapping[str, Any], address: str) -> list[str]:
    """Addresses of devices that hang on the same bridge and go to a machine only together with this one."""
    standing = {words(one, "id"): words(one, "dependentDevice") for one in each(values.get(PASSTHROUGH))}
    bridge = standing.get(address, "")
    if not bridge or bridge == address:
        return []
    return [other for other, above in standing.items() if above == bridge and other != address]


def standing_of(values: Mapping[str, Any], address: str) -> dict[str, Any]:
    """HostPciPassthruInfo of a device, or HostSriovInfo; empty when the host tells nothing of it."""
    return next((one for one in each(values.get(PASSTHROUGH)) if words(one, "id") == address), {})


def _device(one: dict[str, Any], standing: Mapping[str, Any], own: tuple[str, str], node: int | None) -> Device:
    address, product = words(one, "id"), words(one, "deviceName")
    name, driver = own
    label = words(standing, "hardwareLabel")
    functions_max = number(standing, "maxVirtualFunctionSupported")
    return Device(
        id=address,
        name=(name or product or address) + (f" ({label})" if label else ""),
        device_class="vf" if _FUNCTION in product.casefold() else CLASSES.get(_base_class(one), "pci"),
        address=address,
        vendor=words(one, "vendorName"),
        product=product,
        ids=f"{hexadecimal(one, 'vendorId')}:{hexadecimal(one, 'deviceId')}",
        driver=HELD_FOR_MACHINES if truth(standing, "passthruActive") else driver,
        numa_node=node,
        functions_max=functions_max or None,
        functions=number(standing, "numVirtualFunction") if functions_max else None,
    )


def _can_be_given(one: dict[str, Any], standing: dict[str, Any] | None, graphics: dict[str, Any] | None) -> bool:
    if _base_class(one) == _BRIDGE:
        return False
    if standing is None or graphics is not None:
        return True
    return truth(standing, "passthruCapable") is not False or truth(standing, "sriovCapable") is True


def _base_class(one: dict[str, Any]) -> int:
    return (number(one, "classId") or 0) >> 8 & 0xFF


def _own_names(values: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What the host calls its network cards and storage adapters (`vmnic0`, `vmhba1`), and their drivers."""
    parts = [*each(values.get(CARDS)), *each(values.get(ADAPTERS))]
    return {words(one, "pci"): (words(one, "device"), words(one, "driver")) for one in parts if words(one, "pci")}


def _nodes(values: Mapping[str, Any]) -> dict[str, int]:
    nodes = [(number(node, "typeId"), listed(node, "pciId")) for node in each(values.get(NODES), "numaNode")]
    return {address: node for node, addresses in nodes if node is not None for address in addresses}


def _with_parents(found: Sequence[Device]) -> list[Device]:
    """Each card's functions come in the order of the cards; each card has as many of them as it says."""
    groups: dict[tuple[str, str], list[Device]] = defaultdict(list)
    for device in found:
        if device.device_class == "vf" or device.functions:
            groups[_bus(device.address), device.ids.partition(":")[0]].append(device)
    parents: dict[str, str] = {}
    for group in groups.values():
        parents |= dict(_matched(group))
    return [
        msgspec.structs.replace(device, parent=parents[device.id]) if device.id in parents else device
        for device in found
    ]


def _matched(group: Sequence[Device]) -> Iterator[tuple[str, str]]:
    ordered = sorted(group, key=lambda one: one.address)
    functions = [one for one in ordered if one.device_class == "vf"]
    cards = [one for one in ordered if one.device_class != "vf"]
    if sum(one.functions or 0 for one in cards) != len(functions):
        return
    waiting = iter(functions)
    for card in cards:
        yield from ((next(waiting).id, card.id) for _ in range(card.functions or 0))


def _bus(address: str) -> str:
    return address.rpartition(":")[0]


def hexadecimal(device: Mapping[str, Any], path: str) -> str:
    """The server counts these 16 bits with a sign."""
    found = number(device, path)
    return "????" if found is None else f"{found & 0xFFFF:04x}"

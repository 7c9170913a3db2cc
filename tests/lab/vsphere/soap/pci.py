"""PCI devices of a host: what is in it, what may be passed through, and what its GPUs can share."""

from __future__ import annotations

from typing import Any

from pyVmomi import vim

from tests.conformance.world import Host, PciDevice


def short(number: int) -> int:
    """*API, HostPciDevice*: ids are shorts: what does not fit comes out negative."""
    return number - 0x10000 if number > 0x7FFF else number


def device(one: PciDevice) -> Any:
    """Its entry in `hardware.pciDevice`."""
    _, bus, rest = one.address.split(":")
    slot, _, function = rest.partition(".")
    return vim.host.PciDevice(
        id=one.address,
        classId=short(int(one.class_, 16) >> 8),
        bus=int(bus, 16),
        slot=int(slot, 16),
        function=int(function),
        vendorId=short(int(one.vendor_id, 16)),
        subVendorId=short(int(one.vendor_id, 16)),
        vendorName=one.vendor,
        deviceId=short(int(one.product_id, 16)),
        subDeviceId=0,
        deviceName=one.product,
        slotDescription=f"PCI slot {int(bus, 16)}",
    )


def passthrough(one: PciDevice) -> Any:
    """Its entry in `config.pciPassthruInfo`: enabled where the world's host gave it to vfio-pci."""
    free = one.driver == "vfio-pci"
    common = {
        "id": one.address,
        "dependentDevice": one.address,
        "passthruEnabled": free,
        "passthruActive": free,
        "passthruCapable": not one.profile,
        "hardwareLabel": "",
    }
    if not one.max_functions:
        return vim.host.PciPassthruInfo(**common)
    return vim.host.SriovInfo(
        **common,
        sriovEnabled=bool(one.functions),
        sriovCapable=True,
        sriovActive=bool(one.functions),
        numVirtualFunctionRequested=len(one.functions),
        numVirtualFunction=len(one.functions),
        maxVirtualFunctionSupported=one.max_functions,
    )


def vgpu(name: str) -> str:
    """A profile's name as the product writes it: `NVIDIA A16-1B` is `grid_a16-1b`."""
    return f"grid_{name.removeprefix('NVIDIA ').lower()}"


def profiles(host: Host) -> dict[str, str]:
    """Id of each profile of the world's host → the product's name."""
    return {profile.id: vgpu(profile.name) for one in host.device for profile in one.profile}


def graphics(host: Host) -> dict[str, Any]:
    """What `config` of the host says of its GPUs."""
    gpus = [one for one in host.device if one.profile]
    return {
        "graphicsInfo": [
            vim.host.GraphicsInfo(
                deviceName=one.product,
                vendorName=one.vendor,
                pciId=one.address,
                graphicsType="sharedDirect",
                vgpuMode="sameSize",
                memorySizeInKB=16 << 20,
                vm=[],
            )
            for one in gpus
        ],
        "sharedPassthruGpuTypes": [vgpu(profile.name) for one in gpus for profile in one.profile],
        "sharedGpuCapabilities": [
            vim.host.SharedGpuCapabilities(
                vgpu=vgpu(profile.name),
                diskSnapshotSupported=True,
                memorySnapshotSupported=True,
                suspendSupported=True,
                migrateSupported=True,
            )
            for one in gpus
            for profile in one.profile
        ],
        "graphicsConfig": vim.host.GraphicsConfig(
            hostDefaultGraphicsType="sharedDirect" if gpus else "shared",
            sharedPassthruAssignmentPolicy="performance",
            deviceType=[
                vim.host.GraphicsConfig.DeviceType(deviceId=one.address, graphicsType="sharedDirect") for one in gpus
            ],
        ),
    }


def rooms(host: Host) -> list[Any]:
    """`hardware.numaInfo`'s nodes, with the devices that are near them."""
    return [
        vim.host.NumaNode(
            typeId=cell.id,
            cpuID=numbers(cell.cpus),
            memorySize=cell.memory_mib << 20,
            memoryRangeBegin=0,
            memoryRangeLength=cell.memory_mib << 20,
            pciId=[one.address for one in host.device if one.numa_node == cell.id],
        )
        for cell in host.cell
    ]


def numbers(cpus: str) -> list[int]:
    """`0-2,8` as numbers."""
    found: list[int] = []
    for part in cpus.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found

"""Devices of the demo's hosts: network cards with virtual functions, graphics cards with shares, disks controllers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from novatui.backends.demo.shapes import Host
from novatui.core.devices import Device, MdevType
from novatui.core.states import Family

FUNCTIONS = 8
"""Virtual functions that exist on each port of a network card."""

GRAPHICS_EVERY = 4
"""One host in so many has graphics cards."""

_GROUP_OF_NIC, _GROUP_OF_GPU = 20, 60

LISTED: Mapping[Family, tuple[str, ...]] = {
    Family.LIBVIRT: (
        "virConnectListAllNodeDevices",
        "virNodeDeviceGetXMLDesc",
        "virConnectGetCapabilities",
        "virConnectGetDomainCapabilities",
    ),
    Family.VSPHERE: ("HostSystem.config.pciPassthruInfo", "HostSystem.config.sharedGpuCapabilities"),
    Family.HYPERV: ("Get-VMHostAssignableDevice", "Get-VMHostPartitionableGpu", "Get-NetAdapterSriov"),
    Family.XCPNG: ("PCI.get_all_records", "PGPU.get_all_records", "VGPU_type.get_all_records"),
    Family.PROXMOX: ("GET /nodes/{node}/hardware/pci", "GET /nodes/{node}/hardware/pci/{card}/mdev"),
}
"""What each product is asked for the devices of a host."""


def devices_of(host: Host, family: Family) -> tuple[Device, ...]:
    """All devices of a host that a machine could be given; nobody holds any yet."""
    found = [*_network_card(family), *_nvme(host, family)]
    if host.at % GRAPHICS_EVERY == 0:
        found += _graphics(host, family)
    return tuple(found)


def free_device(devices: Iterable[Device], device_class: str, taken: set[str]) -> str:
    """Id of a device of that class that nobody holds; empty when there is none."""
    return next((d.id for d in devices if d.device_class == device_class and d.id not in taken), "")


def device_id(family: Family, address: str) -> str:
    """How the family names a PCI device."""
    domain, bus, rest = address.split(":")
    slot, function = rest.split(".")
    match family:
        case Family.LIBVIRT:
            return f"pci_{domain}_{bus}_{slot}_{function}"
        case Family.VSPHERE:
            return f"{int(domain, 16):05d}:{int(bus, 16):03d}:{int(slot, 16):02d}.{function}"
        case Family.HYPERV:
            return f"PCIROOT({int(bus, 16):X})#PCI({slot}{function.zfill(2)})#PCI(0000)"
        case Family.XCPNG | Family.PROXMOX:
            return address


def _network_card(family: Family) -> Iterator[Device]:
    vendor, product, driver = "Mellanox Technologies", "MT27800 Family [ConnectX-5]", "mlx5_core"
    for port in range(2):
        address = f"0000:5e:00.{port}"
        parent = device_id(family, address)
        yield Device(
            id=parent,
            name=f"ens1f{port}",
            device_class="nic",
            address=address,
            vendor=vendor,
            product=product,
            ids="15b3:1017",
            driver=driver,
            iommu_group=_GROUP_OF_NIC + port,
            numa_node=0,
            functions_max=16,
            functions=FUNCTIONS,
        )
        for function in range(FUNCTIONS):
            slot, part = divmod(2 + port * FUNCTIONS + function, 8)
            address = f"0000:5e:{slot:02x}.{part}"
            yield Device(
                id=device_id(family, address),
                name=f"ens1f{port}v{function}",
                device_class="vf",
                address=address,
                vendor=vendor,
                product=f"{product} Virtual Function",
                ids="15b3:1018",
                driver=driver,
                iommu_group=_GROUP_OF_NIC + 2 + port * FUNCTIONS + function,
                numa_node=0,
                parent=parent,
            )


def _graphics(host: Host, family: Family) -> Iterator[Device]:
    for card in range(2):
        address = f"0000:{0x3B + card * 0x60:02x}:00.0"
        yield Device(
            id=device_id(family, address),
            name=f"NVIDIA A16 #{card}",
            device_class="gpu",
            address=address,
            vendor="NVIDIA Corporation",
            product="GA107GL [A2 / A16]",
            ids="10de:25b6",
            driver="nvidia" if family is not Family.LIBVIRT or card else "vfio-pci",
            iommu_group=_GROUP_OF_GPU + card,
            numa_node=card,
            mdev_types=(
                MdevType(id="nvidia-471", name="NVIDIA A16-1B", available=14 - host.at % 3),
                MdevType(id="nvidia-472", name="NVIDIA A16-2B", available=7),
                MdevType(id="nvidia-474", name="NVIDIA A16-16C", available=1),
            ),
        )
        audio = f"{address[:-1]}1"
        yield Device(
            id=device_id(family, audio),
            name=f"NVIDIA A16 #{card} audio",
            device_class="pci",
            address=audio,
            vendor="NVIDIA Corporation",
            product="GA107 High Definition Audio Controller",
            ids="10de:2291",
            driver="snd_hda_intel",
            iommu_group=_GROUP_OF_GPU + card,
            numa_node=card,
        )


def _nvme(host: Host, family: Family) -> Iterator[Device]:
    for drive in range(2):
        address = f"0000:{0xC1 + drive:02x}:00.0"
        yield Device(
            id=device_id(family, address),
            name=f"nvme{drive}",
            device_class="disk",
            address=address,
            vendor="Samsung Electronics Co Ltd",
            product="NVMe SSD Controller PM9A1",
            ids="144d:a80a",
            driver="nvme" if drive == 0 or host.at % 2 else "vfio-pci",
            iommu_group=90 + drive,
            numa_node=drive,
        )

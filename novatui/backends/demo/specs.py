"""The whole configuration of an invented machine, in the vocabulary of the model."""

from __future__ import annotations

from novatui.backends.demo import habits
from novatui.backends.demo.estate import Estate
from novatui.backends.demo.shapes import GIB, Disk, Machine, Nic
from novatui.core.states import Family, Kind
from novatui.core.vmspec import (
    CpuFeature,
    CpuSpec,
    CpuTopology,
    DiskSpec,
    FirmwareSpec,
    HostDevice,
    HugePages,
    MemorySpec,
    NicSpec,
    NumaSpec,
    Pin,
    TpmSpec,
    VmSpec,
)


def spec_of(estate: Estate, machine: Machine) -> VmSpec:
    """All that is known of how a machine was set up."""
    if machine.spec is not None:
        return machine.spec
    traits = estate.dialect.traits
    family = estate.dialect.site.family
    return VmSpec(
        name=machine.name,
        uuid=machine.uuid,
        description=machine.description,
        arch="x86_64",
        machine=machine.hardware,
        hypervisor="lxc" if machine.kind is Kind.CONTAINER else traits.hypervisor,
        guest_os=machine.guest_os,
        cpu=_cpu(machine, family),
        memory=_memory(machine, family),
        numa=NumaSpec(mode="strict", nodeset="0") if _pinned(machine, family) else None,
        firmware=FirmwareSpec(type=machine.firmware, secure_boot=machine.secure_boot, boot_order=("disk", "network")),
        tpm=(TpmSpec(model="tpm-crb", backend="emulator", version=machine.tpm),) if machine.tpm == "2.0" else (),
        disks=(
            *(disk_spec(estate, machine, number, disk) for number, disk in enumerate(machine.disks)),
            *_drive(machine),
        ),
        nics=tuple(_nic(estate, machine, number, nic) for number, nic in enumerate(machine.nics)),
        host_devices=tuple(_device(estate, machine, device) for device in machine.devices),
        graphics=habits.screens(machine, family) if machine.kind is not Kind.CONTAINER else (),
        controllers=(f"scsi0 {adapter}",) if (adapter := habits.adapter(machine, family)) else (),
        serial_ports=1 if family is Family.LIBVIRT else None,
        autostart=machine.autostart if "autostart" not in traits.silent else None,
        tags=machine.tags if "tags" not in traits.silent else (),
    )


def _pinned(machine: Machine, family: Family) -> bool:
    """Machines with devices of their own are tied to processors and huge pages of one node."""
    return family is Family.LIBVIRT and bool(machine.devices)


def _cpu(machine: Machine, family: Family) -> CpuSpec:
    cores = 2 if machine.vcpus % 2 == 0 else 1
    pinned = _pinned(machine, family)
    mode, model = habits.processor(machine, family) if machine.kind is not Kind.CONTAINER else ("", "")
    return CpuSpec(
        count=machine.vcpus,
        maximum=machine.vcpus_max,
        mode="host-passthrough" if pinned else mode,
        model=model,
        topology=CpuTopology(sockets=machine.vcpus // cores, cores=cores) if machine.kind is Kind.VM else None,
        features=(CpuFeature(name="topoext", policy="require"),) if pinned else (),
        pins=_pins(machine, pinned=pinned),
        emulator_pin="0-1" if pinned else "",
        hot_add=machine.vcpus_max > machine.vcpus if family is not Family.HYPERV else None,
    )


def _pins(machine: Machine, *, pinned: bool) -> tuple[Pin, ...]:
    """By its devices, and by hand, which counts more."""
    where = {at: str(2 + at) for at in range(machine.vcpus)} if pinned else {}
    return tuple(Pin(subject=f"vcpu {at}", cpuset=cpus) for at, cpus in sorted((where | dict(machine.pins)).items()))


def _memory(machine: Machine, family: Family) -> MemorySpec:
    pinned = _pinned(machine, family)
    return MemorySpec(
        size=machine.memory,
        current=machine.memory,
        maximum=machine.memory_max,
        huge_pages=(HugePages(size=GIB, nodeset="0"),) if pinned else (),
        locked=True if machine.devices and family in (Family.LIBVIRT, Family.VSPHERE) else None,
        balloon="none" if pinned else habits.BALLOONS[family] if machine.kind is not Kind.CONTAINER else "",
        balloon_stats=5 if family is Family.LIBVIRT and machine.tools and not pinned else None,
    )


def disk_spec(estate: Estate, machine: Machine, number: int, disk: Disk) -> DiskSpec:
    """One disk of an invented machine."""
    traits = estate.dialect.traits
    store = estate.stores[disk.store]
    return DiskSpec(
        target=traits.disk_target.format(number=number, letter="abcdefgh"[number]),
        bus=traits.disk_bus,
        source_type="file",
        source=disk_path(estate, machine, number, disk),
        store=store.name,
        format=traits.disk_format,
        size=disk.size,
        allocation=allocated(machine, disk),
        cache=habits.cache(machine, "none" if traits.hypervisor == "kvm" else ""),
        discard="unmap" if disk.thin and traits.hypervisor == "kvm" else "",
        boot=1 if number == 0 else None,
    )


def _drive(machine: Machine) -> tuple[DiskSpec, ...]:
    """The optical drive, as long as a medium is in it."""
    return (DiskSpec(target="cd", device="cdrom", source=machine.iso, readonly=True),) if machine.iso else ()


def disk_path(estate: Estate, machine: Machine, number: int, disk: Disk) -> str:
    """Where a disk lies, as the family writes it."""
    return estate.dialect.traits.disk_path.format(
        store=estate.stores[disk.store].name, vm=machine.name, id=machine.id, number=number
    )


def allocated(machine: Machine, disk: Disk) -> int:
    """Bytes that a disk takes on its store."""
    return int(disk.size * (0.25 + machine.noise % 60 / 100)) if disk.thin else disk.size


def _nic(estate: Estate, machine: Machine, number: int, nic: Nic) -> NicSpec:
    traits = estate.dialect.traits
    net = estate.nets[nic.network]
    return NicSpec(
        target=f"vnet{machine.number % 1000}" if number == 0 and traits.hypervisor == "kvm" else "",
        type="network" if net.address else "bridge",
        source=net.name,
        model=habits.nic_model(machine, estate.dialect.site.family, traits.nic_model),
        mac=nic.mac,
        vlan=net.vlan if net.vlan.isdigit() else "",
        link_up=True,
    )


def _device(estate: Estate, machine: Machine, held: str) -> HostDevice:
    device = next((d for d in estate.hosts[machine.host].devices if d.id == held), None)
    address = device.address if device else held
    name = device.product if device else ""
    kvm = estate.dialect.site.family is Family.LIBVIRT
    return HostDevice(
        type="pci", address=address, managed=True if kvm else None, driver="vfio" if kvm else "", name=name
    )

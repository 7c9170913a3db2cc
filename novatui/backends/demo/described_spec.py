"""The whole configuration of a described machine, in the vocabulary of the model."""

from __future__ import annotations

from collections.abc import Mapping

from novatui.backends.demo.shapes import KIB, MIB
from novatui.backends.demo.worldfile import Cpu, PassedThrough, WorldDisk, WorldNic, WorldVm
from novatui.core.vmspec import (
    CpuFeature,
    CpuSpec,
    CpuTopology,
    DiskSpec,
    FirmwareSpec,
    GraphicsSpec,
    HostDevice,
    HugePages,
    MemorySpec,
    NicSpec,
    NumaCell,
    NumaSpec,
    Pin,
    TpmSpec,
    VmSpec,
)

MODES = {"passthrough": "host-passthrough"}
"""CPU modes that the model names otherwise than the world."""


def machine_spec(vm: WorldVm, machine: str, folders: Mapping[str, str]) -> VmSpec:
    """All that the world says of a machine; `machine` is its type in the words of the family, `folders` by pool."""
    cells = tuple(NumaCell(id=cell.id, cpus=cell.cpus, memory=cell.memory_mib * MIB) for cell in vm.cell)
    return VmSpec(
        name=vm.name,
        uuid=vm.uuid,
        title=vm.title,
        description=vm.description,
        machine=machine,
        guest_os=vm.guest_os,
        cpu=_cpu(vm),
        memory=_memory(vm),
        numa=NumaSpec(cells=cells) if cells else None,
        firmware=FirmwareSpec(type=vm.firmware, secure_boot=vm.secure_boot),
        tpm=(TpmSpec(version=vm.tpm, backend="emulator"),) if vm.tpm else (),
        disks=tuple(_disk(disk, folders.get(disk.pool, "")) for disk in vm.disk),
        nics=tuple(map(_nic, vm.nic)),
        host_devices=tuple(map(_device, vm.device)),
        graphics=tuple(GraphicsSpec(type=graphics.kind, listen=graphics.listen) for graphics in vm.graphics),
        autostart=vm.autostart,
        tags=vm.tags,
    )


def _cpu(vm: WorldVm) -> CpuSpec:
    cpu = vm.cpu or Cpu(mode="")
    layout = vm.topology
    return CpuSpec(
        count=vm.vcpus,
        maximum=vm.vcpus_max or vm.vcpus,
        mode=MODES.get(cpu.mode, cpu.mode),
        model=cpu.model,
        topology=CpuTopology(sockets=layout.sockets, dies=layout.dies, cores=layout.cores, threads=layout.threads)
        if layout
        else None,
        features=tuple(CpuFeature(name=feature.name, policy=feature.policy) for feature in cpu.features),
        pins=tuple(Pin(subject=f"vcpu {pin.vcpu}", cpuset=pin.cpus) for pin in vm.pin),
    )


def _memory(vm: WorldVm) -> MemorySpec:
    return MemorySpec(
        size=vm.memory_mib * MIB,
        current=vm.memory_mib * MIB,
        maximum=(vm.hot_add.limit_mib if vm.hot_add else vm.memory_max_mib or vm.memory_mib) * MIB,
        slots=vm.hot_add.slots if vm.hot_add else None,
        huge_pages=(HugePages(size=vm.hugepages_kib * KIB),) if vm.hugepages_kib else (),
    )


def _disk(disk: WorldDisk, folder: str) -> DiskSpec:
    return DiskSpec(
        target=disk.target,
        device=disk.kind,
        bus=disk.bus,
        source_type="file",
        source=f"{folder}/{disk.volume}",
        store=disk.pool,
        format=disk.format,
        size=disk.size_mib * MIB,
        cache=disk.cache,
        io=disk.io,
        discard=disk.discard,
        queues=disk.queues,
        serial=disk.serial,
        readonly=disk.read_only,
    )


def _nic(nic: WorldNic) -> NicSpec:
    return NicSpec(
        type="network",
        source=nic.network,
        model=nic.model,
        mac=nic.mac,
        vlan="" if nic.vlan is None else str(nic.vlan),
        queues=nic.queues,
        link_up=nic.connected,
    )


def _device(device: PassedThrough) -> HostDevice:
    return HostDevice(type="mdev" if device.kind == "mediated" else device.kind, address=device.address or device.uuid)

"""The difference of two descriptions of a machine: whatever a person changes is told, what a start makes up is not."""

from __future__ import annotations

import msgspec
import pytest

from novatui.core.specdiff import Difference, differences
from novatui.core.vmspec import (
    CpuFeature,
    CpuSpec,
    CpuTopology,
    DiskSpec,
    GraphicsSpec,
    HostDevice,
    HugePages,
    MemorySpec,
    NicSpec,
    NumaSpec,
    Pin,
    VmSpec,
)

GIB = 1024**3
DISK = DiskSpec(target="vda", source="/images/a.qcow2", format="qcow2", cache="none")
NIC = NicSpec(mac="52:54:00:00:00:01", source="default", model="virtio", target="vnet0")
MACHINE = VmSpec(
    name="db",
    title="orders",
    cpu=CpuSpec(count=2, maximum=4, features=(CpuFeature(name="vmx", policy="require"),)),
    memory=MemorySpec(size=4 * GIB, current=4 * GIB, huge_pages=(HugePages(size=2 * 1024**2),)),
    disks=(DISK,),
    nics=(NIC,),
    graphics=(GraphicsSpec(type="vnc", listen="127.0.0.1", port=5900),),
    features=("acpi", "apic"),
)


def changed(**fields: object) -> VmSpec:
    return msgspec.structs.replace(MACHINE, **fields)


def test_the_same_machine_differs_in_nothing() -> None:
    assert differences(MACHINE, msgspec.structs.replace(MACHINE)) == ()


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        (changed(title=""), Difference("title", "orders", "")),
        (changed(cpu=CpuSpec(count=3, maximum=4, features=MACHINE.cpu.features)), Difference("vCPUs", "2", "3")),
        (
            changed(memory=msgspec.structs.replace(MACHINE.memory, size=8 * GIB)),
            Difference("memory", "4.0G", "8.0G"),
        ),
        (
            changed(memory=msgspec.structs.replace(MACHINE.memory, huge_pages=())),
            Difference("huge pages", "2.0M", ""),
        ),
        (changed(features=("acpi",)), Difference("features", "acpi, apic", "acpi")),
        (
            changed(disks=(msgspec.structs.replace(DISK, cache="writeback"),)),
            Difference("disk vda cache", "none", "writeback"),
        ),
        (
            changed(disks=(msgspec.structs.replace(DISK, source="/images/a.s1"),)),
            Difference("disk vda source", "/images/a.qcow2", "/images/a.s1"),
        ),
        (changed(disks=()), Difference("disk vda", "vda disk /images/a.qcow2 qcow2 none", "")),
        (
            changed(nics=(NIC, msgspec.structs.replace(NIC, mac="52:54:00:00:00:02"))),
            Difference("interface 52:54:00:00:00:02", "", "default virtio 52:54:00:00:00:02"),
        ),
        (
            changed(nics=(msgspec.structs.replace(NIC, link_up=False),)),
            Difference("interface 52:54:00:00:00:01 link up", "", "no"),
        ),
        (
            changed(host_devices=(HostDevice(type="pci", address="0000:3b:00.0", managed=True),)),
            Difference("host device pci 0000:3b:00.0", "", "pci 0000:3b:00.0 yes"),
        ),
        (
            changed(cpu=msgspec.structs.replace(MACHINE.cpu, pins=(Pin(subject="vcpu 0", cpuset="2-3"),))),
            Difference("pinning of vcpu 0", "", "vcpu 0 2-3"),
        ),
        (
            changed(cpu=msgspec.structs.replace(MACHINE.cpu, features=(CpuFeature(name="vmx", policy="disable"),))),
            Difference("CPU feature vmx policy", "require", "disable"),
        ),
        (changed(numa=NumaSpec(mode="strict", nodeset="0")), Difference("NUMA", "", "strict 0")),
    ],
    ids=lambda value: value.field if isinstance(value, Difference) else "",
)
def test_a_change_is_told(after: VmSpec, wanted: Difference) -> None:
    assert differences(MACHINE, after) == (wanted,)
    assert differences(after, MACHINE) == (Difference(wanted.field, wanted.after, wanted.before),)


def test_each_part_of_a_struct_is_told_by_itself() -> None:
    old = changed(cpu=msgspec.structs.replace(MACHINE.cpu, topology=CpuTopology(sockets=1, cores=4)))
    new = changed(cpu=msgspec.structs.replace(MACHINE.cpu, topology=CpuTopology(sockets=2, cores=2)))
    told = differences(old, new)
    assert told == (Difference("CPU topology sockets", "1", "2"), Difference("CPU topology cores", "4", "2"))


def test_what_a_start_makes_up_is_passed_by() -> None:
    running = changed(
        nics=(msgspec.structs.replace(NIC, target="vnet7"),),
        graphics=(GraphicsSpec(type="vnc", listen="127.0.0.1", port=5907),),
        disks=(msgspec.structs.replace(DISK, size=20 * GIB, allocation=GIB),),
    )
    assert differences(MACHINE, running) == ()


def test_sizes_differ_when_both_are_told() -> None:
    small, large = (changed(disks=(msgspec.structs.replace(DISK, size=size * GIB),)) for size in (20, 40))
    assert differences(small, large) == (Difference("disk vda size", "20G", "40G"),)


def test_parts_that_cannot_be_told_apart_are_compared_as_a_whole() -> None:
    twins = changed(nics=(NicSpec(source="default"), NicSpec(source="default")))
    one = changed(nics=(NicSpec(source="default"),))
    assert differences(twins, one) == (Difference("interface", "default, default", "default"),)

"""Devices of kvm-03 for the passthrough pane: what details have, and one of everything else."""

from __future__ import annotations

from novatui.core.devices import Device, MdevType
from novatui.core.operations import Plan
from tests.ui import details

HOST, MACHINE = "kvm-03:host:kvm-03", "kvm-03:vm:gpu-train-1"

PLAN = Plan(
    calls=(),
    warnings=(
        "while it holds the device it cannot be migrated live, suspended to disk, or snapshotted with its memory",
        "all its memory (32.0G) is held in the host's memory: ballooning gives nothing back",
    ),
)


def devices() -> tuple[Device, ...]:
    """A card with functions, graphics in one group, a shared one with a type in use and one used up, USB, a disk."""
    shared = "pci_0000_85_00_0"
    return (
        *details.devices(),
        Device(
            id=shared, name="NVIDIA A16 #2", device_class="gpu", address="0000:85:00.0", vendor="NVIDIA",
            product="GA107GL", driver="nvidia", iommu_group=61, numa_node=1,
            mdev_types=(
                MdevType(id="nvidia-471", name="A16-1B", available=13),
                MdevType(id="nvidia-474", name="A16-16C", available=0),
            ),
        ),
        Device(
            id="mdev_3b2a", name="mdev_3b2a", device_class="mdev", address="3b2a0000-0000-4000-8000-000000000001",
            product="nvidia-471", iommu_group=75, numa_node=1, parent=shared, holder="vm:gone-away",
        ),
        Device(id="usb_1_4", name="vm[/] \x1b[31m漢字", device_class="usb", address="001:004", product="eToken"),
        Device(id="block_sda", name="sda", device_class="disk", address="/dev/sda"),
    )  # fmt: skip

"""Devices of a host that a machine could be given."""

from __future__ import annotations

import msgspec

from novatui.core.capabilities import Evidence


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One device of a host."""

    id: str
    """Native id: `pci_0000_5e_00_1`."""
    name: str
    device_class: str
    """pci, gpu, vgpu, vf, usb, nic, disk, mdev."""
    address: str = ""
    """`0000:5e:00.1`, bus and device number …"""
    vendor: str = ""
    product: str = ""
    ids: str = ""
    """Numbers of vendor and product of a PCI or USB device, in hexadecimal: `10de:1eb8`."""
    driver: str = ""
    """Driver of the host that holds it now."""
    iommu_group: int | None = None
    numa_node: int | None = None
    parent: str = ""
    """Id of the device it belongs to: the physical function of a VF, the GPU of an mdev."""
    holder: str = ""
    """Key of the machine that holds it; empty when free."""
    others: tuple[str, ...] = ()
    """Keys of further machines that have it in their configuration: only one of them all can run with it."""
    functions_max: int | None = None
    """SR-IOV virtual functions that a physical function can have."""
    functions: int | None = None
    """SR-IOV virtual functions that exist."""
    functions_free: int | None = None
    """Those of them that no machine holds."""
    mdev_types: tuple[MdevType, ...] = ()

    @property
    def mdevs_free(self) -> int | None:
        """Mediated devices that can still be made at most, if all are of the smallest type: types share the card. None
        where none are made of it, or their number is not told."""
        left = [each.available for each in self.mdev_types if each.available is not None]
        return (0 if self.holder else max(left)) if left else None


class Giving(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a host can give PCI and mediated devices to machines. None: not told."""

    iommu: bool | None = None
    """The host keeps what a device writes to apart from other memory: without it no machine is given one."""
    vfio: bool | None = None
    """The hypervisor can hand devices over."""
    hint: str = ""
    """What to do where one of them is missing."""
    untold: int | None = 0
    """Machines of which it is not known what they hold: a device that nobody seems to hold may be theirs. None: it is
    not known of any."""
    evidence: tuple[Evidence, ...] = ()
    """What was asked for this and for the devices; of a call that went out for each device the last one."""

    @property
    def obstacle(self) -> str:
        """Why nothing can be given; empty where nothing is known against it."""
        if self.iommu is False:
            return "no IOMMU on this host: it has none, or it is switched off"
        return "no VFIO on this host: the hypervisor hands no PCI devices over" if self.vfio is False else ""


class MdevType(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of mediated device (vGPU) that a parent device can make."""

    id: str
    name: str = ""
    available: int | None = None
    """Instances that can still be made."""

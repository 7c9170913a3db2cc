"""How machines of the demo were set up by people in a hurry: old hardware and open screens, in the lab and in tests."""

from __future__ import annotations

from novatui.backends.demo.dice import Dice
from novatui.backends.demo.shapes import Machine
from novatui.core.states import Family
from novatui.core.vmspec import GraphicsSpec

SLOPPY = frozenset({"lab", "test"})
"""Tags of machines that nobody looks after."""

ADAPTERS = {Family.LIBVIRT: "", Family.VSPHERE: "pvscsi", Family.HYPERV: "synthetic", Family.PROXMOX: "virtio-scsi-pci"}
"""Paravirtual adapters of SCSI disks, by family."""

_OLD_ADAPTERS = {Family.VSPHERE: "lsilogic", Family.PROXMOX: "lsi"}
_OLD_NICS = {Family.VSPHERE: "e1000e", Family.HYPERV: "legacy", Family.PROXMOX: "e1000", Family.LIBVIRT: "e1000"}
_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - what a machine of the demo was told, not us
_HOSTS_ONLY = "127.0.0.1"


def _is(machine: Machine, habit: str, one_in: int) -> bool:
    return not SLOPPY.isdisjoint(machine.tags) and Dice(habit, machine.uuid).below(one_in) == 0


def adapter(machine: Machine, family: Family) -> str:
    """Model of its SCSI adapter; empty for a family whose disks need none."""
    usual = ADAPTERS.get(family, "")
    return _OLD_ADAPTERS.get(family, usual) if _is(machine, "adapter", 4) else usual


def processor(machine: Machine, family: Family) -> tuple[str, str]:
    """Mode and model of its processor, where the family lets people choose one."""
    if family is Family.LIBVIRT:
        return "host-model", ""
    if family is not Family.PROXMOX:
        return "", ""
    return "custom", "kvm64" if _is(machine, "processor", 3) else "x86-64-v2-AES"


BALLOONS = {
    Family.LIBVIRT: "virtio", Family.VSPHERE: "vmmemctl", Family.HYPERV: "hv_balloon", Family.XCPNG: "xen-balloon",
    Family.PROXMOX: "virtio",
}  # fmt: skip
"""What gives memory of a guest back, by family."""


def nic_model(machine: Machine, family: Family, usual: str) -> str:
    """Model of its interfaces."""
    return _OLD_NICS.get(family, usual) if _is(machine, "nic", 4) else usual


def cache(machine: Machine, usual: str) -> str:
    """Cache mode of its disks, where the family has any."""
    if not usual:
        return ""
    return "unsafe" if _is(machine, "unsafe", 7) else "writeback" if _is(machine, "writeback", 4) else usual


def screens(machine: Machine, family: Family) -> tuple[GraphicsSpec, ...]:
    """Its screens. VMware and Proxmox VE tell whether an open one asks for a password, libvirt does not."""
    is_open = _is(machine, "screen", 4)
    if family is Family.LIBVIRT:
        return (GraphicsSpec(type="vnc", listen=_EVERY_ADDRESS if is_open else _HOSTS_ONLY),)
    if family is Family.PROXMOX and not is_open:
        return (GraphicsSpec(type="vnc", listen=_HOSTS_ONLY),)
    if family in {Family.PROXMOX, Family.VSPHERE} and is_open:
        asks = Dice("password", machine.uuid).below(2) == 0
        return (GraphicsSpec(type="vnc", listen=_EVERY_ADDRESS, password=asks, tls=False),)
    return ()

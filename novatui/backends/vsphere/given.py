"""Devices of hosts in the configurations of machines: fixed ones, those chosen at power-on, functions and vGPUs.

VirtualPCIPassthrough with its three backings, and VirtualSriovEthernetCard (vSphere Web Services API reference).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from novatui.backends.vsphere.fields import at, each, number, truth, type_of, words
from novatui.backends.vsphere.host_pci import hexadecimal

PASSED = "VirtualPCIPassthrough"
FUNCTION = "VirtualSriovEthernetCard"


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One device that a machine was given, or is to be given when it starts."""

    key: int
    """VirtualDevice.key within the machine."""
    label: str
    kind: str
    """pci: this one. dynamic: any of some kind. vf: a function of a network card. mdev: a vGPU."""
    address: str = ""
    """PCI address that it has now, or always; empty when it is chosen at power-on."""
    parent: str = ""
    """PCI address of the card of a function."""
    profile: str = ""
    """Of a vGPU."""
    ids: tuple[str, ...] = ()
    """Of one that is chosen: vendors and products that will do."""
    wanted: str = ""
    """Of one that is chosen: the label that people gave such devices."""
    migrates: bool = False
    """The server says that the machine can be moved while it holds it."""

    def spellings(self) -> set[str]:
        """What people may call it by."""
        return {self.address, self.profile, self.label, self.wanted, str(self.key), *self.ids} - {""}


def given_to(hardware: list[dict[str, Any]]) -> list[Given]:
    """All of them, in the order of the configuration."""
    return list(_given(hardware))


def _given(hardware: list[dict[str, Any]]) -> Iterator[Given]:
    for device in hardware:
        known = {"key": number(device, "key") or 0, "label": words(device, "deviceInfo.label")}
        if type_of(device) == PASSED:
            yield _passed(at(device, "backing"), known)
        elif type_of(device) == FUNCTION:
            yield Given(
                **known,
                kind="vf",
                address=words(device, "sriovBacking.virtualFunctionBacking.id"),
                parent=words(device, "sriovBacking.physicalFunctionBacking.id"),
            )


def _passed(backing: Any, known: dict[str, Any]) -> Given:
    if profile := words(backing, "vgpu"):
        return Given(**known, kind="mdev", profile=profile, migrates=truth(backing, "migrateSupported") is True)
    if type_of(backing) == "VirtualPCIPassthroughDynamicBackingInfo":
        allowed = each(backing, "allowedDevice")
        ids = tuple(f"{hexadecimal(one, 'vendorId')}:{hexadecimal(one, 'deviceId')}" for one in allowed)
        address, wanted = words(backing, "assignedId"), words(backing, "customLabel")
        return Given(**known, kind="dynamic", address=address, ids=ids, wanted=wanted)
    return Given(**known, kind="pci", address=words(backing, "id"))

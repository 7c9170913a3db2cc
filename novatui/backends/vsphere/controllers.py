"""Where a new disk is plugged in: a controller of its bus with a free unit, or one more controller.

Limits are those of vSphere's Configuration Maximums: units of a controller, controllers of a machine.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from novatui.backends.vsphere.dataobjects import data
from novatui.backends.vsphere.fields import number, type_of, words
from novatui.backends.vsphere.machine_devices import BUSES
from novatui.backends.vsphere.reconfiguring import Machine, device_change, new_key
from novatui.core.errors import Conflict, InvalidInput

UNITS = {"scsi": 16, "sata": 30, "nvme": 15, "ide": 2}
"""Units of a controller that any hardware version has."""

MOST = {"scsi": 4, "sata": 4, "nvme": 4, "ide": 2}
"""Controllers of a machine."""

_OWN_UNIT = 7
"""Unit of a SCSI controller that the controller itself has, unless it says otherwise."""

_NEW = {"scsi": "ParaVirtualSCSIController", "sata": "VirtualAHCIController", "nvme": "VirtualNVMEController"}


class Place(NamedTuple):
    """Where a disk goes."""

    controller: int
    """VirtualDevice.key; negative for one that is made with it."""
    unit: int
    slot: str
    """`scsi0:1`."""
    made: dict[str, Any] | None
    """VirtualDeviceConfigSpec of a controller that is added; None where there is room."""


def bus_of(machine: Machine, said: str) -> str:
    """The bus that is asked for, else that of the first disk: its guest has a driver for it."""
    if said and said not in UNITS:
        raise InvalidInput(f"bus: one of {', '.join(UNITS)}, not {said}", subject="bus")
    if said:
        return said
    keys = {words(one, "key"): BUSES.get(type_of(one), "") for one in machine.hardware}
    disks = [one for one in machine.hardware if type_of(one) == "VirtualDisk"]
    first = keys.get(words(disks[0], "controllerKey"), "") if disks else ""
    return first if first in UNITS else "scsi"


def place_on(machine: Machine, bus: str, without: dict[str, Any] | None = None) -> Place:
    """The first free unit; `without`: a disk that will be gone by then. Conflict when every controller is full and no
    more can be added."""
    there = [one for one in machine.hardware if BUSES.get(type_of(one)) == bus]
    for controller in there:
        key = number(controller, "key") or 0
        if (unit := _free_unit(machine, controller, bus, without)) is not None:
            return Place(key, unit, f"{bus}{words(controller, 'busNumber')}:{unit}", None)
    return _with_controller(machine, bus, there)


def _free_unit(machine: Machine, controller: dict[str, Any], bus: str, without: dict[str, Any] | None) -> int | None:
    key = words(controller, "key")
    there = [one for one in machine.hardware if one is not without and words(one, "controllerKey") == key]
    taken = {number(one, "unitNumber") for one in there}
    own = number(controller, "scsiCtlrUnitNumber")
    if bus == "scsi":
        taken.add(_OWN_UNIT if own is None else own)
    return next((unit for unit in range(UNITS[bus]) if unit not in taken), None)


def _with_controller(machine: Machine, bus: str, there: list[dict[str, Any]]) -> Place:
    numbers = {number(one, "busNumber") for one in there}
    free = next((at for at in range(MOST[bus]) if at not in numbers), None)
    if free is None or bus not in _NEW:
        raise Conflict(
            f"the {bus} controllers of {machine.name} are full",
            meaning=f"it has {len(there)} of them, and takes no more" if there else f"{bus} controllers are not added",
            hint=f"another bus: {', '.join(each for each in UNITS if each != bus)}",
            subject="bus",
        )
    key = new_key()
    shared = {"sharedBus": "noSharing"} if bus == "scsi" else {}
    kind = type_of(there[0]) if there else _NEW[bus]
    controller = data(kind, key=key, busNumber=free, **shared)
    return Place(key, 0, f"{bus}{free}:0", device_change("add", controller))

"""What changes of a machine's configuration have in common: the machine as it is configured, and its reconfiguration.

vSphere has one configuration of a machine: a change applies at once where the machine runs, and stays. Nothing is
stored for the next start only, so that `apply` can only say so or be refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from novatui.backends.vsphere.dataobjects import NAME, data
from novatui.backends.vsphere.fields import each, number, truth, words
from novatui.backends.vsphere.planning import Planning, Subject
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.operations import NativeCall, Operation
from novatui.core.states import Power

CONFIG = "config"
SNAPSHOTS = "snapshot"

APPLIES = ("", "both", "live", "persistent")


class Machine:
    """A machine read for a change of its configuration."""

    def __init__(self, planning: Planning, operation: Operation) -> None:
        """NovaError says why it cannot be changed now."""
        self.subject: Subject = planning.machine(operation, CONFIG, SNAPSHOTS)
        self.config: dict[str, Any] = self.subject.has(CONFIG)
        self.hardware: list[dict[str, Any]] = each(self.config, "hardware.device")
        _refuse_apply(self, operation)

    @property
    def name(self) -> str:
        return self.subject.name

    @property
    def on(self) -> bool:
        return self.subject.running

    @property
    def snapshots(self) -> bool:
        """It has some: they hold the devices that it had then."""
        return isinstance(self.subject.values.get(SNAPSHOTS), dict)

    @property
    def hardware_version(self) -> int:
        """Of `vmx-19` 19; 0 when it is not told."""
        text = words(self.config, "version").rpartition("-")[2]
        return int(text) if text.isdecimal() else 0

    def number(self, path: str) -> int | None:
        """A whole number of its configuration."""
        return number(self.config, path)

    def truth(self, path: str) -> bool | None:
        """Yes or no in its configuration."""
        return truth(self.config, path)

    def need_off(self, why: str) -> None:
        """Conflict when it is not off. `why` ends the sentence that explains it."""
        if self.subject.power is Power.OFF:
            return
        wake = self.subject.power is Power.SUSPENDED
        raise Conflict(
            f"{self.name} is {self.subject.native_state}",
            meaning=why,
            hint="wake it and shut it down first (power.wake)" if wake else "shut it down first (power.shutdown)",
            subject=self.subject.power.value,
        )


def reconfigure(
    planning: Planning, machine: Machine, devices: Sequence[dict[str, Any]] = (), **fields: Any
) -> NativeCall:
    """The one call of such a change. The server refuses it when somebody has changed the machine since it was read."""
    version = machine.subject.change_version or None
    spec = data(
        "VirtualMachineConfigSpec", changeVersion=version, deviceChange=list(devices) if devices else None, **fields
    )
    return planning.call(1, "ReconfigVM_Task", machine.subject.ref, spec=spec)


def device_change(operation: str, device: dict[str, Any], *, create: bool = False) -> dict[str, Any]:
    """VirtualDeviceConfigSpec: add, edit or remove. Without `create` files are left as they are."""
    return data(
        "VirtualDeviceConfigSpec", operation=operation, fileOperation="create" if create else None, device=device
    )


def named(device: dict[str, Any], *fields: str) -> dict[str, Any]:
    """The form of a device of which only these of its fields are said, with what the server finds it by."""
    kind = words(device, "_type")
    found = {name: number(device, name) for name in ("key", "controllerKey", "unitNumber", *fields)}
    return data(kind, **found)


def new_key(added: Sequence[dict[str, Any]] = ()) -> int:
    """Key of a device that is to be made: the server takes negative ones for names within one call."""
    return -101 - sum(1 for one in added if NAME in one)


def text(operation: Operation, name: str) -> str:
    """An argument. InvalidInput without one."""
    said = operation.arguments.get(name, "")
    if not said.strip():
        raise InvalidInput(f"say which {name}", subject=name)
    return said


def _refuse_apply(machine: Machine, operation: Operation) -> None:
    said = operation.arguments.get("apply", "")
    if said not in APPLIES:
        raise InvalidInput("apply: one of both, live, persistent", subject="apply")
    if said == "live" and machine.subject.power is Power.OFF:
        raise Conflict(
            f"{machine.name} is {machine.subject.native_state}",
            meaning="only a machine that runs can be changed live",
            hint="leave `apply` out, or start it first (power.start)",
            subject=machine.subject.power.value,
        )
    if said == "live" or (said == "persistent" and machine.on):
        raise NotSupported(
            f"{machine.name} has one configuration",
            meaning="vSphere changes it at once and for good: nothing is for now only, or for the next start only",
            hint="leave `apply` out" if machine.on else "leave `apply` out, or change it while it runs",
            subject="apply",
        )

"""Plans of giving devices of the host to a machine and taking them back."""

from __future__ import annotations

import msgspec

from novatui.backends.libvirt.devices import Devices
from novatui.backends.libvirt.hostdevs import MDEV, USB, detached_form, find, hostdev_form, kind_of, names_of
from novatui.backends.libvirt.hostdevs import usb_identity as identity_of
from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.mediated import MediatedPlans, pick
from novatui.backends.libvirt.passthrough import consequences, refuse_held, refuse_unable_host, taken_from_host
from novatui.backends.libvirt.planning import Planning, inverse, piped, reference, shows
from novatui.backends.libvirt.reach import Reach, reach_of
from novatui.backends.libvirt.xmlform import written
from novatui.core.devices import Device
from novatui.core.errors import Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.operations import Expectation, Operation, Plan
from novatui.core.verbs import Effect


class DevicePlans:
    """Plans each operation of the noun `device`."""

    def __init__(self, planning: Planning, devices: Devices) -> None:
        self._planning = planning
        self._devices = devices

    def plan(self, operation: Operation) -> Plan:
        """The calls that would do it now; a NovaError with the reason when it cannot be done."""
        match operation.verb:
            case "device.attach":
                return self._attach(self._planning.machine(operation), operation)
            case "device.detach":
                return self._detach(self._planning.machine(operation), operation)
            case "device.vfs":
                return self._functions(operation)
            case _:
                return MediatedPlans(self._planning, self._devices).plan(operation)

    def _attach(self, machine: Machine, operation: Operation) -> Plan:
        everything = self._devices.list()
        device = pick(everything, operation)
        kind = kind_of(device)
        refuse_unable_host(self._planning.link, machine, kind)
        xml = self._devices.xml(device.id)
        reach = self._reach_to_attach(machine, operation, device, names_of(device, xml))
        if reach.live:
            refuse_held(self._planning.link, machine, device, everything)
        unique = kind != USB or self._is_unique(device, xml, everything)
        parent_xml = self._devices.xml(device.parent) if kind == MDEV and device.parent else ""
        form = written(hostdev_form(device, xml, parent_xml, unique=unique))
        lost = taken_from_host(self._planning.link, device, kind)
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainAttachDeviceFlags", dom=machine.uuid, xml=form, flags=reach.flags),
            commands=(self._command("attach-device", machine, form, reach),),
            warnings=(
                *reach.warnings,
                *lost,
                *consequences(machine, device, kind, everything),
                *(() if unique else ("another device of the host is alike: it is named by its number on the bus, "
                                     "which changes when it is plugged in again",)),
            ),
            effect=Effect.HARD if any("loses" in each for each in lost) else reach.effect,
            inverse=inverse("device.detach", machine, device=device.id, apply=reach.word),
            expects=_one_more(machine, reach, 1),
        )  # fmt: skip

    def _detach(self, machine: Machine, operation: Operation) -> Plan:
        wanted = operation.arguments.get("device", "")
        if not wanted:
            raise InvalidInput("say which device", subject="device")
        device = next((each for each in self._devices.list() if wanted in _spellings(each)), None)
        names = names_of(device, self._devices.xml(device.id)) if device is not None else {wanted}
        reach = self._reach_to_detach(machine, operation, wanted, names)
        element = next(found for part in reach.of(machine) if (found := find(part, names)) is not None)
        form = written(detached_form(element))
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainDetachDeviceFlags", dom=machine.uuid, xml=form, flags=reach.flags),
            commands=(self._command("detach-device", machine, form, reach),),
            warnings=(
                *reach.warnings,
                *(("the guest is asked to let go of it and may take its time, or refuse",) if reach.live else ()),
                *_stays_away(element.get("managed", ""), element.get("type", ""), device),
            ),
            effect=reach.effect,
            inverse=inverse("device.attach", machine, device=device.id, apply=reach.word) if device else None,
            irreversible="" if device else "the host does not have the device any more",
            expects=_one_more(machine, reach, -1),
        )

    def _functions(self, operation: Operation) -> Plan:
        device = pick(self._devices.list(), operation)
        if device.functions_max is None:
            raise NotSupported(f"{device.name} has no virtual functions (SR-IOV)", subject="device")
        count = operation.arguments.get("count", "") or "COUNT"
        raise NotSupported(
            "libvirt has no call that sets the number of virtual functions",
            meaning=f"{device.name} has {device.functions} of {device.functions_max}; the kernel of the host sets it",
            hint=f"on the host, as root: echo {count} > /sys/bus/pci/devices/{device.address}/sriov_numvfs",
            subject="device.vfs",
        )

    def _reach_to_attach(self, machine: Machine, operation: Operation, device: Device, names: set[str]) -> Reach:
        """Without a word it goes where it is not yet."""
        live, stored = (find(part, names) is not None for part in (machine.live, machine.stored))
        if (live or not machine.active) and (stored or not machine.persistent):
            raise Conflict(f"{machine.name} has {device.name} already", subject=device.name)
        if not operation.arguments.get("apply") and (live or stored):
            operation = _applied(operation, "persistent" if live else "live")
        reach = reach_of(machine, operation)
        if (reach.live and live) or (reach.persistent and stored):
            where = "while it runs" if live else "in its configuration"
            raise Conflict(
                f"{machine.name} has {device.name} {where} already",
                hint="apply=persistent" if live else "apply=live",
                subject=device.name,
            )
        return reach

    def _reach_to_detach(self, machine: Machine, operation: Operation, wanted: str, names: set[str]) -> Reach:
        """Without a word it goes from wherever it is."""
        live, stored = (find(part, names) is not None for part in (machine.live, machine.stored))
        if not live and not stored:
            raise NotFound(f"{machine.name} does not hold {wanted}", subject="device")
        if not operation.arguments.get("apply"):
            operation = _applied(operation, "both" if live and stored else "live" if live else "persistent")
        reach = reach_of(machine, operation)
        if (reach.live and not live) or (reach.persistent and not stored):
            where, word = ("its configuration", "persistent") if stored else ("the running machine", "live")
            raise Conflict(f"only {where} has {wanted}", hint=f"apply={word}", subject="apply")
        return reach

    def _is_unique(self, device: Device, xml: str, everything: list[Device]) -> bool:
        identity = identity_of(xml)
        others = (each for each in everything if each.device_class == "usb" and each.id != device.id)
        return bool(identity) and all(identity_of(self._devices.xml(each.id)) != identity for each in others)

    def _command(self, command: str, machine: Machine, form: str, reach: Reach) -> str:
        return piped(form, self._planning.virsh(command, reference(machine), "/dev/stdin", *reach.options))


def _spellings(device: Device) -> set[str]:
    return {device.id, device.address, f"device:{device.id}"}


def _applied(operation: Operation, word: str) -> Operation:
    return msgspec.structs.replace(operation, arguments={**operation.arguments, "apply": word})


def _stays_away(managed: str, kind: str, device: Device | None) -> tuple[str, ...]:
    """What libvirt was not told to manage, it does not give back to the host."""
    if kind != "pci" or managed == "yes" or device is None:
        return ()
    return (f"the host does not get it back by itself: virsh nodedev-reattach {device.id}",)


def _one_more(machine: Machine, reach: Reach, more: int) -> tuple[Expectation, ...]:
    if machine.active and not reach.live:
        return ()
    nics = [each for each in machine.now.devices("interface") if each.get("type") == "hostdev"]
    return shows(machine, "passthrough", str(len(machine.now.devices("hostdev")) + len(nics) + more))

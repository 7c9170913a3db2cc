"""Plans of giving devices of a host to a machine and taking them back, and of a card's virtual functions."""

from __future__ import annotations

from typing import Any

from novatui.backends.vsphere.assignable import Choice, choice, consequences, numbers_of, refuse, system_of
from novatui.backends.vsphere.dataobjects import data
from novatui.backends.vsphere.devices import Devices, Found, shares_of
from novatui.backends.vsphere.edit_nics import ASSIGN, backing_of, network_of
from novatui.backends.vsphere.fields import number, truth, type_of, words
from novatui.backends.vsphere.given import FUNCTION, PASSED, Given, given_to
from novatui.backends.vsphere.host_pci import standing_of
from novatui.backends.vsphere.machine_devices import is_nic
from novatui.backends.vsphere.planning import Planning, inverse, whole
from novatui.backends.vsphere.reconfiguring import Machine, device_change, named, new_key, reconfigure, text
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.core.devices import Device
from novatui.core.errors import Busy, Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.ids import split_key
from novatui.core.operations import Operation, Plan
from novatui.core.units import size

MIB = 1 << 20
DYNAMIC_FROM = 17
"""Hardware version that brought devices chosen at power-on (vSphere 7.0)."""

SYSTEM = "configManager.pciPassthruSystem"
PRIVILEGE = "Host.Config.PciPassthru"
COLD = "vSphere plugs devices of a host in and out while the machine is off"


class DevicePlans:
    """Plans each operation of the noun `device`."""

    def __init__(self, planning: Planning, devices: Devices) -> None:
        self._planning = planning
        self._devices = devices

    def plan(self, operation: Operation) -> Plan:
        """The calls that would do it now; a NovaError with the reason when it cannot be done."""
        match operation.verb:
            case "device.attach":
                return self._attach(Machine(self._planning, operation), operation)
            case "device.detach":
                return self._detach(Machine(self._planning, operation), operation)
            case "device.vfs":
                return self._functions(operation)
            case _:
                raise NotSupported(
                    "vSphere makes vGPUs by itself when a machine starts",
                    hint="device.attach with the profile gives a machine one",
                    subject=operation.verb,
                )

    # --- machines --------------------------------------------------------------------------------------------------

    def _attach(self, machine: Machine, operation: Operation) -> Plan:
        wanted = text(operation, "device")
        host = _host_of(machine)
        found = self._devices.of(host)
        chosen = choice(found, wanted)
        _refuse_twice(machine, chosen)
        machine.need_off(COLD)
        refuse(found, chosen, machine.subject.key, self._called)
        if chosen.kind == "dynamic" and 0 < machine.hardware_version < DYNAMIC_FROM:
            raise NotSupported(
                f"{machine.name} has hardware version {machine.hardware_version}",
                meaning=f"devices that are chosen at power-on need version {DYNAMIC_FROM} (vSphere 7.0)",
                hint="give it one device by its address, or upgrade the machine's hardware version",
                subject="version",
            )
        network = _network_of_first(machine) if chosen.kind == "vf" else None
        device = self._form(machine, found, chosen, host, network)
        locks = machine.truth("memoryReservationLockedToMax") is not True
        memory = (machine.number("hardware.memoryMB") or 0) * MIB
        joined = f"plugged into {self._planning.name_of(network)}, as its first interface is" if network else ""
        return self._planning.plan(
            machine.subject,
            reconfigure(
                self._planning,
                machine,
                [device_change("add", device)],
                memoryReservationLockedToMax=True if locks else None,
            ),
            needs={network: (ASSIGN,)} if network is not None else None,
            warnings=(*consequences(found, chosen, machine.subject.key), *([joined] if joined else [])),
            costs=(f"all its memory ({size(memory)}) is reserved on the host as long as it runs",),
            inverse=inverse("device.detach", machine.subject, device=wanted),
            irreversible="the reservation of all its memory stays" if locks else "",
        )

    def _form(self, machine: Machine, found: Found, chosen: Choice, host: Ref, network: Ref | None) -> dict[str, Any]:
        """VirtualPCIPassthrough or VirtualSriovEthernetCard."""
        if chosen.kind == "mdev":
            return data(PASSED, key=new_key(), backing=data(f"{PASSED}VmiopBackingInfo", vgpu=chosen.profile))
        if chosen.kind == "dynamic":
            allowed = data(f"{PASSED}AllowedDevice", vendorId=chosen.vendor, deviceId=chosen.product)
            backing = data(
                f"{PASSED}DynamicBackingInfo",
                deviceName="",
                allowedDevice=[allowed],
                customLabel=chosen.label or None,
            )
            return data(PASSED, key=new_key(), backing=backing)
        assert chosen.device is not None
        fixed = self._fixed(machine, found, host, chosen.device.id, chosen.device.name)
        if network is None:
            return data(PASSED, key=new_key(), backing=fixed)
        return data(
            FUNCTION,
            key=new_key(),
            backing=backing_of(self._planning, network),
            addressType="generated",
            allowGuestOSMtuChange=False,
            sriovBacking=data(f"{FUNCTION}SriovBackingInfo", physicalFunctionBacking=fixed),
        )

    def _fixed(self, machine: Machine, found: Found, host: Ref, device: str, name: str) -> dict[str, Any]:
        vendor, product = numbers_of(found, device)
        system = system_of(self._planning.asking, machine.subject.ref, host, device)
        if not system:
            raise Conflict(
                f"the server does not tell which system {name} is attached to",
                meaning="a machine's configuration has to name it",
                subject="systemId",
            )
        return data(
            f"{PASSED}DeviceBackingInfo",
            id=device,
            deviceId=product,
            systemId=system,
            vendorId=vendor,
            deviceName=name,
        )

    def _detach(self, machine: Machine, operation: Operation) -> Plan:
        wanted = text(operation, "device")
        given, device = self._held(machine, wanted)
        machine.need_off(COLD)
        again = given.address or given.profile or given.wanted or (given.ids[0] if given.ids else given.parent)
        last = len(given_to(machine.hardware)) == 1 and machine.truth("memoryReservationLockedToMax") is True
        kept = "all its memory stays reserved: edit that in the vSphere Client when it needs no device any more"
        return self._planning.plan(
            machine.subject,
            reconfigure(self._planning, machine, [device_change("remove", named(device))]),
            warnings=(kept,) if last else (),
            inverse=inverse("device.attach", machine.subject, device=again) if again else None,
            irreversible="" if again else "the server does not tell what it was",
        )

    def _held(self, machine: Machine, wanted: str) -> tuple[Given, dict[str, Any]]:
        """The device that is meant; of several alike the one given last. NotFound when it holds none such."""
        plain = wanted.removeprefix("device:").rpartition("/")[2]
        hardware = {number(one, "key"): one for one in machine.hardware}
        every = given_to(machine.hardware)
        for given in reversed(every):
            own = shares_of(machine.subject.key, given.key)
            if {wanted, plain} & {*given.spellings(), given.parent, own} - {""}:
                return given, hardware[given.key]
        there = ", ".join(one.address or one.profile or one.label for one in every) or "none"
        raise NotFound(f"{machine.name} does not hold {wanted}", meaning=f"it holds {there}", subject="device")

    def _called(self, wanted: str) -> str:
        """Name of a machine by its key."""
        ref = Ref("VirtualMachine", split_key(wanted)[1])
        return shown_name(words(self._planning.asking.of(ref, ("name",)).values.get("name"))) or ref.id

    # --- hosts -----------------------------------------------------------------------------------------------------

    def _functions(self, operation: Operation) -> Plan:
        host = self._planning.thing(operation.key, SYSTEM)
        if host.ref.type != "HostSystem":
            raise NotFound(f"{operation.key} is no host", subject=operation.key)
        found = self._devices.of(host.ref)
        card, count = _card(found, text(operation, "device")), whole(operation, "count")
        standing = standing_of(found.told.values, card.id)
        if not card.functions_max or truth(standing, "sriovCapable") is False:
            raise NotSupported(f"{card.name} has no virtual functions (SR-IOV)", subject="device")
        if count > card.functions_max:
            raise InvalidInput(f"{card.name} has {card.functions_max} virtual functions at most", subject="count")
        before = number(standing, "numVirtualFunctionRequested")
        before = card.functions or 0 if before is None else before
        if count == before:
            raise Conflict(f"{card.name} is set to {count} virtual functions already", subject="count")
        self._refuse_taken(found, card)
        system = host.values.get(SYSTEM)
        if not isinstance(system, Ref):
            raise NotSupported(f"{host.name} has nothing that sets passthrough", subject=SYSTEM)
        wanted = data(
            "HostSriovConfig",
            id=card.id,
            passthruEnabled=truth(standing, "passthruEnabled") is True,
            sriovEnabled=count > 0,
            numVirtualFunction=count,
        )
        return self._planning.plan(
            host,
            self._planning.call(1, "UpdatePassthruConfig", system, config=[wanted]),
            needs={host.ref: (PRIVILEGE,)},
            warnings=(
                f"the functions of {card.name} go away and come back: the host may lose its link for a moment",
                f"{host.name} may have to be restarted before there are {count} of them",
            ),
            inverse=inverse("device.vfs", host, device=card.id, count=str(before)),
        )

    def _refuse_taken(self, found: Found, card: Device) -> None:
        own = {one.id for one in found.devices if one.parent == card.id} | {card.id}
        for one in found.held:
            if one.running and {one.given.address, one.given.parent} & own:
                name = self._called(one.machine)
                raise Busy(
                    f"a function of {card.name} is held by {name}",
                    meaning="its functions go away when their number changes",
                    hint=f"shut {name} down first",
                    subject=name,
                )


def _card(found: Found, wanted: str) -> Device:
    plain = wanted.removeprefix("device:").rpartition("/")[2]
    for device in found.devices:
        if plain in (device.id, device.name):
            return device
    raise NotFound(f"the host has no device {wanted}", subject="device")


def _refuse_twice(machine: Machine, chosen: Choice) -> None:
    if chosen.kind != "pci" or chosen.device is None:
        return
    if any(one.address == chosen.device.id for one in given_to(machine.hardware)):
        raise Conflict(f"{machine.name} has {chosen.device.name} already", subject=chosen.device.name)


def _host_of(machine: Machine) -> Ref:
    host = machine.subject.values.get("runtime.host")
    if not isinstance(host, Ref):
        raise Conflict(f"{machine.name} is on no host", subject="host")
    return host


def _network_of_first(machine: Machine) -> Ref:
    """A function of a card needs a network of its own name; the first interface's is the nearest guess."""
    for one in machine.hardware:
        if is_nic(one) and type_of(one) != FUNCTION and (network := network_of(one)) is not None:
            return network
    raise InvalidInput(
        f"{machine.name} has no interface whose network a function could be plugged into",
        hint="give it one first (edit.nic_add)",
        subject="network",
    )

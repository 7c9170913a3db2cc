"""Plans of mediated devices (vGPUs): made of a parent device, removed again; for now or for good."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

from novatui.backends.libvirt.devices import Devices
from novatui.backends.libvirt.fingerprint import host_fingerprint
from novatui.backends.libvirt.passthrough import running_name
from novatui.backends.libvirt.planning import Planning, piped, yes
from novatui.backends.libvirt.xmlform import form, written
from novatui.core.devices import Device, MdevType
from novatui.core.errors import Busy, Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.operations import NativeCall, Operation, Plan, Result

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MediatedPlans:
    """Plans `device.mdev_create` and `device.mdev_remove`."""

    def __init__(self, planning: Planning, devices: Devices) -> None:
        self._planning = planning
        self._devices = devices

    def plan(self, operation: Operation) -> Plan:
        """The calls that would do it now; a NovaError with the reason when it cannot be done."""
        if operation.key != self._devices.host.key:
            raise NotFound(f"no host {operation.key} on this connection", subject="key")
        return self._create(operation) if operation.verb == "device.mdev_create" else self._remove(operation)

    def _create(self, operation: Operation) -> Plan:
        everything = self._devices.list()
        parent = pick(everything, operation)
        wanted = _type_of(parent, operation.arguments.get("type", ""))
        identity = (operation.arguments.get("uuid", "") or str(uuid.uuid4())).lower()
        if not _UUID.fullmatch(identity):
            raise InvalidInput(f"{identity} is no uuid", subject="uuid")
        if any(each.address == identity for each in everything):
            raise Conflict(f"there is a mediated device {identity} already", subject="uuid")
        xml = written(
            form(
                "device",
                form("parent", parent.id),
                form("capability", form("type", id=wanted.id), form("uuid", identity), type="mdev"),
            )
        )
        lasting = yes(operation, "persistent") is True
        calls, commands = self._lasting(xml, parent, identity) if lasting else self._for_now(xml)
        return Plan(
            calls=calls,
            commands=commands,
            warnings=(*_fewer(parent, wanted), *(() if lasting else ("it is gone after a restart of the host",))),
            inverse=Operation(verb="device.mdev_remove", key=operation.key, arguments={"device": identity}),
            state=host_fingerprint(self._planning.link),
        )

    def _for_now(self, xml: str) -> tuple[tuple[NativeCall, ...], tuple[str, ...]]:
        call = self._planning.call(1, "virNodeDeviceCreateXML", xmlDesc=xml, flags=0)
        return (call,), (piped(xml, self._planning.virsh("nodedev-create", "/dev/stdin")),)

    def _lasting(self, xml: str, parent: Device, identity: str) -> tuple[tuple[NativeCall, ...], tuple[str, ...]]:
        """Defined, started with the host, and started now."""
        made = Result(call="1", path="name")
        calls = (
            self._planning.call(1, "virNodeDeviceDefineXML", xmlDesc=xml, flags=0),
            self._planning.call(2, "virNodeDeviceSetAutostart", dev=made, autostart=1),
            self._planning.call(3, "virNodeDeviceCreate", dev=made, flags=0),
        )
        name = f"mdev_{identity}_{parent.id.removeprefix('pci_')}".replace("-", "_")
        commands = (
            piped(xml, self._planning.virsh("nodedev-define", "/dev/stdin")),
            self._planning.virsh("nodedev-autostart", name),
            self._planning.virsh("nodedev-start", name),
        )
        return calls, commands

    def _remove(self, operation: Operation) -> Plan:
        device = pick(self._devices.list(), operation)
        if device.device_class != "mdev":
            raise InvalidInput(f"{device.name} is no mediated device", subject="device")
        if device.holder and (name := running_name(self._planning.link, device.holder)):
            raise Busy(
                f"{name} holds it", meaning="the machine runs with it", hint="detach it there first", subject=name
            )
        found = self._planning.link.call(self._planning.link.conn.nodeDeviceLookupByName, device.id)
        kept = hasattr(found, "isPersistent") and self._planning.link.attempt(found.isPersistent) == 1
        calls = [self._planning.call(1, "virNodeDeviceDestroy", dev=device.id)]
        commands = [self._planning.virsh("nodedev-destroy", device.id)]
        if kept:
            calls.append(self._planning.call(2, "virNodeDeviceUndefine", dev=device.id, flags=0))
            commands.append(self._planning.virsh("nodedev-undefine", device.id))
        again = {"device": device.parent, "type": device.product, "uuid": device.address}
        return Plan(
            calls=tuple(calls),
            commands=tuple(commands),
            warnings=(
                *(("a machine that is off has it in its configuration and will not start without it",)
                  if device.holder else ()),
                *(("it does not come back with the host, either: its definition is removed",) if kept else ()),
            ),
            inverse=Operation(
                verb="device.mdev_create",
                key=operation.key,
                arguments=again | ({"persistent": "yes"} if kept else {}),
            ),
            state=host_fingerprint(self._planning.link),
        )  # fmt: skip


def pick(everything: Iterable[Device], operation: Operation) -> Device:
    """The device that is meant: by its id, its key or its address. NotFound when there is none."""
    wanted = operation.arguments.get("device", "")
    if not wanted:
        raise InvalidInput("say which device", subject="device")
    for device in everything:
        if wanted in {device.id, device.address, f"device:{device.id}"}:
            return device
    raise NotFound(f"the host has no device {wanted} that a machine could be given", subject="device")


def _type_of(parent: Device, wanted: str) -> MdevType:
    """The type that is asked for, if one more can be made."""
    if not parent.mdev_types:
        raise NotSupported(
            f"{parent.name} makes no mediated devices",
            meaning="its driver on the host offers no types (for NVIDIA: the vGPU host driver does)",
            subject="device",
        )
    for each in parent.mdev_types:
        if each.id == wanted:
            if each.available == 0:
                raise Conflict(
                    f"no more {wanted} can be made of {parent.name}",
                    meaning="its instances are all taken, or another type is in use on it",
                    hint="remove one that is not needed (device.mdev_remove), or take another type",
                    subject=wanted,
                )
            return each
    offered = ", ".join(each.id for each in parent.mdev_types)
    raise InvalidInput(f"{parent.name} makes no {wanted or 'device without a type'}", hint=offered, subject="type")


def _fewer(parent: Device, wanted: MdevType) -> tuple[str, ...]:
    """Types share the card: each one made leaves fewer of all."""
    left = f"{wanted.available - 1} more of it can be made then" if wanted.available is not None else ""
    shared = "fewer, or none, of its other types" if len(parent.mdev_types) > 1 else ""
    return (", and ".join(filter(None, (left, shared))),) if left or shared else ()

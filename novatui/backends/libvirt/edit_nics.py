"""Plans of a machine's network interfaces: one added on a network of libvirt, one taken away."""

from __future__ import annotations

import re
import secrets
from xml.etree.ElementTree import Element

from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.places import Places
from novatui.backends.libvirt.planning import Planning, inverse, reference, shows
from novatui.backends.libvirt.reach import Reach, reach_of
from novatui.backends.libvirt.roster import Roster
from novatui.backends.libvirt.xmlform import cut, form, written
from novatui.backends.libvirt.xmltree import attribute_at
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.operations import Expectation, Operation, Plan

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_MODEL = re.compile(r"[A-Za-z0-9_-]+")

_OF_QEMU = "52:54:00"
"""Beginning of the addresses that libvirt gives to QEMU's machines."""

_MULTICAST = 1


class NicPlans:
    """Plans `edit.nic_add` and `edit.nic_remove`."""

    def __init__(self, planning: Planning, places: Places, roster: Roster) -> None:
        self._planning = planning
        self._places = places
        self._roster = roster

    def add(self, machine: Machine, operation: Operation) -> Plan:
        """A new interface. Its address is chosen here, so that the plan says what will be."""
        said = operation.arguments
        reach = reach_of(machine, operation)
        network = self._places.network(said.get("network", ""), active=reach.live).name()
        model = said.get("model") or _model_of(machine)
        if not _MODEL.fullmatch(model):
            raise InvalidInput(
                f"{model!r} is no model of an interface", hint="for example virtio, e1000e", subject="model"
            )
        mac = self._address(said.get("mac", "").lower())
        nic = form(
            "interface",
            form("mac", address=mac),
            form("source", network=network),
            form("model", type=model),
            type="network",
        )
        words = ("--type", "network", "--source", network, "--model", model, "--mac", mac)
        return self._planning.plan(
            machine,
            self._planning.call(1, "virDomainAttachDeviceFlags", dom=machine.uuid, xml=written(nic), flags=reach.flags),
            commands=(self._planning.virsh("attach-interface", reference(machine), *words, *reach.options),),
            warnings=reach.warnings,
            effect=reach.effect,
            inverse=inverse("edit.nic_remove", machine, mac=mac, apply=reach.word),
            expects=_one_more(machine, reach, 1),
        )

    def remove(self, machine: Machine, operation: Operation) -> Plan:
        """Take an interface away, by its address."""
        mac = operation.arguments.get("mac", "").lower()
        reach = reach_of(machine, operation)
        found = [_only(machine, part.devices("interface"), mac) for part in reach.of(machine)]
        nic = found[0]
        kind = nic.get("type", "")
        back, lost = self._way_back(machine, reach, nic, mac)
        return self._planning.plan(
            machine,
            self._planning.call(
                1,
                "virDomainDetachDeviceFlags",
                dom=machine.uuid,
                xml=written(cut(nic, "mac", "source", "model")),
                flags=reach.flags,
            ),
            commands=(
                self._planning.virsh("detach-interface", reference(machine), kind, "--mac", mac, *reach.options),
            ),
            warnings=(*reach.warnings, *_alone(machine, reach)),
            effect=reach.effect,
            inverse=back,
            irreversible=lost,
            expects=_one_more(machine, reach, -1),
        )

    def _way_back(self, machine: Machine, reach: Reach, nic: Element, mac: str) -> tuple[Operation | None, str]:
        network = attribute_at(nic, "source", "network")
        if nic.get("type") != "network" or not network:
            return None, f"it is no interface on a network of libvirt ({nic.get('type')}): only virsh attaches it again"
        model = attribute_at(nic, "model", "type")
        given = {"network": network, "mac": mac, "apply": reach.word} | ({"model": model} if model else {})
        return inverse("edit.nic_add", machine, **given), "undo gives it default settings: filters and limits are gone"

    def _address(self, said: str) -> str:
        taken = {mac for known in self._roster if known.summary is not None for mac in known.summary.macs}
        if not said:
            return next(mac for mac in iter(_random_address, None) if mac not in taken)
        if not _MAC.fullmatch(said) or int(said[:2], 16) & _MULTICAST:
            raise InvalidInput(f"{said} is no address of an interface", hint=f"{_OF_QEMU}:12:34:56", subject="mac")
        if said in taken:
            raise Conflict(f"a machine has the address {said} already", subject="mac")
        return said


def _random_address() -> str:
    return f"{_OF_QEMU}:{secrets.token_bytes(3).hex(':')}"


def _only(machine: Machine, nics: list[Element], mac: str) -> Element:
    """The one with this address: libvirt does not choose between two."""
    found = [nic for nic in nics if attribute_at(nic, "mac", "address").lower() == mac]
    if not found:
        macs = ", ".join(attribute_at(nic, "mac", "address") for nic in nics)
        raise NotFound(f"{machine.name} has no interface {mac}", meaning=f"it has {macs or 'none'}", subject="mac")
    if len(found) > 1:
        raise Conflict(f"{machine.name} has {len(found)} interfaces {mac}", subject="mac")
    return found[0]


def _model_of(machine: Machine) -> str:
    """That of its first interface: its guest has a driver for it."""
    models = (attribute_at(nic, "model", "type") for nic in machine.now.devices("interface"))
    return next(filter(None, models), "virtio")


def _alone(machine: Machine, reach: Reach) -> tuple[str, ...]:
    if not reach.live:
        return ()
    last = len(machine.now.devices("interface")) == 1
    return ("it is its only interface: whoever uses the machine over the network is cut off",) if last else ()


def _one_more(machine: Machine, reach: Reach, more: int) -> tuple[Expectation, ...]:
    if machine.active and not reach.live:
        return ()
    return shows(machine, "nics", str(len(machine.now.devices("interface")) + more))

"""Plans of a machine's network interfaces: one added, one taken away."""

from __future__ import annotations

import re
from typing import Any

from novatui.backends.vsphere.dataobjects import data, reference
from novatui.backends.vsphere.fields import at, number, refs, truth, type_of, words
from novatui.backends.vsphere.machine_devices import MODELS, is_nic
from novatui.backends.vsphere.places import Places
from novatui.backends.vsphere.planning import Planning, inverse, shows
from novatui.backends.vsphere.reconfiguring import Machine, device_change, named, new_key, reconfigure, text
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.ids import key
from novatui.core.operations import Expectation, Operation, Plan
from novatui.core.states import Kind

OFFERED = ("vmxnet3", "e1000e", "e1000")
"""Models that any new guest has a driver for; a machine with another one gets more of its own."""

_TYPES = {model: kind for kind, model in MODELS.items()}
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_BY_PORT = "VirtualEthernetCardDistributedVirtualPortBackingInfo"
_BY_NAME = "VirtualEthernetCardNetworkBackingInfo"
_FIRST_KEY = 4000
"""Key of a machine's first interface; they follow each other, as every vCenter gives them out."""
MOST = 10
ASSIGN = "Network.Assign"
"""Privilege on the network that a machine is plugged into."""


class NicPlans:
    """Plans `edit.nic_add` and `edit.nic_remove`."""

    def __init__(self, planning: Planning, places: Places) -> None:
        self._planning = planning
        self._places = places

    def add(self, machine: Machine, operation: Operation) -> Plan:
        """One more, plugged into a standard network or a distributed port group."""
        cards = _cards(machine)
        if len(cards) >= MOST:
            raise Conflict(f"{machine.name} has {MOST} interfaces: it takes no more", subject="nics")
        if not machine.on:
            machine.need_off("the interfaces of a suspended machine stay as they are")
        network = self._places.network(machine, text(operation, "network"))
        model = _model(cards, operation.arguments.get("model", ""))
        mac = operation.arguments.get("mac", "").lower()
        _refuse_mac(cards, mac)
        card = data(
            _TYPES[model],
            key=new_key(),
            backing=backing_of(self._planning, network),
            addressType="manual" if mac else "generated",
            macAddress=mac or None,
            wakeOnLanEnabled=True,
            connectable=data(
                "VirtualDeviceConnectInfo", startConnected=True, allowGuestControl=True, connected=machine.on
            ),
        )
        return self._planning.plan(
            machine.subject,
            reconfigure(self._planning, machine, [device_change("add", card)]),
            needs={network: (ASSIGN,)},
            inverse=inverse("edit.nic_remove", machine.subject, mac=mac) if mac else None,
            irreversible="" if mac else "the server chooses its address: take it away by that (edit.nic_remove)",
            expects=_count(machine, 1),
        )

    def remove(self, machine: Machine, operation: Operation) -> Plan:
        """Take away the one with this address."""
        mac, cards = text(operation, "mac").lower(), _cards(machine)
        card = next((one for one in cards if words(one, "macAddress").lower() == mac), None)
        if card is None:
            there = ", ".join(words(one, "macAddress") for one in cards)
            raise NotFound(f"{machine.name} has no interface {mac}", meaning=f"it has {there or 'none'}", subject="mac")
        if type_of(card) == "VirtualSriovEthernetCard":
            machine.need_off("a function of a network card is not taken away while it runs")
        elif not machine.on:
            machine.need_off("the interfaces of a suspended machine stay as they are")
        back, lost = self._way_back(card, mac, machine)
        called = back.arguments["network"] if back is not None else words(card, "backing.deviceName")
        ref = self._planning.inventory.refs([called])[called] if ":" in called else None
        return self._planning.plan(
            machine.subject,
            reconfigure(self._planning, machine, [device_change("remove", named(card))]),
            warnings=(
                f"the guest loses its link to {self._planning.name_of(ref) if ref else called or 'its network'}",
            ),
            inverse=back,
            irreversible=lost,
            expects=_count(machine, -1),
        )

    def _way_back(self, card: dict[str, Any], mac: str, machine: Machine) -> tuple[Operation | None, str]:
        network, model = network_of(card), MODELS.get(type_of(card), "")
        if network is None or model == "sriov":
            return None, "only the vSphere Client adds such an interface again"
        back = inverse("edit.nic_add", machine.subject, network=key(Kind.NETWORK, network.id), model=model, mac=mac)
        lost = (
            "" if words(card, "addressType") == "manual" else "its address comes back as one set by hand",
            "it comes back in another slot, and its guest may call it otherwise" if _slot_before(machine, card) else "",
        )
        return back, "; ".join(filter(None, lost))


def backing_of(planning: Planning, network: Ref) -> dict[str, Any]:
    """How a machine is plugged into this network. NotSupported where that is not the server's to do."""
    if network.type == "OpaqueNetwork":
        raise NotSupported(
            f"{planning.name_of(network)} is an opaque network",
            meaning="NSX gives out its ports, and only NSX knows which one",
            hint="plug it in through NSX, or choose a port group",
            subject="network",
        )
    if network.type == "Network":
        name = words(planning.asking.of(network, ("name",)).values.get("name"))
        return data(_BY_NAME, deviceName=shown_name(name), network=reference(network))
    told = planning.asking.of(network, ("key", "config.distributedVirtualSwitch", "config.uplink")).values
    switch = told.get("config.distributedVirtualSwitch")
    if truth(told.get("config.uplink")):
        raise InvalidInput(
            f"{planning.name_of(network)} is for the uplinks of hosts",
            meaning="no machine is plugged into it",
            subject="network",
        )
    if not isinstance(switch, Ref):
        raise Conflict(f"the server does not tell which switch {planning.name_of(network)} is of", subject="network")
    uuid = words(planning.asking.of(switch, ("uuid",)).values.get("uuid"))
    port = data("DistributedVirtualSwitchPortConnection", switchUuid=uuid, portgroupKey=words(told.get("key")))
    return data(_BY_PORT, port=port)


def network_of(card: dict[str, Any]) -> Ref | None:
    """The network that an interface is plugged into, where its backing names one."""
    backing = at(card, "backing")
    if group := words(backing, "port.portgroupKey"):
        return Ref("DistributedVirtualPortgroup", group)
    return next(iter(refs(backing, "network")), None)


def _cards(machine: Machine) -> list[dict[str, Any]]:
    return [one for one in machine.hardware if is_nic(one)]


def _slot_before(machine: Machine, card: dict[str, Any]) -> bool:
    """Whether a slot for interfaces is free before that of this one: the next that is added takes it."""
    taken = {number(one, "key") for one in _cards(machine)}
    return any(key not in taken for key in range(_FIRST_KEY, min(number(card, "key") or 0, _FIRST_KEY + MOST)))


def _model(cards: list[dict[str, Any]], said: str) -> str:
    own = MODELS.get(type_of(cards[0]), "") if cards else ""
    if said == "sriov":
        raise InvalidInput(
            "a function of a network card is given as a device", hint="device.attach, with the card", subject="model"
        )
    if not said:
        return own if own in _TYPES and own != "sriov" else OFFERED[0]
    if said not in OFFERED and said != own:
        raise InvalidInput(f"model: one of {', '.join(OFFERED)}, not {said}", subject="model")
    return said


def _refuse_mac(cards: list[dict[str, Any]], mac: str) -> None:
    if not mac:
        return
    if not _MAC.fullmatch(mac) or int(mac[:2], 16) & 1:
        raise InvalidInput(f"{mac} is no address of one interface", hint="00:50:56:01:02:03", subject="mac")
    if any(words(one, "macAddress").lower() == mac for one in cards):
        raise Conflict(f"it has an interface {mac} already", subject="mac")


def _count(machine: Machine, more: int) -> tuple[Expectation, ...]:
    return shows(machine.subject, "nics", str(len(_cards(machine)) + more))

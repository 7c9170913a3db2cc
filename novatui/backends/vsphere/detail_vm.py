"""One machine in full, or one of its snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novatui.backends.parts import Gatherer
from novatui.backends.vsphere.asking import Asking, Told
from novatui.backends.vsphere.consoles import screens
from novatui.backends.vsphere.fields import at, each, listed, native, number, truth, type_of, words
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.machine_devices import provisioning, slot_of
from novatui.backends.vsphere.machine_spec import vm_spec
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.sharing import allocation
from novatui.backends.vsphere.snaptree import tree_of
from novatui.backends.vsphere.traffic import Traffic
from novatui.backends.vsphere.updates import Ref
from novatui.backends.vsphere.words import native_state
from novatui.core.detail import Detail, Property, Rates
from novatui.core.vmspec import VmSpec

MACHINE = (
    "config",
    "layoutEx",
    "snapshot",
    "guest.net",
    "guest.toolsRunningStatus",
    "guest.toolsVersionStatus2",
    "runtime.powerState",
    "runtime.connectionState",
    "runtime.consolidationNeeded",
    "runtime.question",
    "runtime.faultToleranceState",
    "runtime.minRequiredEVCModeKey",
)


class MachineDetail:
    """Reads machines and templates with one request each, a snapshot with two."""

    def __init__(self, opened: Opened, asking: Asking, inventory: Inventory, traffic: Traffic) -> None:
        self._opened = opened
        self._asking = asking
        self._inventory = inventory
        self._traffic = traffic

    def machine(self, wanted: str, ref: Ref, gather: Gatherer) -> Detail:
        if gather.only("rates"):
            rates = gather.part("rates", lambda: self._rates(wanted, ref))
            return Detail(key=wanted, rates=rates, failures=gather.failures)
        told = self._asking.of(ref, MACHINE)
        hardware = each(told.values.get("config"), "hardware.device")
        measured = gather.part("rates", lambda: self._traffic.of(wanted, hardware)) if gather.names("rates") else None
        return Detail(
            key=wanted,
            rates=measured,
            vm=gather.part("vm", lambda: self._spec(told)),
            snapshots=gather.part("snapshots", lambda: tuple(tree_of(told).all.values())),
            properties=(*_properties(told), *self._screens(ref, told)),
            raw=gather.part("raw", lambda: native(told.has("config"))) or "",
            raw_format="json",
            failures=gather.failures,
        )

    def _rates(self, wanted: str, ref: Ref) -> Rates:
        """Asked for every other second while they are looked at, though the server has new ones less often."""
        recent = self._traffic.recent(wanted)
        if recent is not None:
            return recent
        told = self._asking.of(ref, ("config.hardware.device",))
        return self._traffic.of(wanted, each(told.values.get("config.hardware.device")))

    def snapshot(self, wanted: str, machine: Ref, native_id: str, gather: Gatherer) -> Detail:
        """Then and now. NotFound when the snapshot is gone."""
        then = self._asking.of(Ref("VirtualMachineSnapshot", native_id), ("config",))
        now = self._asking.of(machine, ("config", "layoutEx", "snapshot"))
        specs = gather.part("vm", lambda: (self._spec(then), self._spec(now)))
        tree = gather.part("snapshots", lambda: [one for one in tree_of(now).all.values() if one.id == native_id])
        return Detail(
            key=wanted,
            vm=specs[0] if specs is not None else None,
            now=specs[1] if specs is not None else None,
            snapshots=tuple(tree) if tree is not None else None,
            raw=gather.part("raw", lambda: native(then.has("config"))) or "",
            raw_format="json",
            failures=gather.failures,
        )

    def _screens(self, ref: Ref, told: Told) -> tuple[Property, ...]:
        """A template never has a screen."""
        return () if truth(told.values.get("config"), "template") else tuple(screens(self._opened, ref))

    def _spec(self, told: Told) -> VmSpec:
        return vm_spec(told.has("config"), told.values.get("layoutEx"), self._inventory.name_of)


# --- facts that have no column ----------------------------------------------------------------------------------------


def _properties(told: Told) -> Iterator[Property]:
    values, config = told.values, told.values.get("config")
    yield from _state(values)
    yield from _addresses(values, config)
    for path, name, unit in (("cpuAllocation", "processors", "MHz"), ("memoryAllocation", "memory", "MiB")):
        if text := allocation(at(config, path), unit):
            yield Property("resources", name, text)
    if affinity := listed(config, "cpuAffinity.affinitySet"):
        yield Property("resources", "processor affinity", ", ".join(affinity))
    if (sensitivity := words(config, "latencySensitivity.level")) not in ("", "normal"):
        yield Property("resources", "latency sensitivity", sensitivity)
    hardware = each(config, "hardware.device")
    for disk in hardware:
        if type_of(disk) == "VirtualDisk":
            text = ", ".join(filter(None, (words(disk, "deviceInfo.label"), provisioning(disk))))
            yield Property("disks", slot_of(disk, hardware), text)
    if place := words(config, "files.vmPathName"):
        yield Property("files", "configuration", place)


def _state(values: dict[str, Any]) -> Iterator[Property]:
    state = native_state(values.get("runtime.powerState"), values.get("runtime.connectionState"))
    if state is not None:
        yield Property("state", "native", state)
    tools = [words(values.get(path)) for path in ("guest.toolsRunningStatus", "guest.toolsVersionStatus2")]
    if any(tools):
        yield Property("state", "guest tools", ", ".join(filter(None, tools)))
    for path, name in (
        ("runtime.faultToleranceState", "fault tolerance"),
        ("runtime.minRequiredEVCModeKey", "lowest EVC mode"),
    ):
        text = words(values.get(path))
        if text not in ("", "notConfigured"):
            yield Property("state", name, text)
    if values.get("runtime.consolidationNeeded") is True:
        yield Property("warnings", "disks", "their snapshots' files have to be consolidated")
    if text := words(values.get("runtime.question"), "text"):
        yield Property("warnings", "question", f"it waits for an answer: {text}")


def _addresses(values: dict[str, Any], config: Any) -> Iterator[Property]:
    """GuestNicInfo, by the address of the interface; interfaces of the guest's own have no device."""
    labels = {words(one, "key"): words(one, "deviceInfo.label") for one in each(config, "hardware.device")}
    for one in each(values.get("guest.net")):
        found = [
            f"{words(address, 'ipAddress')}/{words(address, 'prefixLength')}"
            for address in each(one, "ipConfig.ipAddress")
        ]
        if found := found or listed(one, "ipAddress"):
            own = labels.get(str(number(one, "deviceConfigId")), "")
            yield Property("addresses", words(one, "macAddress") or own or "guest", ", ".join(found))

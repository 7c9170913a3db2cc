"""Native calls of vSphere as lines for govc, where one of its commands does the same; else a comment that says so.

Objects are named by their references (`VirtualMachine:vm-42`), which govc takes since 2025: a name may stand twice.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from typing import Any

from novatui.actions.vspherecalls import TYPE, VALUE, Being, Taken, form_of, of_reference, taken
from novatui.core.ids import ObjectRef
from novatui.core.operations import NativeCall

NIC_UNIT = 7
"""Units of network cards begin there; govc counts them from 0."""


class Unsaid(Exception):
    """govc has no command for it."""


def lines(call: NativeCall, whose: ObjectRef) -> list[str]:
    """The lines of one call on (a part of) this object."""
    found = taken(call)
    make = _COMMANDS.get(found.verb) if found is not None else None
    if found is None or make is None:
        return [f"# govc has no command for {call.verb}"]
    try:
        return [_line(words) for words in make(found, Being("VirtualMachine", whose.id))]
    except Unsaid as missing:
        return [f"# govc has no command for {call.verb} with {missing}"]


def _line(words: list[str]) -> str:
    """Quoted for a POSIX shell. Line breaks stay out: a line that is printed would lose them."""
    if not all(word.isprintable() for word in words):
        raise Unsaid("line breaks in a text")
    return " ".join(("govc", *map(shlex.quote, words)))


Words = Iterator[list[str]]


def _of(being: Being) -> str:
    return f"{being.type}:{being.id}"


def _power(flag: str) -> Callable[[Taken, Being], Words]:
    def make(call: Taken, _vm: Being) -> Words:
        if call.args:
            raise Unsaid(", ".join(call.args))
        yield ["vm.power", flag, _of(call.this)]

    return make


# --- snapshots --------------------------------------------------------------------------------------------------------


def _create(call: Taken, _vm: Being) -> Words:
    args = call.args
    flags = [f"-m={_word(args.get('memory', False))}", f"-q={_word(args.get('quiesce', False))}"]
    said = ["-d", str(args["description"])] if args.get("description") else []
    yield ["snapshot.create", "-vm", _of(call.this), *flags, *said, str(args.get("name", ""))]


def _remove(call: Taken, vm: Being) -> Words:
    flags = ["-r"] if call.args.get("removeChildren") else []
    yield ["snapshot.remove", "-vm", _of(vm), *flags, f"-c={_word(call.args.get('consolidate', True))}", call.this.id]


def _revert(call: Taken, vm: Being) -> Words:
    if "host" in call.args:
        raise Unsaid("host")
    yield ["snapshot.revert", "-vm", _of(vm), f"-s={_word(call.args.get('suppressPowerOn', False))}", call.this.id]


# --- where it is ------------------------------------------------------------------------------------------------------


def _relocate(call: Taken, _vm: Being) -> Words:
    spec: dict[str, Any] = form_of(call.args.get("spec"))
    known = {"host": "-host", "pool": "-pool", "datastore": "-ds", "folder": "-folder"}
    if odd := spec.keys() - known.keys() - {TYPE}:
        raise Unsaid(", ".join(sorted(odd)))
    places = {name: of_reference(spec[name]) for name in known if name in spec}
    yield _migrated(call, {known[name]: being for name, being in places.items() if being is not None})


def _migrate(call: Taken, _vm: Being) -> Words:
    if "state" in call.args:
        raise Unsaid("state")
    yield _migrated(call, {f"-{name}": call.args[name] for name in ("host", "pool") if name in call.args})


def _migrated(call: Taken, places: dict[str, Being]) -> list[str]:
    priority = ["-priority", str(call.args["priority"])] if "priority" in call.args else []
    flags = [word for flag, being in places.items() for word in (flag, _of(being))]
    return ["vm.migrate", *priority, *flags, _of(call.this)]


def _enter(call: Taken, _vm: Being) -> Words:
    if "maintenanceSpec" in call.args:
        raise Unsaid("maintenanceSpec")
    moved = ["-evacuate"] if call.args.get("evacuatePoweredOffVms") else []
    yield ["host.maintenance.enter", "-timeout", str(call.args.get("timeout", 0)), *moved, _of(call.this)]


def _exit(call: Taken, _vm: Being) -> Words:
    yield ["host.maintenance.exit", "-timeout", str(call.args.get("timeout", 0)), _of(call.this)]


def _cancel(call: Taken, _vm: Being) -> Words:
    yield ["task.cancel", call.this.id]


def _rename(call: Taken, _vm: Being) -> Words:
    yield ["object.rename", _of(call.this), str(call.args.get("newName", ""))]


# --- what it is made of -----------------------------------------------------------------------------------------------

_FIELDS = {
    "numCPUs": "-c",
    "memoryMB": "-m",
    "annotation": "-annotation",
    "name": "-name",
    "cpuHotAddEnabled": "-cpu-hot-add-enabled",
    "memoryHotAddEnabled": "-memory-hot-add-enabled",
    "nestedHVEnabled": "-nested-hv-enabled",
}
"""Fields of VirtualMachineConfigSpec with the flags of `vm.change`."""

_ALLOCATIONS = {"cpuAllocation": "cpu", "memoryAllocation": "mem"}
_SKIPPED = frozenset({TYPE, "changeVersion"})
"""govc reads the configuration and writes it at once: it has no version to hold it against."""


def _reconfigure(call: Taken, _vm: Being) -> Words:
    spec: dict[str, Any] = form_of(call.args.get("spec"))
    words: list[str] = []
    for name, value in spec.items():
        if name in _FIELDS:
            words.append(f"{_FIELDS[name]}={_word(value)}")
        elif name in _ALLOCATIONS:
            words += _allocation(_ALLOCATIONS[name], value)
        elif name == "extraConfig":
            words += [word for option in value for word in ("-e", f"{option['key']}={_word(option.get('value'))}")]
        elif name not in _SKIPPED and name != "deviceChange":
            raise Unsaid(name)
    if words:
        yield ["vm.change", "-vm", _of(call.this), *words]
    for change in spec.get("deviceChange") or ():
        yield _device(_of(call.this), change)


def _pool(call: Taken, _vm: Being) -> Words:
    config: dict[str, Any] = form_of(call.args.get("config"))
    name = [f"-name={call.args['name']}"] if call.args.get("name") else []
    words = [
        word for part, front in _ALLOCATIONS.items() if part in config for word in _allocation(front, config[part])
    ]
    yield ["pool.change", *name, *words, _of(call.this)]


def _allocation(front: str, told: dict[str, Any]) -> list[str]:
    names = {"limit": "limit", "reservation": "reservation", "expandableReservation": "expandable"}
    if odd := told.keys() - names.keys() - {TYPE, "shares"}:
        raise Unsaid(", ".join(sorted(odd)))
    words = [f"-{front}.{flag}={_word(told[name])}" for name, flag in names.items() if name in told]
    shares: dict[str, Any] = form_of(told.get("shares"))
    if shares:
        custom = shares.get("level") == "custom"
        words.append(f"-{front}.shares={shares.get('shares') if custom else shares.get('level')}")
    return words


def _device(vm: str, change: dict[str, Any]) -> list[str]:
    device: dict[str, Any] = form_of(change.get("device"))
    kind, backing = str(device.get(TYPE, "")), form_of(device.get("backing"))
    match change.get("operation"):
        case "remove":
            keep = [] if change.get("fileOperation") == "destroy" else ["-keep"]
            return ["device.remove", "-vm", vm, *keep, _named(kind, device)]
        case "add" if kind.startswith(("VirtualVmxnet3", "VirtualE1000")):
            return _card(vm, kind, device, backing)
        case "edit" if kind == "VirtualCdrom" and "Iso" in str(backing.get(TYPE, "")):
            store, _, path = str(backing.get("fileName", "")).removeprefix("[").partition("] ")
            return ["device.cdrom.insert", "-vm", vm, "-ds", store, "-device", _named(kind, device), path]
        case "edit" if kind == "VirtualCdrom":
            return ["device.cdrom.eject", "-vm", vm, "-device", _named(kind, device)]
        case "edit" if kind == "VirtualDisk" and "capacityInKB" in device:
            size = f"{int(device['capacityInKB'])}KB"
            return ["vm.disk.change", "-vm", vm, "-disk.key", str(device.get("key")), "-size", size]
        case other:
            raise Unsaid(f"{other} {kind}")


def _card(vm: str, kind: str, device: dict[str, Any], backing: dict[str, Any]) -> list[str]:
    network = of_reference(backing.get("network"))
    key = form_of(backing.get("port")).get("portgroupKey")
    if network is None and not key:
        raise Unsaid("a card on no known network")
    plugged = _of(network) if network is not None else f"DistributedVirtualPortgroup:{key}"
    address = ["-net.address", str(device["macAddress"])] if device.get("macAddress") else []
    adapter = kind.removeprefix("Virtual").lower()
    return ["vm.network.add", "-vm", vm, "-net", plugged, "-net.adapter", adapter, *address]


def _named(kind: str, device: dict[str, Any]) -> str:
    """What govc calls a device: by its kind, and by its place or its key."""
    unit, key = device.get("unitNumber"), device.get("key")
    if kind == "VirtualDisk":
        return f"disk-{device.get('controllerKey')}-{unit}"
    if kind.startswith(("VirtualVmxnet", "VirtualE1000", "VirtualPCNet", "VirtualSriov")) and isinstance(unit, int):
        return f"ethernet-{unit - NIC_UNIT}"
    return f"{kind.removeprefix('Virtual').lower()}-{key}"


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return _word(form_of(value).get(VALUE))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


_COMMANDS: dict[str, Callable[[Taken, Being], Words]] = {
    "PowerOnVM_Task": _power("-on"),
    "PowerOffVM_Task": _power("-off"),
    "ResetVM_Task": _power("-reset"),
    "SuspendVM_Task": _power("-suspend"),
    "ShutdownGuest": _power("-s"),
    "RebootGuest": _power("-r"),
    "CreateSnapshot_Task": _create,
    "RemoveSnapshot_Task": _remove,
    "RevertToSnapshot_Task": _revert,
    "RelocateVM_Task": _relocate,
    "MigrateVM_Task": _migrate,
    "EnterMaintenanceMode_Task": _enter,
    "ExitMaintenanceMode_Task": _exit,
    "CancelTask": _cancel,
    "Rename_Task": _rename,
    "ReconfigVM_Task": _reconfigure,
    "UpdateConfig": _pool,
}

"""A native call of vSphere taken apart for other tools: the object, and arguments with their data objects opened."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import msgspec

from novatui.core.operations import NativeCall, Result, SecretName

TYPE, VALUE = "_typeName", "_value"
REFERENCE = "ManagedObjectReference"
THIS = "this"


class Being(NamedTuple):
    """A managed object."""

    type: str
    id: str


class Taken(NamedTuple):
    """One call."""

    verb: str
    this: Being
    args: dict[str, Any]
    """By name: scalars, `Being`, or dicts and lists of a data object in the JSON form."""


OWNERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "AcknowledgeAlarm": ("AlarmManager", ("alarm", "entity")),
    "AcquireCloneTicket": ("SessionManager", ()),
    "AcquireTicket": ("VirtualMachine", ("ticketType",)),
    "AnswerVM": ("VirtualMachine", ("questionId", "answerChoice")),
    "ApplyRecommendation": ("ClusterComputeResource", ("key",)),
    "CancelRecommendation": ("ClusterComputeResource", ("key",)),
    "CancelTask": ("Task", ()),
    "ConsolidateVMDisks_Task": ("VirtualMachine", ()),
    "CreateScreenshot_Task": ("VirtualMachine", ()),
    "CreateSnapshot_Task": ("VirtualMachine", ("name", "description", "memory", "quiesce")),
    "DeleteDatastoreFile_Task": ("FileManager", ("name", "datacenter")),
    "EnterMaintenanceMode_Task": ("HostSystem", ("timeout", "evacuatePoweredOffVms", "maintenanceSpec")),
    "ExitMaintenanceMode_Task": ("HostSystem", ("timeout",)),
    "MigrateVM_Task": ("VirtualMachine", ("pool", "host", "priority", "state")),
    "PowerOffVM_Task": ("VirtualMachine", ()),
    "PowerOnVM_Task": ("VirtualMachine", ("host",)),
    "RebootGuest": ("VirtualMachine", ()),
    "ReconfigVM_Task": ("VirtualMachine", ("spec",)),
    "ReconfigureAutostart": ("HostAutoStartManager", ("spec",)),
    "ReconfigureComputeResource_Task": ("ClusterComputeResource", ("spec", "modify")),
    "RelocateVM_Task": ("VirtualMachine", ("spec", "priority")),
    "RemoveSnapshot_Task": ("VirtualMachineSnapshot", ("removeChildren", "consolidate")),
    "Rename_Task": ("VirtualMachine", ("newName",)),
    "ResetVM_Task": ("VirtualMachine", ()),
    "RevertToSnapshot_Task": ("VirtualMachineSnapshot", ("host", "suppressPowerOn")),
    "ShutdownGuest": ("VirtualMachine", ()),
    "SuspendVM_Task": ("VirtualMachine", ()),
    "UpdateConfig": ("ResourcePool", ("name", "config")),
    "UpdatePassthruConfig": ("HostPciPassthruSystem", ("config",)),
}
"""By method: type of its object where the reference names none, and its parameters in the order of the API."""

IMPLIED = {"host": "HostSystem", "pool": "ResourcePool", "alarm": "Alarm", "entity": "ManagedEntity"}
"""Parameters that are references, with the type that they name where they say none."""


def taken(call: NativeCall) -> Taken | None:
    """None for a call that is none of vSphere's, or that rests on what an earlier one answers, or on a secret."""
    known = OWNERS.get(call.verb)
    if known is None or any(isinstance(value, Result | SecretName) for value in call.args.values()):
        return None
    owner, order = known
    if THIS not in call.args or not call.args.keys() - {THIS} <= set(order):
        return None
    args = {name: _opened(name, call.args[name]) for name in order if name in call.args}
    return Taken(call.verb, _being(str(call.args[THIS]), owner), args)


def of_reference(value: Any) -> Being | None:
    """A reference within a data object."""
    fields = form_of(value)
    if fields.get(TYPE) != REFERENCE:
        return None
    return Being(str(fields.get("type", "")), str(fields.get("value", "")))


def form_of(value: Any) -> dict[str, Any]:
    """A data object; empty for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _being(said: str, owner: str) -> Being:
    kind, _, id_ = said.rpartition(":")
    return Being(kind or owner, id_)


def _opened(name: str, value: Any) -> Any:
    if name in IMPLIED and isinstance(value, str):
        return _being(value, IMPLIED[name])
    if isinstance(value, str) and value.startswith(('{"' + TYPE, "[{")):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return value

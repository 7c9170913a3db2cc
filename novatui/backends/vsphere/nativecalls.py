"""The changing methods of the vSphere API that this driver calls, by their wire names: one table.

A call's arguments are `this`, the object whose method it is, and the method's parameters by their own names: scalars as
they are, references as `vm-42` (`VirtualMachine:vm-42` where the table or the method leaves the type open), a data
object as one argument with its JSON form (see `dataobjects`). Parameters, types and privileges of a method come from
pyVmomi's metadata, which is made from VMware's own description of the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from pyVmomi import VmomiSupport
from pyVmomi.Version import IsChildVersion

from novatui.backends.vsphere.dataobjects import NAMESPACE, made, managed, read
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import InvalidInput, NotSupported
from novatui.core.operations import Argument

THIS = "this"

OWNERS: dict[str, str] = {
    "AcknowledgeAlarm": "AlarmManager",
    "AcquireCloneTicket": "SessionManager",
    "AcquireTicket": "VirtualMachine",
    "AnswerVM": "VirtualMachine",
    "ApplyRecommendation": "ClusterComputeResource",
    "CancelRecommendation": "ClusterComputeResource",
    "CancelTask": "Task",
    "ConsolidateVMDisks_Task": "VirtualMachine",
    "CreateScreenshot_Task": "VirtualMachine",
    "CreateSnapshot_Task": "VirtualMachine",
    "DeleteDatastoreFile_Task": "FileManager",
    "EnterMaintenanceMode_Task": "HostSystem",
    "ExitMaintenanceMode_Task": "HostSystem",
    "MigrateVM_Task": "VirtualMachine",
    "PowerOffVM_Task": "VirtualMachine",
    "PowerOnVM_Task": "VirtualMachine",
    "RebootGuest": "VirtualMachine",
    "ReconfigVM_Task": "VirtualMachine",
    "ReconfigureAutostart": "HostAutoStartManager",
    "ReconfigureComputeResource_Task": "ClusterComputeResource",
    "RelocateVM_Task": "VirtualMachine",
    "RemoveSnapshot_Task": "VirtualMachineSnapshot",
    "Rename_Task": "VirtualMachine",
    "ResetVM_Task": "VirtualMachine",
    "RevertToSnapshot_Task": "VirtualMachineSnapshot",
    "ShutdownGuest": "VirtualMachine",
    "SuspendVM_Task": "VirtualMachine",
    "UpdateConfig": "ResourcePool",
    "UpdatePassthruConfig": "HostPciPassthruSystem",
}
"""Method → type of the object when its reference names none."""


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a method."""

    name: str
    type: Any
    required: bool


class Native(msgspec.Struct, frozen=True):
    """One method."""

    name: str
    owner: str
    """Type of the object when its reference names none."""
    parameters: tuple[Parameter, ...]
    returns: Any
    task: bool
    """It answers at once with a task, which has to be followed."""
    privilege: str
    """What it needs on the object; empty where that depends on what is asked for (see `rights`)."""
    version: str
    """The version of the API that brought it."""


@cache
def native(verb: str) -> Native:
    """The method of this wire name. InvalidInput when this driver does not call it."""
    owner = OWNERS.get(verb)
    if owner is None:
        raise InvalidInput(f"vSphere has no call {verb} here", subject="verb")
    info = VmomiSupport.GetWsdlMethod(NAMESPACE, verb).info
    parameters = tuple(
        Parameter(each.name, each.type, not each.flags & VmomiSupport.F_OPTIONAL) for each in info.params
    )
    return Native(verb, owner, parameters, info.result, info.isTask, info.privId or "", info.version)


def said(verb: str, name: str, ref: Ref) -> str:
    """A reference as an argument: without its type where the call implies it."""
    implied = native(verb).owner if name == THIS else _implied(verb, name)
    return ref.id if ref.type == implied else f"{ref.type}:{ref.id}"


def this_of(verb: str, arguments: Mapping[str, Argument]) -> Ref:
    """The object whose method it is."""
    return _ref(str(arguments.get(THIS, "")), native(verb).owner, THIS)


def prepared(verb: str, arguments: Mapping[str, Argument], version: str) -> tuple[Native, Any, list[Any]]:
    """The method, its object and its parameters as pyVmomi wants them; nothing is sent.

    InvalidInput when an argument is missing, odd or of a wrong type; NotSupported when this version of the API has no
    such method.
    """
    method = native(verb)
    if not IsChildVersion(version, method.version):
        raise NotSupported(f"this server's version of the API has no {verb}", subject=verb)
    known = {each.name for each in method.parameters}
    missing = {each.name for each in method.parameters if each.required} - set(arguments)
    if odd := ({THIS, *missing} - set(arguments)) | (set(arguments) - known - {THIS}):
        takes = ", ".join([THIS, *(each.name for each in method.parameters)])
        raise InvalidInput(f"{verb} takes {takes}", subject=", ".join(sorted(odd)))
    this = managed(this_of(verb, arguments), THIS)
    return method, this, [_given(method, each, arguments.get(each.name), version) for each in method.parameters]


def _given(method: Native, parameter: Parameter, value: Argument, version: str) -> Any:
    if value is None:
        return None
    wanted = parameter.type
    if issubclass(wanted, VmomiSupport.ManagedObject):
        return managed(_ref(str(value), _implied(method.name, parameter.name), parameter.name), parameter.name)
    if isinstance(value, str) and issubclass(wanted, (VmomiSupport.DataObject, VmomiSupport.Array)):
        return made(read(value), wanted, version, parameter.name)
    return made(value, wanted, version, parameter.name)


def _implied(verb: str, name: str) -> str:
    """Type of a parameter that is a reference; empty where objects of several types may be given."""
    wanted = next((each.type for each in native(verb).parameters if each.name == name), None)
    if wanted is None:
        raise InvalidInput(f"{verb} has no parameter {name}", subject=name)
    told = VmomiSupport.GetWsdlName(wanted)
    return "" if told in ("ManagedEntity", "ManagedObject", "ExtensibleManagedObject") else told


def _ref(text: str, implied: str, where: str) -> Ref:
    """`Type:id`, or an id alone where its type is implied; an id may itself hold colons."""
    kind, colon, rest = text.partition(":")
    if colon and rest and kind.isidentifier() and kind[0].isupper():
        return Ref(kind, rest)
    if not text or not implied:
        raise InvalidInput(f"{where} has to be a reference: Type:id", subject=where)
    return Ref(implied, text)

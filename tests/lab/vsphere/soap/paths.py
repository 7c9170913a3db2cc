"""Property paths such as `config.hardware.device[4000]`: whether a type has one, and what an object's value is.

*API, PropertyCollector*: "property paths are … a sequence of property names separated by dots"; an element of a
keyed array may follow as `[key]`. An unknown one is the fault InvalidProperty with the path as its name.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from pyVmomi import vmodl
from pyVmomi.VmomiSupport import DataObject, GetVmodlType, ManagedObject

STEP = re.compile(r"^(\w+)(?:\[(?:\"([^\"]*)\"|([^\]]*))\])?$")


class Absent:
    """No value; `below` when a data object on the way to it is not set."""

    def __init__(self, below: bool) -> None:
        self.below = below


UNSET = Absent(below=False)
UNSET_ABOVE = Absent(below=True)


def check(kind: type, path: str) -> None:
    """Raise InvalidProperty when no object of this type can have the path."""
    if not _is_known(kind, path):
        raise vmodl.query.InvalidProperty(name=path, msg=f"The property {path} is not known to {kind.__name__}.")


@functools.cache
def _is_known(kind: type, path: str) -> bool:
    steps = path.split(".")
    kinds: tuple[Any, ...] = (kind,)
    for number, step in enumerate(steps):
        matched = STEP.match(step)
        if matched is None:
            return False
        if number and any(issubclass(one, ManagedObject | list) for one in kinds):
            return False  # nobody reads through a reference or an array
        found = [info for one in kinds for info in _properties(one).get(matched[1], ())]
        if not found:
            return False
        keyed = matched[2] is not None or matched[3] is not None
        kinds = tuple(info.type.Item if keyed and issubclass(info.type, list) else info.type for info in found)
    return True


@functools.cache
def _properties(kind: Any) -> dict[str, list[Any]]:
    """Properties of a type, and of data types that extend it: a summary's real type may be a special one."""
    found: dict[str, list[Any]] = {}
    if not issubclass(kind, DataObject | ManagedObject):
        return found
    kinds = [kind, *_special(kind.__name__)] if issubclass(kind, DataObject) else [kind]
    for one in kinds:
        for info in one._GetPropertyList():
            found.setdefault(info.name, []).append(info)
    return found


SPECIAL = {
    "vim.ComputeResource.Summary": ("vim.ClusterComputeResource.Summary",),
    "vim.ComputeResource.ConfigInfo": ("vim.cluster.ConfigInfoEx",),
    "vim.Datastore.Info": ("vim.host.VmfsDatastoreInfo", "vim.host.NasDatastoreInfo"),
    "vim.Network.Summary": ("vim.OpaqueNetwork.Summary",),
    "vim.DistributedVirtualSwitch.ConfigInfo": ("vim.dvs.VmwareDistributedVirtualSwitch.ConfigInfo",),
    "vim.dvs.DistributedVirtualPort.Setting": ("vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy",),
    "vim.dvs.VmwareDistributedVirtualSwitch.VlanSpec": ("vim.dvs.VmwareDistributedVirtualSwitch.VlanIdSpec",),
    "vim.ResourcePool.Summary": ("vim.VirtualApp.Summary",),
}


def _special(name: str) -> list[Any]:
    return [GetVmodlType(each) for each in SPECIAL.get(name, ())]


def read(facts: dict[str, Any], kind: Any, path: str) -> Any:
    """The value at a path, an array typed; Absent when it is not set."""
    value: Any = None
    for number, step in enumerate(path.split(".")):
        matched = STEP.match(step)
        if matched is None:
            return UNSET
        name = matched[1]
        if number == 0:
            value = facts.get(name)
            value = value() if callable(value) and not isinstance(value, type) else value
            info = kind._GetPropertyInfo(name)
        elif value is None:
            return UNSET_ABOVE
        else:
            try:
                info = value._GetPropertyInfo(name)
            except AttributeError:
                return UNSET
            value = getattr(value, name)
        if isinstance(value, list) and issubclass(info.type, list) and type(value) is not info.type:
            value = info.type(value)
        wanted = matched[2] if matched[2] is not None else matched[3]
        if wanted is not None:
            value = next((one for one in value or () if str(getattr(one, "key", "")) == wanted), None)
    return UNSET if value is None else value

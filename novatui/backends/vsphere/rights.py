"""What an account has to be allowed for a call, and whether it is: asked before, so that what is missing has a name.

A method's own privilege comes from pyVmomi's metadata; those of ReconfigVM_Task and of moves depend on what is asked
for (vSphere Web Services API reference, "Required Privileges" of the method).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pyVmomi import VmomiSupport

from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.dataobjects import NAME, read, type_named
from novatui.backends.vsphere.fields import each as each_at
from novatui.backends.vsphere.fields import refs as refs_at
from novatui.backends.vsphere.fields import truth, words
from novatui.backends.vsphere.nativecalls import native
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.soap import element, reference
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import NovaError, Timeout, Unreachable
from novatui.core.operations import NativeCall

SYSTEM = "System."
"""Privileges of this group are every account's that sees the object."""

_CONFIG = "VirtualMachine.Config."

_BY_FIELD: dict[str, str] = {
    "name": "Rename",
    "annotation": "Annotation",
    "numCPUs": "CPUCount",
    "numCoresPerSocket": "CPUCount",
    "memoryMB": "Memory",
    "cpuAllocation": "Resource",
    "memoryAllocation": "Resource",
    "cpuAffinity": "Resource",
    "memoryAffinity": "Resource",
    "cpuHotAddEnabled": "CPUCount",
    "cpuHotRemoveEnabled": "CPUCount",
    "memoryHotAddEnabled": "Memory",
    "extraConfig": "AdvancedConfig",
    "swapPlacement": "SwapPlacement",
    "changeTrackingEnabled": "ChangeTracking",
}
"""Field of VirtualMachineConfigSpec → privilege below VirtualMachine.Config; others are its `Settings`."""

_NO_PRIVILEGE = frozenset({NAME, "changeVersion", "deviceChange"})

_METHODS: dict[str, tuple[str, ...]] = {
    "Rename_Task": ("VirtualMachine.Config.Rename",),
    "MigrateVM_Task": (),
    "RelocateVM_Task": (),
    "CancelTask": (),
}
"""Methods whose privileges are not those of the metadata: they depend on the object, and the planner names them."""

_ANSWERLESS = (Unreachable, Timeout)


def privileges_of(call: NativeCall) -> tuple[str, ...]:
    """What the call needs on the object that it changes."""
    if call.verb in _METHODS:
        return _METHODS[call.verb]
    if call.verb == "ReconfigVM_Task":
        return reconfiguring(read(str(call.args.get("spec", "{}"))))
    found = native(call.verb).privilege
    return (found,) if found and not found.startswith(SYSTEM) else ()


def reconfiguring(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """What this VirtualMachineConfigSpec (in its JSON form) needs on the machine."""
    found = [_CONFIG + _BY_FIELD.get(name, "Settings") for name in spec if name not in _NO_PRIVILEGE]
    for change in spec.get("deviceChange", ()):
        found += _of_device(change)
    return tuple(dict.fromkeys(found))


def _of_device(change: Mapping[str, Any]) -> Iterator[str]:
    """VirtualDeviceConfigSpec: what the change of one device needs."""
    device = change.get("device", {})
    kind = str(device.get(NAME, ""))
    doing = change.get("operation", "edit")
    backing = str(device.get("backing", {}).get(NAME, ""))
    if doing == "edit":
        yield "VirtualMachine.Interact.SetCDMedia" if kind == "VirtualCdrom" else _CONFIG + "EditDevice"
        if "connectable" in device:
            yield "VirtualMachine.Interact.DeviceConnection"
        if kind == "VirtualDisk" and ("capacityInKB" in device or "capacityInBytes" in device):
            yield _CONFIG + "DiskExtend"
    elif kind == "VirtualDisk":
        if "RawDisk" in backing:
            yield _CONFIG + "RawDevice"
        created = change.get("fileOperation") == "create"
        yield _CONFIG + ("RemoveDisk" if doing == "remove" else "AddNewDisk" if created else "AddExistingDisk")
    elif kind.startswith("VirtualUSB") and not kind.endswith("Controller"):
        yield _CONFIG + "HostUSBDevice"
    elif kind == "VirtualPCIPassthrough":
        yield _CONFIG + "RawDevice"
        yield _CONFIG + "AddRemoveDevice"
    else:
        yield _CONFIG + "AddRemoveDevice"


def is_entity(ref: Ref) -> bool:
    """True for what has privileges of its own: machines, hosts, folders, stores …; not tasks, snapshots, managers."""
    return issubclass(type_named(ref.type), VmomiSupport.GetWsdlType("urn:vim25", "ManagedEntity"))


class Rights:
    """Asks the server about the account of this session."""

    def __init__(self, opened: Opened, asking: Asking) -> None:
        self._opened = opened
        self._asking = asking
        self._session = ""

    def missing(self, needs: Mapping[Ref, Iterable[str]]) -> dict[Ref, list[str]] | None:
        """Privileges that the account has not, by object. None when the server does not tell."""
        wanted = {ref: list(dict.fromkeys(ids)) for ref, ids in needs.items()}
        wanted = {ref: ids for ref, ids in wanted.items() if ids}
        if not wanted:
            return {}
        every = list(dict.fromkeys(each for ids in wanted.values() for each in ids))
        try:
            told = self._ask(list(wanted), every)
        except _ANSWERLESS:
            raise
        except NovaError:
            return None
        found = {ref: [each for each in ids if told.get((ref.id, each)) is False] for ref, ids in wanted.items()}
        return {ref: ids for ref, ids in found.items() if ids}

    def _ask(self, refs: list[Ref], privileges: list[str]) -> dict[tuple[str, str], bool]:
        """One request for all of them, on a connection that is made anew when it was closed while it rested."""
        answered = self._asking.answers(
            "HasPrivilegeOnEntities",
            Ref("AuthorizationManager", self._opened.content.authorizationManager._moId),
            *(reference("entity", ref) for ref in refs),
            element("sessionId", self._key()),
            *(element("privId", each) for each in privileges),
        )
        return {
            (ref.id, words(one, "privId")): granted
            for told in answered
            for ref in refs_at(told, "entity")
            for one in each_at(told, "privAvailability")
            if (granted := truth(one, "isGranted")) is not None
        }

    def _key(self) -> str:
        """Key of our own session."""
        if not self._session:
            manager = Ref("SessionManager", self._opened.content.sessionManager._moId)
            told = self._asking.of(manager, ("currentSession",))
            self._session = words(told.values.get("currentSession"), "key")
        return self._session

"""What each family calls a change: our word, its own call, and its own names of the arguments. Plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

from novatui.backends.demo.shapes import Host, Machine, Place
from novatui.core.errors import InvalidInput, NotSupported
from novatui.core.operations import Argument
from novatui.core.states import Family, Kind

Plain: TypeAlias = "str | int | float | bool | None"


class Way(msgspec.Struct, frozen=True):
    """How one family does one thing."""

    deed: str
    call: str
    target: str
    """Its name of the argument that says on what."""
    names: dict[str, str] = {}
    """Its names of our arguments."""
    fixed: dict[str, Plain] = {}
    """Arguments that are always the same."""
    words: dict[str, dict[str, Plain]] = {}
    """Its own values of our arguments, where it has others."""

    def said(self, ours: str, value: Plain) -> Plain:
        """Its own value of an argument. NotSupported when it has none."""
        words = self.words.get(ours)
        if words is None:
            return value
        if str(value or "") not in words:
            raise NotSupported(f"{self.call} does not take {value} for {self.names[ours]}", subject=ours)
        return words[str(value or "")]

    def heard(self, ours: str, value: Argument) -> Argument:
        """Our value of what it said."""
        return next((word for word, theirs in self.words.get(ours, {}).items() if theirs == value), value)

    def fits(self, call: str, args: Mapping[str, Argument]) -> bool:
        """This call, with exactly its arguments."""
        wanted = {self.target, *self.names.values(), *self.fixed}
        return call == self.call and set(args) == wanted and all(args[name] == is_ for name, is_ in self.fixed.items())


def way(family: Family, deed: str) -> Way | None:
    """How the family does that; None when it cannot."""
    return next((each for each in WAYS[family] if each.deed == deed), None)


def native(
    family: Family, found: Way, thing: Machine | Host | Place, given: Mapping[str, Plain], node: str
) -> tuple[str, dict[str, Argument]]:
    """Name and arguments of the call."""
    arguments: dict[str, Argument] = {found.target: thing.id}
    for ours, value in given.items():
        if ours in found.names:
            arguments[found.names[ours]] = found.said(ours, value)
        elif value not in UNSAID:
            raise NotSupported(f"{found.call} has no such thing as {ours}", subject=ours)
    call = found.call
    if family is Family.PROXMOX:
        arguments = {"node": node, **arguments}
        if isinstance(thing, Machine) and thing.kind is Kind.CONTAINER:
            call = call.replace("/qemu/", "/lxc/")
    return call, arguments | found.fixed


def understood(family: Family, call: str, args: Mapping[str, Argument]) -> tuple[str, str, dict[str, Argument]]:
    """What a call means: our word, on what, our arguments. InvalidInput when the family has no such call."""
    plain = {name: value for name, value in args.items() if name != "node" or family is not Family.PROXMOX}
    for each in WAYS[family]:
        if each.fits(call.replace("/lxc/", "/qemu/"), plain):
            heard = {ours: each.heard(ours, args[theirs]) for ours, theirs in each.names.items()}
            return each.deed, str(args[each.target]), heard
    raise InvalidInput(f"there is no call {call} with {', '.join(sorted(args)) or 'nothing'}", subject="verb")


def _ways(
    target: str, *rows: tuple[str, str] | tuple[str, str, str] | tuple[str, str, str, Mapping[str, Plain]]
) -> tuple[Way, ...]:
    """Rows of: our word, call, `ours:theirs` of arguments, fixed arguments."""
    found: list[Way] = []
    for deed, call, *more in rows:
        words: Iterable[str] = str(more[0]).split() if more else ()
        fixed = more[1] if len(more) > 1 else {}
        assert isinstance(fixed, Mapping)
        pairs = (word.partition(":")[::2] for word in words)
        names = {ours: theirs or ours for ours, theirs in pairs}
        words = {ours: _WORDS[call, ours] for ours in names if (call, ours) in _WORDS}
        found.append(Way(deed, call, target, names, dict(fixed), words))
    return tuple(found)


_PVE = "/nodes/{node}/qemu/{vmid}"
_PVE_CONFIG = f"POST {_PVE}/config"
_ROLLBACK = f"POST {_PVE}/snapshot/{{snapname}}/rollback"

UNSAID: tuple[Plain, ...] = (None, False, "", "keep", "as-saved")
"""Values that a call means anyway when it has no argument for them."""

_WORDS: dict[tuple[str, str], dict[str, Plain]] = {
    ("virDomainRevertToSnapshot", "then"): {"": 0, "as-saved": 0, "running": 1, "paused": 2},
    ("virDomainSnapshotDelete", "children"): {"keep": 0, "with": 1, "only": 4},
    ("RevertToSnapshot_Task", "then"): {"": False, "as-saved": False},
    ("RemoveSnapshot_Task", "children"): {"keep": False, "with": True},
    ("Remove-VMSnapshot", "children"): {"keep": False, "with": True},
    (_ROLLBACK, "then"): {"": 0, "as-saved": 0, "running": 1},
}
"""A family's values of our arguments, by its call and our name: VIR_DOMAIN_SNAPSHOT_REVERT_*, _DELETE_* and others."""

WAYS: dict[Family, tuple[Way, ...]] = {
    Family.LIBVIRT: (
        *_ways(
            "dom",
            ("start", "virDomainCreateWithFlags", "", {"flags": 0}),
            ("shutdown", "virDomainShutdownFlags", "", {"flags": 0}),
            ("reboot", "virDomainReboot", "", {"flags": 0}),
            ("reset", "virDomainReset", "", {"flags": 0}),
            ("off", "virDomainDestroyFlags", "", {"flags": 0}),
            ("pause", "virDomainSuspend"),
            ("resume", "virDomainResume"),
            ("suspend", "virDomainManagedSave", "", {"flags": 0}),
            ("autostart", "virDomainSetAutostart", "on:autostart"),
            ("snapshot", "virDomainSnapshotCreateXML", "name description memory quiesce"),
            ("revert", "virDomainRevertToSnapshot", "snapshot then:flags"),
            ("snapshot-delete", "virDomainSnapshotDelete", "snapshot children:flags"),
            ("attach", "virDomainAttachDeviceFlags", "device:hostdev"),
            ("detach", "virDomainDetachDeviceFlags", "device:hostdev"),
            ("vcpus", "virDomainSetVcpusFlags", "count:nvcpus"),
            ("memory", "virDomainSetMemoryFlags", "size:memory"),
            ("disk-add", "virDomainAttachDeviceFlags", "store:pool size:capacity"),
            ("disk-remove", "virDomainDetachDeviceFlags", "target:disk"),
            ("nic-add", "virDomainAttachDeviceFlags", "network mac"),
            ("nic-remove", "virDomainDetachDeviceFlags", "mac"),
            ("iso", "virDomainUpdateDeviceFlags", "source:cdrom"),
            ("pin", "virDomainPinVcpuFlags", "vcpu cpus:cpumap"),
            ("rename", "virDomainRename", "name:new_name"),
            ("notes", "virDomainSetMetadata", "text:metadata"),
            ("cancel", "virDomainAbortJob"),
            (
                "migrate",
                "virDomainMigrateToURI3",
                "uri:dconnuri bandwidth auto_converge:VIR_MIGRATE_AUTO_CONVERGE post_copy:VIR_MIGRATE_POSTCOPY "
                "storage:VIR_MIGRATE_NON_SHARED_DISK persist:VIR_MIGRATE_PERSIST_DEST "
                "undefine:VIR_MIGRATE_UNDEFINE_SOURCE",
                {"VIR_MIGRATE_LIVE": True, "VIR_MIGRATE_PEER2PEER": True},
            ),
            (
                "migrate-offline",
                "virDomainMigrateToURI3",
                "uri:dconnuri undefine:VIR_MIGRATE_UNDEFINE_SOURCE",
                {"VIR_MIGRATE_OFFLINE": True, "VIR_MIGRATE_PERSIST_DEST": True},
            ),
            ("migrate-bandwidth", "virDomainMigrateSetMaxSpeed", "bandwidth"),
            ("migrate-downtime", "virDomainMigrateSetMaxDowntime", "downtime"),
            ("migrate-postcopy", "virDomainMigrateStartPostCopy", "", {"flags": 0}),
            ("migrate-pause", "virDomainSuspend"),
        ),
        *_ways(
            "parent",
            ("mdev-create", "virNodeDeviceCreateXML", "device type uuid"),
            ("mdev-remove", "virNodeDeviceDestroy", "device:dev"),
        ),
    ),
    Family.VSPHERE: (
        *_ways(
            "vm",
            ("start", "PowerOnVM_Task"),
            ("shutdown", "ShutdownGuest"),
            ("reboot", "RebootGuest"),
            ("reset", "ResetVM_Task"),
            ("off", "PowerOffVM_Task"),
            ("suspend", "SuspendVM_Task"),
            ("snapshot", "CreateSnapshotEx_Task", "name description memory quiesce:quiesceSpec"),
            ("revert", "RevertToSnapshot_Task", "snapshot then:suppressPowerOn"),
            ("snapshot-delete", "RemoveSnapshot_Task", "snapshot children:removeChildren"),
            ("attach", "ReconfigVM_Task", "device:deviceAdd"),
            ("detach", "ReconfigVM_Task", "device:deviceRemove"),
            ("vcpus", "ReconfigVM_Task", "count:numCPUs"),
            ("memory", "ReconfigVM_Task", "size:memory"),
            ("disk-add", "ReconfigVM_Task", "store:datastore size:capacityInBytes"),
            ("disk-remove", "ReconfigVM_Task", "target:diskRemove"),
            ("nic-add", "ReconfigVM_Task", "network mac:macAddress"),
            ("nic-remove", "ReconfigVM_Task", "mac:nicRemove"),
            ("iso", "ReconfigVM_Task", "source:iso"),
            ("rename", "Rename_Task", "name:newName"),
            ("notes", "ReconfigVM_Task", "text:annotation"),
            ("cancel", "CancelTask"),
            ("migrate", "MigrateVM_Task", "to:host", {"priority": "defaultPriority"}),
            ("migrate-offline", "MigrateVM_Task", "to:host", {"state": "poweredOff"}),
        ),
        *_ways(
            "host",
            ("vfs", "UpdatePassthruConfig_Task", "device:id count:numVirtualFunction"),
            ("maintenance", "EnterMaintenanceMode_Task", "off:evacuatePoweredOffVms", {"timeout": 0}),
            ("return", "ExitMaintenanceMode_Task", "", {"timeout": 0}),
            ("cancel-maintenance", "CancelTask"),
        ),
        *_ways(
            "cluster",
            ("apply", "ApplyRecommendation", "recommendation:key"),
            ("dismiss", "CancelRecommendation", "recommendation:key"),
        ),
        *_ways(
            "pool",
            (
                "pool",
                "UpdateConfig",
                "cpu_reservation:cpuAllocation.reservation cpu_limit:cpuAllocation.limit "
                "cpu_shares:cpuAllocation.shares cpu_expandable:cpuAllocation.expandableReservation "
                "memory_reservation:memoryAllocation.reservation memory_limit:memoryAllocation.limit "
                "memory_shares:memoryAllocation.shares memory_expandable:memoryAllocation.expandableReservation",
            ),
        ),
    ),
    Family.HYPERV: (
        *_ways(
            "Id",
            ("start", "Start-VM"),
            ("shutdown", "Stop-VM"),
            ("reboot", "Restart-VM", "", {"Type": "Reboot"}),
            ("reset", "Restart-VM", "", {"Force": True}),
            ("off", "Stop-VM", "", {"TurnOff": True}),
            ("pause", "Suspend-VM"),
            ("resume", "Resume-VM"),
            ("suspend", "Save-VM"),
            ("autostart", "Set-VM", "on:AutomaticStart"),
            ("snapshot", "Checkpoint-VM", "name:SnapshotName description:Notes memory:Standard quiesce:Production"),
            ("revert", "Restore-VMSnapshot", "snapshot:Snapshot"),
            ("snapshot-delete", "Remove-VMSnapshot", "snapshot:Snapshot children:IncludeAllChildSnapshots"),
            ("attach", "Add-VMAssignableDevice", "device:LocationPath"),
            ("detach", "Remove-VMAssignableDevice", "device:LocationPath"),
            ("vcpus", "Set-VMProcessor", "count:Count"),
            ("memory", "Set-VMMemory", "size:StartupBytes"),
            ("disk-add", "Add-VMHardDiskDrive", "store:Volume size:SizeBytes"),
            ("disk-remove", "Remove-VMHardDiskDrive", "target:ControllerLocation"),
            ("nic-add", "Add-VMNetworkAdapter", "network:SwitchName mac:StaticMacAddress"),
            ("nic-remove", "Remove-VMNetworkAdapter", "mac:MacAddress"),
            ("iso", "Set-VMDvdDrive", "source:Path"),
            ("rename", "Rename-VM", "name:NewName"),
            ("notes", "Set-VM", "text:Notes"),
            ("migrate", "Move-VM", "to:DestinationHost storage:IncludeStorage"),
        ),
        *_ways("ComputerName", ("vfs", "Set-NetAdapterSriov", "device:PnPDeviceID count:NumVFs")),
    ),
    Family.XCPNG: _ways(
        "vm",
        ("start", "VM.start", "", {"start_paused": False, "force": False}),
        ("shutdown", "VM.clean_shutdown"),
        ("reboot", "VM.clean_reboot"),
        ("reset", "VM.hard_reboot"),
        ("off", "VM.hard_shutdown"),
        ("pause", "VM.pause"),
        ("resume", "VM.unpause"),
        ("suspend", "VM.suspend"),
        ("autostart", "VM.add_to_other_config", "on:auto_poweron"),
        ("snapshot", "VM.snapshot", "name:new_name description memory:checkpoint quiesce"),
        ("revert", "VM.revert", "snapshot"),
        ("snapshot-delete", "VM.destroy", "snapshot"),
        ("attach", "VM.add_to_other_config", "device:pci"),
        ("detach", "VM.remove_from_other_config", "device:pci"),
        ("vcpus", "VM.set_VCPUs_number_live", "count:nvcpu"),
        ("memory", "VM.set_memory_dynamic_range", "size:max"),
        ("disk-add", "VBD.create", "store:SR size:virtual_size"),
        ("disk-remove", "VBD.destroy", "target:userdevice"),
        ("nic-add", "VIF.create", "network mac:MAC"),
        ("nic-remove", "VIF.destroy", "mac:MAC"),
        ("iso", "VBD.insert", "source:vdi"),
        ("rename", "VM.set_name_label", "name:value"),
        ("notes", "VM.set_name_description", "text:value"),
        ("cancel", "task.cancel"),
        ("migrate", "VM.pool_migrate", "to:host", {"live": True}),
    ),
    Family.PROXMOX: _ways(
        "vmid",
        ("start", f"POST {_PVE}/status/start"),
        ("shutdown", f"POST {_PVE}/status/shutdown"),
        ("reboot", f"POST {_PVE}/status/reboot"),
        ("reset", f"POST {_PVE}/status/reset"),
        ("off", f"POST {_PVE}/status/stop"),
        ("pause", f"POST {_PVE}/status/suspend"),
        ("resume", f"POST {_PVE}/status/resume"),
        ("suspend", f"POST {_PVE}/status/suspend", "", {"todisk": 1}),
        ("autostart", _PVE_CONFIG, "on:onboot"),
        ("snapshot", f"POST {_PVE}/snapshot", "name:snapname description memory:vmstate quiesce:freeze"),
        ("revert", _ROLLBACK, "snapshot:snapname then:start"),
        ("snapshot-delete", f"DELETE {_PVE}/snapshot/{{snapname}}", "snapshot:snapname"),
        ("attach", _PVE_CONFIG, "device:hostpci"),
        ("detach", f"PUT {_PVE}/config", "device:delete_hostpci"),
        ("vcpus", _PVE_CONFIG, "count:cores"),
        ("memory", _PVE_CONFIG, "size:memory"),
        ("disk-add", _PVE_CONFIG, "store:storage size"),
        ("disk-remove", f"PUT {_PVE}/unlink", "target:idlist"),
        ("nic-add", _PVE_CONFIG, "network:bridge mac:macaddr"),
        ("nic-remove", f"PUT {_PVE}/config", "mac:delete_net"),
        ("iso", _PVE_CONFIG, "source:cdrom"),
        ("rename", _PVE_CONFIG, "name"),
        ("migrate", f"POST {_PVE}/migrate", "to:target bandwidth:bwlimit storage:with-local-disks", {"online": 1}),
        ("migrate-offline", f"POST {_PVE}/migrate", "to:target", {"online": 0}),
        ("notes", _PVE_CONFIG, "text:description"),
        ("cancel", "DELETE /nodes/{node}/tasks/{upid}"),
    ),
}
"""By family. What is missing, the product cannot do, or not by its API."""

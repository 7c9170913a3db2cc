"""AuthorizationManager: roles, who has which on what, and the fault that names what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.state import Thing

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

SYSTEM = ("System.Anonymous", "System.View", "System.Read")
PRIVILEGES = [
    "Alarm.Acknowledge",
    "Alarm.Create",
    "Alarm.SetStatus",
    "Datacenter.Create",
    "Datastore.AllocateSpace",
    "Datastore.Browse",
    "Datastore.FileManagement",
    "DVPortgroup.Modify",
    "DVSwitch.Modify",
    "Folder.Create",
    "Folder.Delete",
    "Folder.Move",
    "Folder.Rename",
    "Global.CancelTask",
    "Global.Diagnostics",
    "Global.DisableMethods",
    "Global.EnableMethods",
    "Global.GlobalTag",
    "Global.Health",
    "Global.LogEvent",
    "Global.ManageCustomFields",
    "Global.SetCustomField",
    "Global.Settings",
    "Host.Cim.CimInteraction",
    "Host.Config.AdvancedConfig",
    "Host.Config.AutoStart",
    "Host.Config.Connection",
    "Host.Config.HyperThreading",
    "Host.Config.Maintenance",
    "Host.Config.Memory",
    "Host.Config.Network",
    "Host.Config.PciPassthru",
    "Host.Config.Power",
    "Host.Config.Storage",
    "Host.Inventory.EditCluster",
    "Host.Inventory.MoveHost",
    "Network.Assign",
    "Network.Config",
    "Performance.ModifyIntervals",
    "Resource.ApplyRecommendation",
    "Resource.AssignVAppToPool",
    "Resource.AssignVMToPool",
    "Resource.ColdMigrate",
    "Resource.CreatePool",
    "Resource.DeletePool",
    "Resource.EditPool",
    "Resource.HotMigrate",
    "Resource.MovePool",
    "Resource.QueryVMotion",
    "Resource.RenamePool",
    "Sessions.TerminateSession",
    "Sessions.ValidateSession",
    "StoragePod.Config",
    "System.Anonymous",
    "System.Read",
    "System.View",
    "Task.Create",
    "Task.Update",
    "VApp.PowerOff",
    "VApp.PowerOn",
    "VApp.Suspend",
    "VirtualMachine.Config.AddExistingDisk",
    "VirtualMachine.Config.AddNewDisk",
    "VirtualMachine.Config.AddRemoveDevice",
    "VirtualMachine.Config.AdvancedConfig",
    "VirtualMachine.Config.Annotation",
    "VirtualMachine.Config.CPUCount",
    "VirtualMachine.Config.ChangeTracking",
    "VirtualMachine.Config.DiskExtend",
    "VirtualMachine.Config.DiskLease",
    "VirtualMachine.Config.EditDevice",
    "VirtualMachine.Config.HostUSBDevice",
    "VirtualMachine.Config.Memory",
    "VirtualMachine.Config.RawDevice",
    "VirtualMachine.Config.RemoveDisk",
    "VirtualMachine.Config.Rename",
    "VirtualMachine.Config.ReloadFromPath",
    "VirtualMachine.Config.Resource",
    "VirtualMachine.Config.Settings",
    "VirtualMachine.Config.UpgradeVirtualHardware",
    "VirtualMachine.Interact.AnswerQuestion",
    "VirtualMachine.Interact.ConsoleInteract",
    "VirtualMachine.Interact.CreateScreenshot",
    "VirtualMachine.Interact.DeviceConnection",
    "VirtualMachine.Interact.GuestControl",
    "VirtualMachine.Interact.Pause",
    "VirtualMachine.Interact.PowerOff",
    "VirtualMachine.Interact.PowerOn",
    "VirtualMachine.Interact.Reset",
    "VirtualMachine.Interact.SetCDMedia",
    "VirtualMachine.Interact.Suspend",
    "VirtualMachine.Interact.ToolsInstall",
    "VirtualMachine.Inventory.Create",
    "VirtualMachine.Inventory.Delete",
    "VirtualMachine.Inventory.Move",
    "VirtualMachine.Inventory.Register",
    "VirtualMachine.Inventory.Unregister",
    "VirtualMachine.Provisioning.Clone",
    "VirtualMachine.Provisioning.DeployTemplate",
    "VirtualMachine.Provisioning.MarkAsTemplate",
    "VirtualMachine.Provisioning.MarkAsVM",
    "VirtualMachine.State.CreateSnapshot",
    "VirtualMachine.State.RemoveSnapshot",
    "VirtualMachine.State.RenameSnapshot",
    "VirtualMachine.State.RevertToSnapshot",
    "InventoryService.Tagging.AttachTag",
]
"""Ids as the vCenter documentation lists them, as far as a console meets them."""

OPERATOR = [
    "VirtualMachine.Interact.PowerOn",
    "VirtualMachine.Interact.PowerOff",
    "VirtualMachine.Interact.Reset",
    "VirtualMachine.Interact.Suspend",
    "VirtualMachine.Interact.ConsoleInteract",
    "VirtualMachine.State.CreateSnapshot",
    "Global.CancelTask",
]
ROLES: dict[int, tuple[str, tuple[str, ...]]] = {
    -1: ("Admin", tuple(PRIVILEGES)),
    -2: ("ReadOnly", SYSTEM),
    -5: ("NoAccess", ()),
    1001: ("Operator", (*SYSTEM, *OPERATOR)),
}


class Rights:
    """Which role a user has on an object: the nearest permission above it counts."""

    def __init__(self, vc: Vcenter) -> None:
        self.vc = vc
        self.granted: dict[tuple[str, str], int] = {}
        self.roles = dict(ROLES)
        vc.site.add(
            vim.AuthorizationManager,
            "AuthorizationManager",
            privilegeList=[
                vim.AuthorizationManager.Privilege(
                    privId=one, onParent=False, name=one.rpartition(".")[2], privGroupName=one.rpartition(".")[0]
                )
                for one in sorted(PRIVILEGES)
            ],
            roleList=self.listed,
        )

    def listed(self) -> list[Any]:
        """The roles, as the API tells them."""
        return [
            vim.AuthorizationManager.Role(
                roleId=id,
                system=id < 0,
                name=name,
                privilege=list(held),
                info=vim.Description(label=name, summary=name),
            )
            for id, (name, held) in self.roles.items()
        ]

    def role_of(self, user: str, thing: Thing) -> int:
        for one in [thing, *self.vc.above(thing)]:
            if (user, one.id) in self.granted:
                return self.granted[user, one.id]
        return self.granted.get((user, self.vc.root.id), -5)

    def has(self, user: str, thing: Thing, privilege: str) -> bool:
        """ASSUMED: an administrator has privileges too that this table does not know."""
        role = self.role_of(user, thing)
        return role == -1 or privilege in self.roles[role][1] or privilege == "System.Anonymous"

    def require(self, user: str, thing: Thing, privilege: str) -> None:
        """*API, NoPermission*: names the object and the privilege that lacks."""
        if not self.has(user, thing, privilege):
            words = f"Permission to perform this operation was denied. Needed: {privilege}"
            raise vim.fault.NoPermission(object=thing.ref, privilegeId=privilege, msg=words)


@serves("HasPrivilegeOnEntities")
def _has_on_entities(call: Call) -> Any:
    session = call.vc.sessions.open.get(call.given.sessionId)
    return [_told(call, session.user if session else "", ref) for ref in call.given.entity]


@serves("HasUserPrivilegeOnEntities")
def _user_has_on_entities(call: Call) -> Any:
    return [_told(call, call.given.userName, ref) for ref in call.given.entities]


def _told(call: Call, user: str, ref: Any) -> Any:
    thing = call.thing(ref)
    granted = [
        vim.AuthorizationManager.PrivilegeAvailability(privId=one, isGranted=call.vc.rights.has(user, thing, one))
        for one in call.given.privId
    ]
    return vim.AuthorizationManager.EntityPrivilege(entity=ref, privAvailability=granted)


@serves("FetchUserPrivilegeOnEntities")
def _fetch(call: Call) -> Any:
    told = []
    for ref in call.given.entities:
        thing = call.thing(ref)
        held = [one for one in PRIVILEGES if call.vc.rights.has(call.given.userName, thing, one)]
        told.append(vim.AuthorizationManager.UserPrivilegeResult(entity=ref, privileges=held))
    return told


@serves("RetrieveEntityPermissions", "RetrieveAllPermissions")
def _permissions(call: Call) -> Any:
    wanted = getattr(call.given, "entity", None)
    return [
        vim.AuthorizationManager.Permission(
            entity=call.site.things[id].ref, principal=user, group=False, roleId=role, propagate=True
        )
        for (user, id), role in call.vc.rights.granted.items()
        if wanted is None or id == wanted._moId
    ]

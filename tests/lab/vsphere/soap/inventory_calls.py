"""Changes of the inventory by any client: names, folders, deleting, cloning, templates, and looking things up."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap import machines, places
from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.machines import OFF
from tests.lab.vsphere.soap.power import require_state
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.tasks import Work, start

RENAMING: dict[Any, str] = {
    vim.VirtualMachine: "VirtualMachine.Config.Rename",
    vim.Folder: "Folder.Rename",
    vim.ResourcePool: "Resource.RenamePool",
}


def _refuse_duplicate(call: Call, folder: Thing, name: str) -> None:
    for ref in folder.facts["childEntity"]:
        if call.thing(ref).name == name:
            raise vim.fault.DuplicateName(name=name, object=ref, msg=f"The name '{name}' already exists.")


@serves("Rename_Task")
def _rename(call: Call) -> Any:
    """*API*: "%" and "/" in the new name are escaped by the client."""
    thing, name = call.this, call.given.newName
    call.require(next((right for kind, right in RENAMING.items() if thing.is_a(kind)), "System.Read"))
    parent = call.thing(thing.facts["parent"]) if thing.facts["parent"] else None

    def first() -> None:
        if parent is not None and parent.is_a(vim.Folder) and name != thing.name:
            _refuse_duplicate(call, parent, name)

    return start(call, thing, Work(0.3, lambda: call.site.put(thing, "name", name), first=first))


@serves("Destroy_Task")
def _destroy(call: Call) -> Any:
    """A machine that is off; of other kinds only an empty folder."""
    thing = call.this
    call.require("VirtualMachine.Inventory.Delete" if thing.is_a(vim.VirtualMachine) else "Folder.Delete")

    def end() -> None:
        if thing.is_a(vim.VirtualMachine):
            call.vc.events.tell(vim.event.VmRemovedEvent, f"Removed {thing.name}", thing=thing, template=False)
            machines.removed(call.vc, thing)
        else:
            places.unlisted(call.vc, thing, call.thing(thing.facts["parent"]), "childEntity")
            call.site.remove(thing)

    def first() -> None:
        if thing.is_a(vim.VirtualMachine):
            require_state(thing, OFF, OFF)
        elif not thing.is_a(vim.Folder) or thing.facts["childEntity"]:
            raise vmodl.fault.NotSupported(msg="The simulator deletes machines and empty folders only.")

    return start(call, thing, Work(0.5, end, first=first))


@serves("UnregisterVM")
def _unregister(call: Call) -> None:
    require_state(call.this, OFF, OFF)
    machines.removed(call.vc, call.this)


@serves("CreateFolder")
def _create_folder(call: Call) -> Any:
    _refuse_duplicate(call, call.this, call.given.name)
    return places.folder(call.vc, call.given.name, call.this, *call.this.facts["childType"]).ref


@serves("MoveIntoFolder_Task")
def _move(call: Call) -> Any:
    folder, moved = call.this, [call.thing(ref) for ref in call.given.list]

    def end() -> None:
        for one in moved:
            if one.facts["parent"]:
                places.unlisted(call.vc, one, call.thing(one.facts["parent"]), "childEntity")
            one.facts["parent"] = folder.ref
            places.listed(call.vc, one, folder, "childEntity")
            call.site.touch(one)

    return start(call, folder, Work(0.3, end, exclusive=False))


@serves("MarkAsTemplate")
def _to_template(call: Call) -> None:
    """*API*: a template has no resource pool."""
    vm = call.this
    require_state(vm, OFF, OFF)
    vm.facts["config"].template = True
    places.unlisted(call.vc, vm, call.thing(vm.facts["resourcePool"]), "vm")
    vm.facts["resourcePool"] = None
    call.site.reshaped(vm)


@serves("MarkAsVirtualMachine")
def _to_machine(call: Call) -> None:
    vm = call.this
    if not vm.facts["config"].template:
        raise vim.fault.InvalidState(msg="It is no template.")
    vm.facts["config"].template = False
    vm.facts["resourcePool"] = call.given.pool
    places.listed(call.vc, vm, call.thing(call.given.pool), "vm")
    call.site.reshaped(vm)


@serves("CloneVM_Task")
def _clone(call: Call) -> Any:
    """A machine like this, off, in a folder; where the spec does not place it, beside this one."""
    vm, given = call.this, call.given
    call.require("VirtualMachine.Provisioning.Clone")
    folder = call.thing(given.folder)

    def end() -> Any:
        config = vm.facts["config"]
        host = call.thing(given.spec.location.host or vm.facts["runtime"].host)
        pool = given.spec.location.pool or vm.facts["resourcePool"]
        owner = call.thing(host.facts["parent"])
        hardware = config.hardware
        recipe = machines.Recipe(
            name=given.name,
            uuid=str(uuid.uuid4()),
            vcpus=hardware.numCPU,
            cores=hardware.numCoresPerSocket or 1,
            memory_mib=hardware.memoryMB,
            template=bool(given.spec.template),
            tools=vm.private["tools"],
            devices=copy.deepcopy(list(hardware.device)),
            annotation=config.annotation or "",
        )
        made_pool = call.thing(pool) if pool else places.root_pool(call.vc, owner)
        made = machines.machine(call.vc, recipe, folder, made_pool, host, vm.private["home"])
        made.facts["config"].guestId, made.facts["config"].guestFullName = config.guestId, config.guestFullName
        call.site.touch(made)
        return made.ref

    return start(call, vm, Work(3.0, end, cancelable=True, first=lambda: _refuse_duplicate(call, folder, given.name)))


@serves("FindByUuid")
def _by_uuid(call: Call) -> Any:
    given = call.given
    name = "instanceUuid" if given.instanceUuid else "uuid"
    for vm in call.site.of(vim.VirtualMachine):
        if given.vmSearch and getattr(vm.facts["config"], name) == given.uuid:
            return vm.ref
    for host in call.site.of(vim.HostSystem):
        if not given.vmSearch and host.facts["summary"].hardware.uuid == given.uuid:
            return host.ref
    return None


@serves("FindByInventoryPath")
def _by_path(call: Call) -> Any:
    """*API*: such as `My Folder/My Datacenter/vm/Discovered VM/VM1`."""
    at = call.vc.root
    for name in call.given.inventoryPath.strip("/").split("/"):
        names = (
            "childEntity",
            "vmFolder",
            "hostFolder",
            "datastoreFolder",
            "networkFolder",
            "host",
            "vm",
            "resourcePool",
        )
        listed = [at.facts[one] for one in names if at.facts.get(one)]
        refs = [ref for one in listed for ref in (one if isinstance(one, list) else [one])]
        found = next((call.thing(ref) for ref in refs if call.thing(ref).name == name), None)
        if found is None:
            return None
        at = found
    return at.ref

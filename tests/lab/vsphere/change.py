"""What another administrator does to a vCenter meanwhile, each change finished when its function returns."""

from __future__ import annotations

from contextlib import suppress

from pyVmomi import vim, vmodl

from tests.lab.missing import LabError
from tests.lab.vsphere.client import finish


def machine(service: vim.ServiceInstance, name: str) -> vim.VirtualMachine:
    """The machine of this name."""
    return found(service, vim.VirtualMachine, name)


def found(service: vim.ServiceInstance, kind: type, name: str) -> vim.ManagedEntity:
    """The object of this kind and name, as the product writes the name."""
    content = service.content
    view = content.viewManager.CreateContainerView(content.rootFolder, [kind], True)
    try:
        for each in view.view:
            with suppress(vmodl.fault.ManagedObjectNotFound):  # it was deleted meanwhile
                if each.name == name:
                    return each
    finally:
        view.DestroyView()
    raise LabError(f"the vCenter simulator has no {kind.__name__} {name}")


def power(service: vim.ServiceInstance, name: str, state: str) -> None:
    """Bring a machine to `on`, `off` or `suspended`."""
    vm = machine(service, name)
    finish({"on": vm.PowerOnVM_Task, "off": vm.PowerOffVM_Task, "suspended": vm.SuspendVM_Task}[state]())


def rename(service: vim.ServiceInstance, kind: type, name: str, to: str) -> None:
    finish(found(service, kind, name).Rename_Task(newName=to))


def delete(service: vim.ServiceInstance, name: str) -> None:
    """Delete a machine that is off."""
    finish(machine(service, name).Destroy_Task())


def make_template(service: vim.ServiceInstance, name: str) -> None:
    """Turn a machine that is off into a template."""
    machine(service, name).MarkAsTemplate()


def make_folder(service: vim.ServiceInstance, datacenter: str, *names: str) -> vim.Folder:
    """A folder of machines, in folders of those names, which are made where they lack."""
    folder = found(service, vim.Datacenter, datacenter).vmFolder
    for name in names:
        there = [each for each in folder.childEntity if isinstance(each, vim.Folder) and each.name == name]
        folder = there[0] if there else folder.CreateFolder(name)
    return folder


def move(service: vim.ServiceInstance, name: str, folder: vim.Folder) -> None:
    """Put a machine into another folder."""
    finish(folder.MoveIntoFolder_Task(list=[machine(service, name)]))


def snapshot(service: vim.ServiceInstance, name: str, title: str, *, memory: bool = False) -> None:
    finish(machine(service, name).CreateSnapshot_Task(name=title, description="", memory=memory, quiesce=False))


def clone(service: vim.ServiceInstance, name: str, to: str) -> None:
    """A machine more, off, beside this one."""
    vm = machine(service, name)
    spec = vim.vm.CloneSpec(location=vim.vm.RelocateSpec(), powerOn=False, template=False)
    finish(vm.CloneVM_Task(folder=vm.parent, name=to, spec=spec))


def end_session(service: vim.ServiceInstance, key: str) -> None:
    """Throw another session out."""
    service.content.sessionManager.TerminateSession(sessionId=[key])


def add_device(service: vim.ServiceInstance, name: str, device: vim.vm.device.VirtualDevice) -> None:
    """Give a machine a device more."""
    added = vim.vm.device.VirtualDeviceSpec(operation="add", device=device)
    finish(machine(service, name).ReconfigVM_Task(spec=vim.vm.ConfigSpec(deviceChange=[added])))


def set_option(service: vim.ServiceInstance, name: str, key: str, value: str) -> None:
    """Set one of a machine's options without a place of their own."""
    option = vim.option.OptionValue(key=key, value=value)
    finish(machine(service, name).ReconfigVM_Task(spec=vim.vm.ConfigSpec(extraConfig=[option])))

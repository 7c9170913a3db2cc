"""Power of machines, hard and through the guest, with the faults of a wrong state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.machines import OFF, ON, SUSPENDED
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.tasks import Work, start

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

GUEST_SHUTDOWN_S = 5.0
"""ASSUMED: how long a guest needs to shut down."""


def set_state(vc: Vcenter, vm: Thing, state: str) -> None:
    """A machine gets into a power state, with the event that tells so."""
    runtime = vm.facts["runtime"]
    before, runtime.powerState = runtime.powerState, state
    now = vc.site.now()
    if state == ON:
        runtime.bootTime = now if before == OFF else runtime.bootTime or now
        runtime.suspendTime = None
    else:
        runtime.bootTime = runtime.bootTime if state == SUSPENDED else None
        runtime.suspendTime = now if state == SUSPENDED else None
    for device in vm.facts["config"].hardware.device:
        if device.connectable is not None:
            device.connectable.connected = state == ON and device.connectable.startConnected
    vc.site.touch(vm)
    kind = {ON: vim.event.VmPoweredOnEvent, OFF: vim.event.VmPoweredOffEvent, SUSPENDED: vim.event.VmSuspendedEvent}[
        state
    ]
    vc.events.tell(kind, f"{vm.name} is {state}", thing=vm, template=False)


def require_state(vm: Thing, requested: str, *allowed: str) -> None:
    """*API, InvalidPowerState*: names the state that is, and the one that is needed."""
    state = vm.facts["runtime"].powerState
    if state not in allowed:
        words = "The attempted operation cannot be performed in the current state."
        raise vim.fault.InvalidPowerState(requestedState=requested, existingState=state, msg=f"{words} ({state})")


def require_connected(vm: Thing) -> None:
    """*API, InvalidState*: a machine that is orphaned, inaccessible or on a lost host does nothing."""
    if vm.facts["runtime"].connectionState != "connected":
        raise vim.fault.InvalidState(msg="The operation is not allowed in the current connection state.")


@serves("PowerOnVM_Task")
def _on(call: Call) -> Any:
    """From off or suspended. A template is refused with NotSupported; a machine in maintenance mode's host with
    InvalidState."""
    vm = call.this
    if vm.facts["config"].template:
        raise vmodl.fault.NotSupported(msg="A template cannot be powered on.")
    require_connected(vm)
    host = call.thing(call.given.host or vm.facts["runtime"].host)

    def first() -> None:
        require_state(vm, ON, OFF, SUSPENDED)
        if host.facts["runtime"].inMaintenanceMode:
            raise vim.fault.InvalidState(msg="The host is in maintenance mode.")
        admit_devices(call.vc, vm, host)

    return start(call, vm, Work(2.0, lambda: set_state(call.vc, vm, ON), first=first))


def admit_devices(vc: Vcenter, vm: Thing, host: Thing) -> None:
    """*vSphere administration*: a machine with a passed through device needs all its memory reserved; a whole device is
    one running machine's. The faults are ASSUMED (GenericVmConfigFault with words)."""
    config = vm.facts["config"]
    passed = [one.backing for one in config.hardware.device if isinstance(one, vim.vm.device.VirtualPCIPassthrough)]
    if passed and config.memoryAllocation.reservation < config.hardware.memoryMB:
        words = "Invalid memory setting: memory reservation (sched.mem.min) should be equal to memsize."
        raise vim.fault.GenericVmConfigFault(reason=words, msg=words)
    for backing in passed:
        id = getattr(backing, "id", None)
        for ref in host.facts["vm"]:
            other = vc.site.find(ref)
            if id and other is not vm and other.facts["runtime"].powerState == ON and id in passthrough_ids(other):
                words = f"Device {id} is in use by {other.name}."
                raise vim.fault.GenericVmConfigFault(reason=words, msg=words)


def passthrough_ids(vm: Thing) -> set[str]:
    """Addresses of whole devices that a machine has."""
    passed = [
        one.backing
        for one in vm.facts["config"].hardware.device
        if isinstance(one, vim.vm.device.VirtualPCIPassthrough)
    ]
    return {one.id for one in passed if isinstance(one, vim.vm.device.VirtualPCIPassthrough.DeviceBackingInfo)}


@serves("PowerOffVM_Task")
def _off(call: Call) -> Any:
    """*API*: "If this virtual machine is … suspended", it goes off too."""
    vm = call.this
    require_connected(vm)
    first = lambda: require_state(vm, OFF, ON, SUSPENDED)  # noqa: E731
    return start(call, vm, Work(1.0, lambda: set_state(call.vc, vm, OFF), first=first))


@serves("SuspendVM_Task")
def _suspend(call: Call) -> Any:
    vm = call.this
    require_connected(vm)

    def first() -> None:
        require_state(vm, SUSPENDED, ON)
        if passthrough_ids(vm):
            raise vmodl.fault.NotSupported(msg="A machine with passthrough devices cannot be suspended.")

    return start(call, vm, Work(2.0, lambda: set_state(call.vc, vm, SUSPENDED), first=first))


@serves("ResetVM_Task")
def _reset(call: Call) -> Any:
    vm = call.this
    require_connected(vm)

    def end() -> None:
        vm.facts["runtime"].bootTime = call.site.now()
        call.site.touch(vm)
        call.vc.events.tell(vim.event.VmResettingEvent, f"{vm.name} is reset", thing=vm, template=False)

    return start(call, vm, Work(1.0, end, first=lambda: require_state(vm, ON, ON)))


def _through_guest(call: Call) -> Thing:
    """*API*: ToolsUnavailable "if VMware Tools is not running"; the call returns at once and is no task."""
    vm = call.this
    require_connected(vm)
    require_state(vm, ON, ON)
    if vm.facts["guest"].toolsRunningStatus != "guestToolsRunning":
        words = "Cannot complete operation because VMware Tools is not running in this virtual machine."
        raise vim.fault.ToolsUnavailable(msg=words)
    return vm


@serves("ShutdownGuest")
def _shut_down(call: Call) -> None:
    vm = _through_guest(call)
    vm.facts["guest"].guestState = "shuttingDown"
    call.vc.agenda.after(GUEST_SHUTDOWN_S, lambda: _if_on(call.vc, vm, OFF))


@serves("StandbyGuest")
def _stand_by(call: Call) -> None:
    """ASSUMED: the default standby action `checkpoint` suspends the machine."""
    vm = _through_guest(call)
    call.vc.agenda.after(GUEST_SHUTDOWN_S, lambda: _if_on(call.vc, vm, SUSPENDED))


def _if_on(vc: Vcenter, vm: Thing, state: str) -> None:
    if vm.facts["runtime"].powerState == ON:
        set_state(vc, vm, state)


@serves("RebootGuest")
def _reboot(call: Call) -> None:
    """Tools are away for a moment."""
    vm = _through_guest(call)
    vm.private["tools"] = False

    def back() -> None:
        vm.private["tools"] = True
        vm.facts["runtime"].bootTime = call.site.now()
        call.vc.events.tell(vim.event.VmGuestRebootEvent, f"{vm.name} rebooted", thing=vm, template=False)
        call.site.touch(vm)

    call.site.touch(vm)
    call.vc.agenda.after(GUEST_SHUTDOWN_S, back)

"""ReconfigVM_Task: what of a machine can be changed, and what of it only while it is off."""

from __future__ import annotations

from typing import Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap import device_changes, machines
from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.machines import ON
from tests.lab.vsphere.soap.power import require_connected, require_state
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.tasks import Work, start

PLAIN = (
    "annotation",
    "guestId",
    "bootOptions",
    "latencySensitivity",
    "cpuAffinity",
    "memoryAffinity",
    "changeTrackingEnabled",
    "flags",
    "managedBy",
    "swapPlacement",
    "maxMksConnections",
    "migrateEncryption",
    "uuid",
    "instanceUuid",
    "tools",
    "rebootPowerOff",
)
"""What is set just so."""

WHILE_OFF = (
    "memoryHotAddEnabled",
    "cpuHotAddEnabled",
    "cpuHotRemoveEnabled",
    "firmware",
    "nestedHVEnabled",
    "vPMCEnabled",
    "sevEnabled",
    "fixedPassthruHotPlugEnabled",
)
"""What is refused with InvalidPowerState while it runs."""

RIGHTS: dict[str, tuple[str, ...]] = {
    "VirtualMachine.Config.CPUCount": ("numCPUs", "numCoresPerSocket"),
    "VirtualMachine.Config.Memory": ("memoryMB",),
    "VirtualMachine.Config.Rename": ("name",),
    "VirtualMachine.Config.Annotation": ("annotation",),
    "VirtualMachine.Config.Resource": (
        "cpuAllocation",
        "memoryAllocation",
        "memoryReservationLockedToMax",
        "cpuAffinity",
    ),
    "VirtualMachine.Config.AdvancedConfig": ("extraConfig",),
    "VirtualMachine.Config.Settings": (*WHILE_OFF, "bootOptions", "flags", "tools", "guestId", "latencySensitivity"),
    "VirtualMachine.Config.ChangeTracking": ("changeTrackingEnabled",),
}
"""*API, ReconfigVM_Task*: which privilege each part of the spec needs."""

SMALLEST_MIB, STEP_MIB = 4, 4
"""*API, VirtualMachineConfigSpec.memoryMB*: "must be a multiple of 4 MB"."""


@serves("ReconfigVM_Task")
def _reconfigure(call: Call) -> Any:
    vm, spec = call.this, call.given.spec
    require_connected(vm)
    for privilege, names in RIGHTS.items():
        if any(_given(spec, name) for name in names):
            call.require(privilege)
    for change in spec.deviceChange:
        call.require(device_changes.privilege_of(change))

    def end() -> None:
        changed = apply(call, vm, spec)
        machines.changed(call.vc, vm)
        call.vc.events.tell(
            vim.event.VmReconfiguredEvent,
            f"Reconfigured {vm.name}",
            thing=vm,
            user=call.user,
            template=False,
            configSpec=changed,
        )

    return start(call, vm, Work(0.6, end, first=lambda: check(call, vm, spec)))


def _given(spec: Any, name: str) -> bool:
    value = getattr(spec, name)
    return value is not None and value != []


def check(call: Call, vm: Thing, spec: Any) -> None:
    """Raise the fault of the first thing that cannot be; nothing is changed by it.

    *API, changeVersion*: "if the version does not match, ConcurrentAccess".
    """
    config, running = vm.facts["config"], vm.facts["runtime"].powerState == ON
    if spec.changeVersion and spec.changeVersion != config.changeVersion:
        raise vim.fault.ConcurrentAccess(msg="Configuration was changed by somebody else meanwhile.")
    if running or vm.facts["runtime"].powerState == machines.SUSPENDED:
        secure = spec.bootOptions and spec.bootOptions.efiSecureBootEnabled not in (
            None,
            config.bootOptions.efiSecureBootEnabled,
        )
        if secure or any(getattr(spec, name) not in (None, getattr(config, name)) for name in WHILE_OFF):
            require_state(vm, machines.OFF, machines.OFF)
    _check_cpus(call, vm, spec, running)
    _check_memory(vm, spec, running)
    _check_name(call, vm, spec)
    for name, most in (("cpuAllocation", None), ("memoryAllocation", spec.memoryMB or config.hardware.memoryMB)):
        wanted = getattr(spec, name)
        if wanted and most and (wanted.reservation or 0) > most:
            raise vmodl.fault.InvalidArgument(
                invalidProperty=f"configSpec.{name}.reservation", msg="More is reserved than it has."
            )
    device_changes.check(call, vm, spec)


def _check_cpus(call: Call, vm: Thing, spec: Any, running: bool) -> None:
    """*API*: CpuHotPlugNotSupported "if the number of CPUs is changed while running" and the machine does not allow
    it."""
    config = vm.facts["config"]
    count, cores = (
        spec.numCPUs or config.hardware.numCPU,
        spec.numCoresPerSocket or config.hardware.numCoresPerSocket or 1,
    )
    if count < 1 or count % cores:
        raise vmodl.fault.InvalidArgument(
            invalidProperty="configSpec.numCPUs", msg="Not a multiple of the cores per socket."
        )
    host = call.thing(vm.facts["runtime"].host)
    most = host.facts["summary"].hardware.numCpuThreads
    if count > most:
        raise vim.fault.NumVirtualCpusNotSupported(
            maxSupportedVcpusDest=most, numCpuVm=count, msg="The host has not so many processors."
        )
    more, less = count > config.hardware.numCPU, count < config.hardware.numCPU
    resized = cores != (config.hardware.numCoresPerSocket or 1)
    if running and ((more and not config.cpuHotAddEnabled) or (less and not config.cpuHotRemoveEnabled) or resized):
        raise vim.fault.CpuHotPlugNotSupported(msg="CPU hot plug is not supported for this virtual machine.")


def _check_memory(vm: Thing, spec: Any, running: bool) -> None:
    """*API*: MemoryHotPlugNotSupported; `hotPlugMemoryLimit` is the most that can be added to."""
    config = vm.facts["config"]
    size = spec.memoryMB
    if size is None:
        return
    if size < SMALLEST_MIB or size % STEP_MIB:
        raise vim.fault.MemorySizeNotSupported(
            memorySizeMB=size,
            minMemorySizeMB=SMALLEST_MIB,
            maxMemorySizeMB=25165824,
            msg="Memory is a multiple of 4 MB.",
        )
    if not running or size == config.hardware.memoryMB:
        return
    limit = config.hotPlugMemoryLimit or 0
    if size < config.hardware.memoryMB or not config.memoryHotAddEnabled or (limit and size > limit):
        raise vim.fault.MemoryHotPlugNotSupported(msg="Memory hot plug is not supported for this virtual machine.")


def _check_name(call: Call, vm: Thing, spec: Any) -> None:
    """*API, DuplicateName*: names are unique in a folder."""
    if spec.name and spec.name != vm.name:
        for ref in call.thing(vm.facts["parent"]).facts["childEntity"] if vm.facts["parent"] else ():
            if call.thing(ref).name == spec.name:
                raise vim.fault.DuplicateName(name=spec.name, object=ref, msg=f"The name '{spec.name}' already exists.")


def apply(call: Call, vm: Thing, spec: Any) -> Any:
    """Carry out a spec that was checked."""
    check(call, vm, spec)
    config = vm.facts["config"]
    if spec.name:
        vm.facts["name"] = spec.name
    for name in (*PLAIN, *WHILE_OFF):
        value = getattr(spec, name)
        if name == "bootOptions" and value:
            _merge(config.bootOptions, value)
        elif value is not None:
            setattr(config, name, value)
    hardware = config.hardware
    hardware.numCPU = spec.numCPUs or hardware.numCPU
    hardware.numCoresPerSocket = spec.numCoresPerSocket or hardware.numCoresPerSocket
    hardware.memoryMB = int(spec.memoryMB or hardware.memoryMB)
    for name in ("cpuAllocation", "memoryAllocation"):
        if getattr(spec, name):
            _merge(getattr(config, name), getattr(spec, name))
    if spec.memoryReservationLockedToMax is not None:
        config.memoryReservationLockedToMax = spec.memoryReservationLockedToMax
    if config.memoryReservationLockedToMax:
        config.memoryAllocation.reservation = hardware.memoryMB
    _set_options(config, spec.extraConfig)
    if config.memoryHotAddEnabled and not config.hotPlugMemoryLimit:
        config.hotPlugMemoryLimit, config.hotPlugMemoryIncrementSize = hardware.memoryMB * 16, 128
    if not config.memoryHotAddEnabled:
        config.hotPlugMemoryLimit = config.hotPlugMemoryIncrementSize = None
    device_changes.apply(call, vm, spec)
    return spec


def _merge(target: Any, wanted: Any) -> None:
    """What is unset in a spec stays as it is; shares of a level that is not `custom` are the product's."""
    for info in wanted._GetPropertyList():
        value = getattr(wanted, info.name)
        if value is not None and value != []:
            setattr(target, info.name, value)


def _set_options(config: Any, wanted: list[Any]) -> None:
    """*API, extraConfig*: an empty value removes the key."""
    options = {one.key: one for one in config.extraConfig} | {one.key: one for one in wanted}
    config.extraConfig = [one for one in options.values() if one.value not in (None, "")]

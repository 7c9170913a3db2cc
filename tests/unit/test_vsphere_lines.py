"""Calls of vSphere as lines for govc and PowerCLI: what they say, how they are quoted, and what cannot be said."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from novatui.actions import govc, powercli, vspherecalls
from novatui.core.ids import ObjectRef
from novatui.core.operations import Argument, NativeCall, Result
from novatui.core.states import Kind

VM = ObjectRef("vc", Kind.VM, "vm-42")


def call(verb: str, this: str = "vm-42", **args: Argument | dict[str, Any]) -> NativeCall:
    given = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in args.items()}
    return NativeCall(id="1", connection="vc", verb=verb, args={"this": this, **given})


def spec(kind: str = "VirtualMachineConfigSpec", **fields: Any) -> dict[str, Any]:
    return {"_typeName": kind, **fields}


def ref(kind: str, id_: str) -> dict[str, str]:
    return {"_typeName": "ManagedObjectReference", "type": kind, "value": id_}


def change(operation: str, device: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return spec(
        deviceChange=[{"_typeName": "VirtualDeviceConfigSpec", "operation": operation, "device": device, **fields}]
    )


def option(key: str, value: str) -> dict[str, Any]:
    return {"_typeName": "OptionValue", "key": key, "value": {"_typeName": "string", "_value": value}}


HOST = ref("HostSystem", "host-1")
DISK = {"_typeName": "VirtualDisk", "key": 2001, "controllerKey": 1000, "unitNumber": 1}
CARD = {
    "_typeName": "VirtualVmxnet3", "key": -1, "macAddress": "00:50:56:00:00:01",
    "backing": {"_typeName": "X", "port": {"switchUuid": "u", "portgroupKey": "dvportgroup-9"}},
}  # fmt: skip
ISO = {"_typeName": "VirtualCdromIsoBackingInfo", "fileName": "[nfs 1] iso/x.iso"}
DRIVE = {
    "_typeName": "VirtualCdrom",
    "key": 3000,
    "backing": ISO,
}

GOVC: list[tuple[NativeCall, str]] = [
    (call("PowerOnVM_Task"), "govc vm.power -on VirtualMachine:vm-42"),
    (call("PowerOffVM_Task"), "govc vm.power -off VirtualMachine:vm-42"),
    (call("ShutdownGuest"), "govc vm.power -s VirtualMachine:vm-42"),
    (call("SuspendVM_Task"), "govc vm.power -suspend VirtualMachine:vm-42"),
    (
        call("CreateSnapshot_Task", name="before 2.0", description="it's mine", memory=False, quiesce=True),
        """govc snapshot.create -vm VirtualMachine:vm-42 -m=false -q=true -d 'it'"'"'s mine' 'before 2.0'""",
    ),
    (
        call("RemoveSnapshot_Task", "snapshot-7", removeChildren=True, consolidate=True),
        "govc snapshot.remove -vm VirtualMachine:vm-42 -r -c=true snapshot-7",
    ),
    (
        call("RevertToSnapshot_Task", "snapshot-7", suppressPowerOn=False),
        "govc snapshot.revert -vm VirtualMachine:vm-42 -s=false snapshot-7",
    ),
    (
        call("ReconfigVM_Task", spec=spec(changeVersion="v1", numCPUs=4, memoryMB=8192, cpuHotAddEnabled=True)),
        "govc vm.change -vm VirtualMachine:vm-42 -c=4 -m=8192 -cpu-hot-add-enabled=true",
    ),
    (
        call("ReconfigVM_Task", spec=spec(extraConfig=[option("a", "b c")])),
        "govc vm.change -vm VirtualMachine:vm-42 -e 'a=b c'",
    ),
    (
        call("ReconfigVM_Task", spec=change("remove", DISK)),
        "govc device.remove -vm VirtualMachine:vm-42 -keep disk-1000-1",
    ),
    (
        call("ReconfigVM_Task", spec=change("remove", DISK, fileOperation="destroy")),
        "govc device.remove -vm VirtualMachine:vm-42 disk-1000-1",
    ),
    (
        call("ReconfigVM_Task", spec=change("edit", DISK | {"capacityInKB": 1048576})),
        "govc vm.disk.change -vm VirtualMachine:vm-42 -disk.key 2001 -size 1048576KB",
    ),
    (
        call("ReconfigVM_Task", spec=change("add", CARD)),
        "govc vm.network.add -vm VirtualMachine:vm-42 -net DistributedVirtualPortgroup:dvportgroup-9 "
        "-net.adapter vmxnet3 -net.address 00:50:56:00:00:01",
    ),
    (
        call("ReconfigVM_Task", spec=change("edit", DRIVE)),
        "govc device.cdrom.insert -vm VirtualMachine:vm-42 -ds 'nfs 1' -device cdrom-3000 iso/x.iso",
    ),
    (
        call(
            "RelocateVM_Task",
            spec=spec("VirtualMachineRelocateSpec", host=HOST, datastore=ref("Datastore", "ds-2")),
            priority="highPriority",
        ),
        "govc vm.migrate -priority highPriority -host HostSystem:host-1 -ds Datastore:ds-2 VirtualMachine:vm-42",
    ),
    (
        call("MigrateVM_Task", host="host-1", pool="VirtualApp:resgroup-v9", priority="defaultPriority"),
        "govc vm.migrate -priority defaultPriority -host HostSystem:host-1 -pool VirtualApp:resgroup-v9 "
        "VirtualMachine:vm-42",
    ),
    (
        call("EnterMaintenanceMode_Task", "host-1", timeout=0, evacuatePoweredOffVms=True),
        "govc host.maintenance.enter -timeout 0 -evacuate HostSystem:host-1",
    ),
    (call("ExitMaintenanceMode_Task", "host-1", timeout=0), "govc host.maintenance.exit -timeout 0 HostSystem:host-1"),
    (call("CancelTask", "task-9"), "govc task.cancel task-9"),
    (call("Rename_Task", newName="$(reboot)"), "govc object.rename VirtualMachine:vm-42 '$(reboot)'"),
]


@pytest.mark.parametrize(("native", "line"), GOVC)
def test_what_govc_is_told(native: NativeCall, line: str) -> None:
    assert govc.lines(native, VM) == [line]
    assert shlex.split(line)[0] == "govc"


UNSAID: list[tuple[NativeCall, str]] = [
    (call("AcknowledgeAlarm", "AlarmManager", alarm="alarm-1", entity="HostSystem:host-1"), "AcknowledgeAlarm"),
    (call("ReconfigVM_Task", spec=spec(numCoresPerSocket=2)), "numCoresPerSocket"),
    (call("ReconfigVM_Task", spec=change("add", {"_typeName": "VirtualTPM"})), "add VirtualTPM"),
    (call("RelocateVM_Task", spec=spec("VirtualMachineRelocateSpec", disk=[])), "disk"),
    (
        call("EnterMaintenanceMode_Task", "host-1", timeout=0, maintenanceSpec=spec("HostMaintenanceSpec")),
        "maintenanceSpec",
    ),
    (call("Rename_Task", newName="a\nb"), "line breaks"),
    (call("virDomainCreate"), "virDomainCreate"),
]


@pytest.mark.parametrize(("native", "word"), UNSAID)
def test_what_govc_cannot_do_is_a_comment_that_says_so(native: NativeCall, word: str) -> None:
    (line,) = govc.lines(native, VM)
    assert line.startswith("# govc has no command")
    assert word in line
    assert "\n" not in line


POWERCLI: list[tuple[NativeCall, str]] = [
    (call("PowerOnVM_Task"), "Start-VM -VM (Get-VM -Id 'VirtualMachine-vm-42')"),
    (call("RebootGuest"), "Restart-VMGuest -VM (Get-VM -Id 'VirtualMachine-vm-42')"),
    (
        call("CreateSnapshot_Task", name="it's", description="", memory=True, quiesce=False),
        "New-Snapshot -VM (Get-VM -Id 'VirtualMachine-vm-42') -Name 'it''s' -Memory:$true -Quiesce:$false",
    ),
    (
        call("RemoveSnapshot_Task", "snapshot-7", removeChildren=False, consolidate=True),
        "(Get-View -Id 'VirtualMachineSnapshot-snapshot-7').RemoveSnapshot_Task($false, $true)",
    ),
    (
        call("RevertToSnapshot_Task", "snapshot-7", suppressPowerOn=False),
        "(Get-View -Id 'VirtualMachineSnapshot-snapshot-7').RevertToSnapshot_Task($null, $false)",
    ),
    (
        call("ReconfigVM_Task", spec=spec(changeVersion="v1", numCPUs=4)),
        "(Get-View -Id 'VirtualMachine-vm-42').ReconfigVM_Task("
        "[VMware.Vim.VirtualMachineConfigSpec]@{ChangeVersion = 'v1'; NumCPUs = 4})",
    ),
    (
        call("RelocateVM_Task", spec=spec("VirtualMachineRelocateSpec", host=ref("HostSystem", "host-1"))),
        "(Get-View -Id 'VirtualMachine-vm-42').RelocateVM_Task([VMware.Vim.VirtualMachineRelocateSpec]"
        "@{Host = [VMware.Vim.ManagedObjectReference]@{Type = 'HostSystem'; Value = 'host-1'}}, $null)",
    ),
    (
        call("EnterMaintenanceMode_Task", "host-1", timeout=0, evacuatePoweredOffVms=True),
        "Set-VMHost -VMHost (Get-VMHost -Id 'HostSystem-host-1') -State Maintenance -Evacuate",
    ),
    (
        call("EnterMaintenanceMode_Task", "host-1", timeout=60),
        "(Get-View -Id 'HostSystem-host-1').EnterMaintenanceMode_Task(60, $null, $null)",
    ),
    (call("CancelTask", "task-9"), "Stop-Task -Task (Get-Task -Id 'Task-task-9')"),
    (
        call("ReconfigVM_Task", spec=spec(annotation="two\nlines \u2019")),
        "(Get-View -Id 'VirtualMachine-vm-42').ReconfigVM_Task("
        "[VMware.Vim.VirtualMachineConfigSpec]@{Annotation = ('two' + [char]10 + 'lines \u2019\u2019')})",
    ),
    (
        call(
            "ReconfigVM_Task",
            spec=spec(extraConfig=[option("a", "$b")]),
        ),
        "(Get-View -Id 'VirtualMachine-vm-42').ReconfigVM_Task([VMware.Vim.VirtualMachineConfigSpec]"
        "@{ExtraConfig = @([VMware.Vim.OptionValue]@{Key = 'a'; Value = '$b'})})",
    ),
    (
        call("PowerOnVM_Task", host="host-1"),
        "(Get-View -Id 'VirtualMachine-vm-42').PowerOnVM_Task("
        "[VMware.Vim.ManagedObjectReference]@{Type = 'HostSystem'; Value = 'host-1'})",
    ),
]


@pytest.mark.parametrize(("native", "line"), POWERCLI)
def test_what_powercli_is_told(native: NativeCall, line: str) -> None:
    assert powercli.lines(native) == [line]


@pytest.mark.parametrize(
    "native",
    [
        call("virDomainCreate"),
        NativeCall(id="2", connection="vc", verb="RevertToSnapshot_Task", args={"this": Result("1")}),
        call("PowerOnVM_Task", somethingElse=True),
    ],
)
def test_what_is_no_call_of_vsphere_or_rests_on_another_is_not_said(native: NativeCall) -> None:
    assert powercli.lines(native) == [f"# not to be said in PowerCLI: {native.verb}"]
    assert govc.lines(native, VM)[0].startswith("#")


def test_the_methods_are_those_that_the_driver_calls_with_their_parameters_in_order() -> None:
    pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")
    from novatui.backends.vsphere import nativecalls

    assert vspherecalls.OWNERS.keys() == nativecalls.OWNERS.keys()
    for verb, (owner, order) in vspherecalls.OWNERS.items():
        native = nativecalls.native(verb)
        assert native.owner == owner
        assert tuple(each.name for each in native.parameters) == order, verb

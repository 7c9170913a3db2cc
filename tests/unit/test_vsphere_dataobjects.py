"""Data objects of vSphere in VMware's JSON form: what goes out, what is refused, and what was read turned back."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import VmomiSupport, vim
from pyVmomi.SoapAdapter import Serialize

from novatui.backends.vsphere.dataobjects import boxed, data, form_of, made, read, reference, written
from novatui.backends.vsphere.nativecalls import OWNERS, native, prepared, said
from novatui.backends.vsphere.rights import privileges_of, reconfiguring
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import InvalidInput, NotSupported
from novatui.core.operations import NativeCall

NEW = VmomiSupport.versionMap["vim25/8.0.2.0"]
OLD = VmomiSupport.versionMap["vim25/6.5"]

SPEC = data(
    "VirtualMachineConfigSpec",
    changeVersion="2026-01-01T00:00:00Z",
    numCPUs=4,
    memoryMB=8192,
    extraConfig=[data("OptionValue", key="numa.vcpu.maxPerVirtualNode", value=boxed("2"))],
    deviceChange=[
        data(
            "VirtualDeviceConfigSpec",
            operation="add",
            fileOperation="create",
            device=data(
                "VirtualDisk",
                key=-1,
                controllerKey=1000,
                unitNumber=1,
                capacityInKB=1048576,
                backing=data(
                    "VirtualDiskFlatVer2BackingInfo",
                    fileName="",
                    diskMode="persistent",
                    thinProvisioned=True,
                    datastore=reference(Ref("Datastore", "datastore-7")),
                ),
            ),
        )
    ],
)


def test_a_form_becomes_the_object_that_it_describes() -> None:
    spec = made(read(written(SPEC)), vim.vm.ConfigSpec, NEW)
    assert isinstance(spec, vim.vm.ConfigSpec)
    assert (spec.numCPUs, spec.memoryMB, spec.changeVersion) == (4, 8192, "2026-01-01T00:00:00Z")
    assert spec.extraConfig[0].value == "2"
    disk = spec.deviceChange[0].device
    assert isinstance(disk, vim.vm.device.VirtualDisk)
    assert isinstance(disk.backing, vim.vm.device.VirtualDisk.FlatVer2BackingInfo)
    assert (disk.backing.datastore._moId, disk.backing.thinProvisioned) == ("datastore-7", True)
    text = Serialize(spec, version=NEW).decode()
    assert '<datastore type="Datastore">datastore-7</datastore>' in text
    assert '<value xsi:type="xsd:string">2</value>' in text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"numCpus": 4}, "numCpus"),
        ({"numCPUs": "4"}, "numCPUs"),
        ({"numCPUs": True}, "numCPUs"),
        ({"numCPUs": 2**31}, "numCPUs"),
        ({"memoryMB": 1.5}, "memoryMB"),
        ({"annotation": 1}, "annotation"),
        ({"deviceChange": {}}, "deviceChange"),
        ({"deviceChange": [{"operation": "plug"}]}, "deviceChange[0].operation"),
        ({"deviceChange": [data("VirtualDisk")]}, "deviceChange[0]"),
        ({"deviceChange": [data("NoSuchSpec")]}, "deviceChange[0]"),
        ({"extraConfig": [{"key": "a", "value": "plain"}]}, "extraConfig[0].value"),
        ({"changeTrackingEnabled": "yes"}, "changeTrackingEnabled"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        made(SPEC | change, vim.vm.ConfigSpec, NEW)
    assert caught.value.failure.subject == field


def test_a_field_that_the_server_does_not_know_is_refused() -> None:
    """pyVmomi leaves such a field out without a word."""
    newer = SPEC | {"vmOpNotificationToAppEnabled": True}
    assert made(newer, vim.vm.ConfigSpec, NEW).vmOpNotificationToAppEnabled is True
    with pytest.raises(NotSupported) as caught:
        made(newer, vim.vm.ConfigSpec, OLD)
    assert caught.value.failure.subject == "vmOpNotificationToAppEnabled"


def test_what_was_read_can_be_sent_back() -> None:
    told = {
        "_type": "VirtualE1000",
        "key": "4000",
        "unitNumber": "7",
        "macAddress": "00:50:56:00:00:01",
        "addressType": "assigned",
        "wakeOnLanEnabled": "true",
        "fromTheFuture": "x",
        "connectable": {"startConnected": "true", "allowGuestControl": "true", "connected": "false"},
        "backing": {
            "_type": "VirtualEthernetCardNetworkBackingInfo",
            "deviceName": "VM Network",
            "network": Ref("Network", "network-7"),
        },
    }
    form = form_of(told)
    assert form["key"] == 4000
    assert form["wakeOnLanEnabled"] is True
    assert "fromTheFuture" not in form
    assert form["connectable"]["_typeName"] == "VirtualDeviceConnectInfo"
    nic = made(form, vim.vm.device.VirtualDevice, NEW)
    assert isinstance(nic, vim.vm.device.VirtualE1000)
    assert nic.backing.network._moId == "network-7"
    assert nic.connectable.connected is False
    assert form_of(told["connectable"], "VirtualDeviceConnectInfo") == form["connectable"]


def test_every_method_of_the_table_is_one_of_the_api() -> None:
    for verb, owner in OWNERS.items():
        method = native(verb)
        known = VmomiSupport.GetWsdlMethod("urn:vim25", verb).info.type
        assert issubclass(VmomiSupport.GetWsdlType("urn:vim25", owner), known), verb
        assert method.task == verb.endswith("_Task"), verb


def test_references_name_their_type_where_the_call_leaves_it_open() -> None:
    assert said("PowerOffVM_Task", "this", Ref("VirtualMachine", "vm-1")) == "vm-1"
    assert said("Rename_Task", "this", Ref("HostSystem", "host-1")) == "HostSystem:host-1"
    assert said("MigrateVM_Task", "host", Ref("HostSystem", "host-1")) == "host-1"
    assert said("AcknowledgeAlarm", "entity", Ref("HostSystem", "host-1")) == "HostSystem:host-1"
    _, this, (host,) = prepared("PowerOnVM_Task", {"this": "vm-1", "host": "HostSystem:host-1"}, NEW)
    assert (type(this), this._moId) == (vim.VirtualMachine, "vm-1")
    assert (type(host), host._moId) == (vim.HostSystem, "host-1")
    _, this, _ = prepared("PowerOnVM_Task", {"this": "/tmp:odd/id"}, NEW)
    assert this._moId == "/tmp:odd/id"


@pytest.mark.parametrize(
    ("spec", "privileges"),
    [
        ({"numCPUs": 2, "changeVersion": "1"}, {"CPUCount"}),
        ({"memoryMB": 2, "annotation": "x"}, {"Memory", "Annotation"}),
        ({"bootOptions": {}}, {"Settings"}),
        (SPEC, {"CPUCount", "Memory", "AdvancedConfig", "AddNewDisk"}),
        ({"deviceChange": [{"operation": "remove", "device": data("VirtualDisk")}]}, {"RemoveDisk"}),
        ({"deviceChange": [{"operation": "add", "device": data("VirtualDisk")}]}, {"AddExistingDisk"}),
        ({"deviceChange": [{"operation": "add", "device": data("VirtualVmxnet3")}]}, {"AddRemoveDevice"}),
        (
            {"deviceChange": [{"operation": "add", "device": data("VirtualPCIPassthrough")}]},
            {"RawDevice", "AddRemoveDevice"},
        ),
    ],
)
def test_what_a_reconfiguration_needs(spec: dict[str, Any], privileges: set[str]) -> None:
    assert set(reconfiguring(spec)) == {f"VirtualMachine.Config.{each}" for each in privileges}


def test_what_a_call_needs() -> None:
    def call(verb: str, **arguments: Any) -> NativeCall:
        return NativeCall(id="1", connection="vc", verb=verb, args=arguments)

    assert privileges_of(call("PowerOffVM_Task", this="vm-1")) == ("VirtualMachine.Interact.PowerOff",)
    assert privileges_of(call("CancelTask", this="task-1")) == ()
    spec = written({"numCPUs": 2})
    assert privileges_of(call("ReconfigVM_Task", this="vm-1", spec=spec)) == ("VirtualMachine.Config.CPUCount",)

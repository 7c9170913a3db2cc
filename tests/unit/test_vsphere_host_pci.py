"""Devices of a host from what it tells: which can be given, what belongs to what, and whether it gives any."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.backends.vsphere.given import given_to
from novatui.backends.vsphere.host_pci import devices_of, giving_of, goes_along

INTEL, NVIDIA = -32634, 4318


def pci(address: str, kind: int, name: str, vendor: int = INTEL, device: int = 0x1572) -> dict[str, Any]:
    return {
        "id": address, "classId": str(kind), "vendorId": str(vendor), "deviceId": str(device),
        "vendorName": "Vendor", "deviceName": name,
    }  # fmt: skip


def standing(address: str, **more: Any) -> dict[str, Any]:
    told = {"passthruCapable": "true", "passthruActive": "false", "passthruEnabled": "false"} | more
    return {"id": address, "dependentDevice": address} | told


def sriov(address: str, functions: int, most: int = 8) -> dict[str, Any]:
    return standing(
        address,
        _type="HostSriovInfo",
        sriovCapable="true",
        numVirtualFunction=str(functions),
        maxVirtualFunctionSupported=str(most),
    )


def functions(*addresses: str) -> list[dict[str, Any]]:
    return [pci(each, 0x0200, "Ethernet Virtual Function 700 Series", device=0x154C) for each in addresses]


CARDS = [pci("0000:18:00.0", 0x0200, "Ethernet X710"), pci("0000:18:00.1", 0x0200, "Ethernet X710")]


def test_functions_belong_to_the_cards_in_order() -> None:
    own = functions("0000:18:02.0", "0000:18:02.1", "0000:18:06.0")
    values = {
        "hardware.pciDevice": [*CARDS, *own],
        "config.pciPassthruInfo": [
            sriov("0000:18:00.0", 2),
            sriov("0000:18:00.1", 1),
            *(standing(each["id"]) for each in own),
        ],
        "config.network.pnic": [{"device": "vmnic4", "pci": "0000:18:00.0", "driver": "i40en"}],
    }  # fmt: skip
    found = {one.id: one for one in devices_of(values)}
    assert [found[each["id"]].parent for each in own] == ["0000:18:00.0", "0000:18:00.0", "0000:18:00.1"]
    assert {found[each["id"]].device_class for each in own} == {"vf"}
    assert (found["0000:18:00.0"].name, found["0000:18:00.0"].driver) == ("vmnic4", "i40en")
    assert (found["0000:18:00.0"].functions, found["0000:18:00.0"].functions_max) == (2, 8)
    assert found["0000:18:00.0"].ids == "8086:1572"


def test_functions_have_no_card_where_the_numbers_do_not_agree() -> None:
    own = functions("0000:18:02.0")
    values = {
        "hardware.pciDevice": [*CARDS, *own],
        "config.pciPassthruInfo": [sriov("0000:18:00.0", 2), sriov("0000:18:00.1", 1)],
    }
    assert [one.parent for one in devices_of(values)] == ["", "", ""]


def test_bridges_and_what_the_host_cannot_give_are_left_out() -> None:
    values = {
        "hardware.pciDevice": [pci("0000:00:01.0", 0x0604, "Root Port"), pci("0000:00:02.0", 0x0C03, "USB"), *CARDS],
        "config.pciPassthruInfo": [standing("0000:00:02.0", passthruCapable="false"), sriov("0000:18:00.0", 0)],
    }
    assert [one.id for one in devices_of(values)] == ["0000:18:00.0", "0000:18:00.1"]


def test_a_shared_card_makes_vgpus_and_a_label_is_shown() -> None:
    gpus = [pci(f"0000:3b:00.{at}", 0x0302, "GA107GL [A16]", NVIDIA, 0x25B6) for at in range(2)]
    values = {
        "hardware.pciDevice": gpus,
        "config.pciPassthruInfo": [
            standing("0000:3b:00.0"),
            standing("0000:3b:00.1", passthruActive="true", hardwareLabel="render"),
        ],
        "config.graphicsInfo": [
            {"pciId": "0000:3b:00.0", "graphicsType": "sharedDirect"},
            {"pciId": "0000:3b:00.1", "graphicsType": "direct"},
        ],
        "config.sharedPassthruGpuTypes": ["grid_a16-4q", "grid_a16-8q"],
        "hardware.numaInfo": {"numaNode": [{"typeId": "1", "pciId": ["0000:3b:00.0"]}]},
    }
    shared, whole = devices_of(values)
    assert [one.id for one in shared.mdev_types] == ["grid_a16-4q", "grid_a16-8q"]
    assert [one.available for one in shared.mdev_types] == [None, None]
    assert (shared.numa_node, whole.numa_node) == (1, None)
    assert whole.mdev_types == ()
    assert (whole.name, whole.driver) == ("GA107GL [A16] (render)", "passthrough")


@pytest.mark.parametrize(
    ("capable", "iommu", "vfio"), [((), None, None), (("false", "false"), False, None), (("false", "true"), True, True)]
)
def test_a_host_without_an_iommu_calls_nothing_capable(
    capable: tuple[str, ...], iommu: bool | None, vfio: bool | None
) -> None:
    told = [standing(f"0000:00:0{at}.0", passthruCapable=word) for at, word in enumerate(capable)]
    giving = giving_of({"config.pciPassthruInfo": told}, 0)
    assert (giving.iommu, giving.vfio) == (iommu, vfio)
    assert bool(giving.hint) is (iommu is False)


def test_what_hangs_on_one_bridge_goes_together() -> None:
    told = [standing(f"0000:66:00.{at}", dependentDevice="0000:60:01.0") for at in range(3)]
    values = {"config.pciPassthruInfo": [*told, standing("0000:67:00.0")]}
    assert goes_along(values, "0000:66:00.0") == ["0000:66:00.1", "0000:66:00.2"]
    assert goes_along(values, "0000:67:00.0") == []


def test_what_a_machine_was_given() -> None:
    dynamic = {
        "_type": "VirtualPCIPassthroughDynamicBackingInfo", "customLabel": "render", "assignedId": "0000:3b:00.1",
        "allowedDevice": {"vendorId": "4318", "deviceId": "9654"},
    }  # fmt: skip
    hardware: list[dict[str, Any]] = [
        {"_type": "VirtualDisk", "key": "2000"},
        {"_type": "VirtualPCIPassthrough", "key": "13000", "backing": {"id": "0000:65:00.0"}},
        {"_type": "VirtualPCIPassthrough", "key": "13001", "backing": dynamic},
        {"_type": "VirtualPCIPassthrough", "key": "13002", "backing": {"vgpu": "grid_a16-4q"}},
        {
            "_type": "VirtualSriovEthernetCard", "key": "4000",
            "sriovBacking": {"physicalFunctionBacking": {"id": "0000:18:00.0"}},
        },
    ]  # fmt: skip
    pci_, chosen, vgpu, function = given_to(hardware)
    assert (pci_.kind, pci_.address, pci_.key) == ("pci", "0000:65:00.0", 13000)
    assert (chosen.kind, chosen.ids, chosen.wanted) == ("dynamic", ("10de:25b6",), "render")
    assert "render" in chosen.spellings()
    assert (vgpu.kind, vgpu.profile) == ("mdev", "grid_a16-4q")
    assert (function.kind, function.parent, function.address) == ("vf", "0000:18:00.0", "")

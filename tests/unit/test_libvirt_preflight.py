"""What a libvirt host's answers mean for a machine: processors, storage and plugs, answer by answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from novatui.core.capabilities import Evidence
from novatui.core.errors import BackendFault, NotFound, NotSupported, NovaError, Unreachable
from novatui.core.needs import Needs
from novatui.core.states import Family, Power
from novatui.core.vmspec import DiskSpec, HostDevice, NicSpec, VmSpec

pytest.importorskip("libvirt")

from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.preflight_cpu import cpu_told
from novatui.backends.libvirt.preflight_plugs import devices_told, networks_told
from novatui.backends.libvirt.preflight_storage import disks_told

UNSUPPORTED = NotSupported("not supported", code="3", native="this function is not supported")
LACKS = NotSupported("lacks", code="91", native="Host CPU does not provide required features: avx512f")


def function(name: str, answer: Any) -> Callable[..., Any]:
    """One of libvirt's, that answers this, or fails so."""

    def call(*_: object) -> Any:
        if isinstance(answer, NovaError):
            raise answer
        return answer

    call.__name__ = name
    return call


class Thing:
    """An object of libvirt whose methods answer what they are given."""

    def __init__(self, named: str = "", **answers: Any) -> None:
        self.name = lambda: named
        for name, answer in answers.items():
            setattr(self, name, function(name, answer))


class Line:
    """Stands where `Link` does: every call is made, and written down."""

    def __init__(self, **answers: Any) -> None:
        self.conn = Thing(**answers)
        self.made: list[str] = []

    def call(self, made: Callable[..., Any], *args: Any) -> Any:
        self.made.append(made.__name__)
        return made(*args)

    def attempt(self, made: Callable[..., Any], *args: Any) -> Any:
        try:
            return self.call(made, *args)
        except Unreachable:
            raise
        except NovaError:
            return None


def needs(cpu: str = "", power: Power = Power.RUNNING, **changed: Any) -> Needs:
    made = Needs(
        key="vm:1",
        conn="a",
        family=Family.LIBVIRT,
        host_uuid="a",
        host_name="a",
        power=power,
        vm=VmSpec(name="db", arch="x86_64", machine="q35", hypervisor="kvm"),
        evidence=Evidence(kind="asked", call="virDomainGetXMLDesc", at=10.2),
        native=f"<domain>{cpu}</domain>",
        native_host="<cpu><model>Skylake</model></cpu>",
    )
    return msgspec.structs.replace(made, **changed)


CUSTOM = "<cpu mode='custom' match='exact'><model>Skylake-Server</model></cpu>"
PASSED = "<cpu mode='host-passthrough'/>"


@pytest.mark.parametrize(
    ("cpu", "power", "answers", "value", "said", "made"),
    [
        (CUSTOM, Power.RUNNING, {"compareHypervisorCPU": 1}, True, "has its processor", ["compareHypervisorCPU"]),
        (CUSTOM, Power.RUNNING, {"compareHypervisorCPU": 2}, True, "and more", ["compareHypervisorCPU"]),
        (CUSTOM, Power.RUNNING, {"compareHypervisorCPU": 0}, False, "", ["compareHypervisorCPU"]),
        (CUSTOM, Power.OFF, {"compareHypervisorCPU": LACKS}, False, "avx512f", ["compareHypervisorCPU"]),
        (CUSTOM, Power.RUNNING, {"compareHypervisorCPU": -1}, None, "", ["compareHypervisorCPU"]),
        (
            CUSTOM,
            Power.RUNNING,
            {"compareHypervisorCPU": UNSUPPORTED, "compareCPU": 2},
            True,
            "and more",
            ["compareHypervisorCPU", "compareCPU"],
        ),
        (
            CUSTOM,
            Power.RUNNING,
            {"compareHypervisorCPU": UNSUPPORTED, "compareCPU": UNSUPPORTED},
            None,
            "[3]",
            ["compareHypervisorCPU", "compareCPU"],
        ),
        ("", Power.RUNNING, {}, True, "QEMU gives by itself", []),
        ("<cpu mode='host-model'/>", Power.OFF, {}, True, "takes the host's own", []),
        (PASSED, Power.OFF, {}, True, "takes the host's own", []),
        (PASSED, Power.RUNNING, {"compareCPU": 1}, True, "both hosts have the same", ["compareCPU"]),
        (PASSED, Power.RUNNING, {"compareCPU": 2}, None, "promises nothing", ["compareCPU"]),
        (PASSED, Power.RUNNING, {"compareCPU": LACKS}, False, "avx512f", ["compareCPU"]),
        (PASSED, Power.RUNNING, {"compareCPU": UNSUPPORTED}, None, "[3]", ["compareCPU"]),
    ],
)
def test_processors(
    cpu: str, power: Power, answers: dict[str, Any], value: bool | None, said: str, made: list[str]
) -> None:
    line, wanted = Line(**answers), needs(cpu, power)
    told = cpu_told(line, wanted, ElementTree.fromstring(wanted.native), None)  # type: ignore[arg-type]
    assert told.value is value
    assert said in told.said
    assert line.made == made
    assert told.evidence is not None
    assert told.evidence.kind == ("asked" if made else "declared")


def test_what_passes_through_a_processor_that_was_not_told_is_not_known() -> None:
    wanted = needs(PASSED, native_host="")
    told = cpu_told(Line(), wanted, ElementTree.fromstring(wanted.native), None)  # type: ignore[arg-type]
    assert told.value is None


# --- storage

DISK = DiskSpec(target="vda", source_type="file", source="/srv/db.qcow2", size=1000)
GONE = NotFound("no volume", code="50", native="no storage vol with matching path")


def volume(ctime: str = "10.5", capacity: int = 1000) -> str:
    return (
        f"<volume><capacity unit='bytes'>{capacity}</capacity>"
        f"<target><timestamps><ctime>{ctime}</ctime></timestamps></target></volume>"
    )


def pool(kind: str = "dir", source: str = "<source/>", path: str = "/srv") -> str:
    return f"<pool type='{kind}'>{source}<target><path>{path}</path></target></pool>"


def stored(there: str, pool_there: str, free: int = 5000) -> Thing:
    handle = Thing("pool", XMLDesc=pool_there, info=[2, 10_000, 0, free])
    return Thing("db.qcow2", XMLDesc=there, storagePoolLookupByVolume=handle)


def told_of(here: str, found: Any, disk: DiskSpec = DISK, power: Power = Power.RUNNING, **more: Any) -> Any:
    vm = VmSpec(name="db", disks=(disk, DiskSpec(target="sda", device="cdrom")))
    wanted = needs(power=power, vm=vm, native_disks={"vda": f"<told>{here}</told>"} if here else {})
    line = Line(storageVolLookupByPath=found, **more)
    (seen,) = disks_told(line, Host("b"), wanted).values()  # type: ignore[arg-type]
    return seen


def test_the_same_source_on_the_network_is_the_same_storage() -> None:
    export = "<source><host name='nas'/><dir path='/export'/></source>"
    here = volume("1.0") + pool("netfs", export)
    assert told_of(here, stored(volume("9.9", 77), pool("netfs", export))).reached.value is True
    other = "<source><host name='nas2'/><dir path='/export'/></source>"
    assert told_of(here, stored(volume("1.0"), pool("netfs", other))).reached.value is True, "the file agrees"
    assert told_of(here, stored(volume("0.5"), pool("netfs", other))).reached.value is None


def test_a_copy_that_was_changed_later_but_not_now_is_not_taken_for_the_disk() -> None:
    seen = told_of(volume("3.0") + pool(), stored(volume("7.0"), pool()))
    assert seen.reached.value is None
    assert "perhaps another one" in seen.reached.said


@pytest.mark.parametrize(
    ("ctime", "capacity", "power", "value"),
    [
        ("10.5", 1000, Power.OFF, True),
        ("10.500000000", 1000, Power.RUNNING, True),
        ("10.500000001", 1000, Power.RUNNING, True),
        ("10.500000001", 1000, Power.OFF, None),
        ("8.0", 1000, Power.RUNNING, None),
        ("10.4", 1000, Power.RUNNING, None),
        ("10.5", 999, Power.OFF, False),
        ("", 1000, Power.OFF, None),
    ],
)
def test_a_file_is_the_same_when_size_and_change_agree(
    ctime: str, capacity: int, power: Power, value: bool | None
) -> None:
    seen = told_of(volume() + pool(), stored(volume(ctime, capacity), pool()), power=power)
    assert seen.reached.value is value
    if value is False:
        assert seen.room.value is True


def test_another_file_is_copied_only_where_there_is_room() -> None:
    seen = told_of(volume() + pool(), stored(volume("1.0", 10), pool(), free=999))
    assert (seen.reached.value, seen.room.value) == (False, False)
    assert "999 free, the disk takes 1.0K" in seen.room.said


def test_what_no_pool_lists_is_not_known_and_it_says_what_to_do() -> None:
    seen = told_of("", GONE, listAllStoragePools=[Thing("images", XMLDesc=pool(path="/srv"))])
    assert seen.reached.value is None
    assert "virsh pool-refresh images" in seen.reached.said
    assert "no pool there lists it" in told_of("", GONE, listAllStoragePools=[]).reached.said
    assert told_of("", UNSUPPORTED).reached.value is None
    assert told_of("", stored(volume(), pool())).reached.value is None, "not listed where it is"


def test_a_volume_needs_its_pool() -> None:
    disk = DiskSpec(target="vda", source_type="volume", store="fast", source="db")
    none = NotFound("no pool", code="49", native="no storage pool with matching name")
    gone = told_of("", GONE, disk, storagePoolLookupByName=none)
    assert (gone.reached.value, gone.room.value) == (False, False)
    there = Thing("fast", storageVolLookupByName=GONE, info=[2, 10, 0, 10])
    missing = told_of(volume(capacity=5) + pool(), GONE, disk, storagePoolLookupByName=there)
    assert (missing.reached.value, missing.room.value) == (False, True)
    assert told_of("", GONE, disk, storagePoolLookupByName=BackendFault("x", code="38")).reached.value is None


# --- plugs


def test_networks() -> None:
    nics = tuple(
        NicSpec(type=kind, source=source)
        for kind, source in (("network", "prod"), ("bridge", "br-prod"), ("bridge", "br1"), ("user", ""), ("vdpa", "x"))
    )
    line = Line(
        networkLookupByName=Thing("prod", isActive=0),
        listAllDevices=[Thing("net_br_prod_52_54_00_00_00_01"), Thing("net_br10_52_54_00_00_00_02")],
    )
    told = networks_told(line, needs(vm=VmSpec(name="db", nics=nics)))  # type: ignore[arg-type]
    assert [each.value for each in told.values()] == [False, True, False, True, None]
    assert "not active" in told["network:prod"].said
    assert line.made.count("listAllDevices") == 1
    missing = Line(networkLookupByName=NotFound("x", code="43"), listAllDevices=UNSUPPORTED)
    told = networks_told(missing, needs(vm=VmSpec(name="db", nics=nics)))  # type: ignore[arg-type]
    assert [each.value for each in told.values()] == [False, None, None, True, None]


def test_devices_are_found_by_address_and_not_taken_for_the_same() -> None:
    devices = (HostDevice(type="pci", address="0000:5e:00.1"), HostDevice(type="mdev", address="4b20d080"))
    wanted = needs(vm=VmSpec(name="db", host_devices=devices))
    none = devices_told(Line(nodeDeviceLookupByName=NotFound("x", code="53")), wanted)  # type: ignore[arg-type]
    assert [each.value for each in none.values()] == [False, None]
    some = devices_told(Line(nodeDeviceLookupByName=Thing("pci_0000_5e_00_1")), wanted)  # type: ignore[arg-type]
    assert [each.value for each in some.values()] == [None, None]


def test_a_lost_link_is_no_answer() -> None:
    wanted = needs(CUSTOM)
    with pytest.raises(Unreachable):
        cpu_told(Line(compareHypervisorCPU=Unreachable("gone")), wanted, ElementTree.fromstring(wanted.native), None)  # type: ignore[arg-type]

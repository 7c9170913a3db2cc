"""The tree of the passthrough pane: groups, functions, types; what fits a machine; what a filter leaves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from novatui.core.devices import Device, Giving, MdevType
from novatui.ui.device_tree import Line, fitting, fitting_lines, functions, of_host, of_machine

HOLDER = "vm:db"


def nic(**more: object) -> Device:
    return Device(
        id="pf", name="ens1f0", device_class="nic", address="0000:5e:00.0", driver="mlx5_core", iommu_group=20,
        numa_node=0, functions=2, functions_max=8, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def vf(at: int, holder: str = "", group: int | None = None) -> Device:
    return Device(
        id=f"vf{at}", name=f"ens1f0v{at}", device_class="vf", address=f"0000:5e:00.{at}", parent="pf", holder=holder,
        iommu_group=20 + at if group is None else group, numa_node=0, driver="vfio-pci",
    )  # fmt: skip


TYPES = (MdevType(id="nvidia-471", name="A16-1B", available=14), MdevType(id="nvidia-472", available=0))
GPU = Device(
    id="gpu", name="A16", device_class="gpu", address="0000:65:00.0", driver="nvidia", iommu_group=60, numa_node=1,
    mdev_types=TYPES,
)  # fmt: skip
SOUND = Device(id="sound", name="A16 audio", device_class="pci", address="0000:65:00.1", driver="", iommu_group=60)
MADE = Device(id="made", name="mdev_1", device_class="mdev", parent="gpu", product="nvidia-471", iommu_group=70)
USB = Device(id="usb", name="stick", device_class="usb", address="001:004")
DISK = Device(id="block_sda", name="sda", device_class="disk", address="/dev/sda")
ALL = (vf(2), nic(), vf(1, HOLDER), GPU, SOUND, MADE, USB, DISK)


def shape(lines: list[Line]) -> list[tuple[int, str]]:
    """Depth and title of each row."""
    by_key = {line.key: line for line in lines}

    def depth(line: Line) -> int:
        return 0 if line.above is None else depth(by_key[line.above]) + 1

    return [(depth(line), line.title) for line in lines]


def titles(lines: list[Line]) -> list[str]:
    return [line.title for line in lines]


def names(devices: list[Device]) -> list[str]:
    return [device.id for device in devices]


def name_of(key: str) -> str:
    return key.removeprefix("vm:")


def test_parts_stand_below_what_they_are_part_of() -> None:
    assert shape(of_host(ALL)) == [
        (0, "ens1f0"),
        (1, "ens1f0v1"),
        (1, "ens1f0v2"),
        (0, "IOMMU group 60"),
        (1, "A16"),
        (2, "A16-1B"),
        (3, "mdev_1"),
        (2, "nvidia-472"),
        (1, "A16 audio"),
        (0, "USB"),
        (1, "stick"),
        (0, "disks of the host"),
        (1, "sda"),
    ]


def test_a_group_says_how_many_go_together_and_are_held() -> None:
    held = Device(id="x", name="x", device_class="pci", address="0000:65:00.2", iommu_group=60, holder=HOLDER)
    lines = of_host([GPU, SOUND, held])
    assert lines[0].note == "3 devices, to one machine as a whole; 1 held"


def test_functions_in_the_group_of_their_card_make_it_a_group() -> None:
    lines = of_host([nic(), vf(1, group=20)])
    assert shape(lines) == [(0, "IOMMU group 20"), (1, "ens1f0"), (2, "ens1f0v1")]


def test_a_function_whose_card_is_not_told_stands_alone() -> None:
    assert shape(of_host([vf(1)])) == [(0, "ens1f0v1")]


def test_what_is_free_of_a_card() -> None:
    assert functions(nic(), ALL) == (1, 2)
    offers = {line.title: line.offer for line in of_host(ALL)}
    assert offers["ens1f0"] == "1/2 VFs"
    assert offers["A16"] == "14 vGPUs"
    notes = {line.title: line.note for line in of_host(ALL)}
    assert notes["A16-1B"] == "nvidia-471: 14 more can be made"
    assert notes["nvidia-472"] == "nvidia-472: none left"


def test_unknown_counts_stay_unknown() -> None:
    card = Device(id="g", name="g", device_class="gpu", iommu_group=1, mdev_types=(MdevType(id="t"),))
    assert card.mdevs_free is None
    lines = {line.title: line for line in of_host([card])}
    assert lines["g"].offer == "? vGPUs"
    assert lines["t"].note == "t: ? more can be made"


def test_a_card_that_is_given_away_makes_nothing() -> None:
    card = Device(id="g", name="g", device_class="gpu", iommu_group=1, mdev_types=TYPES, holder=HOLDER)
    assert card.mdevs_free == 0
    assert "whole card is given away" in of_host([card])[1].note


def test_without_an_iommu_nothing_has_a_group() -> None:
    bare = Device(id="p", name="p", device_class="gpu", address="0000:01:00.0")
    told = of_host([bare, USB], Giving(iommu=False, hint="switch it on"))
    assert [(line.title, line.note) for line in told if line.device is None] == [
        ("no IOMMU group", "1 device; cannot be given"),
        ("USB", "1 device; needs no IOMMU"),
    ]
    assert "the group is not told" in of_host([bare])[0].note


def test_counts_of_functions_are_those_that_are_told() -> None:
    assert functions(nic(), [vf(1, HOLDER), vf(2), vf(3)]) == (2, 3)


# For one machine


def test_a_machine_sees_its_own_first_then_what_fits() -> None:
    lines = of_machine(HOLDER, "db", "kvm-03", ALL, None)
    heads = [(line.title, line.folded) for line in lines if line.above is None]
    assert heads == [("held by db", False), ("free on kvm-03, and would fit", False), ("everything on kvm-03", True)]
    below = {line.key[0]: [] for line in lines if line.above is None}
    for line in lines:
        if len(line.key) == 2 and line.real is not None:
            below[line.key[0]].append(line.real.id)
    assert below["held"] == ["vf1"]
    assert below["fit"] == ["vf2", "made", "usb"], "the sound goes only with the card, which is shared out"


def test_what_fits() -> None:
    found = names(fitting(ALL, HOLDER))
    assert "pf" not in found, "its functions would vanish"
    assert "gpu" not in found, "it is shared out"
    assert "vf1" not in found, "it is held"
    assert "block_sda" not in found, "it is given as a disk"
    free = Device(id="gpu", name="A16", device_class="gpu", iommu_group=60)
    assert names(fitting([free, SOUND], HOLDER)) == ["gpu", "sound"]
    used = Device(id="s", name="s", device_class="pci", driver="snd_hda_intel", iommu_group=60)
    assert names(fitting([free, used], HOLDER)) == ["s"], "QEMU refuses the group while the host has a part of it"
    others = Device(id="s", name="s", device_class="pci", holder="vm:other", iommu_group=60)
    assert names(fitting([free, others], HOLDER)) == []
    mine = Device(id="s", name="s", device_class="pci", holder=HOLDER, iommu_group=60)
    assert names(fitting([free, mine], HOLDER)) == ["gpu"]
    port = Device(id="n", name="n", device_class="nic", driver="e1000e", iommu_group=3)
    assert names(fitting([port], HOLDER)) == [], "the host may be reached by it"


def test_what_is_near_comes_first() -> None:
    far = Device(id="a", name="a", device_class="gpu", iommu_group=1, numa_node=0)
    near = Device(id="b", name="b", device_class="gpu", iommu_group=2, numa_node=1)
    assert names(fitting([far, near], HOLDER, {1})) == ["b", "a"]
    assert names(fitting([far, near], HOLDER)) == ["a", "b"]


def test_nothing_fits_where_nothing_can_be_given() -> None:
    lines = of_machine(HOLDER, "db", "kvm-03", ALL, Giving(vfio=False))
    assert [line.title for line in lines if line.above == ("fit",)] == ["stick"], "USB needs no IOMMU"
    bare = of_machine(HOLDER, "db", "kvm-03", [GPU], Giving(vfio=False))
    assert [line.note for line in bare if line.key == ("fit",)] == ["the host can give none"]


# Filter


def left(text: str) -> list[str]:
    return titles(fitting_lines(of_host(ALL), text, name_of))


def test_a_filter_keeps_the_way_to_what_fits() -> None:
    assert left("v2") == ["ens1f0", "ens1f0v2"]
    assert left("nvidia-472") == ["IOMMU group 60", "A16", "nvidia-472"]
    assert left("held:db") == ["ens1f0", "ens1f0v1"]
    assert left("class:usb") == ["USB", "stick"]
    assert left("group:22") == ["ens1f0", "ens1f0v2"]
    assert left("group:2") == []
    assert left("driver:vfio !held:db") == ["ens1f0", "ens1f0v2"]
    assert left("free class:vf") == ["ens1f0", "ens1f0v2"]
    assert left("numa:1")[:2] == ["IOMMU group 60", "A16"]


def test_a_group_that_fits_brings_its_devices() -> None:
    assert left("disks") == ["disks of the host", "sda"]
    folded = [line.folded for line in fitting_lines(of_host(ALL), "disks", name_of)]
    assert not any(folded), "who looks for something wants to see it"


@given(st.text(max_size=30))
def test_any_filter_leaves_whole_ways(text: str) -> None:
    lines = fitting_lines(of_host(ALL), text, name_of)
    keys = {line.key for line in lines}
    assert all(line.above is None or line.above in keys for line in lines)


CLASSES = st.sampled_from(["nic", "gpu", "vf", "mdev", "usb", "disk", "pci"])
ODD = st.builds(
    Device,
    id=st.sampled_from("abcdef"),
    name=st.text(max_size=4),
    device_class=CLASSES,
    parent=st.sampled_from(["", *"abcdef"]),
    holder=st.sampled_from(["", HOLDER]),
    iommu_group=st.one_of(st.none(), st.integers(0, 3)),
    mdev_types=st.lists(st.builds(MdevType, id=st.sampled_from("tu")), max_size=2, unique_by=lambda t: t.id).map(tuple),
)


@given(st.lists(ODD, max_size=6, unique_by=lambda device: device.id))
def test_every_device_is_shown_once(devices: list[Device]) -> None:
    lines = of_host(devices)
    assert len({line.key for line in lines}) == len(lines)
    shown = [line.real.id for line in lines if line.real is not None]
    assert sorted(shown) == sorted(device.id for device in devices)

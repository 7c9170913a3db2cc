"""Two hosts side by side: nothing is lost, nothing is made up, and what was not told is never equal."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from novatui.core.capabilities import Answer
from novatui.core.hostdiff import HostDiff, SectionDiff, Verdict, diff
from novatui.core.hostmoves import NAMED, consequences, several
from novatui.core.hostprofile import GUEST_CPUS, HOST_FIRMWARE, VENDOR, HostProfile, Item, Part, Section
from novatui.core.states import Family

MIRRORED = {Verdict.ONLY_LEFT: Verdict.ONLY_RIGHT, Verdict.ONLY_RIGHT: Verdict.ONLY_LEFT}

names = st.sampled_from(("a", "b", "c", "d"))
items = st.builds(
    Item,
    name=names,
    id=st.sampled_from(("", "1", "2")),
    value=st.sampled_from((None, "", "x", "y")),
    beside=st.sampled_from(("", "here", "there")),
    reason=st.sampled_from(("", "refused")),
)
parts = st.builds(
    Part,
    section=st.sampled_from(Section),
    items=st.none() | st.lists(items, max_size=6).map(tuple),
    reason=st.sampled_from(("", "[3] no such call")),
    basis=st.sampled_from(("", "kvm", "qemu")),
)
profiles = st.builds(
    HostProfile,
    host=st.just("host:1"),
    name=st.sampled_from(("left", "right")),
    family=st.sampled_from((Family.LIBVIRT, Family.VSPHERE)),
    parts=st.lists(parts, max_size=12, unique_by=lambda part: part.section).map(tuple),
)


def told(section: SectionDiff) -> list[tuple[str, Verdict, Item | None, Item | None]]:
    return sorted(((each.name, each.verdict, each.left, each.right) for each in section.entries), key=repr)


@given(profiles, profiles)
def test_the_other_way_round_it_is_the_mirror_image(left: HostProfile, right: HostProfile) -> None:
    there, back = diff(left, right), diff(right, left)
    for one, other in zip(there.sections, back.sections, strict=True):
        assert bool(one.reason) == bool(other.reason)
        mirrored = [(MIRRORED.get(entry.verdict, entry.verdict), entry.left, entry.right) for entry in one.entries]
        seen = [(entry.verdict, entry.right, entry.left) for entry in other.entries]
        assert sorted(mirrored, key=repr) == sorted(seen, key=repr)


@given(profiles)
def test_a_host_does_not_differ_from_itself(one: HostProfile) -> None:
    compared = diff(one, one)
    assert not compared.different
    assert not [entry for section in compared.sections for entry in section.entries if entry.left != entry.right]


@given(profiles, profiles)
def test_what_was_not_told_is_never_equal_and_never_different(left: HostProfile, right: HostProfile) -> None:
    for section in diff(left, right).sections:
        sides = [host.part(section.section) for host in (left, right)]
        if any(side.items is None for side in sides):
            assert section.reason
            assert not section.equal
            assert not section.entries
        for entry in section.entries:
            if any(item is not None and item.value is None for item in (entry.left, entry.right)):
                assert entry.verdict not in (Verdict.EQUAL, Verdict.DIFFERENT)
            if entry.verdict is Verdict.UNKNOWN:
                assert entry.reason
            if section.section.is_record:
                assert entry.verdict not in (Verdict.ONLY_LEFT, Verdict.ONLY_RIGHT)


@given(profiles, profiles)
def test_every_item_of_a_section_that_is_compared_stands_on_its_side_once(
    left: HostProfile, right: HostProfile
) -> None:
    for section in diff(left, right).sections:
        if section.reason:
            continue
        for host, side in ((left, "left"), (right, "right")):
            shown = [getattr(entry, side) for entry in section.entries if getattr(entry, side) is not None]
            assert sorted(shown, key=repr) == sorted(host.part(section.section).items or (), key=repr)


@given(profiles, profiles)
def test_a_list_with_a_gap_says_of_nothing_that_it_is_not_there(left: HostProfile, right: HostProfile) -> None:
    for section in diff(left, right).sections:
        if section.right.has_gap:
            assert not section.of(Verdict.ONLY_LEFT)
        if section.left.has_gap:
            assert not section.of(Verdict.ONLY_RIGHT)


@given(profiles, profiles)
def test_names_of_one_product_are_not_compared_with_those_of_another(left: HostProfile, right: HostProfile) -> None:
    compared = {section.section: section for section in diff(left, right).sections}
    if left.family is not right.family:
        assert all(compared[section].reason for section in (Section.MACHINES, Section.VERSIONS))


@given(profiles, profiles)
def test_consequences_speak_of_what_stands_in_the_comparison(left: HostProfile, right: HostProfile) -> None:
    compared = diff(left, right)
    sections = {section.section: section for section in compared.sections}
    for told in consequences(compared):
        if left.family is right.family:
            section = sections[told.section]
            assert section.different or section.unknown
            assert set(told.names) <= {entry.name for entry in section.entries}


# --- what it says -----------------------------------------------------------------------------------------------------


def host(name: str, *told: Part, family: Family = Family.LIBVIRT) -> HostProfile:
    return HostProfile(host=f"host:{name}", name=name, family=family, parts=told)


def part(section: Section, *listed: str | Item, **more: str) -> Part:
    return Part(
        section=section, items=tuple(each if isinstance(each, Item) else Item(name=each) for each in listed), **more
    )


def value(name: str, value: str | None, amount: float | None = None) -> Item:
    return Item(name=name, value=value, amount=amount)


def of(compared: HostDiff, section: Section) -> SectionDiff:
    return next(each for each in compared.sections if each.section is section)


def words(left: HostProfile, right: HostProfile) -> list[str]:
    return [told.text for told in consequences(diff(left, right)) if told.answer is not Answer.UNKNOWN]


def test_flags_networks_and_devices_are_told_apart() -> None:
    left = host("kvm-03", part(Section.FLAGS, "aes", "avx512f"), part(Section.NETWORKS, value("prod", "bridge br0")))
    right = host("kvm-12", part(Section.FLAGS, "aes", "avx2"), part(Section.NETWORKS, value("prod", "bridge br1")))
    compared = diff(left, right)
    flags, networks = of(compared, Section.FLAGS), of(compared, Section.NETWORKS)
    assert [entry.name for entry in flags.of(Verdict.ONLY_LEFT)] == ["avx512f"]
    assert [entry.name for entry in flags.of(Verdict.ONLY_RIGHT)] == ["avx2"]
    assert [entry.name for entry in flags.of(Verdict.EQUAL)] == ["aes"]
    assert [entry.name for entry in networks.of(Verdict.DIFFERENT)] == ["prod"]
    assert words(left, right) == [
        "live: a guest that was given avx512f cannot go, kvm-12 lacks it",
        "network prod is bridge br1 on kvm-12, here bridge br0",
    ]


def test_a_section_that_one_host_did_not_tell_is_unknown_with_the_reason() -> None:
    left = host("a", part(Section.FLAGS, "aes"))
    right = host("b", Part(section=Section.FLAGS, reason="no such call [3]"))
    flags = of(diff(left, right), Section.FLAGS)
    assert (flags.reason, flags.unknown, flags.different, flags.equal) == ("b: no such call [3]", True, False, False)
    nobody = of(diff(left, right), Section.STORAGE)
    assert nobody.reason == "both hosts: it was not asked"
    (told,) = consequences(diff(left, right))
    assert told.answer is Answer.UNKNOWN
    assert told.text.startswith("nothing is known of: processor, processor flags, machine types")


def test_what_was_asked_in_other_ways_is_not_compared() -> None:
    left = host("a", part(Section.FLAGS, "aes", basis="what kvm gives"))
    right = host("b", part(Section.FLAGS, "aes", "avx", basis="the processor itself"))
    flags = of(diff(left, right), Section.FLAGS)
    assert flags.reason == "not the same was asked: what kvm gives / the processor itself"
    assert (flags.unknown, flags.different, flags.equal) == (True, False, False)


def test_devices_are_the_same_by_their_numbers_whatever_a_host_calls_them() -> None:
    left = host("a", part(Section.DEVICES, Item(name="gpu NVIDIA A16", id="gpu 10de:25b6", value="2×", amount=2)))
    right = host("b", part(Section.DEVICES, Item(name="gpu 0x10de 0x25b6", id="gpu 10de:25b6", value="1×", amount=1)))
    (entry,) = of(diff(left, right), Section.DEVICES).entries
    assert (entry.name, entry.verdict) == ("gpu NVIDIA A16", Verdict.DIFFERENT)
    assert words(left, right) == ["there are fewer on b: gpu NVIDIA A16"]
    assert words(right, left) == []


def test_what_a_difference_means_depends_on_the_way() -> None:
    left = host(
        "new",
        part(Section.MACHINES, "pc-q35-8.2", "pc-q35-7.2"),
        part(Section.FIRMWARE, "secure boot"),
        part(Section.VERSIONS, value("QEMU", "8.2.1"), value(HOST_FIRMWARE, "2.0.1")),
        part(Section.CPU, value(VENDOR, "Intel")),
        part(Section.LIMITS, value(GUEST_CPUS, "710", 710)),
        part(Section.STORAGE, "images"),
    )
    right = host(
        "old",
        part(Section.MACHINES, "pc-q35-7.2"),
        part(Section.FIRMWARE),
        part(Section.VERSIONS, value("QEMU", "7.2.22"), value(HOST_FIRMWARE, "1.0.0")),
        part(Section.CPU, value(VENDOR, "AMD")),
        part(Section.LIMITS, value(GUEST_CPUS, "288", 288)),
        part(Section.STORAGE),
    )
    assert words(left, right) == [
        "live: Intel here, AMD on old: a guest keeps the processor that it started with",
        "machines of type pc-q35-8.2 do not run on old",
        "machines that start by secure boot do not start on old",
        "QEMU is older on old (7.2.22, here 8.2.1): no move to it is promised",
        "machines that use store images do not find it on old",
        "machines of more than 288 vCPUs do not start on old",
    ]
    assert words(right, left) == ["live: AMD here, Intel on new: a guest keeps the processor that it started with"]


def test_between_families_nothing_moves_and_what_means_the_same_is_compared() -> None:
    left = host("kvm-03", part(Section.FLAGS, "aes", "avx2"), part(Section.MACHINES, "pc-q35-7.2"))
    right = host("esx-01", part(Section.FLAGS, "aes"), part(Section.MACHINES, "vmx-19"), family=Family.VSPHERE)
    compared = diff(left, right)
    assert [entry.name for entry in of(compared, Section.FLAGS).of(Verdict.ONLY_LEFT)] == ["avx2"]
    assert of(compared, Section.MACHINES).reason == "names of libvirt and vsphere mean different things"
    assert words(left, right) == ["no machine moves from libvirt to vsphere: it is exported and made anew there"]


def test_many_names_are_counted() -> None:
    flags = [f"f{number}" for number in range(NAMED + 3)]
    assert several(flags) == "f0, f1, f2, f3, f4, f5 and 3 more"
    compared = diff(host("a", part(Section.FLAGS, *flags)), host("b", part(Section.FLAGS)))
    (told,) = (each for each in consequences(compared) if each.section is Section.FLAGS)
    assert told.names == tuple(flags)


def test_profiles_survive_the_wire() -> None:
    one = host("a", part(Section.LIMITS, value("memory", "64G", 2.0**36)), Part(section=Section.FLAGS, reason="no"))
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=HostProfile)
    assert again == one

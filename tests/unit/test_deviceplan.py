"""Devices of hosts counted and asked for: nothing is offered twice, free and held come to the whole, and why not."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.core.capabilities import Answer
from novatui.core.deviceparts import releases_in_words
from novatui.core.deviceplan import serve
from novatui.core.devicepools import Pool, free_of, pools, shelves, total_of
from novatui.core.devicerequest import parse
from novatui.core.devices import Device, Giving, MdevType
from novatui.core.devicestanding import Holder, Stock, Use, along, is_local, standings

ABLE = Giving(iommu=True, vfio=True)

MACHINES = {key: Holder(key, key.removeprefix("vm:"), running) for key, running in
            (("vm:on", True), ("vm:off", False), ("vm:odd", None))}  # fmt: skip


def device(name: str, kind: str = "pci", group: int | None = None, **more) -> Device:
    return Device(id=name, name=name, device_class=kind, iommu_group=group, **more)


def stock(*devices: Device, giving: Giving = ABLE) -> Stock:
    return Stock(host="h", name="h", devices=devices, giving=giving, machines=MACHINES)


def card(
    name: str = "ens1", *, most: int = 8, made: int = 2, holders: tuple[str, ...] = (), numa: int = 0
) -> list[Device]:
    """A network card with functions; the first ones are held."""
    functions = [
        device(f"{name}v{at}", "vf", 20 + at, parent=name, numa_node=numa, holder=dict(enumerate(holders)).get(at, ""))
        for at in range(made)
    ]
    return [
        device(name, "nic", 10, driver="mlx5_core", functions=made, functions_max=most, numa_node=numa),
        *functions,
    ]


def shared(name: str = "gpu", *, numa: int = 0, **available: int | None) -> Device:
    """A card that makes vGPUs."""
    types = tuple(MdevType(id=each.replace("_", "-"), name=f"A16 {each}", available=left)
                  for each, left in available.items())  # fmt: skip
    return device(name, "gpu", 60 + numa, driver="nvidia", mdev_types=types, numa_node=numa)


def one(found: tuple[Pool, ...], kind: str, title: str = "") -> Pool:
    (pool,) = (each for each in found if each.kind == kind and title in each.title)
    return pool


# Counting


def test_functions_are_counted_by_their_card() -> None:
    found = one(pools(stock(*card(most=8, made=4, holders=("vm:on", "vm:off")))), "vf")
    assert (found.free, found.held, found.total, found.limit) == (2, 2, 4, 8)
    assert [each.name for each in found.holders] == ["on", "off"]


def test_types_are_counted_with_what_was_made_of_them() -> None:
    made = [
        device("m1", "mdev", parent="gpu", product="t-1", holder="vm:on"),
        device("m2", "mdev", parent="gpu", product="t-1"),
    ]
    found = pools(stock(shared(t_1=5, t_2=0), *made))
    assert (one(found, "mdev", "t_1").free, one(found, "mdev", "t_1").held, one(found, "mdev", "t_1").total) == (
        6,
        1,
        7,
    )
    assert (one(found, "mdev", "t_2").free, one(found, "mdev", "t_2").total) == (0, 0)
    assert one(found, "gpu").blocked == 1, "what it makes would vanish"


def test_a_number_that_is_not_told_is_unknown_and_not_none() -> None:
    found = one(pools(stock(shared(t_1=None))), "mdev")
    assert (found.free, found.total) == (None, None)


def test_what_machines_hold_may_be_unknown() -> None:
    found = one(pools(stock(*card(made=2), giving=msgspec.structs.replace(ABLE, untold=1))), "vf")
    assert (found.free, found.unknown, found.total) == (0, 2, 2)


def test_a_host_without_an_iommu_has_nothing_free_but_usb() -> None:
    usb = device("key", "usb", vendor="Yubico")
    found = pools(stock(*card(made=2), shared(t_1=4), usb, giving=Giving(iommu=False)))
    assert [(each.kind, each.free) for each in found if each.free] == [("usb", 1)]
    assert "no IOMMU" in one(found, "vf").standings[0].reason


def test_two_machines_with_one_device_are_a_conflict() -> None:
    (found,) = standings(stock(device("gpu", "gpu", 4, holder="vm:off", others=("vm:odd",))))
    assert found.use is Use.HELD, "of one of them nobody knows whether it runs"
    assert found.conflict == "2 machines have it, only one can run with it: off (off), odd (?)"


def test_a_parted_group_is_a_conflict() -> None:
    gpu, sound = device("gpu", "gpu", 4, holder="vm:on"), device("sound", "pci", 4, driver="snd_hda_intel")
    held, other = standings(stock(gpu, sound))
    assert held.conflict == "IOMMU group 4 is parted: the host uses sound (driver snd_hda_intel)"
    assert (other.use, other.conflict) == (Use.BLOCKED, "")
    held, _ = standings(stock(gpu, msgspec.structs.replace(sound, holder="vm:off", driver="")))
    assert held.conflict == "IOMMU group 4 is parted: off has sound"


def test_the_same_of_several_hosts_is_one_kind() -> None:
    first, second = stock(*card()), Stock(host="i", name="i", devices=tuple(card(holders=("vm:on",))), giving=ABLE)
    (found,) = (each for each in shelves([*pools(first), *pools(second)]) if each.kind == "vf")
    assert found.hosts == ("h", "i")
    assert (free_of(found.pools), total_of(found.pools)) == (3, 4)
    assert free_of((*found.pools, one(pools(stock(shared(t_1=None))), "mdev"))) is None


# Asking


def test_what_is_free_is_given_now() -> None:
    found = serve(stock(*card(made=4, holders=("vm:on",))), parse("2 x vf"))
    assert found.answer is Answer.YES
    assert [pick.slot.title for pick in found.picks] == ["ens1v1", "ens1v2"]
    assert "all on NUMA node 0" in found.notes


def test_what_is_off_gives_back_before_what_runs() -> None:
    found = serve(stock(*card(made=3, most=3, holders=("vm:on", "vm:off"))), parse("2 x vf"))
    assert found.answer is Answer.PARTLY
    assert list(releases_in_words(found.releases)) == ["off (off) gives back ens1v1"]


def test_functions_can_be_made_while_nobody_has_one() -> None:
    found = serve(stock(*card(made=0, most=4)), parse("2 x vf"))
    assert list(releases_in_words(found.releases)) == ["the number of functions of ens1 is set, 0 now and at most 4"]
    busy = serve(stock(*card(made=1, most=4, holders=("vm:on",))), parse("2 x vf"))
    assert (busy.answer, busy.reason) == (Answer.NO, "it has 1 of 2 x vf")


def test_a_type_is_named_by_its_id_or_its_name() -> None:
    here = stock(shared(nvidia_63=2), shared("gpu2", numa=1, nvidia_63=1))
    assert serve(here, parse("3 x mdev nvidia-63")).answer is Answer.YES
    assert serve(here, parse("2 vgpu nvidia-63")).picks[0].slot.card == "gpu", "one card has room for both"
    assert serve(here, parse("1 x mdev nvidia-6")).answer is Answer.NO, "an id is meant as a whole"
    no = serve(here, parse("4 x mdev nvidia-63"))
    assert (no.answer, no.reason) == (Answer.NO, "it has 3 of 4 x mdev nvidia-63")


def test_one_card_is_taken_for_one_new_type() -> None:
    two = parse("1 x mdev t-1, 1 x mdev t-2")
    assert serve(stock(shared(t_1=4, t_2=2)), two).answer is Answer.NO
    assert serve(stock(shared(t_1=4, t_2=2), shared("gpu2", numa=1, t_1=4)), two).answer is Answer.YES
    assert serve(stock(shared(t_1=4)), parse("gpu, mdev t-1")).answer is Answer.NO, "as a whole, or in parts"


def test_a_group_goes_as_a_whole() -> None:
    gpu, sound = device("0000:41:00.0", "gpu", 4, ids="10de:1eb8"), device("0000:41:00.1", "pci", 4)
    found = serve(stock(gpu, sound), parse("pci 10de:1eb8"))
    assert found.answer is Answer.YES
    assert "IOMMU group 4 goes as a whole: also 0000:41:00.1" in found.notes
    busy = serve(stock(gpu, msgspec.structs.replace(sound, driver="snd_hda_intel")), parse("pci 10de:1eb8"))
    assert list(releases_in_words(busy.releases)) == ["the host lets go of 0000:41:00.1 (driver snd_hda_intel)"]


def test_what_the_host_lives_on_is_never_offered() -> None:
    found = serve(stock(device("nvme0", "disk", 9, address="0000:c1:00.0", driver="nvme")), parse("disk"))
    assert (found.answer, found.releases) == (Answer.NO, ())
    assert found.reason == "it has 0 of 1 x disk: nvme0: the host may live on it (driver nvme)"


def test_what_was_not_told_is_no_yes() -> None:
    for giving in (Giving(iommu=True), Giving(vfio=True)):
        found = serve(stock(*card(), giving=giving), parse("vf"))
        assert (found.answer, bool(found.picks)) == (Answer.UNKNOWN, True)
        assert "was not told" in found.reason
    assert serve(stock(shared(t_1=None)), parse("mdev t-1")).answer is Answer.UNKNOWN
    assert (
        serve(stock(*card(), giving=msgspec.structs.replace(ABLE, untold=None)), parse("vf")).answer is Answer.UNKNOWN
    )
    assert serve(stock(device("key", "usb"), giving=Giving()), parse("usb")).answer is Answer.YES


def test_one_node_is_preferred_and_can_be_asked_for() -> None:
    here = stock(*card("ens1", made=1), *card("ens2", made=2, numa=1))
    assert [pick.slot.title for pick in serve(here, parse("2 vfs")).picks] == ["ens2v0", "ens2v1"]
    assert "on NUMA nodes 0, 1" in serve(here, parse("3 vfs")).notes
    assert serve(here, parse("2 vf numa:0")).answer is Answer.PARTLY, "more could be made"


@pytest.mark.parametrize(
    "text", ["", "x", "3 y", "0 x vf", "99 x vf", "vf numa:x", ", ,", "vf,vf,vf,vf,vf", "2 x", "-1 vf"]
)
def test_what_is_no_request_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [("1 x mdev nvidia-63", "1 x mdev nvidia-63"), ("2 VFs", "2 x vf"),
     ("2x vf numa:1 + gpu A16", "2 x vf numa:1, 1 x gpu a16"),
     ("pci 10DE:1EB8 and nvme", "1 x pci 10de:1eb8, 1 x disk")],
)  # fmt: skip
def test_a_request_is_read(text: str, read: str) -> None:
    assert str(parse(text)) == read
    assert parse(str(parse(text))) == parse(text)


# Any host at all

KEYS = st.sampled_from(["", "", "vm:on", "vm:off", "vm:odd"])
GROUPS = st.one_of(st.none(), st.integers(0, 4))
DRIVERS = st.sampled_from(["", "vfio-pci", "nvidia", "mlx5_core"])
LEFT = st.one_of(st.none(), st.integers(0, 3))
TYPES = st.lists(
    st.builds(MdevType, id=st.sampled_from(["t-1", "t-2"]), available=LEFT), max_size=2, unique_by=lambda each: each.id
).map(tuple)


@st.composite
def stocks(draw: st.DrawFn) -> Stock:
    """Devices that may contradict each other in any way."""
    count = draw(st.integers(0, 8))
    made = [
        Device(
            id=f"d{at}", name=f"d{at}", address=f"0000:{at:02x}:00.0",
            device_class=draw(st.sampled_from(["pci", "gpu", "nic", "disk", "vf", "mdev", "usb"])),
            driver=draw(DRIVERS), iommu_group=draw(GROUPS), numa_node=draw(st.one_of(st.none(), st.integers(0, 1))),
            parent=draw(st.sampled_from(["", "d0", "d1", "d2"])), holder=draw(KEYS),
            others=draw(st.lists(st.sampled_from(["vm:on", "vm:off"]), max_size=1).map(tuple)),
            functions_max=draw(st.one_of(st.none(), st.integers(0, 4))),
            functions=draw(st.one_of(st.none(), st.integers(0, 2))),
            product=draw(st.sampled_from(["t-1", "t-2", ""])), mdev_types=draw(TYPES),
        )
        for at in range(count)
    ]  # fmt: skip
    told = st.sampled_from([True, False, None])
    giving = Giving(iommu=draw(told), vfio=draw(told), untold=draw(st.sampled_from([0, 0, 1, None])))
    return stock(*made, giving=giving)


@given(stocks())
def test_free_and_held_and_the_rest_come_to_the_whole(here: Stock) -> None:
    found = pools(here)
    counted = [each.device.id for pool in found for each in pool.standings]
    assert sorted(counted) == sorted(each.id for each in here.devices if not is_local(each)), "each exactly once"
    for pool in found:
        if pool.total is None or pool.free is None:
            assert (pool.total, pool.free, pool.make) == (None, None, None)
        else:
            assert pool.free + pool.held + pool.blocked + pool.unknown == pool.total
        for each in pool.standings:
            assert (each.use is Use.FREE) <= (not each.device.holder and not each.obstacles)
            assert (each.use in (Use.BLOCKED, Use.UNKNOWN, Use.HELD, Use.DEFINED)) <= bool(each.reason)


REQUESTS = [
    ", ".join(parts)
    for parts in product(("1 x vf", "2 x mdev t-1", "gpu", "2 x pci"), ("mdev t-2", "pci", "vf", "usb"))
]


@given(stocks(), st.sampled_from(REQUESTS))
def test_nothing_is_offered_twice_and_nothing_that_is_not_free(here: Stock, text: str) -> None:
    request = parse(text)
    found = serve(here, request)
    if found.answer is Answer.NO:
        assert found.reason
        assert not found.picks
        return
    assert sum(pick.count for pick in found.picks) == sum(part.count for part in request.parts)
    places = [pick.slot.place for pick in found.picks]
    for place in places:
        picked = [pick for pick in found.picks if pick.slot.place == place]
        assert sum(pick.count for pick in picked) <= picked[0].slot.room
    cards = {(pick.slot.card, pick.slot.use) for pick in found.picks if pick.slot.card}
    assert len({card for card, _ in cards}) == len(cards), "one card, one use"
    if found.answer is Answer.YES:
        by_id = {each.device.id: each for each in standings(here)}
        assert not found.releases
        assert here.giving.untold == 0
        for pick in found.picks:
            if pick.slot.device:
                given_away = by_id[pick.slot.device].device
                assert by_id[pick.slot.device].use is Use.FREE
                assert not any(other.holder for other in along(given_away, here.devices)), "its group is nobody's"
    if found.answer is Answer.PARTLY:
        assert list(releases_in_words(found.releases))
    if found.answer is Answer.UNKNOWN:
        assert found.reason

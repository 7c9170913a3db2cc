"""Two hosts side by side and common processors, as a person uses them: named, marked, unfolded, swapped, exported."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from novatui.ui.place import Place
from tests.ui import hostile
from tests.ui.desk import Desk, desk
from tests.ui.diff_pictures import BOTH, LEFT, NATIVE, PLACE, RIGHT, answer, can_be_asked, compared, hostile_profile
from tests.ui.world import world


def shown(person: Desk, *words: str) -> bool:
    return all(word in person.text for word in words)


async def say(person: Desk, line: str) -> None:
    await person.press("colon", *line, "enter")
    await answer(person)


async def test_two_hosts_that_are_named_stand_side_by_side() -> None:
    async with desk(world(), (100, 30)) as person:
        can_be_asked(person)
        await say(person, "diff kvm-03 kvm-12")
        assert person.screen.place() == PLACE
        assert shown(person, "9 only on kvm-03, 17 equal", "cannot go, kvm-12 lacks them", "? 1 unknown")


async def test_a_name_that_is_none_or_too_few_are_said_so() -> None:
    async with desk(world(), (100, 30)) as person:
        can_be_asked(person)
        await say(person, "diff kvm-03 kvm-21")
        assert shown(person, "no host is called `kvm-21`", "did you mean `kvm-")
        await person.press("escape")
        await say(person, "diff kvm-03")
        assert shown(person, "one host alone cannot be compared")
        await person.press("escape")
        await say(person, "diff vc-east")
        assert shown(person, "`vc-east` means", "say connection/host: vc-east/")
        assert person.screen.place().name == "vm"


async def test_hosts_that_are_marked_are_compared_and_have_a_common_processor() -> None:
    async with desk(world(), (100, 30), place=Place("host")) as person:
        can_be_asked(person)
        for conn in ("kvm-03", "kvm-12"):
            await person.go_to(conn, f"host:{conn}")
            await person.press("space")
        await say(person, "diff")
        place = person.screen.place()
        assert {place.ref, place.scope} == {LEFT, RIGHT}
        await person.press("escape")
        await say(person, "baseline")
        assert set(person.screen.place().ref.split()) == {LEFT, RIGHT}
        assert shown(person, "EPYC-Milan (AMD), 17 flags", "common processor of 2 hosts")


async def test_sections_are_folded_and_a_filter_leaves_them_as_they_were() -> None:
    async with desk(world(), (100, 30)) as person:
        await compared(person)
        assert not shown(person, "pc-q35-8.2   ")
        await person.press("slash", *"avx512", "enter")
        assert shown(person, "avx512bw", "not there")
        assert not shown(person, "machine types")
        await person.press("escape")
        assert shown(person, "machine types")
        assert not shown(person, "avx512bw  ")
        assert person.screen.place() == PLACE


async def test_only_differences_are_listed_until_all_are_wanted() -> None:
    async with desk(world(), (100, 30)) as person:
        await compared(person)
        await person.press("space")
        assert shown(person, "EPYC-Genoa", "? not told")
        assert not shown(person, "architecture")
        await person.press("a")
        assert shown(person, "architecture", "everything")
        assert person.screen.place().tab == "all"
        await person.press("a")
        assert not shown(person, "architecture")


async def test_sides_are_swapped_without_asking_again() -> None:
    async with desk(world(), (100, 30)) as person:
        await compared(person)
        sent = len(person.fleet.sent)
        await person.press("s")
        assert shown(person, "Machines from kvm-12 to kvm-03", "9 only on kvm-03")
        assert not shown(person, "lacks them")
        assert (person.screen.place().ref, person.screen.place().scope) == (RIGHT, LEFT)
        assert len(person.fleet.sent) == sent
        await person.press("r")
        await answer(person)
        assert len(person.fleet.sent) > sent
        assert shown(person, "Machines from kvm-12 to kvm-03", "9 only on kvm-03")


async def test_enter_shows_how_a_section_was_asked_and_why_one_is_unknown() -> None:
    async with desk(world(), (100, 30)) as person:
        await compared(person)
        await person.press("j", "enter")
        assert shown(person, "asked: virConnectBaselineHypervisorCPU", "2026-10-11T23:41:05Z")
        await person.press("escape", "g", "l", "j", "j", "enter")
        assert shown(person, "microcode: unknown", "this call is not supported [3]", "0xa10113e")


@pytest.mark.parametrize(("form", "key"), [("md", "m"), ("json", "j")])
async def test_the_whole_comparison_is_exported(
    form: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with desk(world(), (100, 30)) as person:
        await compared(person)
        await person.press("E", key, "enter")
        await person.settle()
        for _ in range(100):
            if shown(person, "the comparison is in"):
                break
            await person.pilot.pause(0.05)
    (name,) = os.listdir(tmp_path)
    text = (tmp_path / name).read_text()
    assert name.startswith("novatui-diff-")
    if form == "json":
        told = json.loads(text)["diff"]
        assert len(told["sections"]) == 10
        assert told["left"]["name"] == "kvm-03"
    else:
        assert text.startswith("# kvm-03 and kvm-12")
        assert "virConnectBaselineHypervisorCPU" in text


async def test_a_common_processor_is_copied_as_machines_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    async with desk(world(), (100, 30)) as person:
        await compared(person, place=BOTH)
        monkeypatch.setattr("novatui.ui.screens.baseline.copy_text", lambda _, text: copied.append(text))
        assert shown(person, "1 lose nothing", "1 lose flags", "2 unknown", "no answer to the profile within 30 s")
        await person.press("y", "c")
        assert copied == [NATIVE]
        await person.press("G", "y", "c")
        assert shown(person, "there is no common processor to copy here")
        assert copied == [NATIVE]


async def test_all_hosts_of_a_node_or_of_the_fleet_are_asked() -> None:
    async with desk(world(), (100, 30)) as person:
        can_be_asked(person)
        await say(person, "baseline kvm-03 kvm-12")
        assert person.screen.place().ref == f"{LEFT} {RIGHT}"
        await say(person, "baseline vc-east")
        assert person.screen.place().scope == "vc-east:connection:vc-east"
        assert shown(person, "vsphere")
        await person.open(Place("baseline"))
        await answer(person)
        assert shown(person, "vsphere", "EPYC-Milan (AMD), 17 flags")


async def test_hostile_names_break_nothing() -> None:
    async with desk(world(), (100, 30)) as person:
        await compared(person, hostile_profile)
        await person.press("a", "j", "l", "G", "l", "k", "k", "l", "j", "enter")
        assert hostile.ESCAPE not in person.text
        await person.press("escape", "s", "slash", *"pwned", "enter")
        assert hostile.ESCAPE not in person.text
        assert person.app._exception is None

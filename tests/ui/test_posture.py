"""The screen of findings: the worst first, folded by rule or by object, asked in the background and no longer than it
is looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from novatui.ui.dialogs.page import PageDialog
from novatui.ui.place import Place
from novatui.ui.screens.posture import PostureScreen
from novatui.wire import frames
from tests.ui.hostile import ESCAPE
from tests.ui.posture_pictures import answer, hostile_answers, judging, requests

POSTURE = Place("posture")


def groups(lines: list[str]) -> list[str]:
    """Titles and levels of the groups that are listed."""
    return [line[4:40] for line in lines if line[2:3] in "▸▾"]


async def test_every_machine_and_host_is_asked_and_the_worst_rule_comes_first() -> None:
    async with judging(place=POSTURE) as person:
        await answer(person)
        assert isinstance(person.screen, PostureScreen)
        asked = {(one.conn, one.key) for one in requests(person)}
        assert {key.partition(":")[0] for _, key in asked} == {"vm", "host"}
        assert not any(conn == "pve-lab" for conn, _ in asked), "it is down: it is not asked"
        listed = groups(person.lines)
        levels = [
            level for each in listed for level in ("risk", "warning", "advice", "unknown") if f" {level} " in f"{each} "
        ]
        assert levels == sorted(levels, key=["risk", "warning", "advice", "unknown"].index)
        assert listed[0].startswith("screen password")
        assert "risk" in person.lines[0]


async def test_who_gave_no_answer_is_listed_with_the_reason() -> None:
    async with judging((160, 50), place=POSTURE) as person:
        await answer(person)
        await person.press("slash", *"no answer", "enter")
        assert "no answer within 30 s" in person.line("esx-08")
        assert "pve-lab is not connected" in person.line("pve1")


async def test_tab_puts_them_together_by_object_and_back() -> None:
    async with judging(place=POSTURE) as person:
        await answer(person)
        by_rule = groups(person.lines)
        await person.press("tab")
        assert person.screen.place().sort == "object"
        assert "1 risk" in person.text or "2 risk" in person.text
        await person.press("tab")
        assert groups(person.lines) == by_rule


async def test_enter_unfolds_a_rule_and_shows_all_of_a_finding() -> None:
    async with judging(place=POSTURE) as person:
        await answer(person)
        await person.press("enter", "j")
        assert "it asks for no password" in person.text
        assert "virsh edit" in person.text
        await person.press("enter")
        assert isinstance(person.app.screen, PageDialog)
        text = person.app.screen.text()
        assert "virDomainGetXMLDesc()" in text
        assert "Let it listen on the host only" in text


async def test_what_is_fine_is_listed_when_it_is_asked_for() -> None:
    async with judging((160, 50), place=POSTURE) as person:
        await answer(person)
        assert "✓ ok" not in person.text
        await person.press("a")
        await person.press("slash", *"acceleration", "enter")
        assert "✓ ok" in person.text


async def test_the_filter_leaves_what_fits_all_of_its_words() -> None:
    async with judging((160, 50), place=POSTURE) as person:
        await answer(person)
        await person.press("slash", *"security conn:kvm* !advice", "enter")
        rows = [line for line in person.lines[3:] if line.startswith(("      ", "▌     ")) and line[6:7].strip()]
        assert rows
        assert all("kvm-" in line for line in rows)
        assert "◐ advice" not in "\n".join(person.lines[3:30])
        await person.press("escape")
        assert person.screen.place().filter == ""


async def test_leaving_the_screen_stops_the_asking() -> None:
    async with judging(place=POSTURE) as person:
        await person.pilot.pause(0.05)
        first = len(requests(person))
        assert 0 < first <= 2 * 5, "two of each connection that is up"
        await person.open("task")
        await answer_late(person)
        assert len(requests(person)) == first
        await person.press("escape")
        await answer(person)
        asked = [(one.conn, one.key) for one in requests(person)[first:]]
        assert len(asked) > first, "it goes on when somebody looks again"
        assert len(set(asked)) == len(asked)


async def answer_late(person: object) -> None:
    """What was asked is answered although nobody looks any more."""
    for one in requests(person):  # type: ignore[arg-type]
        person.fleet.hear(frames.PostureAnswer(one.conn, one.request, 1.0, 1, None, None))  # type: ignore[attr-defined]
    await person.pilot.pause(0.1)  # type: ignore[attr-defined]


async def test_marked_machines_are_judged_alone() -> None:
    async with judging() as person:
        await person.go_to("vc-east", "vm:db-orders-01")
        await person.press("space", "space")
        await person.type(":posture")
        await person.press("enter")
        await answer(person)
        assert person.screen.place().name == "posture"
        assert len({one.key for one in requests(person)}) == 2
        assert "2 marked" in person.lines[0]


async def test_a_filter_of_a_list_chooses_whom_to_judge() -> None:
    async with judging() as person:
        await person.press("slash", *"conn:kvm-03", "enter")
        await person.type(":posture")
        await person.press("enter")
        await answer(person)
        assert {one.conn for one in requests(person)} == {"kvm-03"}


async def test_asked_again_by_a_key() -> None:
    async with judging(place=Place("posture", ref="vc-east:vm:db-orders-01")) as person:
        await answer(person)
        assert len(requests(person)) == 1
        await person.press("r")
        await answer(person)
        assert len(requests(person)) == 2


async def test_what_is_listed_can_be_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with judging(place=POSTURE) as person:
        await answer(person)
        listed = person.screen.listed()
        values = json.loads(json.dumps(list(listed.values)))
        assert {"ref", "rule", "level", "reason", "evidence"} <= set(values[0])
        assert listed.forms["md"]().startswith("# Posture")
        await person.type(":export-md told.md")
        await person.press("enter")
        await person.pilot.pause(0.3)
        await person.settle()
    assert (tmp_path / "told.md").read_text().startswith("# Posture")


async def test_hostile_texts_stay_on_the_screen() -> None:
    async with judging(place=POSTURE) as person:
        await answer(person, hostile_answers)
        await person.press("l", "j", "enter")
        assert ESCAPE not in person.text

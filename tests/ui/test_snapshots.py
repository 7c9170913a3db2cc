"""The pane of a machine's snapshots, and the list of old ones: what is told, what is asked, and what is deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from novatui.actions.catalogue import Scope, in_scope
from novatui.core.errors import Failure, Fault
from novatui.core.operations import Plan
from novatui.core.snapshots import Snapshot
from novatui.ui.dialogs.arguments import ArgumentsForm
from novatui.ui.dialogs.confirm import ConfirmDialog
from novatui.ui.dialogs.page import PageDialog
from novatui.ui.dialogs.results import ResultsDialog
from novatui.ui.screens.detail_snapshots import SnapshotRows
from tests.ui.desk import Desk
from tests.ui.hands import SNAPSHOTS, ActingDesk, acting_desk
from tests.ui.test_acts import RUNNING, command
from tests.ui.test_chosen_keys import keying
from tests.ui.world import parts

LOSSES = Plan(calls=(), losses=("an hour of writes",), costs=("merges 2 GiB",), warnings=("it is off afterwards",))

NO = Failure(
    fault=Fault.NOT_SUPPORTED, message="it cannot go back", meaning="it is external", hint="forget the entry", code="67"
)


@pytest.fixture(autouse=True)
def rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor rests at once."""
    monkeypatch.setattr("novatui.ui.screens.detail_snapshots.REST", 0.01)


async def pane(person: ActingDesk) -> None:
    """Open it by the leader, and wait until all is known of the snapshot under the cursor."""
    await person.go_to(*RUNNING)
    await person.press("n", "l")
    while not isinstance(person.app.focused, SnapshotRows):
        await person.pilot.pause(0.02)
    await known(person)


async def known(person: Desk) -> None:
    while "blocked" not in person.text or "asking" in person.text:
        await person.pilot.pause(0.02)
    await person.settle()


def given(person: ActingDesk) -> str:
    """What the form says for the snapshot."""
    return person.line("│ snapshot ").strip(" │").split()[1]


def told(person: ActingDesk, name: str) -> str:
    """The line of a field of the pane."""
    [found] = [line for line in person.lines if line.startswith(f" {name} ")]
    return found


def asked(person: ActingDesk) -> list[tuple[str, str]]:
    return [(one.verb, one.arguments["snapshot"]) for one in person.hands.planned]


async def test_what_reverting_loses_and_deleting_costs_stands_beside_the_tree(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        person.hands.plan = LOSSES
        await pane(person)
        assert "2 snapshots  depth 2  size ?  oldest 40d !" in person.text
        assert "loses an hour of writes. Merges 2 GiB. It is off afterwards" in told(person, "revert")
        assert "loses an hour of writes" in told(person, "delete")
        assert "nothing" in told(person, "blocked")
        assert "growth         ?" in person.text, "nobody tells what it grows by"
        assert "1 setting is otherwise now" in person.text
        assert "interface 52:54:00:00:00:01: none → " in person.text
        assert person.records() == [], "looking is not written down"
        assert person.hands.made == []


async def test_only_the_snapshot_under_the_cursor_is_asked_about_and_only_once(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await pane(person)
        base = [("snap.revert", "base"), ("snap.delete", "base")]
        assert asked(person) == base
        await person.press("j")
        await known(person)
        patch = [("snap.revert", "patch"), ("snap.delete", "patch")]
        assert asked(person) == base + patch
        await person.press("k")
        await known(person)
        await person.pass_time(30)
        await person.pilot.pause(0.1)
        assert asked(person) == base + patch, "what is known is not asked again"
        person.fleet.tell("kvm-03", {"vm:gpu-train-1": {"power": "off"}})
        person.app.stage.pulse.age()
        while len(person.hands.planned) < 6:
            await person.pilot.pause(0.02)
        await person.settle()
        assert asked(person)[4:] == base, "another state, another answer"


async def test_it_is_asked_also_while_the_machine_changes_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("novatui.ui.screens.detail_snapshots.REST", 0.3)
    async with acting_desk(tmp_path) as person:
        await person.go_to(*RUNNING)
        await person.press("n", "l")
        for turn in range(200):
            person.fleet.tell("kvm-03", {"vm:gpu-train-1": {"description": f"turn {turn}"}})
            person.app.stage.pulse.age()
            await person.pilot.pause(0.03)
            if person.hands.planned:
                break
        assert asked(person)[0] == ("snap.revert", "base")


async def test_what_comes_and_goes_below_an_open_snapshot_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with acting_desk(tmp_path) as person:
        await pane(person)
        base, patch = SNAPSHOTS
        side = Snapshot(id="side", name="a-side-branch", parent="base", created=base.created)
        deep = Snapshot(id="deep", name="deep-below", parent="patch", created=base.created)
        for told in ((base, patch, side, deep), (base, patch, deep), (base, side), (base, patch)):
            monkeypatch.setattr("tests.ui.hands.SNAPSHOTS", told)
            await command(person, "refresh")
            await person.still()
            for one in (base, patch, side, deep):
                assert (f"{one.name} " in "\n".join(person.lines[4:9])) is (one in told), (one.name, person.text)


async def test_why_something_is_blocked_is_said_with_a_way_on(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        person.hands.obstacles["snap.revert"] = NO
        await pane(person)
        assert "not possible now" in told(person, "revert")
        assert "revert: it cannot go back" in told(person, "blocked")
        await person.press("enter")
        assert "It is external. Forget the entry" in " ".join(person.text.split())


@pytest.mark.parametrize(("key", "verb"), [("R", "snap.revert"), ("d", "snap.delete")])
async def test_revert_and_delete_are_about_the_snapshot_under_the_cursor(tmp_path: Path, key: str, verb: str) -> None:
    async with acting_desk(tmp_path) as person:
        await pane(person)
        await person.press("j")
        await known(person)
        await person.press(key)
        assert isinstance(person.app.screen, ArgumentsForm)
        assert given(person) == "patch"
        before = len(person.hands.planned)
        await person.press("enter")
        assert isinstance(person.app.screen, ConfirmDialog)
        await person.planned()
        assert len(person.hands.planned) == before + 1
        assert (person.hands.planned[-1].verb, person.hands.planned[-1].arguments["snapshot"]) == (verb, "patch")
        assert person.hands.made == [], "nothing was sent"
        await person.write("gpu-train-1")
        await person.press("enter")
        await person.done()
        assert person.hands.made == [f"{verb} vm:gpu-train-1"]
        [operation] = person.records("operation")
        assert operation["arguments"]["snapshot"] == "patch"


async def test_nothing_is_reverted_where_the_machine_is(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await pane(person)
        await person.press("G")
        for key in ("R", "d"):
            await person.press(key)
            assert "there is no snapshot under the cursor" in person.lines[-1]
            assert isinstance(person.app.focused, SnapshotRows)


async def test_n_takes_a_new_one_and_a_leader_knows_the_one_under_the_cursor(tmp_path: Path) -> None:
    async with acting_desk(tmp_path) as person:
        await pane(person)
        await person.press("n")
        assert isinstance(person.app.screen, ArgumentsForm)
        assert "take a snapshot gpu-train-1" in person.text
        await person.press("escape", "D", "s")
        assert isinstance(person.app.screen, ArgumentsForm)
        assert given(person) == "base"


async def test_v_shows_all_that_is_otherwise_and_e_writes_the_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with acting_desk(tmp_path) as person:
        await pane(person)
        await person.press("v")
        assert isinstance(person.app.screen, PageDialog)
        assert "interface 52:54:00:00:00:01" in person.text
        await person.press("escape", "e", "j", "ctrl+u")
        await person.type("tree.json")
        await person.press("enter")
        while not (tmp_path / "tree.json").exists():
            await person.pilot.pause(0.02)
        await person.settle()
        written = json.loads((tmp_path / "tree.json").read_text(encoding="utf-8"))
        assert [one["id"] for one in written] == [one.id for one in SNAPSHOTS]
        assert "size" not in written[0], "nobody tells it"


async def test_S_lists_the_old_ones_of_all_machines(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, fleet=parts()) as person:
        await pane(person)
        assert "machines have snapshots older than 14d" in person.line("S lists them")
        await person.press("S")
        assert (person.screen.place().name, person.screen.place().filter) == ("snap", "age>14d")
        assert person.names() == ["of a machine that is gone", "base-install", person.names()[-1]]
        assert "on 3 machines, size ?" in person.text
        await command(person, "snap age>30d")
        assert person.names() == ["of a machine that is gone", "base-install"]


async def test_marked_snapshots_are_deleted_in_one_run_the_youngest_first(tmp_path: Path) -> None:
    fleet = parts()
    fleet.tell("kvm-03", {
        f"snapshot:gpu-train-1%2F{name}": {
            "name": name, "native_id": name, "vm": "vm:gpu-train-1", "parent": "vm:gpu-train-1",
            "snapshot_parent": parent, "created": fleet.clock.time() - days * 86400, "snapshot_size": 2**30,
        }
        for name, parent, days in (("root", "", 40), ("middle", "root", 30), ("leaf", "middle", 20))
    })  # fmt: skip
    async with acting_desk(tmp_path, fleet=fleet) as person:
        await command(person, "snap host:kvm-03")
        await command(person, "snap @kvm-03 age>14d")
        assert person.names() == ["of a machine that is gone", "root", "middle", "leaf"]
        await person.press("j", "space", "space", "space", "n")
        assert "snapshots  3 objects" in person.text
        await person.press("D")
        assert isinstance(person.app.screen, ConfirmDialog)
        await person.planned()
        assert "delete 3 snapshots" in person.text
        assert "3 snapshots of 1 machine on kvm-03" in person.text
        assert "gpu-train-1/leaf" in person.text
        assert "Type 3, how many they are" in person.text
        assert asked(person) == [("snap.delete", name) for name in ("leaf", "middle", "root")]
        await person.write("2")
        await person.press("enter")
        assert "that is not 3" in person.text
        await person.press("backspace")
        await person.write("3")
        await person.press("enter")
        await person.done()
        assert isinstance(person.app.screen, ResultsDialog)
        assert "3 done" in person.text
        assert "gpu-train-1/middle" in person.text
        assert [one["args"]["snapshot"] for one in person.records("call")] == ["leaf", "middle", "root"]
        assert len(person.records("operation")) == 3


async def test_several_are_reverted_with_a_safety_snapshot_each_and_never_two_of_one_machine(tmp_path: Path) -> None:
    fleet = parts()
    fleet.tell("kvm-03", {
        f"snapshot:{machine}%2F{name}": {
            "name": f"{machine[:2]}-{name}", "native_id": name, "vm": f"vm:{machine}", "parent": f"vm:{machine}",
            "snapshot_parent": "", "created": fleet.clock.time() - days * 86400,
        }
        for machine, name, days in (("gpu-train-1", "a", 50), ("ci-runner-7", "b", 49), ("ci-runner-7", "c", 48))
    })  # fmt: skip
    async with acting_desk(tmp_path, fleet=fleet) as person:
        await command(person, "snap @kvm-03 re:^(gp|ci)-")
        await person.press("g", "space", "space", "n", "R")
        await person.planned()
        assert "2 snapshots of 2 machines" in person.text
        assert "[x] take a safety snapshot first" in person.text
        assert [one.arguments for one in person.hands.planned] == [
            {"snapshot": "a", "safety": "yes"},
            {"snapshot": "b", "safety": "yes"},
        ]
        await person.press("escape", "space", "n", "R")
        await person.planned()
        assert "several parts of one object" in person.text
        assert person.hands.made == []


async def test_one_snapshot_of_the_list_is_asked_about_like_in_its_pane(tmp_path: Path) -> None:
    async with acting_desk(tmp_path, fleet=parts()) as person:
        await command(person, "snap monday")
        await person.press("n", "R")
        assert isinstance(person.app.screen, ArgumentsForm)
        assert "revert nfs-gw" in person.text
        assert given(person) == "snapshot-13"
        await person.press("escape", "n", "l")
        assert person.screen.place().ref == "kvm-12:vm:nfs-gw"
        assert person.screen.place().tab == "snapshots"


async def test_a_strip_names_the_key_that_a_person_chose_to_leave_by(tmp_path: Path) -> None:
    chosen = keying(tmp_path, 'back = ["B"]\n')
    async with acting_desk(tmp_path) as person:
        person.app.stage.keying.keymap.choose(chosen.keymap.chosen)
        await person.go_to(*RUNNING)
        await person.press("p")
        assert "B leave" in person.lines[-1]
        await person.press("B")
        assert person.home.taker is None


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (160, 50)], ids=str)
async def test_every_key_of_the_pane_stands_in_its_footer(tmp_path: Path, size: tuple[int, int]) -> None:
    async with acting_desk(tmp_path, size) as person:
        await pane(person)
        shown = person.lines[-1]
        for action in in_scope(Scope.SNAPSHOTS):
            assert f" {action.keys[0]} {action.title} " in shown, action.id

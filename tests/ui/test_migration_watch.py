"""The migration watch by its keys: ways out, bell, report, form; one row for each machine throughout."""

from __future__ import annotations

import asyncio
import json
import random
import re
from pathlib import Path

import pytest

from novatui.core.migration import Fidelity, MigrationProgress
from novatui.core.tasks import TaskState
from novatui.engine.migration_book import MigrationBook
from novatui.ui.migration_watch import MigrationWatch
from novatui.ui.place import Place
from novatui.ui.render.migration_list import Moving, migration_table
from novatui.ui.theming import Theming
from tests.lab.libvirt.recordings import FOLDER, all_recordings, load
from tests.ui.desk import Desk, desk, look_at
from tests.ui.golden import FOLDER as FOLDER_OF_PICTURES
from tests.ui.hands import ActingDesk, acting_desk
from tests.ui.migration_pictures import TOLD, offering, readings, recorded
from tests.ui.test_theming import colours
from tests.unit.migrating import OTHER, VM, incoming, machine, only, ours, outgoing, reading, tell, two_hosts

DONE = TaskState.DONE

RECORDINGS = sorted(file.stem for file in FOLDER.glob("*.jsonl"))


def rows_named(person: Desk, name: str = "etl-big-2") -> int:
    """Lines of the list of migrations with this machine."""
    return sum(f" {name} " in line and "─" not in line for line in person.lines)


def written(folder: Path, form: str) -> str:
    """The one file of this form."""
    [file] = folder.glob(f"*.{form}")
    return file.read_text()


# --- the ways out -----------------------------------------------------------------------------------------------------


async def _asked(person: ActingDesk, key: str) -> str:
    await person.open("mig")
    await person.press(key)
    await person.planned()
    return person.text


async def test_a_number_asks_and_only_a_second_key_sends(tmp_path: Path) -> None:
    fleet = two_hosts()
    TOLD["not-converging"](fleet)
    async with acting_desk(tmp_path, (80, 24), fleet=fleet, specs=()) as person:
        text = await _asked(person, "2")
        assert "nativeMigrate_Downtime" in text
        assert person.hands.made == []
        await person.press("escape")
        assert person.hands.made == []
        assert len(person.records("declined")) == 1
        await _asked(person, "2")
        await person.press("y")
        await person.done()
        assert person.hands.made == [f"migrate.downtime {VM}"]
        [used] = only(fleet).used
        assert (used.verb, used.outcome) == ("migrate.downtime", "done")
        assert any(used.task in step.text for step in only(fleet).steps)


async def test_more_bandwidth_is_asked_for_too(tmp_path: Path) -> None:
    fleet = two_hosts()
    TOLD["not-converging"](fleet)
    async with acting_desk(tmp_path, (100, 30), fleet=fleet, specs=()) as person:
        text = await _asked(person, "4")
        assert "nativeMigrate_Bandwidth" in text
        assert person.hands.made == []
        await person.press("y")
        await person.done()
        assert person.hands.made == [f"migrate.bandwidth {VM}"]


async def test_what_was_not_armed_says_so_and_opens_nothing(tmp_path: Path) -> None:
    fleet = two_hosts()
    TOLD["not-converging"](fleet)
    async with acting_desk(tmp_path, (100, 30), fleet=fleet, specs=()) as person:
        await person.open("mig")
        for key in ("1", "3"):
            await person.press(key)
            assert person.app.screen is person.screen
            assert "needs the start flag" in person.lines[-1]
        assert person.hands.planned == []


async def test_cancel_names_the_task_and_asks(tmp_path: Path) -> None:
    fleet = two_hosts()
    begun = fleet.clock.time()
    outgoing(fleet, move=reading(begun, 1 << 30), started=begun)
    async with acting_desk(tmp_path, (100, 30), fleet=fleet, specs=()) as person:
        text = await _asked(person, "c")
        assert "nativeTask_Cancel" in text
        assert "/5/1" in text
        assert person.hands.made == []


async def test_a_console_that_only_looks_sends_nothing() -> None:
    fleet = offering(two_hosts())
    TOLD["not-converging"](fleet)
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        await person.press("2")
        assert person.app.screen is person.screen
        assert "nothing can be changed" in person.lines[-1]


async def test_what_is_over_has_no_way_out() -> None:
    fleet = offering(two_hosts())
    TOLD["done"](fleet)
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        assert "Ways out" not in person.text
        for key in ("2", "c", "b"):
            await person.press(key)
            assert "nothing moves under the cursor" in person.lines[-1]


# --- the rest of the keys ---------------------------------------------------------------------------------------------


async def test_the_bell_rings_when_it_has_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = offering(two_hosts())
    outgoing(fleet)
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        rung: list[bool] = []
        monkeypatch.setattr(person.app, "bell", lambda: rung.append(True))
        await person.press("b")
        assert "bell" in person.lines[2] + person.lines[3]
        outgoing(fleet, DONE)
        await person.settle()
        assert rung == [True]
        outgoing(fleet, DONE, move=reading(fleet.clock.time(), 1))
        await person.settle()
        assert rung == [True]


async def test_enter_opens_the_one_and_escape_brings_the_list_back() -> None:
    fleet = offering(two_hosts())
    TOLD["not-converging"](fleet)
    async with desk(fleet, (80, 24), place=Place("mig")) as person:
        assert "VERDICT" in person.text
        await person.press("enter")
        assert "VERDICT" not in person.text
        assert "Verdict: NOT CONVERGING" in person.text
        await person.press("escape")
        assert "VERDICT" in person.text
        await person.press("q")
        assert person.screen is person.home
        assert only(fleet).live


async def test_the_report_is_written_for_a_ticket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fleet = offering(two_hosts())
    TOLD["done"](fleet)
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        await person.press("E", "m", "enter")
        await person.still()
        await person.press("E", "j", "enter")
        await person.still()
    text = written(tmp_path, "md")
    assert "# Migration of etl-big-2" in text
    assert "kvm-03 to kvm-12" in text
    assert "- audit number: 412" in text
    assert "- pause measured: 231 ms" in text
    assert "**DONE**: it runs at kvm-12" in text
    body = json.loads(written(tmp_path, "json"))
    assert (body["state"], body["pause_measured_s"], body["task"]) == ("done", 0.231, "N-412")
    assert body["timeline"][0]["kind"] == "begin"
    assert len(body["readings"]) > 10


async def test_the_list_goes_to_a_spreadsheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fleet = offering(two_hosts())
    TOLD["not-converging"](fleet)
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        await person.press("E", "c", "enter")
        await person.still()
    assert "NOT CONVERGING" in written(tmp_path, "csv")


async def test_what_moves_is_counted_in_every_header() -> None:
    fleet = offering(two_hosts())
    async with desk(fleet, (100, 30)) as person:
        await person.open("task")
        assert "mig" not in person.lines[0]
        for say in (ours, outgoing, incoming):
            say(fleet)
        await person.settle()
        assert "1 mig" in person.lines[0]
        for say in (ours, outgoing, incoming):
            say(fleet, DONE)
        await person.settle()
        assert " mig" not in person.lines[0]


async def test_records_are_kept_and_counted_the_next_time(tmp_path: Path) -> None:
    fleet = offering(two_hosts())
    TOLD["done"](fleet)
    [before] = fleet.migrations.ended()
    book = MigrationBook(tmp_path / "state" / "migrations")
    book.write([before])
    fleet = offering(two_hosts())
    fleet.migrations.restore(book.load())
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        assert "1 done today" in person.lines[0]
        assert rows_named(person) == 1
        assert "pause 231 ms" in person.text


async def test_a_move_is_written_down_as_soon_as_it_is_seen(tmp_path: Path) -> None:
    """A console that is killed in its first seconds finds the same record again."""
    fleet = offering(two_hosts())
    book = MigrationBook(tmp_path / "state" / "migrations")
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        watch = MigrationWatch(person.app, fleet, book)
        await watch.start()
        outgoing(fleet)
        [live] = fleet.migrations.live()
        for _ in range(600):
            if book.load():
                break
            await asyncio.sleep(0.02)
        assert [one.id for one in book.load()] == [live.id]
        await watch.stop()


# --- the form ---------------------------------------------------------------------------------------------------------


async def test_a_move_is_filled_in_planned_confirmed_and_watched(tmp_path: Path) -> None:
    fleet = two_hosts()
    async with acting_desk(tmp_path, (80, 24), fleet=fleet, specs=()) as person:
        person.hands.holds = True
        await person.go_to("kvm-03", VM)
        await person.press("m", "l")
        for _ in range(600):
            if "kvm-12" in person.text:
                break
            await person.pilot.pause(0.05)
        assert "move while it runs etl-big-2" in person.text
        await person.press(*(["tab"] * 8), "y")  # arm post-copy
        await person.press("enter")
        await person.planned()
        assert "to host kvm-12" in person.text
        await person.press("y")
        for _ in range(600):
            if person.screen.place().name == "mig" and rows_named(person):
                break
            await person.pilot.pause(0.05)
        assert person.screen.place() == Place("mig", ref=f"kvm-03:{VM}")
        assert rows_named(person) == 1
        [operation] = [one for one in person.hands.planned if one.arguments.get("post_copy")][:1]
        assert operation.arguments["to"] == "kvm-12:host:kvm-12"
        outgoing(fleet)
        await person.settle()
        assert rows_named(person) == 1
        assert only(fleet).last.armed == ("post-copy", "peer-to-peer")
        person.hands.release()
        outgoing(fleet, DONE)
        await person.done()
        assert rows_named(person) == 1
        assert "1 done today" in person.lines[0]


async def test_a_host_is_typed_by_its_name(tmp_path: Path) -> None:
    fleet = two_hosts()
    async with acting_desk(tmp_path, (100, 30), fleet=fleet, specs=()) as person:
        await person.go_to("kvm-03", VM)
        await person.press("colon", *"migrate live kvm-1x", "enter")
        assert "it cannot move to" in person.lines[-1]
        await person.press("escape")
        await person.press("colon", *"migrate live kvm-12", "enter")
        await person.planned()
        assert person.hands.planned[0].arguments["to"] == "kvm-12:host:kvm-12"


# --- one row, and no percentage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dirty32x16-bw8-raised32", "dirty16x8-bw16-storage", "dirty48x32-bw8"])
async def test_in_no_frame_has_the_machine_zero_or_two_rows(name: str) -> None:
    dice = random.Random(name)
    fleet = offering(two_hosts())
    begun = fleet.clock.time()
    moves = readings(load(FOLDER / f"{name}.jsonl"), begun)[::6]
    says = [lambda move=move: outgoing(fleet, move=move, started=begun) for move in moves]
    says.insert(dice.randrange(3), lambda: ours(fleet, started=begun))
    says.insert(dice.randrange(1, 6), lambda: machine(fleet, "kvm-12", "paused"))
    says.insert(dice.randrange(1, 6), lambda: incoming(fleet, started=begun))
    ends = [
        lambda: outgoing(fleet, DONE, started=begun),
        lambda: incoming(fleet, DONE, started=begun),
        lambda: ours(fleet, DONE, started=begun),
        lambda: machine(fleet, "kvm-12", "running"),
        lambda: fleet.remove("kvm-03", VM),
    ]
    dice.shuffle(ends)
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        for number, say in enumerate([*says, *ends]):
            say()
            fleet.clock.advance(0.25)
            await person.settle()
            assert person.home.fleet.identity.count(None, "machines") == 1, number
            assert len(list(fleet.migrations.all())) <= 1, number
            if fleet.migrations.moving or number > 8:
                assert rows_named(person) == 1, (number, person.text)
        assert only(fleet).state is DONE
        await person.press("escape")
        assert person.names() == ["etl-big-2"]


@pytest.mark.parametrize("name", RECORDINGS)
def test_no_recording_shows_a_percentage_after_its_first_pass(name: str) -> None:
    fleet = offering(two_hosts())
    look = look_at(fleet)
    table = migration_table(fleet, look)
    begun, over, more_sent = fleet.clock.time(), False, False
    for move in readings(load(FOLDER / f"{name}.jsonl"), begun):
        fleet.clock.advance(max(0.0, (move.at or begun) - fleet.clock.time()))
        outgoing(fleet, move=move, started=begun)
        over = over or (move.iteration or 0) > 1
        more_sent = more_sent or bool(move.memory_total and (move.memory_sent or 0) > move.memory_total)
        if over or more_sent:
            assert "%" not in table.words(Moving(key=0, record=only(fleet)))


def test_most_recordings_have_several_passes_and_send_more_than_there_is() -> None:
    passes = [max((one.iteration or 0) for one in readings(recording, 0.0)) for recording in all_recordings()]
    assert sum(one > 1 for one in passes) >= 25
    told = [
        move
        for recording in all_recordings()
        for move in readings(recording, 0.0)
        if move.memory_total and (move.memory_sent or 0) > move.memory_total
    ]
    assert told


async def test_a_product_that_tells_a_percentage_gets_no_figure_in_bytes() -> None:
    fleet = offering(two_hosts())
    move = MigrationProgress(source="esx-07", destination="esx-03", fidelity=Fidelity.PERCENT)
    async with desk(fleet, (160, 50), place=Place("mig")) as person:
        for percent in range(0, 100, 7):
            tell(fleet, "kvm-03", "task-88", move=move, progress=float(percent))
            fleet.clock.advance(3)
            await person.settle()
            shown = re.sub(r"Ways out.*?(?=Timeline)", "", person.text, flags=re.DOTALL)
            assert f"{percent}%" in shown
            assert not re.search(r"\d[KMGT]\b", shown), shown


async def test_only_changed_lines_are_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading of one machine draws its own row again, and no other."""
    fleet = offering(two_hosts())
    recorded("dirty16x4-bw16", 8)(fleet)
    for number in range(8):
        key = f"vm:0000000{number}-fb32-420f-8177-d4ba00014344"
        tell(fleet, "kvm-03", f"other/{number}", key=key, move=reading(fleet.clock.time()))
    async with desk(fleet, (160, 50), place=Place("mig")) as person:
        table = person.screen._source.table  # type: ignore[attr-defined]
        drawn: list[str] = []
        row = type(table).row
        monkeypatch.setattr(
            type(table), "row", lambda self, item, *how: (drawn.append(item.record.name), row(self, item, *how))[1]
        )
        outgoing(fleet, move=reading(fleet.clock.time() + 1, 1 << 20, iteration=4))
        await person.settle()
        assert drawn == ["etl-big-2"]


async def test_a_machine_that_moves_again_stays_on_its_row() -> None:
    fleet = offering(two_hosts())
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        for number, state in enumerate((TaskState.FAILED, DONE, TaskState.CANCELLED)):
            fleet.clock.advance(30)
            begun, id = fleet.clock.time(), f"{VM}/5/{number}"
            for told in (TaskState.RUNNING, state):
                outgoing(fleet, told, id=id, move=reading(fleet.clock.time(), 1 << 30), started=begun)
                await person.settle()
                assert rows_named(person) == 1, person.text
                fleet.clock.advance(1)
        assert "earlier today" in person.text
        assert "1 done today  1 failed" in person.lines[0]
        assert len(fleet.migrations.ended()) == 3


async def test_when_the_one_that_is_watched_ends_no_other_takes_its_place() -> None:
    fleet = offering(two_hosts())
    outgoing(fleet, started=fleet.clock.time())
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        assert "▌ etl-big-2" in person.text
        fleet.clock.advance(5)
        fleet.tell("kvm-12", {OTHER: {"name": "quiet-one", "parent": "host:kvm-12", "uuid": OTHER.partition(":")[2]}})
        tell(fleet, "kvm-12", f"{OTHER}/5/0", key=OTHER, move=reading(fleet.clock.time()), started=fleet.clock.time())
        await person.settle()
        outgoing(fleet, DONE)
        fleet.clock.advance(1)
        await person.settle()
        assert person.text.index("quiet-one") < person.text.index("etl-big-2")
        assert "▌ etl-big-2" in person.text


async def test_hosts_of_one_name_are_called_by_their_connections() -> None:
    fleet = offering(two_hosts())
    for name in ("kvm-03", "kvm-12"):
        fleet.tell(name, {f"host:{name}": {"name": "localhost"}})
    outgoing(fleet, move=reading(fleet.clock.time(), source="localhost"))
    move = MigrationProgress(destination="localhost", at=fleet.clock.time())
    tell(fleet, "kvm-12", f"{VM}/4/1", move=move)
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        assert "kvm-03→kvm-12" in person.line("▌")


async def test_moves_that_wait_for_their_turn_are_listed_once_each(tmp_path: Path) -> None:
    fleet = two_hosts()
    others = [f"vm:0000000{number}-fb32-420f-8177-d4ba00014344" for number in range(3)]
    for number, key in enumerate(others):
        fleet.tell("kvm-03", {key: {"name": f"other-{number}", "parent": "host:kvm-03", "power": "running"}})
    async with acting_desk(tmp_path, (100, 30), fleet=fleet, specs=()) as person:
        person.hands.holds = True
        await person.go_to("kvm-03", VM)
        await person.press("asterisk", "colon", *"migrate live kvm-12", "enter")
        await person.planned()
        await person.write("4")
        await person.press("enter")
        for _ in range(600):
            if person.screen.place().name == "mig" and "2 queued" in person.lines[0]:
                break
            await person.pilot.pause(0.05)
        assert "2 moving  2 queued" in person.lines[0]
        assert "2 queued, 2 at a time" in person.lines[0]
        await person.press("G")
        assert "waits for its turn" in person.text
        assert "2 machines at a time leave a host" in person.text
        for name in ("etl-big-2", "other-0", "other-1", "other-2"):
            assert rows_named(person, name) == 1, person.text
        while not person.app.stage.acting or person.app.stage.acting.gate.runs:
            person.hands.release()
            await person.pilot.pause(0.05)
        await person.settle()
        assert "4 done today" in person.lines[0]
        for name in ("etl-big-2", "other-0", "other-1", "other-2"):
            assert rows_named(person, name) == 1, person.text


@pytest.mark.parametrize("name", sorted(TOLD))
async def test_without_colour_the_same_is_said(name: str) -> None:
    fleet = offering(two_hosts())
    TOLD[name](fleet)
    plain = Theming("dark", environ={"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"})
    async with desk(fleet, (80, 24), theming=plain) as person:
        await person.press("M")
        assert not colours(person)
        assert person.text + "\n" == (FOLDER_OF_PICTURES / f"mig-{name}-80x24.txt").read_text(encoding="utf-8")


async def test_what_was_checked_before_stands_in_the_record() -> None:
    fleet = offering(two_hosts())
    fleet.migrations.prechecked("kvm-03", VM, [("storage", "yes"), ("memory", "unknown"), ("devices", "no")])
    for say in (ours, outgoing):
        say(fleet)
    async with desk(fleet, (100, 30), place=Place("mig")) as person:
        assert "storage ✓  memory ?  devices ×" in person.line("pre-check")

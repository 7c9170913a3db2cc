"""The screens of tasks, events and alarms: what their keys do, what they follow, and what bell and command hear."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from novatui.config.alarms import Alarms as AlarmConfig
from novatui.config.alarms import default_alarms
from novatui.core.events import Severity
from novatui.core.tasks import TaskState
from novatui.engine import alarm_hook
from novatui.engine.alarm_book import AlarmBook
from novatui.engine.alarms import Alarms
from novatui.ui.place import Place
from novatui.ui.screens.alarms import AlarmScreen
from novatui.ui.screens.detail import DetailScreen
from novatui.ui.screens.feed import FeedScreen
from novatui.wire import frames
from tests.ui.desk import Desk, desk
from tests.ui.still import EVENING, StillFleet
from tests.ui.world import event, machine, task, world


def feed(person: Desk) -> FeedScreen:
    assert isinstance(person.screen, FeedScreen)
    return person.screen


def alarms(person: Desk) -> AlarmScreen:
    assert isinstance(person.screen, AlarmScreen)
    return person.screen


def events_listed(person: Desk) -> int:
    return len(feed(person)._events_source.order)


async def drain(person: Desk) -> None:
    """The pulse beats once."""
    person.app.stage.pulse._tick()
    await person.settle()


async def until(happened: Callable[[], bool]) -> None:
    """Wait for something outside the console."""
    async with asyncio.timeout(60):
        while not happened():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.02)


# Tasks and events


def somebodys(fleet: StillFleet) -> StillFleet:
    """With a task and an event of the account that all connections logged in with, and some of others."""
    for who in ("VSPHERE.LOCAL\\oncall", "ana"):
        fleet.hear(
            task("vc-east", id=who, verb="start", target=f"of {who}", state=TaskState.RUNNING, who=who),
            event("vc-east", id=who, at=EVENING - 1, subject=f"of {who}", text="was started", who=who),
        )
    return fleet


async def test_only_what_this_person_started() -> None:
    async with desk(somebodys(world()), place=Place("task")) as person:
        everything = len(feed(person)._tasks_source.order), events_listed(person)
        await person.press("T")
        assert "mine only" in person.lines[1]
        assert (len(feed(person)._tasks_source.order), events_listed(person)) == (1, 1)
        assert "of VSPHERE.LOCAL" in person.text
        await person.press("slash", *"of ana", "enter")
        assert "no task of yours fits the filter" in person.text
        await person.press("escape", "T")
        assert (len(feed(person)._tasks_source.order), events_listed(person)) == everything
        await person.press("colon", *"feed-mine", "enter")
        assert "mine only" in person.lines[1]


async def test_tasks_events_and_alarms_are_exported_as_filtered(tmp_path: Path) -> None:
    async with desk(somebodys(world()), (160, 50), place=Place("task", filter="state:failed")) as person:
        await save(person, "j", tmp_path / "tasks.json")
        (failed,) = json.loads((tmp_path / "tasks.json").read_text())
        assert failed["ref"] == "pool-xen:vm:vdi-0231"
        assert failed["state"] == "failed"
        assert failed["failure"]
        assert "progress" not in failed
        await person.press("escape", "tab", "slash", *"conn:vc-east", "enter")
        await save(person, "c", tmp_path / "events.csv")
        rows = list(csv.DictReader((tmp_path / "events.csv").open(encoding="utf-8")))
        assert {row["connection"] for row in rows} == {"vc-east"}
        assert max(int(row["count"]) for row in rows) == 14
        assert all(row["moment"].endswith("+00:00") for row in rows)
        await person.open("alarm")
        await save(person, "m", tmp_path / "alarms.md")
        lines = (tmp_path / "alarms.md").read_text().splitlines()
        assert lines[0] == "| LEVEL | OBJECT | CONN | SINCE | KNOWN TO | ALARM |"
        assert len(lines) == 2 + len(person.app.stage.watch.alarms.raised())
        await save(person, "j", tmp_path / "alarms.json")
        exact = json.loads((tmp_path / "alarms.json").read_text())
        assert {"level", "rule", "object", "since", "text", "connection"} <= exact[0].keys()


async def save(person: Desk, key: str, path: Path) -> None:
    """Export what is listed."""
    await person.press("E", key, "ctrl+u")
    await person.type(str(path))
    await person.press("enter")
    await until(path.exists)
    await person.pilot.pause(0.1)
    await person.settle()
    assert "rows are in" in person.lines[-1]


async def test_the_pane_below_follows_the_task_under_the_cursor() -> None:
    async with desk(world(), (100, 30)) as person:
        await person.press("t")
        assert "backup fs-gone: queued" in person.text
        await person.press("j", "j", "j")
        assert "start vdi-0231: why it failed" in person.text
        assert " means  the machine may run on xen-a1 only" in person.text
        assert " try    stop something on xen-a1" in person.text


async def test_a_percentage_is_drawn_only_where_the_product_states_one() -> None:
    async with desk(world(), (100, 30)) as person:
        await person.press("t")
        lines = person.text.splitlines()
        assert "68%" in next(line for line in lines if "web-front-11" in line)
        told = next(line for line in lines if "etl-big-2" in line)
        assert "no percentage" in told
        assert "%" not in told


async def test_new_tasks_and_events_come_in_on_top() -> None:
    fleet = world()
    async with desk(fleet, (100, 30)) as person:
        await person.press("t")
        fleet.hear(
            task("vc-east", id="n1", verb="clone", target="new-1", state=TaskState.RUNNING, started=EVENING),
            event("vc-east", id="n1", at=EVENING, subject="new-1", text="is cloned"),
        )
        await drain(person)
        assert "new-1" in person.text.splitlines()[4]
        first = feed(person)._events_source
        newest = first.item(first.order[0])
        assert newest is not None
        assert newest.event.subject == "new-1"


async def test_following_ends_when_the_cursor_moves_and_begins_again_by_its_key() -> None:
    fleet = world()
    async with desk(fleet, (100, 30)) as person:
        await person.press("t", "tab")
        assert "follow on" in person.text
        await person.press("j", "j")
        assert "follow off" in person.text
        under = feed(person)._events.cursor
        fleet.hear(*(event("vc-east", id=f"n{at}", at=EVENING, subject=f"new-{at}", text=str(at)) for at in range(3)))
        await drain(person)
        assert feed(person)._events.cursor == under, "what is read stays under the cursor"
        await until(lambda: "3 new above" in person.text)
        await person.press("f")
        assert "follow on" in person.text
        assert feed(person)._events.model.cursor_index == 0


async def test_the_filter_is_for_tasks_and_events_alike() -> None:
    async with desk(world(), (100, 30)) as person:
        await person.press("t", "slash", *"fam:xen")
        assert len(feed(person)._tasks_source.order) == 1
        assert events_listed(person) == 2
        await person.press("enter")
        assert feed(person).place() == Place("task", filter="fam:xen")
        await person.press("escape")
        assert feed(person).place() == Place("task")
        assert events_listed(person) == 5
        await person.press("slash", *"sev:eror")
        assert "severity is never eror" in person.text
        await person.press("escape")
        assert events_listed(person) == 5


async def test_the_words_behind_the_colon_open_them_filtered() -> None:
    async with desk(world(), (100, 30)) as person:
        await person.press("colon", *"ev @pool-xen severity:warning", "enter")
        assert feed(person).place() == Place("ev", filter="conn:pool-xen severity:warning")
        assert events_listed(person) == 1
        await person.press("colon", *"alarm rule:crash", "enter")
        assert len(alarms(person)._source.order) == 1


async def test_enter_opens_the_object() -> None:
    async with desk(world(), (100, 30)) as person:
        await person.press("t", "j", "j", "j", "enter")
        assert isinstance(person.screen, DetailScreen)
        assert "vdi-0231" in person.text.splitlines()[0]
        await person.press("escape")
        await person.press("g", "enter")
        assert "this row is about no object" in person.text


async def test_what_is_shown_short_can_be_had_in_full() -> None:
    async with desk(world(), (80, 24)) as person:
        await person.press("t", "j", "j", "j")
        assert feed(person).line_in_words().startswith("× err  start  vdi-0231  pool-xen  ?  23:40:50  1s  not enough")
        full = feed(person).paged()
        assert "native: HOST_NOT_ENOUGH_FREE_MEMORY: 4294967296, 3328599654, OpaqueRef:2f0c3a1e" in full
        assert "try: stop something on xen-a1, or give the machine less memory" in full
        await person.press("tab", "G")
        assert "x14 folded  cpu ready 6.1 % > 5 %" in feed(person).line_in_words()
        assert len(feed(person).paged().splitlines()) == 5
        await person.press("exclamation_mark")
        assert alarms(person).line_in_words().endswith("nobody  crashed: Crashed (0x7e)")
        assert len(alarms(person).paged().splitlines()) == 43


async def test_clocks_that_are_corrected_are_named() -> None:
    fleet = world()
    for at in range(12):
        told = event("hv-clu1", id=f"s{at}", at=EVENING - 100 + at, subject=f"s{at}", text="late").event
        ahead = msgspec.structs.replace(told, at=told.at + 3.2)
        fleet.events.apply(frames.EventRecord("hv-clu1", 1, ahead))
    async with desk(fleet, (100, 30)) as person:
        await person.press("t")
        assert "skew corrected: hv-clu1 -3.2 s" in person.text


async def test_an_event_folded_into_another_stays_one_row() -> None:
    fleet = world()
    async with desk(fleet, (100, 30)) as person:
        await person.press("t", "tab", "G")
        count = events_listed(person)
        assert "x14 folded" in person.text
        ready = {"key": "vm:db-orders-01", "severity": Severity.WARNING, "alarm": "cpu ready", "raised": True}
        fleet.hear(event("vc-east", id="e99", at=EVENING - 1, text="cpu ready 6.1 % > 5 %", **ready))
        await drain(person)
        assert events_listed(person) == count
        assert "x15 folded" in person.text


# Alarms


async def test_an_alarm_is_acknowledged_and_the_cursor_goes_on() -> None:
    async with desk(world(), (100, 30)) as person:
        await person.press("exclamation_mark")
        assert "2 critical, 2 warnings" in person.text
        await person.press("a")
        assert "1 critical, 2 warnings, 39 chores, 1 acknowledged" in person.text
        one = alarms(person)._source.item(alarms(person)._list.cursor)
        assert one is not None
        assert one.subject == "pve-lab"
        await person.press("G", "a")
        assert "2 critical" in person.text, "the same key takes it back"


async def test_marked_alarms_are_silenced_for_the_time_that_the_next_key_says() -> None:
    fleet = world()
    async with desk(fleet, (100, 30)) as person:
        await person.press("exclamation_mark", "space", "space", "z")
        assert "silence 2 alarms" in person.text
        await person.press("8")
        assert "0 critical, 2 warnings, 39 chores, 2 silenced" in person.text
        assert "hush 8h" not in person.text, "they went to the end"
        await person.press("G")
        assert "hush 8h" in person.text
        await person.press("z", "u")
        assert "1 silenced" in person.text
        await person.press("z", "x")
        assert "1 silenced" in person.text, "any other key does nothing"


async def test_rows_and_counts_follow_alarms() -> None:
    fleet = world()
    async with desk(fleet, (160, 50)) as person:
        assert "2 crit" in person.text.splitlines()[0]
        await person.go_to("pool-xen", "vm:vdi-0231")
        assert "!vdi-0231" in person.text
        await person.press("exclamation_mark", "z", "d", "escape")
        assert "1 crit" in person.text.splitlines()[0]
        assert "vdi-0231" in person.text
        assert "!vdi-0231" not in person.text
        fleet.tell("kvm-12", {"vm:new": machine("aaa-new", "kvm-12", "crashed", native_state="crashed")})
        await drain(person)
        assert "2 crit" in person.text.splitlines()[0]
        await person.go_to("kvm-12", "vm:new")
        assert "!aaa-new" in person.text


async def test_what_was_said_is_written_down(tmp_path: Path) -> None:
    fleet, path = world(), tmp_path / "state" / "alarms.json"
    judged = Alarms(fleet, default_alarms(), AlarmBook(path), fleet.clock)
    async with desk(fleet, (100, 30), alarms=judged) as person:
        await person.press("exclamation_mark", "a")
        await until(path.exists)
    (note,) = json.loads(path.read_text())["notes"]
    assert note["acknowledged_by"] == "oncall"
    assert note["id"]["rule"] == "crash"


# What is heard


def crash(fleet: StillFleet, name: str) -> None:
    fleet.tell("kvm-12", {f"vm:{name}": machine(name, "kvm-12", "crashed", native_state="crashed")})


def get_known(person: Desk) -> None:
    """The connection has told all it has for a while: what comes now is new."""
    person.fleet.connections["kvm-12"].listed = True
    for _ in range(2):
        person.app.stage.watch._tick()


async def test_the_bell_rings_once_for_a_storm_and_not_for_what_was_there() -> None:
    fleet = world()
    async with desk(fleet, (100, 30)) as person:
        rings: list[int] = []
        person.app.bell = lambda: rings.append(1)  # type: ignore[method-assign]
        watch = person.app.stage.watch
        get_known(person)
        assert rings == []
        for at in range(20):
            crash(fleet, f"c{at}")
        await drain(person)
        assert rings == [1]
        crash(fleet, "another")
        await drain(person)
        assert rings == [1], "a moment later is the same storm"
        fleet.clock.advance(6)
        crash(fleet, "later")
        await drain(person)
        assert rings == [1, 1]
        fleet.clock.advance(6)
        watch.silence([alarm.id for alarm in watch.alarms.raised()], 3600)
        fleet.tell("kvm-12", {"vm:later": machine("later", "kvm-12")})
        await drain(person)
        crash(fleet, "later")
        await drain(person)
        assert rings == [1, 1], "silenced"


async def test_the_command_hears_of_new_alarms(tmp_path: Path) -> None:
    out = tmp_path / "heard"
    told = "os.environ['NOVATUI_ALARM_TEXT'] + '|' + os.environ['NOVATUI_ALARM_REF'] + chr(10)"
    script = f"import os, sys; open(sys.argv[1], 'a').write({told})"
    config = AlarmConfig(command=(sys.executable, "-c", script, str(out)), rules=default_alarms().rules)
    fleet = world()
    async with desk(fleet, (100, 30), alarms=Alarms(fleet, config, clocks=fleet.clock)) as person:
        get_known(person)
        crash(fleet, "broken")
        await drain(person)
        await until(lambda: out.exists() and out.read_text().endswith("\n"))
    assert out.read_text() == "crashed: crashed|kvm-12:vm:broken\n"


async def test_everything_is_measured_in_rounds() -> None:
    fleet = world()
    async with desk(fleet, (100, 30)) as person:
        pulse = person.app.stage.pulse
        assert None not in pulse._wanted().values()
        pulse.measure_all(True)
        assert pulse._wanted() == dict.fromkeys(fleet.connections)
        assert not fleet.metrics.begins_rings
        pulse.measure_all(False)
        assert None not in pulse._wanted().values()
        assert fleet.metrics.begins_rings


async def test_a_hook_that_fails_or_hangs_is_logged_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    facts = {"NOVATUI_ALARM_OBJECT": "db"}
    await alarm_hook.run(("/no/such/program",), 5.0, facts)
    await alarm_hook.run((sys.executable, "-c", "print('no\\x1b[31m'); raise SystemExit(3)"), 60.0, facts)
    await alarm_hook.run((sys.executable, "-c", "import time; print('waits', flush=True); time.sleep(600)"), 2.0, facts)
    told = [record.getMessage() for record in caplog.records if record.name == "novatui.engine.alarm_hook"]
    assert told[0] == "the alarm command cannot be run: /no/such/program: No such file or directory"
    assert told[1].startswith("the alarm command for db failed with exit code 3: no")
    assert "\x1b" not in told[1]
    assert told[2].startswith("the alarm command for db was ended after 2 s")

"""What happens in the demo fleet: it follows from the time alone, is told completely, and fits together."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.backends.demo.events import events_between
from novatui.backends.demo.migration import percent, progress, scheduled
from novatui.backends.demo.precopy import Journey
from novatui.backends.demo.routines import ROUTINES, Routine, before, moment
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import AWAY_FROM_SITE, GIB
from novatui.backends.demo.tasks import tasks_at
from novatui.core.migration import Fidelity, MigrationProgress
from novatui.core.states import Family, Power
from novatui.core.tasks import TaskState
from tests.conformance.legal import check_event, check_task
from tests.unit.demo_scenes import NOON, scene_at, scene_of

WORLD = st.floats(min_value=1.5e9, max_value=2.5e9)
WHILE = 3100
"""Seconds: longer than every circle."""


@pytest.fixture(params=Family, ids=lambda family: family.value)
def scene(request: pytest.FixtureRequest) -> Scene:
    return scene_of(request.param)


# --- routines ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ROUTINES)
def test_beats_follow_each_other(name: str) -> None:
    """No beat begins before the one before it is over, and the last is over before the circle closes."""
    routine = ROUTINES[name]
    ends = [beat.at + beat.takes for beat in routine.beats]
    begins = [*(beat.at for beat in routine.beats[1:]), routine.length]
    assert all(end < begin for end, begin in zip(ends, begins, strict=True))
    assert routine.beats[0].at > 0


@given(routine=st.sampled_from(list(ROUTINES.values())), phase=st.floats(0, 2000), world=WORLD)
def test_the_last_moment_is_the_last(routine: Routine, phase: float, world: float) -> None:
    last = moment(routine, phase, world)
    assert last.begin <= world
    assert world - last.begin < routine.length
    earlier = before(routine, phase, last)
    assert earlier.number == last.number - 1
    assert earlier.end <= last.begin


# --- life -------------------------------------------------------------------------------------------------------------


def test_every_change_is_told(scene: Scene) -> None:
    """Whatever differs between two looks is among the changed: else it would show only after the next listing."""
    lively = [machine for machine in scene.estate.machines if machine.routine]
    assert lively
    look = 3.0
    rows = {machine.id: scene.row(machine, scene.now(machine, NOON)) for machine in lively}
    seen = 0
    for step in range(int(WHILE / look)):
        since, until = NOON + step * look, NOON + (step + 1) * look
        told = {machine.id for machine in scene.life.changed(since, until)}
        for machine in lively:
            row = scene.row(machine, scene.now(machine, until))
            if row != rows[machine.id]:
                seen += 1
                assert machine.id in told, f"{machine.name} ({machine.routine}) changed in silence"
            rows[machine.id] = row
    assert seen > len(lively)


def test_something_happens_but_not_too_much(scene: Scene) -> None:
    events = events_between(scene, NOON, NOON + 3600, 0.0)
    assert 20 < len(events) < 3600 / 4


def test_a_large_fleet_is_no_busier() -> None:
    few, many = scene_at("vc-east", "vms=1000"), scene_at("vc-east", "vms=20000")
    assert len(events_between(many, NOON, NOON + 3600, 0.0)) < 2 * len(events_between(few, NOON, NOON + 3600, 0.0))


def test_events_are_legal_and_told_once(scene: Scene) -> None:
    whole = events_between(scene, NOON, NOON + 600, 0.0)
    cuts = [NOON + at for at in (0, 7, 133.5, 400, 600)]
    parts = [event for since, until in itertools.pairwise(cuts) for event in events_between(scene, since, until, 0.0)]
    assert parts == whole
    assert len({event.id for event in whole}) == len(whole)
    for event in whole:
        check_event(msgspec.structs.replace(event, seen=event.at))


def test_alarms_are_raised_and_cleared_in_turn() -> None:
    scene = scene_of(Family.VSPHERE)
    told = [event for event in events_between(scene, NOON, NOON + 3600, 0.0) if event.alarm]
    assert told
    for key in {event.key for event in told}:
        turns = [event.raised for event in told if event.key == key]
        assert all(one is not other for one, other in itertools.pairwise(turns))


def test_an_alarm_shows_in_row_and_load() -> None:
    scene = scene_of(Family.VSPHERE)
    machine = next(m for m in scene.estate.machines if m.routine == "alarm")
    states = {scene.now(machine, NOON + at).alarm for at in range(600)}
    assert states == {True, False}
    for at in range(0, 600, 20):
        now = scene.now(machine, NOON + at)
        assert scene.row(machine, now).values["alarms"] == int(now.alarm)


def test_a_machine_of_unknown_state_stays_unknown() -> None:
    scene = scene_of(Family.PROXMOX)
    found = [m for m in scene.estate.machines if m.power is Power.UNKNOWN]
    assert found
    assert scene.row(found[0], scene.now(found[0], NOON)).values["power"] == "unknown"


def test_clones_come_and_go() -> None:
    scene = scene_of(Family.PROXMOX)
    clone = next(m for m in scene.estate.machines if m.routine == "clone")
    here = [scene.now(clone, NOON + at).here for at in range(0, 1440, 2)]
    assert {True, False} == set(here)


def test_snapshots_of_the_routine_hang_below_the_last_one() -> None:
    scene = scene_of(Family.VSPHERE)
    machine = next(m for m in scene.estate.machines if m.routine == "snapshot" and m.snapshots)
    counts = set()
    for at in range(0, 800, 5):
        tree = scene.snapshots(machine, scene.now(machine, NOON + at))
        counts.add(len(tree))
        assert sum(snapshot.current for snapshot in tree) == 1
        ids = {snapshot.id for snapshot in tree}
        assert all(snapshot.parent in ids for snapshot in tree if snapshot.parent)
    assert counts == {len(machine.snapshots), len(machine.snapshots) + 1}


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_tasks_are_legal(scene: Scene) -> None:
    states = set()
    for at in range(0, WHILE, 50):
        tasks = tasks_at(scene, NOON + at)
        assert len({task.id for task in tasks}) == len(tasks)
        for task in tasks:
            check_task(task)
            states.add(task.state)
    assert TaskState.RUNNING in states


def test_a_task_keeps_its_id_and_goes_on(scene: Scene) -> None:
    first = {task.id: task for task in tasks_at(scene, NOON)}
    for task in tasks_at(scene, NOON + 2):
        if task.id in first and first[task.id].state is TaskState.RUNNING:
            old = first[task.id]
            assert (task.verb, task.key, task.who, task.started) == (old.verb, old.key, old.who, old.started)
            assert (task.progress or 0) >= (old.progress or 0)


def test_failures_are_told_in_native_words() -> None:
    wanted = {
        Family.VSPHERE: "quiesc",
        Family.HYPERV: "Checkpoint operation for",
        Family.XCPNG: "HOST_NOT_ENOUGH_FREE_MEMORY",
        Family.PROXMOX: "TASK ERROR",
    }
    for family, words in wanted.items():
        scene = scene_of(family)
        found = [task for at in range(0, WHILE, 100) for task in tasks_at(scene, NOON + at) if task.failure]
        assert any(words in task.failure.native for task in found if task.failure), family
        assert all(task.failure.message for task in found if task.failure)


def test_a_family_that_forgets_tells_only_what_runs() -> None:
    scene = scene_of(Family.LIBVIRT)
    assert all(task.state is TaskState.RUNNING for at in range(0, 900, 30) for task in tasks_at(scene, NOON + at))


# --- migrations -------------------------------------------------------------------------------------------------------


def test_a_machine_between_two_connections_is_never_nowhere() -> None:
    """While it moves it is on both, with one uuid; otherwise on exactly one. The one it leaves owns the job."""
    here, there = scene_at("kvm-03"), scene_at("kvm-12")
    travellers = [m for m in here.estate.machines if m.routine in ("travel", "stall") and not m.visitor]
    visitors = {m.uuid: m for m in there.estate.machines if m.visitor}
    assert travellers
    assert {m.uuid for m in travellers} == set(visitors)
    moves = 0
    for at in range(0, 1500, 3):
        world = NOON + at
        jobs = [{task.key for task in tasks_at(scene, world) if task.verb == "migrate"} for scene in (here, there)]
        for machine in travellers:
            guest = visitors[machine.uuid]
            home, away = here.now(machine, world), there.now(guest, world)
            key = f"vm:{machine.uuid}"
            if home.here and away.here:
                moves += 1
                assert home.power is away.power is Power.MIGRATING
                assert (key in jobs[0]) != (key in jobs[1]), "who leaves is told before who comes"
            else:
                assert home.here != away.here
    assert moves


def test_within_a_connection_the_host_changes_at_the_end() -> None:
    scene = scene_of(Family.VSPHERE)
    machine = next(m for m in scene.estate.machines if m.routine == "travel")
    assert machine.away not in (AWAY_FROM_SITE, machine.host)
    hosts = [scene.row(machine, scene.now(machine, NOON + at)).values["host"] for at in range(600)]
    assert len(set(hosts)) == 2
    powers = [scene.now(machine, NOON + at).power for at in range(600)]
    for at, (one, other) in enumerate(itertools.pairwise(hosts)):
        if one != other:
            assert powers[at] is Power.MIGRATING
            assert powers[at + 1] is Power.RUNNING


def told_at(journey: Journey, at: float, fidelity: Fidelity = Fidelity.FULL) -> MigrationProgress:
    return progress(journey, at, fidelity, ("a", "b"), NOON + at, None)


@given(memory=st.integers(1 * GIB, 256 * GIB), takes=st.floats(20, 600))
def test_a_migration_that_converges(memory: int, takes: float) -> None:
    journey = scheduled(memory, takes, stalls=False)
    times = [*(takes * at / 100 for at in range(100)), takes - 0.5]
    told = [told_at(journey, at) for at in times]
    phases = [phase for phase, _ in itertools.groupby(each.phase for each in told)]
    assert [phase for phase in phases if phase != "switch-over"] == ["preparing", "memory", "finishing"]
    sent = [each.sent for each in told if each.sent is not None]
    assert sent == sorted(sent)
    copying = [each for each in told if each.phase == "memory" and each.left is not None]
    assert all(0 <= each.left <= memory for each in copying if each.left is not None)
    rounds = [each.iteration for each in copying]
    assert rounds == sorted(rounds, key=lambda number: number or 0)
    assert all((each.dirty_rate or 0) < (each.rate or 0) for each in copying)


def test_a_migration_that_does_not_converge() -> None:
    memory = 64 * GIB
    journey = scheduled(memory, 410, stalls=True)
    later = [told_at(journey, at) for at in range(150, 400)]
    assert all((each.dirty_rate or 0) > (each.rate or 0) for each in later)
    highest = [max(each.left or 0 for each in later[at : at + 12]) for at in range(0, 240, 12)]
    assert min(highest) > memory / 20
    assert later[-1].sent is not None
    assert later[-1].sent > memory
    assert (later[-1].iteration or 0) > 20
    assert percent(410, 400, stalls=True) < 100


@pytest.mark.parametrize("fidelity", [Fidelity.PERCENT, Fidelity.NONE])
def test_what_a_family_does_not_tell_is_not_made_up(fidelity: Fidelity) -> None:
    told = told_at(scheduled(8 * GIB, 60, stalls=False), 30, fidelity)
    assert (told.total, told.sent, told.left, told.rate, told.dirty_rate, told.iteration) == (None,) * 6


def test_a_log_tells_no_remainder() -> None:
    told = told_at(scheduled(8 * GIB, 60, stalls=False), 30, Fidelity.LOG)
    assert told.sent
    assert told.left is None
    assert told.iteration is None

"""The store of migrations: one record for each move, in whatever order its tasks are told."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novatui.core.errors import BackendFault
from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.tasks import TaskState
from novatui.core.verdict import Call
from novatui.engine.migration_record import READINGS, STEPS
from tests.ui.still import StillFleet
from tests.unit.migrating import GIB, OTHER, UUID, VM, incoming, machine, only, ours, outgoing, reading, tell, two_hosts

RUNNING, DONE, FAILED, CANCELLED = TaskState.RUNNING, TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED

Say = Callable[[StillFleet], None]


@pytest.mark.parametrize("order", itertools.permutations(range(3)), ids=str)
def test_source_destination_and_our_operation_are_one_move(order: tuple[int, ...]) -> None:
    fleet = two_hosts()
    says: list[Say] = [outgoing, incoming, ours]
    for at in order:
        says[at](fleet)
        assert len(fleet.migrations.live()) == 1
    record = only(fleet)
    assert (record.source, record.destination, record.who, record.own) == ("kvm-03", "kvm-12", "oncall", "N-12")
    assert (record.conn, record.key, record.name) == ("kvm-03", VM, "etl-big-2")
    assert record.identity == UUID


@pytest.mark.parametrize("order", itertools.permutations(range(3)), ids=str)
def test_it_ends_once_whoever_says_so_first(order: tuple[int, ...]) -> None:
    fleet = two_hosts()
    for say in (ours, outgoing, incoming):
        say(fleet)
    ends: list[Say] = [
        lambda fleet: outgoing(fleet, DONE, move=reading(fleet.clock.time(), 0, downtime=0.231)),
        lambda fleet: incoming(fleet, DONE),
        lambda fleet: ours(fleet, DONE),
    ]
    for at in order:
        fleet.clock.advance(1)
        ends[at](fleet)
    record = only(fleet)
    assert (record.state, record.live) == (DONE, False)
    assert record.pause_real == 0.231
    assert record.verdict.call is Call.DONE
    assert [step.kind for step in record.steps].count("state") == 1


def test_a_random_shuffle_of_what_is_told_never_makes_two() -> None:
    for number in range(200):
        dice = random.Random(number)
        fleet = two_hosts(rows=dice.random() < 0.5)
        says: list[Say] = [outgoing] * 4 + [incoming] * 3 + [ours] * 2
        says += [lambda fleet: machine(fleet, "kvm-12", "paused")]
        dice.shuffle(says)
        for say in says:
            fleet.clock.advance(dice.random() * 2)
            say(fleet)
            fleet.drain()
            assert len(list(fleet.migrations.all())) <= 1, number
        ends: list[Say] = [
            lambda fleet: outgoing(fleet, DONE),
            lambda fleet: incoming(fleet, DONE),
            lambda fleet: ours(fleet, DONE),
        ]
        dice.shuffle(ends)
        for end in ends:
            fleet.clock.advance(dice.random() * 2)
            end(fleet)
            fleet.drain()
        assert only(fleet).state is DONE, number


def test_a_destination_that_tells_late_belongs_to_the_move_that_is_over() -> None:
    fleet = two_hosts()
    outgoing(fleet, started=fleet.clock.time())
    fleet.clock.advance(2)
    outgoing(fleet, DONE, started=fleet.clock.time() - 2)
    incoming(fleet)
    assert only(fleet).live is False
    incoming(fleet, DONE)
    assert only(fleet).state is DONE


def test_going_back_is_another_move() -> None:
    fleet = two_hosts()
    began = fleet.clock.time()
    outgoing(fleet, started=began)
    incoming(fleet, started=began)
    fleet.clock.advance(5)
    outgoing(fleet, DONE, started=began)
    incoming(fleet, DONE, started=began)
    fleet.clock.advance(1)
    back = reading(fleet.clock.time(), source="kvm-12")
    tell(fleet, "kvm-12", f"{UUID}/5/2", move=back, started=fleet.clock.time())
    assert [one.source for one in fleet.migrations.live()] == ["kvm-12"]
    assert [one.source for one in fleet.migrations.ended()] == ["kvm-03"]
    ours(fleet, number=13)
    assert len(list(fleet.migrations.all())) == 2
    assert fleet.migrations.live()[0].own == "N-13"


def test_machines_are_told_apart() -> None:
    fleet = two_hosts()
    outgoing(fleet)
    outgoing(fleet, id="other", key=OTHER)
    assert len(fleet.migrations.live()) == 2


def test_our_operation_has_the_last_word() -> None:
    fleet = two_hosts()
    ours(fleet)
    outgoing(fleet)
    outgoing(fleet, DONE)
    assert only(fleet).live
    failure = BackendFault("the destination did not start it").failure
    ours(fleet, FAILED, failure=failure)
    assert (only(fleet).state, only(fleet).failure) == (FAILED, failure)


def test_the_source_knows_better_than_the_destination() -> None:
    fleet = two_hosts()
    outgoing(fleet)
    incoming(fleet)
    incoming(fleet, FAILED)
    assert only(fleet).live
    outgoing(fleet, CANCELLED)
    assert only(fleet).state is CANCELLED
    assert "kvm-03" in only(fleet).verdict.reason


def test_a_straggler_is_not_waited_for_for_ever() -> None:
    fleet = two_hosts()
    ours(fleet)
    outgoing(fleet)
    ours(fleet, DONE)
    assert only(fleet).live
    fleet.clock.advance(11)
    fleet.drain()
    assert only(fleet).state is DONE


def test_a_lost_connection_ends_nothing() -> None:
    fleet = two_hosts()
    outgoing(fleet)
    fleet.lose("kvm-03")
    record = only(fleet)
    assert (record.live, record.state, record.verdict.call) == (True, TaskState.UNKNOWN, Call.STALE)
    fleet.clock.advance(300)
    fleet.drain()
    assert record.live
    fleet.connect("kvm-03")
    fleet.listed("kvm-03", ["host", "vm"])
    outgoing(fleet)
    assert (only(fleet).state, len(only(fleet).trace)) == (RUNNING, 2)
    assert only(fleet).verdict.call is not Call.STALE


def test_what_is_not_heard_of_after_a_lost_connection_ended_unknown() -> None:
    fleet = two_hosts()
    outgoing(fleet)
    fleet.lose("kvm-03")
    fleet.clock.advance(60)
    fleet.connect("kvm-03")
    fleet.listed("kvm-03", ["host", "vm"])
    fleet.drain()
    assert only(fleet).live
    fleet.clock.advance(11)
    fleet.drain()
    assert (only(fleet).live, only(fleet).state) == (False, TaskState.UNKNOWN)


def test_two_records_become_one_when_the_uuid_is_known() -> None:
    fleet = two_hosts(rows=False)
    tell(fleet, "kvm-03", "a", key="vm:17", move=reading(fleet.clock.time()))
    tell(fleet, "kvm-12", "b", key="vm:99", move=MigrationProgress(destination="kvm-12"))
    assert len(fleet.migrations.live()) == 2
    fleet.tell("kvm-03", {"vm:17": {"name": "it", "parent": "host:kvm-03", "uuid": UUID}})
    fleet.tell("kvm-12", {"vm:99": {"name": "it", "parent": "host:kvm-12", "uuid": UUID}})
    fleet.drain()
    record = only(fleet)
    assert (record.source, record.destination, record.conn) == ("kvm-03", "kvm-12", "kvm-03")
    tell(fleet, "kvm-03", "a", DONE, key="vm:17", move=reading(fleet.clock.time()))
    tell(fleet, "kvm-12", "b", DONE, key="vm:99", move=MigrationProgress(destination="kvm-12"))
    assert only(fleet).state is DONE


def test_the_destination_gives_no_readings_where_the_source_does() -> None:
    fleet = two_hosts()
    incoming(fleet)
    outgoing(fleet)
    for number in range(5):
        fleet.clock.advance(1)
        outgoing(fleet, move=reading(fleet.clock.time(), (5 - number) * GIB))
        incoming(fleet)
    assert [one.left for one in only(fleet).trace][-5:] == [number * GIB for number in (5, 4, 3, 2, 1)]


def test_what_it_was_started_with_is_known_of_our_own() -> None:
    fleet = two_hosts()
    asked = {"to": "kvm-12:host:kvm-12", "auto_converge": "yes", "post_copy": "yes", "parallel": "4"}
    fleet.migrations.asked("kvm-03", "N-12", "migrate.live", asked)
    ours(fleet)
    outgoing(fleet)
    assert only(fleet).last.armed == ("auto-converge", "post-copy", "parallel", "peer-to-peer")
    assert only(fleet).destination == "kvm-12"


def test_somebody_elses_flags_are_not_made_up() -> None:
    fleet = two_hosts()
    outgoing(fleet)
    assert only(fleet).last.armed is None


def test_levers_stand_in_the_record() -> None:
    fleet = two_hosts()
    outgoing(fleet)
    fleet.clock.advance(3)
    fleet.migrations.asked("kvm-03", "N-14", "migrate.bandwidth", {"bandwidth": "1048576"})
    ours(fleet, number=14, verb="migrate bandwidth", started=fleet.clock.time())
    ours(fleet, DONE, number=14, verb="migrate bandwidth", started=fleet.clock.time())
    [used] = only(fleet).used
    assert (used.task, used.verb, used.arguments, used.outcome) == (
        "N-14", "migrate.bandwidth", {"bandwidth": "1048576"}, "done"
    )  # fmt: skip
    assert len(list(fleet.migrations.all())) == 1


def test_operations_of_long_ago_are_no_moves_that_go_on() -> None:
    fleet = two_hosts()
    then = fleet.clock.time() - 86400
    ours(fleet, DONE, number=3, started=then, ended=then + 60)
    ours(fleet, FAILED, number=4, started=then + 100, ended=then + 160)
    outgoing(fleet)
    assert [len(fleet.migrations.live()), len(fleet.migrations.ended())] == [1, 2]


def test_the_trace_is_bounded_and_keeps_its_ends() -> None:
    fleet = two_hosts()
    for number in range(READINGS * 2 + 100):
        fleet.clock.advance(0.25)
        outgoing(fleet, move=reading(fleet.clock.time(), number + 1, iteration=number))
    record = only(fleet)
    assert len(record.trace) <= READINGS
    times = [one.at or 0.0 for one in record.trace]
    assert times == sorted(times)
    assert times[-1] == fleet.clock.time()
    assert record.trace[0].left == 1
    assert len(record.steps) <= STEPS


def test_only_what_changed_has_another_version() -> None:
    fleet = two_hosts()
    outgoing(fleet)
    outgoing(fleet, id="other", key=OTHER)
    first, second = fleet.migrations.of("kvm-12", VM), fleet.migrations.of("kvm-03", OTHER)
    assert first is not None
    assert second is not None
    before = first.version, second.version
    fleet.clock.advance(1)
    outgoing(fleet)
    assert (first.version > before[0], second.version) == (True, before[1])
    version = fleet.migrations.version
    fleet.drain()
    assert fleet.migrations.version == version


def test_an_end_is_told_once() -> None:
    fleet = two_hosts()
    told: list[str] = []
    fleet.migrations.ends.append(lambda record: told.append(record.state.value))
    for say in (ours, outgoing, incoming):
        say(fleet)
    for say in (outgoing, incoming, ours):
        say(fleet, DONE)
        fleet.clock.advance(20)
        fleet.drain()
    assert told == ["done"]


# --- no percentage ----------------------------------------------------------------------------------------------------


figures = st.fixed_dictionaries(
    {
        "left": st.integers(0, 64 * GIB),
        "sent": st.integers(0, 300 * GIB),
        "iteration": st.integers(0, 40) | st.none(),
        "phase": st.sampled_from(["", *(phase.value for phase in Phase)]),
    }
)


@given(st.lists(figures, min_size=1, max_size=30))
@settings(max_examples=300, deadline=None)
def test_after_the_first_pass_there_is_no_percentage(readings: list[dict[str, int]]) -> None:
    fleet = two_hosts()
    over = False
    for one in readings:
        fleet.clock.advance(0.25)
        more = {"memory_left": one["left"], "memory_sent": one["sent"]}
        outgoing(fleet, move=reading(fleet.clock.time(), **(one | more)))  # type: ignore[arg-type]
        if one["phase"] == "preparing":
            continue  # nothing is sent yet: whatever figures stand beside that word say nothing
        again = one["phase"] in ("switch-over", "post-copy", "finishing") or one["sent"] > 64 * GIB
        over = over or again or (one["iteration"] or 0) > 1
        if over:
            assert only(fleet).done_percent is None
        elif (percent := only(fleet).done_percent) is not None:
            assert 0 <= percent <= 100


def test_a_percentage_that_the_product_states_is_shown() -> None:
    fleet = two_hosts()
    move = MigrationProgress(source="a", destination="b", fidelity=Fidelity.PERCENT)
    tell(fleet, "kvm-03", "task-1", move=move, progress=68.0)
    assert only(fleet).done_percent == 68.0


def test_more_sent_than_there_is_is_no_progress() -> None:
    fleet = two_hosts()
    outgoing(fleet, move=reading(fleet.clock.time(), 32 * GIB))
    assert only(fleet).done_percent == 50.0
    fleet.clock.advance(60)
    sent = {"sent": 200 * GIB, "memory_sent": 200 * GIB}
    outgoing(fleet, move=reading(fleet.clock.time(), 7 * GIB, **sent))
    assert only(fleet).done_percent is None
    assert only(fleet).sent_over == 200 / 64

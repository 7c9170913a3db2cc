"""Judgements about workers and connections: who hangs, who shares, when to try again, what an end means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Fault, InvalidInput
from novatui.core.states import Family, Link
from novatui.engine.connection import LONGEST_DELAY, Connection, delay
from novatui.engine.placement import place
from novatui.engine.supervisor_policy import Policy, in_flight, late, stuck
from novatui.engine.via import failure_of_end, ssh_command
from novatui.wire import frames
from novatui.wire.pulse import Pulse, cpu_seconds

POLICY = Policy(grace=5.0, detail_grace=45.0)


def spec(name: str, driver: str = "libvirt", uri: str = "qemu:///system") -> ConnectionSpec:
    return ConnectionSpec(name=name, family=Family.LIBVIRT, driver=driver, uri=uri)


def stats(**calls: float) -> frames.Stats:
    return frames.Stats(0.0, 0.0, 0, {name.replace("__", "/"): late for name, late in calls.items()}, {})


# --- stuck ------------------------------------------------------------------------------------------------------------


def test_a_call_is_stuck_when_it_is_past_its_deadline_by_more_than_the_grace() -> None:
    assert stuck(stats(a__control__list=4.9, b__control__sample=5.1), 0.0, POLICY) == {"b": "sample"}


@pytest.mark.parametrize("lane", ["detail", "plan", "run"])
def test_lanes_beside_the_control_lane_have_a_longer_grace(lane: str) -> None:
    calls = {f"a__{lane}__it": 44.0, f"b__{lane}__it": 46.0}
    assert stuck(stats(**calls), 0.0, POLICY) == {"b": "it"}


def test_a_long_change_is_never_stuck() -> None:
    assert stuck(stats(a__run__snapshot=float("-inf")), 10.0**6, POLICY) == {}


def test_time_goes_on_while_a_worker_says_nothing() -> None:
    heard = stats(a__control__list=-10.0)
    assert stuck(heard, 14.0, POLICY) == {}
    assert stuck(heard, 16.0, POLICY) == {"a": "list"}
    assert (late(heard, 9.0, "a"), late(heard, 11.0, "a"), late(heard, 11.0, "b")) == (False, True, False)


def test_the_name_of_a_connection_may_hold_slashes() -> None:
    assert in_flight(stats(**{"lab/one/control/list": -1.0})) == {"lab/one"}


# --- pulse ------------------------------------------------------------------------------------------------------------


def hung_at(cpu_per_second: float, patience: float = 10.0, until: float = 60.0) -> float | None:
    """When a silent process that uses so much CPU is found to hang; None when never."""
    pulse = Pulse(patience, 0.0)
    return next((t for t in range(int(until)) if pulse.hung(float(t), t * cpu_per_second)), None)


def test_silence_without_cpu_time_is_a_hang() -> None:
    found = hung_at(0.0)
    assert found is not None
    assert found >= 10


def test_threads_that_wait_for_a_lock_do_not_count_as_work() -> None:
    assert hung_at(0.005) is not None


@pytest.mark.parametrize("share", [0.05, 0.3, 1.0])
def test_silence_with_cpu_time_is_work(share: float) -> None:
    assert hung_at(share) is None


def test_a_word_in_time_begins_anew() -> None:
    pulse = Pulse(10.0, 0.0)
    for second in range(60):
        if second % 9 == 0:
            pulse.hear(float(second))
        assert not pulse.hung(float(second), 0.0)


def test_cpu_time_of_a_process_that_is_gone_is_unknown() -> None:
    assert cpu_seconds(2**22 + 1) is None


# --- placement --------------------------------------------------------------------------------------------------------


def test_few_connections_have_a_worker_each() -> None:
    placed = place([(spec(str(n)), "") for n in range(8)], 8)
    assert sorted(placed.values()) == list(range(8))


def test_past_the_limit_connections_of_one_driver_share() -> None:
    wanted = [(spec(f"l{n}"), "") for n in range(9)] + [(spec(f"d{n}", "demo"), "") for n in range(3)]
    placed = place(wanted, 4)
    assert len(set(placed.values())) == 4
    libvirt, demo = ({placed[s.name] for s, _ in wanted if s.driver == d} for d in ("libvirt", "demo"))
    assert not libvirt & demo
    assert len(libvirt) == 3


def test_embedded_libvirt_is_always_alone() -> None:
    wanted = [(spec(f"l{n}"), "") for n in range(9)] + [(spec("e", uri="qemu:///embed?root=/srv/vms"), "")]
    placed = place(wanted, 2)
    assert [name for name, worker in placed.items() if worker == placed["e"]] == ["e"]


SPECS = st.lists(
    st.tuples(st.sampled_from(["libvirt", "demo"]), st.sampled_from(["", "ssh://a", "ssh://b"])), max_size=30
)


@given(SPECS, st.integers(1, 10))
def test_who_shares_a_worker_has_one_driver_and_one_way(chosen: list[tuple[str, str]], limit: int) -> None:
    placed = place([(spec(str(n), driver), via) for n, (driver, via) in enumerate(chosen)], limit)
    assert len(placed) == len(chosen)
    groups = {}
    for n, kind in enumerate(chosen):
        groups.setdefault(placed[str(n)], set()).add(kind)
    assert all(len(kinds) == 1 for kinds in groups.values())
    assert len(groups) <= max(limit, len(set(chosen)))


# --- trying again -----------------------------------------------------------------------------------------------------


def test_delays_double_up_to_the_longest() -> None:
    for attempt, about in enumerate([1, 2, 4, 8, 16, 30, 30], start=1):
        assert all(0.7 * about <= delay(attempt) <= 1.3 * about for _ in range(50))
    assert delay(10_000) <= 1.3 * LONGEST_DELAY


def test_failed_attempts_count_until_the_connection_was_up_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("novatui.engine.connection.time.time", lambda: now)
    connection = Connection(spec("a"))
    for _ in range(3):
        connection.begin()
        connection.go(Link.DOWN, None)
    assert connection.attempt == 3
    connection.begin()
    connection.go(Link.UP, None)
    connection.go(Link.DOWN, None)
    assert connection.attempt == 4
    connection.begin()
    connection.go(Link.UP, None)
    now += 61.0
    connection.go(Link.DOWN, None)
    assert connection.attempt == 1


# --- via --------------------------------------------------------------------------------------------------------------


def test_the_ssh_command_never_asks_and_never_waits_for_ever() -> None:
    command = ssh_command("ssh://ann@host.example:2222", ("-i", "key"))
    assert command[:3] == ["ssh", "-i", "key"]
    assert command[-7:] == ["-p", "2222", "-l", "ann", "--", "host.example", "exec 'novatui' worker"]
    assert {"BatchMode=yes", "ServerAliveInterval=2", "ConnectTimeout=10", "-T"} <= set(command)


def test_the_program_on_the_far_side_may_be_named() -> None:
    assert ssh_command("ssh://h?novatui=~/bin/nova tui")[-1] == "exec ~/'bin/nova tui' worker"


@pytest.mark.parametrize(
    "via", ["h", "http://h", "ssh://", "ssh://h:x", "ssh://h/path", "ssh://-oProxyCommand=evil", "ssh://u@", ""]
)
def test_what_is_no_address_is_refused(via: str) -> None:
    with pytest.raises(InvalidInput):
        ssh_command(via)


@pytest.mark.parametrize(
    ("status", "said", "fault"),
    [
        (255, "ann@h: Permission denied (publickey).", Fault.AUTH_FAILED),
        (255, "Host key verification failed.", Fault.TLS_UNTRUSTED),
        (255, "ssh: connect to host h port 22: Connection refused", Fault.UNREACHABLE),
        (127, "sh: 1: exec: novatui: not found", Fault.INVALID_INPUT),
        (0, "", Fault.UNREACHABLE),
        (-9, "", Fault.UNREACHABLE),
    ],
)
def test_the_end_of_ssh_is_told_in_our_words(status: int, said: str, fault: Fault) -> None:
    failure = failure_of_end("ssh://ann@h", status, [said])
    assert failure.fault is fault
    assert failure.native == said

"""Worker processes end when they must, live when they may, and hurt nobody but their own connection."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from novatui.core.errors import Fault, NotFound, NovaError, Timeout
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind, Link
from novatui.engine.fleet import Fleet
from novatui.engine.supervisor_policy import Policy
from novatui.wire import frames
from novatui.worker.pending import ROWS_AT_ONCE
from tests.fleets import PATIENCE, POLICY, OwnConsole, fleet_of, until, wait
from tests.lab.processes import descendants, is_alive
from tests.oddworker import spec

ROOT = Path(__file__).resolve().parents[2]


def names(fleet: Fleet) -> set[str]:
    """The machines that the fleet knows."""
    return {fleet.inventory.name(slot) for slot in fleet.inventory.slots(Kind.VM)}


# --- the ordinary life ------------------------------------------------------------------------------------------------


async def test_a_connection_loads_in_a_process_of_its_own_and_is_closed_at_the_end(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    async with fleet_of(spec("one", closed_file=str(closed)), spec("two")) as fleet:
        await fleet.settled(PATIENCE)
        one, two = fleet.connections.values()
        assert (one.status.link, one.info and one.info.product, one.loaded) == (Link.UP, "odd", {"vm"})
        assert [step.step for step in one.steps] == ["connect"]
        assert len({os.getpid(), one.worker_pid, two.worker_pid}) == 3
        assert os.getpgid(one.worker_pid or 0) != os.getpgid(0)
        assert names(fleet) == {"vm 0", "vm 1", "vm 2"}
        assert len(set(fleet.inventory.slots(Kind.VM))) == 6
    assert closed.read_text() == "closed"


async def test_secrets_reach_the_driver_and_neither_arguments_nor_environment() -> None:
    async with fleet_of(spec("one")) as fleet:
        await fleet.settled(PATIENCE)
        connection = fleet.connections["one"]
        assert connection.info is not None
        assert connection.info.user == "p"
        proc = Path(f"/proc/{connection.worker_pid}")
        assert b"--fd" in (proc / "cmdline").read_bytes()
        assert b"password" not in (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()


async def test_details_come_on_demand_and_failures_are_told() -> None:
    async with fleet_of(spec("one"), spec("slow", detail="sleep:60"), spec("bad", detail="raise")) as fleet:
        await fleet.settled(PATIENCE)
        assert (await fleet.detail(ObjectRef("one", Kind.VM, "1"))).raw == "raw of vm:1"
        with pytest.raises(NotFound):
            await fleet.detail(ObjectRef("one", Kind.VM, "missing"))
        with pytest.raises(Timeout):
            await fleet.detail(ObjectRef("slow", Kind.VM, "1"))
        with pytest.raises(Exception, match="inside the driver") as raised:
            await fleet.detail(ObjectRef("bad", Kind.VM, "1"))
        assert "ZeroDivisionError" in raised.value.failure.native  # type: ignore[attr-defined]
        assert any("Traceback" in line.text for line in fleet.log("bad"))
        assert fleet.connections["bad"].status.link is Link.UP


async def test_a_refused_login_is_final_and_a_lost_connection_is_tried_again(tmp_path: Path) -> None:
    lost = spec("lost", watch=f"once:{tmp_path / 'flag'},lost")
    async with fleet_of(spec("refused", connect="refuse"), lost) as fleet:
        await fleet.settled(PATIENCE)
        refused = fleet.connections["refused"].status
        assert (refused.link, refused.retry_at) == (Link.DOWN, None)
        assert refused.failure is not None
        assert refused.failure.fault is Fault.AUTH_FAILED
        await until(lambda: fleet.connections["lost"].generation == 2)
        await until(lambda: fleet.connections["lost"].status.link is Link.UP)


async def test_a_question_waits_for_the_person_beyond_every_deadline() -> None:
    async with fleet_of(spec("asks", connect="ask")) as fleet:
        connection = fleet.connections["asks"]
        await until(lambda: connection.questions)
        await asyncio.sleep(4.0)  # the deadline of connecting is 3 s here
        assert (connection.status.link, connection.generation) == (Link.CONNECTING, 1)
        ((number, question),) = connection.questions.items()
        assert (question.topic, question.secret) == ("totp", True)
        fleet.answer("asks", number, "123456")
        await until(lambda: connection.status.link is Link.UP)


async def test_only_what_is_watched_is_measured() -> None:
    async with fleet_of(spec("seen"), spec("unseen")) as fleet:
        await fleet.settled(PATIENCE)
        fleet.watch({"seen": ["vm:1"]}, 0.1)
        await until(lambda: (stats := fleet.connections["seen"].stats) and stats.counts.get("seen/sample", 0) > 3)
        stats = fleet.connections["unseen"].stats
        assert stats is None or "unseen/sample" not in stats.counts


# --- the end of the console -------------------------------------------------------------------------------------------

CONSOLE = """
import asyncio, sys
from tests.lab.processes import descendants, is_alive
from tests.oddworker import COMMAND, spec
from novatui.engine.fleet import Fleet, Target

async def main():
    steps = dict(step.split("=") for step in sys.argv[1:])
    fleet = Fleet([Target(spec("one", **steps), dict), Target(spec("two"), dict)], command=COMMAND)
    await fleet.start()
    fleet.watch({"one": None, "two": None}, 0.1)
    while not all(c.worker_pid for c in fleet.connections.values()):
        await asyncio.sleep(0.02)
    await asyncio.sleep(1.0)
    print("there", flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""


@pytest.mark.parametrize("step", ["", "sample=pause", "sample=pause_holding_the_lock", "connect=spin:1000"])
def test_no_worker_outlives_a_killed_console(step: str) -> None:
    command = [sys.executable, "-c", CONSOLE, *([step] if step else [])]
    console = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert console.stdout
        assert console.stdout.readline() == b"there\n"
        workers = descendants(console.pid)
        assert len(workers) == 2
        console.kill()
        console.wait()
        wait(lambda: not any(is_alive(pid) for pid in workers))
    finally:
        console.kill()
        console.wait()


async def test_quitting_does_not_wait_for_stuck_workers() -> None:
    stuck = [spec("a", sample="pause"), spec("b", sample="pause_holding_the_lock"), spec("c", close="pause")]
    async with fleet_of(*stuck, policy=Policy()) as fleet:
        await fleet.settled(PATIENCE)
        fleet.watch({"a": None, "b": None}, 0.1)
        await asyncio.sleep(1.0)
        pids = [c.worker_pid for c in fleet.connections.values()]
        await fleet.stop()
        assert not any(is_alive(pid) for pid in pids if pid)


# --- workers that hang, crash or lie ----------------------------------------------------------------------------------


async def test_a_stuck_call_is_told_at_its_deadline_and_its_worker_replaced(tmp_path: Path) -> None:
    stuck = spec("stuck", sample=f"once:{tmp_path / 'flag'},pause")
    async with fleet_of(stuck, spec("well")) as fleet:
        await fleet.settled(PATIENCE)
        connection, first = fleet.connections["stuck"], fleet.connections["stuck"].worker_pid
        fleet.watch({"stuck": None, "well": None}, 0.1)
        await until(lambda: connection.status.link is Link.DOWN)
        failure = connection.status.failure
        assert failure is not None
        assert (failure.fault, failure.message) == (Fault.TIMEOUT, "no answer to sample within 2 s")
        await until(lambda: connection.status.link is Link.UP)
        assert connection.worker_pid != first
        assert fleet.connections["well"].generation == 1


async def test_who_is_stuck_in_a_shared_worker_restarts_alone_and_the_others_together(tmp_path: Path) -> None:
    stuck = spec("stuck", sample=f"once:{tmp_path / 'flag'},pause")
    async with fleet_of(stuck, spec("b"), spec("c"), max_workers=1) as fleet:
        await fleet.settled(PATIENCE)
        assert len({c.worker_pid for c in fleet.connections.values()}) == 1
        fleet.watch({"stuck": None}, 0.1)
        await until(lambda: all(c.generation > 1 and c.settled for c in fleet.connections.values()))
        await until(lambda: all(c.status.link is Link.UP for c in fleet.connections.values()))
        pids = {name: c.worker_pid for name, c in fleet.connections.items()}
        assert pids["b"] == pids["c"] != pids["stuck"]


async def test_a_worker_that_hangs_with_the_interpreter_locked_is_replaced(tmp_path: Path) -> None:
    hung = spec("hung", watch=f"once:{tmp_path / 'flag'},pause_holding_the_lock")
    async with fleet_of(hung) as fleet:
        connection = fleet.connections["hung"]
        await until(lambda: connection.status.link is Link.DOWN)
        await until(lambda: connection.status.link is Link.UP)
        assert connection.generation > 1


async def test_a_silent_worker_that_computes_is_left_alone() -> None:
    busy = spec("busy", load="spin:6")  # far longer than the silence after which an idle one is replaced
    async with fleet_of(busy) as fleet:
        await fleet.settled(PATIENCE)
        status = fleet.connections["busy"].status
        assert (status.link, status.attempt, status.failure) == (Link.UP, 0, None)


async def test_a_worker_that_computes_past_the_deadline_of_a_call_is_replaced(tmp_path: Path) -> None:
    busy = spec("busy", load=f"once:{tmp_path / 'flag'},spin:1000", connect="sleep:2")
    async with fleet_of(busy, policy=msgspec.structs.replace(POLICY, deaf=10.0)) as fleet:
        connection = fleet.connections["busy"]
        await until(lambda: connection.status.link is Link.UP)
        assert connection.generation > 1


async def test_a_crash_is_told_with_its_signal_and_last_words_and_ends_in_a_new_worker(tmp_path: Path) -> None:
    crash = spec("crash", sample=f"once:{tmp_path / 'flag'},crash")
    async with fleet_of(crash, spec("well")) as fleet:
        await fleet.settled(PATIENCE)
        fleet.watch({"crash": None}, 0.1)
        connection = fleet.connections["crash"]
        await until(lambda: connection.status.link is Link.DOWN)
        failure = connection.status.failure
        assert failure is not None
        assert failure.code == "SIGSEGV"
        assert "Segmentation fault" in failure.native
        assert names(fleet) == {"vm 0", "vm 1", "vm 2"}
        await until(lambda: connection.status.link is Link.UP)
        assert fleet.connections["well"].generation == 1


async def test_a_worker_that_leaves_is_started_again_ever_more_slowly() -> None:
    async with fleet_of(spec("leaves", connect="leave:7")) as fleet:
        connection = fleet.connections["leaves"]
        await until(lambda: connection.status.attempt == 3)
        failure, retry = connection.status.failure, connection.status.retry_at
        assert failure is not None
        assert (failure.code, retry is not None) == ("exit 7", True)


async def test_a_stopped_worker_is_replaced() -> None:
    async with fleet_of(spec("one")) as fleet:
        await fleet.settled(PATIENCE)
        connection = fleet.connections["one"]
        first = connection.worker_pid or 0
        os.kill(first, signal.SIGSTOP)
        await until(lambda: connection.status.link is Link.UP and connection.worker_pid != first)
        assert not is_alive(first)


@pytest.mark.parametrize("stood_still", [True, False])
async def test_a_console_that_stood_still_blames_no_worker(stood_still: bool) -> None:
    """It has not read for a while, so what it knows is old: a call that was in flight then may be long over."""
    async with fleet_of(spec("one", detail="sleep:1.5")) as fleet:
        await fleet.settled(PATIENCE)
        connection = fleet.connections["one"]
        asked = asyncio.create_task(fleet.detail(ObjectRef("one", Kind.VM, "0")))
        await until(lambda: connection.stats and connection.stats.calls)
        if stood_still:
            os.kill(connection.worker_pid or 0, signal.SIGSTOP)  # so that nothing new can be read either
            time.sleep(POLICY.detail_grace + 4.0)  # noqa: ASYNC251 - that is the point
            asyncio.get_running_loop().call_later(0.5, os.kill, connection.worker_pid, signal.SIGCONT)
        with suppress(Timeout):  # said by the worker itself, which goes on
            assert (await asked).raw == "raw of vm:0"
        assert (connection.status.link, connection.generation) == (Link.UP, 1)


OTHER_PROTOCOL = """
import socket, sys, time
from novatui.wire import frames
from novatui.wire.channel import encode
channel = socket.socket(fileno=int(sys.argv[sys.argv.index("--fd") + 1]))
channel.sendall(encode(frames.Hello(99, "9.9.9", 1, "", 0.0, 0.0)))
time.sleep(1000)
"""
GARBAGE = OTHER_PROTOCOL.replace("encode(frames.Hello(99, '9.9.9', 1, '', 0.0, 0.0))", "").replace(
    'encode(frames.Hello(99, "9.9.9", 1, "", 0.0, 0.0))', "b'Welcome to \\x1b[31mhost!\\n' * 9"
)


@pytest.mark.parametrize(("program", "said"), [(OTHER_PROTOCOL, "9.9.9 (protocol 99)"), (GARBAGE, "Welcome to")])
async def test_another_program_in_place_of_the_worker_is_told_and_not_tried_again(program: str, said: str) -> None:
    async with fleet_of(spec("one"), command=[sys.executable, "-c", program]) as fleet:
        await fleet.settled(PATIENCE)
        status = fleet.connections["one"].status
        assert (status.link, status.retry_at) == (Link.DOWN, None)
        assert status.failure is not None
        assert said in status.failure.meaning
        assert "\x1b" not in status.failure.meaning


async def test_garbage_later_ends_the_worker_and_a_new_one_takes_over(tmp_path: Path) -> None:
    garbled = spec("garbled", detail="garbage")
    async with fleet_of(garbled) as fleet:
        await fleet.settled(PATIENCE)
        connection = fleet.connections["garbled"]
        with pytest.raises(NovaError):
            await fleet.detail(ObjectRef("garbled", Kind.VM, "0"))
        await until(lambda: connection.generation > 1 and connection.status.link is Link.UP)


LATE = """
import socket, sys
from novatui.core.errors import Failure, Fault
from novatui.core.states import Link
from novatui.wire import frames
from novatui.wire.channel import FrameReader, encode
from novatui.wire.greeting import hello
channel = socket.socket(fileno=int(sys.argv[sys.argv.index("--fd") + 1]))
lost = Failure(fault=Fault.UNREACHABLE, message="lost")
def say(*what):
    channel.sendall(b"".join(encode(frame) for frame in what))
def rows(generation, name):
    return frames.Rows("one", generation, 0.0, ["name"], ["vm:" + name], [[name]])
say(hello())
reader = FrameReader()
while data := channel.recv(65536):
    for frame in reader.feed(data):
        if isinstance(frame, frames.Open) and frame.generation == 1:
            say(frames.ConnectionState("one", 1, Link.DOWN, None, lost))
        elif isinstance(frame, frames.Open):
            say(rows(1, "late"), frames.ConnectionState("one", 2, Link.UP, None, None), rows(2, "fresh"))
            say(frames.LoadComplete("one", 2, 0.0, [], {}), frames.ConnectionState("one", 1, Link.DOWN, None, lost))
            say(rows(2, "last"))
"""


async def test_frames_of_an_older_generation_do_not_count() -> None:
    async with fleet_of(spec("one"), command=[sys.executable, "-c", LATE]) as fleet:
        await until(lambda: "last" in names(fleet))
        connection = fleet.connections["one"]
        assert names(fleet) == {"fresh", "last"}
        assert (connection.status.link, connection.generation) == (Link.UP, 2)


# --- flow control -----------------------------------------------------------------------------------------------------


def vcpus_told(console: OwnConsole) -> dict[str, int]:
    """The newest count of each machine: a machine may come without one before, by the load."""
    rows = [frame for frame in console.seen if isinstance(frame, frames.Rows) and "vcpus" in frame.fields]
    return {key: count for frame in rows for key, count in zip(frame.keys, frame.columns[-1], strict=True)}


def test_without_credit_a_worker_keeps_the_newest_and_no_more() -> None:
    objects, turns = 2000, 200
    with OwnConsole() as console:
        console.say(frames.Open(spec("one", objects=str(objects), flood=str(turns)), 1, {}, ["vm"]))
        first = console.until(lambda frame: isinstance(frame, frames.Stats))
        last = console.until(lambda frame: isinstance(frame, frames.Stats) and "one/flood is over" in frame.counts)
        assert isinstance(first, frames.Stats)
        assert isinstance(last, frames.Stats)
        assert last.rss - first.rss < 30_000_000  # all 400,000 changed rows would be some 200 MB
        assert not any(isinstance(frame, frames.DATA) for frame in console.seen)
        console.say(frames.Credit(1000))
        console.say(frames.DetailRequest("one", 1, "vm:0", []))
        console.until(lambda _: len(console.keys_of(frames.Samples)) == objects)
        console.until(lambda _: len(vcpus_told(console)) == objects)
        rows = [frame for frame in console.seen if isinstance(frame, frames.Rows)]
        assert vcpus_told(console) == {f"vm:{at}": turns for at in range(objects)}
        assert len(rows) <= 2 * objects / ROWS_AT_ONCE
        assert len([f for f in console.seen if isinstance(f, frames.Samples)]) == objects / frames.MAX_ROWS


def test_a_worker_ends_with_its_channel_also_inside_a_call() -> None:
    with OwnConsole() as console:
        console.say(frames.Open(spec("one", connect="pause"), 1, {}, ["vm"]))
        console.until(lambda frame: isinstance(frame, frames.ConnectStep))
        console.channel.close()
        assert console.process.wait(PATIENCE) == 0


def test_a_worker_ends_when_the_console_talks_garbage() -> None:
    with OwnConsole() as console:
        console.channel.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert console.process.wait(PATIENCE) == 0

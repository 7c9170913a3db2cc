"""Pipes that close, disks that are full, interruptions, the log and the counters: how a run ends and what it leaves."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from tests.acceptance.program import COMMAND, SECONDS, Program
from tests.acceptance.terminal import Terminal

DEMO = "demo://?vms=400&family=libvirt&speed=0"
SMALL = "demo://?vms=6&family=libvirt&speed=0"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """Exit code, and what it said on standard error."""
    said = pipe(process.stderr).read()
    return process.wait(SECONDS), said


@pytest.mark.parametrize(
    "arguments",
    [("ls", "-c", DEMO), ("ls", "-c", DEMO, "--json"), ("top", "-c", SMALL, "--follow"), ("--help",), ("--version",)],
    ids=" ".join,
)
def test_a_pipe_that_nobody_reads_is_no_failure(program: Program, arguments: tuple[str, ...]) -> None:
    process = program.start(*arguments)
    pipe(process.stdout).close()
    assert ended(process) == (0, b"")


def test_a_pipe_that_closes_midway_is_no_failure(program: Program) -> None:
    process = program.start("watch", "-c", SMALL, "--samples", "--json")
    assert json.loads(pipe(process.stdout).readline())["type"] == "sample"
    pipe(process.stdout).close()
    assert ended(process) == (0, b"")


def test_narration_that_nobody_reads_is_no_failure(program: Program) -> None:
    process = program.start("ls", "-c", "no-such-connection")
    pipe(process.stderr).close()
    assert process.wait(SECONDS) == 2


@pytest.mark.parametrize("arguments", [("ls", "-c", SMALL), ("ls", "-c", SMALL, "--json"), ("--help",)], ids=" ".join)
def test_a_full_disk_is_told(program: Program, arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        code, said = ended(program.start(*arguments, stdout=full))
    assert said == b"novatui: standard output cannot be written: No space left on device\n"
    assert code == 1


@pytest.mark.parametrize("arguments", [("watch", "-c", SMALL), ("top", "-c", SMALL, "--follow")], ids=" ".join)
def test_an_interruption_ends_everything(program: Program, arguments: tuple[str, ...]) -> None:
    process = program.start(*arguments)
    wait_until(lambda: bool(children(process.pid)), "a worker was started")
    workers = children(process.pid)
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, b"")
    wait_until(lambda: all(is_gone(pid) for pid in workers), "the workers were gone")


@pytest.mark.pty
@pytest.mark.parametrize(("keys", "code"), [("hunter2\n", 3), ("\x03", 130), ("\x04", 2)], ids=["typed", "^C", "^D"])
def test_a_password_is_typed_unseen(program: Program, keys: str, code: int) -> None:
    command = [*COMMAND, "ls", "-c", "xcpng://root@pool", "--password-from", "prompt"]
    with Terminal(command, environment=program.environment()) as terminal:
        terminal.wait_for("password for pool:")
        terminal.send(keys)
        assert terminal.wait_for_exit() == code
        assert "hunter2" not in terminal.text
        assert "Traceback" not in terminal.text


def test_watching_ends_after_its_time(program: Program) -> None:
    answer = program.run("watch", "-c", SMALL, "--for", "0.5")
    assert (answer.code, answer.err) == (0, "")


@pytest.mark.libvirt_library
def test_a_connection_that_takes_too_long_is_reported(program: Program) -> None:
    """The other end takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dead = f"qemu+tcp://127.0.0.1:{silent.getsockname()[1]}/system"
        answer = program.run("ls", "-c", SMALL, "-c", dead, "--timeout", "2")
    assert answer.code == 3
    assert "not ready yet (connecting) — give it more time with --timeout" in answer.err
    assert len(answer.out.splitlines()) == 7


def test_a_debug_log_is_private_and_its_path_printed(program: Program) -> None:
    answer = program.run("ls", "-c", SMALL, "--debug")
    printed = re.fullmatch(r"novatui: log in (.+)\n", answer.err)
    assert printed
    log = Path(printed[1])
    assert log.stat().st_mode & 0o777 == 0o600
    assert "DEBUG" in log.read_text()


def test_without_debug_nothing_is_logged_of_a_good_run(program: Program) -> None:
    assert program.run("ls", "-c", SMALL).err == ""
    assert not list(program.home.rglob("*.log"))


@pytest.mark.libvirt_library
def test_counters_are_written_at_the_end(program: Program, tmp_path: Path) -> None:
    answer = program.run("ls", "-c", SMALL, "-c", "test:///default", "--json", "--bench", "counters.json")
    counters = json.loads((tmp_path / "counters.json").read_text())
    by_name = {one["name"]: one for one in counters["connections"]}
    assert (counters["verb"], by_name.keys()) == ("ls", {one["name"] for one in answer.json["connections"]})
    assert counters["rows"] == sum(one["rows"] for one in by_name.values()) > len(answer.json["objects"])
    assert counters["calls"] == sum(sum(one["calls"].values()) for one in by_name.values())
    assert by_name["test-default"]["calls"]["openAuth"] == 1
    console, *workers = counters["processes"]
    assert (console["role"], len(workers)) == ("console", 2)
    assert all(one["rss"] > 1_000_000 for one in counters["processes"])
    assert counters["bytes"]["received"] == sum(one["received"] for one in workers) > 1000
    assert {"count", "p50", "p99", "max"} == counters["lag_ms"].keys()


def test_counters_can_go_to_standard_error(program: Program) -> None:
    assert json.loads(program.run("ls", "-c", SMALL, "--bench", "-").err)["rows"] > 6


def test_counters_that_cannot_be_written_are_told(program: Program) -> None:
    answer = program.run("ls", "-c", SMALL, "--bench", "/no/such/folder/file")
    assert (answer.code, answer.err) == (0, "novatui: --bench /no/such/folder/file: No such file or directory\n")


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < end, f"it never came that {what}"
        time.sleep(0.02)

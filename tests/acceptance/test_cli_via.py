"""The command line through ssh: the worker runs on another machine, and what it finds there is listed here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.acceptance.program import Program
from tests.lab.missing import LabUnavailable
from tests.lab.processes import is_alive
from tests.lab.sshd import Sshd, remote_python


@pytest.fixture
def program(tmp_path: Path, sshd: Sshd) -> Program:
    """A client whose ssh knows the lab's server."""
    try:
        remote_python()
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    return Program(tmp_path, {"PATH": f"{sshd.client_programs}:{os.environ['PATH']}"})


def configure(program: Program, via: str) -> None:
    program.configure(f'[connections.far]\nuri = "test:///default"\nvia = "{via}"\npassword = "env:FAR_PASSWORD"\n')


@pytest.mark.parametrize("suffix", ["", "?novatui={bin}/novatui"], ids=["found", "named"])
def test_a_host_is_listed_through_ssh(program: Program, sshd: Sshd, suffix: str) -> None:
    configure(program, f"ssh://{sshd.destination}{suffix.format(bin=sshd.directory / 'bin')}")
    answer = program.run("ls", "--json", "--bench", "counters.json", variables={"FAR_PASSWORD": "hunter2"})
    assert (answer.code, answer.err) == (0, "")
    (one,) = answer.json["objects"]
    assert (one["name"], one["connection"], one["state"]) == ("test", "far", "running")
    assert not [pid for pid in sshd.remote_processes() if is_alive(pid)]


def test_a_machine_without_novatui_is_told(program: Program, sshd: Sshd) -> None:
    configure(program, f"ssh://{sshd.destination}?novatui=/nowhere/novatui")
    answer = program.run("ls", variables={"FAR_PASSWORD": "x"})
    assert answer.code == 2
    assert "novatui is not installed on lab" in answer.err
    assert "Traceback" not in answer.err


def test_a_login_that_is_refused_is_told(program: Program, sshd: Sshd) -> None:
    configure(program, f"ssh://nobody-at-all@{sshd.destination}")
    answer = program.run("ls", variables={"FAR_PASSWORD": "x"})
    assert answer.code == 3
    assert "refused the ssh login" in answer.err

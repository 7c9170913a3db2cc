"""What a running console has loaded when it ends, and that it asked a worker process for everything it knows."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.terminal import Terminal
from tests.hygiene.rules import DRAWING, VENDOR_HOMES
from tests.hygiene.source import ROOT

WATCHED = """
import atexit, json, sys
from pathlib import Path

record = Path(sys.argv.pop(1))
started = []

def listen(event, args):
    if event == "subprocess.Popen":
        started.append([str(word) for word in args[1]])

sys.addaudithook(listen)
atexit.register(lambda: record.write_text(json.dumps({"modules": sorted(sys.modules), "started": started})))
from novatui.cli.main import run
run()
"""
"""Runs the program as its console script does; Python's own audit events tell which processes it started."""

NEVER = ("novatui.backends", "novatui.worker", *VENDOR_HOMES)
HEADLESS_NEVER = (*NEVER, "novatui.ui", *DRAWING)
FLEET = "demo://?vms=20&seed=7"


@dataclass(frozen=True)
class Run:
    """One run of the program."""

    status: int
    output: str
    modules: list[str]
    started: list[list[str]]

    def loaded(self, *packages: str) -> list[str]:
        return [name for name in self.modules if any(name == p or name.startswith(f"{p}.") for p in packages)]

    @property
    def workers(self) -> list[list[str]]:
        return [command for command in self.started if "novatui.worker" in command]


def watched(record: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-c", WATCHED, str(record), *arguments]


def recorded(record: Path, status: int, output: str) -> Run:
    found = json.loads(record.read_text())
    return Run(status, output, found["modules"], found["started"])


def headless(folder: Path, *arguments: str) -> Run:
    record = folder / "record.json"
    command = watched(record, *arguments)
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    return recorded(record, answer.returncode, answer.stdout + answer.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls", "-c", FLEET, "--json"),
        ("top", "-c", FLEET),
        ("watch", "-c", FLEET, "--for", "2"),
        ("doctor", "-c", FLEET),
        ("show", "-c", FLEET, "hv-clu1"),
        ("caps", "-c", FLEET),
    ],
    ids=lambda arguments: arguments[0],
)
def test_headless_asks_a_worker(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    run = headless(tmp_path, *arguments)
    assert run.status == 0, run.output
    assert run.workers, run.started
    assert run.loaded(*HEADLESS_NEVER) == []


@pytest.mark.parametrize(
    "arguments", [("config", "example"), ("audit", "verify"), ("--help",)], ids=lambda arguments: arguments[0]
)
def test_headless_without_a_connection_starts_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    run = headless(tmp_path, *arguments)
    assert run.status == 0, run.output
    assert run.started == []
    assert run.loaded(*HEADLESS_NEVER) == []


def test_version_is_said_before_anything_is_imported(tmp_path: Path) -> None:
    run = headless(tmp_path, "--version")
    assert run.status == 0, run.output
    assert run.loaded("novatui") == ["novatui", "novatui.cli", "novatui.cli.main"]


@pytest.mark.pty
def test_console_asks_a_worker(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    with Terminal(watched(record, "demo", "--vms", "20"), folder=ROOT) as terminal:
        terminal.wait_for("vc-east")
        terminal.send("q")
        terminal.wait_for("Quit")
        terminal.send("y")
        run = recorded(record, terminal.wait_for_exit(), terminal.text)
    assert run.status == 0, run.output
    assert run.workers, run.started
    assert run.loaded("textual")
    assert run.loaded(*NEVER) == []

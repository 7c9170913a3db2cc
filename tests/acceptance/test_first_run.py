"""From an empty home to machines that move, by the keys of somebody who has read nothing but the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.acceptance.program import COMMAND, Program
from tests.acceptance.terminal import Terminal
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.sample_machines import BUSY

pytestmark = [pytest.mark.pty, pytest.mark.libvirt]

PATIENCE = 90.0


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def console(program: Program) -> Iterator[Terminal]:
    with Terminal([*COMMAND], columns=100, rows=30, environment=program.environment(), folder=program.folder) as one:
        yield one


def quit_(console: Terminal) -> None:
    console.send("q")
    console.wait_for("Quit?")
    console.send("y")
    assert console.wait_for_exit() == 0


def load_of(console: Terminal, name: str) -> str:
    """The first number behind the name of a running machine in the table; empty while it is not known."""
    found = re.search(rf"{name} +● on +\S+ +(\d+)", console.text)
    return found[1] if found else ""


def test_a_newcomer_reaches_a_real_host(program: Program, console: Terminal, libvirt_host: LibvirtHost) -> None:
    console.wait_for("No connection is configured yet", PATIENCE)
    console.wait_for("a other address", PATIENCE)
    console.send("a")
    console.wait_for("Enter try it  Tab next line", PATIENCE)
    console.send(f"{libvirt_host.uri}\t\t\tmine\r")
    console.wait_for("identify   libvirt", PATIENCE)
    console.wait_for("save and open", PATIENCE)
    assert not program.config.exists(), "nothing is saved before somebody says so"
    console.send("\r")
    console.wait_for(BUSY, PATIENCE)
    assert program.config.read_text() == f'[connections.mine]\nuri = "{libvirt_host.uri}"\n'
    while not load_of(console, BUSY):
        console.read_for(0.5)
    quit_(console)

    with Terminal([*COMMAND], environment=program.environment(), folder=program.folder) as again:
        again.wait_for(BUSY, PATIENCE)
        assert "add a connection" not in again.text, "from now on it opens what is configured"
        quit_(again)


@pytest.mark.skipif(not find_spec("libvirt"), reason="libvirt's Python binding is not installed")
def test_what_does_not_answer_leads_back_to_the_form(program: Program, console: Terminal) -> None:
    console.wait_for("any other address", PATIENCE)
    console.send("a")
    console.wait_for("Address ", PATIENCE)
    console.send("qemu+tcp://127.0.0.1:1/system\r")
    console.wait_for("failed", PATIENCE)
    console.wait_for("try again", PATIENCE)
    console.send("e")
    console.wait_for("Address     qemu+tcp://127.0.0.1:1/system", PATIENCE)
    console.send("\x15test:///default\r")
    console.wait_for("save and open", PATIENCE)
    console.send("\x1b")
    console.wait_for("No connection is configured yet", PATIENCE)
    assert not program.config.exists()
    quit_(console)


def test_the_demo_needs_nothing(program: Program, console: Terminal) -> None:
    console.wait_for("No connection is configured yet", PATIENCE)
    console.send("d")
    console.wait_for("6/6 conns", PATIENCE)
    quit_(console)
    assert not program.config.exists()

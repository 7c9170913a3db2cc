"""A console in a real pseudo-terminal that loses it, is told to end, or steps aside for a pager; and its mouse."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.console import Console

pytestmark = pytest.mark.pty

FLEET = {"lab": "demo://?vms=30&family=vsphere&speed=0"}


@pytest.fixture(autouse=True)
def no_signal_is_ignored() -> Iterator[None]:
    """Whoever runs the tests with nohup has SIGHUP ignored, and every console that they start would inherit that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def console(folder: Path, **variables: str) -> Console:
    return Console(folder, FLEET, columns=100, rows=30, variables=variables)


def wait(process: subprocess.Popen[bytes]) -> int:
    """Its exit status; negative when a signal ended it."""
    return process.wait(60)


def work(terminal: Console) -> str:
    """Go somewhere that is worth coming back to; the name under the cursor."""
    terminal.wait_for("db-orders-01")
    terminal.send(":host esx\r")
    terminal.wait_for(":host")
    terminal.wait_for("/esx")
    terminal.send("jj")
    terminal.until(lambda: len(terminal.cursor()) == 1 and "▌" in terminal.text, "a cursor")
    terminal.read_for(1)
    line = next(line for line in terminal.text.splitlines() if "▌" in line)
    return line[line.index("▌") + 1 :].split()[0].lstrip("!")


def is_back(folder: Path, name: str) -> None:
    """The next console begins where the last one was cut off."""
    with console(folder) as terminal:
        terminal.wait_for(":host")
        terminal.wait_for("/esx")
        terminal.until(
            lambda: any("▌" in line and name in line for line in terminal.text.splitlines()), f"the cursor on {name}"
        )
        assert terminal.quit() == 0


@pytest.mark.parametrize("one", [signal.SIGHUP, signal.SIGTERM], ids=lambda one: one.name)
def test_a_signal_ends_it_in_order(one: signal.Signals, tmp_path: Path) -> None:
    with console(tmp_path) as terminal:
        name = work(terminal)
        terminal.process.send_signal(one)
        assert terminal.wait_for_exit() == 128 + one
        assert terminal.output.rindex(b"?1049l") > terminal.output.rindex(b"?1049h"), "the screen is given back"
    is_back(tmp_path, name)


@pytest.mark.parametrize("ignored", [False, True], ids=["told", "nohup"])
def test_a_dropped_line_loses_nothing(ignored: bool, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN) if ignored else None
    try:
        terminal = console(tmp_path)
    finally:
        if ignored:
            signal.signal(signal.SIGHUP, before)
    with terminal:
        name = work(terminal)
        group = os.getpgid(terminal.process.pid)
        terminal.hang_up()
        assert wait(terminal.process) == 128 + signal.SIGHUP
        end = time.monotonic() + 60
        while _alive(group) and time.monotonic() < end:
            time.sleep(0.05)
        assert not _alive(group), "its workers are gone, too"
    is_back(tmp_path, name)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_pager_has_the_terminal_and_gives_it_back(tmp_path: Path) -> None:
    pager = tmp_path / "a pager"
    pager.write_text(
        '#!/bin/sh\necho "PAGED BY $1"; head -n 3; stty -a < /dev/tty | grep -o " icanon"; read key < /dev/tty\n'
    )
    pager.chmod(0o755)
    with console(tmp_path, PAGER=f"'{pager}' us") as terminal:
        terminal.wait_for("db-orders-01")
        terminal.send("\r")
        terminal.wait_for("Summary")
        terminal.send("9")
        terminal.wait_for("lines,")
        terminal.send("|")
        terminal.wait_for("PAGED BY us")
        terminal.wait_for("icanon")
        away = len(terminal.output)
        assert terminal.output.rindex(b"?1049l") > terminal.output.rindex(b"?1049h"), "the console stepped aside"
        terminal.send("x\n")
        terminal.until(lambda: b"?1049h" in terminal.output[away:], "the console is back")
        terminal.send("1")
        terminal.wait_for("Identity")
        terminal.send("\x1b")
        terminal.wait_for("sort name")
        assert terminal.quit() == 0


def test_a_pager_that_is_not_there_is_told(tmp_path: Path) -> None:
    with console(tmp_path, PAGER="no-such-pager") as terminal:
        terminal.wait_for("db-orders-01")
        terminal.send("\r9")
        terminal.wait_for("lines,")
        terminal.send("|")
        terminal.wait_for("set PAGER to one that is installed")
        terminal.send("qq")
        terminal.wait_for("Quit?")
        terminal.send("y")
        assert terminal.wait_for_exit() == 0


def test_the_mouse_is_given_to_the_terminal_and_taken_back(tmp_path: Path) -> None:
    with console(tmp_path) as terminal:
        terminal.wait_for("db-orders-01")
        on, off = terminal.output.rindex(b"?1000h"), terminal.output.rfind(b"?1000l")
        assert on > off
        terminal.send("vM")
        terminal.wait_for("the mouse is the terminal's")
        assert terminal.output.rindex(b"?1000l") > terminal.output.rindex(b"?1000h")
        terminal.send("vM")
        terminal.wait_for("the mouse is ours again")
        assert terminal.output.rindex(b"?1000h") > terminal.output.rindex(b"?1000l")
        line = next(at for at, text in enumerate(terminal.text.splitlines()) if "▌" in text)
        terminal.send(f"\x1b[<0;60;{line + 3}M\x1b[<0;60;{line + 3}m")
        terminal.until(lambda: terminal.cursor() == [line + 2], "the cursor where it was clicked")
        assert terminal.quit() == 0

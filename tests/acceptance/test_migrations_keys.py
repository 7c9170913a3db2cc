"""Real migrations by the keys of a console on a terminal: begun, rescued, cancelled, and met again after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.acceptance.moving_pair import LONG, NAME, Pair, sent_away
from tests.lab.fixtures import MakeHost
from tests.lab.workspace import wait_until

pytest.importorskip("libvirt", reason="libvirt's Python binding is not installed")
pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(600)]

HOT = (24, 48)
BANDWIDTH = 9
"""Number of its line in the form."""

HUMAN = 0.15
"""Seconds between two keys: what comes at once is taken for a paste."""


@pytest.fixture
def pair(make_libvirt_host: MakeHost, tmp_path: Path) -> Pair:
    return Pair(make_libvirt_host("atlas"), make_libvirt_host("borea"), tmp_path)


class Person(Console):
    """Somebody at a terminal with both hosts."""

    def __init__(self, pair: Pair, columns: int = 100, rows: int = 30, name: str = NAME) -> None:
        """`name`: the machine that is looked at."""
        self.name = name
        super().__init__(pair.folder, pair.connections, columns=columns, rows=rows)

    def __enter__(self) -> Person:
        return self

    def press(self, *keys: str) -> None:
        for key in keys:
            self.send(key)
            self.read_for(HUMAN)

    def rows(self) -> list[str]:
        """Its lines in the watch."""
        return [line for line in self.text.splitlines() if f" {self.name} " in line and "─" not in line]

    def agree(self, call: str) -> None:
        """The dialog shows this call; it is told yes, or the name where it asks for that. At once it takes no key."""
        self.wait_for(call)
        self.wait_for("─ Confirm ")
        self.read_for(0.6)
        self.press(*("y" if "y yes" in self.text else f"{self.name}\r"))

    def begin(self) -> None:
        """The machine is chosen, sent to the other host at 8 MiB a second, and watched."""
        self.ready()
        self.fill({BANDWIDTH: "8M"})
        self.agree("virDomainMigrateToURI3")
        self.wait_for("VERDICT", LONG)

    def fill(self, said: Mapping[int, str]) -> None:
        """The form of a move, with what is said in its lines by their number; the host is the one that it proposes."""
        self.press("m", "l")
        self.wait_for("led by")
        self.wait_for("on there")
        for line in range(max(said) + 1):
            self.press(*said.get(line, ""), *(["\t"] if line < max(said) else []))
        self.press("\r")

    def ready(self) -> None:
        """Both hosts are listed and the cursor is on the machine."""
        self.wait_for(self.name)
        self.wait_for("2/2 conns")
        self.press(*f":vm {self.name}", "\r")
        self.read_for(1)


@pytest.mark.parametrize(("columns", "rows"), [(100, 30), (80, 24)])
def test_one_that_does_not_end_is_rescued(pair: Pair, columns: int, rows: int) -> None:
    pair.guest(HOT)
    with Person(pair, columns, rows) as person:
        person.begin()
        person.wait_for("Verdict: NOT CONVERGING", LONG)
        [row] = person.rows()
        assert "%" not in row
        person.press("2")
        person.agree("virDomainMigrateSetMaxDowntime")
        person.wait_for("1 done today", LONG)
        person.press("q")
        assert person.quit() == 0
    assert pair.where() == ["there"]
    assert sent_away(pair.here) == [NAME]


def test_a_console_that_dies_finds_it_again(pair: Pair) -> None:
    pair.guest(HOT)
    with Person(pair) as person:
        person.begin()
        person.wait_for("here→there", LONG)
        person.until(lambda: "memory" in person.rows()[0], "its memory is sent")
        os.kill(person.process.pid, signal.SIGKILL)
        person.process.wait(LONG)
    [before] = [line for line in pair.listed() if line["state"] == "running"]
    with Person(pair) as person:
        person.ready()
        person.press("M")
        person.wait_for("here→there")
        person.wait_for("Verdict: NOT CONVERGING", LONG)
        assert len(person.rows()) == 1
        [after] = [line for line in pair.listed() if line["state"] == "running"]
        assert (after["id"], after["ref"]) == (before["id"], before["ref"]), "the same row as before"
        assert pair.where() == ["here"]
        person.press("c")
        person.agree("virDomainAbortJob")
        pair_is_calm(pair)
        assert len(person.rows()) <= 1
        person.press("q")
        assert person.quit() == 0
    assert pair.where() == ["here"]
    assert sent_away(pair.here) == [NAME], "nobody sends it again"


def test_one_of_somebody_else_appears_by_itself(pair: Pair) -> None:
    pair.guest(HOT)
    pair.here.virsh("migrate-setspeed", NAME, "8")
    with Person(pair) as person:
        person.ready()
        person.press("M")
        person.wait_for("migrations")
        command = ["virsh", "-c", pair.here.uri, "migrate", "--live", "--p2p", NAME, pair.there.uri]
        virsh = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            person.wait_for("here→there", LONG)
            assert len(person.rows()) == 1
            assert virsh.poll() is None, "it is seen while it runs"
            person.press("c")
            person.agree("virDomainAbortJob")
            assert virsh.wait(LONG) != 0
        finally:
            virsh.kill()
            virsh.wait()
        pair_is_calm(pair)
        person.press("q")
        assert person.quit() == 0
    assert pair.where() == ["here"]


def pair_is_calm(pair: Pair) -> None:
    """Nothing moves any more."""
    wait_until(lambda: "None" in pair.here.virsh("domjobinfo", NAME), "no job is left", LONG)

"""Two real hosts and the program beside them as a person uses it: machines that move, what is told, where they run."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from tests.acceptance.console import Settings, configuration
from tests.acceptance.program import Answer, Program
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

NAME = "traveller"

LONG = 150.0
"""Seconds that a migration of so much memory may take to get anywhere on a busy machine."""

Line = Mapping[str, Any]
"""One migration as `--json` tells it."""


class Moving:
    """A command that tells of migrations while it runs."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process, self.out, self.err = process, out, err

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every whole line of JSON so far."""
        whole = self.out.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    @property
    def told(self) -> list[Line]:
        return [line for line in self.lines if line.get("type") == "migration"]

    def until(self, true: Callable[[Line], object], what: str) -> Line:
        """Wait for a line about a migration that is so; it must not end before."""
        end = time.monotonic() + LONG
        while True:
            over = self.process.poll() is not None
            if found := next((line for line in self.told if true(line)), None):
                return found
            assert not over, f"{what}: it ended before; {self.said()}"
            assert time.monotonic() < end, f"{what}: never; {self.said()}"
            time.sleep(0.1)

    def moves(self) -> Line:
        """Wait until memory flows."""
        return self.until(lambda line: line["progress"].get("memory_left"), "its memory is sent")

    def becomes(self, verdict: str) -> Line:
        return self.until(lambda line: line["verdict"] == verdict, f"it is {verdict}")

    def code(self) -> int:
        """Wait for the end; the exit status."""
        return self.process.wait(LONG)

    def said(self) -> str:
        last = self.told[-1] if self.told else None
        return f"{self.err.read_text()}\nlast told: {last}"


class Pair:
    """The connections `here` and `there`, and the program configured with them."""

    def __init__(self, here: LibvirtHost, there: LibvirtHost, folder: Path, **more: str) -> None:
        """`more`: settings of the connection `there`; also its `uri`, when it is reached in another way."""
        self.here, self.there = here, there
        self.folder = folder
        self.connections: dict[str, Settings] = {"here": {"uri": here.uri}, "there": {"uri": there.uri, **more}}
        self.program = Program(folder)
        self.program.configure(configuration(folder, self.connections).read_text())

    def guest(self, hot: tuple[int, int] | None, name: str = NAME, *, memory: int = 128, disk: int = 0) -> GuestSpec:
        """One that runs here and writes (MiB, MiB a second) for ever."""
        return self.here.start_guest(GuestSpec(name, memory_mib=memory, dirty=hot, disk_mib=disk))

    @staticmethod
    def host(name: str, host: LibvirtHost) -> str:
        """How a person names a host whose name two hosts of one computer share."""
        return str(ObjectRef(name, Kind.HOST, host.uuid))

    @contextmanager
    def started(self, *words: str) -> Iterator[Moving]:
        """A command of the program, killed at the end if it still runs then."""
        number = len(list(self.folder.glob("*.out")))
        out, err = self.folder / f"{number}.out", self.folder / f"{number}.err"
        with (
            out.open("wb") as stdout,
            err.open("wb") as stderr,
            self.program.start(*words, stdout=stdout, stderr=stderr) as process,
        ):
            try:
                yield Moving(process, out, err)
            finally:
                process.kill()

    @contextmanager
    def migrating(self, *words: str) -> Iterator[Moving]:
        """`novatui migrate traveller there … --watch --json --yes`."""
        to = self.host("there", self.there)
        with self.started("migrate", NAME, to, *words, "--watch", "--json", "--yes") as moving:
            yield moving

    def steer(self, *words: str) -> Answer:
        """`novatui migrations set|cancel traveller …`, agreed to, and by its name where that is asked for."""
        verb, *more = words
        return self.program.run("migrations", verb, NAME, *more, "--yes", "--confirm", NAME)

    def listed(self) -> list[Line]:
        answer = self.program.run("migrations", "--json")
        assert answer.code == 0, answer.err
        return answer.json["migrations"]

    def where(self, name: str = NAME) -> list[str]:
        """The connections on whose hosts this guest runs; a paused one runs nowhere."""
        both = {"here": self.here, "there": self.there}
        words = ("list", "--name", "--state-running")
        return [conn for conn, host in both.items() if name in host.virsh(*words).split()]


def check_percent(told: list[Line]) -> None:
    """From the second pass on nobody says how far it is."""
    again: set[str] = set()
    for line in told:
        if line["progress"].get("iteration", 0) > 1:
            again.add(line["id"])
        assert "percent" not in line or line["id"] not in again, line


def sent_away(host: LibvirtHost) -> list[str]:
    """Machines that were sent away from a host, one name for each time, by the log of its libvirt."""
    sent = [call for call in host.api_calls() if call.function == "virDomainMigratePerform3Params"]
    return [found[1] for call in sent if (found := re.search(r"\(VM: name=([^,]+),", call.arguments))]

"""What tests of changes share: a fleet of scripted workers with a gate, and its journal to read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from novatui.actions import journal
from novatui.actions.gate import Gate
from novatui.actions.journal_writer import Journal
from novatui.core.connection import ConnectionSpec
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from tests import changeworker
from tests.fleets import fleet_of, until

ENVIRON = {"SSH_CONNECTION": "203.0.113.7 50123 192.0.2.1 22"}


class Console:
    """A fleet, its gate, and what it has written."""

    def __init__(self, fleet: Fleet, path: Path) -> None:
        self.fleet = fleet
        self.path = path
        self.journal = Journal(path, user="ana", environ=ENVIRON, system_log=None)
        self.gate = Gate(fleet, self.journal)

    def records(self, *events: str) -> list[dict[str, Any]]:
        """The journal, verified; of these events only where some are named."""
        return [r.body for r in journal.read(self.path) if not events or r.body["event"] in events]

    def made(self) -> list[list[Any]]:
        """What the product says was done to it, in order."""
        path = self.path.parent / "made"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@asynccontextmanager
async def console_of(folder: Path, *specs: ConnectionSpec, name: str = "state", **fleet: Any) -> AsyncIterator[Console]:
    """A console on scripted workers, settled; its journal is in `folder`."""
    async with fleet_of(*specs, command=changeworker.COMMAND, **fleet) as made:
        await made.settled(60)
        await until(lambda: all(c.lock for c in made.connections.values()))
        console = Console(made, folder / name / "journal.jsonl")
        yield console
        await console.gate.stop(0)


def spec(folder: Path, conn: str = "lab", **options: str) -> ConnectionSpec:
    """A scripted connection whose product writes into `folder` what is done to it."""
    (folder / "state").mkdir(mode=0o700, exist_ok=True)
    return changeworker.spec(conn, made=str(folder / "state" / "made"), **options)


def vm(id: int | str, conn: str = "lab") -> ObjectRef:
    return ObjectRef(conn, Kind.VM, str(id))

"""Capabilities outlive the console: sheets come back from the disk at start, and go there once they have settled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Coroutine, Mapping
from pathlib import Path
from typing import Any

from novatui.core.capabilities import Sheet
from novatui.core.connection import ConnectionSpec
from novatui.core.states import Kind
from novatui.engine import blocking
from novatui.engine.cache import write
from novatui.engine.connection import Connection
from novatui.engine.facts import Facts
from novatui.engine.facts_file import Damaged, packed, path_of, read

log = logging.getLogger(__name__)

SETTLED = 5.0
"""Seconds after the first change that what is known is written."""

MACHINES = 50
"""Machines of a connection whose sheets are kept: those that were asked last."""


class FactsKeeping:
    """The files of all connections of a fleet. Belongs to the event loop."""

    def __init__(self, folder: Path, facts: Facts, connections: Mapping[str, Connection]) -> None:
        self._folder = folder
        self._facts = facts
        self._connections = connections
        self._changed: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        facts.learned = self._learned

    def begin(self, *conns: str) -> None:
        """Bring back what was kept of these connections, without waiting for it."""
        self._run(self.recall(conns))

    async def stop(self) -> None:
        """Write what was not written yet."""
        await asyncio.gather(*self._tasks)
        await self.save()

    async def recall(self, conns: Collection[str]) -> None:
        """Bring back what was kept of these connections. What cannot be read is logged, and nothing else."""
        for conn in conns:
            spec = self._connections[conn].spec
            try:
                sheets = await blocking.run(lambda spec=spec: read(self._folder, spec))
            except (OSError, Damaged) as error:
                log.warning("the kept capabilities of %s are not used: %s", conn, error)
                continue
            if conn in self._connections:
                self._facts.recall(sheets)

    async def save(self) -> None:
        """Write what changed since it was written last. What cannot be written is logged, and nothing else."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        changed, self._changed = self._changed, set()
        for conn in changed & self._connections.keys():
            spec, sheets = self._connections[conn].spec, _kept(self._facts.sheets(conn))
            try:
                await blocking.run(lambda spec=spec, sheets=sheets: self._write(spec, sheets))
            except OSError as error:
                log.warning("the capabilities of %s could not be kept: %s", conn, error)

    def _write(self, spec: ConnectionSpec, sheets: list[Sheet]) -> None:
        write(path_of(self._folder, spec.name), packed(spec, sheets))

    def _learned(self, conn: str) -> None:
        self._changed.add(conn)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SETTLED, self._write_soon)

    def _write_soon(self) -> None:
        self._timer = None
        self._run(self.save())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _kept(sheets: list[Sheet]) -> list[Sheet]:
    """Those of the connection and its hosts, and of the machines that were asked last."""
    few = [sheet for sheet in sheets if sheet.ref.kind in {Kind.CONNECTION, Kind.HOST}]
    machines = [sheet for sheet in sheets if sheet.ref.kind not in {Kind.CONNECTION, Kind.HOST}]
    machines.sort(key=lambda sheet: sheet.at or 0.0)
    return few + machines[-MACHINES:]

"""Migrations in the console: their records read at the start and kept, and the bell when one ends."""

from __future__ import annotations

import asyncio
import logging

from textual.app import App

from novatui.config.errors import ConfigError
from novatui.engine import blocking
from novatui.engine.fleet import Fleet
from novatui.engine.migration_book import MigrationBook, kept
from novatui.engine.migration_record import Record

log = logging.getLogger(__name__)

KEEP = 5.0
"""Seconds between two writings of what is under way: a console that is killed loses no more of it."""


class MigrationWatch:
    """One per console."""

    def __init__(self, app: App[None], fleet: Fleet, book: MigrationBook | None) -> None:
        """Without a `book` records are kept as long as the console runs."""
        self.bells: set[str] = set()
        """Ids of the moves whose end is to be heard."""
        self._app, self._fleet, self._book = app, fleet, book
        self._written: dict[str, int] = {}
        """Version of each record as it was written last."""
        self._saving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bring in what earlier consoles kept, and listen from now on."""
        self._fleet.migrations.begins.append(self._begun)
        self._fleet.migrations.ends.append(self._ended)
        self._app.set_interval(KEEP, self._keep)
        if self._book is not None:
            records = await blocking.run(self._book.load)
            self._fleet.migrations.restore(records)
            self._written = {record.id: record.version for record in records}

    async def stop(self) -> None:
        """Write what is not written yet."""
        if self._saving is not None:
            await self._saving
        await self._save()

    def toggle_bell(self, record: Record) -> bool:
        """Ring when it ends, or not after all; True when it will ring."""
        self.bells ^= {record.id}
        return record.id in self.bells

    def _begun(self, _record: Record) -> None:
        """Written at once: a console that dies in its first seconds has the same record the next time."""
        self._keep()

    def _ended(self, record: Record) -> None:
        if record.id in self.bells:
            self.bells.discard(record.id)
            self._app.bell()
        self._keep()

    def _keep(self) -> None:
        if self._saving is None and self._book is not None:
            self._saving = asyncio.get_running_loop().create_task(self._save())

    async def _save(self) -> None:
        found = [one for one in self._fleet.migrations.all() if self._written.get(one.id) != one.version]
        try:
            if self._book is not None and found:
                book, versions = self._book, {one.id: one.version for one in found}
                records = [kept(one) for one in found]
                await blocking.run(lambda: book.write(records))
                self._written |= versions
        except (OSError, ConfigError) as error:
            log.error("records of migrations cannot be kept: %s", error)
        finally:
            self._saving = None

"""The last known inventory: a screenful of it at once, the rest in slices, and everything saved at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from novatui.core.connection import ConnectionSpec
from novatui.engine import blocking
from novatui.engine.cache import CacheFile, adopt, open_cache, path_of, snapshot, write
from novatui.engine.inventory_store import InventoryStore

log = logging.getLogger(__name__)

SCREENFUL = 60
"""Rows of each connection that the first frame may need."""

FIRST_COLUMNS = frozenset({"name", "parent", "host", "power", "native_state", "uuid"})
"""Columns that the first frame draws, and what machines are told apart by."""


class Recall:
    """The cache files of all connections of a fleet."""

    def __init__(self, folder: Path, specs: Iterable[ConnectionSpec], inventory: InventoryStore) -> None:
        """Map the files and put a screenful of each into the inventory: a matter of milliseconds."""
        self._folder = folder
        self._inventory = inventory
        self._files: dict[str, CacheFile] = {}
        """By connection: those that are not in the inventory as a whole yet."""
        for spec in specs:
            self.begin(spec)

    def begin(self, spec: ConnectionSpec) -> None:
        """Put a screenful of one connection into the inventory; `fill` does the rest."""
        file = open_cache(self._folder, spec)
        if isinstance(file, CacheFile):
            self._files[spec.name] = file
            for _ in adopt(file, self._inventory, file.screenful(SCREENFUL), FIRST_COLUMNS):
                pass
        elif file.reason:
            log.warning("the cached inventory of %s is not used: %s", spec.name, file.reason)

    def forget(self, conn: str) -> None:
        """The connection is no more: what is not in the inventory yet stays where it is."""
        self._files.pop(conn, None)

    async def fill(self, known: Callable[[str], bool], changed: Callable[[], None]) -> None:
        """Put the rest into the inventory, a slice a turn; a connection that is known whole needs no more."""
        while self._files:
            conn, file = next(iter(self._files.items()))
            for _ in adopt(file, self._inventory):
                changed()
                await asyncio.sleep(0)
                if self._files.get(conn) is not file or known(conn):
                    break
            if self._files.get(conn) is file:
                del self._files[conn]

    async def save(self, conns: Iterable[str]) -> None:
        """Write what is known of these connections. What cannot be written is logged, and nothing else."""
        for conn in conns:
            data = snapshot(self._inventory, conn)
            try:
                await blocking.run(lambda data=data, conn=conn: write(path_of(self._folder, conn), data))
            except OSError as error:
                log.warning("the inventory of %s could not be saved: %s", conn, error)

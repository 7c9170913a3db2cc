"""The last known inventory: a screenful of it at once, the rest in slices, and everything saved at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from pathlib import Path

from novatui.core.connection import ConnectionSpec
from novatui.engine import blocking
from novatui.engine.cache import CacheFile, adopt, open_cache, path_of, snapshot, write
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.naming import natural_key

log = logging.getLogger(__name__)

SCREENFUL = 60
"""Machines, and nodes of each connection, that the first frame may need."""

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
        self.begin(*specs)

    def begin(self, *specs: ConnectionSpec) -> None:
        """Put a screenful of these connections together into the inventory; `fill` does the rest."""
        files: list[CacheFile] = []
        for spec in specs:
            file = open_cache(self._folder, spec)
            if isinstance(file, CacheFile):
                files.append(file)
                self._files[spec.name] = file
            elif file.reason:
                log.warning("the cached inventory of %s is not used: %s", spec.name, file.reason)
        for file, machines in zip(files, first_machines(files, SCREENFUL), strict=True):
            rows = file.hanging([*file.tops(SCREENFUL), *machines])
            for _ in adopt(file, self._inventory, rows, FIRST_COLUMNS):
                pass

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


def first_machines(files: Sequence[CacheFile], n: int) -> list[list[int]]:
    """Rows of the first n machines by name of all files together, file by file."""
    found: list[tuple[str, int, int]] = []
    for number, file in enumerate(files):
        rows = file.machines(n)
        names = file.values(rows, "name")
        found += [
            (natural_key(name) if isinstance(name, str) else "", number, row)
            for row, name in zip(rows, names, strict=True)
        ]
    chosen: list[list[int]] = [[] for _ in files]
    for _, number, row in nsmallest(n, found):
        chosen[number].append(row)
    return chosen

"""The last known inventory of a connection in a file: the first frame is drawn from it before anybody answered.

Rows are in the order of the tree, so that the first screenful is the first rows; machines are also listed by natural
name. `CacheFile` reads single cells of the mapped file; `adopt` puts rows into the inventory, where they are stale
until the connection tells of them itself. A file that is not whole, not ours or of another target is never used.
"""

from __future__ import annotations

import mmap
import os
import time
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from zlib import crc32

import msgspec

from novatui.core.connection import ConnectionSpec
from novatui.core.ids import encode_id
from novatui.core.inventory import FIELD, Group, Value
from novatui.engine.cache_format import (
    ColumnSection,
    Damaged,
    Header,
    assemble,
    checked,
    column_section,
    numbers_section,
    read_header,
)
from novatui.engine.columns import TextsColumn
from novatui.engine.inventory_rows import MACHINES, ON_DEMAND
from novatui.engine.inventory_store import InventoryStore

SLICE = 200
"""Rows adopted at once: about five milliseconds."""

AGE_STEP = 60.0
"""Ages of cached rows are kept in whole steps of so many seconds."""


class Unusable(msgspec.Struct, frozen=True):
    """There is no cached inventory to start from."""

    reason: str
    """Why, for the log; empty when there simply is none yet."""


class CacheFile:
    """The cached inventory of one connection, mapped into memory. Rows are numbered in the order of the tree."""

    def __init__(self, data: memoryview) -> None:
        """Damaged when it is not one."""
        self._data = data
        self._header: Header = read_header(data)
        self._columns: dict[str, ColumnSection | None] = {}
        self._numbers: dict[str, memoryview] = {}
        self.problems: list[str] = []
        """What turned out to be damaged while it was read; its values are unknown."""

    def __len__(self) -> int:
        return self._header.rows

    @property
    def conn(self) -> str:
        """Name of the connection."""
        return self._header.conn

    @property
    def target(self) -> str:
        """What the connection led to."""
        return self._header.target

    @property
    def saved(self) -> float:
        """When it was written, epoch seconds."""
        return self._header.saved

    def key(self, row: int) -> str | None:
        """Key of an object; None when it cannot be read."""
        value = self.value(row, "key")
        return value if isinstance(value, str) else None

    def value(self, row: int, field: str) -> Value:
        """A cell; None when unknown, or when the file is damaged there. IndexError for a row that is none."""
        if not 0 <= row < len(self):
            raise IndexError(row)
        column = self._column(field)
        try:
            return column.get(row) if column is not None else None
        except Damaged as error:
            self._give_up(field, error)
            return None

    def values(self, rows: Sequence[int], field: str) -> list[Value]:
        """The same for several rows."""
        column = self._column(field)
        try:
            return column.several(rows) if column is not None else [None] * len(rows)
        except Damaged as error:
            self._give_up(field, error)
            return [None] * len(rows)

    @property
    def fields(self) -> list[str]:
        """Columns of which anything is known."""
        return [name for name in FIELD if f"column.{name}" in self._header.sections]

    def parent(self, row: int) -> int | None:
        """The row above; None directly below the connection."""
        parents = self._section("tree.parent")
        above = parents[row] if row < len(parents) else 0
        return above - 1 if 0 < above <= row else None

    def end(self, row: int) -> int:
        """The first row after all that hangs below this one: where drawing goes on when it is collapsed."""
        ends = self._section("tree.end")
        return min(max(ends[row], row + 1), len(self)) if row < len(ends) else row + 1

    def machines(self, n: int | None = None) -> list[int]:
        """Rows of the first n machines by natural name (None: of all)."""
        return [row for row in self._section("by_name")[:n] if row < len(self)]

    def seen(self, row: int) -> float:
        """When it was last read, epoch seconds, in whole steps of AGE_STEP before `saved`."""
        steps = self._section("age")
        return self.saved - AGE_STEP * (steps[row] if row < len(steps) else 0)

    def tops(self, n: int) -> list[int]:
        """The first n rows directly below the connection: what a tree shows before anything in it is unfolded."""
        rows: list[int] = []
        row = 0
        while row < len(self) and len(rows) < n:
            rows.append(row)
            row = self.end(row)
        return rows

    def hanging(self, rows: Iterable[int]) -> list[int]:
        """These rows with everything above them, in tree order."""
        wanted = set(rows)
        for row in tuple(wanted):
            above = self.parent(row)
            while above is not None and above not in wanted:
                wanted.add(above)
                above = self.parent(above)
        return sorted(wanted)

    def _column(self, name: str) -> ColumnSection | None:
        if name not in self._columns:
            self._columns[name] = None
            section = self._header.sections.get(f"column.{name}")
            if section is not None:
                try:
                    self._columns[name] = ColumnSection(checked(self._data, section), len(self))
                except Damaged as error:
                    self._give_up(name, error)
        return self._columns[name]

    def _section(self, name: str) -> memoryview:
        """A section of 32-bit numbers; empty when there is none."""
        if name not in self._numbers:
            part = memoryview(b"")
            section = self._header.sections.get(name)
            if section is not None:
                try:
                    part = checked(self._data, section)
                except Damaged as error:
                    self.problems.append(f"{name}: {error}")
            self._numbers[name] = part[: len(part) // 4 * 4].cast("I")
        return self._numbers[name]

    def _give_up(self, name: str, error: Damaged) -> None:
        self._columns[name] = None
        self.problems.append(f"{name}: {error}")


def path_of(folder: Path, conn: str) -> Path:
    """The file of a connection."""
    name = encode_id(conn)
    return folder / f"{name[:100]}-{crc32(name.encode()):08x}.inventory"


def target_of(spec: ConnectionSpec) -> str:
    """What a connection leads to."""
    return " ".join((spec.family.value, spec.driver, encode_id(spec.uri)))


def open_cache(folder: Path, spec: ConnectionSpec) -> CacheFile | Unusable:
    """The cached inventory of a connection. Never raises."""
    cache = open_file(path_of(folder, spec.name))
    if isinstance(cache, CacheFile) and (cache.conn != spec.name or cache.target != target_of(spec)):
        return Unusable("it is of another target")
    return cache


def open_file(path: Path) -> CacheFile | Unusable:
    """The cached inventory in this file, of whatever connection. Never raises."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
                return Unusable("somebody else can write it")
            data = (
                memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) if status.st_size else memoryview(b"")
            )
        return CacheFile(data)
    except FileNotFoundError:
        return Unusable("")
    except (OSError, ValueError) as error:
        return Unusable(str(error))


def adopt(
    cache: CacheFile,
    inventory: InventoryStore,
    rows: Iterable[int] | None = None,
    fields: Collection[str] | None = None,
    size: int = SLICE,
) -> Iterator[int]:
    """Put cached rows (None: all) into the inventory, a slice at each step; yields how many are done.

    `fields`: only these columns, when the first frame needs no more. They are readings of generation 0: anything that
    the connection tells, or told already, is newer.
    """
    now = time.monotonic() - time.time()
    told = [name for name in cache.fields if fields is None or name in fields]
    every = list(range(len(cache)) if rows is None else rows)
    for start in range(0, len(every), size):
        by_time: dict[float, list[int]] = {}
        for row in every[start : start + size]:
            by_time.setdefault(cache.seen(row), []).append(row)
        for seen, alike in by_time.items():
            keys = cache.values(alike, "key")
            whole = [(row, key) for row, key in zip(alike, keys, strict=True) if isinstance(key, str)]
            readable = [row for row, _ in whole]
            columns = [cache.values(readable, name) for name in told]
            inventory.read(cache.conn, (0, now + seen), told, [key for _, key in whole], columns)
        yield min(start + size, len(every))


def snapshot(inventory: InventoryStore, conn: str) -> bytes:
    """The bytes of the file for a connection as it is known now: a third of a second for 45,000 rows.

    Take it only after a complete listing, or what is known of the rest is lost.
    """
    now, saved = time.monotonic(), time.time()
    top = inventory.connection(conn)
    slots = [slot for slot in inventory.below(top) if inventory.kind(slot) not in ON_DEMAND]
    row_of: dict[int | None, int] = {slot: row for row, slot in enumerate(slots)}
    parents = array("I", (row_of.get(above, -1) + 1 for slot in slots for above in (inventory.parent(slot),)))
    ends = array("I", range(1, len(slots) + 1))
    for row in range(len(slots) - 1, -1, -1):
        if parents[row]:
            ends[parents[row] - 1] = max(ends[parents[row] - 1], ends[row])
    machines = sorted((slot for slot in slots if inventory.kind(slot) in MACHINES), key=inventory.name_key)
    parts = {
        "tree.parent": parents.tobytes(),
        "tree.end": ends.tobytes(),
        "by_name": numbers_section(row_of[slot] for slot in machines),
        "age": numbers_section(_age_steps(inventory, slot, now) for slot in slots),
        "column.key": column_section([inventory.key(slot) for slot in slots]),
    }
    for name in FIELD:
        column = inventory.column(name)
        read = column.texts if isinstance(column, TextsColumn) else column.get
        parts[f"column.{name}"] = column_section(map(read, slots)) if len(column) else None
    known = {name: part for name, part in parts.items() if part is not None}
    return assemble(conn, target_of(inventory.spec(top)), saved, len(slots), known)


def _age_steps(inventory: InventoryStore, slot: int, now: float) -> int:
    ages = (inventory.age(slot, group, now) for group in (Group.STATE, Group.PLACE))
    age = next((age for age in ages if age is not None), 0.0)
    return min(int(age // AGE_STEP), 2**31)


def write(path: Path, data: bytes) -> None:
    """Replace a file by these bytes, for its owner alone; at every moment one of both is there, whole.

    It blocks until the disk has them. OSError when that cannot be.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        fresh.unlink()
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

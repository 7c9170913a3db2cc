"""Columns of the inventory: one value per slot, each known or unknown, never a default."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from enum import StrEnum
from math import isfinite
from sys import intern
from typing import Protocol, TypeVar

from novatui.core.inventory import Field, Group, Type, Value
from novatui.core.states import Health, Power

_T = TypeVar("_T")
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


class Column(Protocol):
    """One value per slot."""

    misfits: int
    """Values that were not of the column's type and therefore became unknown."""

    def __len__(self) -> int:
        """0 when nothing was ever stored in it."""
        ...

    def get(self, slot: int) -> Value:
        """The value; None when unknown."""
        ...

    def put(self, slots: Sequence[int], values: Sequence[Value]) -> list[int]:
        """Store one value per slot; the slots whose value is now another one."""
        ...

    def erase(self, slot: int) -> None:
        """Make it unknown."""
        ...


class TextColumn:
    """Texts; those that many slots share are held once."""

    def __init__(self, *, shared: bool) -> None:
        self.misfits = 0
        self._shared = shared
        self._cells: list[str | None] = []

    def __len__(self) -> int:
        return len(self._cells)

    def get(self, slot: int) -> str | None:
        return self._cells[slot] if slot < len(self._cells) else None

    def put(self, slots: Sequence[int], values: Sequence[Value]) -> list[int]:
        cells, changed = self._cells, list[int]()
        _reach(cells, slots)
        for slot, value in zip(slots, values, strict=True):
            if cells[slot] == value:
                continue
            new = value if type(value) is str else None
            if new is None and value is not None:
                self.misfits += 1
                if cells[slot] is None:
                    continue
            cells[slot] = intern(new) if self._shared and new is not None else new
            changed.append(slot)
        return changed

    def erase(self, slot: int) -> None:
        if slot < len(self._cells):
            self._cells[slot] = None


class TextsColumn:
    """Short lists of texts."""

    def __init__(self) -> None:
        self.misfits = 0
        self._cells: list[tuple[str, ...] | None] = []

    def __len__(self) -> int:
        return len(self._cells)

    def get(self, slot: int) -> list[str] | None:
        value = self.texts(slot)
        return None if value is None else list(value)

    def texts(self, slot: int) -> tuple[str, ...] | None:
        """The same without a copy."""
        return self._cells[slot] if slot < len(self._cells) else None

    def put(self, slots: Sequence[int], values: Sequence[Value]) -> list[int]:
        cells, changed = self._cells, list[int]()
        _reach(cells, slots)
        for slot, value in zip(slots, values, strict=True):
            new = tuple(map(intern, value)) if isinstance(value, list) else None
            if new is None and value is not None:
                self.misfits += 1
            if cells[slot] != new:
                cells[slot] = new
                changed.append(slot)
        return changed

    def erase(self, slot: int) -> None:
        if slot < len(self._cells):
            self._cells[slot] = None


class CodedColumn:
    """Words of a closed vocabulary, one byte each: 0 is unknown, code n is the n-th word."""

    def __init__(self, words: type[StrEnum], unfit: StrEnum) -> None:
        self.misfits = 0
        self.codes = bytearray()
        """Code by slot; a slot beyond the end is unknown."""
        self.words: tuple[str | None, ...] = (None, *(word.value for word in words))
        self.code: dict[str, int] = {word.value: at for at, word in enumerate(words, 1)}
        self._unfit = self.code[unfit.value]

    def __len__(self) -> int:
        return len(self.codes)

    def get(self, slot: int) -> str | None:
        return self.words[self.codes[slot]] if slot < len(self.codes) else None

    def put(self, slots: Sequence[int], values: Sequence[Value]) -> list[int]:
        codes, changed = self.codes, list[int]()
        short = max(slots, default=-1) + 1 - len(codes)
        if short > 0:
            codes.extend(bytes(short))
        for slot, value in zip(slots, values, strict=True):
            code = 0 if value is None else self._code(value)
            if codes[slot] != code:
                codes[slot] = code
                changed.append(slot)
        return changed

    def _code(self, value: Value) -> int:
        code = self.code.get(value) if isinstance(value, str) else None
        if code is None:
            self.misfits += 1
            return self._unfit
        return code

    def erase(self, slot: int) -> None:
        if slot < len(self.codes):
            self.codes[slot] = 0


class NumberColumn:
    """Numbers of eight bytes with a validity byte each: whole ones for counts and sizes, else floating ones."""

    def __init__(self, *, whole: bool) -> None:
        self.misfits = 0
        self._whole = whole
        self._cells: array[int] | array[float] = array("q") if whole else array("d")
        self._known = bytearray()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, slot: int) -> int | float | None:
        return self._cells[slot] if slot < len(self._known) and self._known[slot] else None

    def put(self, slots: Sequence[int], values: Sequence[Value]) -> list[int]:
        cells, known, changed = self._cells, self._known, list[int]()
        short = max(slots, default=-1) + 1 - len(known)
        if short > 0:
            known.extend(bytes(short))
            cells.frombytes(bytes(8 * short))
        for slot, value in zip(slots, values, strict=True):
            number = None if value is None else self._number(value)
            if number is None:
                if known[slot]:
                    known[slot] = 0
                    changed.append(slot)
            elif not known[slot] or cells[slot] != number:
                known[slot] = 1
                cells[slot] = number  # pyright: ignore[reportArgumentType, reportCallIssue] - whole if the column is
                changed.append(slot)
        return changed

    def _number(self, value: Value) -> int | float | None:
        kind = type(value)
        if kind is int and self._whole and _LOWEST <= value <= _HIGHEST:  # pyright: ignore[reportOperatorIssue]
            return value  # pyright: ignore[reportReturnType]
        if isinstance(value, int | float) and kind is not bool:
            fits = isfinite(value) if kind is float else abs(value) <= _HIGHEST
            if fits and not self._whole:
                return float(value)
            if fits and kind is float and value == int(value) and abs(value) < _HIGHEST:
                return int(value)
        self.misfits += 1
        return None

    def erase(self, slot: int) -> None:
        if slot < len(self._known):
            self._known[slot] = 0


class SparseColumn:
    """Values that few slots have: those of hosts, stores, networks, devices and snapshots."""

    def __init__(self, dense: Column) -> None:
        self.misfits = 0
        self._one = dense
        """A column of the right type, of one slot: it judges every value before it is kept."""
        self._cells: dict[int, Value] = {}

    def __len__(self) -> int:
        return len(self._cells)

    def get(self, slot: int) -> Value:
        return self._cells.get(slot)

    def put(self, slots: Sequence[int], values: Sequence[Value]) -> list[int]:
        cells, changed = self._cells, list[int]()
        for slot, value in zip(slots, values, strict=True):
            if value is not None:
                self._one.put((0,), (value,))
                value = self._one.get(0)
            if cells.get(slot) == value and type(cells.get(slot)) is type(value):
                continue
            if value is None:
                del cells[slot]
            else:
                cells[slot] = value
            changed.append(slot)
        self.misfits = self._one.misfits
        return changed

    def erase(self, slot: int) -> None:
        self._cells.pop(slot, None)


class FlagColumn:
    """Yes, no or unknown."""

    def __init__(self) -> None:
        self.misfits = 0
        self._codes = bytearray()

    def __len__(self) -> int:
        return len(self._codes)

    def get(self, slot: int) -> bool | None:
        code = self._codes[slot] if slot < len(self._codes) else 0
        return None if code == 0 else code == 2

    def put(self, slots: Sequence[int], values: Sequence[Value]) -> list[int]:
        codes, changed = self._codes, list[int]()
        short = max(slots, default=-1) + 1 - len(codes)
        if short > 0:
            codes.extend(bytes(short))
        for slot, value in zip(slots, values, strict=True):
            code = 1 + value if isinstance(value, bool) else 0
            if code == 0 and value is not None:
                self.misfits += 1
            if codes[slot] != code:
                codes[slot] = code
                changed.append(slot)
        return changed

    def erase(self, slot: int) -> None:
        if slot < len(self._codes):
            self._codes[slot] = 0


_UNSHARED = frozenset({"name", "uuid", "native_id", "description", "guest_name"})
_DENSE = frozenset({Group.PLACE, Group.STATE, Group.CONFIG, Group.GUEST})
_DENSE_TOO = frozenset({"snapshots", "snapshot_oldest"})


def column_for(field: Field) -> Column:
    """An empty column for this field."""
    column = _typed_column(field)
    return column if field.group in _DENSE or field.name in _DENSE_TOO else SparseColumn(column)


def _typed_column(field: Field) -> Column:
    if field.name == "power":
        return CodedColumn(Power, Power.UNKNOWN)
    if field.name == "health":
        return CodedColumn(Health, Health.UNKNOWN)
    match field.type:
        case Type.TEXT:
            return TextColumn(shared=field.name not in _UNSHARED)
        case Type.TEXTS:
            return TextsColumn()
        case Type.BOOL:
            return FlagColumn()
        case Type.INT | Type.BYTES:
            return NumberColumn(whole=True)
        case Type.FLOAT | Type.TIME:
            return NumberColumn(whole=False)


def _reach(cells: list[_T | None], slots: Sequence[int]) -> None:
    short = max(slots, default=-1) + 1 - len(cells)
    if short > 0:
        cells.extend([None] * short)

"""The layout of a cached inventory: a checked header, then sections that are checked when they are first read.

A column section holds one 32-bit code for each row (0: unknown), then the values that the codes stand for, each once:
their number, their offsets, their msgpack. So one cell is read without decoding any other. Numbers are in the byte
order of the machine that wrote them: the file never leaves it.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import islice
from math import isfinite
from zlib import crc32

import msgspec

from novatui.core.inventory import Value
from novatui.core.text import clean

MAGIC = b"NovaInv\x01"
"""First bytes of a file; the last of them is the version of the layout."""

_PREFIX = len(MAGIC) + 8
_ALIGN = 8
MAX_ROWS = 2_000_000


class Section(msgspec.Struct, frozen=True, array_like=True):
    """Where a part of the file lies, in bytes from its beginning, and its check sum."""

    at: int
    size: int
    check: int


class Header(msgspec.Struct, frozen=True):
    """What a file holds."""

    conn: str
    """Name of the connection."""
    target: str
    """What the connection leads to: with another one the file is worthless."""
    order: str
    """Byte order of its numbers: `little` or `big`."""
    saved: float
    """Epoch seconds."""
    rows: int
    size: int
    """Length of the file."""
    sections: dict[str, Section]


class Damaged(ValueError):
    """The bytes are not what was written."""


_header_decoder = msgspec.msgpack.Decoder(Header)
_value_decoder: msgspec.msgpack.Decoder[str | int | float | bool | list[str]] = msgspec.msgpack.Decoder(
    str | int | float | bool | list[str]
)
_encode = msgspec.msgpack.Encoder().encode


def assemble(conn: str, target: str, saved: float, rows: int, parts: dict[str, bytes]) -> bytes:
    """The bytes of a file with these sections."""
    sections: dict[str, Section] = {}
    header = b""
    for _ in range(8):  # the header's own length moves the sections, whose numbers make its length
        at = _aligned(_PREFIX + len(header))
        for name, part in parts.items():
            sections[name] = Section(at, len(part), crc32(part))
            at = _aligned(at + len(part))
        size = len(header)
        header = _encode(Header(conn, target, sys.byteorder, saved, rows, at, sections))
        if len(header) == size:
            break
    numbers = array("I", [len(header), crc32(header)]).tobytes()
    pieces = [MAGIC + numbers + header]
    done = len(pieces[0])
    for name, part in parts.items():
        pieces += [bytes(sections[name].at - done), part]
        done = sections[name].at + len(part)
    pieces.append(bytes(_aligned(done) - done))
    return b"".join(pieces)


def read_header(data: memoryview) -> Header:
    """The header of a file. Damaged when it is none that we can use."""
    if len(data) < _PREFIX or bytes(data[: len(MAGIC)]) != MAGIC:
        raise Damaged("not a cached inventory of this version")
    length, check = array("I", bytes(data[len(MAGIC) : _PREFIX]))
    body = data[_PREFIX : _PREFIX + length]
    if len(body) != length or crc32(body) != check:
        raise Damaged("its header is damaged")
    try:
        header = _header_decoder.decode(body)
    except msgspec.MsgspecError:
        raise Damaged("its header is of another version") from None
    if header.order != sys.byteorder:
        raise Damaged("it was written on another kind of machine")
    if header.size != len(data):
        raise Damaged("it is not complete")
    if not 0 <= header.rows <= MAX_ROWS or not isfinite(header.saved):
        raise Damaged("its header makes no sense")
    return header


def checked(data: memoryview, section: Section) -> memoryview:
    """The bytes of a section. Damaged when they are not those that were written."""
    part = data[section.at : section.at + section.size]
    if section.at < 0 or len(part) != section.size or crc32(part) != section.check:
        raise Damaged("a part of it is damaged")
    return part


def _aligned(at: int) -> int:
    return -(-at // _ALIGN) * _ALIGN


class ColumnSection:
    """One column, read cell by cell."""

    def __init__(self, part: memoryview, rows: int) -> None:
        """Damaged when the section does not hold a column of this many rows."""
        numbers = part[: len(part) // 4 * 4].cast("I")
        count = numbers[rows] if len(numbers) > rows else -1
        heap = rows + 1 + count + 1
        if count < 0 or len(numbers) < heap:
            raise Damaged("a column of it is too short")
        self._codes = numbers[:rows]
        self._offsets = numbers[rows + 1 : heap]
        self._heap = part[4 * heap :]

    def get(self, row: int) -> Value:
        """The value of a row; None when unknown. Damaged when there is none to be read."""
        return self._decode(self._codes[row])

    def several(self, rows: Sequence[int]) -> list[Value]:
        """The values of several rows; what they share is decoded once."""
        codes = [self._codes[row] for row in rows]
        values = {code: self._decode(code) for code in set(codes)}
        return [values[code] for code in codes]

    def _decode(self, code: int) -> Value:
        if code == 0:
            return None
        try:
            start, end = self._offsets[code - 1], self._offsets[code]
            value = _value_decoder.decode(self._heap[start:end])
        except (IndexError, msgspec.MsgspecError):
            raise Damaged("a value of it is damaged") from None
        match value:
            case str():
                return clean(value)
            case list():
                return list(map(clean, value))
            case _:
                return value


def column_section(values: Iterable[Value | tuple[str, ...]]) -> bytes | None:
    """The section of a column, whose values are all of one type; None when it knows nothing."""
    codes: dict[Value | tuple[str, ...], int] = {None: 0}
    cells = array("I", [codes.setdefault(value, len(codes)) for value in values])
    if len(codes) == 1:
        return None
    heap, offsets = bytearray(), array("I", [0])
    for value in islice(codes, 1, None):
        heap += _encode(value)
        offsets.append(len(heap))
    cells.append(len(codes) - 1)
    return cells.tobytes() + offsets.tobytes() + heap


def numbers_section(numbers: Iterable[int]) -> bytes:
    """A section of 32-bit numbers."""
    return array("I", numbers).tobytes()

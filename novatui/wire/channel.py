"""Framing: a four-byte length and one msgpack frame; pure bytes in, frames out, no I/O."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from math import isfinite
from typing import Any, cast

import msgspec

from novatui.core.inventory import Value
from novatui.core.text import TEXT_LIMIT, clean, clean_lines
from novatui.wire import frames

MAX_FRAME = 16 * 1024 * 1024
"""Longest frame accepted, bytes: anything longer is garbage, not data."""

_LENGTH = struct.Struct(">I")
_ENCODER = msgspec.msgpack.Encoder()

_VERBATIM: dict[type[frames.Frame], frozenset[str]] = {
    frames.Open: frozenset({"spec", "secrets"}),
    frames.RunRequest: frozenset({"calls", "secrets"}),
    frames.PlanRequest: frozenset({"operation"}),
    frames.PlanAnswer: frozenset({"calls"}),
    frames.QuestionAnswer: frozenset({"answer"}),
    frames.NeedsAnswer: frozenset({"needs"}),
    frames.FitRequest: frozenset({"needs"}),
    frames.BaselineRequest: frozenset({"processors"}),
}
"""Fields that must arrive as they were sent: they go to a product, never to a screen."""


class GarbledChannel(Exception):
    """What arrived is not a frame: the peer is not a worker of this version, or the stream broke."""


def encode(frame: frames.Frame) -> bytes:
    """The bytes of one frame."""
    body = _ENCODER.encode(frame)
    if len(body) > MAX_FRAME:
        raise ValueError(f"frame {type(frame).__name__} of {len(body)} bytes is longer than {MAX_FRAME}")
    return _LENGTH.pack(len(body)) + body


class FrameReader:
    """Cuts a byte stream into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[frames.Frame]:
        """The frames that are complete with this data. GarbledChannel when it is no frame."""
        self._buffer += data
        found: list[frames.Frame] = []
        at = 0
        while len(self._buffer) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, at)
            if length > MAX_FRAME:
                raise GarbledChannel(f"a frame of {length} bytes was announced")
            end = at + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            found.append(decode(bytes(self._buffer[at + _LENGTH.size : end])))
            at = end
        del self._buffer[:at]
        return found


def decode(body: bytes) -> frames.Frame:
    """One frame from its bytes, every text in it made harmless. GarbledChannel when it is none."""
    try:
        frame: frames.Frame = _decoder().decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise GarbledChannel(f"not a frame: {clean(str(error), 200)}") from None
    if not isfinite(getattr(frame, "begun", 0.0)):
        raise GarbledChannel(f"a {type(frame).__name__} frame that began at no time")
    if isinstance(frame, frames.Rows):
        return _clean_rows(frame)
    return cast("frames.Frame", _clean_struct(frame, _VERBATIM.get(type(frame), frozenset())))


@cache
def _decoder() -> msgspec.msgpack.Decoder[Any]:
    """Made for the first frame of a worker: it takes milliseconds that the first frame on the screen does not have."""
    return msgspec.msgpack.Decoder(frames.Any)


def _clean_rows(rows: frames.Rows) -> frames.Rows:
    """The hot path: only columns of text are touched, and the shape is checked once."""
    if len(rows.columns) != len(rows.fields) or any(len(column) != len(rows.keys) for column in rows.columns):
        raise GarbledChannel("a Rows frame whose columns do not fit its keys")
    rows.fields[:] = [clean(name) for name in rows.fields]
    if not _harmless(rows.keys):
        rows.keys[:] = [clean(key) for key in rows.keys]
    for column in rows.columns:
        if not _harmless(column):
            column[:] = [clean(v) if type(v) is str else _clean_value(v) for v in column]
    conn = clean(rows.conn)
    return rows if conn == rows.conn else msgspec.structs.replace(rows, conn=conn)


def _harmless(column: Sequence[Value]) -> bool:
    """True when nothing in a column needs cleaning, found with one look at all of its texts together."""
    texts: list[str] = []
    for value in column:
        if type(value) is str:
            texts.append(value)
        elif type(value) is list:
            texts.extend(value)
    together = "".join(texts)
    return together.isascii() and together.isprintable() and max(map(len, texts), default=0) <= TEXT_LIMIT


def _clean_struct(value: msgspec.Struct, verbatim: frozenset[str] = frozenset()) -> msgspec.Struct:
    changed: dict[str, Any] = {}
    for name in value.__struct_fields__:
        if name in verbatim:
            continue
        old: object = getattr(value, name)
        if type(old) is str:
            if len(old) <= TEXT_LIMIT and old.isascii() and old.isprintable():
                continue  # as most are: a look is cheaper than a call
        elif type(old) in _NO_TEXT:
            continue
        new = clean_lines(old) if name in _SEVERAL_LINES and isinstance(old, str) else _clean_value(old)
        if new is not old:
            changed[name] = new
    return msgspec.structs.replace(value, **changed) if changed else value


_NO_TEXT = frozenset({type(None), bool, int, float, bytes})

_SEVERAL_LINES = frozenset({"raw", "native", "excerpt", "description"})
"""Fields that may hold text of several lines."""


def _clean_value(value: Any) -> Any:
    """The same value with every text in it clean; the very same object when nothing had to change."""
    if isinstance(value, str):
        return value if type(value) is not str else clean(value)
    if isinstance(value, msgspec.Struct):
        return _clean_struct(value)
    if isinstance(value, list | tuple):
        items = cast("list[Any] | tuple[Any, ...]", value)
        cleaned = [_clean_value(item) for item in items]
        if all(new is old for new, old in zip(cleaned, items, strict=True)):
            return items
        return type(items)(cleaned)
    if isinstance(value, dict):
        pairs = cast("dict[Any, Any]", value)
        return {_clean_value(name): _clean_value(item) for name, item in pairs.items()}
    return value

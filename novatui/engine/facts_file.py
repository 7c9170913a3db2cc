"""Sheets of capabilities of one connection as the bytes of a file, and back; what cannot be read is left out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

import msgspec

from novatui.core.capabilities import Fact, Sheet
from novatui.core.connection import ConnectionSpec
from novatui.core.features import FEATURE
from novatui.core.ids import ObjectRef
from novatui.engine.cache import path_of as inventory_path
from novatui.engine.cache import target_of

MAGIC = b"novatui facts 1\n"
_SUM = 4
"""Bytes of the check sum after it."""

LONGEST = 64 * 2**20
"""Bytes of a file that is read at most."""


class Damaged(Exception):
    """It is no such file, or not a whole one."""


class _Kept(msgspec.Struct, frozen=True):
    """A sheet as it is written. Facts are read one by one: one that is not understood costs no other."""

    ref: str
    product: str
    version: str
    at: float
    ms: float | None
    calls: int
    facts: list[msgspec.Raw]


class _File(msgspec.Struct, frozen=True):
    target: str
    """Name and address of the connection."""
    sheets: list[msgspec.Raw]


_encode = msgspec.msgpack.Encoder().encode


def path_of(folder: Path, conn: str) -> Path:
    """The file of a connection, beside that of its inventory."""
    return inventory_path(folder, conn).with_suffix(".facts")


def packed(spec: ConnectionSpec, sheets: Iterable[Sheet]) -> bytes:
    """The bytes of the file: those that were answered once."""
    kept = [
        _Kept(
            ref=str(sheet.ref),
            product=sheet.product,
            version=sheet.version,
            at=sheet.at,
            ms=sheet.ms,
            calls=sheet.calls,
            facts=[msgspec.Raw(_encode(fact)) for fact in sheet.facts.values()],
        )
        for sheet in sheets
        if sheet.at is not None
    ]
    body = _encode(_File(target=_target(spec), sheets=[msgspec.Raw(_encode(each)) for each in kept]))
    return MAGIC + crc32(body).to_bytes(_SUM, "big") + body


def unpacked(spec: ConnectionSpec, data: bytes) -> list[Sheet]:
    """The sheets in it that belong to this connection. Damaged when there is nothing to be read from it."""
    head, body = data[: len(MAGIC) + _SUM], data[len(MAGIC) + _SUM :]
    if not head.startswith(MAGIC):
        raise Damaged("it is no file of capabilities, or of another version")
    if crc32(body).to_bytes(_SUM, "big") != head[len(MAGIC) :]:
        raise Damaged("it is not whole")
    try:
        file = msgspec.msgpack.decode(body, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(str(error)) from None
    if file.target != _target(spec):
        raise Damaged("it is of another target")
    found = (_sheet(raw) for raw in file.sheets)
    return [sheet for sheet in found if sheet is not None and sheet.ref.conn == spec.name]


def read(folder: Path, spec: ConnectionSpec) -> list[Sheet]:
    """The sheets of a connection that were kept; none when there is no file. Blocks. OSError, Damaged."""
    try:
        with path_of(folder, spec.name).open("rb") as file:
            data = file.read(LONGEST + 1)
    except FileNotFoundError:
        return []
    if len(data) > LONGEST:
        raise Damaged(f"it is longer than {LONGEST} bytes")
    return unpacked(spec, data)


def _target(spec: ConnectionSpec) -> str:
    return f"{spec.name} {target_of(spec)}"


def _sheet(raw: msgspec.Raw) -> Sheet | None:
    try:
        kept = msgspec.msgpack.decode(raw, type=_Kept)
        ref = ObjectRef.parse(kept.ref)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    facts = [fact for fact in map(_fact, kept.facts) if fact is not None]
    return Sheet(
        ref=ref,
        product=kept.product,
        version=kept.version,
        facts={fact.feature: fact for fact in facts},
        at=kept.at,
        ms=kept.ms,
        calls=kept.calls,
    )


def _fact(raw: msgspec.Raw) -> Fact | None:
    """A fact; None when it is of a feature, or says something, that this version does not know."""
    try:
        fact = msgspec.msgpack.decode(raw, type=Fact)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return fact if fact.feature in FEATURE and fact.proven else None

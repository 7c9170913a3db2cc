"""The journal of changes: one file, JSON lines, each chained to the one before by its hash.

A line is `{"seq":N,"prev":"HASH",…,"hash":"HASH"}`. `hash` is the SHA-256 of the line without that last member,
`prev` the hash of the line before (64 zeros for the first), `seq` counts from 1: whoever changes, drops, adds or
reorders a line breaks the chain at that line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import msgspec

FIRST = "0" * 64
"""`prev` of the first line."""

_SEAL = re.compile(rb',"hash":"([0-9a-f]{64})"\}$')


class Record(msgspec.Struct, frozen=True):
    """One line of the journal whose place in the chain was checked."""

    seq: int
    hash: str
    body: dict[str, Any]
    """Everything that was recorded, `seq` and `prev` included."""


class BrokenChain(Exception):
    """The journal is not what was written: at which sequence number, and why."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"record {seq}: {reason}")
        self.seq = seq
        self.reason = reason


def read(path: Path) -> Iterator[Record]:
    """Every record in order, verified on the way. A journal that does not exist is empty.

    BrokenChain at the first record that does not fit; OSError when the file cannot be read.
    """
    try:
        journal = path.open("rb")
    except FileNotFoundError:
        return
    seq, head = 0, FIRST
    with journal:
        for line in journal:
            seq += 1
            record = _check(line, seq, head)
            head = record.hash
            yield record


def _check(line: bytes, seq: int, head: str) -> Record:
    if not line.endswith(b"\n"):
        raise BrokenChain(seq, "the line is cut off")
    line = line[:-1]
    seal = _SEAL.search(line)
    if seal is None:
        raise BrokenChain(seq, "the line has no hash at its end")
    content = line[: seal.start()] + b"}"
    stated = seal.group(1).decode()
    if sha256(content).hexdigest() != stated:
        raise BrokenChain(seq, "the content does not match its hash")
    body = _decoded(content, seq)
    if body.get("seq") != seq:
        raise BrokenChain(seq, f"it calls itself {body.get('seq')!r}")
    if body.get("prev") != head:
        raise BrokenChain(seq, "it does not follow the record before it")
    return Record(seq, stated, body)


def _decoded(content: bytes, seq: int) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BrokenChain(seq, "the line is not JSON") from None
    if not isinstance(body, dict):
        raise BrokenChain(seq, "the line is not a JSON object")
    return cast("dict[str, Any]", body)

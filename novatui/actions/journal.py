"""The journal of changes: one file, JSON lines, each chained to the one before by its hash.

A line is `{"seq":N,"prev":"HASH",…,"hash":"HASH"}`. `hash` is the SHA-256 of the line without that last member,
`prev` the hash of the line before (64 zeros for the first), `seq` counts from 1: whoever changes, drops, adds or
reorders a line breaks the chain at that line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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

    def __init__(self, seq: int, reason: str, *, torn: bool = False) -> None:
        """`torn`: it is the last line, without its end, as a crash leaves it; the next one to write sets it aside."""
        super().__init__(f"record {seq}: {reason}")
        self.seq = seq
        self.reason = reason
        self.torn = torn


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


def sealed(line: bytes, seq: int = 0) -> Record:
    """A line, without its end, whose content matches its hash; where it stands in the chain is not looked at.

    BrokenChain, about the record `seq`, when it does not match.
    """
    seal = _SEAL.search(line)
    if seal is None:
        raise BrokenChain(seq, "the line has no hash at its end")
    content = line[: seal.start()] + b"}"
    stated = seal.group(1).decode()
    if sha256(content).hexdigest() != stated:
        raise BrokenChain(seq, "the content does not match its hash")
    body = _decoded(content, seq)
    number = body.get("seq")
    if not isinstance(number, int):
        raise BrokenChain(seq, f"it calls itself {number!r}")
    return Record(number, stated, body)


def seal(body: Mapping[str, Any], seq: int, head: str) -> tuple[bytes, Record]:
    """The line that follows the record with the hash `head`, its end included, and how it will be read."""
    whole = {"seq": seq, "prev": head, **body}
    content = msgspec.json.encode(whole)
    stated = sha256(content).hexdigest()
    return content[:-1] + f',"hash":"{stated}"}}\n'.encode(), Record(seq, stated, whole)


def _check(line: bytes, seq: int, head: str) -> Record:
    if not line.endswith(b"\n"):
        raise BrokenChain(seq, "the line is cut off", torn=True)
    record = sealed(line[:-1], seq)
    if record.seq != seq:
        raise BrokenChain(seq, f"it calls itself {record.seq!r}")
    if record.body.get("prev") != head:
        raise BrokenChain(seq, "it does not follow the record before it")
    return record


def _decoded(content: bytes, seq: int) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BrokenChain(seq, "the line is not JSON") from None
    if not isinstance(body, dict):
        raise BrokenChain(seq, "the line is not a JSON object")
    return cast("dict[str, Any]", body)

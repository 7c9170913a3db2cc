"""The journal as people read it: an entry for each operation with all that was written of it, the newest first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import msgspec

from novatui.actions import journal
from novatui.actions.journal import BrokenChain, Record

MOST = 5_000
"""Entries that are kept, the newest: of more than that `novatui audit show` tells."""


class Entry(msgspec.Struct):
    """One operation, or something else that was written down."""

    seq: int
    body: dict[str, Any]
    """Of its first record."""
    records: list[Record]
    """All records of it, in order."""

    @property
    def at(self) -> str:
        """When it began: ISO 8601, UTC."""
        return self.text("at")

    @property
    def verb(self) -> str:
        """What was asked; for what is no operation: the event."""
        return self.text("verb") or self.text("event")

    @property
    def outcome(self) -> str:
        """How it ended; `running` for an operation that has no end yet."""
        for record in reversed(self.records):
            if outcome := record.body.get("outcome"):
                return str(outcome)
        event = self.text("event")
        return "running" if event == "operation" else event if event in ("declined", "refused") else ""

    @property
    def failure(self) -> str:
        """What went wrong, in words; empty for nothing."""
        for record in reversed(self.records):
            failure = record.body.get("failure")
            if isinstance(failure, dict):
                return str(cast("dict[str, object]", failure).get("message", ""))
        return ""

    def text(self, name: str) -> str:
        """A member of its first record as text; empty without it."""
        value = self.body.get(name)
        return "" if value is None else str(value)

    def has(self, words: Iterable[str]) -> bool:
        """True when every word stands in it somewhere; `!word`: nowhere; `name:word`: in that member."""
        return all(self._has(word.casefold()) for word in words)

    def _has(self, word: str) -> bool:
        if word.startswith("!"):
            return not self._has(word[1:])
        name, colon, wanted = word.partition(":")
        if colon and name in _MEMBERS:
            return wanted in self._member(name).casefold()
        return any(word in _plain(record).casefold() for record in self.records)

    def _member(self, name: str) -> str:
        return {"outcome": self.outcome, "verb": self.verb}.get(name) or self.text(_MEMBERS[name])


_MEMBERS = {
    "who": "user",
    "user": "user",
    "conn": "connection",
    "object": "name",
    "ticket": "ticket",
    "verb": "verb",
    "outcome": "outcome",
    "event": "event",
}
"""What can be asked for by name, and the member of a record that it is."""


class Audit(msgspec.Struct):
    """A journal, read and verified."""

    entries: list[Entry]
    """The newest first."""
    records: int
    head: str
    """Hash of the last record that fits."""
    broken: BrokenChain | None


def read(path: Path) -> Audit:
    """Read a journal to its end, or to where its chain is broken. Blocks. OSError when it cannot be read."""
    entries: dict[int, Entry] = {}
    count, head, broken = 0, journal.FIRST, None
    try:
        for record in journal.read(path):
            count, head = record.seq, record.hash
            entry = entries.get(cast("int", record.body.get("operation")))
            if entry is not None:
                entry.records.append(record)
                continue
            entries[record.seq] = Entry(record.seq, record.body, [record])
            if len(entries) > MOST:
                del entries[next(iter(entries))]
    except BrokenChain as error:
        broken = error
    return Audit(list(reversed(entries.values())), count, head, broken)


def whole(entry: Entry) -> str:
    """All that was written of an entry, record by record."""
    parts: list[str] = []
    for record in entry.records:
        body = {name: value for name, value in record.body.items() if name not in ("seq", "prev")}
        text = msgspec.json.format(msgspec.json.encode(body), indent=2).decode()
        parts.append(f"record {record.seq}   hash {record.hash}\n{text}")
    return "\n\n".join(parts)


def _plain(record: Record) -> str:
    return msgspec.json.encode(record.body).decode()

"""The operations that a journal tells of: what was asked, how far it went, and who had begun it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from novatui.actions import journal
from novatui.actions.journal import BrokenChain, Record
from novatui.actions.outcome import Done, Outcome
from novatui.core.errors import Failure, Fault
from novatui.core.ids import ObjectRef
from novatui.core.operations import Operation


class Told(msgspec.Struct):
    """One operation, as far as the journal tells of it."""

    id: int
    body: dict[str, Any]
    """Of its `operation` record."""
    in_doubt: dict[str, str] = {}
    """Calls that were let go and of whose end nothing is told: number and native name."""
    let_go: int = 0
    """How many calls were let go."""
    end: dict[str, Any] | None = None
    seen: dict[str, Any] | None = None
    undone_by: int = 0


class History(msgspec.Struct):
    """Every operation of a journal by its number, as far as the chain holds."""

    operations: dict[int, Told]
    broken: BrokenChain | None

    def finished(self) -> list[Told]:
        """Those with an end, in the order of their beginnings."""
        return [told for told in self.operations.values() if told.end is not None]

    def unfinished(self) -> list[Told]:
        """Those without an end, the oldest first."""
        return [told for told in self.operations.values() if told.end is None]


def history(path: Path) -> History:
    """Read a journal up to its end, or to where it is broken. Blocks. OSError when it cannot be read."""
    found: dict[int, Told] = {}
    broken: list[BrokenChain] = []
    for record in _while_it_holds(journal.read(path), broken):
        _take(found, record)
    return History(found, broken[0] if broken else None)


def done_of(told: Told) -> Done:
    """The same as the console keeps its own. ValueError, KeyError when the record is not what this version writes."""
    body, end = told.body, told.end or {}
    ref = ObjectRef.parse(body["ref"])
    return Done(
        id=told.id,
        verb=body["verb"],
        ref=ref,
        name=body["name"] or ref.id,
        operation=Operation(verb=body["verb"], key=ref.key, arguments=body["arguments"], id=told.id),
        outcome=Outcome(end.get("outcome", Outcome.RUNNING)),
        failure=msgspec.convert(end["failure"], Failure) if "failure" in end else None,
        seen=told.seen["seen"] if told.seen else None,
        began=_epoch(body["at"]),
        ended=_epoch(end["at"]) if end else None,
        state=(told.seen or {}).get("state") or end.get("state", ""),
        inverse=msgspec.convert(body["inverse"], Operation) if "inverse" in body else None,
        irreversible=body.get("irreversible", ""),
        undoes=body.get("undoes", 0),
        undone_by=told.undone_by,
    )


def unknown(told: Told) -> Failure:
    """What is known of an operation whose console ended before it did."""
    calls = ", ".join(told.in_doubt.values())
    if calls:
        meaning = f"{calls} was let go and its end is not known: it may or may not have been done"
    elif told.let_go:
        meaning = "its calls up to there had ended; what was to follow was not sent"
    else:
        meaning = "none of its calls had been let go: nothing was sent as far as is known"
    return Failure(
        fault=Fault.OUTCOME_UNKNOWN,
        message="the console ended before this did",
        meaning=meaning,
        hint="look at the object; nothing is repeated by itself",
    )


def _epoch(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _take(found: dict[int, Told], record: Record) -> None:
    body = record.body
    if body.get("event") == "operation":
        found[record.seq] = Told(record.seq, body)
        return
    told = found.get(cast("int", body.get("operation")))
    if told is None:
        return
    match body.get("event"):
        case "call":
            told.in_doubt[str(body.get("id"))] = str(body.get("call"))
            told.let_go += 1
        case "result" if body.get("state") != "unknown":
            told.in_doubt.pop(str(body.get("id")), None)
        case "end":
            told.end = body
            undone = found.get(told.body.get("undoes", 0))
            if undone and body.get("outcome") == Outcome.DONE.value:
                undone.undone_by = told.id
        case "seen":
            told.seen = body
        case _:
            pass


def _while_it_holds(records: Iterable[Record], broken: list[BrokenChain]) -> Iterator[Record]:
    try:
        yield from records
    except BrokenChain as error:
        broken.append(error)

"""What earlier consoles did, shown among the tasks; what they left without an end gets one, `unknown`, after a crash.

Nothing is repeated.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from novatui.actions.journal import BrokenChain
from novatui.actions.journal_operations import History, Told, done_of, history, unknown
from novatui.actions.journal_writer import Journal, console_of, failure_body
from novatui.actions.outcome import Done, Outcome
from novatui.actions.run import show
from novatui.core.errors import Denied
from novatui.core.events import Event, Severity
from novatui.engine import blocking
from novatui.engine.fleet import Fleet

_OTHER_VERSION = (KeyError, ValueError, TypeError, msgspec.ValidationError)
"""What another version of this program wrote may say less than this one needs; it stays in the journal."""

PAST = 100
"""Operations of earlier consoles that are shown: the last ones."""


class Adopted(msgspec.Struct, frozen=True):
    """What was found when a console began."""

    operations: tuple[Done, ...]
    """Those whose outcome is unknown since their console ended."""
    broken: BrokenChain | None
    """Where the journal is not what was written; a line that a crash has cut off does not count."""


async def adopt(fleet: Fleet, journal: Journal) -> Adopted:
    """Show what earlier consoles did among the tasks; write the end of what dead ones left behind, tell that as events
    too, and read the objects again.

    Denied when the journal cannot be read or written.
    """
    told = await blocking.run(lambda: _history(journal.path))
    for each in told.finished()[-PAST:]:
        _recall(fleet, each)
    operations = await _adopted(journal) if _orphans(told) else []
    for done, user in operations:
        if done.ref.conn in fleet.connections:
            _show(fleet, done, user)
    broken = told.broken if told.broken and not told.broken.torn else None
    return Adopted(tuple(done for done, _ in operations), broken)


async def recall(fleet: Fleet, path: Path) -> None:
    """Show the last operations of a journal among the tasks, those that other consoles have under way included.

    Nothing is written: of what a dead console left behind the outcome is shown as unknown. Denied when it cannot be
    read.
    """
    told = await blocking.run(lambda: _history(path))
    for each in list(told.operations.values())[-PAST:]:
        if each.end is None and is_gone(each.body):
            each.end = {"outcome": Outcome.UNKNOWN.value, "at": each.body["at"], "failure": failure_body(unknown(each))}
        _recall(fleet, each)


async def _adopted(journal: Journal) -> list[tuple[Done, str]]:
    """Operations, each with who had begun it, that got their end here."""
    orphans: list[Told] = []

    def ends() -> list[dict[str, Any]]:
        """Decided while no other console can write: each operation gets one end."""
        orphans[:] = _orphans(history(journal.path))
        return [
            {
                "event": "end",
                "operation": each.id,
                "outcome": Outcome.UNKNOWN.value,
                "failure": failure_body(unknown(each)),
                "adopted_by": journal.who,
            }
            for each in orphans
        ]

    await journal.write_decided(ends)
    operations: list[tuple[Done, str]] = []
    for each in orphans:
        with suppress(*_OTHER_VERSION):
            operations.append((_done(each), str(each.body.get("user", ""))))
    return operations


def _history(path: Path) -> History:
    try:
        return history(path)
    except OSError as error:
        raise Denied(f"the journal {path} cannot be read: {error.strerror}", subject="journal") from None


def _orphans(told: History) -> list[Told]:
    return [each for each in told.unfinished() if is_gone(each.body)]


def is_gone(body: dict[str, Any]) -> bool:
    """True when the console that wrote a record runs no more; one of another machine is left to that machine."""
    pid = body.get("pid")
    if not isinstance(pid, int):
        return False
    now = console_of(pid)
    return body.get("host") == now["host"] and any(body.get(name) != now[name] for name in ("boot", "started"))


def _recall(fleet: Fleet, told: Told) -> None:
    with suppress(*_OTHER_VERSION):
        done = done_of(told)
        if done.ref.conn in fleet.connections:
            show(fleet, done, str(told.body.get("user", "")))


def _done(told: Told) -> Done:
    done = done_of(told)
    done.outcome, done.failure, done.ended = Outcome.UNKNOWN, unknown(told), time.time()
    return done


def _show(fleet: Fleet, done: Done, user: str) -> None:
    assert done.failure is not None, "an adopted operation has its reason"
    show(fleet, done, user)
    now = time.time()
    event = Event(
        id=f"novatui.adopted.{done.id}",
        at=now,
        seen=now,
        severity=Severity.WARNING,
        native_type="novatui.outcome_unknown",
        key=done.ref.key,
        subject=done.name,
        text=f"{done.verb} ({done.task}): outcome unknown; {done.failure.message}; {done.failure.meaning}",
        who=user,
        polled=True,
    )
    fleet.tell_event(done.ref.conn, event)
    fleet.refresh(done.ref)

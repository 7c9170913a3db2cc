"""After a crash: operations whose console is gone get an end in the journal, `unknown`, and nothing is repeated."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from novatui.actions.journal import BrokenChain
from novatui.actions.journal_operations import Told, done_of, history, unknown
from novatui.actions.journal_writer import Journal, console_of, failure_body
from novatui.actions.outcome import Done, Outcome
from novatui.actions.run import task_of
from novatui.core.events import Event, Severity
from novatui.engine.fleet import Fleet


class Adopted(msgspec.Struct, frozen=True):
    """What was found when a console began."""

    operations: tuple[Done, ...]
    """Those whose outcome is unknown since their console ended."""
    broken: BrokenChain | None
    """Where the journal is not what was written; a line that a crash has cut off does not count."""


async def adopt(fleet: Fleet, journal: Journal) -> Adopted:
    """Write the end of what dead consoles left behind, show it among tasks and events, and read the objects again.

    Denied when the journal cannot be read or written.
    """
    orphans: list[Told] = []
    broken: list[BrokenChain] = []

    def ends() -> list[dict[str, Any]]:
        """Decided while no other console can write: each operation gets one end."""
        told = history(journal.path)
        orphans[:] = [each for each in told.unfinished() if is_gone(each.body)]
        broken[:] = [told.broken] if told.broken and not told.broken.torn else []
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
    operations = [_done(each) for each in orphans]
    for done, told in zip(operations, orphans, strict=True):
        if done.ref.conn in fleet.connections:
            _show(fleet, done, str(told.body.get("user", "")))
    return Adopted(tuple(operations), broken[0] if broken else None)


def is_gone(body: dict[str, Any]) -> bool:
    """True when the console that wrote a record runs no more; one of another machine is left to that machine."""
    pid = body.get("pid")
    if not isinstance(pid, int):
        return False
    now = console_of(pid)
    return body.get("host") == now["host"] and any(body.get(name) != now[name] for name in ("boot", "started"))


def _done(told: Told) -> Done:
    done = done_of(told)
    done.outcome, done.failure, done.ended = Outcome.UNKNOWN, unknown(told), time.time()
    return done


def _show(fleet: Fleet, done: Done, user: str) -> None:
    assert done.failure is not None, "an adopted operation has its reason"
    fleet.tell_task(done.ref.conn, task_of(done, user))
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

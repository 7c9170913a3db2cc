"""Protections that are lifted for a while and put back: `:unlock 15m TICKET`, `:lock`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from novatui.actions.gate import Gate
from novatui.actions.protections import is_protected
from novatui.core import units
from novatui.ui.commands import Wrong
from novatui.ui.render.confirm import Asked, Subject

if TYPE_CHECKING:
    from novatui.ui.dialogs.confirm import Answer
    from novatui.ui.stage import Stage

USAGE = ":unlock 15m TICKET, with @NAME for another connection"


class Unlocking:
    """`work` carries out what has to be waited for, and tells what goes wrong with it."""

    def __init__(self, app: Any, stage: Stage, gate: Gate, work: Callable[[Awaitable[None]], object]) -> None:
        self._app = app
        self._stage = stage
        self._gate = gate
        self._work = work

    def unlock(self, conn: str, text: str) -> None:
        """Lift the protection of a connection; of a protected one the name is typed. Wrong when it makes no sense."""
        seconds, ticket = understood(text)
        connection = self._stage.fleet.connections[conn]
        if reason := self._stage.locks.dead(conn):
            raise Wrong(reason, "there is nothing that could be unlocked")
        if not is_protected(connection):
            raise Wrong(f"{conn} is not protected", "changes on it only have to be confirmed")
        self._ask(conn, seconds, ticket)

    def lock(self, conn: str) -> None:
        """Put the protection back."""
        self._work(self._lock(conn))

    def _ask(self, conn: str, seconds: float, ticket: str) -> None:
        from novatui.ui.dialogs.confirm import ConfirmDialog

        look = self._stage.look
        until = look.clock(look.epoch() + seconds, seconds=False)
        dialog = ConfirmDialog(self._stage, f"unlock {conn}")

        def answered(answer: Answer | None) -> None:
            if answer is not None:
                self._work(self._unlock(conn, seconds, answer.ticket))

        asked = Asked(
            title=f"unlock {conn} for {units.span(seconds)}",
            where=f"{conn}  PROTECTED",
            protected=True,
            subjects=(Subject(name=conn, conn=conn),),
            does=f"lets changes be confirmed until {until}, in this console only",
            warnings=("nothing is sent by this itself; `:lock` ends it at once",),
            recorded="in the journal, with the ticket, and so is every change under it",
        )
        dialog.ask(asked, phrase=conn, ticket=ticket, ticket_needed=True)
        self._app.push_screen(dialog, answered)

    async def _unlock(self, conn: str, seconds: float, ticket: str) -> None:
        await self._gate.unlock(conn, seconds, ticket)
        self._stage.locks.look()
        self._stage.navigation.top.report(f"{conn} is unlocked for {units.span(seconds)}, ticket {ticket}", bad=False)

    async def _lock(self, conn: str) -> None:
        await self._gate.lock(conn)
        self._stage.locks.look()
        self._stage.navigation.top.report(f"{conn} is protected again", bad=False)


def understood(text: str) -> tuple[float, str]:
    """Seconds and ticket. Wrong when there is no time in it."""
    word, _, ticket = text.strip().partition(" ")
    if not word:
        raise Wrong("for how long, and on which ticket?", USAGE)
    seconds = units.parse_span(word)
    if not seconds:
        raise Wrong(f"`{word}` is no time", USAGE)
    return seconds, ticket.strip()

"""Questions of connections in the running console: one dialog at a time, named after its connection; others wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from textual.app import App

from novatui.config.errors import ConfigError
from novatui.config.tls import show_fingerprint
from novatui.engine.fleet import Connection
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.stage import Stage
from novatui.wire.frames import Question

if TYPE_CHECKING:
    from novatui.ui.dialogs.question import QuestionDialog

HALF = 47
"""Characters of half a fingerprint."""


class Questions:
    """Looks for questions whenever something changed, and asks when nobody is typing and no other dialog is open."""

    def __init__(self, app: App[Any], stage: Stage) -> None:
        self._app = app
        self._stage = stage
        self._open: tuple[str, int] | None = None
        """Connection and number of the question that is asked now."""
        self._dialog: QuestionDialog | None = None
        self._refused: set[tuple[str, int]] = set()
        """Connection and generation whose certificate was not trusted."""

    def look(self) -> None:
        """Ask what is to be asked, and take back what nobody wants to know any more."""
        if self._dialog is not None:
            conn, number = self._open or ("", 0)
            one = self._stage.fleet.connections.get(conn)
            if self._dialog.is_current and (one is None or number not in one.questions):
                self._dialog.dismiss(None)
            return
        if not self._free():
            return
        waiting = list(self._waiting())
        if waiting:
            self._ask(*waiting[0], behind=len(waiting) - 1)
        elif (one := next(self._unknown(), None)) is not None:
            self._ask_trust(one)

    def _free(self) -> bool:
        screen = self._app.screen
        if isinstance(screen, FrameScreen):
            return screen.taker is None
        return getattr(screen, "TAKES_QUESTIONS", False)

    def _waiting(self) -> Iterator[tuple[Connection, Question]]:
        for one in self._stage.fleet.connections.values():
            for question in one.questions.values():
                yield one, question

    def _ask(self, one: Connection, question: Question, behind: int) -> None:
        from novatui.ui.dialogs.question import QuestionDialog

        self._open = one.name, question.question
        self._dialog = QuestionDialog(self._stage, question, behind)

        def answered(text: str | None) -> None:
            self._open = self._dialog = None
            if text and question.secret and self._stage.roster is not None:
                self._stage.roster.hide(text)
            if one.name in self._stage.fleet.connections:
                self._stage.fleet.answer(one.name, question.question, text)
            self._app.call_later(self.look)

        self._app.push_screen(self._dialog, answered)

    # Certificates

    def _unknown(self) -> Iterator[Connection]:
        """Connections that are not made because their certificate is not trusted, and that nobody said no to."""
        roster = self._stage.roster
        if roster is None:
            return
        for one in self._stage.fleet.connections.values():
            asked = (one.name, one.generation) in self._refused
            if one.unknown_pin and not asked and not roster.is_tried(one.name) and roster.can_trust(one.name):
                yield one

    def _ask_trust(self, one: Connection) -> None:
        from novatui.ui.dialogs.agree import AgreeDialog

        roster, pin = self._stage.roster, one.unknown_pin
        assert roster is not None
        self._refused.add((one.name, one.generation))
        known = bool(one.spec.options.get("tls_pin"))

        def answered(agreed: bool | None) -> None:
            if agreed:
                self._app.run_worker(self._trust(one.name, pin))
            self._app.call_later(self.look)

        text = trust_lines(roster.book.endpoint(one.name), pin, known)
        self._app.push_screen(AgreeDialog(self._stage, f"{one.name}: certificate", text, unasked=True), answered)

    async def _trust(self, name: str, pin: str) -> None:
        assert self._stage.roster is not None
        try:
            await self._stage.roster.trust(name, pin)
        except ConfigError as error:
            self._stage.navigation.top.report(error.message, error.hint)


def trust_lines(endpoint: str, pin: str, known: bool) -> list[str]:
    """What is said of a certificate that is to be trusted; `known`: another one was trusted before."""
    shown = show_fingerprint(pin)
    said = (
        f"{endpoint} shows another certificate than the one that you trusted."
        if known
        else f"The certificate of {endpoint} is not known here yet."
    )
    warning = ["It was renewed, or somebody stands between."] if known else []
    ask = "Compare it with what the server's own console shows. Trust it from now on?"
    return [said, *warning, "", f"SHA-256  {shown[:HALF]}", f"         {shown[HALF + 1 :]}", "", ask]

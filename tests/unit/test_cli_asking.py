"""Questions of the products to whoever sits there: a terminal, or nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import pytest

from novatui.cli import asking
from novatui.core.states import Link
from novatui.engine.connection import Connection
from novatui.engine.fleet import Fleet, Target
from novatui.wire.frames import Question
from tests import oddworker


@asynccontextmanager
async def settled(**options: str) -> AsyncIterator[Connection]:
    """A connection whose driver asks, once it has an answer."""
    target = Target(spec=oddworker.spec("asks", **options), secrets=dict)
    fleet = Fleet([target], command=oddworker.COMMAND, retry=False)
    async with asking.answering(fleet):
        await fleet.start()
        try:
            await fleet.settled(60)
            yield fleet.connections["asks"]
        finally:
            await fleet.stop()


async def test_without_a_person_questions_are_declined(capsys: pytest.CaptureFixture[str]) -> None:
    async with settled(connect="ask") as connection:
        assert connection.link is Link.DOWN
        assert "wrong code None" in str(connection.failure)
    assert "asks asks: code? — nobody is there to answer" in capsys.readouterr().err


async def test_a_person_answers_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "can_ask", lambda: True)
    monkeypatch.setattr(asking, "_terminal_as_it_was", nullcontext)
    prompts: list[str] = []

    def typing(prompt: str, stream: object) -> str:
        prompts.append(prompt)
        return "123456"

    monkeypatch.setattr(asking.getpass, "getpass", typing)
    async with settled(connect="ask") as connection:
        assert connection.link is Link.UP
    assert prompts == ["totp for asks: "]
    assert asking.REDACTOR.redact("123456") == "«secret»"


async def test_a_certificate_is_never_trusted_in_passing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(asking, "can_ask", lambda: True)
    connection = Connection(oddworker.spec("prod"))
    question = Question("prod", 1, "fingerprint", "SHA-256 AB:CD, trust it?", False)
    assert await asking._answer_to(connection, question) is None
    said = capsys.readouterr().err
    assert "prod asks: SHA-256 AB:CD, trust it?" in said
    assert "not trusted — novatui config trust prod" in said

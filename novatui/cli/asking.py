"""What only a person can tell: typed on the terminal where there is one, else declined in clear words."""

from __future__ import annotations

import asyncio
import getpass
import sys
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from novatui.cli.complaint import REDACTOR, complain
from novatui.cli.exits import UsageError
from novatui.cli.streams import can_ask
from novatui.engine import blocking
from novatui.engine.fleet import Connection, Fleet
from novatui.wire.frames import Question

FINGERPRINT = "fingerprint"
"""Topic of the question whether a certificate is to be trusted: answered by `config trust` only."""

_POLL = 0.1
"""Seconds between two looks for questions."""


def typed(name: str, what: str, *, secret: bool = True) -> str:
    """What a person types for this connection. UsageError when there is no terminal, or nothing is typed."""
    if not can_ask():
        raise UsageError(
            f"the {what} of {name} is to be typed, and there is no terminal",
            hint="use --password-from env:NAME, cmd:COMMAND or file:PATH",
        )
    prompt = f"{what} for {name}: "
    try:
        value = getpass.getpass(prompt, stream=sys.stderr) if secret else line(prompt)
    except EOFError:
        raise UsageError(f"the {what} of {name} was not typed") from None
    if secret:
        REDACTOR.add(value)
    return value


def line(prompt: str) -> str:
    """A line that a person types, shown as it is typed. EOFError when there is none."""
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


@asynccontextmanager
async def answering(fleet: Fleet) -> AsyncIterator[None]:
    """Answer the questions of the products while the body runs."""
    with _terminal_as_it_was():
        task = asyncio.create_task(_answer(fleet))
        try:
            yield
        finally:
            task.cancel()


async def _answer(fleet: Fleet) -> None:
    while True:
        for connection in fleet.connections.values():
            for number, question in list(connection.questions.items()):
                fleet.answer(connection.name, number, await _answer_to(connection, question))
        await asyncio.sleep(_POLL)


async def _answer_to(connection: Connection, question: Question) -> str | None:
    complain(f"{connection.name} asks: {question.text}", "" if can_ask() else "nobody is there to answer")
    if question.topic == FINGERPRINT:
        complain(f"{connection.name}: not trusted", f"novatui config trust {connection.name}")
        return None
    if not can_ask():
        return None
    try:
        return await blocking.run(lambda: typed(connection.name, question.topic, secret=question.secret))
    except UsageError:
        return None


@contextmanager
def _terminal_as_it_was() -> Iterator[None]:
    """A thread that still waits for a password when we leave would leave the terminal without echo."""
    if not can_ask():
        yield
        return
    before = termios.tcgetattr(sys.stdin.fileno())
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, before)

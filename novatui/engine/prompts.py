"""Secrets that a person has to type before a connection can be made: asked like a product's own questions."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence

from novatui.core.errors import AuthFailed
from novatui.engine.connection import Connection
from novatui.wire import frames

WORDS = {"password": "Password", "key_password": "Password of the private key"}
"""How a secret is asked for, by its label."""


class Prompts:
    """Asks once and remembers, so that a lost connection comes back by itself. Belongs to the event loop."""

    def __init__(self, changed: Callable[[Connection], None]) -> None:
        """`changed` is called when a connection has a question."""
        self._changed = changed
        self._numbers = itertools.count(-1, -1)
        """Below zero: those of products count up from there."""
        self._waiting: dict[int, asyncio.Future[str | None]] = {}
        self._known: dict[str, dict[str, str]] = {}

    async def typed(self, connection: Connection, labels: Sequence[str]) -> dict[str, str]:
        """These secrets of a connection by label. AuthFailed when a person declines to type one."""
        known = self._known.setdefault(connection.name, {})
        for label in labels:
            if label not in known:
                known[label] = await self._ask(connection, label)
        return known.copy()

    async def _ask(self, connection: Connection, label: str) -> str:
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        text = f"{WORDS.get(label, label)} for {connection.spec.options.get('user') or connection.name}"
        connection.questions[number] = frames.Question(connection.name, number, "password", text, secret=True)
        self._changed(connection)
        try:
            answer = await future
        finally:
            del self._waiting[number]
            connection.questions.pop(number, None)
        if answer is None:
            raise AuthFailed("the password was not typed", hint="reconnect: it is asked for again")
        return answer

    def answer(self, number: int, text: str | None) -> bool:
        """What a person typed, None when declined. False when the question was not asked here."""
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result(text)
        return number < 0

    def forget(self, conn: str) -> None:
        """It was refused, or is no longer wanted: ask again next time."""
        self._known.pop(conn, None)

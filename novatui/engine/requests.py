"""Questions to workers that wait for their one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Generic, TypeVar

from novatui.core.errors import Failure, Fault, NovaError, Timeout
from novatui.wire import frames

ANSWER = 20.0
"""Seconds: the worker's own deadline for a short question is 15."""

Answer = TypeVar(
    "Answer",
    frames.DetailAnswer,
    frames.PlanAnswer,
    frames.NeedsAnswer,
    frames.FitAnswer,
    frames.InspectionAnswer,
)

_CLASSES: dict[Fault, type[NovaError]] = {each.fault: each for each in NovaError.__subclasses__()}


def error_of(failure: Failure) -> NovaError:
    """The exception that says this failure: a NotFound for `not_found`, and so on."""
    error = _CLASSES[failure.fault](failure.message)
    error.failure = failure
    return error


class Requests(Generic[Answer]):
    """Numbers them, and brings each answer to who asked."""

    def __init__(self, numbers: Iterator[int]) -> None:
        """`numbers` of requests: one row of them for everything that is asked of a worker."""
        self._numbers = numbers
        self._waiting: dict[int, tuple[str, asyncio.Future[Answer]]] = {}

    def open(self, conn: str) -> tuple[int, asyncio.Future[Answer]]:
        """A new number, and what will hold its answer."""
        number = next(self._numbers)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (conn, future)
        return number, future

    async def wait(self, number: int, future: asyncio.Future[Answer], seconds: float = ANSWER) -> Answer:
        """The answer. NovaError when it is a failure, or when none comes within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                answer = await future
        except TimeoutError:
            raise Timeout(f"no answer within {seconds:.0f} s") from None
        finally:
            self._waiting.pop(number, None)
        if answer.failure:
            raise error_of(answer.failure)
        return answer

    def answer(self, frame: Answer) -> None:
        """An answer came; one that nobody waits for any more is dropped."""
        _, future = self._waiting.get(frame.request, ("", None))
        if future and not future.done():
            future.set_result(frame)

    def fail(self, conn: str, failure: Failure) -> None:
        """No answer of this connection will come any more."""
        for asked, future in list(self._waiting.values()):
            if asked == conn and not future.done():
                future.set_exception(error_of(failure))

"""The one place of the console where blocking work runs on threads: key rings, password commands, files, editors.

The threads are daemons that nothing ever joins: leaving the console does not wait for a key ring that asks somebody.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from novatui.core.text import clean

T = TypeVar("T")

SAID = 2_000
"""Characters of the output of a command that are kept: the last ones."""

MAX_THREADS = 16
"""Blocking calls at the same time; more of them wait."""

_jobs: deque[Callable[[], None]] = deque()
_changed = threading.Condition()
_threads = 0
_idle = 0


async def run(work: Callable[[], T]) -> T:
    """Run blocking work on a thread and wait for it here. A cancelled wait leaves the work running, unheard."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def job() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is awaited
            _deliver(loop, future, future.set_exception, error)
        else:
            _deliver(loop, future, future.set_result, result)

    _submit(job)
    return await future


class Ended(NamedTuple):
    """How a command ended."""

    code: int | None
    """Exit code; None when it was ended at its limit."""
    said: str
    """The end of what it printed, on one line."""


def command(argv: Sequence[str], environment: Mapping[str, str], limit: float) -> Ended:
    """Run a program without a shell, `limit` seconds at most; it and what it started are ended then. Blocks.

    It gets no input. OSError when it cannot be started.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - SAID))
        said = output.read().decode("utf-8", "replace")
    return Ended(code, clean(" ".join(said.split()), SAID))


def _submit(job: Callable[[], None]) -> None:
    global _threads
    with _changed:
        _jobs.append(job)
        if _idle < len(_jobs) and _threads < MAX_THREADS:
            _threads += 1
            threading.Thread(target=_serve, name=f"blocking {_threads}", daemon=True).start()
        _changed.notify()


def _serve() -> None:
    global _idle
    while True:
        with _changed:
            _idle += 1
            while not _jobs:
                _changed.wait()
            _idle -= 1
            job = _jobs.popleft()
        job()


def _deliver(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], put: Callable[[Any], None], what: Any
) -> None:
    def put_unless_cancelled() -> None:
        if not future.done():
            put(what)

    with suppress(RuntimeError):  # a closed loop: nobody waits any more
        loop.call_soon_threadsafe(put_unless_cancelled)


def hand_over(argv: Sequence[str], text: str) -> None:
    """Run a program that has the terminal for itself, with `text` to read, and wait for its end.

    This blocks everything on purpose: whoever reads there looks at nothing else. OSError when it cannot be started.
    """
    subprocess.run(argv, input=text, text=True, encoding="utf-8", errors="replace", check=False)

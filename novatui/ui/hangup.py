"""Ends of the console that nobody at its keys asked for: a dropped line, a signal. It leaves in order all the same."""

from __future__ import annotations

import asyncio
import select
import signal
from collections.abc import Callable
from contextlib import suppress

SIGNALS = (signal.SIGHUP, signal.SIGTERM)

HUNG_UP = 128 + signal.SIGHUP
"""Exit code of a console whose terminal went away: as a shell tells the signal of that."""


class Hangup:
    """Calls `leave` with an exit code, once."""

    def __init__(self, terminal: int | None, leave: Callable[[int], None]) -> None:
        """`terminal`: the file descriptor of the keyboard; None without one."""
        self._terminal = terminal
        self._leave = leave
        self._caught: list[signal.Signals] = []

    def start(self) -> None:
        """From now on signals end the console in order; those that whoever started it ignores stay ignored."""
        loop = asyncio.get_running_loop()
        for one in SIGNALS:
            if signal.getsignal(one) is signal.SIG_DFL:
                with suppress(RuntimeError, ValueError):  # not on the main thread: whoever runs us there ends us, too
                    loop.add_signal_handler(one, self._end, 128 + one)
                    self._caught.append(one)

    def stop(self) -> None:
        """Signals are as they were."""
        loop = asyncio.get_running_loop()
        for one in self._caught:
            loop.remove_signal_handler(one)
        self._caught.clear()

    def look(self) -> None:
        """End the console if its terminal is gone: whoever ignores the signal of that hears of it in no other way."""
        if self._terminal is None:
            return
        poll = select.poll()
        poll.register(self._terminal, 0)
        if any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0)):
            self._end(HUNG_UP)

    def _end(self, code: int) -> None:
        self._terminal = None
        self._leave(code)

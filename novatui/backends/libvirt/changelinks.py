"""Connections for changes: one for each change that runs, so that a slow one holds up neither reading nor the others.

Calls of one connection take turns (see `link`). Powering off takes seconds, a snapshot with memory minutes, and the
call that cancels a job must not wait for the job. The test driver and an embedded QEMU live in this process, where a
second connection would see another copy or none: they change things on the connection that reads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from novatui.backends.libvirt.link import Link


class ChangeLinks:
    """Lends connections, opened when first needed and kept for the next change."""

    def __init__(self, reading: Link, open_another: Callable[[], Link] | None) -> None:
        self._reading = reading
        self._open_another = open_another
        self._idle: list[Link] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def lend(self) -> Generator[Link]:
        """A connection for one change. NovaError when none can be made: then nothing was sent."""
        if self._open_another is None:
            yield self._reading
            return
        link = self._idle_one() or self._open_another()
        try:
            yield link
        finally:
            self._take_back(link)

    def close(self) -> None:
        """Close all of them; those that are lent, when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for link in idle:
            link.close()

    def _idle_one(self) -> Link | None:
        with self._lock:
            while self._idle:
                link = self._idle.pop()
                if link.alive:
                    return link
        return None

    def _take_back(self, link: Link) -> None:
        with self._lock:
            if not self._closed and link.alive:
                self._idle.append(link)
                return
        link.close()

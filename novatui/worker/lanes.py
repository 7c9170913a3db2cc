"""Lanes beside the control lane: requests of one kind wait in order for one of a few threads, and are all answered."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from novatui.core.errors import Failure

R = TypeVar("R")


class Lanes(Generic[R]):
    """Threads are started when they are needed first, and stay until the end of the connection."""

    def __init__(self, name: str, size: int, serve: Callable[[R], None], refuse: Callable[[R, Failure], None]) -> None:
        """`serve` is called on a lane and must not raise; `refuse` from any thread, for what is never served."""
        self.drained = threading.Event()
        """Set when it has ended and no thread is inside `serve` any more."""
        self._name = name
        self._size = size
        self._serve = serve
        self._refuse = refuse
        self._changed = threading.Condition()
        self._waiting: deque[R] = deque()
        self._threads = 0
        self._busy = 0
        self._ended: Failure | None = None

    def put(self, request: R, *, ahead: bool = False) -> None:
        """Serve it when a lane is free; `ahead`: before all that wait, and on one lane more when none is free."""
        with self._changed:
            ended = self._ended
            if ended is None:
                (self._waiting.appendleft if ahead else self._waiting.append)(request)
                if self._busy + len(self._waiting) > self._threads and (ahead or self._threads < self._size):
                    self._threads += 1
                    threading.Thread(target=self._lane, name=f"{self._name} {self._threads}", daemon=True).start()
                self._changed.notify()
        if ended is not None:
            self._refuse(request, ended)

    def end(self, failure: Failure) -> None:
        """Refuse everything that waits with this failure, and take nothing more."""
        with self._changed:
            self._ended = failure
            left = list(self._waiting)
            self._waiting.clear()
            if not self._busy:
                self.drained.set()
            self._changed.notify_all()
        for request in left:
            self._refuse(request, failure)

    def _lane(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._ended:
                    self._changed.wait()
                if self._ended:
                    return
                request = self._waiting.popleft()
                self._busy += 1
            try:
                self._serve(request)
            finally:
                surplus = self._leave()
            if surplus:
                return

    def _leave(self) -> bool:
        """A request was served; True when its lane was one more than there are to be."""
        with self._changed:
            self._busy -= 1
            if self._ended and not self._busy:
                self.drained.set()
            surplus = self._threads > self._size
            self._threads -= surplus
            return surplus

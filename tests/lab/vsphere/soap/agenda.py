"""What happens later: one thread that carries out due steps with the site's lock held."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
import traceback
from collections.abc import Callable

from tests.lab.vsphere.soap.state import Site


class Agenda:
    """Steps by their time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._more = threading.Condition()
        threading.Thread(target=self._run, name="agenda", daemon=True).start()

    def after(self, seconds: float, step: Callable[[], None]) -> None:
        """Do it in so many seconds of the site's pace."""
        with self._more:
            heapq.heappush(self._due, (time.monotonic() + seconds * self._site.pace, next(self._order), step))
            self._more.notify()

    def every(self, seconds: float, step: Callable[[], None]) -> None:
        """Do it again and again."""

        def again() -> None:
            step()
            self.after(seconds, again)

        self.after(seconds, again)

    def _run(self) -> None:
        while True:
            step = self._next()
            with self._site.lock:
                try:
                    step()
                except Exception:  # noqa: BLE001 - one bad step must not stop the others; the log shows it
                    traceback.print_exc()

    def _next(self) -> Callable[[], None]:
        with self._more:
            while not self._due or self._due[0][0] > time.monotonic():
                self._more.wait(self._due[0][0] - time.monotonic() if self._due else None)
            return heapq.heappop(self._due)[2]

"""Asks for the capabilities of what is on the screen; what goes out of sight before its turn is not asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from novatui.core.ids import ObjectRef
from novatui.core.states import Link
from novatui.engine.fleet import Fleet

AT_ONCE = 8
"""Questions that are out; how many of them a connection gets at the same time is the engine's matter."""

SLOW = 3.0
"""Seconds after which a question is no longer counted among those: who does not answer holds up no other."""

REACHED = frozenset({Link.UP, Link.LOADING})


class Probing:
    """Of one screen. Answers come through the changes of the fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._wanted: list[ObjectRef] = []
        self._anew: list[ObjectRef] = []
        """Asked for by a key: whether they are due or not, seen or not."""
        self._tasks: dict[asyncio.Task[object], asyncio.TimerHandle] = {}
        """Questions that are out, each with what looks at it when it is slow."""

    def want(self, refs: Iterable[ObjectRef]) -> None:
        """Ask for these, as far as they are due and can be asked, and for nothing else that was wanted before."""
        self._wanted = [ref for ref in dict.fromkeys(refs) if self._fleet.facts.due(ref) and self._is_reached(ref)]
        self._pump()

    def ask_again(self, refs: Iterable[ObjectRef]) -> None:
        """Ask for these, however young their answers are."""
        self._anew += [ref for ref in dict.fromkeys(refs) if ref not in self._anew]
        self._pump()

    def stop(self) -> None:
        """Nobody looks any more; what is under way comes to its end."""
        self._wanted, self._anew = [], []
        for task, timer in self._tasks.items():
            timer.cancel()
            task.cancel()

    @property
    def waiting(self) -> int:
        """Questions that are out, or wait for their turn."""
        return len(self._tasks) + len(self._wanted) + len(self._anew)

    def _is_reached(self, ref: ObjectRef) -> bool:
        connection = self._fleet.connections.get(ref.conn)
        return connection is not None and connection.link in REACHED

    @property
    def _quick(self) -> int:
        """Questions that are out and not slow."""
        now = asyncio.get_running_loop().time()
        return sum(timer.when() > now for timer in self._tasks.values())

    def _pump(self) -> None:
        while (self._anew or self._wanted) and self._quick < AT_ONCE:
            fresh = bool(self._anew)
            ref = (self._anew if fresh else self._wanted).pop(0)
            if not fresh and self._fleet.facts.probing(ref):
                continue
            task = asyncio.create_task(self._ask(ref, fresh))
            self._tasks[task] = asyncio.get_running_loop().call_later(SLOW, self._pump)
            task.add_done_callback(self._done)

    async def _ask(self, ref: ObjectRef, fresh: bool) -> object:
        return await self._fleet.facts.probe(ref, fresh=fresh)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._tasks.pop(task).cancel()
        if not task.cancelled():
            self._pump()

"""Posture of machines and hosts: asked of their connections, one by one or for a whole list of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable

import msgspec

from novatui.core.errors import Failure, NotFound, NovaError
from novatui.core.ids import ObjectRef
from novatui.core.posture import Posture
from novatui.core.states import Kind
from novatui.engine.inspecting import OF_ONE, InspectionRequests
from novatui.engine.inventory_store import InventoryStore
from novatui.wire import frames

ROLE = "PostureSource"

JUDGED = (Kind.HOST, Kind.VM)
"""What has a posture. Templates run nowhere, and a container is a process of its host."""


class Judged(msgspec.Struct, frozen=True):
    """What came of asking for one object."""

    ref: ObjectRef
    posture: Posture | None = None
    failure: Failure | None = None
    """Why there is none."""


class Postures:
    """Asks for postures. Belongs to the event loop; keeps nothing."""

    def __init__(self, inventory: InventoryStore, inspecting: InspectionRequests) -> None:
        self._inventory = inventory
        self._inspecting = inspecting

    async def posture(self, ref: ObjectRef) -> Posture:
        """Every finding of one machine or host, asked now. NovaError when it cannot be asked."""
        if ref.kind not in JUDGED:
            raise NotFound(f"a {ref.kind.value.replace('_', ' ')} has no posture", hint="take a machine or a host")
        answer = await self._inspecting.ask(
            ref.conn, ROLE, lambda number: frames.PostureRequest(ref.conn, number, ref.key), frames.PostureAnswer
        )
        if answer.found is None:
            raise NotFound(f"{ref.conn} told nothing of {ref.key}")
        return answer.found

    async def survey(self, refs: Iterable[ObjectRef]) -> AsyncGenerator[Judged]:
        """All of these, as they answer: OF_ONE of each connection at a time, so that a slow one holds up no other.

        Whoever stops listening stops the asking.
        """
        waiting: dict[str, list[ObjectRef]] = {}
        for ref in refs:
            waiting.setdefault(ref.conn, []).append(ref)
        left = sum(map(len, waiting.values()))
        told: asyncio.Queue[Judged] = asyncio.Queue()
        turns = [iter(each) for each in waiting.values()]
        tasks = [asyncio.create_task(self._work(turn, told)) for turn in turns for _ in range(OF_ONE)]
        try:
            for _ in range(left):
                yield await told.get()
        finally:
            for task in tasks:
                task.cancel()

    async def _work(self, refs: Iterable[ObjectRef], told: asyncio.Queue[Judged]) -> None:
        """One after the other, from a list that is shared with others who do the same."""
        for ref in refs:
            try:
                told.put_nowait(Judged(ref, await self.posture(ref)))
            except NovaError as error:
                told.put_nowait(Judged(ref, failure=error.failure))

    def judged(self, slots: Iterable[int]) -> list[ObjectRef]:
        """The machines and hosts among these rows, and of what holds others those below it; each once."""
        store = self._inventory
        found: dict[int, None] = {}
        for slot in slots:
            if store.kind(slot) is Kind.VM:
                found[slot] = None
            else:
                found |= dict.fromkeys(each for each in (slot, *store.below(slot)) if store.kind(each) in JUDGED)
        return [store.ref(each) for each in found]

    def name(self, ref: ObjectRef) -> str:
        """What people call an object; its id once it is gone."""
        slot = self._inventory.slot(ref.conn, ref.key)
        return ref.id if slot is None else self._inventory.name(slot)

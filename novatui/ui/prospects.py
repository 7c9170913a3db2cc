"""What reverting to a snapshot and deleting it would do, and what was otherwise then: asked for the one under the
cursor once that rests there, and kept as long as nothing has changed. Asking changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

import msgspec

from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.snapshots import row_id
from novatui.core.specdiff import differences
from novatui.core.states import Kind
from novatui.ui.render.detail.snapshots import UNASKED, Prospect

if TYPE_CHECKING:
    from novatui.actions.gate import Gate
    from novatui.actions.proposal import Aim
    from novatui.ui.stage import Stage

PATIENCE = 20.0
"""Seconds that a description of the machine as it was may take."""


class Prospects:
    """Of the snapshots of one machine. `changed` is called on the event loop when there is more to draw."""

    def __init__(self, stage: Stage, changed: Callable[[], object]) -> None:
        self._stage = stage
        self._changed = changed
        self._known: dict[str, Prospect] = {}
        self._basis: Hashable = None
        """What the answers rest on."""
        self._task: asyncio.Task[None] | None = None

    def of(self, snapshot: str) -> Prospect:
        """What is known of it now."""
        return self._known.get(snapshot, UNASKED)

    def rest_on(self, basis: Hashable) -> None:
        """The machine and its snapshots as they are told: answers that rest on something else are forgotten."""
        if basis != self._basis:
            self._basis = basis
            self.forget()

    def forget(self) -> None:
        """Everything is asked anew."""
        self.stop()
        self._known.clear()

    def stop(self) -> None:
        """Nobody looks any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def ask(self, machine: ObjectRef, snapshot: str) -> None:
        """Find out about this one, unless that was done; what is asked about another one is given up."""
        if snapshot in self._known and (not self._known[snapshot].asking or self._task is not None):
            return
        self.stop()
        for other in [id for id, one in self._known.items() if one.asking]:
            del self._known[other]
        self._known[snapshot] = Prospect(asking=True, asked_at=self._stage.look.monotonic())
        self._task = asyncio.create_task(self._find_out(machine, snapshot))
        self._changed()

    async def _find_out(self, machine: ObjectRef, snapshot: str) -> None:
        acting = self._stage.acting
        if acting is not None:
            for part, verb in (("revert", "snap.revert"), ("delete", "snap.delete")):
                self._learn(snapshot, **{part: await _aim(acting.gate, verb, machine, snapshot)})
        ref = ObjectRef(machine.conn, Kind.SNAPSHOT, row_id(machine.id, snapshot))
        try:
            async with asyncio.timeout(PATIENCE):
                detail = await self._stage.fleet.detail(ref, ("vm",))
        except NovaError as error:
            self._learn(snapshot, untold=error.failure, asking=False)
        except TimeoutError:
            self._learn(snapshot, asking=False)
        else:
            told = differences(detail.vm, detail.now) if detail.vm is not None and detail.now is not None else None
            self._learn(snapshot, changed=told, asking=False)

    def _learn(self, snapshot: str, **told: object) -> None:
        self._known[snapshot] = msgspec.structs.replace(self._known[snapshot], **told)
        self._changed()


async def _aim(gate: Gate, verb: str, machine: ObjectRef, snapshot: str) -> Aim | None:
    try:
        proposal = await gate.propose(verb, [machine], {"snapshot": snapshot})
    except NovaError:  # the operation makes no sense of this object at all
        return None
    return proposal.aims[0]

"""What a change would mean, planned before anybody asks for it: once the cursor rests, one plan at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from novatui.actions.gate import Gate
from novatui.actions.proposal import Proposal
from novatui.core.errors import Failure, Fault, NovaError
from novatui.core.ids import ObjectRef

MOST = 200
"""Plans that are kept; the oldest goes."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One change that somebody looks at."""

    verb: str
    ref: ObjectRef
    name: str
    """What its object is called."""
    arguments: tuple[tuple[str, str], ...]


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it; neither a proposal nor a failure while the answer is awaited."""

    word: str
    about: str
    proposal: Proposal | None = None
    failure: Failure | None = None


WORDS: Mapping[str, tuple[str, str]] = {
    "device.attach": ("attach", "to {}"),
    "device.detach": ("detach", "from {}"),
    "device.mdev_create": ("create", "on {}"),
}


class Foresight:
    """Asks the gate for plans, which change nothing. `told` is called on the event loop when one has come."""

    def __init__(self, gate: Gate, work: Callable[[Awaitable[None]], object], told: Callable[[], object]) -> None:
        self._gate = gate
        self._work = work
        self._told = told
        self._known: dict[Wanted, Foreseen] = {}
        self._next: Wanted | None = None
        self._busy = False
        self._round = 0

    def forget(self) -> None:
        """Things are not as they were: everything is to be asked anew."""
        self._round += 1
        self._known.clear()

    def of(self, wanted: Wanted) -> Foreseen:
        """What is known of it by now."""
        word, about = WORDS[wanted.verb]
        return self._known.get(wanted) or Foreseen(word=word, about=about.format(wanted.name))

    def ask(self, wanted: Wanted) -> None:
        """Find out, unless it is known: what is asked meanwhile waits, the newest of it alone."""
        if wanted in self._known:
            return
        self._next = wanted
        if not self._busy:
            self._busy = True
            self._work(self._answer())

    async def _answer(self) -> None:
        try:
            while self._next is not None:
                wanted, self._next = self._next, None
                if wanted not in self._known:
                    self._keep(wanted, self._round, await self._plan(wanted))
        finally:
            self._busy = False

    def _keep(self, wanted: Wanted, begun: int, found: Foreseen) -> None:
        """What was asked before everything was forgotten comes too late."""
        if begun != self._round:
            return
        self._known[wanted] = found
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]
        self._told()

    async def _plan(self, wanted: Wanted) -> Foreseen:
        blank = self.of(wanted)
        refused = self._gate.check(wanted.verb, wanted.ref)
        try:
            proposal = await self._gate.propose(wanted.verb, [wanted.ref], dict(wanted.arguments))
        except NovaError as error:
            return msgspec.structs.replace(blank, failure=error.failure)
        if proposal.planned:
            return msgspec.structs.replace(blank, proposal=proposal)
        why = proposal.aims[0].failure
        if why is None:
            said = str(refused) if refused is not None else "it cannot be planned"
            why = Failure(fault=Fault.NOT_SUPPORTED, message=said)
        return msgspec.structs.replace(blank, failure=why)

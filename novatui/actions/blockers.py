"""Which machines keep a host from its maintenance, and why: each asked once, a few at a time, told as the answers come.

Whether a machine can go is what `engine.where` finds; where all of them would go together is what a drain would do.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from novatui.actions.drain import ASKED, LIVE, NO_MEMORY, Move, Target, machines_on, placed, target_of
from novatui.core.capabilities import Answer, Evidence
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.lifting import lift
from novatui.core.needs import Needs
from novatui.core.reasons import Check, Fit, Topic
from novatui.core.states import Power
from novatui.core.verbs import VERBS
from novatui.engine.fleet import Fleet
from novatui.engine.where import HostFit


class Way(StrEnum):
    """How a machine can leave its host, the worst first."""

    STUCK = "cannot"
    COLD = "cold only"
    ROOM = "no room"
    """It could go if the others stayed."""
    UNKNOWN = "unknown"
    CONDITION = "once"
    """Live, once a condition is met."""
    LIVE = "live"
    OFF = "off"
    """Nothing of it runs: it is in nobody's way."""


BLOCKS = frozenset({Way.STUCK, Way.COLD, Way.ROOM})
LEAVES = frozenset({Way.LIVE, Way.CONDITION})


class Blocker(msgspec.Struct, frozen=True, kw_only=True):
    """One machine of a host, and what was found out about it."""

    host: ObjectRef
    ref: ObjectRef
    name: str
    way: Way
    memory: int | None = None
    power: str | None = None
    reason: str = ""
    """The first thing that is in the way, or why nothing is known; the condition of one that needs one."""
    holds: str = ""
    """The device, disk or network that is in the way."""
    lift: str = ""
    """What would help."""
    nearest: str = ""
    """Name of the host that it came nearest to; empty where no host was asked, or all would say the same."""
    targets: tuple[Target, ...] = ()
    """Hosts that it could go to live."""
    to: str = ""
    """Name of the one that it would go to when all leave."""
    cold: Answer | None = None
    """Whether it could go when it is off; None: it was not asked."""
    asked: int = 0
    """Hosts that were asked."""
    evidence: Evidence | None = None
    """How what is in the way was found."""


class Blocked(msgspec.Struct, frozen=True, kw_only=True):
    """One host with those of its machines that were asked about."""

    host: ObjectRef
    name: str
    machines: tuple[Blocker, ...] = ()
    waiting: int = 0
    """Machines that were not asked about yet."""

    @property
    def leave(self) -> int:
        """Machines that can go while they run."""
        return sum(1 for one in self.machines if one.way in LEAVES)

    @property
    def block(self) -> int:
        """Machines that keep the host from its maintenance."""
        return sum(1 for one in self.machines if one.way in BLOCKS)

    @property
    def unknown(self) -> int:
        """Machines of which it could not be found out."""
        return sum(1 for one in self.machines if one.way is Way.UNKNOWN)

    @property
    def off(self) -> int:
        """Machines that do not run."""
        return sum(1 for one in self.machines if one.way is Way.OFF)


def together(fleet: Fleet, host: ObjectRef, found: Iterable[Blocker], waiting: int = 0) -> Blocked:
    """What was found, as it is when all that can leave do: what two machines need is not given twice."""
    every = list(found)
    went = placed(
        Move(ref=str(one.ref), name=one.name, memory=one.memory, targets=one.targets) for one in every if one.targets
    )
    goes = {move.ref: move for move in went}
    machines = sorted((_going(one, goes.get(str(one.ref))) for one in every), key=_order)
    return Blocked(host=host, name=_name(fleet, host), machines=tuple(machines), waiting=waiting)


async def asked(fleet: Fleet, hosts: Sequence[ObjectRef]) -> AsyncGenerator[Blocker]:
    """Every machine of these hosts, in the order in which they are found out about; those of one host do not wait for
    those of another."""
    question = _Question(fleet)
    turn = asyncio.Semaphore(ASKED)

    async def one(host: ObjectRef, ref: ObjectRef) -> Blocker:
        async with turn:
            return await question.about(host, ref)

    tasks = [asyncio.create_task(one(host, ref)) for host in hosts for ref in machines_on(fleet, host)]
    try:
        for answered in asyncio.as_completed(tasks):
            yield await answered
    finally:
        for task in tasks:
            task.cancel()


class _Question:
    """Asks about one machine after another; a host that does not answer is not asked again."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._turns = fleet.placing.turns()
        self._silent: dict[ObjectRef, Fit] = {}

    async def about(self, host: ObjectRef, ref: ObjectRef) -> Blocker:
        """One machine."""
        found = self._seen(host, ref)
        if found.way is not Way.UNKNOWN or found.reason:
            return found
        try:
            needs = await self._fleet.placing.needs(ref)
            elsewhere = [each for each in self._fleet.placing.candidates(ref) if each != host]
        except NovaError as error:
            return msgspec.structs.replace(found, reason=str(error.failure), lift=error.failure.hint)
        if ref.kind in VERBS["migrate.live"].kinds:
            found = await self._live(found, needs, elsewhere)
        else:
            reason = f"a {ref.kind.value} does not move while it runs"
            found = msgspec.structs.replace(found, way=Way.STUCK, reason=reason)
        return await self._cold(found, needs, elsewhere) if found.way is Way.STUCK else found

    def _seen(self, host: ObjectRef, ref: ObjectRef) -> Blocker:
        """What the inventory tells of it; with a reason where that is all there is to find out."""
        inventory = self._fleet.inventory
        slot = inventory.slot(ref.conn, ref.key)
        power = inventory.value(slot, "power") if slot is not None else None
        size = inventory.value(slot, "memory") if slot is not None else None
        found = Blocker(
            host=host,
            ref=ref,
            name=_name(self._fleet, ref),
            way=Way.UNKNOWN,
            memory=int(size) if isinstance(size, int | float) else None,
            power=power if isinstance(power, str) else None,
        )
        if power in _STILL:
            reason = f"it is {power}: nothing of it runs"
            return msgspec.structs.replace(found, way=Way.OFF, reason=reason)
        if power not in LIVE:
            reason = f"it is {power} now" if power in _PASSING else "whether it runs is not known"
            return msgspec.structs.replace(found, reason=reason, lift="ask again")
        return found

    async def _live(self, found: Blocker, needs: Needs, elsewhere: Sequence[ObjectRef]) -> Blocker:
        held = Fit(host="", checks=needs.held)
        if held.answer is Answer.NO:  # every host would say the same
            return _stuck(found, held.against[0])
        if not elsewhere:
            reason = "there is no other host of its family"
            return _stuck(found, Check(topic=Topic.PLACE, answer=Answer.NO, reason=reason), help_="add a host")
        answers = await self._answers(needs, elsewhere)
        found = msgspec.structs.replace(found, asked=len(answers))
        answered = {answer.fit.answer for answer in answers}
        targets = tuple(target for answer in answers if (target := target_of(answer)) is not None)
        if Answer.YES in answered:
            return msgspec.structs.replace(found, way=Way.LIVE, targets=targets)
        way = Way.CONDITION if Answer.PARTLY in answered else Way.UNKNOWN if Answer.UNKNOWN in answered else Way.STUCK
        wanted = {Way.CONDITION: Answer.PARTLY, Way.UNKNOWN: Answer.UNKNOWN}.get(way, Answer.NO)
        nearest = min((one for one in answers if one.fit.answer is wanted), key=_distance)
        return msgspec.structs.replace(
            _against(found, nearest.fit.against[0]), way=way, targets=targets, nearest=nearest.fit.name
        )

    async def _cold(self, found: Blocker, needs: Needs, elsewhere: Sequence[ObjectRef]) -> Blocker:
        """Whether it could go when it is off: what it holds it holds while it runs, snapshots and the rest always."""
        kept = tuple(check for check in needs.held if check.topic is not Topic.DEVICES)
        held = Fit(host="", checks=kept)
        if held.answer is Answer.NO:
            return msgspec.structs.replace(found, cold=Answer.NO)
        off = msgspec.structs.replace(needs, power=Power.OFF, held=kept)
        answers = await self._answers(off, elsewhere)
        answered = {answer.fit.answer for answer in answers}
        cold = next((each for each in _BEST_FIRST if each in answered), Answer.NO)
        way = Way.STUCK if cold is Answer.NO else Way.COLD
        also = _SHUT_DOWN.get(cold, "")
        words = "; ".join(filter(None, (found.lift, also)))
        return msgspec.structs.replace(found, way=way, cold=cold, lift=words, asked=max(found.asked, len(answers)))

    async def _answers(self, needs: Needs, hosts: Collection[ObjectRef]) -> list[HostFit]:
        silent = [HostFit(host, self._silent[host]) for host in hosts if host in self._silent]
        asked = [host for host in hosts if host not in self._silent]
        answers = [one async for one in self._fleet.placing.fits(needs, asked, self._turns)]
        for one in answers:
            if one.fit.at is None and [check.topic for check in one.fit.against] == [Topic.HOST]:
                self._silent[one.host] = one.fit
        return answers + silent


_STILL = frozenset({Power.OFF.value, Power.SUSPENDED.value, Power.CRASHED.value})
_PASSING = frozenset({Power.STARTING.value, Power.STOPPING.value, Power.MIGRATING.value})
_OF_NO_PART = frozenset({Topic.PLACE, Topic.HOST, Topic.PRODUCT, Topic.MIGRATION})
"""What is about no part of the machine."""

_SHUT_DOWN = {
    Answer.YES: "shut it down: then it can go",
    Answer.PARTLY: "shut it down: then it can go, with its storage copied",
    Answer.UNKNOWN: "whether it can go when it is off is not known",
}
_BEST_FIRST = (Answer.YES, Answer.PARTLY, Answer.UNKNOWN)


def _stuck(found: Blocker, check: Check, help_: str = "") -> Blocker:
    return msgspec.structs.replace(_against(found, check), way=Way.STUCK, **({"lift": help_} if help_ else {}))


def _against(found: Blocker, check: Check) -> Blocker:
    holds = check.subject or ("" if check.topic in _OF_NO_PART else check.topic.value)
    return msgspec.structs.replace(found, reason=check.reason, holds=holds, lift=lift(check), evidence=check.evidence)


def _distance(answer: HostFit) -> tuple[int, int, str]:
    """How far a host is from a yes: by what rules it out, then by what is open."""
    checks = answer.fit.checks
    return sum(check.blocks for check in checks), sum(check.open for check in checks), answer.fit.name


def _going(one: Blocker, move: Move | None) -> Blocker:
    """With the host that it would go to; without one when the others have taken all room."""
    if move is None:
        return one
    if move.goes and move.target is not None:
        return msgspec.structs.replace(one, to=move.target.name)
    names = ", ".join(target.name for target in one.targets)
    return msgspec.structs.replace(
        one,
        way=Way.ROOM,
        reason=NO_MEMORY,
        holds=Topic.MEMORY.value,
        nearest="",
        evidence=None,
        lift=f"free memory on {names}, or leave another machine",
    )


def _order(one: Blocker) -> tuple[int, str, str]:
    return _WAYS[one.way], one.name, str(one.ref)


_WAYS: Mapping[Way, int] = {way: at for at, way in enumerate(Way)}


def _name(fleet: Fleet, ref: ObjectRef) -> str:
    slot = fleet.inventory.slot(ref.conn, ref.key)
    return ref.id if slot is None else fleet.inventory.name(slot)

"""Emptying a host: which machine goes where, in which order, and which cannot go, with the reason. A plan only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec

from novatui.actions.bulk import MOVES, few_at_a_time
from novatui.actions.moving import host_of, refusal
from novatui.actions.parts import Part
from novatui.core.capabilities import Answer
from novatui.core.errors import Conflict, InvalidInput, NovaError
from novatui.core.fitting import COPIED
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind, Power
from novatui.core.verbs import VERBS
from novatui.engine.fleet import Fleet
from novatui.engine.where import HostFit

ASKED = 3
"""Machines that are asked about at the same time; every host is asked about each."""

NO_MEMORY = "the hosts that it could go to have no memory left after the others"
"""Why a machine stays that could go if it were alone."""

LIVE = frozenset({Power.RUNNING.value, Power.PAUSED.value})
"""States in which a machine can move without a break."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A host that a machine could go to."""

    host: str
    """Its ref."""
    name: str
    copies: bool = False
    """Its storage has to be copied."""
    memory_free: int | None = None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one machine of the host."""

    ref: str
    name: str
    memory: int | None = None
    to: str = ""
    """Ref of the host it goes to; empty when it stays."""
    copies: bool = False
    reason: str = ""
    """Why it stays."""
    left_out: bool = False
    """A person has taken it out."""
    targets: tuple[Target, ...] = ()
    """Every host that it could go to, the best first."""

    @property
    def goes(self) -> bool:
        """It is to be moved."""
        return bool(self.to) and not self.left_out

    @property
    def target(self) -> Target | None:
        """The host it goes to."""
        return next((one for one in self.targets if one.host == self.to), None)


class Drain(msgspec.Struct, frozen=True, kw_only=True):
    """The plan for one host."""

    host: str
    name: str
    moves: tuple[Move, ...]
    """In the order in which they are begun."""
    at_once: int = MOVES
    """Machines that leave at the same time."""

    @property
    def going(self) -> tuple[Move, ...]:
        """Those that are to be moved."""
        return tuple(move for move in self.moves if move.goes)

    @property
    def staying(self) -> tuple[Move, ...]:
        """Those that cannot go, or that somebody has taken out."""
        return tuple(move for move in self.moves if not move.goes)

    @property
    def memory(self) -> int | None:
        """Bytes of memory that are moved; None when that of a machine is not known."""
        sizes = [move.memory for move in self.going]
        return sum(size for size in sizes if size is not None) if None not in sizes else None

    def parts(self) -> list[Part]:
        """What the gate is asked for: `migrate.live`, each with its own destination."""
        return [
            Part(
                ref=ObjectRef.parse(move.ref),
                arguments={"to": move.to} | ({"storage": "copy"} if move.copies else {}),
                name="",
            )
            for move in self.going
        ]

    def leaving_out(self, ref: str, *, out: bool) -> Drain:
        """The same with one machine taken out, or in again."""
        return self._with(ref, left_out=out)

    def going_to(self, ref: str, host: str) -> Drain:
        """The same with another destination for one machine. InvalidInput when it cannot go there."""
        move = next((each for each in self.moves if each.ref == ref), None)
        target = next((each for each in move.targets if each.host == host), None) if move else None
        if target is None:
            raise InvalidInput("it cannot go to that host", subject="to")
        return self._with(ref, to=host, copies=target.copies, left_out=False)

    def earlier(self, ref: str, by: int) -> Drain:
        """The same with one machine so many places earlier; later for less than none."""
        moves = list(self.moves)
        at = next((at for at, move in enumerate(moves) if move.ref == ref), None)
        if at is None:
            return self
        moves.insert(max(0, min(len(moves) - 1, at - by)), moves.pop(at))
        return msgspec.structs.replace(self, moves=tuple(moves))

    def _with(self, ref: str, **changes: object) -> Drain:
        moves = (msgspec.structs.replace(move, **changes) if move.ref == ref else move for move in self.moves)
        return msgspec.structs.replace(self, moves=tuple(moves))


async def planned(fleet: Fleet, host: ObjectRef, told: Callable[[int, int], None] = lambda _done, _all: None) -> Drain:
    """Ask every host about every machine of this one, and place them; `told` hears how many have been asked about.

    Conflict when nothing runs there.
    """
    machines = list(machines_on(fleet, host))
    if not machines:
        raise Conflict(f"no machine is on {_name(fleet, host)}", hint="there is nothing to move away")
    done = 0

    async def asked(ref: ObjectRef) -> Move:
        nonlocal done
        move = await _asked(fleet, ref, host)
        done += 1
        told(done, len(machines))
        return move

    moves = await few_at_a_time([partial(asked, ref) for ref in machines], ASKED)
    return Drain(host=str(host), name=_name(fleet, host), moves=placed(moves))


def placed(moves: Iterable[Move]) -> tuple[Move, ...]:
    """A destination for each: the largest first, each where most memory is left, without copying storage if possible.

    What two machines need is not given twice: a host whose memory is spoken for is no destination any more.
    """
    spoken: dict[str, int] = {}
    done: list[Move] = []
    for move in sorted(moves, key=lambda move: (not move.targets, -(move.memory or 0), move.name)):
        room = [
            one for one in move.targets if _left(one, spoken) is None or (_left(one, spoken) or 0) >= (move.memory or 0)
        ]
        if not room:
            reason = move.reason or NO_MEMORY
            done.append(msgspec.structs.replace(move, to="", reason=reason))
            continue
        best = min(room, key=lambda one: (one.copies, -(_left(one, spoken) or 0), one.name))
        spoken[best.host] = spoken.get(best.host, 0) + (move.memory or 0)
        done.append(msgspec.structs.replace(move, to=best.host, copies=best.copies))
    return tuple(done)


def _left(target: Target, spoken: Mapping[str, int]) -> int | None:
    return None if target.memory_free is None else target.memory_free - spoken.get(target.host, 0)


def estimate(fleet: Fleet, drain: Drain) -> float | None:
    """Seconds that it takes, by how fast machines of this fleet moved lately; None when none has, or nobody knows."""
    rates = [
        one.memory / (one.ended - one.began)
        for one in fleet.migrations.ended()
        if one.memory and one.ended is not None and one.ended > one.began and one.pause_real is not None
    ]
    if not rates or drain.memory is None or not drain.going:
        return None
    middle = sorted(rates)[len(rates) // 2]
    return drain.memory / middle / min(drain.at_once, len(drain.going))


# --- what there is -------------------------------------------------------------------------------------------------


def machines_on(fleet: Fleet, host: ObjectRef) -> Iterable[ObjectRef]:
    """Machines and containers that are on a host, running or not."""
    inventory = fleet.inventory
    for kind in (Kind.VM, Kind.CONTAINER):
        for slot in inventory.slots(kind):
            if inventory.conn(slot) == host.conn and fleet.identity.visible(slot):
                ref = inventory.ref(slot)
                if host_of(fleet, ref) == host:
                    yield ref


async def _asked(fleet: Fleet, ref: ObjectRef, host: ObjectRef) -> Move:
    inventory = fleet.inventory
    slot = inventory.slot(ref.conn, ref.key)
    name = inventory.name(slot) if slot is not None else ref.id
    size = inventory.value(slot, "memory") if slot is not None else None
    move = Move(ref=str(ref), name=name, memory=int(size) if isinstance(size, int | float) else None)
    if ref.kind not in VERBS["migrate.live"].kinds:
        return msgspec.structs.replace(move, reason=f"a {ref.kind.value} does not move while it runs")
    power = inventory.value(slot, "power") if slot is not None else None
    if power not in LIVE:
        return msgspec.structs.replace(
            move, reason=f"it is {power or 'in a state that is not known'}: nothing to move live"
        )
    try:
        answers = [each async for each in _elsewhere(fleet, ref, host)]
    except NovaError as error:
        return msgspec.structs.replace(move, reason=str(error.failure))
    targets, refused = within_reach(fleet, ref, filter(None, map(target_of, answers)))
    if targets:
        return msgspec.structs.replace(move, targets=targets)
    return msgspec.structs.replace(move, reason=refused or _why_not(answers))


async def _elsewhere(fleet: Fleet, ref: ObjectRef, host: ObjectRef) -> AsyncIterator[HostFit]:
    hosts = [each for each in fleet.placing.candidates(ref) if each != host]
    if not hosts:
        return
    async for each in fleet.where(ref, hosts):
        yield each


def target_of(answer: HostFit) -> Target | None:
    """A host that can take it: for certain, or once its storage is copied."""
    fit = answer.fit
    able = fit.answer is Answer.YES or (fit.answer is Answer.PARTLY and set(fit.conditions) <= {COPIED})
    if not able or answer.host.kind is not Kind.HOST:
        return None
    return Target(
        host=str(answer.host),
        name=fit.name or answer.host.id,
        copies=fit.answer is Answer.PARTLY,
        memory_free=fit.memory_free,
    )


def within_reach(fleet: Fleet, ref: ObjectRef, targets: Iterable[Target]) -> tuple[tuple[Target, ...], str]:
    """The hosts among these that the machine can be sent to, and why not to the others."""
    able: list[Target] = []
    reasons: dict[str, None] = {}
    for target in targets:
        refused = refusal(fleet, ref, ObjectRef.parse(target.host))
        if refused:
            reasons[refused] = None
        else:
            able.append(target)
    return tuple(able), "; ".join(reasons)


def _why_not(answers: Sequence[HostFit]) -> str:
    if not answers:
        return "there is no other host of its family"
    counted: dict[str, int] = {}
    for answer in answers:
        reason = next(iter(answer.fit.reasons), "not asked")
        counted[reason] = counted.get(reason, 0) + 1
    first = sorted(counted.items(), key=lambda item: -item[1])
    return "; ".join(f"{reason} ({count} of {len(answers)} hosts)" for reason, count in first[:2])


def _name(fleet: Fleet, ref: ObjectRef) -> str:
    slot = fleet.inventory.slot(ref.conn, ref.key)
    return fleet.inventory.name(slot) if slot is not None else ref.id

"""How every machine is at a given time of the world, and what happens between two times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from novatui.backends.demo.dice import Dice
from novatui.backends.demo.precopy import Journey
from novatui.backends.demo.routines import ROUTINES, Beat, Condition, Moment, Routine, before, moment
from novatui.backends.demo.shapes import AWAY_FROM_SITE, Machine
from novatui.core.states import Power
from novatui.core.tasks import TaskState

AWAKE = frozenset({Power.RUNNING, Power.MIGRATING, Power.STOPPING})
"""States in which a machine works: its load can be measured and its guest can answer."""

ARRIVES = 2.0
"""Seconds after the begin of a migration to another connection at which the copy is made there."""


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """A machine at one time of the world."""

    here: bool
    """It exists on this connection."""
    power: Power
    away: bool
    """On the host that it travels to."""
    snap: bool
    taken: Moment | None = None
    """When its routine took that snapshot."""
    alarm: bool
    edited: bool
    act: Act | None
    """What is being done to it."""
    last: str
    """Verb of the last thing that was done to it; empty when nothing ever is."""
    restarted: float | None
    """World time since which it runs, if something restarted it lately."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is done to a machine, at a certain time."""

    machine: Machine
    moment: Moment
    back: bool
    """A migration on its way home."""
    hand: bool = False
    """Somebody did it by a call, outside of every routine."""
    who: str = ""
    """Who did it by a call."""
    journey: Journey | None = None
    """How a migration by a call goes."""
    leaves: bool = True
    """A migration by a call to another connection: it begins on this one."""

    @property
    def verb(self) -> str:
        return self.moment.beat.verb

    @property
    def begin(self) -> float:
        return self.moment.begin

    @property
    def end(self) -> float:
        return self.moment.end


class Life:
    """The stories of a site's machines."""

    def __init__(self, machines: Iterable[Machine], told: Sequence[Act] = ()) -> None:
        """`told`: acts that somebody described, beside the routines."""
        self._stories = {machine.id: _Story(machine) for machine in machines if machine.routine}
        self._told = told
        self._changed: dict[str, _Changed] = {}

    def change(self, machine: Machine, act: Act) -> None:
        """Somebody does something to a machine: its routine ends with that."""
        changed = self._changed.get(machine.id)
        if changed is None:
            story = self._stories.pop(machine.id, None)
            changed = self._changed[machine.id] = _Changed(machine, story, act)
        changed.add(act)

    def now(self, machine: Machine, world: float) -> Now:
        """The machine at that time."""
        story = self._stories.get(machine.id)
        if changed := self._changed.get(machine.id):
            return changed.now(world)
        if story is None:
            return self._told_of(machine, world) or STILL[machine.power]
        return story.now(machine, world)

    def changed(self, since: float, until: float) -> list[Machine]:
        """Machines to which something began or ended after `since` and up to `until`."""
        stories = [*self._stories.values(), *self._changed.values()]
        return [story.machine for story in stories if any(story.edges(since, until))]

    def latest(self, act: Act) -> Act:
        """What became of something that a call began: others may have hastened or ended it."""
        changed = self._changed.get(act.machine.id)
        return (changed and changed.again(act)) or act

    def queued(self, machine: Machine, world: float) -> bool:
        """Something will be done to it later that a call has ordered."""
        changed = self._changed.get(machine.id)
        return changed is not None and changed.queued(world)

    def unqueue(self, machine: Machine, world: float) -> None:
        """Nothing of that will be done."""
        if changed := self._changed.get(machine.id):
            changed.unqueue(world)

    def acts(self, since: float, until: float) -> list[Act]:
        """What was being done at any time in that span, oldest first; seen from where the machine is at home."""
        stories = [*self._stories.values(), *self._changed.values()]
        found = [act for story in stories for act in story.acts(since, until)]
        found += [act for act in self._told if act.begin <= until and act.end >= since]
        return sorted(found, key=lambda act: act.begin)

    def _told_of(self, machine: Machine, world: float) -> Now | None:
        """A machine without a routine that something described is being done to."""
        for act in self._told:
            if act.machine.id == machine.id and act.begin <= world < act.end:
                power = act.moment.beat.during or machine.power
                return msgspec.structs.replace(STILL[machine.power], power=power, act=act, last=act.verb)
        return None


class _Story:
    """The routine of one machine, with its place in time."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        told = ROUTINES[machine.routine]
        self.routine: Routine = msgspec.structs.replace(told, length=told.length * machine.rests)
        self.phase = Dice("phase", machine.uuid).share() * self.routine.length

    def now(self, machine: Machine, world: float) -> Now:
        last = moment(self.routine, self.phase, world)
        was = before(self.routine, self.phase, last).beat.then
        busy = world < last.end
        then = was if busy else last.beat.then
        power = last.beat.during if busy and last.beat.during else then.power
        coming = busy and last.beat.verb == "migrate" and world >= last.begin + ARRIVES
        return Now(
            here=self._here(machine, then, coming=coming),
            power=power,
            away=then.away,
            snap=then.snap,
            taken=self.last("snapshot", world) if then.snap else None,
            alarm=then.alarm,
            edited=then.edited,
            act=self._act(last) if busy else None,
            last=last.beat.verb,
            restarted=self._restarted(world) if then.power is Power.RUNNING else None,
        )

    def acts(self, since: float, until: float) -> Iterator[Act]:
        at = moment(self.routine, self.phase, until)
        while at.begin >= since - self.routine.length:
            if at.end >= since:
                yield self._act(at)
            at = before(self.routine, self.phase, at)

    def edges(self, since: float, until: float) -> Iterator[float]:
        for act in self.acts(since, until):
            edges = (act.begin, act.begin + ARRIVES, act.end)
            yield from (edge for edge in edges if since < edge <= until)

    def _act(self, at: Moment) -> Act:
        return Act(machine=self.machine, moment=at, back=at.beat.verb == "migrate" and not at.beat.then.away)

    def _here(self, machine: Machine, then: Condition, *, coming: bool) -> bool:
        """A visitor is here while it is away from home, and already while it comes; its home lacks it meanwhile."""
        if self.machine.away == AWAY_FROM_SITE:
            return coming or then.away == machine.visitor
        return then.exists and not machine.visitor

    def last(self, verb: str, world: float) -> Moment | None:
        return self._latest(world, lambda beat: beat.verb == verb)

    def _restarted(self, world: float) -> float | None:
        found = self._latest(world, lambda beat: beat.restarts)
        return found.end if found else None

    def _latest(self, world: float, wanted: Callable[[Beat], bool]) -> Moment | None:
        """The last of these beats that was over by then."""
        at = moment(self.routine, self.phase, world)
        for _ in range(len(self.routine.beats) + 1):
            if wanted(at.beat) and at.end <= world:
                return at
            at = before(self.routine, self.phase, at)
        return None


class _Changed:
    """A machine that somebody changed: its routine up to then, and what was done to it by calls."""

    def __init__(self, machine: Machine, story: _Story | None, first: Act) -> None:
        self.machine = machine
        self._before = msgspec.structs.replace(STILL[machine.power], here=first.leaves)
        self._story = story
        self._left = first.begin
        self._acts: list[Act] = []

    def add(self, act: Act) -> None:
        """One more; what was still being done ends with it, or was that very thing."""
        last = self._acts[-1] if self._acts else None
        if last and last.moment.number == act.moment.number:
            self._acts[-1] = act
            return
        while self._acts and self._acts[-1].begin > act.begin:
            self._acts.pop()
        last = self._acts[-1] if self._acts else None
        if last and last.end > act.begin:
            cut = msgspec.structs.replace(last.moment.beat, takes=act.begin - last.begin, outcome=TaskState.CANCELLED)
            self._acts[-1] = msgspec.structs.replace(last, moment=msgspec.structs.replace(last.moment, beat=cut))
        self._acts.append(act)

    def queued(self, world: float) -> bool:
        return any(act.begin > world and act.verb for act in self._acts)

    def unqueue(self, world: float) -> None:
        self._acts = [act for act in self._acts if act.begin <= world or not act.verb]

    def again(self, act: Act) -> Act | None:
        """The same act as it stands by now; None when it is not known."""
        return next((each for each in reversed(self._acts) if each.moment.number == act.moment.number), None)

    def now(self, world: float) -> Now:
        act = next((act for act in reversed(self._acts) if act.begin <= world), None)
        if act is None:
            return self._story.now(self.machine, world) if self._story else self._before
        beat = act.moment.beat
        here = _is_here(act, world)
        if world < act.end:
            return msgspec.structs.replace(STILL[beat.during or beat.then.power], act=act, last=act.verb, here=here)
        return msgspec.structs.replace(STILL[beat.then.power], away=beat.then.away, here=here)

    def acts(self, since: float, until: float) -> Iterator[Act]:
        if self._story and since < self._left:
            yield from (act for act in self._story.acts(since, min(until, self._left)) if act.begin < self._left)
        yield from (act for act in self._acts if act.begin <= until and act.end >= since)

    def edges(self, since: float, until: float) -> Iterator[float]:
        for act in self.acts(since, until):
            yield from (edge for edge in (act.begin, act.begin + ARRIVES, act.end) if since < edge <= until)


def _is_here(act: Act, world: float) -> bool:
    """It exists on this connection. One that moves to another is on both for a while."""
    if act.journey is None or act.machine.away != AWAY_FROM_SITE:
        return True
    moved = world >= act.end and act.moment.beat.outcome is TaskState.DONE
    if act.leaves:
        return not moved
    return moved or act.begin + ARRIVES <= world < act.end


STILL = {
    power: Now(
        here=True, power=power, away=False, snap=False, alarm=False, edited=False, act=None, last="", restarted=None
    )
    for power in Power
}
"""Machines to which nothing ever happens."""

"""How every machine is at a given time of the world, and what happens between two times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from novatui.backends.demo.dice import Dice
from novatui.backends.demo.routines import ROUTINES, Beat, Condition, Moment, Routine, before, moment
from novatui.backends.demo.shapes import AWAY_FROM_SITE, Machine
from novatui.core.states import Power

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

    def now(self, machine: Machine, world: float) -> Now:
        """The machine at that time."""
        story = self._stories.get(machine.id)
        if story is None:
            return self._told_of(machine, world) or _STILL[machine.power]
        return story.now(machine, world)

    def changed(self, since: float, until: float) -> list[Machine]:
        """Machines to which something began or ended after `since` and up to `until`."""
        return [story.machine for story in self._stories.values() if any(story.edges(since, until))]

    def last(self, machine: Machine, verb: str, world: float) -> Moment | None:
        """When that was last done to the machine; None when its routine has no such thing."""
        story = self._stories.get(machine.id)
        return story.last(verb, world) if story else None

    def acts(self, since: float, until: float) -> list[Act]:
        """What was being done at any time in that span, oldest first; seen from where the machine is at home."""
        found = [act for story in self._stories.values() for act in story.acts(since, until)]
        found += [act for act in self._told if act.begin <= until and act.end >= since]
        return sorted(found, key=lambda act: act.begin)

    def _told_of(self, machine: Machine, world: float) -> Now | None:
        """A machine without a routine that something described is being done to."""
        for act in self._told:
            if act.machine.id == machine.id and act.begin <= world < act.end:
                power = act.moment.beat.during or machine.power
                return msgspec.structs.replace(_STILL[machine.power], power=power, act=act, last=act.verb)
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


_STILL = {
    power: Now(
        here=True, power=power, away=False, snap=False, alarm=False, edited=False, act=None, last="", restarted=None
    )
    for power in Power
}
"""Machines to which nothing ever happens."""

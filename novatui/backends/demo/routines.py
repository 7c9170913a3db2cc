"""What happens to machines again and again: each routine is a short story told in a circle, by the world's clock.

Where a machine stands in its story follows from the time alone. So every process knows it without being told, nothing
has to be remembered, and a fleet that nobody looks at costs nothing.
"""

from __future__ import annotations

import msgspec

from novatui.core.states import Power
from novatui.core.tasks import TaskState


class Condition(msgspec.Struct, frozen=True):
    """How a machine is between two beats of its story."""

    power: Power = Power.RUNNING
    away: bool = False
    """On the host it travels to."""
    snap: bool = False
    """Has the snapshot that its routine takes."""
    alarm: bool = False
    edited: bool = False
    exists: bool = True


class Beat(msgspec.Struct, frozen=True):
    """One thing that happens: it begins so many seconds into the story and takes its time."""

    at: float
    verb: str
    takes: float
    then: Condition
    """How the machine is afterwards."""
    during: Power | None = None
    """Power state while it happens; None: as before."""
    outcome: TaskState = TaskState.DONE
    restarts: bool = False
    """The machine runs anew from its end on."""


class Routine(msgspec.Struct, frozen=True):
    """A story and the length of its circle, seconds."""

    length: float
    beats: tuple[Beat, ...]


REST = Condition()
OFF = Condition(power=Power.OFF)

ROUTINES: dict[str, Routine] = {
    "recycle": Routine(
        900,
        (
            Beat(30, "shutdown", 18, OFF, Power.STOPPING),
            Beat(270, "start", 9, REST, Power.STARTING, restarts=True),
        ),
    ),
    "reboot": Routine(840, (Beat(60, "reboot", 14, REST, restarts=True),)),
    "travel": Routine(
        600,
        (
            Beat(40, "migrate", 75, Condition(away=True), Power.MIGRATING),
            Beat(340, "migrate", 75, REST, Power.MIGRATING),
        ),
    ),
    "stall": Routine(720, (Beat(50, "migrate", 410, REST, Power.MIGRATING, TaskState.CANCELLED),)),
    "snapshot": Routine(
        780,
        (
            Beat(20, "snapshot", 6, Condition(snap=True)),
            Beat(500, "snapshot-delete", 100, REST),
        ),
    ),
    "snapshot-fails": Routine(660, (Beat(90, "snapshot", 4, REST, outcome=TaskState.FAILED),)),
    "refused": Routine(
        420,
        (
            Beat(20, "start", 1, OFF, outcome=TaskState.FAILED),
            Beat(65, "start", 1, OFF, outcome=TaskState.FAILED),
        ),
    ),
    "alarm": Routine(
        540,
        (
            Beat(45, "alarm", 0, Condition(alarm=True)),
            Beat(330, "alarm-clear", 0, REST),
        ),
    ),
    "backup": Routine(1200, (Beat(100, "backup", 540, REST),)),
    "clone": Routine(
        720,
        (
            Beat(60, "clone", 70, Condition(power=Power.OFF)),
            Beat(140, "start", 8, REST, Power.STARTING, restarts=True),
            Beat(560, "shutdown", 12, Condition(power=Power.OFF), Power.STOPPING),
            Beat(600, "delete", 5, Condition(power=Power.OFF, exists=False)),
        ),
    ),
    "crash": Routine(
        960,
        (
            Beat(80, "crash", 0, Condition(power=Power.CRASHED)),
            Beat(170, "start", 9, REST, Power.STARTING, restarts=True),
        ),
    ),
    "enospc": Routine(
        600,
        (
            Beat(70, "enospc", 0, Condition(power=Power.PAUSED)),
            Beat(300, "resume", 1, REST),
        ),
    ),
    "pause": Routine(
        900,
        (
            Beat(50, "pause", 1, Condition(power=Power.PAUSED)),
            Beat(290, "resume", 1, REST),
        ),
    ),
    "suspend": Routine(
        1080,
        (
            Beat(50, "suspend", 12, Condition(power=Power.SUSPENDED)),
            Beat(480, "wake", 10, REST, Power.STARTING, restarts=True),
        ),
    ),
    "edit": Routine(
        900,
        (
            Beat(35, "edit", 2, Condition(edited=True)),
            Beat(520, "edit", 2, REST),
        ),
    ),
}
"""Every story by its name."""


class Moment(msgspec.Struct, frozen=True):
    """A beat at a certain time of the world."""

    beat: Beat
    number: int
    """Number of the beat in the whole life of the world; unique for one machine."""
    begin: float
    """World time."""

    @property
    def end(self) -> float:
        return self.begin + self.beat.takes


def moment(routine: Routine, phase: float, world: float) -> Moment:
    """The last beat that began by that time."""
    turn, into = divmod(world - phase, routine.length)
    begun = [number for number, beat in enumerate(routine.beats) if beat.at <= into]
    if begun:
        return _moment(routine, phase, int(turn), begun[-1])
    return _moment(routine, phase, int(turn) - 1, len(routine.beats) - 1)


def before(routine: Routine, phase: float, this: Moment) -> Moment:
    """The beat before this one."""
    turn, number = divmod(this.number - 1, len(routine.beats))
    return _moment(routine, phase, turn, number)


def _moment(routine: Routine, phase: float, turn: int, number: int) -> Moment:
    beat = routine.beats[number]
    return Moment(beat, turn * len(routine.beats) + number, phase + turn * routine.length + beat.at)

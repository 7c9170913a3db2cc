"""One moving machine from its first sign to its end: what is kept of it, and what may be said of how far it is."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from novatui.core.errors import Failure
from novatui.core.ids import ObjectRef, split_key
from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.states import Family
from novatui.core.tasks import ENDED, TaskState
from novatui.core.verdict import Verdict

READINGS = 2_400
"""Readings kept of one migration: ten minutes at 4 Hz, older ones in coarser steps."""

STEPS = 200
"""Lines of a timeline: the first and the last ones stay."""

_ARMED_BY: dict[str, str] = {
    "auto_converge": "auto-converge",
    "post_copy": "post-copy",
    "compress": "compression",
    "parallel": "parallel",
    "tunnelled": "tunnelled",
}
"""Argument of `migrate.live` and what `MigrationProgress.armed` calls it."""


class Step(msgspec.Struct, frozen=True):
    """Something that happened on the way."""

    at: float
    """Epoch seconds, by our clock."""
    kind: str
    """begin, phase, pass, verdict, way, state."""
    text: str


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """A lever that somebody at a console of this user pulled, or the cancel."""

    at: float
    """Epoch seconds."""
    task: str
    """`N-` and its number in the journal."""
    verb: str
    arguments: dict[str, str] = {}
    outcome: str = ""
    """State of its task."""


class Record(msgspec.Struct, kw_only=True):
    """All that is known of one migration. Belongs to `Migrations`; everybody else only reads it."""

    id: str
    """Name of its file: when it began and which machine."""
    conn: str
    """Connection on which it is acted on: that of the source, as far as it is known."""
    key: str
    family: Family
    name: str
    began: float
    """Epoch seconds."""
    identity: str = ""
    """uuid of the machine; empty when its product tells none."""
    source: str = ""
    destination: str = ""
    to_conn: str = ""
    """Connection of the destination; empty while that is not known."""
    who: str = ""
    ended: float | None = None
    state: TaskState = TaskState.RUNNING
    failure: Failure | None = None
    own: str = ""
    """Task of the operation of ours that started it; empty when somebody else did."""
    arguments: dict[str, str] = {}
    """What it was asked for with, where the operation is ours."""
    checked: float | None = None
    """When a person was told whether the destination fits, before it was begun here."""
    checks: list[tuple[str, str]] = []
    """What was checked then, and the answer: yes, no, unknown."""
    tasks: list[tuple[str, str]] = []
    """Connection and id of every task that tells of it."""
    fidelity: Fidelity = Fidelity.NONE
    percent: float | None = None
    """Only what the product itself states."""
    detail: str = ""
    """What the product says of it in words, now."""
    first_pass: bool = True
    """Everything that was sent so far was sent for the first time."""
    memory: int | None = None
    """Bytes of memory to be moved."""
    pause_expected: float | None = None
    """Seconds; the last that was expected before the switch."""
    pause_real: float | None = None
    """Seconds, as measured."""
    heard: float = 0.0
    """When something was last heard of it, epoch seconds by our clock."""
    version: int = 0
    """Another one whenever something of it changed."""
    verdict: Verdict
    trace: list[MigrationProgress] = []
    steps: list[Step] = []
    used: list[Used] = []

    @property
    def ref(self) -> ObjectRef:
        """The object that levers are for."""
        return ObjectRef(self.conn, *split_key(self.key))

    @property
    def route(self) -> tuple[str, str]:
        """From where to where, empty where it is not known. Hosts of one name are told apart by their connections."""
        if self.source == self.destination and self.to_conn not in ("", self.conn):
            return self.conn, self.to_conn
        return self.source, self.destination

    @property
    def live(self) -> bool:
        """It waits or moves, as far as is known; of a lost connection that is not known."""
        return self.ended is None

    @property
    def last(self) -> MigrationProgress:
        """The latest reading, with what it is known to have been started with."""
        last = self.trace[-1] if self.trace else MigrationProgress(fidelity=self.fidelity)
        if last.armed is None and self.own:
            return msgspec.structs.replace(last, armed=armed_by(self.arguments))
        return last

    @property
    def sent_over(self) -> float | None:
        """How many times the memory was sent; None where that is not told."""
        last = self.last
        sent = last.memory_sent if last.memory_sent is not None else last.sent
        return sent / self.memory if sent is not None and self.memory else None

    @property
    def done_percent(self) -> float | None:
        """What the product states; without that, the share of the first pass. None after it: then nobody knows."""
        if self.percent is not None:
            return min(100.0, max(0.0, self.percent))
        if not self.first_pass or not self.live:
            return None
        last = self.last
        if last.phase == Phase.DISK and last.disk_total and last.disk_left is not None:
            return _share(last.disk_left, last.disk_total)
        if last.phase != Phase.MEMORY or last.iteration is None:
            return None
        if last.memory_total and last.memory_left is not None:
            return _share(last.memory_left, last.memory_total)
        return _share(last.left, last.total) if last.total and last.left is not None else None


def _share(left: int, total: int) -> float:
    return min(100.0, max(0.0, 100.0 * (1 - left / total)))


def armed_by(arguments: Mapping[str, str]) -> tuple[str, ...]:
    """What a migration of ours was started with, in the words of `MigrationProgress.armed`."""
    armed = [word for name, word in _ARMED_BY.items() if arguments.get(name, "no") not in ("", "no", "0")]
    armed += ["storage"] if arguments.get("storage", "shared") != "shared" else []
    armed += ["peer-to-peer"] if arguments.get("mode", "p2p") == "p2p" else []
    return tuple(armed)


def takes(record: Record, reading: MigrationProgress) -> None:
    """A reading of the migration itself: the trace stays bounded, and the first pass may be over."""
    before = record.trace[-1] if record.trace else None
    record.first_pass = record.first_pass and _still_first(before, reading)
    record.fidelity = reading.fidelity
    memory = reading.memory_total or (reading.total if reading.disk_total is None else None)
    record.memory = memory or record.memory
    if reading.downtime is not None and record.live:
        record.pause_expected = reading.downtime
    plain = msgspec.structs.replace(reading, source="", destination="")
    if before is not None and before.at == plain.at:
        record.trace[-1] = plain
        return
    record.trace.append(plain)
    if len(record.trace) > READINGS:
        half = READINGS // 2
        record.trace[:half] = record.trace[:half:2]


def _still_first(before: MigrationProgress | None, reading: MigrationProgress) -> bool:
    """Pages go again as soon as a pass has a number above one, more was sent than there is, or more is left again."""
    if reading.phase in (Phase.POST_COPY, Phase.SWITCHOVER, Phase.FINISHING):
        return False
    if (reading.iteration or 0) > 1:
        return False
    if reading.memory_sent is not None and reading.memory_total and reading.memory_sent > reading.memory_total:
        return False
    if reading.total and reading.sent is not None and reading.sent > reading.total:
        return False
    if before is None or before.phase != reading.phase:
        return True
    return not _grew(before.memory_left if before.memory_left is not None else before.left, reading)


def _grew(before: int | None, reading: MigrationProgress) -> bool:
    left = reading.memory_left if reading.memory_left is not None else reading.left
    return reading.phase == Phase.MEMORY and before is not None and before > 0 and left is not None and left > before


def notes(record: Record, at: float, kind: str, text: str) -> None:
    """One more line of its timeline; the same line again is none."""
    latest = next((step for step in reversed(record.steps) if step.kind == kind), None)
    if latest is not None and latest.text == text:
        return
    record.steps.append(Step(at, kind, text))
    if len(record.steps) > STEPS:
        del record.steps[STEPS // 4]


def thinned(trace: list[MigrationProgress], most: int) -> list[MigrationProgress]:
    """At most so many readings, evenly; the first and the last stay."""
    if len(trace) <= most:
        return trace
    step = (len(trace) - 1) / (most - 1)
    return [trace[round(number * step)] for number in range(most)]


def is_over(state: TaskState) -> bool:
    """Its product, or our operation, says how it ended."""
    return state in ENDED

"""Lines of tasks: where each stands, a bar only where the product states a percentage, and why one failed."""

from __future__ import annotations

from textual.strip import Strip

from novatui.core import units
from novatui.core.migration import Fidelity
from novatui.core.tasks import Task, TaskState
from novatui.engine.feed_query import object_name
from novatui.engine.fleet import Fleet
from novatui.engine.task_store import TrackedTask
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece
from novatui.ui.render.item_table import ItemColumn, ItemTable
from novatui.ui.render.labelled import Fact, labelled
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.theme import Styles

BAR = 8
"""Cells of a progress bar."""


def task_table(fleet: Fleet, look: Look) -> ItemTable:
    """The columns of tasks."""
    cells = _Cells(fleet, look)
    return ItemTable(
        (
            ItemColumn(title="STATE", draw=cells.state, width=6),
            ItemColumn(title="PROGRESS", draw=cells.progress, width=BAR + 5),
            ItemColumn(title="VERB", draw=cells.verb, width=9, grow=7),
            ItemColumn(title="OBJECT", draw=cells.subject, width=14, grow=14),
            ItemColumn(title="CONN", draw=cells.connection, width=9, grow=5, rank=2),
            ItemColumn(title="WHO", draw=cells.who, width=7, grow=8, rank=3),
            ItemColumn(title="START", draw=cells.start, width=8, rank=4),
            ItemColumn(title="TOOK", draw=cells.took, width=4, rank=1, right=True),
            ItemColumn(title="RESULT", draw=cells.result, width=14),
        ),
        look,
    )


def task_sign(task: Task, look: Look) -> Piece:
    """The sign of a state; a migration that runs has its own."""
    marks, styles = look.marks, look.styles
    return {
        TaskState.QUEUED: (marks.off, styles.quiet),
        TaskState.RUNNING: (marks.migrating if task.verb == "migrate" else marks.on, styles.info),
        TaskState.DONE: (marks.done, styles.good),
        TaskState.FAILED: (marks.error, styles.bad),
        TaskState.CANCELLED: (marks.inapplicable, styles.quiet),
        TaskState.UNKNOWN: (UNKNOWN, styles.warning),
    }[task.state]


_STATES = {
    TaskState.QUEUED: "wait",
    TaskState.RUNNING: "run",
    TaskState.DONE: "ok",
    TaskState.FAILED: "err",
    TaskState.CANCELLED: "canc",
    TaskState.UNKNOWN: "unkn",
}


class _Cells:
    """What stands in the columns. Times are by our clock."""

    def __init__(self, fleet: Fleet, look: Look) -> None:
        self._fleet, self._look = fleet, look

    @property
    def _styles(self) -> Styles:
        return self._look.styles

    def state(self, one: TrackedTask) -> Piece:
        sign, style = task_sign(one.task, self._look)
        return f"{sign} {_STATES[one.task.state]}", style

    def progress(self, one: TrackedTask) -> Piece:
        """A bar where the product states a percentage; nothing is made up where it does not."""
        task = one.task
        if task.state is not TaskState.RUNNING:
            return "", self._styles.quiet
        if task.progress is None:
            return "no percentage", self._styles.quiet
        share = min(max(task.progress, 0.0), 100.0) / 100.0
        filled = round(share * BAR)
        full, empty = ("#", ".") if self._look.marks.ascii else ("▇", "▁")
        return f"{full * filled}{empty * (BAR - filled)} {task.progress:3.0f}%", self._styles.info

    def verb(self, one: TrackedTask) -> Piece:
        return one.task.verb or one.task.native_verb or UNKNOWN, self._styles.text

    def subject(self, one: TrackedTask) -> Piece:
        return subject(one, self._fleet) or self._look.marks.inapplicable, self._styles.text

    def connection(self, one: TrackedTask) -> Piece:
        return one.conn, readings.conn_style(self._fleet, one.conn, self._look)

    def who(self, one: TrackedTask) -> Piece:
        return one.task.who or UNKNOWN, self._styles.quiet

    def start(self, one: TrackedTask) -> Piece:
        return moment(self._ours(one, one.task.started), self._look), self._styles.quiet

    def took(self, one: TrackedTask) -> Piece:
        task = one.task
        if task.started is None or one.task.state is TaskState.UNKNOWN:
            return UNKNOWN, self._styles.quiet
        ended = self._look.epoch() if one.live else self._ours(one, task.ended)
        began = self._ours(one, task.started)
        took = None if ended is None or began is None else ended - began
        return units.span(took), self._styles.quiet

    def result(self, one: TrackedTask) -> Piece:
        return result(one.task, self._look), self._styles.bad if one.task.failure else self._styles.quiet

    def _ours(self, one: TrackedTask, at: float | None) -> float | None:
        return None if at is None else at + self._fleet.events.skew(one.conn)


def subject(one: TrackedTask, fleet: Fleet) -> str:
    """Name of what a task works on; empty when nobody told."""
    return object_name(fleet.inventory, one.conn, one.task.key, one.task.target)


def result(task: Task, look: Look) -> str:
    """What came of it, or what it says of itself."""
    if task.failure is not None:
        return str(task.failure)
    words: list[str] = []
    move = task.migration
    if move is not None and (move.source or move.destination):
        words.append(f"{move.source or UNKNOWN}{look.marks.to}{move.destination or UNKNOWN}")
    elif task.detail:
        words.append(task.detail)
    if move is not None and move.fidelity is Fidelity.PERCENT and task.state is TaskState.RUNNING:
        words.insert(0, "percent only")
    if task.state is TaskState.UNKNOWN:
        words.append("outcome unknown")
    if task.state is TaskState.CANCELLED and not words:
        words.append("cancelled")
    return "  ".join(words)


def moment(epoch: float | None, look: Look) -> str:
    """Time of day; of another day its date, in the same eight cells."""
    if epoch is None or abs(look.epoch() - epoch) < 43_200.0:
        return look.clock(epoch)
    return look.date(epoch)[2:10]


def title(one: TrackedTask, fleet: Fleet) -> str:
    """What the lower pane is about."""
    task = one.task
    about = " ".join(word for word in (task.verb or task.native_verb, subject(one, fleet)) if word)
    end = {TaskState.FAILED: "why it failed", TaskState.UNKNOWN: "nobody knows how it ended"}
    return f"{about}: {end.get(task.state, task.state.value)}"


def why(one: TrackedTask, look: Look, width: int, height: int) -> list[Strip]:
    """Why a task failed, in the words of the product and in ours; of another task what it says of itself."""
    return labelled(_told(one.task, look), look, width, height)


def _told(task: Task, look: Look) -> list[Fact]:
    styles = look.styles
    native = task.native_verb if task.native_verb != task.verb else ""
    call = "  ".join(word for word in (native, task.id) if word)
    failure = task.failure
    if failure is None:
        says = task.detail or result(task, look) or "nothing"
        cancellable = {True: "can be cancelled", False: "cannot be cancelled", None: ""}[task.cancellable]
        stops = cancellable if task.state in (TaskState.RUNNING, TaskState.QUEUED) else ""
        return [("says", says, styles.text), ("call", call, styles.quiet), ("note", stops, styles.quiet)]
    said = failure.native if failure.native and failure.native != failure.message else failure.message
    return [
        ("said", f"{failure.code}  {said}" if failure.code and failure.code not in said else said, styles.bad),
        ("means", failure.meaning or (failure.message if said != failure.message else ""), styles.text),
        ("try", failure.hint, styles.text),
        ("call", call, styles.quiet),
    ]


def copied(one: TrackedTask, fleet: Fleet) -> str:
    """All that is known of it, as text for a ticket."""
    task, failure = one.task, one.task.failure
    facts = {
        "task": f"{task.verb} {subject(one, fleet)}".strip(),
        "connection": one.conn,
        "state": task.state.value,
        "who": task.who,
        "call": task.native_verb,
        "id": task.id,
        "says": task.detail,
    }
    if failure is not None:
        facts |= {
            "message": failure.message,
            "code": failure.code,
            "native": failure.native,
            "means": failure.meaning,
            "try": failure.hint,
            "concerns": failure.subject,
        }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value)

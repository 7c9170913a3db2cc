"""What a product remembers of an object, for charts: what is known of a window, and where the curves come from."""

from __future__ import annotations

from novatui.engine.histories import REMEMBERED, Known
from novatui.ui.render.subject import Subject
from novatui.ui.render.window import Window


def back(subject: Subject, window: Window) -> float:
    """Seconds from the left end of a window until now."""
    return subject.now - window.right(subject.now) + window.span


def remembered(subject: Subject, window: Window) -> Known | None:
    """What the product told of this window; None while, and where, it told nothing."""
    known = subject.fleet.histories.known(subject.fleet.inventory.ref(subject.slot), back(subject, window))
    return known if known is not None and known.history is not None and known.history.metrics else None


def words(subject: Subject, window: Window) -> str:
    """Whose figures a window longer than the live one shows, and how fine they are; empty for a live one."""
    if not window.by_minute:
        return ""
    fleet, slot = subject.fleet, subject.slot
    if fleet.inventory.kind(slot) not in REMEMBERED:
        return f"history {subject.look.marks.lacking}: minutes seen by this console"
    ref = fleet.inventory.ref(slot)
    if not fleet.histories.kept(ref):
        return f"history {subject.look.marks.lacking}: {ref.conn} keeps none, these are minutes seen by this console"
    known = fleet.histories.known(ref, back(subject, window))
    if known is None:
        return f"asking {ref.conn} for its history"
    late = "" if known.failure is None else f", not told anew: {known.failure.message}"
    if known.history is None:
        reason = "" if known.failure is None else f": {known.failure.message}"
        return f"{ref.conn} did not tell its history{reason}; these are minutes seen by this console"
    if not known.history.metrics:
        return f"{ref.conn} kept nothing of it; these are minutes seen by this console{late}"
    step = known.history.step
    fine = f"samples of {step:.0f} s" if step < 60 else f"means of {_length(step)}"
    return f"history kept by {ref.conn}: {fine}{late}"


def _length(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.0f} h"

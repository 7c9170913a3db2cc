"""The confusion matrix of recorded migrations: what was said of them against what happened to them.

A recording knows no counterfactual. One that was given up by the recorder counts as provable when all its passes began
with clearly more than the pause could carry, from the pass on that came within a tenth of the smallest. Sizes are those
of libvirt's own expected downtime, worked out here without the code under test.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median

from novatui.core.verdict import Call, Judge
from tests.migration.matrix import CHANGED, ENDED, OPEN, PROVABLE, Figures, Scored
from tests.migration.recorded import Replay

ABOVE = 1.5
"""Passes that begin with so many times what the pause can carry are clearly above it."""

NEAR = 1.1


def provable(replay: Replay) -> tuple[int, float] | None:
    """Pass and second from which it was provable that it would not end; None: it was not."""
    if replay.by != "patience" or replay.changed or not replay.readings:
        return None
    sizes: dict[int, list[float]] = defaultdict(list)
    begun: dict[int, float] = {}
    enough = 0.0
    for reading in replay.readings:
        if (reading.iteration or 0) < 2 or not reading.downtime or not reading.memory_rate or reading.throttle:
            continue
        begun.setdefault(reading.iteration, reading.at)
        sizes[reading.iteration].append(reading.downtime * reading.memory_rate)
        enough = max(enough, reading.memory_rate * (reading.downtime_limit or 0.3))
    passes = {number: median(found) for number, found in sizes.items() if len(found) > 2}
    if len(passes) < 3 or min(passes.values()) < enough * ABOVE:
        return None
    first = next(number for number, size in passes.items() if size <= NEAR * min(passes.values()))
    return first, begun[first]


def score(replay: Replay) -> Scored:
    """Judge a recorded migration and hold it against its outcome."""
    judge = Judge()
    verdicts = [(reading, judge.add(reading)) for reading in replay.readings]
    named = [reading for reading, verdict in verdicts if verdict.call is Call.NOT_CONVERGING]
    changed = replay.changed[-1] if replay.changed else None
    since = provable(replay)
    stayed = OPEN if since is None else PROVABLE
    outcome = stayed if replay.ended is None else ENDED if changed is None else CHANGED
    scored = Scored(replay.name, outcome, bool(named))
    scored.calls = Counter(verdict.call for _, verdict in verdicts)
    copying = [verdict.call for reading, verdict in verdicts if reading.iteration and reading.phase == "memory"]
    scored.last = copying[-1] if copying else Call.UNKNOWN
    if since is not None:
        passes, seconds = (named[0].iteration - since[0], named[0].at - since[1]) if named else (99, float("inf"))
        scored.late.append((max(0, passes), max(0.0, seconds)))
    if replay.ended is None:
        return scored
    for reading, verdict in verdicts:
        at = reading.at or 0.0
        if changed is not None and at < changed:
            continue
        scored.wrong += verdict.call is Call.NOT_CONVERGING and (changed is None or at > changed + 10)
        took = replay.ended - at
        if (reading.iteration or 0) > 1 and took > 0:
            scored.tell(verdict, took)
    return scored


def real_figures(replays: Iterable[Replay]) -> Figures:
    """The figures of recorded migrations."""
    return Figures([score(replay) for replay in replays])

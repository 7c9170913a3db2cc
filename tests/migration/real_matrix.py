"""The confusion matrix of recorded migrations: what was said of them against what happened to them.

A recording knows no counterfactual. One that did not end in its time was given up by the recorder: whether it could
have ended later is not known, so being named is right there, and not being named is no error. From its second pass on,
or from the last thing that was done to it, it may be named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from novatui.core.verdict import Call, Judge
from tests.migration.matrix import CHANGED, ENDED, OPEN, Figures, Scored
from tests.migration.recorded import Replay


def score(replay: Replay) -> Scored:
    """Judge a recorded migration and hold it against its outcome."""
    judge = Judge()
    verdicts = [(reading, judge.add(reading)) for reading in replay.readings]
    named = [reading.at for reading, verdict in verdicts if verdict.call is Call.NOT_CONVERGING]
    changed = replay.changed[-1] if replay.changed else None
    outcome = OPEN if replay.ended is None else ENDED if changed is None else CHANGED
    scored = Scored(replay.name, outcome, bool(named))
    scored.calls = Counter(verdict.call for _, verdict in verdicts)
    copying = [verdict.call for reading, verdict in verdicts if reading.iteration and reading.phase == "memory"]
    scored.last = copying[-1] if copying else Call.UNKNOWN
    if replay.ended is None:
        return scored
    for reading, verdict in verdicts:
        at = reading.at or 0.0
        if changed is not None and at < changed:
            continue
        scored.wrong += verdict.call is Call.NOT_CONVERGING and (changed is None or at > changed + 10)
        took = replay.ended - at
        if (reading.iteration or 0) > 1 and verdict.eta is not None and took > 0:
            low, high = verdict.eta
            scored.errors.append(abs((low + high) / 2 - took) / max(took, 1.0))
            scored.within.append(low - 0.2 <= took <= high + 0.2)
    return scored


def real_figures(replays: Iterable[Replay]) -> Figures:
    """The figures of recorded migrations."""
    return Figures([score(replay) for replay in replays])

"""How often the word on a recorded migration changes, as it is said and as single passes would have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from statistics import median

from novatui.core import verdict
from novatui.core.verdict import Call, Judge
from tests.migration.recorded import Replay

WEIGHED = frozenset({Call.CONVERGING, Call.STALLED, Call.NOT_CONVERGING})


@contextmanager
def at_once() -> Iterator[None]:
    """Every word counts in the reading that it comes from."""
    held = verdict.HELD, verdict.HELD_WRONG
    verdict.HELD = verdict.HELD_WRONG = 0.0
    try:
        yield
    finally:
        verdict.HELD, verdict.HELD_WRONG = held


def changes(replay: Replay) -> list[tuple[float, Call]]:
    """Each time that one of the words that passes are weighed for followed another: second and word."""
    judge = Judge()
    said = [(reading.at or 0.0, judge.add(reading).call) for reading in replay.readings]
    return [pair for (_, old), pair in pairwise(said) if old is not pair[1] and {old, pair[1]} <= WEIGHED]


def both(replays: Iterable[Replay]) -> dict[str, tuple[int, int]]:
    """Changes of each recording: as single passes would have it, and as they are said."""
    found: dict[str, tuple[int, int]] = {}
    for one in replays:
        with at_once():
            before = len(changes(one))
        found[one.name] = before, len(changes(one))
    return found


def lines(replays: Iterable[Replay]) -> list[str]:
    """To be printed: the recordings whose word changed most, and all of them."""
    found = both(replays)
    restless = sorted(found.items(), key=lambda item: -item[1][0])[:8]
    shown = [f"{name:44}{before:>8}{after:>8}" for name, (before, after) in restless]
    before, after = ([pair[which] for pair in found.values()] for which in (0, 1))
    total = f"all {len(found)}: in all {sum(before)} and {sum(after)}, most {max(before)} and {max(after)}, "
    total += f"median {median(before):.0f} and {median(after):.0f}"
    return [f"{'changes of the word':44}{'at once':>8}{'said':>8}", *shown, total]

"""Holds verdicts against what happened: confusion matrix, time to the word, error of the time that was told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from novatui.core.verdict import Call, Judge, Verdict
from tests.migration.precopy import Moment, Run

ITERATIONS, SECONDS = 3, 10.0
"""Within so many passes or seconds of being provable the word has to be there, and gone when it holds no more."""

ENDED, CHANGED, PROVABLE, OPEN = "ended", "ended, after a change", "did not end, provable", "did not end, open"
"""What happened. A change: of load, link, pause or guest, after which it could end. Open: it might have, some time."""

OUTCOMES = (ENDED, CHANGED, PROVABLE, OPEN)


@dataclass
class Scored:
    """One migration and what was said of it."""

    name: str
    outcome: str
    said: bool
    """`NOT CONVERGING` was said at some time."""
    wrong: int = 0
    """Readings with that word at moments at which it would have ended, as things were, or had just changed."""
    last: Call = Call.UNKNOWN
    """The last word before the end."""
    late: list[tuple[int, float]] = field(default_factory=list)
    """Passes and seconds from when it became provable to the word, each time; seconds are infinite if it never came."""
    errors: list[float] = field(default_factory=list)
    """Error of every time that was told after the first pass, as a share of the time that it still took."""
    within: list[bool] = field(default_factory=list)
    """It was within the range told."""
    bounds: list[bool] = field(default_factory=list)
    """Where only the least time (`≥`) was told after the first pass: it took as long."""
    calls: Counter[Call] = field(default_factory=Counter)

    def tell(self, verdict: Verdict, took: float) -> None:
        """Hold a time that was told after the first pass against the seconds that it still took."""
        if verdict.eta is not None:
            low, high = verdict.eta
            self.errors.append(abs((low + high) / 2 - took) / max(took, 1.0))
            self.within.append(low - 0.2 <= took <= high + 0.2)
        elif verdict.part is not None:
            self.bounds.append(took >= verdict.part - 0.2)


def score(run: Run) -> Scored:
    """Judge a simulated run and hold it against what is known of it."""
    judge = Judge()
    verdicts = [judge.add(reading) for reading in run.readings]
    moments = run.moments
    provable = any(moment.provable for moment in moments[-20:])
    changed = any(moment.never for moment in moments)
    outcome = (PROVABLE if provable else OPEN) if run.ended is None else CHANGED if changed else ENDED
    scored = Scored(run.scenario.name, outcome, any(one.call is Call.NOT_CONVERGING for one in verdicts))
    scored.last = verdicts[-1].call
    scored.calls = Counter(one.call for one in verdicts)
    _wrong(scored, verdicts, moments)
    _late(scored, verdicts, moments)
    if run.ended is not None:
        stable = next((index for index in range(len(moments) - 1, -1, -1) if moments[index].never), -1) + 1
        _errors(scored, verdicts[stable:], moments[stable:], run.ended)
    return scored


def _wrong(scored: Scored, verdicts: Sequence[Verdict], moments: Sequence[Moment]) -> None:
    held: Moment | None = None
    for verdict, moment in zip(verdicts, moments, strict=True):
        if moment.never:
            held = moment
        elif verdict.call is Call.NOT_CONVERGING and not (held and in_time(held, moment)):
            scored.wrong += 1


def in_time(since: Moment, moment: Moment) -> bool:
    """So few passes or seconds lie between these two."""
    return moment.iteration - since.iteration <= ITERATIONS or moment.at - since.at <= SECONDS


def _late(scored: Scored, verdicts: Sequence[Verdict], moments: Sequence[Moment]) -> None:
    begun: Moment | None = None
    named = False
    for verdict, moment in zip(verdicts, moments, strict=True):
        if not moment.never:
            begun, named = None, False
            continue
        if begun is None and moment.provable:
            begun = moment
        if begun is None:
            named = named or verdict.call is Call.NOT_CONVERGING
            continue
        if named:
            continue
        if verdict.call is Call.NOT_CONVERGING:
            named = True
            scored.late.append((moment.iteration - begun.iteration, moment.at - begun.at))
    if begun is not None and not named and not in_time(begun, moments[-1]):
        scored.late.append((moments[-1].iteration - begun.iteration, float("inf")))


def _errors(scored: Scored, verdicts: Sequence[Verdict], moments: Sequence[Moment], ended: float) -> None:
    for verdict, moment in zip(verdicts, moments, strict=True):
        if moment.iteration > 1:
            scored.tell(verdict, ended - moment.at)


@dataclass
class Figures:
    """The figures of many migrations."""

    scored: list[Scored]

    @property
    def false(self) -> list[Scored]:
        """Named though it ended, and nothing had changed."""
        return [one for one in self.scored if one.outcome == ENDED and one.said]

    @property
    def wrong(self) -> list[Scored]:
        """Named at a moment at which it would have ended."""
        return [one for one in self.scored if one.wrong]

    @property
    def false_share(self) -> float:
        """Of those that ended by themselves, as things were."""
        ended = sum(one.outcome == ENDED for one in self.scored)
        return len(self.false) / ended if ended else 0.0

    @property
    def missed(self) -> list[Scored]:
        """Provable to the end, never named."""
        return [one for one in self.scored if one.outcome == PROVABLE and not one.said]

    @property
    def delays(self) -> list[tuple[int, float]]:
        """Each time that it became provable and was named, or should have been."""
        return [delay for one in self.scored for delay in one.late]

    @property
    def late(self) -> list[tuple[int, float]]:
        """Those that came too late."""
        return [(passes, seconds) for passes, seconds in self.delays if passes > ITERATIONS and seconds > SECONDS]

    @property
    def error(self) -> float:
        """Median over the migrations of the median error of the time told in each."""
        return median([median(one.errors) for one in self.scored if one.errors] or [0.0])

    @property
    def error_of_readings(self) -> float:
        """Median error over all readings."""
        return median([error for one in self.scored for error in one.errors] or [0.0])

    @property
    def within(self) -> float:
        """Share of the readings whose range held what happened."""
        held = [one for scored in self.scored for one in scored.within]
        return sum(held) / len(held) if held else 0.0

    @property
    def bound(self) -> float:
        """Share of the readings with only a least time that it did take as long."""
        held = [one for scored in self.scored for one in scored.bounds]
        return sum(held) / len(held) if held else 0.0

    def lines(self) -> list[str]:
        """The matrix and the figures, to be printed."""
        columns = ("named", "stalled", "converging", "other")
        found = [f"{'what happened':24}{'migrations':>11}" + "".join(f"{column:>12}" for column in columns)]
        for outcome in OUTCOMES:
            row = [one for one in self.scored if one.outcome == outcome]
            cells = Counter(_column(one) for one in row)
            found.append(f"{outcome:24}{len(row):>11}" + "".join(f"{cells[column]:>12}" for column in columns))
        named = [delay for delay in self.delays if delay[1] < float("inf")]
        in_time = len(self.delays) - len(self.late)
        ranges, bounds = (
            sum(map(len, lists)) for lists in zip(*((s.within, s.bounds) for s in self.scored), strict=True)
        )
        found += [
            f"false 'not converging'   {len(self.false)} of those that ended as things were ({self.false_share:.1%}); "
            f"{len(self.wrong)} at a moment at which it would have ended",
            f"provable, never named    {len(self.missed)}",
            f"provable to named        median {median([d[0] for d in named] or [0]):.0f} passes, "
            f"{median([d[1] for d in named] or [0.0]):.1f} s; in time {in_time} of {len(self.delays)}",
            f"error of the time told   median {self.error:.1%} by migration, {self.error_of_readings:.1%} by reading; "
            f"within the range {self.within:.0%} of {ranges}",
            f"only a least time told   in {bounds} readings; it took as long in {self.bound:.0%}",
        ]
        return found


def _column(scored: Scored) -> str:
    if scored.said:
        return "named"
    return {Call.STALLED: "stalled", Call.CONVERGING: "converging"}.get(scored.last, "other")


def figures(runs: Iterable[Run]) -> Figures:
    """The figures of simulated runs."""
    return Figures([score(run) for run in runs])

"""Says of a running migration whether it will end: a word, a sentence with the numbers, and a range of time.

It judges what the guest and the link do now; docs/verdict.md explains the words and the arithmetic to people.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import inf

import msgspec

from novatui.core.forecast import LAST_THROTTLE, PROVEN, Link, after, expected, last_part, level, line_floor
from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.passes import Passes, sane
from novatui.core.tasks import TaskState
from novatui.core.units import lasting, size

ASSUMED_LIMIT = 0.3
"""Seconds of pause that QEMU allows itself when the product does not tell its limit."""

SILENT = 5.0
"""Seconds without a byte sent after which a migration stands still."""

UNMOVED = 30.0
"""Seconds without movement after which a migration that tells only a percentage counts as stalled."""

OLD = 10.0
"""Seconds after which the last reading says nothing of now."""

LIMITED = 0.5
"""A rate of at least this share of the limit of bandwidth is held down by it."""

SHRINKS = 0.9
"""A pass of at most this share of the one before it is headway."""

MARGIN = 1.15
"""The floor must exceed what the pause can carry by this, rates differ from moment to moment."""

PROVEN_IN = 2.0
"""Seconds that the passes of a proof have to span: of short ones it takes more."""


HELD = 3.0
"""Seconds for which another word has to hold before it replaces CONVERGING, STALLED or NOT CONVERGING."""

HELD_WRONG = 1.0
"""Seconds for which CONVERGING has to hold to replace NOT CONVERGING: a proof that has fallen must not stay."""

ADJUSTING = 5.0
"""Seconds after another limit of bandwidth or pause in which every word counts at once."""


class Call(StrEnum):
    """The word for how a migration goes. Its value is what stands on the screen."""

    PREPARING = "PREPARING"
    DISK = "DISK"
    FIRST_PASS = "FIRST PASS"  # noqa: S105
    """Memory is sent for the first time; the product has not measured yet how much the guest writes."""
    CONVERGING = "CONVERGING"
    STALLED = "STALLED"
    """It makes no headway, and it is not proven that it cannot."""
    NOT_CONVERGING = "NOT CONVERGING"
    SWITCHOVER = "SWITCH-OVER"
    POST_COPY = "POST-COPY"
    FINISHING = "FINISHING"
    PERCENT_ONLY = "PERCENT ONLY"
    STALE = "STALE"
    """The last reading is too old to say anything of now."""
    UNKNOWN = "UNKNOWN"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of a migration now. There is no percentage in it, and none can be derived from it."""

    call: Call
    since: float | None = None
    """Epoch seconds of the reading at which the call became this one."""
    reason: str = ""
    """A sentence with the numbers."""
    eta: tuple[float, float] | None = None
    """Seconds, at best and at worst, until the guest runs at the destination; None when nothing can be said."""
    part: float | None = None
    """Seconds until this part ends (storage, first pass over memory), where nothing is known of what follows."""
    floor: int | None = None
    """Bytes of memory that no pass gets below."""
    pause: float | None = None
    """Seconds for which the guest would have to pause so that what is left at the beginning of a pass is sent."""
    limit: float | None = None
    """Seconds that it may pause."""


_WEIGHED = frozenset({Call.CONVERGING, Call.STALLED, Call.NOT_CONVERGING})
"""What passes are weighed for."""

_PHASES = {
    Phase.PREPARING: (Call.PREPARING, "The destination is made ready; nothing is sent yet."),
    Phase.SWITCHOVER: (Call.SWITCHOVER, "The guest stands still while the last of its memory is sent."),
    Phase.FINISHING: (Call.FINISHING, "The guest runs at the destination; the source clears up."),
}
_ENDS = {
    TaskState.DONE: Call.DONE,
    TaskState.FAILED: Call.FAILED,
    TaskState.CANCELLED: Call.CANCELLED,
}


class Judge:
    """Judges one migration while it goes on. Feed it every reading once, oldest first."""

    def __init__(self) -> None:
        self.verdict = Verdict(call=Call.UNKNOWN)
        """The verdict of the last reading."""
        self._passes = Passes()
        self._outlook: _Outlook | None = None
        self._at: float | None = None
        self._percent: tuple[float, float] | None = None
        self._percent_begun: tuple[float, float] | None = None
        self._leaning: tuple[Call, float] | None = None
        """A word that may replace the one that was said, and since when it holds."""
        self._limits: tuple[float | None, float | None] | None = None
        self._adjusted = -inf

    def add(self, reading: MigrationProgress, percent: float | None = None) -> Verdict:
        """The verdict with this reading. `percent` is the product's own, of those that tell nothing else."""
        at = reading.at if reading.at is not None else self._at or 0.0
        if self._at is None or at > self._at:
            self._at = at
        self.verdict = self._since(self._judge(reading, self._at, percent), self._at)
        return self.verdict

    def end(self, state: TaskState, at: float | None = None) -> Verdict:
        """The verdict of one that ended."""
        self.verdict = self._since(Verdict(call=_ENDS.get(state, Call.UNKNOWN)), at or self._at or 0.0)
        return self.verdict

    def now(self, clock: float) -> Verdict:
        """The verdict as seen at a moment: without a reading for a while nothing is known any more."""
        if self._at is None or clock - self._at <= OLD or self.verdict.call in _ENDS.values():
            return self.verdict
        reason = f"The last reading is {lasting(clock - self._at)} old."
        return Verdict(call=Call.STALE, since=self._at, reason=reason, limit=self.verdict.limit)

    def _only_percent(self, at: float, percent: float | None, fidelity: Fidelity) -> Verdict:
        """A percentage moves or it does not; more cannot be said of it."""
        if percent is None:
            call = Call.PERCENT_ONLY if fidelity is Fidelity.PERCENT else Call.UNKNOWN
            return Verdict(call=call, reason="The product tells nothing of how far it is.")
        if self._percent is None or percent != self._percent[1]:
            self._percent = (at, percent)
        if self._percent_begun is None:
            self._percent_begun = (at, percent)
        still = at - self._percent[0]
        if still >= UNMOVED:
            reason = f"It stands at {percent:.0f} % for {lasting(still)}; the product tells only a percentage."
            return Verdict(call=Call.STALLED, reason=reason)
        begun, first = self._percent_begun
        reason = "The product tells only a percentage."
        if percent - first < 5 or at - begun < 5:
            return Verdict(call=Call.PERCENT_ONLY, reason=reason)
        expected = (self._percent[0] - begun) / (percent - first) * (100 - percent) - still
        return Verdict(call=Call.PERCENT_ONLY, reason=reason, eta=(max(0.0, expected * 0.7), max(1.0, expected * 1.5)))

    def _since(self, verdict: Verdict, at: float) -> Verdict:
        before = self.verdict
        same = verdict.call is before.call and before.since is not None
        return msgspec.structs.replace(verdict, since=before.since if same else at)

    def _judge(self, reading: MigrationProgress, at: float, percent: float | None) -> Verdict:
        limit = sane(reading.downtime_limit)
        if reading.phase == Phase.PREPARING and self._passes.number is not None:
            return Verdict(call=Call.UNKNOWN, reason="The product tells nothing of it any more.", limit=limit)
        if reading.phase in _PHASES:
            call, reason = _PHASES[Phase(reading.phase)]
            return Verdict(call=call, reason=reason, limit=limit)
        if reading.fidelity in (Fidelity.PERCENT, Fidelity.NONE):
            return self._only_percent(at, percent, reading.fidelity)
        if reading.phase == Phase.DISK:
            return _disk(reading, limit)
        if reading.phase not in (Phase.MEMORY, Phase.POST_COPY):
            return Verdict(call=Call.UNKNOWN, reason="The product does not say what it does.", limit=limit)
        passes = self._passes
        passes.add(reading, at, ASSUMED_LIMIT if limit is None else limit)
        if passes.sending.moved is not None and at - passes.sending.moved >= SILENT:
            reason = f"Nothing was sent for {lasting(at - passes.sending.moved)}."
            return Verdict(call=Call.STALLED, reason=reason, limit=limit)
        if reading.phase == Phase.POST_COPY:
            return _post_copy(passes)
        if passes.left is None:
            return _by_rates(passes, reading)
        rate = passes.sending.rate
        if not rate or rate < 1:
            call = Call.FIRST_PASS if passes.number == 1 else Call.UNKNOWN
            return Verdict(call=call, reason=f"{size(passes.left)} left; the rate is not known yet.", limit=limit)
        return self._memory(reading, passes.left, rate)

    def _memory(self, reading: MigrationProgress, left: int, rate: float) -> Verdict:
        passes, limit = self._passes, sane(reading.downtime_limit)
        link = _link(reading, rate, (passes.sending.told or rate) * (ASSUMED_LIMIT if limit is None else limit))
        if reading.guest_paused:
            reason = f"The guest is paused and writes nothing: {size(left)} left at {size(rate)}/s."
            return Verdict(call=Call.CONVERGING, reason=reason, eta=last_part(left, link), limit=limit)
        if passes.number is not None and passes.number < 2:
            reason = (
                f"First pass over memory: {size(left)} left at {size(rate)}/s; what the guest writes shows after it."
            )
            return Verdict(call=Call.FIRST_PASS, reason=reason, part=left / rate, limit=limit)
        begun = passes.current.size if passes.current is not None else float(left)
        if begun <= link.enough:
            reason = f"What is left, {size(left)}, fits into the pause that is allowed, {_allowed(limit)}."
            return Verdict(
                call=Call.CONVERGING, reason=reason, eta=last_part(left, link), pause=begun / rate, limit=limit
            )
        if not passes.samples and not passes.dirty:
            reason = f"{size(left)} left at {size(rate)}/s; what the guest writes is not measured yet."
            return Verdict(call=Call.UNKNOWN, reason=reason, pause=begun / rate, limit=limit)
        return self._steady(_weigh(self._look(begun, link), begun, left, link, limit), reading)

    def _steady(self, fresh: Verdict, reading: MigrationProgress) -> Verdict:
        """The word that was said, until another one has held for a while: figures of single passes scatter."""
        said, at, limits = self.verdict.call, self._at or 0.0, (reading.bandwidth_limit, reading.downtime_limit)
        if limits != self._limits:
            self._adjusted = -inf if self._limits is None else at
            self._limits = limits
        if said not in _WEIGHED or fresh.call in (said, Call.NOT_CONVERGING) or at - self._adjusted < ADJUSTING:
            self._leaning = None
            return fresh
        if self._leaning is None or self._leaning[0] is not fresh.call:
            self._leaning = (fresh.call, at)
        fell = said is Call.NOT_CONVERGING and fresh.call is Call.CONVERGING
        if at - self._leaning[1] >= (HELD_WRONG if fell else HELD):
            return fresh
        if said is Call.NOT_CONVERGING:
            return msgspec.structs.replace(self.verdict, limit=fresh.limit)
        return msgspec.structs.replace(fresh, call=said)

    def _look(self, begun: float, link: Link) -> _Outlook:
        """What the passes say; worked out again when there are others, or the link has changed."""
        known, version = self._outlook, self._passes.version
        if known is None or known.version != version or not known.link.close_to(link):
            known = self._outlook = _outlook(self._passes, begun, link)
        return known


def _link(reading: MigrationProgress, rate: float, enough: float) -> Link:
    throttle = min(LAST_THROTTLE, sane(reading.throttle) or 0)
    slows = throttle < LAST_THROTTLE and (throttle > 0 or "auto-converge" in (reading.armed or ()))
    limited = rate >= (sane(reading.bandwidth_limit) or inf) * LIMITED
    return Link(rate, enough, throttle, slows, limited)


def judge(
    trace: Sequence[MigrationProgress], percents: Sequence[float | None] = (), end: TaskState | None = None
) -> Verdict:
    """The verdict after all these readings, oldest first; `end` when it is over."""
    judging = Judge()
    for index, reading in enumerate(trace):
        judging.add(reading, percents[index] if index < len(percents) else None)
    return judging.verdict if end is None else judging.end(end)


class _Outlook(msgspec.Struct, frozen=True):
    version: int
    link: Link
    flat: bool
    """The passes do not get smaller."""
    floor: float
    """Bytes below which no pass begins, as far as proven; 0: nothing is."""
    share: float
    """What a pass has to send, as a share of what the one before it had."""
    after: tuple[float, float | None] | None
    """Seconds of sending after this pass, at best and at worst; no worst: it may not end."""
    measured: bool
    """At least one pass was followed to its end."""


def _outlook(passes: Passes, begun: float, link: Link) -> _Outlook:
    settled, samples = passes.settled, passes.samples
    count, floor = level([one.size for one in settled], link.enough)
    if not count and not link.throttle and len(settled) >= PROVEN:
        floor = line_floor(samples, link)
    proven = (
        not link.slows
        and floor > link.enough * MARGIN
        and settled[-1].begun - settled[-(count or PROVEN)].begun >= PROVEN_IN
    )
    share = (samples[-1].speed if samples else passes.dirty or 0.0) / link.rate * (1 - link.throttle / 100)
    if link.slows and passes.share is not None:
        share = passes.share
    return _Outlook(
        version=passes.version,
        link=link,
        flat=count > 0,
        floor=floor if proven else 0.0,
        share=share,
        after=None if proven else after(begun, samples, link),
        measured=bool(samples),
    )


def _weigh(seen: _Outlook, begun: float, left: int, link: Link, limit: float | None) -> Verdict:
    rate, best, worst = link.rate, None, None
    if seen.after is not None:
        best, worst = expected(left, seen.after, link)
    if seen.floor:
        reason = (
            f"No pass begins with less than {size(seen.floor)}; at {size(rate)}/s that is "
            f"a pause of {lasting(seen.floor / rate)}, allowed are {_allowed(limit)}."
        )
        floor = int(seen.floor)
        return Verdict(call=Call.NOT_CONVERGING, reason=reason, floor=floor, pause=seen.floor / rate, limit=limit)
    call, part = Call.STALLED, None
    told = None if best is None or worst is None else (best, worst)
    if seen.share <= SHRINKS and (link.slows or not seen.flat) and (best is not None or not seen.measured):
        call = Call.CONVERGING
    if call is Call.CONVERGING and not seen.measured:
        reason = f"{size(begun)} were written during the first pass; this one shows how much the guest writes again."
        part = left / rate
    elif call is Call.CONVERGING:
        reason = f"Every pass leaves {_share(seen.share)} of the one before; {size(begun)} were left after the last."
        part = best if told is None else None
    elif link.throttle and link.slows:
        reason = f"Auto-converge slows the guest by {link.throttle} % and goes on to {LAST_THROTTLE} % if need be."
        told, part = None, best
    else:
        told = None
        reason = f"{size(begun)} were left at the beginning of this pass, {_share(seen.share)} of the one before."
        if link.slows:
            reason += " Auto-converge has not begun to slow the guest."
    return Verdict(call=call, reason=reason, eta=told, part=part, pause=begun / rate, limit=limit)


def _allowed(limit: float | None) -> str:
    return f"{lasting(ASSUMED_LIMIT)} (not told, as QEMU has it)" if limit is None else lasting(limit)


def _share(share: float) -> str:
    """Never with a percent sign: what it counts is no progress."""
    return f"{share:.2f} times that"


def _range(expected: float) -> tuple[float, float]:
    return expected * 0.9, expected * 1.1 + 0.2


def _disk(reading: MigrationProgress, limit: float | None) -> Verdict:
    left = sane(reading.disk_left if reading.disk_left is not None else reading.left)
    rate = sane(reading.disk_rate if reading.disk_rate is not None else reading.rate)
    if left is None or not rate:
        return Verdict(call=Call.DISK, reason="Storage is copied; memory follows.", limit=limit)
    reason = f"Storage is copied: {size(left)} left at {size(rate)}/s; memory follows."
    return Verdict(call=Call.DISK, reason=reason, part=left / rate, limit=limit)


def _post_copy(passes: Passes) -> Verdict:
    if passes.left is None or not passes.sending.rate:
        return Verdict(call=Call.POST_COPY, reason="The guest runs at the destination and fetches the rest.")
    reason = f"The guest runs at the destination; {size(passes.left)} to fetch at {size(passes.sending.rate)}/s."
    return Verdict(call=Call.POST_COPY, reason=reason, eta=_range(passes.left / passes.sending.rate))


def _by_rates(passes: Passes, reading: MigrationProgress) -> Verdict:
    """Where the product does not tell what is left there is only the guest's rate of writing against the link's."""
    limit, sent, whole = sane(reading.downtime_limit), sane(reading.sent), sane(passes.total)
    if not passes.sending.rate:
        return Verdict(call=Call.UNKNOWN, reason="The product tells neither what is left nor a rate.", limit=limit)
    if dirty := sane(reading.dirty_rate):
        reason = f"The guest writes {size(dirty)}/s, the link carries {size(passes.sending.rate)}/s."
        call = Call.STALLED if dirty > passes.sending.rate * SHRINKS else Call.CONVERGING
        return Verdict(call=call, reason=reason, limit=limit)
    if sent is not None and whole is not None and sent < whole:
        reason = f"First pass over memory: {size(sent)} sent at {size(passes.sending.rate)}/s."
        return Verdict(call=Call.FIRST_PASS, reason=reason, part=(whole - sent) / passes.sending.rate, limit=limit)
    reason = f"{size(sent)} sent at {size(passes.sending.rate)}/s; what is left is not told."
    return Verdict(call=Call.UNKNOWN, reason=reason, limit=limit)

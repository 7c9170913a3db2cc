"""How a migration goes, told as the family tells it: in full, as a log, or with a percentage."""

from __future__ import annotations

import msgspec

from novatui.backends.demo.precopy import FINISHING, LIMIT, PREPARING, Journey, State, state_at
from novatui.backends.demo.shapes import MIB
from novatui.core.migration import Fidelity, MigrationProgress, Phase

STALLS, CONVERGES = 1.19, 0.28
"""Rate of change of memory as a part of what the line carries."""


ROUNDING = 2.0
"""Seconds that the steps of `precopy` may add to all rounds together."""


def scheduled(memory: int, takes: float, *, stalls: bool) -> Journey:
    """A migration of a routine, on a line so fast that it ends in its time; or that never ends."""
    copying = max(1.0, takes - PREPARING - FINISHING)
    if stalls:
        line = memory / (copying / 6)
        return Journey(memory=memory, dirty=line * STALLS, hot=memory // 10, line=line)
    line = memory / (max(1.0, copying - ROUNDING) * (1 - CONVERGES))
    return Journey(memory=memory, dirty=line * CONVERGES, hot=memory, line=line)


def progress(
    journey: Journey,
    elapsed: float,
    fidelity: Fidelity,
    route: tuple[str, str],
    at: float,
    armed: tuple[str, ...] | None,
) -> MigrationProgress:
    """Where it stands so many seconds after its begin; what the family does not tell is absent."""
    now = state_at(journey, elapsed)
    source, destination = route
    known = MigrationProgress(
        source=source,
        destination=destination,
        fidelity=fidelity,
        elapsed=elapsed,
        phase=now.phase.value,
        at=at,
        armed=armed if fidelity is Fidelity.FULL else None,
    )
    if fidelity not in (Fidelity.FULL, Fidelity.LOG) or now.phase is Phase.PREPARING:
        return known
    known = msgspec.structs.replace(
        known, sent=now.sent + now.disk_sent, rate=now.rate, dirty_rate=now.dirty_rate, total=_total(journey, now)
    )
    return _in_full(journey, now, known) if fidelity is Fidelity.FULL else known


def percent(takes: float, elapsed: float, *, stalls: bool) -> float:
    """A percentage as products give it that tell nothing else."""
    if stalls:
        return min(89.0, 100 * elapsed / (takes * 0.3))
    return round(min(99.0, max(0.0, 100 * (elapsed - PREPARING) / max(1.0, takes - PREPARING))))


def log_line(journey: Journey, elapsed: float) -> str:
    """The line that a log-telling product would have written last."""
    now = state_at(journey, elapsed)
    if now.phase is Phase.PREPARING:
        return "starting migration of guest"
    stuck = now.iteration > 2 and (now.dirty_rate or 0) > now.rate
    if stuck and elapsed % 20 < 5:
        return f"auto-increased downtime to continue migration: {100 * 2 ** int(min(6, elapsed // 60))} ms"
    whole = f"{now.sent / MIB:.1f} MiB of {journey.memory / MIB:.1f} MiB VM-state"
    line = f"migration active, transferred {whole}, {now.rate / MIB:.1f} MiB/s"
    return line + (f", VM dirties lots of memory: {(now.dirty_rate or 0) / MIB:.1f} MiB/s" if stuck else "")


def _total(journey: Journey, now: State) -> int:
    """As libvirt counts: memory joins the sum when storage is done."""
    return journey.disk + (journey.memory if now.iteration or not journey.disk else 0)


def _in_full(journey: Journey, now: State, known: MigrationProgress) -> MigrationProgress:
    moving = now.iteration > 0
    expected = now.began_with / now.rate if now.rate and now.iteration > 1 else LIMIT  # as QEMU reckons
    return msgspec.structs.replace(
        known,
        left=now.disk_left + (now.left if moving else 0),
        iteration=now.iteration or None,
        throttle=now.throttle,
        downtime=now.pause if now.pause is not None else expected,
        memory_total=journey.memory if moving else None,
        memory_sent=now.sent if moving else None,
        memory_left=now.left if moving else None,
        memory_rate=now.rate if moving else None,
        disk_total=journey.disk or None,
        disk_sent=now.disk_sent if journey.disk else None,
        disk_left=now.disk_left if journey.disk else None,
        disk_rate=(now.rate if not moving else 0.0) if journey.disk else None,
        setup=PREPARING,
        downtime_limit=now.limit,
        bandwidth_limit=now.rate if now.rate < journey.line else None,
        guest_paused=now.paused or now.phase in (Phase.SWITCHOVER, Phase.FINISHING),
    )

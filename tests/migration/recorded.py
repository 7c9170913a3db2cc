"""Replays recorded migrations of real hosts as the readings that the console would have got."""

from __future__ import annotations

from dataclasses import dataclass, field

from novatui.backends.libvirt import movefigures
from novatui.core.migration import MigrationProgress
from tests.lab.libvirt.recordings import Recording, all_recordings

MIB = 1 << 20

FIXED = "2026-11-23T12:58:49+00:00"
"""When the thresholds of the verdict were fixed: what was recorded later was not in view."""

FORECAST_FIXED = "2026-11-23T17:05:00+00:00"
"""When the forecast stood as it is now: whoever made it had not seen what was recorded later still."""

RUNS, STANDS = (1, 1), (3, 1)
"""States of the guest at its source, as libvirt gives them."""

RESUMED_THERE, SUSPENDED_HERE = [4, 1], [3, 1]
"""Lifecycle events, each with its detail."""


@dataclass
class Replay:
    """One recorded migration, read as the driver reads it."""

    name: str
    readings: list[MigrationProgress] = field(default_factory=list)
    ended: float | None = None
    """Second at which the guest ran at the destination; None: it did not end by itself."""
    end: str = ""
    by: str | None = None
    changed: list[float] = field(default_factory=list)
    """Seconds at which somebody did something to it: other limits, another load, a pause."""
    iterations: list[float] = field(default_factory=list)
    """Seconds at which passes began."""
    recorded: str = ""


def replay(recording: Recording) -> Replay:
    """The readings, with the limits that held and the state of the guest."""
    found = Replay(recording.name, end=recording.outcome["end"], by=recording.outcome["by"])
    found.recorded = recording.header["recorded"]
    limits = recording.header["limits"]
    state, by_hand = RUNS, False
    happened = sorted((*recording.events, *recording.actions), key=lambda line: line["t"])
    for sample in recording.samples:
        while happened and happened[0]["t"] <= sample.t:
            line = happened.pop(0)
            if "action" in line:
                limits = line.get("limits") or limits
                by_hand = by_hand or line["action"] == "suspend"
                state = STANDS if line["action"] == "suspend" else RUNS if line["action"] == "resume" else state
            elif line["event"] == "lifecycle" and line["host"] == "source" and line["value"] == SUSPENDED_HERE:
                state = STANDS
        if sample.refused is not None or not sample.stats.get("operation"):
            continue
        known = MigrationProgress(
            source="source",
            downtime_limit=limits["downtime_ms"] / 1000 if limits["downtime_ms"] is not None else None,
            bandwidth_limit=_bandwidth(limits["bandwidth_mib_s"]),
            armed=tuple(recording.header["flags"]),
        )
        found.readings.append(movefigures.leaving(sample.stats, state, at=sample.t, known=known, by_hand=by_hand))
    _outcome(found, recording)
    return found


def _bandwidth(mib: int | None) -> float | None:
    return float(mib * MIB) if mib and mib < 1 << 40 else None


def _outcome(found: Replay, recording: Recording) -> None:
    for line in recording.events:
        if line["event"] == "iteration":
            found.iterations.append(line["t"])
        elif line["event"] == "lifecycle" and line["host"] == "target" and line["value"] == RESUMED_THERE:
            found.ended = line["t"]
    if found.end == "done" and found.ended is None:
        found.ended = recording.outcome["t"]
    if found.end != "done":
        found.ended = None
    found.changed = [line["t"] for line in recording.actions if line["action"] != "abort" and not line.get("refused")]


def replays() -> list[Replay]:
    """All recordings, replayed."""
    return [replay(recording) for recording in all_recordings()]

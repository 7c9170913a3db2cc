"""What is known of a running migration. Fidelity is shown, never invented: an absent figure is None."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Fidelity(StrEnum):
    """How much the product tells of a migration."""

    FULL = "full"
    LOG = "log"
    PERCENT = "percent"
    NONE = "none"


class MigrationProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a migration. Sizes in bytes, rates in bytes per second, times in seconds."""

    source: str = ""
    """Name of the host it leaves."""
    destination: str = ""
    phase: str = ""
    """preparing, disk, memory, post-copy, switch-over, finishing."""
    fidelity: Fidelity = Fidelity.NONE
    total: int | None = None
    sent: int | None = None
    left: int | None = None
    rate: float | None = None
    dirty_rate: float | None = None
    iteration: int | None = None
    throttle: int | None = None
    """Percent by which auto-converge slows the vCPUs."""
    downtime: float | None = None
    """Expected or measured pause, seconds."""
    elapsed: float | None = None

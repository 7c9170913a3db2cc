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


class Phase(StrEnum):
    """Where a migration stands; whether it succeeded is the state of its task."""

    PREPARING = "preparing"
    """The destination is asked and made ready; nothing is copied yet."""
    DISK = "disk"
    MEMORY = "memory"
    SWITCHOVER = "switch-over"
    """The guest stands still; the last of it is sent."""
    POST_COPY = "post-copy"
    """The guest runs at the destination and fetches the rest of its memory from the source."""
    FINISHING = "finishing"
    """It runs at the destination; the source clears up."""


class MigrationProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a migration. Sizes in bytes, rates in bytes per second, times in seconds."""

    source: str = ""
    """Name of the host it leaves."""
    destination: str = ""
    phase: str = ""
    """One of `Phase`; empty when the product does not tell."""
    fidelity: Fidelity = Fidelity.NONE
    at: float | None = None
    """Epoch seconds of the reading, by the clock of the worker."""
    total: int | None = None
    """Disk and memory together. It grows when memory follows storage."""
    sent: int | None = None
    """Everything sent, pages that went again included: it may exceed `total` and is no progress."""
    left: int | None = None
    rate: float | None = None
    dirty_rate: float | None = None
    """How fast the guest changes memory."""
    iteration: int | None = None
    """Number of the pass over memory."""
    throttle: int | None = None
    """Percent by which auto-converge slows the vCPUs."""
    downtime: float | None = None
    """Expected pause while it runs; measured pause in the last reading of one that is done."""
    elapsed: float | None = None
    memory_total: int | None = None
    memory_sent: int | None = None
    memory_left: int | None = None
    memory_rate: float | None = None
    disk_total: int | None = None
    disk_sent: int | None = None
    disk_left: int | None = None
    disk_rate: float | None = None
    setup: float | None = None
    """Time it took to make the destination ready."""
    post_copy_requests: int | None = None
    """Pages that the guest had to wait for after the switch."""
    compression: float | None = None
    """Bytes sent compressed as a share (0 to 1) of what they were; None without compression."""
    downtime_limit: float | None = None
    """Pause that the product is allowed to make."""
    bandwidth_limit: float | None = None
    """Rate that it is allowed; None: unknown or no limit."""
    armed: tuple[str, ...] | None = None
    """What it was started with: auto-converge, post-copy, compression, parallel, tunnelled, storage, peer-to-peer.
    None: somebody else started it and the product does not tell."""
    guest_paused: bool | None = None
    """The guest stands still at the source, because somebody paused it or for the switch."""
    requested: str = ""
    """What was asked of it and has not happened yet: `post-copy`."""

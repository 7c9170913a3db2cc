"""Domain states and reasons: libvirt's numbers, the words that virsh prints for them, and what they mean to us.

Numbers are virDomainState and its reasons (libvirt-domain.h); words are those of `virsh domstate --reason`.
"""

from __future__ import annotations

from novatui.core.inventory import Value
from novatui.core.states import Health, Power

RUNNING, BLOCKED, PAUSED, SHUTDOWN, SHUTOFF, CRASHED, PMSUSPENDED = range(1, 8)
PAUSED_MIGRATION, PAUSED_IO_ERROR, PAUSED_CRASHED, PAUSED_STARTING = 2, 5, 10, 11
PAUSED_POST_COPY, PAUSED_POST_COPY_FAILED = 12, 13
SHUTOFF_CRASHED, SHUTOFF_MIGRATED, SHUTOFF_SAVED = 3, 4, 5
RUNNING_POST_COPY, RUNNING_POST_COPY_FAILED = 10, 11

COMING = (PAUSED, PAUSED_MIGRATION)
"""State and reason of a machine that comes by a migration, or from its saved state."""

JOB_REASONS = frozenset(
    {(PAUSED, reason) for reason in (2, 3, 4, 9, PAUSED_POST_COPY, PAUSED_POST_COPY_FAILED)}
    | {(RUNNING, RUNNING_POST_COPY), (RUNNING, RUNNING_POST_COPY_FAILED)}
)
"""States that tell of a job under way: migration, save, dump, snapshot, post-copy."""

_WORDS = {
    0: "no state",
    RUNNING: "running",
    BLOCKED: "idle",
    PAUSED: "paused",
    SHUTDOWN: "in shutdown",
    SHUTOFF: "shut off",
    CRASHED: "crashed",
    PMSUSPENDED: "pmsuspended",
}

_REASONS: dict[int, tuple[str, ...]] = {
    RUNNING: (
        "",
        "booted",
        "migrated",
        "restored",
        "from snapshot",
        "unpaused",
        "migration canceled",
        "save canceled",
        "event wakeup",
        "crashed",
        "post-copy",
        "post-copy failed",
    ),
    PAUSED: (
        "",
        "user",
        "migrating",
        "saving",
        "dumping",
        "I/O error",
        "watchdog",
        "from snapshot",
        "shutting down",
        "creating snapshot",
        "crashed",
        "starting up",
        "post-copy",
        "post-copy failed",
        "api error",
    ),
    SHUTDOWN: ("", "user"),
    SHUTOFF: ("", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot", "daemon"),
    CRASHED: ("", "panicked"),
}

_POWER = {
    RUNNING: Power.RUNNING,
    BLOCKED: Power.RUNNING,
    PAUSED: Power.PAUSED,
    SHUTDOWN: Power.STOPPING,
    SHUTOFF: Power.OFF,
    CRASHED: Power.CRASHED,
    PMSUSPENDED: Power.SUSPENDED,
}

_POWER_BY_REASON = {
    COMING: Power.MIGRATING,
    (PAUSED, PAUSED_POST_COPY): Power.MIGRATING,
    (PAUSED, PAUSED_CRASHED): Power.CRASHED,
    (PAUSED, PAUSED_STARTING): Power.STARTING,
    (SHUTOFF, SHUTOFF_SAVED): Power.SUSPENDED,
}

_CRITICAL = {
    (PAUSED, PAUSED_IO_ERROR),
    (PAUSED, PAUSED_CRASHED),
    (PAUSED, PAUSED_POST_COPY_FAILED),
    (RUNNING, RUNNING_POST_COPY_FAILED),
    (SHUTOFF, SHUTOFF_CRASHED),
}


def is_active(state: int | None) -> bool | None:
    """Whether a domain in this state exists on its hypervisor: everything but off. None when the state is not known."""
    return None if state is None or state not in _POWER else state not in {SHUTOFF, CRASHED}


def native_state(state: int, reason: int | None) -> str:
    """`running (booted)`, as `virsh domstate --reason` says it."""
    word = _WORDS.get(state, f"state {state}")
    if not reason:
        return word
    reasons = _REASONS.get(state, ())
    return f"{word} ({reasons[reason] if 0 < reason < len(reasons) else f'reason {reason}'})"


def power(state: int, reason: int | None, *, saved: bool | None = None, jobless: bool = False) -> Power:
    """Power state by its effect; `saved`: an off domain has a managed save image that its next start resumes.

    `jobless`: libvirt says that no job is under way. A machine that was saved while it was paused comes back paused,
    and libvirt 9 goes on to give a migration as the reason.
    """
    if state == SHUTOFF and saved:
        return Power.SUSPENDED
    if jobless and (state, reason) == COMING:
        return Power.PAUSED
    return _POWER_BY_REASON.get((state, reason or 0), _POWER.get(state, Power.UNKNOWN))


def columns(
    state: int | None, reason: int | None, *, saved: bool | None = None, jobless: bool = False
) -> dict[str, Value]:
    """State columns of a row; a state that was not told is unknown. libvirt tells of bad health only, never of good."""
    if state is None:
        return {"power": None, "native_state": None, "health": None}
    text = native_state(state, reason)
    if state == SHUTOFF and saved and reason != SHUTOFF_SAVED:
        text += ", saved"
    critical = state == CRASHED or (state, reason) in _CRITICAL
    return {
        "power": power(state, reason, saved=saved, jobless=jobless).value,
        "native_state": text,
        "health": Health.CRITICAL.value if critical else None,
    }

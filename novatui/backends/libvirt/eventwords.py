"""libvirt's events in words: numbers of libvirt-domain.h and its relatives as types, texts and severities. Pure."""

from __future__ import annotations

from novatui.core.events import Severity

LIFECYCLE: dict[int, tuple[str, tuple[str, ...]]] = {
    0: ("defined", ("added", "updated", "renamed", "from snapshot")),
    1: ("undefined", ("removed", "renamed")),
    2: ("started", ("booted", "migrated", "restored", "from snapshot", "wakeup", "recovered")),
    3: (
        "suspended",
        (
            "paused",
            "migrated",
            "I/O error",
            "watchdog",
            "restored",
            "from snapshot",
            "API error",
            "post-copy",
            "post-copy failed",
        ),
    ),
    4: ("resumed", ("unpaused", "migrated", "from snapshot", "post-copy", "post-copy failed")),
    5: ("stopped", ("shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot", "recreated")),
    6: ("shutdown", ("finished", "by guest", "by host")),
    7: ("pmsuspended", ("memory", "disk")),
    8: ("crashed", ("panicked", "crashloaded")),
}
"""virDomainEventType, and the details of each."""

DEFINED, UNDEFINED, STARTED, SUSPENDED, RESUMED, STOPPED = range(6)

_BAD = {(3, 2): Severity.ERROR, (3, 3): Severity.WARNING, (3, 6): Severity.ERROR, (3, 8): Severity.ERROR} | {
    (4, 4): Severity.ERROR,
    (5, 2): Severity.ERROR,
    (5, 5): Severity.ERROR,
    (8, 0): Severity.ERROR,
    (8, 1): Severity.ERROR,
}
"""Lifecycle events that wake people up: I/O error, watchdog, crash, failure."""

NETWORK = ("defined", "undefined", "started", "stopped", "updated")
POOL = ("defined", "undefined", "started", "stopped", "created", "deleted")
DEVICE = ("created", "deleted", "defined", "undefined")

BLOCK_JOBS = ("unknown", "pull", "copy", "commit", "active commit", "backup")
BLOCK_JOB_STATUS = ("completed", "failed", "canceled", "ready")
WATCHDOG = ("none", "pause", "reset", "power off", "shutdown", "debug", "inject NMI")
IO_ERROR_ACTIONS = ("none", "pause", "report")
AGENT = {1: "connected", 2: "disconnected"}
METADATA = ("description", "title", "element")


def lifecycle(event: int, detail: int) -> tuple[str, str, Severity]:
    """Native type, text and severity of a domain's lifecycle event."""
    if event not in LIFECYCLE:
        return f"lifecycle.{event}", f"lifecycle event {event} ({detail})", Severity.INFO
    name, details = LIFECYCLE[event]
    reason = word(details, detail, "reason")
    return f"lifecycle.{name}", f"{name} ({reason})", _BAD.get((event, detail), Severity.INFO)


def word(words: tuple[str, ...], number: int, kind: str) -> str:
    """The word of a number; a number that is newer than the table is shown as it is."""
    return words[number] if 0 <= number < len(words) else f"{kind} {number}"

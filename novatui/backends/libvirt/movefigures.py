"""The figures of a migration: virDomainGetJobStats, its limits and the machine's state as what the console shows. Pure.

`data_*` is memory and disks together; `data_processed` counts pages that were sent again, so it is never progress.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from novatui.backends.libvirt import states
from novatui.backends.libvirt.jobs import MIGRATION_OUT, elapsed, operation, seconds
from novatui.backends.libvirt.stats import number
from novatui.core.migration import Fidelity, MigrationProgress, Phase

Figures = Mapping[str, Any]
State = tuple[int, int]
"""virDomainState and its reason."""

_STANDS = frozenset({states.COMING, (states.PAUSED, 1)})
"""Paused for the switch or by somebody: libvirt gives both the reason `migrating` while the machine moves."""

_HERE_NO_MORE = frozenset({(states.PAUSED, states.PAUSED_POST_COPY), (states.PAUSED, states.PAUSED_POST_COPY_FAILED)})


def leaving(
    figures: Figures, state: State, *, at: float, known: MigrationProgress, by_hand: bool = False
) -> MigrationProgress:
    """A reading of a migration away from its host.

    `known` holds what the figures do not tell: the hosts, limits, what it was armed with, what was asked of it.
    `by_hand`: if the guest stands still, somebody paused it.
    """
    reading = MigrationProgress(
        source=known.source,
        destination=known.destination,
        phase=_phase(figures, state, by_hand=by_hand),
        at=at,
        downtime_limit=known.downtime_limit,
        bandwidth_limit=known.bandwidth_limit,
        armed=known.armed,
        guest_paused=state in _STANDS,
        requested=known.requested if state not in _HERE_NO_MORE else "",
    )
    return _with_figures(reading, figures)


def arriving(host: str) -> MigrationProgress:
    """The target of a migration tells no more than that something comes."""
    return MigrationProgress(destination=host)


def finishing(last: MigrationProgress, at: float) -> MigrationProgress:
    """The guest has left; libvirt tells nothing more until the source has cleared up."""
    return msgspec.structs.replace(last, phase=Phase.FINISHING, at=at, guest_paused=False, requested="")


def finished(last: MigrationProgress | None, figures: Figures, source: str, at: float) -> MigrationProgress:
    """The last reading, from the statistics of the completed job: the pause in it was measured."""
    before = last or MigrationProgress(source=source)
    return _with_figures(finishing(before, at), figures)


def speed_flag(state: State) -> int:
    """What libvirt is to be told when it is asked for the limit of the rate: after the switch to post-copy
    (VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY) it is another one."""
    return int(state in _HERE_NO_MORE)


def is_leaving(figures: Figures) -> bool:
    """These are figures of a migration away from this host."""
    return operation(figures) == MIGRATION_OUT


def fits_in_pause(progress: MigrationProgress) -> bool | None:
    """Whether what is left could be sent in twice the pause that is allowed; None when that is not known."""
    if progress.left is None or not progress.rate or progress.downtime_limit is None:
        return None
    return progress.left <= 2 * progress.rate * progress.downtime_limit


def _with_figures(base: MigrationProgress, figures: Figures) -> MigrationProgress:
    told = number(figures, "data_total")
    if not told:  # nothing is sent yet: zeros that stand for nothing
        fidelity = Fidelity.NONE if told is None else Fidelity.FULL
        return msgspec.structs.replace(base, fidelity=fidelity, elapsed=elapsed(figures))
    page = number(figures, "memory_page_size")
    dirty = number(figures, "memory_dirty_rate")
    if not dirty and _first_pass(figures):
        dirty = None
    return msgspec.structs.replace(
        base,
        fidelity=Fidelity.FULL,
        total=told,
        sent=number(figures, "data_processed"),
        left=number(figures, "data_remaining"),
        rate=_rate(figures),
        dirty_rate=float(dirty * page) if dirty is not None and page is not None else None,
        iteration=number(figures, "memory_iteration"),
        throttle=number(figures, "auto_converge_throttle"),
        downtime=seconds(figures, "downtime"),
        elapsed=elapsed(figures),
        memory_total=number(figures, "memory_total"),
        memory_sent=number(figures, "memory_processed"),
        memory_left=number(figures, "memory_remaining"),
        memory_rate=_float(number(figures, "memory_bps")),
        disk_total=number(figures, "disk_total"),
        disk_sent=number(figures, "disk_processed"),
        disk_left=number(figures, "disk_remaining"),
        disk_rate=_float(number(figures, "disk_bps")),
        setup=seconds(figures, "setup_time"),
        post_copy_requests=number(figures, "memory_postcopy_requests"),
        compression=_compression(figures, page),
    )


def _first_pass(figures: Figures) -> bool:
    """QEMU measures how fast memory changes from one pass to the next: a zero in the first one means nothing."""
    return (number(figures, "memory_iteration") or 0) <= 1


def _phase(figures: Figures, state: State, *, by_hand: bool) -> Phase:
    """The target is probed for seconds while all figures are still 0; storage goes before memory."""
    if state in _HERE_NO_MORE:
        return Phase.POST_COPY
    if not number(figures, "data_total"):
        return Phase.PREPARING
    if not number(figures, "memory_total") and number(figures, "disk_total"):
        return Phase.DISK
    return Phase.SWITCHOVER if state in _STANDS and not by_hand else Phase.MEMORY


def _rate(figures: Figures) -> float | None:
    rates = [rate for part in ("memory_bps", "disk_bps") if (rate := number(figures, part)) is not None]
    return float(sum(rates)) if rates else None


def _compression(figures: Figures, page: int | None) -> float | None:
    """Only XBZRLE counts: pages that it made smaller, and the bytes that they became."""
    pages, became = number(figures, "compression_pages"), number(figures, "compression_bytes")
    return became / (pages * page) if pages and page and became is not None else None


def _float(value: int | None) -> float | None:
    return float(value) if value is not None else None

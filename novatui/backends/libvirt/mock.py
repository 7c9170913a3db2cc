"""libvirt's test driver as a machine that is measured: its bulk statistics tell the state only, so the rest is asked.

Only for the test driver, where each call is a look into this process; on a real host such calls would hang with the
guest. What it does not support is absent, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.roster import Known

T = TypeVar("T")


def mock_stats(domain: Any, stats: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """The statistics of one domain, completed under the names of the bulk statistics."""
    return dict(stats) | _processor(domain) | _memory(domain) | _disks(domain, known) | _interfaces(domain, known)


def _processor(domain: Any) -> dict[str, Any]:
    info = _ask(domain.info)
    if not info:
        return {}
    return {"cpu.time": info[4], "vcpu.current": info[3], "balloon.maximum": info[1], "balloon.current": info[2]}


def _memory(domain: Any) -> dict[str, Any]:
    told = _ask(domain.memoryStats) or {}
    names = {"available": "available", "usable": "usable", "unused": "unused", "rss": "rss"}
    return {f"balloon.{ours}": told[theirs] for theirs, ours in names.items() if theirs in told}


def _disks(domain: Any, known: Known) -> dict[str, Any]:
    targets = known.summary.disks if known.summary is not None else ()
    stats: dict[str, Any] = {"block.count": len(targets)}
    for index, target in enumerate(targets):
        stats[f"block.{index}.name"] = target
        counters = _ask(domain.blockStats, target)
        for name, value in zip(("rd.reqs", "rd.bytes", "wr.reqs", "wr.bytes"), counters or (), strict=False):
            stats[f"block.{index}.{name}"] = value
    return stats


def _interfaces(domain: Any, known: Known) -> dict[str, Any]:
    names = known.summary.interfaces if known.summary is not None else ()
    stats: dict[str, Any] = {"net.count": len(names)}
    for index, name in enumerate(names):
        stats[f"net.{index}.name"] = name
        counters = _ask(domain.interfaceStats, name) or ()
        figures = ("rx.bytes", "rx.pkts", "rx.errs", "rx.drop", "tx.bytes", "tx.pkts", "tx.errs", "tx.drop")
        for figure, value in zip(figures, counters, strict=False):
            stats[f"net.{index}.{figure}"] = value
    return stats


def _ask(function: Callable[..., T], *args: object) -> T | None:
    try:
        return function(*args)
    except libvirt.libvirtError:
        return None

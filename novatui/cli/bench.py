"""`--bench`: counters of a run as JSON at its end: connections, rows, calls, bytes, memory of each process, lag."""

from __future__ import annotations

import asyncio
import os
import time
from argparse import Namespace
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

import novatui
from novatui.cli.complaint import complain, narrate
from novatui.engine.fleet import Connection, Fleet
from novatui.engine.supervisor_process import WorkerProcess

TICK = 0.05
"""Seconds between two looks at how late the event loop is."""

HEARTBEAT = 1.5
"""Seconds to wait for a last heartbeat: a worker that has work says one every second."""

_PAGE = os.sysconf("SC_PAGE_SIZE")


class BenchFleet(Fleet):
    """A fleet that counts when it stops, while its workers still live. Without --bench a plain fleet."""

    def __init__(self, *args: Any, options: Namespace, **more: Any) -> None:
        super().__init__(*args, **more)
        self._options = options
        self._results: dict[str, Any] = {}
        self._began = time.monotonic()
        self._lags: list[float] = []
        self._probe: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open every connection, and begin to measure how late the loop is."""
        if self._options.bench:
            self._probe = asyncio.create_task(self._look())
        await super().start()

    async def stop(self) -> None:
        """Take the counters, then end the workers."""
        if self._probe:
            self._probe.cancel()
            self._probe = None
            await self._heartbeats()
            self._results = self._counters()
        await super().stop()

    def write_results(self, **more: Any) -> None:
        """Write what was counted, and `more` beside it, once the screen is free again; nothing without --bench."""
        if self._results:
            _write(self._options.bench, self._results | more)

    async def _look(self) -> None:
        while True:
            due = time.monotonic() + TICK
            await asyncio.sleep(TICK)
            self._lags.append(max(0.0, time.monotonic() - due) * 1000)

    async def _heartbeats(self) -> None:
        """Wait for what each worker says of itself now; one that hangs keeps its last word."""
        asked = time.monotonic()
        while time.monotonic() < asked + HEARTBEAT and any(one.stats_at < asked for one in self.workers):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(TICK)

    def _counters(self) -> dict[str, Any]:
        workers = [_worker(one) for one in self.workers]
        rows = Counter(self.inventory.conn(slot) for slot in self.inventory.slots())
        console = {"role": "console", "pid": os.getpid(), "rss": _rss(os.getpid()), "cpu_s": time.process_time()}
        connections = [_connection(one, rows[one.name]) for one in self.connections.values()]
        return {
            "version": novatui.__version__,
            "verb": self._options.verb,
            "seconds": round(time.monotonic() - self._began, 3),
            "connections": connections,
            "rows": sum(one["rows"] for one in connections),
            "calls": sum(sum(one["calls"].values()) for one in connections),
            "bytes": {name: sum(one[name] for one in workers) for name in ("received", "sent")},
            "processes": [console, *workers],
            "lag_ms": _summary(self._lags),
        }


def _connection(one: Connection, rows: int) -> dict[str, Any]:
    counts = one.stats.counts if one.stats else {}
    calls = {call.partition("/")[2]: n for call, n in counts.items() if call.partition("/")[0] == one.name}
    return {"name": one.name, "state": one.link.value, "rows": rows, "calls": calls}


def _worker(one: WorkerProcess) -> dict[str, Any]:
    """`rss` and `cpu_s` are missing for a worker that never said them and is on another machine."""
    form: dict[str, Any] = {
        "role": "worker",
        "pid": one.greeting.pid if one.greeting else one.pid,
        "connections": sorted(one.conns),
        "received": one.received,
        "sent": one.sent,
    }
    if one.stats:
        form |= {"rss": one.stats.rss, "cpu_s": one.stats.cpu}
    if not one.remote:
        form["rss"] = _rss(one.pid)
    return form


def _rss(pid: int) -> int:
    """Resident memory of a process in bytes; 0 when it is gone."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0


def _summary(values: list[float]) -> dict[str, float]:
    if not values:
        return {"count": 0}
    ordered = sorted(values)
    at = {"p50": 0.5, "p99": 0.99}
    points = {name: ordered[int(share * (len(ordered) - 1))] for name, share in at.items()}
    return {"count": len(ordered)} | {name: round(value, 3) for name, value in (points | {"max": ordered[-1]}).items()}


def _write(file: str, counters: dict[str, Any]) -> None:
    text = msgspec.json.format(msgspec.json.encode(counters)).decode()
    if file == "-":
        for line in text.splitlines():
            narrate(line)
        return
    try:
        Path(file).write_text(text + "\n")
    except OSError as error:
        complain(f"--bench {file}: {error.strerror}")

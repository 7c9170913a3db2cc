"""The speed overlay: lag of the loop, frames, keys, bytes, memory and native calls, once a second while it is open."""

from __future__ import annotations

import os

from textual.strip import Strip

from novatui.core import units
from novatui.engine.fleet import Fleet
from novatui.ui.output.counters import Counters, Histogram, LagProbe
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look
from novatui.ui.widgets.lines import Lines

STEP = 1.0
"""Seconds between two looks at the counters."""


class Overlay(Lines):
    """Lies over the top right corner; closed, it costs nothing."""

    DEFAULT_CSS = """
    Overlay { layer: overlay; dock: right; width: 44; height: 9; background: $background; }
    """

    def __init__(self, fleet: Fleet, counters: Counters, look: Look) -> None:
        super().__init__(self._lines, id="overlay")
        self._fleet = fleet
        self._counters = counters
        self._look = look
        self._probe = LagProbe(counters, STEP)
        self._bytes = counters.bytes_written

    def on_mount(self) -> None:
        """Open: the lag probe runs from now on."""
        self._probe.start()
        self.set_interval(STEP, self.redraw)

    def on_unmount(self) -> None:
        """Closed."""
        self._probe.stop()

    def _lines(self, width: int, height: int) -> list[Strip]:
        counters = self._counters
        sent, self._bytes = counters.bytes_written - self._bytes, counters.bytes_written
        rows = [
            ("loop lag", f"{_ms(self._probe.last)} now   {_spread(counters.loop_lag)}"),
            ("frame", _spread(counters.frame_time)),
            ("key to frame", _spread(counters.key_to_frame)),
            ("bytes", f"{units.size(sent / STEP)}/s   {units.size(counters.bytes_written)} in all"),
            ("frames", f"{counters.frames}   dropped {counters.frames_dropped}"),
            ("rows", f"{self._fleet.inventory.count(None, 'machines'):,} machines"),
            ("memory", f"{units.size(_resident())} here   {self._workers()}"),
            ("native calls", f"{self._calls():,}"),
        ]
        style = self._look.styles
        pieces: list[list[Piece]] = [[(f" {name:13}", style.quiet), (text, style.text)] for name, text in rows]
        return [line([(" speed  ms, median / p95 / max", style.title)], width), *(line(one, width) for one in pieces)][
            :height
        ]

    def _workers(self) -> str:
        stats = {one.worker_pid: one.stats for one in self._fleet.connections.values() if one.stats and one.worker_pid}
        return f"{units.size(sum(one.rss for one in stats.values()))} in {len(stats)} workers"

    def _calls(self) -> int:
        stats = {one.worker_pid: one.stats for one in self._fleet.connections.values() if one.stats}
        return sum(sum(one.counts.values()) for one in stats.values())


def _ms(seconds: float | None) -> str:
    return "?" if seconds is None else f"{seconds * 1000:.1f}"


def _spread(histogram: Histogram) -> str:
    return " / ".join(_ms(histogram.percentile(percent)) for percent in (50, 95, 100))


def _resident() -> float:
    """Bytes of memory that this process has in use (the second number of statm, in pages)."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

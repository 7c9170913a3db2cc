"""The program that `lag.py` measures: 48 live rows of a fleet, while replies are parsed somewhere.

Run as `python -m tests.bench.lag_app KIND OBJECTS REPORT`. KIND says who parses: `idle` nobody, `worker` the worker
process, `thread-tree` and `thread-expat` a thread of this process. The last line of the screen counts handled keys.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding
from textual.strip import Strip
from textual.widget import Widget

from novatui.core.inventory import Row, Value
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet, Target
from novatui.ui.rows.cells import fit
from novatui.ui.rows.source import ROOT, RowState
from novatui.ui.rows.view import RowView
from novatui.ui.textual_private import MeteredApp
from novatui.wire import frames
from novatui.worker.outbox import Outbox
from novatui.worker.values import checked
from tests.bench import parsing

FEED = 0.25
"""Seconds between two changes of everything on screen, whoever parses."""

ON_SCREEN = 100
"""Rows that change at each of them: those on screen, and those that the cursor may scroll to."""

PROBE = 0.005


class FleetRows:
    """Machines of the fleet as rows of a table."""

    cursor = Style(color="black", bgcolor="cyan")

    def __init__(self, fleet: Fleet) -> None:
        self.store = fleet.inventory
        self.versions: dict[int, int] = {}
        self.slots: list[int] = []

    def children(self, node: int) -> list[int]:
        return self.slots if node == ROOT else []

    def parent(self, node: int) -> int | None:
        return ROOT

    def version(self, node: int) -> int:
        return self.versions.get(node, 0)

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        value = self.store.value
        memory = value(node, "memory")
        shown = f"{memory >> 30} GiB" if isinstance(memory, int) else "?"
        text = f"{value(node, 'name')}  {value(node, 'power')}  {value(node, 'vcpus')}  {shown}  {self.version(node)}"
        return Strip([Segment(fit(text, width), self.cursor if state.cursor else None)], width)

    def header(self, width: int) -> Strip:
        return Strip([Segment(fit("NAME  POWER  VCPUS  MEMORY", width))], width)

    def touch(self, nodes: Iterable[int]) -> None:
        for node in nodes:
            self.versions[node] = self.versions.get(node, 0) + 1


class OwnSink:
    """What a driver speaks to when it runs on a thread of the console itself: rows go to the store, without frames."""

    def __init__(self, fleet: Fleet, loop: asyncio.AbstractEventLoop) -> None:
        self.replies = 0
        self._fleet = fleet
        self._loop = loop

    def now(self) -> float:
        return time.monotonic()

    def call(self, name: str) -> None:
        self.replies += 1

    def rows(self, begun: float, rows: Iterable[Row]) -> None:
        box = Outbox()
        box.begin("bench", 1)
        box.grant(10**6)
        passed: list[tuple[str, Mapping[str, Value]]] = [(f"vm:{r.id}", checked("bench", r.values)) for r in rows]
        box.rows("bench", 1, begun, passed)
        for frame in iter(box.poll, None):
            taken = threading.Event()
            self._loop.call_soon_threadsafe(self._take, frame, taken)
            taken.wait()

    def _take(self, frame: frames.Frame, taken: threading.Event) -> None:
        if isinstance(frame, frames.Rows):
            self._fleet.inventory.apply_rows(frame, frame.begun)
        taken.set()


class KeyCount(Widget):
    """Shows how many keys were handled."""

    DEFAULT_CSS = "KeyCount { dock: bottom; height: 1; }"
    count = 0
    word = "LOADING"

    def render(self) -> str:
        return f"{self.word} <{self.count}>"


class Beside(MeteredApp):
    """Rows that move, a cursor that can be moved, a probe of the loop's lag."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = [
        Binding("j", "go(1)", priority=True),
        Binding("k", "go(-1)", priority=True),
        Binding("r", "report", priority=True),
    ]

    def __init__(self, kind: str, objects: int, path: str) -> None:
        super().__init__()
        self.animation_level = "none"
        self.kind, self.path = kind, path
        spec = parsing.spec(objects, "tree" if kind == "worker" else "")
        self.fleet = Fleet([Target(spec, dict)], command=parsing.COMMAND)
        self.source = FleetRows(self.fleet)
        self.view = RowView(self.source, header=True)
        self.lags: list[float] = []
        self.own: OwnSink | None = None

    def compose(self) -> ComposeResult:
        yield self.view
        yield KeyCount()

    def on_ready(self) -> None:
        self.view.focus()
        self.living = asyncio.create_task(self.live())

    async def live(self) -> None:
        await self.fleet.start()
        await self.fleet.settled(120)
        self.fleet.drain()
        self.source.slots = sorted(self.fleet.inventory.slots(Kind.VM), key=self.fleet.inventory.name)
        self.view.changed()
        if self.kind.startswith("thread"):
            self.parse_here(self.kind.partition("-")[2])
        gc.collect()
        gc.freeze()
        self.query_one(KeyCount).word = "READY"
        self.query_one(KeyCount).refresh()
        on_screen = self.source.slots[:ON_SCREEN]
        self.probing = asyncio.create_task(self.probe())
        while True:
            await asyncio.sleep(FEED)
            self.fleet.drain()
            self.source.touch(on_screen)
            self.view.touch(on_screen)

    def parse_here(self, parser: str) -> None:
        self.own = OwnSink(self.fleet, asyncio.get_running_loop())
        spec = parsing.spec(len(self.source.slots), parser)
        driver = parsing.ParsingDriver(spec, {}, self.own)  # type: ignore[arg-type]
        driver.connect()
        driver.watch()

    async def probe(self) -> None:
        while True:
            due = time.perf_counter() + PROBE
            await asyncio.sleep(PROBE)
            self.lags.append(time.perf_counter() - due)

    def action_go(self, rows: int) -> None:
        self.view.move(rows)
        counter = self.query_one(KeyCount)
        counter.count += 1
        counter.refresh()

    def action_report(self) -> None:
        stats = self.fleet.connections["bench"].stats
        replies = self.own.replies if self.own else stats.counts.get("bench/reply", 0) if stats else 0
        told: dict[str, Any] = {"lags": self.lags, "replies": replies, "failure": str(self.failure() or "")}
        with open(self.path, "w", encoding="ascii") as file:
            json.dump(told, file)
        self.exit()

    def failure(self) -> object:
        return self.fleet.connections["bench"].failure


if __name__ == "__main__":
    kind, objects, path = sys.argv[1:]
    Beside(kind, int(objects), path).run()

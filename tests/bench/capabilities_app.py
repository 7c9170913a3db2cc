"""The program that `capabilities.py` measures: a console of many connections, while they are asked what they can do.

Run as `python -m tests.bench.capabilities_app KIND ADDRESSES REPORT`. ADDRESSES is a file with a libvirt address on
each line; with KIND `hung` the last of them hangs by the time it is asked. Key `b` begins, `r` writes the report.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding

from novatui.core.capabilities import Answer, Sheet
from novatui.core.connection import ConnectionSpec
from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind
from novatui.engine.fleet import Fleet, Target
from novatui.ui.rows.view import RowView
from novatui.ui.textual_private import MeteredApp
from tests.bench.lag_app import FEED, ON_SCREEN, PROBE, FleetRows, KeyCount

REST = 0.5
"""Seconds between two rounds of questions."""


class Asking(MeteredApp):
    """Rows that move, a cursor that can be moved, a probe of the loop's lag; beside it questions of capabilities."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = [
        Binding("j", "go(1)", priority=True),
        Binding("k", "go(-1)", priority=True),
        Binding("b", "begin", priority=True),
        Binding("r", "report", priority=True),
    ]

    def __init__(self, kind: str, addresses: list[str], path: Path) -> None:
        super().__init__()
        self.animation_level = "none"
        self.kind, self.path = kind, path
        specs = [
            ConnectionSpec(name=f"kvm-{at:02d}", family=Family.LIBVIRT, driver="libvirt", uri=uri)
            for at, uri in enumerate(addresses)
        ]
        self.fleet = Fleet([Target(spec, dict) for spec in specs])
        self.names = [spec.name for spec in specs]
        self.source = FleetRows(self.fleet)
        self.view = RowView(self.source, header=True)
        self.lags: list[tuple[float, float]] = []
        self.rounds: list[dict[str, Any]] = []
        self.hung = ""

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
        gc.collect()
        gc.freeze()
        self.query_one(KeyCount).word = "READY"
        self.query_one(KeyCount).refresh()
        on_screen = self.source.slots[:ON_SCREEN]
        while True:
            await asyncio.sleep(FEED)
            self.fleet.drain()
            self.source.touch(on_screen)
            self.view.touch(on_screen)

    def action_begin(self) -> None:
        self.probing = asyncio.create_task(self.probe_lag())
        asked = list(self.names)
        if self.kind == "hung":
            self.stuck = asyncio.create_task(self.ask_the_hung(asked.pop()))
        if self.kind != "idle":
            self.asking = asyncio.create_task(self.ask_all(asked))
        self.query_one(KeyCount).word = "BEGUN"
        self.query_one(KeyCount).refresh()

    async def ask_the_hung(self, name: str) -> None:
        sheet = await self.fleet.facts.probe(ObjectRef(name, Kind.CONNECTION, name), fresh=True)
        self.hung = str(sheet.failure)

    async def ask_all(self, names: list[str]) -> None:
        """Each connection and its host, again and again, with a rest in between."""
        while True:
            begun = time.perf_counter()
            sheets = await asyncio.gather(*(self.ask(name, begun) for name in names))
            if not self.rounds:
                self.query_one(KeyCount).word = "ASKED"
                self.query_one(KeyCount).refresh()
            took = [when for when, _ in sheets]
            every = [sheet for _, of_one in sheets for sheet in of_one]
            self.rounds.append(
                {
                    "begun": begun,
                    "seconds": time.perf_counter() - begun,
                    "first": min(took),
                    "calls": [sheet.calls for sheet in every],
                    "ms": [sheet.ms for sheet in every],
                    "failures": [str(sheet.failure) for sheet in every if sheet.failure],
                    "known": sum(f.value is not Answer.UNKNOWN for sheet in every for f in sheet.facts.values()),
                }
            )
            await asyncio.sleep(REST)

    async def ask(self, name: str, begun: float) -> tuple[float, list[Sheet]]:
        """Seconds until both had answered."""
        hosts = [slot for slot in self.fleet.inventory.slots(Kind.HOST) if self.fleet.inventory.conn(slot) == name]
        refs = [ObjectRef(name, Kind.CONNECTION, name), *map(self.fleet.inventory.ref, hosts)]
        sheets = await asyncio.gather(*(self.fleet.facts.probe(ref, fresh=True) for ref in refs))
        return time.perf_counter() - begun, sheets

    async def probe_lag(self) -> None:
        while True:
            due = time.perf_counter() + PROBE
            await asyncio.sleep(PROBE)
            self.lags.append((due, time.perf_counter() - due))

    def action_go(self, rows: int) -> None:
        self.view.move(rows)
        counter = self.query_one(KeyCount)
        counter.count += 1
        counter.refresh()

    def action_report(self) -> None:
        broken = [f"{one.name}: {one.failure}" for one in self.fleet.connections.values() if one.failure]
        told = {"lags": self.lags, "rounds": self.rounds, "hung": self.hung, "broken": broken}
        self.path.write_text(json.dumps(told), encoding="utf-8")
        self.exit()


if __name__ == "__main__":
    kind, addresses, path = sys.argv[1:]
    Asking(kind, Path(addresses).read_text(encoding="utf-8").split(), Path(path)).run()

"""The program that `rows.py` measures: one big tree or table, ours or stock, changed and walked by single keys.

Run as `python -m tests.bench.rows_app KIND COUNT REPORT`. After every key the last line of the screen shows how many
keys were handled, in the same frame as what the key did.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sys
import time
from array import array
from typing import Any, ClassVar, Protocol

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import DataTable, Tree
from textual.widgets.tree import TreeNode

from novatui.ui.rows.cells import fit
from novatui.ui.rows.source import ROOT, RowState
from novatui.ui.rows.view import RowView
from novatui.ui.textual_private import MeteredApp

CONNECTIONS, HOSTS_PER_CLUSTER, VMS_PER_HOST = 5, 16, 28
TICK = 0.1
"""Seconds between two batches of updates, and between two structural changes."""


class Subject(Protocol):
    """One widget under test, behind the same few verbs."""

    widget: Widget

    def build(self, names: list[str]) -> None: ...
    def move(self, rows: int) -> None: ...
    def page(self, pages: int) -> None: ...
    def middle(self) -> None: ...
    def toggle_host(self) -> None: ...
    def toggle_connection(self) -> None: ...
    def update(self, picks: list[int], text: str) -> None: ...
    def insert_or_remove(self, place: int) -> None: ...
    def rows(self) -> int: ...


def hosts_of(names: list[str]) -> list[tuple[int, int, int, list[int]]]:
    """The shape of the fleet: connection, cluster, host number and VM numbers of every host."""
    share = max(1, len(names) // CONNECTIONS)
    hosts = []
    for connection in range(CONNECTIONS):
        vms = range(connection * share, min(len(names), (connection + 1) * share))
        for number, start in enumerate(range(0, len(vms), VMS_PER_HOST)):
            chunk = list(vms[start : start + VMS_PER_HOST])
            hosts.append((connection, number // HOSTS_PER_CLUSTER, number, chunk))
    return hosts


class Source:
    """Rows by number: VMs have the numbers of their names, everything above them follows."""

    mark = Style(color="bright_black")
    cursor = Style(color="black", bgcolor="cyan", bold=True)

    def __init__(self) -> None:
        self.names: list[str] = []
        self.versions = array("L")
        self.kids: dict[int, list[int]] = {ROOT: []}
        self.up: dict[int, int] = {}

    def add(self, parent: int, name: str) -> int:
        node = len(self.names)
        self.names.append(name)
        self.versions.append(0)
        self.kids.setdefault(parent, []).append(node)
        self.up[node] = parent
        return node

    def children(self, node: int) -> list[int]:
        return self.kids.get(node, [])

    def parent(self, node: int) -> int | None:
        return self.up.get(node)

    def version(self, node: int) -> int:
        return self.versions[node]

    def strip(self, node: int, width: int, state: RowState) -> Strip:
        fold = "▾ " if state.expanded else "▸ " if node in self.kids else "  "
        guide = "  " * state.depth
        style = self.cursor if state.cursor else None
        text = fit(fold + self.names[node], max(0, width - len(guide)))
        return Strip([Segment(guide, self.mark), Segment(text, style)], width)

    def header(self, width: int) -> Strip:
        return Strip([Segment(fit("  NAME", width), Style(bold=True))], width)


class OurTree:
    """The row engine as a tree."""

    def __init__(self) -> None:
        self.source = Source()
        self.widget = self.view = RowView(self.source)
        self.hosts: list[int] = []
        self.connections: list[int] = []
        self.vms: list[int] = []
        self.extra: tuple[int, int] | None = None

    def build(self, names: list[str]) -> None:
        source = self.source
        source.names = list(names)
        source.versions = array("L", bytes(array("L").itemsize * len(names)))
        self.vms = list(range(len(names)))
        clusters: dict[tuple[int, int], int] = {}
        self.connections = [source.add(ROOT, f"conn{number}") for number in range(CONNECTIONS)]
        for connection, cluster, number, vms in hosts_of(names):
            at = clusters.get((connection, cluster))
            if at is None:
                at = clusters[connection, cluster] = source.add(self.connections[connection], f"cluster{cluster}")
            host = source.add(at, f"host{connection}-{number}")
            self.hosts.append(host)
            source.kids[host] = vms
            source.up.update(dict.fromkeys(vms, host))
        self.view.changed()
        self.view.set_expanded([node for node in source.kids if node != ROOT])

    def move(self, rows: int) -> None:
        self.view.move(rows)

    def page(self, pages: int) -> None:
        self.view.page(pages)

    def middle(self) -> None:
        self.view.reveal(self.vms[len(self.vms) // 2])

    def toggle_host(self) -> None:
        self.view.toggle(self.hosts[len(self.hosts) // 2])

    def toggle_connection(self) -> None:
        self.view.toggle(self.connections[0])

    def update(self, picks: list[int], text: str) -> None:
        names, versions = self.source.names, self.source.versions
        nodes = [self.vms[pick] for pick in picks]
        for node in nodes:
            names[node] = text
            versions[node] += 1
        self.view.touch(nodes)

    def insert_or_remove(self, place: int) -> None:
        if self.extra is None:
            host = self.hosts[place % len(self.hosts)]
            node = self.source.add(host, "new")
            kids = self.source.kids[host]
            kids.insert(0, kids.pop())
            self.extra = host, node
        else:
            host, node = self.extra
            self.source.kids[host].remove(node)
            self.view.forget([node])
            self.extra = None
        self.view.changed(host)

    def rows(self) -> int:
        return len(self.view.model.rows)


class OurTable(OurTree):
    """The row engine as a table: the same names as children of the root, below a header."""

    def __init__(self) -> None:
        super().__init__()
        self.widget = self.view = RowView(self.source, header=True)

    def build(self, names: list[str]) -> None:
        self.source.names = list(names)
        self.source.versions = array("L", bytes(array("L").itemsize * len(names)))
        self.vms = list(range(len(names)))
        self.source.kids[ROOT] = list(self.vms)
        self.hosts = [ROOT]
        self.view.changed()
        self.view.paint()

    def middle(self) -> None:
        self.view.select(self.vms[len(self.vms) // 2])


class StockTree:
    """Textual's Tree."""

    def __init__(self) -> None:
        self.widget: Tree[None] = Tree("root")
        self.hosts: list[TreeNode[None]] = []
        self.connections: list[TreeNode[None]] = []
        self.vms: list[TreeNode[None]] = []
        self.extra: TreeNode[None] | None = None

    def build(self, names: list[str]) -> None:
        root = self.widget.root
        root.expand()
        clusters: dict[tuple[int, int], TreeNode[None]] = {}
        self.connections = [root.add(f"conn{number}", expand=True) for number in range(CONNECTIONS)]
        for connection, cluster, number, vms in hosts_of(names):
            at = clusters.get((connection, cluster))
            if at is None:
                at = clusters[connection, cluster] = self.connections[connection].add(f"cluster{cluster}", expand=True)
            host = at.add(f"host{connection}-{number}", expand=True)
            self.hosts.append(host)
            self.vms += [host.add_leaf(names[vm]) for vm in vms]

    def move(self, rows: int) -> None:
        self.widget.action_cursor_down() if rows > 0 else self.widget.action_cursor_up()

    def page(self, pages: int) -> None:
        self.widget.action_page_down() if pages > 0 else self.widget.action_page_up()

    def middle(self) -> None:
        self.widget.move_cursor(self.vms[len(self.vms) // 2])

    def toggle_host(self) -> None:
        self.hosts[len(self.hosts) // 2].toggle()

    def toggle_connection(self) -> None:
        self.connections[0].toggle()

    def update(self, picks: list[int], text: str) -> None:
        for pick in picks:
            self.vms[pick].set_label(text)

    def insert_or_remove(self, place: int) -> None:
        if self.extra is None:
            self.extra = self.hosts[place % len(self.hosts)].add_leaf("new", before=0)
        else:
            self.extra.remove()
            self.extra = None

    def rows(self) -> int:
        return self.widget.last_line


class StockTable:
    """Textual's DataTable with one column."""

    def __init__(self) -> None:
        self.widget: DataTable[str] = DataTable(cursor_type="row")
        self.extra: Any = None

    def build(self, names: list[str]) -> None:
        [self.column] = self.widget.add_columns("NAME")
        self.keys = [self.widget.add_row(name) for name in names]

    def move(self, rows: int) -> None:
        self.widget.action_cursor_down() if rows > 0 else self.widget.action_cursor_up()

    def page(self, pages: int) -> None:
        self.widget.action_page_down() if pages > 0 else self.widget.action_page_up()

    def middle(self) -> None:
        self.widget.move_cursor(row=len(self.keys) // 2)

    def toggle_host(self) -> None:
        """A table has none."""

    toggle_connection = toggle_host

    def update(self, picks: list[int], text: str) -> None:
        for pick in picks:
            self.widget.update_cell(self.keys[pick], self.column, text)

    def insert_or_remove(self, place: int) -> None:
        if self.extra is None:
            self.extra = self.widget.add_row("new")
        else:
            self.widget.remove_row(self.extra)
            self.extra = None

    def rows(self) -> int:
        return self.widget.row_count


SUBJECTS: dict[str, type[Any]] = {
    "our-tree": OurTree,
    "tree": StockTree,
    "our-table": OurTable,
    "table": StockTable,
}


class KeyCount(Widget):
    """Shows how many keys were handled."""

    DEFAULT_CSS = "KeyCount { dock: bottom; height: 1; }"
    count = 0
    word = "LOADING"

    def render(self) -> str:
        return f"{self.word} <{self.count}>"


def resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Walk(App[None]):
    """Builds the subject and does to it what the keys say."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Tree, DataTable, RowView { height: 1fr; }"
    VERBS = ("move(1)", "move(-1)", "page(1)", "page(-1)", "middle()", "toggle_host()", "toggle_connection()")
    BINDINGS: ClassVar = [
        *(Binding(key, f"do({verb!r})", priority=True) for key, verb in zip("jkfbmhc", VERBS, strict=True)),
        Binding("u", "load(100, False)", priority=True),
        Binding("l", "load(1000, True)", priority=True),
        Binding("r", "report", priority=True),
    ]

    def __init__(self, subject: Subject, count: int, report: str) -> None:
        super().__init__()
        self.animation_level = "none"
        self.subject = subject
        self.count = count
        self.path = report
        self.told: dict[str, float] = {}
        self.loading: asyncio.Task[None] | None = None
        self.updates = self.changes = 0

    def compose(self) -> ComposeResult:
        yield self.subject.widget
        yield KeyCount()

    def on_ready(self) -> None:
        self.subject.widget.focus()
        self.building = asyncio.create_task(self.build())

    async def build(self) -> None:
        names = [f"vm-{number:06d}-web.prod.example" for number in range(self.count)]
        gc.collect()
        before = resident_mb()
        started = time.perf_counter()
        self.subject.build(names)
        built = time.perf_counter()
        await self.frame()
        self.told = {"build": built - started, "frame": time.perf_counter() - built, "memory": resident_mb() - before}
        gc.freeze()
        self.query_one(KeyCount).word = "BUILT"
        self.query_one(KeyCount).refresh()

    async def frame(self) -> None:
        """Until the frame with what was built has been drawn."""
        shown = asyncio.Event()
        self.call_after_refresh(shown.set)
        await shown.wait()

    def action_do(self, verb: str) -> None:
        name, _, rest = verb.partition("(")
        argument = rest.removesuffix(")")
        getattr(self.subject, name)(*([int(argument)] if argument else []))
        self.handled()

    def handled(self) -> None:
        """The key is done: show it in the frame that shows what it did."""
        counter = self.query_one(KeyCount)
        counter.count += 1
        counter.refresh()

    def action_load(self, batch: int, structure: bool) -> None:
        if self.loading is None:
            self.loading = asyncio.create_task(self.load(batch, structure))
        else:
            self.loading.cancel()
            self.loading = None
        self.handled()

    async def load(self, batch: int, structure: bool) -> None:
        """`batch` updates in every tick and, with `structure`, one row inserted or removed, as far as there is time."""
        chance = random.Random(7)
        due = time.perf_counter()
        while True:
            self.updates += batch
            self.subject.update(chance.choices(range(self.count), k=batch), f"vm cpu {chance.random():.4f}")
            if structure:
                self.changes += 1
                self.subject.insert_or_remove(chance.randrange(1 << 20))
            due = max(due + TICK, time.perf_counter())
            await asyncio.sleep(due - time.perf_counter())

    def action_report(self) -> None:
        told = self.told | {"updates": self.updates, "changes": self.changes, "at": time.perf_counter()}
        with open(self.path + ".new", "w", encoding="ascii") as file:
            json.dump(told, file)
        os.replace(self.path + ".new", self.path)


class OurWalk(MeteredApp, Walk):
    """The same on our own output path."""


if __name__ == "__main__":
    kind, count, report = sys.argv[1:]
    app = (OurWalk if kind.startswith("our") else Walk)(SUBJECTS[kind](), int(count), report)
    app.run()

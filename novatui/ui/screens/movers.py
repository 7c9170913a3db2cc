"""The top movers: machines whose load changed most over the last minutes, the greatest change first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.strip import Strip

from novatui.actions.catalogue import Scope
from novatui.engine.fleet import Changes
from novatui.engine.movers import EDGE, SPAN, Movers
from novatui.ui.columns.movers import MOVERS, grid
from novatui.ui.keys import bindings
from novatui.ui.place import Place
from novatui.ui.render import bars
from novatui.ui.rows.view import RowView
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.sources import TableSource
from novatui.ui.stage import Stage
from novatui.ui.widgets.lines import Lines

MOST = 100
"""Machines that are listed."""

PACE = 3.0
"""Seconds between two changes of the order: rows must not jump under the eyes."""


class MoversScreen(FrameScreen, inherit_bindings=False):
    """`tab` of its place is the metric. All machines are measured while it is shown."""

    SCOPES = (Scope.EVERYWHERE, Scope.MOVE, Scope.ROWS, Scope.MOVERS, Scope.OBJECTS, Scope.FRAME)
    BINDINGS = bindings(*SCOPES)

    def __init__(self, stage: Stage, place: Place) -> None:
        super().__init__(stage, place)
        self._source = TableSource(stage.fleet, stage.look, stage.versions)
        self._source.listing = bars.Listing(sort="change", descending=True)
        self._view = RowView(
            self._source, header=True, painter=stage.pulse.painter, ascii_only=stage.look.marks.ascii, id="movers"
        )
        self._title = Lines(lambda width, _: [self._draw_title(width)], id="movers-title")
        self._ordered_at = 0.0
        self._metric = ""
        self._pick(place.tab if place.tab in MOVERS else "cpu")

    def compose_body(self) -> ComposeResult:
        """What is listed, and the list."""
        yield self._title
        yield self._view

    def on_mount(self) -> None:
        self._view.focus()
        self._order()

    # What is listed

    def _pick(self, metric: str) -> None:
        """Look for those who moved by this metric."""
        self._metric = metric
        mover = MOVERS[metric]
        self._movers = Movers(self.fleet, mover.key, self.look.monotonic())
        self._source.grid = grid(self._movers, mover)
        if self.is_mounted:
            self._order()
            self._view.home()
            self._view.redraw_header()

    def _order(self) -> None:
        self._ordered_at = self.look.monotonic()
        order = [move.slot for move in self._movers.top(MOST)]
        self.stage.versions.changed(order)
        self._source.order = order
        self._view.placeholder = f" nothing to compare yet: that takes {2 * EDGE:.0f} s of samples"
        self._view.changed()
        self._view.touch(order)
        self._title.redraw()

    def _draw_title(self, width: int) -> Strip:
        mover = MOVERS[self._metric]
        far = f"{len(self._movers):,} of {self.fleet.identity.count(None, 'machines'):,} machines measured long enough"
        return bars.rule(
            self.look, width, f"What changed most in {SPAN / 60:.0f} min: {mover.title}", far, focused=True
        )

    def take(self, changes: Changes) -> None:
        """Judge what was measured; order it anew now and then."""
        now = self.look.monotonic()
        self._movers.take(changes.rows, changes.gone, now)
        self._view.forget(changes.gone)
        if changes.gone or now - self._ordered_at >= PACE:
            self._order()
        else:
            self._view.touch(changes.rows)

    def age(self) -> None:
        """What is no longer measured moves no more."""
        self._movers.look_again(self.look.monotonic())
        self._order()

    def wanted(self) -> Mapping[str, Collection[str] | None]:
        """Everything: whoever moved is to be found."""
        return dict.fromkeys(self.fleet.connections)

    # The frame

    def crumbs(self) -> Sequence[str]:
        """The name of the screen."""
        return ["top movers"]

    def place(self) -> Place:
        """The metric is part of it."""
        return Place("top", tab=self._metric)

    def show(self, place: Place) -> bool:
        """Another metric."""
        self._pick(place.tab if place.tab in MOVERS else "cpu")
        return True

    def rows(self) -> RowView:
        """The list."""
        return self._view

    def subject(self) -> int | None:
        """The machine under the cursor."""
        return self._view.cursor

    def targets(self) -> list[int]:
        """Marked machines, else the one under the cursor."""
        return sorted(self._view.marks) if self._view.marks else super().targets()

    # Keys

    def action_open(self) -> None:
        """The charts of the machine under the cursor."""
        slot = self.subject()
        if slot is not None and self.fleet.inventory.alive(slot):
            ref = str(self.fleet.inventory.ref(slot))
            self.stage.navigation.open(Place("detail", ref=ref, tab="metrics"))

    @on(RowView.Activated)
    def _activated(self) -> None:
        self.action_open()

    def action_movers_cpu(self) -> None:
        """By the use of processors."""
        self._pick("cpu")

    def action_movers_memory(self) -> None:
        """By the memory in use."""
        self._pick("mem")

    def action_movers_disk(self) -> None:
        """By the traffic of disks."""
        self._pick("disk")

    def action_movers_net(self) -> None:
        """By the traffic of networks."""
        self._pick("net")

    def action_movers_wait(self) -> None:
        """By the wait for processors."""
        self._pick("wait")

    def action_movers_latency(self) -> None:
        """By the latency of disks."""
        self._pick("latency")

"""The Metrics tab: the charts of the object that is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from textual.app import ComposeResult

from novatui.engine.fleet import Changes
from novatui.ui.render.detail.tabs import Tab
from novatui.ui.render.metrics_page import built_in
from novatui.ui.render.panels import Bounds
from novatui.ui.screens.detail_body import Body, Sight
from novatui.ui.screens.rows import Mover
from novatui.ui.stage import Stage
from novatui.ui.widgets.chart import Charts


class MetricsBody(Body):
    """Charts with keys of their own."""

    def __init__(self, stage: Stage, sight: Sight, tab: Tab, report: Callable[[str, str], None]) -> None:
        super().__init__(stage, sight, tab)
        self._charts = Charts(stage, self._slot, report, self._limits)

    def compose(self) -> ComposeResult:
        """The charts."""
        yield self._charts

    def _slot(self) -> int | None:
        whole = self.sight()
        return whole.slot if whole is not None else None

    def _limits(self, slot: int, rule: str) -> Bounds:
        """What alarms are raised for: as configured, for this family and these tags."""
        alarms = self.stage.fleet.alarms
        if alarms is None:
            return built_in(slot, rule)
        found = alarms.bounds(slot, rule)
        return found.warn, found.critical

    def begin(self) -> None:
        """They have the keyboard."""
        self._charts.begin()

    def redraw(self) -> None:
        """Time went by."""
        self._charts.age()

    def take(self, changes: Changes) -> None:
        """What changed in the stores."""
        self._charts.take(changes)

    def wanted(self) -> Mapping[str, Collection[str] | None]:
        """The object, or the machines that it is the sum of."""
        return self._charts.wanted()

    def summed(self) -> Collection[int]:
        """The object, where it has machines below it."""
        return self._charts.summed()

    def mover(self) -> Mover:
        """Keys of movement are those of the charts; what comes here moves nothing."""
        return STILL

    def step_back(self) -> bool:
        """Undo one narrowing of the charts."""
        return self._charts.step_back()


class _Still:
    """Moves nothing."""

    def move(self, lines: int, /) -> None:
        del lines

    def page(self, pages: int, /) -> None:
        del pages

    def home(self) -> None: ...

    def end(self) -> None: ...


STILL = _Still()

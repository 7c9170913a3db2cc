"""What the curves in the tables of the fleet screen show: the strip of the view key."""

from __future__ import annotations

from msgspec.structs import replace

from novatui.ui.render.sparkchoice import LONG, MINUTE
from novatui.ui.screens.fleet_views import FleetViews


class FleetCurves(FleetViews, inherit_bindings=False):
    """The choice holds for every table, and for as long as the console runs."""

    def action_curve(self, number: int) -> None:
        """Another metric."""
        self.look.curve = replace(self.look.curve, curve=number - 1)
        self._redraw_curves()

    def action_curve_time(self) -> None:
        """One minute, or ten."""
        self.look.curve = replace(self.look.curve, seconds=MINUTE if self.look.curve.seconds == LONG else LONG)
        self._redraw_curves()

    def _redraw_curves(self) -> None:
        self._table.touch(self._table.model.window())
        self._table.redraw_header()

"""The tab that tells what one object can do: asked when it is opened, and again when that is long ago."""

from __future__ import annotations

from novatui.engine.fleet import Changes
from novatui.ui.capability_probing import Probing
from novatui.ui.render.detail.capabilities import capabilities
from novatui.ui.render.detail.tabs import Tab
from novatui.ui.screens.detail_body import ListBody, Sight
from novatui.ui.stage import Stage


class CapabilityBody(ListBody):
    """Features with their evidence."""

    def __init__(self, stage: Stage, sight: Sight, tab: Tab) -> None:
        super().__init__(stage, sight, tab)
        self._probing = Probing(stage.fleet)

    def on_unmount(self) -> None:
        self._probing.stop()

    def begin(self) -> None:
        """Ask, unless that was done a while ago."""
        super().begin()
        self._ask()

    def redraw(self) -> None:
        """Take in what is told now; ask again what is out of date."""
        whole = self.sight()
        if whole is not None:
            self.fill(capabilities(whole))
            if self.display:
                self._ask()

    def read_again(self) -> None:
        """Ask now."""
        if (whole := self.sight()) is not None:
            self._probing.ask_again([whole.fleet.inventory.ref(whole.slot)])

    def concerns(self, changes: Changes) -> bool:
        """Other facts are known of the object, or it is being asked."""
        whole = self.sight()
        return whole is not None and whole.fleet.inventory.ref(whole.slot) in changes.facts

    def _ask(self) -> None:
        if (whole := self.sight()) is not None:
            self._probing.want([whole.fleet.inventory.ref(whole.slot)])

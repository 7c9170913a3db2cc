"""What every drawing function needs beside the data: the signs, the styles and the time."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from novatui.ui.render.marks import Marks
from novatui.ui.render.spark import Kind as SparkKind
from novatui.ui.render.sparkchoice import Choice
from novatui.ui.theme import Styles


class Look(msgspec.Struct, kw_only=True):
    """How things are drawn on this terminal."""

    marks: Marks
    styles: Styles
    utc: bool = False
    """Show UTC instead of local time."""
    epoch: Callable[[], float] = time.time
    """The wall clock."""
    monotonic: Callable[[], float] = time.monotonic
    """The clock that ages are counted by."""
    curve: Choice = Choice()
    """What the curves in tables show."""

    def time(self) -> float:
        """Epoch seconds: with `monotonic` these are the clocks that filters ask."""
        return self.epoch()

    def clock(self, epoch: float | None, seconds: bool = True) -> str:
        """Time of day; `?` when unknown."""
        return self._written(epoch, "%H:%M:%S" if seconds else "%H:%M")

    def date(self, epoch: float | None) -> str:
        """Day and minute; `?` when unknown."""
        return self._written(epoch, "%Y-%m-%d %H:%M")

    def _written(self, epoch: float | None, form: str) -> str:
        if epoch is None:
            return "?"
        try:
            when = time.gmtime(epoch) if self.utc else time.localtime(epoch)
        except (OverflowError, ValueError, OSError):  # no time that a calendar has
            return "?"
        return time.strftime(form, when)

    @property
    def spark(self) -> SparkKind:
        """The kind of sparkline that this terminal can show."""
        return "ascii" if self.marks.ascii else "braille"

    @property
    def zone(self) -> str:
        """Name of the time zone that `clock` uses."""
        return "UTC" if self.utc else time.strftime("%Z")

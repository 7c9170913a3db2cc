"""The console on a fleet of the tests, in the terminal it is started from: `python -m tests.ui.onstage hostile`."""

from __future__ import annotations

import os
import sys

from novatui.ui.app import NovaApp
from novatui.ui.render.look import Look
from novatui.ui.render.marks import marks_for
from novatui.ui.theme import load_theme, theme_for
from tests.ui import hostile, world
from tests.ui.still import StillFleet

FLEETS = {"world": world.world, "hostile": hostile.fleet, "empty": lambda: StillFleet([])}


def main(name: str) -> None:
    fleet = FLEETS[name]()
    clock = fleet.clock
    look = Look(
        marks=marks_for(os.environ),
        styles=load_theme(theme_for(os.environ)).styles,
        utc=True,
        epoch=clock.time,
        monotonic=clock.monotonic,
    )
    NovaApp(fleet, look=look).run()


if __name__ == "__main__":
    main(sys.argv[1])

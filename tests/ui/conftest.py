"""Pilots that wait for what is to be done, not for time to pass: most of a key test's time was spent in such waits."""

from __future__ import annotations

import asyncio
from time import monotonic, process_time

import textual.app
import textual.pilot

from novatui.ui.rows import painter

GRAIN = 1 / 2000
"""Seconds between two looks whether the console has come to rest."""


async def at_rest(min_sleep: float = GRAIN, max_sleep: float = 1.0) -> None:
    """Until nothing waits for its turn in the event loop and no thread computes.

    Textual's own looks at the processor's time only: where others use it, what has no turn seems to have nothing to do.
    """
    loop, begun = asyncio.get_running_loop(), monotonic()
    while monotonic() - begun < max_sleep:
        busy = process_time()
        await asyncio.sleep(GRAIN)
        if not loop._ready and process_time() - busy < GRAIN / 2:  # type: ignore[attr-defined]
            return


textual.app.wait_for_idle = textual.pilot.wait_for_idle = at_rest  # type: ignore[attr-defined]
painter.LONGEST = 0.0  # a console leaves most of the time to others; here it paints whenever there is something new

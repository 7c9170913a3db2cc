"""What a person asks of the configuration on any screen: read it again, save the connection that is looked at."""

from __future__ import annotations

from novatui.config.errors import ConfigError, shorten_home
from novatui.engine.book import Difference
from novatui.engine.roster import Roster
from novatui.ui.screens.frame import FrameScreen
from novatui.ui.theming import draw_anew

NO_CONFIGURATION = "this console was started without a configuration of its own"


async def reload(screen: FrameScreen) -> None:
    """Read all files again: connections open, close, are made anew; alarms have other limits, actions other keys."""
    keying, roster = screen.stage.keying, screen.stage.roster
    rekeyed = await keying.read_again(screen.app)
    if rekeyed:
        for one in screen.app.screen_stack:
            draw_anew(one)
    if roster is None:
        screen.report("the keys are others now" if rekeyed else NO_CONFIGURATION, bad=not rekeyed)
    else:
        await _reload_connections(screen, roster, rekeyed)
    if complaint := keying.complaint():
        screen.report(*complaint)


async def _reload_connections(screen: FrameScreen, roster: Roster, rekeyed: bool) -> None:
    try:
        found = await roster.reload()
    except ConfigError as error:
        first, more = error.problems[0], len(error.problems) - 1
        screen.report(str(first), f"{more} more: `novatui config check`" if more else "nothing was changed")
    else:
        limits = roster.alarms != screen.stage.watch.alarms.config
        if limits:
            screen.stage.watch.configure(roster.alarms)
        screen.report(_said(found, limits, rekeyed), bad=False)


def _said(found: Difference, limits: bool, rekeyed: bool) -> str:
    counts = {"opened": len(found.added), "closed": len(found.removed), "made anew": len(found.changed)}
    words = [f"{count} {word}" for word, count in counts.items() if count]
    words += ["alarms follow it"] if limits else []
    words += ["keys are others"] if rekeyed else []
    return f"configuration read: {', '.join(words) or 'nothing has changed'}"


async def save(screen: FrameScreen) -> None:
    """Save the connection of the subject, if the command line named it by its address."""
    roster, slot = screen.stage.roster, screen.subject()
    if roster is None:
        screen.report(NO_CONFIGURATION)
        return
    conn = screen.fleet.inventory.conn(slot) if slot is not None else ""
    try:
        saved = bool(conn) and await roster.save(conn)
    except ConfigError as error:
        screen.report(str(error.problems[0]))
        return
    if saved:
        screen.report(f"{conn} is saved in {shorten_home(str(roster.file))}")
    else:
        screen.report(f"{conn or 'this'} was not given by its address", "only such a connection can be saved: -c URI")

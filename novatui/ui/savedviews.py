"""Lists under a name: saved, shown again, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novatui.config.errors import ConfigError, nearest
from novatui.core.text import clean
from novatui.ui.columns.views import VIEW
from novatui.ui.commands import Wrong
from novatui.ui.preferences import place_of, saved

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen


def save(screen: FrameScreen, name: str, columns: tuple[str, ...]) -> None:
    """Keep the list of this screen under a name."""
    name, place = clean(name).strip(), screen.place()
    usual = columns == VIEW[place.name].usual
    try:
        screen.stage.preferences.save_view(name, saved(place, () if usual else columns))
    except ConfigError as error:
        screen.report(f"{name} is kept for this session only: {error.problems[0].message}")
    else:
        screen.report(f"saved as {name}", f"`:view {name}` shows it again")


def show(screen: FrameScreen, name: str) -> None:
    """Show a list that was saved. Wrong when none was under this name."""
    from novatui.ui.screens.fleet_views import FleetViews

    found = screen.stage.preferences.view(name)
    if found is None:
        raise _unknown(screen, name)
    screen.stage.navigation.open(place_of(found))
    home = screen.stage.navigation.screens[0]
    if found.columns and isinstance(home, FleetViews):
        home.draw_columns(found.columns)


def forget(screen: FrameScreen, name: str) -> None:
    """Keep a list no more. Wrong when none was saved under this name."""
    if screen.stage.preferences.view(name) is None:
        raise _unknown(screen, name)
    try:
        screen.stage.preferences.drop_view(name)
    except ConfigError as error:
        screen.report(f"{name} is forgotten for this session only: {error.problems[0].message}")
    else:
        screen.report(f"{name} is forgotten")


def _unknown(screen: FrameScreen, name: str) -> Wrong:
    names = screen.stage.preferences.names()
    if not names:
        return Wrong("no list was saved yet", "`:save NAME` saves the one that is shown")
    near = nearest(name, names) if name else ""
    what = f"there is no saved list `{clean(name)}`" if name else "which saved list?"
    return Wrong(what, f"did you mean `{near}`?" if near else f"there are: {', '.join(names)}")

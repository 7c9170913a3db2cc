"""What every screen works with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from novatui.actions.keymap import Keymap
from novatui.engine.fleet import Fleet
from novatui.engine.logline import LogLine
from novatui.engine.roster import Roster
from novatui.ui.preferences import Preferences
from novatui.ui.render.look import Look
from novatui.ui.sources import Versions

if TYPE_CHECKING:
    from novatui.ui.acting import Acting
    from novatui.ui.alarm_watch import AlarmWatch
    from novatui.ui.keying import Keying
    from novatui.ui.locks import Locks
    from novatui.ui.migration_watch import MigrationWatch
    from novatui.ui.navigation import Navigation
    from novatui.ui.pulse import Pulse


class Stage(msgspec.Struct, kw_only=True):
    """One per console. Screens are made as `SomeScreen(stage, place)`."""

    fleet: Fleet
    look: Look
    versions: Versions
    """How often the drawn content of each slot changed."""
    pulse: Pulse
    navigation: Navigation
    keying: Keying
    """Which keys each action has, and where a person chose them."""
    preferences: Preferences
    """Columns, saved views, the last session."""
    watch: AlarmWatch
    """Alarms, and what people say of them."""
    locks: Locks
    """What is locked, and what is not for a while."""
    moves: MigrationWatch
    """What is kept of migrations, and whose end is to be heard."""
    acting: Acting | None = None
    """What carries changes out; None in a console that only looks, and before the first frame."""
    changes: bool = False
    """Something can be changed."""
    roster: Roster | None = None
    """What keeps the fleet in step with the configuration; None for a fleet that has none."""
    commands: list[str] = msgspec.field(default_factory=list)
    """What was typed behind `:`, the newest last."""
    visited: list[str] = msgspec.field(default_factory=list)
    """Objects that were gone to, as `str(ObjectRef)`, the newest last."""
    themes: Callable[[], Sequence[str]] = tuple
    """Names of the themes that can be worn."""
    console_log: Callable[[], Sequence[LogLine]] = tuple
    """What this process logged, oldest first."""

    @property
    def keys(self) -> Keymap:
        """Which keys each action has."""
        return self.keying.keymap

"""Which class shows which place. A screen is imported when it is opened first, not for the first frame."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

SCREENS: dict[str, str] = {
    **dict.fromkeys(
        ("vm", "host", "cluster", "conn", "ds", "net", "pool", "snap", "dev", "folder", "template"),
        "novatui.ui.screens.fleet:FleetScreen",
    ),
    "add": "novatui.ui.screens.add:AddScreen",
    "detail": "novatui.ui.screens.detail:DetailScreen",
    "top": "novatui.ui.screens.movers:MoversScreen",
    "task": "novatui.ui.screens.feed:FeedScreen",
    "ev": "novatui.ui.screens.feed:FeedScreen",
    "alarm": "novatui.ui.screens.alarms:AlarmScreen",
    "mig": "novatui.ui.screens.migrations:MigrationScreen",
    "log": "novatui.ui.screens.log:LogScreen",
    "passthrough": "novatui.ui.screens.passthrough:PassthroughScreen",
    "evacuate": "novatui.ui.screens.evacuate:EvacuateScreen",
    "inventory": "novatui.ui.screens.inventory:InventoryScreen",
    "blockers": "novatui.ui.screens.blockers:BlockerScreen",
    "posture": "novatui.ui.screens.posture:PostureScreen",
    "where": "novatui.ui.screens.where:WhereScreen",
    "cap": "novatui.ui.screens.capabilities:CapabilityScreen",
    "diff": "novatui.ui.screens.host_diff:HostDiffScreen",
    "baseline": "novatui.ui.screens.baseline:BaselineScreen",
    "audit": "novatui.ui.screens.audit:AuditScreen",
}
"""`module:Class` by the name of a place."""


OF_ONE = frozenset({"detail", "diff", "evacuate", "passthrough", "where"})
"""Places that are about one object: `Place.ref` names it."""


@cache
def screen_class(name: str) -> type[FrameScreen]:
    """The class for a place of this name. KeyError for a name that no screen has."""
    module, _, found = SCREENS[name].partition(":")
    return getattr(import_module(module), found)

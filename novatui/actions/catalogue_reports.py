"""The part of the catalogue about reports on the fleet: what keeps hosts from maintenance, and what they can give."""

from __future__ import annotations

from novatui.actions.action import Action, Argument, Scope, Section

REPORTS: tuple[Action, ...] = (
    Action(
        id="blockers", keys=(), title="what keeps a host from maintenance", section=Section.CAPABILITIES,
        scope=Scope.FRAME, verb="blockers", takes=Argument.OBJECT,
    ),
    Action(
        id="inventory", keys=(), title="devices that hosts can give", section=Section.CAPABILITIES,
        scope=Scope.FRAME, verb="inventory", takes=Argument.OBJECT,
    ),
    Action(
        id="inv.fit", keys=("f",), title="who could give", section=Section.CAPABILITIES, scope=Scope.INVENTORY,
        footer=5,
    ),
    Action(
        id="inv.order", keys=("s",), title="by type or host", section=Section.CAPABILITIES, scope=Scope.INVENTORY,
        footer=6,
    ),
)  # fmt: skip
"""Every action of the reports."""

"""The part of the catalogue about hosts side by side, and about what they have in common."""

from __future__ import annotations

from novatui.actions.action import Action, Argument, Scope, Section

HOSTS: tuple[Action, ...] = (
    Action(
        id="diff", keys=(), title="compare two hosts", section=Section.OTHER, scope=Scope.FRAME, verb="diff",
        takes=Argument.HOSTS,
    ),
    Action(
        id="baseline", keys=(), title="common processor of hosts", section=Section.OTHER, scope=Scope.FRAME,
        verb="baseline", takes=Argument.HOSTS,
    ),
    Action(id="diff.all", keys=("a",), title="all", section=Section.CAPABILITIES, scope=Scope.DIFF),
    Action(id="diff.swap", keys=("s",), title="swap sides", section=Section.CAPABILITIES, scope=Scope.DIFF),
    Action(
        id="copy.native", keys=("c",), title="common processor", section=Section.CAPABILITIES, scope=Scope.BASELINE,
        leader="copy",
    ),
)  # fmt: skip
"""Every action about hosts together."""

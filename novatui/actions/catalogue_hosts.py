"""The part of the catalogue about hosts and clusters as a whole, hosts side by side, and what they have in common."""

from __future__ import annotations

from novatui.actions.action import Action, Argument, Scope, Section
from novatui.core.verbs import VERBS

CHANGES: tuple[tuple[str, str], ...] = (
    ("a", "cluster.apply"),
    ("x", "cluster.dismiss"),
    ("r", "host.return"),
    ("M", "host.maintenance"),
)
"""Behind `m`, beside what empties a host: all of them move machines, or let machines come."""

HOSTS: tuple[Action, ...] = (
    *(
        Action(
            id=verb, keys=(key,), title=VERBS[verb].title, section=Section.CHANGE, scope=Scope.CHANGES,
            leader="migrate", verb=verb.replace(".", " "), change=verb, takes=Argument.CHANGE,
        )
        for key, verb in CHANGES
    ),
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

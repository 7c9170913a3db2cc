"""The part of the catalogue about hosts side by side, and about what they have in common."""

from __future__ import annotations

from novatui.actions.action import Action, Argument, Scope, Section
from novatui.core.verbs import VERBS

CHANGES = ("host.maintenance", "host.return", "cluster.apply", "cluster.dismiss")
"""Operations on hosts and clusters as a whole; without keys, because they are rare and heavy."""

HOSTS: tuple[Action, ...] = (
    *(
        Action(
            id=verb, keys=(), title=VERBS[verb].title, section=Section.CHANGE, scope=Scope.CHANGES,
            verb=verb.replace(".", " "), change=verb, takes=Argument.CHANGE,
        )
        for verb in CHANGES
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

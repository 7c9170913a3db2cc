"""The part of the catalogue about what can be done where: the matrix of capabilities and its evidence."""

from __future__ import annotations

from novatui.actions.action import Action, Argument, Scope, Section

KEYS: tuple[tuple[str, tuple[str, ...], str, int], ...] = (
    ("evidence", ("enter",), "evidence", 1),
    ("level", ("tab",), "next level", 2),
    ("level.back", ("shift+tab",), "level before", 0),
    ("in", ("l",), "open column", 6),
    ("out", ("h",), "out of the column", 0),
    ("diff", ("d",), "diff two hosts", 7),
    ("left", ("left",), "column to the left", 0),
    ("right", ("right",), "column to the right", 0),
    ("earlier", ("less_than_sign",), "columns before", 0),
    ("later", ("greater_than_sign",), "columns after", 0),
    ("pin", ("w",), "pin the column", 8),
    ("keep", ("W",), "pin the feature", 0),
    ("mark", ("space",), "mark the column", 14),
    ("clear", ("U",), "clear marks", 0),
)
"""Keys of the matrix."""

CAPABILITIES: tuple[Action, ...] = (
    Action(
        id="capabilities",
        keys=("K",),
        title="capabilities",
        section=Section.OTHER,
        scope=Scope.FRAME,
        verb="cap",
        place="cap",
    ),
    *(
        Action(
            id=f"cap.{name}",
            keys=keys,
            title=title,
            section=Section.CAPABILITIES,
            scope=Scope.CAPABILITIES,
            footer=rank,
        )
        for name, keys, title, rank in KEYS
    ),
)
"""Every action of the matrix."""

POSTURE: tuple[Action, ...] = (
    Action(
        id="posture",
        keys=(),
        title="posture",
        section=Section.OTHER,
        scope=Scope.FRAME,
        takes=Argument.LIST,
    ),
    Action(
        id="posture.group", keys=("tab",), title="by rule or object", section=Section.CAPABILITIES,
        scope=Scope.POSTURE, footer=21,
    ),
    Action(
        id="posture.all", keys=("a",), title="all findings", section=Section.CAPABILITIES, scope=Scope.POSTURE,
        footer=22,
    ),
)  # fmt: skip
"""Every action of the screen of findings."""

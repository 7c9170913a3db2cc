"""The part of the catalogue about moving machines: the leader that moves them, and the keys of the migration watch."""

from __future__ import annotations

from novatui.actions.action import Action, Argument, Scope, Section
from novatui.core.verbs import VERBS

KEYS: tuple[tuple[str, str], ...] = (
    ("l", "migrate.live"),
    ("b", "migrate.bandwidth"),
    ("d", "migrate.downtime"),
    ("u", "migrate.pause"),
    ("P", "migrate.postcopy"),
    ("O", "migrate.offline"),
)
"""Behind `m`. What is hard on a guest stands on a capital letter."""

WAYS: tuple[tuple[int, str], ...] = (
    (1, "to 5: ways out"),
    (2, "longer pause"),
    (3, "post-copy"),
    (4, "bandwidth"),
    (5, "pause the guest"),
)
"""Numbers of the ways out of a migration, as `core.waysout` has them, and what they are called."""

DRAIN: tuple[tuple[str, tuple[str, ...], str, int], ...] = (
    ("go", ("enter",), "carry it out", 1),
    ("skip", ("space",), "leave out", 2),
    ("target", ("n",), "next host", 3),
    ("stop", ("S",), "stop", 5),
    ("resume", ("u",), "take up", 6),
    ("earlier", ("less_than_sign",), "earlier", 0),
    ("later", ("greater_than_sign",), "later", 0),
    ("more", ("right_square_bracket",), "more at once", 0),
    ("fewer", ("left_square_bracket",), "fewer at once", 0),
)
"""Keys of the screen that empties a host."""

MIGRATIONS: tuple[Action, ...] = (
    Action(
        id="migrate", keys=("m",), title="migrate", section=Section.CHANGE, scope=Scope.CHANGES, footer=18, leads=True,
    ),
    Action(
        id="where", keys=("w",), title="where can it run", section=Section.CHANGE, scope=Scope.CHANGES,
        leader="migrate", verb="where",
    ),
    Action(
        id="evacuate", keys=("e",), title="move everything off its host", section=Section.CHANGE, scope=Scope.CHANGES,
        leader="migrate", verb="evacuate", takes=Argument.OBJECT,
    ),
    *(
        Action(
            id=verb, keys=(key,), title=VERBS[verb].title, section=Section.CHANGE, scope=Scope.CHANGES,
            leader="migrate", verb=verb.replace(".", " "), change=verb, takes=Argument.CHANGE,
        )
        for key, verb in KEYS
    ),
    Action(
        id="migrations", keys=("M",), title="migrations", section=Section.OTHER, scope=Scope.FRAME, verb="mig",
        place="mig",
    ),
    *(
        Action(
            id=f"drain.{name}", keys=keys, title=title, section=Section.MIGRATION, scope=Scope.DRAIN, footer=rank,
        )
        for name, keys, title, rank in DRAIN
    ),
    *(
        Action(
            id=f"way.{number}", keys=(str(number),), title=title, section=Section.MIGRATION, scope=Scope.MIGRATIONS,
            number=number, footer=3 if number == 1 else 0,
        )
        for number, title in WAYS
    ),
    Action(
        id="mig.cancel", keys=("c",), title="cancel it", section=Section.MIGRATION, scope=Scope.MIGRATIONS, footer=6,
        verb="mig-cancel",
    ),
    Action(
        id="mig.bell", keys=("b",), title="bell when done", section=Section.MIGRATION, scope=Scope.MIGRATIONS,
        footer=7, verb="mig-bell",
    ),
)  # fmt: skip
"""Every action that moves a machine, or has to do with its way."""

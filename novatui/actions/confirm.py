"""How much a person has to say before something is sent: by what it does, to how many, and where."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from novatui.core.text import clean
from novatui.core.verbs import Effect

NONE, YES, TYPED, UNLOCKED = range(4)
"""Levels: nothing is asked; yes or no; the name or the count is typed; the same on a protected connection that is
unlocked."""

_TABLE: dict[Effect, tuple[int, int, int | None]] = {
    Effect.RELIEF: (NONE, YES, TYPED),
    Effect.AGREED: (YES, TYPED, TYPED),
    Effect.HARD: (TYPED, TYPED, TYPED),
    Effect.LOSS: (TYPED, TYPED, None),
}
"""For one object, several, a whole host or cluster; None: not offered."""


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has said."""

    yes: bool = False
    typed: str = ""
    """The name or the count, as typed."""
    ticket: str = ""
    """What the journal is to keep beside it, in place of the ticket of an unlock."""

    def covers(self, level: int, phrase: str) -> bool:
        """True when it is enough; a phrase that was typed right is also a yes."""
        typed = bool(phrase) and self.typed.strip() == phrase.strip()
        return level == NONE or typed or (level == YES and self.yes)

    @property
    def how(self) -> str:
        """For the journal."""
        return "typed" if self.typed else "yes" if self.yes else "none"


def level(effect: Effect, count: int, *, whole: bool, protected: bool) -> int | None:
    """How much is asked for; None when it is not offered. On a protected connection one step more than elsewhere."""
    one, several, everything = _TABLE[effect]
    asked = everything if whole else several if count > 1 else one
    if asked is None:
        return None
    return asked + 1 if protected else asked


def weightiest(effects: Iterable[Effect]) -> Effect:
    """The one that weighs most."""
    return max(effects, key=_WEIGHT.index)


def effect_of(word: str) -> Effect:
    """What a plan says that it weighs; a word that nobody knows weighs most."""
    try:
        return Effect(word)
    except ValueError:
        return Effect.LOSS


def phrase(asked: int, names: Iterable[str], whole: str) -> str:
    """What has to be typed: the name of the object or of the host that is meant as a whole, or how many they are."""
    all_names = list(names)
    if asked < TYPED or not all_names:
        return ""
    return whole or (all_names[0] if len(all_names) == 1 else str(len(all_names)))


def typeable(name: str, id: str) -> str:
    """What stands for an object where its name is typed: its id when the name cannot be typed as it is shown."""
    shown = clean(name).strip()
    return shown if shown and shown == name.strip() and "\ufffd" not in shown else id


_WEIGHT = list(Effect)

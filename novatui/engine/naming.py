"""How names are ordered and found: natural order, and the fuzzy match of a typed word."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[0-9]+")
_START = re.compile(r"(?<![0-9])[0-9]|(?<=0)[1-9]|(?<![^\W\d_])[^\W\d_]")
"""Where a part of a name begins: a number, also after its leading zeros, or a run of letters."""


def natural_key(name: str) -> str:
    """A text that sorts as people count: vm2 before vm10, without regard to case.

    A run of digits becomes `0`, its length as one character, and the digits without leading zeros.
    """
    return _NUMBER.sub(_counted, name.casefold())


def _counted(match: re.Match[str]) -> str:
    digits = match.group().lstrip("0") or "0"
    return f"0{chr(len(digits))}{digits}"


class Word:
    """A typed word and the names it finds: those that hold it, or whose parts begin with its pieces in order.

    `orders`, `dbo` and `do1` find `db-orders-01`; `bo` and `dr` do not. Case never matters; what is neither letter
    nor digit in the word counts for holding it only.
    """

    def __init__(self, text: str) -> None:
        self.text = text.casefold()
        self._pieces = "".join(char for char in self.text if char.isalnum())
        self._rough = re.compile(".*?".join(map(re.escape, self._pieces)), re.DOTALL)

    def finds(self, name: str) -> bool:
        """True when the word finds this name."""
        name = name.casefold()
        if self.text in name:
            return True
        if not self._pieces or self._rough.search(name) is None:
            return False
        return self._at_starts(name)

    def _at_starts(self, name: str) -> bool:
        """Every letter follows the one before it, or stands at the start of a later part of the name."""
        starts = {match.start() for match in _START.finditer(name)}
        reached = {at for at in starts if name[at] == self._pieces[0]}
        for char in self._pieces[1:]:
            if not reached:
                return False
            first = min(reached)
            later = {at for at in starts if at > first and name[at] == char}
            reached = later | {at + 1 for at in reached if name.startswith(char, at + 1)}
        return bool(reached)

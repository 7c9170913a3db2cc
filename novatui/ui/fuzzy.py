"""How well a name fits what was typed: every word somewhere in it, its letters in order."""

from __future__ import annotations

import re
from collections.abc import Callable

Fit = Callable[[str], float | None]
"""From a folded name to how well it fits, higher is better; None when it does not."""


def fit(typed: str) -> Fit:
    """The judge for what was typed. Nothing typed fits everything alike."""
    words = typed.casefold().split()
    judges = [_word(word) for word in words]

    def judge(name: str) -> float | None:
        total = 0.0
        for one in judges:
            score = one(name)
            if score is None:
                return None
            total += score
        return total - len(name) / 1000

    return judge


def _word(word: str) -> Fit:
    scattered = re.compile(".*?".join(map(re.escape, word)), re.DOTALL)

    def judge(name: str) -> float | None:
        at = name.find(word)
        if at == 0:
            return 4.0 if len(name) == len(word) else 3.0
        if at > 0:
            return 1.0 if name[at - 1].isalnum() else 2.0
        found = scattered.search(name)
        return None if found is None else len(word) / (found.end() - found.start() + 1)

    return judge

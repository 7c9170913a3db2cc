"""How one list of children became another: what went, what came, and whether the rest kept its order."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import filterfalse

Run = tuple[list[int], int | None]
"""New nodes in a row, and the kept node that follows them (None at the end)."""

BLOCK = 256
"""Nodes compared at once (at C speed) while looking for the first difference."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The change from one list of distinct nodes to another."""

    kept: list[int]
    """The nodes that stay, in their old order."""
    removed: list[int]
    added: list[Run]
    reordered: bool
    """The kept nodes are in another order now."""

    @property
    def edits(self) -> int:
        """Splices needed to make the change node by node."""
        return len(self.removed) + len(self.added)


def difference(old: list[int], new: list[int], gone: AbstractSet[int]) -> Difference:
    """Compare two lists of distinct nodes. A node in `gone` counts as removed, and as added if in `new`."""
    start = 0 if gone else _common(old, new)
    rest_old, rest_new = old[start:], new[start:]
    tail = 0 if gone else _common(rest_old[::-1], rest_new[::-1])
    middle_old, middle_new = rest_old[: len(rest_old) - tail], rest_new[: len(rest_new) - tail]

    staying = set(middle_old).intersection(middle_new).difference(gone)
    kept = list(filter(staying.__contains__, middle_old))
    after = new[len(new) - tail] if tail else None
    return Difference(
        kept=old[:start] + kept + old[len(old) - tail :],
        removed=list(filterfalse(staying.__contains__, middle_old)),
        added=_runs(middle_new, staying, after),
        reordered=kept != list(filter(staying.__contains__, middle_new)),
    )


def _runs(nodes: list[int], staying: AbstractSet[int], after: int | None) -> list[tuple[list[int], int | None]]:
    runs: list[tuple[list[int], int | None]] = []
    run: list[int] = []
    for node in nodes:
        if node not in staying:
            run.append(node)
        elif run:
            runs.append((run, node))
            run = []
    if run:
        runs.append((run, after))
    return runs


def _common(one: list[int], other: list[int]) -> int:
    """Length of the common beginning."""
    length = min(len(one), len(other))
    at = 0
    while at < length and one[at : at + BLOCK] == other[at : at + BLOCK]:
        at += BLOCK
    at = min(at, length)
    while at < length and one[at] == other[at]:
        at += 1
    return at

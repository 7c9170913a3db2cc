"""How one list of children became another: what went, what came, and whether the rest kept its order."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from itertools import filterfalse

import msgspec

Run = tuple[list[int], int | None]
"""New nodes in a row, and the kept node that follows them (None at the end)."""

BLOCK = 256
"""Nodes compared at once (at C speed) while looking for the next difference."""

FEW = 24
"""Differences looked for one by one before both lists are compared as sets."""

NEAR = 16
"""How far off the two lists may be after one difference."""


class Difference(msgspec.Struct, frozen=True):
    """The change from one list of distinct nodes to another."""

    kept: list[int]
    """The nodes that stay, in their old order."""
    removed: list[int]
    added: list[Run]
    reordered: bool = False
    """The kept nodes are in another order now."""

    @property
    def edits(self) -> int:
        """Splices needed to make the change node by node."""
        return len(self.removed) + len(self.added)


def difference(old: list[int], new: list[int], gone: AbstractSet[int]) -> Difference:
    """Compare two lists of nodes. A node in `gone` counts as removed, and as added if in `new`.

    Nodes should be distinct; of a new node that is named twice only the first occurrence counts.
    """
    return (None if gone else _few_differences(old, new)) or _any_difference(old, list(dict.fromkeys(new)), gone)


def _few_differences(old: list[int], new: list[int]) -> Difference | None:
    """The usual case, at the cost of two comparisons at C speed: here and there some nodes came or went.

    None when the change is not of that kind: a node moved, or is named twice.
    """
    kept, removed, added = old.copy(), list[int](), list[Run]()
    at = to = 0
    for _ in range(FEW):
        same = _common(old, new, at, to)
        at, to = at + same, to + same
        if at == len(old) or to == len(new):
            break
        ahead, behind = new[to : to + NEAR], old[at : at + NEAR]
        if behind[0] in ahead:
            count = ahead.index(behind[0])
            added.append((ahead[:count], behind[0]))
            to += count
        elif ahead[0] in behind:
            count = behind.index(ahead[0])
            del kept[at - len(removed) : at - len(removed) + count]
            removed += behind[:count]
            at += count
        else:
            return None
    else:
        return None
    if at < len(old):
        del kept[at - len(removed) :]
        removed += old[at:]
    if to < len(new):
        added.append((new[to:], None))
    arrived = [node for run, _ in added for node in run]
    distinct = set(arrived)
    if len(distinct) < len(arrived) or not distinct.isdisjoint(removed):
        return None
    return Difference(kept, removed, added)


def _any_difference(old: list[int], new: list[int], gone: AbstractSet[int]) -> Difference:
    staying = set(old).intersection(new).difference(gone)
    kept = list(filter(staying.__contains__, old))
    return Difference(
        kept=kept,
        removed=list(filterfalse(staying.__contains__, old)),
        added=_runs(new, staying),
        reordered=kept != list(filter(staying.__contains__, new)),
    )


def _runs(nodes: list[int], staying: AbstractSet[int]) -> list[Run]:
    runs: list[Run] = []
    run: list[int] = []
    for node in nodes:
        if node not in staying:
            run.append(node)
        elif run:
            runs.append((run, node))
            run = []
    if run:
        runs.append((run, None))
    return runs


def _common(one: list[int], other: list[int], start: int, begin: int) -> int:
    """How many nodes agree from `one[start]` and `other[begin]` on."""
    length = min(len(one) - start, len(other) - begin)
    same = 0
    while same < length:
        a, b = start + same, begin + same
        if one[a : a + BLOCK] != other[b : b + BLOCK]:
            break
        same += BLOCK
    same = min(same, length)
    while same < length and one[start + same] == other[begin + same]:
        same += 1
    return same

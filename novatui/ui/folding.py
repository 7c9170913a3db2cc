"""What many plans say, in few lines: sentences that differ in nothing but their figures are one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from novatui.actions.proposal import Aim, Proposal, names_of
from novatui.core.text import clean

FEW = 3
"""So many sentences that differ in their figures still stand one by one."""

_FIGURE = re.compile(r"(?<![\w.:-])\d+(?:\.\d+)?(?![\w.:-]*[A-Za-z_-])")
"""A number that is no part of a name, an address or a time."""


def folded(proposal: Proposal, what: str) -> tuple[str, ...]:
    """`losses`, `costs` or `warnings` of its plans; of figures that differ the least and the most."""
    planned = proposal.planned
    shapes: dict[str, list[tuple[Aim, str]]] = {}
    for aim in planned:
        for sentence in getattr(aim.plan, what):
            words = clean(sentence)
            shapes.setdefault(_FIGURE.sub("0", words), []).append((aim, words))
    found: list[str] = []
    for alike in shapes.values():
        sentences = dict.fromkeys(words for _, words in alike)
        if len(sentences) > FEW:
            found.append(_headed([aim for aim, _ in alike], _spread(list(sentences)), len(planned)))
        else:
            found += (_headed([aim for aim, said in alike if said == one], one, len(planned)) for one in sentences)
    return tuple(found)


def _headed(aims: Sequence[Aim], sentence: str, of: int) -> str:
    return sentence if len(aims) == of else f"{names_of([aim.title for aim in aims])}: {sentence}"


def _spread(sentences: Sequence[str]) -> str:
    """One sentence for all of these, each figure from its least to its most."""
    columns = zip(*(_FIGURE.findall(one) for one in sentences), strict=True)
    ranges = iter([_range(sorted(set(column), key=float)) for column in columns])
    return _FIGURE.sub(lambda _: next(ranges), sentences[0])


def _range(figures: Sequence[str]) -> str:
    return figures[0] if len(figures) == 1 else f"{figures[0]} to {figures[-1]}"

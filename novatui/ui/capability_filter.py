"""What is typed above the matrix of capabilities: words for features, `key:value` for columns, answers for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from novatui.core.capabilities import Answer
from novatui.core.features import Feature
from novatui.core.states import FAMILY_ALIASES
from novatui.ui.render.capabilities import Cell

EXAMPLES = "gpu  no,unknown  conn:kvm*  fam:libvirt  host:esx-0*  !numa"

KEYS = {"conn": "conn", "connection": "conn", "fam": "family", "family": "family", "host": "name", "vm": "name",
        "name": "name"}  # fmt: skip
"""Words before a colon, and what of a column each is about."""

ANSWERS = frozenset(answer.value for answer in Answer) | {"asked", "declared", "stale"}
"""Words that are about cells."""


class Term(msgspec.Struct, frozen=True):
    """One word of the filter."""

    key: str
    """`conn`, `family`, `name`: of a column. `answer`: of a cell. Empty: of a feature."""
    values: tuple[str, ...]
    """Any of them."""
    negated: bool = False


class CapabilityFilter:
    """Every term has to hold. Answers leave features of which a column says so, and columns that say so of one."""

    def __init__(self, text: str) -> None:
        self._terms = [_term(word) for word in text.casefold().split()]
        self.by_answer = any(term.key == "answer" for term in self._terms)
        """It depends on what was answered."""
        self.by_column = any(term.key in KEYS.values() for term in self._terms)
        """It is about names, connections or families, too."""

    def feature(self, feature: Feature) -> bool:
        """The row may be shown."""
        said = f"{feature.slug} {feature.title} {feature.meaning}".casefold()
        return all(any(word in said for word in term.values) != term.negated for term in self._terms if not term.key)

    def column(self, words: Mapping[str, str]) -> bool:
        """The column may be shown; `words` are its name, connection and family."""
        terms = (term for term in self._terms if term.key in words)
        return all(
            any(fnmatchcase(words[term.key].casefold(), value) for value in term.values) != term.negated
            for term in terms
        )

    def cell(self, cell: Cell) -> bool:
        """The cell is one of those that are asked for."""
        traits = _traits(cell)
        return all((not traits.isdisjoint(term.values)) != term.negated for term in self._terms if term.key == "answer")


def _term(word: str) -> Term:
    negated = word.startswith("!")
    word = word.removeprefix("!")
    key, colon, value = word.partition(":")
    if colon and key in KEYS:
        values = tuple(filter(None, value.split(",")))
        of = KEYS[key]
        return Term(of, tuple(FAMILY_ALIASES.get(each, each) for each in values) if of == "family" else values, negated)
    values = tuple(filter(None, (value if key == "is" and colon else word).replace("-", "_").split(",")))
    if values and ANSWERS.issuperset(values):
        return Term("answer", values, negated)
    return Term("", (word,), negated)


def _traits(cell: Cell) -> frozenset[str]:
    told = {cell.answer.value}
    if cell.stale:
        told.add("stale")
    if cell.told and cell.answer is not Answer.UNKNOWN:
        told.add("declared" if cell.declared else "asked")
    return frozenset(told)


def crossing(
    rows: Sequence[Feature], columns: Sequence[Sequence[Cell]], wanted: CapabilityFilter
) -> tuple[list[int], list[int]]:
    """Numbers of the rows and of the columns in which a cell is one of those asked for. `columns`: cells by row."""
    found = [[wanted.cell(cell) for cell in cells] for cells in columns]
    return (
        [at for at in range(len(rows)) if any(cells[at] for cells in found)],
        [at for at, cells in enumerate(found) if any(cells)],
    )

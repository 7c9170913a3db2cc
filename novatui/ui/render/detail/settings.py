"""Settings of a machine: those that are told with their values, the others by name, so that nothing is invented."""

from __future__ import annotations

from collections.abc import Iterable

from novatui.ui.render.detail import offers, words
from novatui.ui.render.detail.sheet import Field
from novatui.ui.render.detail.whole import Whole

Setting = tuple[str, str, str]
"""Name, what `offers` calls it, and its value; an empty value was not told."""


def settings(whole: Whole, found: Iterable[Setting]) -> list[Field]:
    """Those that are told, then one line with the names of the others: the product's default holds for them."""
    told: list[Field] = []
    left: list[str] = []
    for name, thing, value in found:
        if value:
            told.append(Field(name, value))
        elif offers.offered(thing, whole.family):
            left.append(name)
    if left:
        told.append(Field("not told", ", ".join(left), whole.look.styles.quiet))
    return told


def amount(value: int | None) -> str:
    """A number; empty when it is not told."""
    return "" if value is None else str(value)


def space(value: int | None) -> str:
    """A size; empty when it is not told."""
    return "" if value is None else words.size(value)


def switch(value: bool | None) -> str:
    """`yes`, `no`; empty when it is not told."""
    return "" if value is None else words.yes_no(value)

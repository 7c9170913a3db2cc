"""Values as detail screens write them: with their unit, and `?` for what nobody told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from novatui.core import units
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.readings import NOTHING

T = TypeVar("T")


def told(value: T | None, write: Callable[[T], str] = str) -> str:
    """The value as text; `?` for None and for an empty text."""
    return UNKNOWN if value is None or value == "" else write(value)


def yes_no(value: bool | None) -> str:
    """`yes`, `no` or `?`."""
    return told(value, lambda known: "yes" if known else "no")


def size(value: float | None) -> str:
    """Bytes as `16.0 GiB`, `512 B`."""
    return _with_unit(units.size(value), "B")


def rate(value: float | None) -> str:
    """Bytes per second as `41 MiB/s`."""
    return _with_unit(units.size(value), "B/s")


def percent(value: float | None) -> str:
    """`42 %`, or `?` without a unit."""
    return UNKNOWN if value is None else f"{units.percent(value)} %"


def number(value: float | None, unit: str) -> str:
    """A count or amount with its unit: `11 ms`, `3.2k /s`."""
    return UNKNOWN if value is None else f"{units.count(value)} {unit}".rstrip()


def _with_unit(text: str, unit: str) -> str:
    if text == UNKNOWN:
        return text
    if text[-1].isdigit():
        return f"{text} {unit}"
    return f"{text[:-1]} {text[-1]}i{unit}"


def listed(values: Iterable[str] | None, between: str = " ") -> str:
    """All of them; `none` when it is told that there are none, `?` when nothing is told."""
    if values is None:
        return UNKNOWN
    return between.join(values) or NOTHING


def ago(epoch: float | None, look: Look) -> str:
    """A time and how long it is past: `2026-08-01 09:12, 72d ago`."""
    if epoch is None:
        return UNKNOWN
    passed = look.epoch() - epoch
    return f"{look.date(epoch)}, {units.span(passed)} ago" if passed >= 0 else look.date(epoch)


def joined(*words: str) -> str:
    """The words that there are, with single blanks."""
    return " ".join(word for word in words if word)

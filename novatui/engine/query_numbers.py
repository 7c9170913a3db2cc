"""Numbers as they are typed in filters."""

from __future__ import annotations

import re

import msgspec

from novatui.core.units import parse_size, parse_span
from novatui.engine.query_keys import Key, Shape

_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+", re.ASCII)


class Number(msgspec.Struct, frozen=True):
    """A typed number in the unit of its key: bytes, percent, milliseconds, seconds."""

    value: float
    share: bool = False
    """Percent of the key's whole."""


def number(key: Key, text: str) -> Number | None:
    """The number that a text means for this key; None when it is none."""
    text = text.strip()
    if not text.isascii() or len(text) > 30:
        return None
    plain = float(text) if _NUMBER.fullmatch(text) else None
    percent = float(text[:-1]) if text.endswith("%") and _NUMBER.fullmatch(text[:-1]) else None
    if key.whole and (percent is not None or (plain is not None and key.bare is Shape.PERCENT)):
        return Number(percent if percent is not None else plain or 0.0, share=True)
    match key.shape:
        case Shape.PERCENT:
            value = plain if percent is None else percent
        case Shape.SIZE:
            value = parse_size(text)
        case Shape.AGE | Shape.SINCE:
            value = parse_span(text)
        case Shape.MILLISECONDS:
            span = parse_span(text)
            value = plain if span is None else span * 1000
        case _:
            value = plain
    return None if value is None else Number(value)

"""Backend text is hostile: what may be drawn, logged or printed of it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

TEXT_LIMIT = 4096
"""Longest single-line text kept, in characters; the rest is cut with an ellipsis."""

RAW_LIMIT = 2_000_000
"""Longest multi-line native text kept (domain XML, dumps), in characters."""

_UNSAFE = (
    "[^\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0590\u0400-\u052f\u1e00-\u1fff\u2500-\u25ff\u4e00-\u9fff]"
)
"""Anything outside well-known harmless ranges is looked at one by one. Compiling it takes milliseconds that the first
frame does not have: that is left to the first text that needs it."""

PILE = 4
"""Combining marks that one letter may carry; scripts need fewer, and a pile of them is drawn over other lines."""

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters that are drawn as nothing, or as a blank that terminals count differently."""

_LINE_BREAKS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """One printable line: no control or escape characters, no bidirectional overrides, no line breaks.

    A control character becomes U+FFFD, so that it is seen that something stood there; white space of any kind
    becomes a space; invisible formatting (bidi controls, zero-width, tags, variation selectors, fillers) is dropped,
    and so is what piles up on a letter.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    unsafe = _unsafe()
    return _thin(unsafe.sub(_replace, text)) if unsafe.search(text) else text


@cache
def _unsafe() -> re.Pattern[str]:
    return re.compile(_UNSAFE)


def clean_lines(text: str, limit: int = RAW_LIMIT) -> str:
    """The same for native text of several lines: line feeds and tabs stay, everything else as in `clean`."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    plain = text.replace("\n", "").replace("\t", "")
    if plain.isascii() and plain.isprintable():
        return text
    lines = _LINE_BREAKS.sub("\n", text).split("\n")
    return "\n".join("\t".join(clean(cell, limit) for cell in line.split("\t")) for line in lines)


def _replace(match: re.Match[str]) -> str:
    char = match.group()
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    if category == "Cf" or char in _INVISIBLE or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return ""
    if category in {"Cc", "Cs", "Cn", "Co"}:
        return "\ufffd"
    return char


def _thin(text: str) -> str:
    """The text with at most PILE combining marks in a row."""
    kept: list[str] = []
    pile = 0
    for char in text:
        pile = pile + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if pile <= PILE:
            kept.append(char)
    return "".join(kept)

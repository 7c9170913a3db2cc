"""Markdown for tickets and change requests: tables, and text of products that stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from novatui.core.text import clean

_MEANT = re.compile(r"([\\`*_\[\]<>|#~&])")
"""What Markdown reads as more than itself inside a line: code, emphasis, links, tags, cells, entities."""


def escape(text: str) -> str:
    """Names of machines and words of products as one line that is no Markdown and no link, whatever stands in it."""
    return _MEANT.sub(r"\\\1", clean(text)).replace("://", ":\\//")


def table(titles: Sequence[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Lines of a table. Cells are Markdown already: what comes from a product has to be escaped before."""
    return [_row(titles), _row("---" for _ in titles), *(_row(row) for row in rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"

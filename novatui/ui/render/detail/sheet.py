"""Named fields and small tables in titled boxes: below each other on narrow screens, side by side on wide ones.

Nothing is cut away: a value that is too long goes on in the next line. Only tables give up columns, and what a table
leaves out stands as a field elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from novatui.ui.render import bars
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.detail.grid import Column, Row, draw_table
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.render.look import Look
from novatui.ui.rows.cells import fit

TWO_COLUMNS = 98
"""Pages at least this wide have two boxes beside each other: those of screens of 100 cells."""

PAIRS = 68
"""Boxes with at least so many cells inside show two short fields on a line."""

NAMES = range(13, 17)
"""Cells that names have, so that values stand below each other from box to box."""

SLIM = 44
"""Boxes with fewer cells inside give names no more than they need."""


class Field(msgspec.Struct, frozen=True):
    """One named value; its unit is part of the text."""

    name: str
    value: str
    style: Style | None = None
    """None: plain, or quiet for a sign that stands for no value."""
    alone: bool = False
    """It has its line for itself, however short it is."""


class Text(msgspec.Struct, frozen=True):
    """A sentence that goes over the whole width of its box."""

    text: str
    style: Style | None = None


class Table(msgspec.Struct, frozen=True):
    """Like things, a line each."""

    columns: Sequence[Column]
    rows: Sequence[Row]


Item = Field | Text | Table


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A box: what belongs together under one title. Without items it is not drawn."""

    title: str
    items: Sequence[Item]
    far: str = ""
    """At the right end of the title."""
    wide: bool = False
    """Over the whole width, also where boxes stand side by side."""


def draw(sections: Iterable[Section], width: int, look: Look, *, protected: bool = False) -> list[Strip]:
    """The boxes in their order, read from left to right and from top to bottom; `protected` ones stand out."""
    shown = [section for section in sections if section.items]
    if width < TWO_COLUMNS:
        return [strip for section in shown for strip in _box(section, width, look, protected)]
    left = (width - 1) // 2
    drawn: list[Strip] = []
    columns: tuple[list[Strip], list[Strip]] = ([], [])
    for section in shown:
        if section.wide:
            drawn += _beside(columns, left, width - 1 - left, look)
            columns = ([], [])
            drawn += _box(section, width, look, protected)
            continue
        side = 0 if len(columns[0]) <= len(columns[1]) else 1
        columns[side].extend(_box(section, (left, width - 1 - left)[side], look, protected))
    return [*drawn, *_beside(columns, left, width - 1 - left, look)]


def _beside(columns: tuple[list[Strip], list[Strip]], left: int, right: int, look: Look) -> Iterator[Strip]:
    """Two columns of lines with a bar between them."""
    bar = line([(look.marks.bar, look.styles.rule)], 1)
    for at in range(max(map(len, columns))):
        pair = [
            column[at] if at < len(column) else line([], cells)
            for column, cells in zip(columns, (left, right), strict=True)
        ]
        yield Strip.join([pair[0], bar, pair[1]])


def _box(section: Section, width: int, look: Look, protected: bool) -> list[Strip]:
    drawn = [bars.rule(look, width, section.title, section.far, protected=protected)]
    fields: list[Field] = []
    for item in section.items:
        if isinstance(item, Field):
            fields.append(item)
            continue
        drawn += _fields(fields, width, look)
        fields = []
        drawn += (
            _text(item, width, look) if isinstance(item, Text) else draw_table(item.columns, item.rows, width, look)
        )
    return drawn + list(_fields(fields, width, look))


def _text(text: Text, width: int, look: Look) -> Iterator[Strip]:
    style = text.style or look.styles.text
    for part in wrap(text.text, max(1, width - 2)):
        yield line([(f" {part}", style)], width)


def _fields(fields: Sequence[Field], width: int, look: Look) -> Iterator[Strip]:
    """Two on a line where both are short; a long one has its line, or lines, for itself."""
    if not fields:
        return
    inner = max(1, width - 2)
    longest = max(cell_len(field.name) for field in fields)
    least = NAMES.start if inner >= SLIM else 0
    names = min(max(longest, least), NAMES.stop - 1, max(1, inner // 2))
    half = (inner - 2) // 2 if inner >= PAIRS else 0
    waiting: Field | None = None
    for field in fields:
        if half and not field.alone and _length(field, names) <= half:
            if waiting is None:
                waiting = field
                continue
            pair = [*_short(waiting, names, half, look), ("  ", look.styles.text), *_short(field, names, half, look)]
            yield line([(" ", look.styles.text), *pair], width)
            waiting = None
            continue
        if waiting is not None:
            yield line([(" ", look.styles.text), *_short(waiting, names, half, look)], width)
            waiting = None
        yield from _long(field, names, width, look)
    if waiting is not None:
        yield line([(" ", look.styles.text), *_short(waiting, names, half, look)], width)


def _length(field: Field, names: int) -> int:
    return max(names, cell_len(field.name)) + 2 + cell_len(field.value)


def _short(field: Field, names: int, cells: int, look: Look) -> list[Piece]:
    name = fit(field.name, max(names, cell_len(field.name)))
    used = cell_len(name) + 2
    return [
        (f"{name}  ", look.styles.quiet),
        (fit(field.value, cells - used), _style(field, look)),
    ]


def _long(field: Field, names: int, width: int, look: Look) -> Iterator[Strip]:
    """A name longer than the others pushes its value to the right, or to the next line."""
    name = cell_len(field.name)
    inner = max(1, width - 2)
    indent = names + 2
    first = max(names, name) + 2
    if first + min(cell_len(field.value), 8) > inner:
        for part in wrap(field.name, inner):
            yield line([(f" {part}", look.styles.quiet)], width)
        lead = ""
    else:
        lead = fit(field.name, first)
        indent = first if name > names else indent
    room = max(1, inner - indent)
    for at, part in enumerate(wrap(field.value, room)):
        label = lead if at == 0 and lead else " " * indent
        yield line([(f" {label}", look.styles.quiet), (part, _style(field, look))], width)


def _style(field: Field, look: Look) -> Style:
    if field.style is not None:
        return field.style
    return look.styles.quiet if field.value in look.marks.gaps else look.styles.text

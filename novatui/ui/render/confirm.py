"""What a person reads before a change is sent: whom it meets, what it does and costs, and the calls that go out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rich.style import Style
from textual.strip import Strip

from novatui.ui.render.cells import Piece, line, spread, width_of
from novatui.ui.render.detail.wrap import wrap
from novatui.ui.render.look import Look
from novatui.ui.rows.cells import fit

LABEL = 11
"""Cells of what a line is about."""

FORMS = ("calls", "commands", "json")
"""How the calls can be shown."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One object that the change is for."""

    name: str
    conn: str
    state: str = ""
    problem: tuple[str, ...] = ()
    """Why it cannot be done there, in sentences; empty when it can."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A change, as it is put to a person."""

    title: str
    """What and whom: `power off db-orders-01`."""
    where: str
    """Connection, how it is protected, for how long that is lifted."""
    protected: bool = False
    subjects: tuple[Subject, ...]
    things: str = "objects"
    """What several of them are called."""
    owners: int = 0
    """How many machines they are parts of; 0 for what is no part."""
    does: str
    """In our words."""
    native: str = ""
    """The product's own name of it."""
    losses: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    undo: str = ""
    """How it is taken back, or that nothing takes it back."""
    forms: dict[str, tuple[str, ...]] = {}
    """Its calls, by FORMS; a form that there is not is missing."""
    recorded: str = ""
    """How it is written down."""
    locked: str = ""
    """Why it may only be looked at; empty when it may be sent."""


def body(asked: Asked, look: Look, width: int, form: str) -> list[Strip]:
    """Everything but what is typed, wrapped."""
    parts = _parts(asked, look, form)
    return [strip for label, texts, style in parts for strip in _part(label, texts, style, look, width)]


def head(asked: Asked, look: Look, width: int) -> Strip:
    """The first line: what and whom, and where."""
    styles = look.styles
    far: list[Piece] = [(f" {asked.where} ", styles.protected if asked.protected else styles.quiet)]
    room = max(8, width - width_of(far) - 2)
    title = fit(asked.title, room, ellipsis=look.marks.ellipsis).rstrip()
    return spread([(f" {title}", styles.title)], far if width_of(far) < width // 2 else [], width)


def _parts(asked: Asked, look: Look, form: str) -> Iterator[tuple[str, Sequence[str], Style]]:
    styles = look.styles
    fine = [one for one in asked.subjects if not one.problem]
    if len(asked.subjects) > 1:
        yield "for", [_many(asked, fine)], styles.text
    else:
        yield "now", [one.state for one in asked.subjects if one.state], styles.text
    bad = [one for one in asked.subjects if one.problem]
    if len(asked.subjects) > 1:
        yield "not" if fine else "no", [f"{_line(one)}: {'. '.join(one.problem)}" for one in bad], styles.bad
    else:
        yield "no", [sentence for one in bad for sentence in one.problem], styles.bad
    yield "does", [f"{asked.does}   ({asked.native})" if asked.native else asked.does], styles.text
    yield "loses", asked.losses, styles.bad
    yield "costs", asked.costs, styles.text
    yield "note", [one for one in asked.warnings if one not in asked.losses], styles.warning
    yield "undo", [asked.undo] if asked.undo else [], styles.text
    label = {"calls": "sends", "commands": "command", "json": "JSON"}[form]
    yield label, asked.forms.get(form, ()), styles.info
    yield "recorded", [asked.recorded] if asked.recorded else [], styles.quiet
    if len(asked.subjects) > 1:
        yield "each", [_line(one) for one in fine], styles.text


def _many(asked: Asked, fine: Sequence[Subject]) -> str:
    conns = {one.conn for one in fine or asked.subjects}
    where = f" on {next(iter(conns))}" if len(conns) == 1 else f" on {len(conns)} connections"
    left = len(asked.subjects) - len(fine)
    but = f"; {left} of {len(asked.subjects)} left out" if left else ""
    of = f" of {asked.owners} machine{'' if asked.owners == 1 else 's'}" if asked.owners else ""
    return f"{len(fine)} {asked.things.removesuffix('s') if len(fine) == 1 else asked.things}{of}{where}{but}"


def _line(one: Subject) -> str:
    return f"{one.name} on {one.conn}" + (f", {one.state}" if one.state else "")


def _part(label: str, texts: Sequence[str], style: Style, look: Look, width: int) -> Iterator[Strip]:
    said = label
    for text in texts:
        for part in wrap(text, max(1, width - LABEL - 1)):
            yield line([(f" {said:{LABEL - 1}}", look.styles.quiet), (part, style)], width)
            said = ""

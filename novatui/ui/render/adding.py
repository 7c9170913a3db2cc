"""What can be connected to, as rows of the screen on which connections are added, and more words on one of them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import msgspec
from rich.style import Style
from textual.strip import Strip

from novatui.config.discovery import Found
from novatui.config.templates import TEMPLATES, Template
from novatui.core.libraries import SERVED
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look
from novatui.ui.rows.cells import fit

READY, UNTRIED, LACKING, OPEN, UNSERVED = "ready", "not tried", "not ready", "to fill in", "not yet"
"""What is said of an offer in a word."""

STATE_WIDTH = 11
"""Cells of that word and a gap."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """Something to connect to."""

    address: str
    title: str
    state: str
    uri: str = ""
    """What can be tried as it is; empty when something is to be filled in or done first."""
    template: Template | None = None
    missing: str = ""
    hint: str = ""


def offers(found: Sequence[Found]) -> list[Offer]:
    """What was found on this machine, then the kinds of connections."""
    return [*(_found(one) for one in found), *(_template(one) for one in TEMPLATES)]


def _found(one: Found) -> Offer:
    state = {True: READY, None: UNTRIED, False: LACKING}[one.ready]
    served = one.family in SERVED
    return Offer(
        address=one.uri or "-",
        title=one.title,
        state=state if served else UNSERVED,
        uri=one.uri if served else "",
        missing=one.missing,
        hint=one.hint,
    )


def _template(one: Template) -> Offer:
    if one.family is not None and one.family not in SERVED:
        missing = f"this version does not speak to {one.family.value} yet"
        return Offer(address=one.example, title=one.title, state=UNSERVED, missing=missing)
    return Offer(address=one.example, title=one.title, state=OPEN, template=one)


def row(offer: Offer, look: Look, width: int, cursor: bool, focused: bool) -> Strip:
    """One line: mark, address, title, state."""
    styles, marks = look.styles, look.marks
    sign, style = _sign(offer, look)
    room = max(0, width - 4 - STATE_WIDTH)
    address = max(10, min(34, room // 2))
    title = max(0, room - address - 1)
    pieces: list[Piece] = [
        (f"{marks.point if cursor else ' '} ", styles.cursor if cursor else styles.text),
        (f"{sign} ", style),
        (fit(offer.address, address, ellipsis=marks.ellipsis), styles.text),
        (" ", styles.text),
        (fit(offer.title, title, ellipsis=marks.ellipsis), styles.quiet),
        (f" {offer.state}", style),
    ]
    drawn = line(pieces, width)
    return drawn.apply_style(styles.cursor if focused else styles.cursor_quiet) if cursor else drawn


def _sign(offer: Offer, look: Look) -> tuple[str, Style]:
    styles, marks = look.styles, look.marks
    return {
        READY: (marks.on, styles.good),
        UNTRIED: ("?", styles.info),
        LACKING: (marks.error, styles.warning),
        OPEN: (" ", styles.info),
        UNSERVED: (marks.lacking, styles.quiet),
    }[offer.state]


def header(look: Look, width: int) -> Strip:
    """Titles of the columns."""
    room = max(0, width - 4 - STATE_WIDTH)
    address = max(10, min(34, room // 2))
    text = f"    {'ADDRESS':{address}} {'WHAT':{max(0, room - address - 1)}} STATE"
    return line([(text, look.styles.header)], width)


WELCOME = "No connection is configured yet. Here is what this machine has, and what else."
TRYING = "{key} tries one and shows each step; nothing is saved before you say so."


def welcome(first: bool, key: str, look: Look, width: int) -> list[Strip]:
    """The lines above the rows; `first`: nothing is open yet; `key` tries an offer."""
    trying = TRYING.format(key=key)
    said = (WELCOME, trying) if first else (trying,)
    return [line([(f" {text}", look.styles.text)], width, look.marks.ellipsis) for text in said]


def details(offer: Offer | None, key: str, look: Look, width: int) -> list[Strip]:
    """More on one offer: its address, what is missing, and what to type against that; `key` tries it."""
    if offer is None:
        return []
    styles = look.styles
    named = [
        ("address", offer.address, styles.text),
        ("missing", offer.missing, styles.warning if offer.state in (LACKING, UNSERVED) else styles.text),
        ("type", offer.hint, styles.key),
    ]
    if not offer.missing:
        named.append((key, "opens a form" if offer.template else "tries it", styles.quiet))
    drawn: list[Strip] = []
    for name, text, style in named:
        for at, part in enumerate(textwrap.wrap(text, max(20, width - 12))):
            drawn.append(line([(f" {name if not at else '':9} ", styles.quiet), (part, style)], width))
    return drawn

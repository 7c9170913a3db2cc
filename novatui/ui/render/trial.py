"""A connection that is tried: each step as it comes, then what was found, or why not and what to do."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from rich.style import Style
from textual.strip import Strip

from novatui.config.tls import show_fingerprint
from novatui.core.errors import Failure, Fault
from novatui.core.states import Kind, Link
from novatui.engine.fleet import Connection, Fleet
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look

NAME = 10
"""Cells of a step's name."""

SAID = 4
"""Lines of a product's own words that are shown."""

Row = tuple[str, Style, str, str, Style]
"""Sign and its style, name, text and its style."""


def lines(fleet: Fleet, name: str, look: Look, width: int) -> list[Strip]:
    """Everything that is known of the attempt."""
    one = fleet.connections.get(name)
    if one is None:
        return []
    drawn: list[Strip] = []
    for sign, style, step, text, words in _rows(fleet, one, look):
        wrapped = textwrap.wrap(text, max(20, width - NAME - 5)) or [""]
        for at, part in enumerate(wrapped):
            front: list[Piece] = [(f" {sign if not at else ' '} ", style), (f"{step if not at else '':{NAME}} ", style)]
            drawn.append(line([*front, (part, words)], width, cut=look.marks.ellipsis))
    return drawn


def _rows(fleet: Fleet, one: Connection, look: Look) -> Iterator[Row]:
    styles, marks = look.styles, look.marks
    for step in one.steps:
        if step.step == "identify" and step.ok:
            continue  # told below, with more
        sign, style = _sign(step.ok, look)
        took = f"{step.ms:.0f} ms" if step.ms else ""
        said = "" if one.failure is not None and step.text == one.failure.native else step.text
        words = styles.bad if step.ok is False else styles.text
        yield sign, style, step.step, "  ".join(part for part in (took, said) if part), words
    if one.questions:
        yield "?", styles.warning, "question", next(iter(one.questions.values())).text, styles.text
    elif one.link is Link.CONNECTING:
        yield marks.inapplicable, styles.info, "connecting", _since(one, look), styles.quiet
    if one.link in (Link.LOADING, Link.UP) and one.info is not None:
        facts = (one.info.product, one.info.user, one.info.privileges, one.info.transport)
        yield marks.done, styles.good, "identify", f" {marks.dot} ".join(fact for fact in facts if fact), styles.text
    if one.link is Link.LOADING:
        yield marks.inapplicable, styles.info, "list", f"the first listing runs, {_since(one, look)}", styles.quiet
    if one.link is Link.UP and one.listed:
        yield marks.done, styles.good, "list", _counts(fleet, one), styles.text
        for kind, failure in sorted(one.load_failures.items()):
            yield marks.error, styles.warning, f"list {kind}"[:NAME], str(failure), styles.warning
    if one.link is Link.DOWN and one.failure is not None:
        yield from _failed(one.failure, look)


def _sign(ok: bool | None, look: Look) -> tuple[str, Style]:
    styles, marks = look.styles, look.marks
    if ok is None:
        return marks.inapplicable, styles.quiet
    return (marks.done, styles.good) if ok else (marks.error, styles.bad)


def _since(one: Connection, look: Look) -> str:
    return f"{max(0.0, look.epoch() - one.since):.0f} s"


def _counts(fleet: Fleet, one: Connection) -> str:
    store = fleet.inventory
    kinds = Counter(store.kind(slot) for slot in store.slots() if store.conn(slot) == one.name)
    counted = ", ".join(f"{kinds[kind]:,} {kind.value}" for kind in Kind if kinds[kind] and kind not in _UNCOUNTED)
    return counted or "nothing is there yet"


_UNCOUNTED = frozenset({Kind.CONNECTION, Kind.GROUP})


def _failed(failure: Failure, look: Look) -> Iterator[Row]:
    styles, marks = look.styles, look.marks
    yield marks.error, styles.bad, "failed", str(failure), styles.bad
    if failure.meaning:
        yield " ", styles.quiet, "means", failure.meaning, styles.text
    if failure.hint:
        yield " ", styles.quiet, "try", failure.hint, styles.key
    if failure.fault is Fault.TLS_UNTRUSTED and failure.subject:
        yield " ", styles.quiet, "shown", f"SHA-256 {shown_pin(failure.subject)}", styles.text
    if failure.native and failure.native != failure.message:
        said = failure.native.splitlines()
        for at, words in enumerate(said[:SAID]):
            yield " ", styles.quiet, "said" if not at else "", words, styles.quiet


def shown_pin(subject: str) -> str:
    """A fingerprint as products print it; what is none stays as it is."""
    is_pin = len(subject) == 64 and all(char in "0123456789abcdef" for char in subject)
    return show_fingerprint(subject) if is_pin else subject

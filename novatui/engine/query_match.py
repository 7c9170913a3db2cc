"""Which objects a query means. A comparison with an unknown value holds neither way, so negating it changes nothing."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

from novatui.engine.naming import Word
from novatui.engine.query_keys import KEYS, Key, Shape
from novatui.engine.query_numbers import number
from novatui.engine.query_regex import MAX_SUBJECT, compile_pattern
from novatui.engine.query_terms import Term
from novatui.engine.query_values import Clocks, FleetView, Reader, reader, share

Test = Callable[[int], bool | None]
"""Whether a condition holds for a slot; None when that is unknown."""

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def all_hold(terms: Sequence[Term], view: FleetView, clocks: Clocks) -> Test:
    """Whether all conditions hold for a slot: True, False, or None when an unknown value decides."""
    tests = [_negated(_condition(term, view, clocks), term.negated) for term in terms]

    def holds(slot: int) -> bool | None:
        answer: bool | None = True
        for one in tests:
            found = one(slot)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    return holds


def all_surely_hold(terms: Sequence[Term], view: FleetView, clocks: Clocks) -> Callable[[int], bool]:
    """Whether all conditions are known to hold for a slot."""
    tests = [_negated(_condition(term, view, clocks), term.negated) for term in terms]
    if len(tests) == 1:
        only = tests[0]
        return lambda slot: only(slot) is True
    return lambda slot: all(one(slot) is True for one in tests)


def _negated(test: Test, negated: bool) -> Test:
    if not negated:
        return test

    def contrary(slot: int) -> bool | None:
        found = test(slot)
        return None if found is None else not found

    return contrary


def _condition(term: Term, view: FleetView, clocks: Clocks) -> Test:
    read = reader(term.key, view, clocks)
    match term.operator:
        case "?":
            return lambda slot: read(slot) is None
        case "word":
            return _on_text(read, Word(term.values[0]).finds)
        case "~":
            search = compile_pattern(term.values[0]).search
            return _on_text(read, lambda text: search(text[:MAX_SUBJECT]) is not None)
        case _ if term.key == "can":
            return _holds_never
        case ":":
            return _any_of(KEYS[term.key], term.values, view, read)
        case sign:
            return _compared(KEYS[term.key], _COMPARE[sign], term.values[0], view, read)


def _holds_never(slot: int) -> None:
    """Facts are not asked for yet: unknown for every slot, and so neither this nor its contrary holds."""


def _on_text(read: Reader, finds: Callable[[str], bool]) -> Test:
    def holds(slot: int) -> bool | None:
        text = read(slot)
        return finds(text) if isinstance(text, str) else None

    return holds


def _any_of(key: Key, values: tuple[str, ...], view: FleetView, read: Reader) -> Test:
    match key.shape:
        case Shape.FLAG:
            wanted = {value == "yes" for value in values}

            def flagged(slot: int) -> bool | None:
                flag = read(slot)
                return None if flag is None else flag in wanted

            return flagged
        case Shape.WORD if not any("*" in value for value in values):
            return _one_of(read, frozenset(values))
        case Shape.TEXT | Shape.PART | Shape.WORD:
            return _texts(read, [finder(value, part=key.shape is Shape.PART) for value in values])
        case _:
            tests = [_compared(key, operator.eq, value, view, read) for value in values]

            def equal(slot: int) -> bool | None:
                found = [one(slot) for one in tests]
                return True if True in found else None if None in found else False

            return equal


def _one_of(read: Reader, words: frozenset[str]) -> Test:
    def holds(slot: int) -> bool | None:
        word = read(slot)
        return None if word is None else word in words

    return holds


def _texts(read: Reader, finders: list[Callable[[str], bool]]) -> Test:
    def holds(slot: int) -> bool | None:
        found = read(slot)
        if found is None:
            return None
        texts = found if isinstance(found, tuple) else (str(found),)
        return any(finds(text) for text in texts for finds in finders)

    return holds


def finder(value: str, *, part: bool) -> Callable[[str], bool]:
    """How one value finds a text: the whole of it or a part, `*` standing for anything, without regard to case."""
    folded = value.casefold()
    if "*" not in folded:
        return (lambda text: folded in text.casefold()) if part else (lambda text: text.casefold() == folded)
    pieces = folded.split("*")
    first, middle, last = pieces[0], pieces[1:-1], pieces[-1]

    def finds(text: str) -> bool:
        text = text.casefold()
        if part:
            return _in_order(text, pieces)
        fits = len(text) >= len(first) + len(last) and text.startswith(first) and text.endswith(last)
        return fits and _in_order(text[len(first) : len(text) - len(last)], middle)

    return finds


def _in_order(text: str, pieces: list[str]) -> bool:
    at = 0
    for piece in pieces:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _compared(key: Key, compare: Callable[[float, float], bool], text: str, view: FleetView, read: Reader) -> Test:
    wanted = number(key, text)
    assert wanted is not None, "the parser let no such value pass"
    limit = wanted.value
    if wanted.share:
        read = share(key.name, key.whole, view)

    def holds(slot: int) -> bool | None:
        value = read(slot)
        return compare(value, limit) if isinstance(value, int | float) else None

    return holds

"""Which objects a query means. A comparison with an unknown value holds neither way, so negating it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from novatui.core.capabilities import Answer
from novatui.engine.naming import Word
from novatui.engine.query_keys import KEYS, Key, Shape
from novatui.engine.query_numbers import number
from novatui.engine.query_regex import MAX_SUBJECT, compile_pattern
from novatui.engine.query_terms import Term
from novatui.engine.query_values import Clocks, FleetView, answers, reader, share

Judge = Callable[[Any], bool]
"""Whether a known value is the wanted one."""

_REFLECTED = {">": "__lt__", ">=": "__le__", "<": "__gt__", "<=": "__ge__"}
"""`value > limit` is `limit.__lt__(value)`: a method of the limit needs no function of ours for each value."""


class Condition:
    """One term, ready to be asked of slots, or of whatever its reader reads."""

    def __init__(self, read: Callable[[Any], Any], judge: Judge, wanted: bool) -> None:
        self._read = read
        self._judge = judge
        self._wanted = wanted

    def holds(self, slot: Any) -> bool | None:
        """None when the value is unknown."""
        value = self._read(slot)
        return None if value is None else self._judge(value) is self._wanted

    def select(self, slots: Sequence[int]) -> list[int]:
        """Those of the slots for which it surely holds."""
        judge, wanted = self._judge, self._wanted
        values = zip(slots, map(self._read, slots), strict=True)
        return [slot for slot, value in values if value is not None and judge(value) is wanted]


class IsUnknown(Condition):
    """Whether a value is unknown: the one condition that every slot answers."""

    def holds(self, slot: Any) -> bool:
        return (self._read(slot) is None) is self._wanted

    def select(self, slots: Sequence[int]) -> list[int]:
        return [slot for slot in slots if self.holds(slot)]


class Conditions:
    """All terms of a query."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._all = conditions

    def hold(self, slot: Any) -> bool | None:
        """Whether all of them hold; None when an unknown value decides."""
        answer: bool | None = True
        for condition in self._all:
            found = condition.holds(slot)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    def surely_hold(self, slot: Any) -> bool:
        """Whether all of them are known to hold."""
        return all(condition.holds(slot) for condition in self._all)

    def select(self, slots: Sequence[int]) -> list[int]:
        """Those of the slots for which all of them are known to hold, in the same order."""
        chosen = list(slots)
        for condition in self._all:
            chosen = condition.select(chosen)
        return chosen


def conditions_on(terms: Sequence[Term], view: FleetView, clocks: Clocks) -> Conditions:
    """The terms of a query on the objects of a fleet."""
    return Conditions([_on_objects(term, view, clocks) for term in terms])


def _on_objects(term: Term, view: FleetView, clocks: Clocks) -> Condition:
    key = KEYS[term.key]
    if key.shape is Shape.FACT:
        return condition(term, key, answers(view, term.values[0]))
    of_a_whole = any(found.share for value in term.values if (found := number(key, value)) is not None)
    read = share(key.name, key.whole, view) if of_a_whole else reader(term.key, view, clocks)
    return condition(term, key, read)


def condition(term: Term, key: Key, read: Callable[[Any], Any]) -> Condition:
    """One term about whatever `read` reads."""
    wanted = not term.negated
    match term.operator:
        case "?":
            return IsUnknown(read, bool, wanted)
        case "word":
            return Condition(read, Word(term.values[0]).finds, wanted)
        case "~":
            return Condition(read, _matches(term.values[0]), wanted)
        case ":" if key.shape is Shape.FACT and term.values[1] == Answer.UNKNOWN:
            return IsUnknown(read, bool, wanted)
        case ":" if key.shape is Shape.FACT:
            return Condition(read, term.values[1].__eq__, wanted)
        case ":" if key.shape is Shape.FLAG:
            return Condition(read, frozenset(value == "yes" for value in term.values).__contains__, wanted)
        case ":" if key.shape in (Shape.TEXT, Shape.PART, Shape.WORD):
            return Condition(read, _any_text(key, term.values), wanted)
        case sign:
            return _compared(key, sign, term.values, read, wanted)


def _matches(pattern: str) -> Judge:
    search = compile_pattern(pattern).search

    def judge(found: str | tuple[str, ...]) -> bool:
        texts = found if isinstance(found, tuple) else (found,)
        return any(search(text[:MAX_SUBJECT]) is not None for text in texts)

    return judge


def _any_text(key: Key, values: tuple[str, ...]) -> Judge:
    """Whether a text, or one of several, is one of the values."""
    if key.shape is Shape.WORD and not any("*" in value for value in values):
        return frozenset(values).__contains__
    finders = [finder(value, part=key.shape is Shape.PART) for value in values]

    def judge(found: str | tuple[str, ...]) -> bool:
        texts = found if isinstance(found, tuple) else (found,)
        return any(finds(text) for text in texts for finds in finders)

    return judge


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


def _compared(key: Key, sign: str, values: tuple[str, ...], read: Callable[[Any], Any], wanted: bool) -> Condition:
    """A comparison with numbers; with several, any of them may be equal, or the longest span counts."""
    numbers = [found.value for value in values if (found := number(key, value)) is not None]
    if key.shape is Shape.SINCE:
        return Condition(read, max(numbers).__ge__, wanted)
    if sign == ":":
        return Condition(read, frozenset(numbers).__contains__, wanted)
    return Condition(read, getattr(numbers[0], _REFLECTED[sign]), wanted)

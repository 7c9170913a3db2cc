"""The filter language: text to terms and back.

All terms have to hold. A term is a bare word (fuzzy on the name), `~regex`, `@connection`, `key:value,value` (any of
them; `*` stands for anything), `key>number` (also `>= < <=`), `key:?` (unknown), each with `!` before it for the
contrary. Twins without characters that a shell takes for itself: `key:gt:80%`, `not:tag:lab`, `re:^db-`.

Numbers: `memory>8G` bytes, `cpu>80` percent, `latency>20` or `>20ms`, `snap.age>14d`. Memory figures and free space
also as a share: `mem>80%` of what the machine was given (of the host's memory for a host); `mem>80` means the same.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from difflib import get_close_matches

import msgspec

from novatui.core.capabilities import Answer
from novatui.core.features import FEATURE
from novatui.engine.query_keys import OBJECTS, TIMED, Key, Shape, Vocabulary
from novatui.engine.query_match import Conditions, conditions_on, finder
from novatui.engine.query_numbers import number
from novatui.engine.query_regex import UnsafePattern, compile_pattern
from novatui.engine.query_terms import Term
from novatui.engine.query_text import QueryError, Token, tokens
from novatui.engine.query_values import Clocks, FleetView

__all__ = ["Query", "QueryError", "Term", "parse"]

_KEY = re.compile(r"[A-Za-z][\w.]*")
_TWINS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": ":", "ne": "!="}
_TWIN = re.compile(r"(gt|ge|lt|le|eq|ne):", re.IGNORECASE)
_OPERATOR = re.compile(r"!=|>=|<=|[:=<>]")
_ORDERED = frozenset({Shape.NUMBER, Shape.PERCENT, Shape.SIZE, Shape.MILLISECONDS, Shape.AGE})

MAX_LENGTH = 4000
"""Longest filter, characters."""


FACTS = "can"
"""The key of capability facts."""


class Query(msgspec.Struct, frozen=True):
    """Conditions that all have to hold; without any, everything is meant."""

    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    @property
    def timed(self) -> bool:
        """True when its answer changes with time alone (ages, staleness)."""
        return any(term.key in TIMED for term in self.terms)

    @property
    def asks_facts(self) -> bool:
        """True when it asks for what can be done: that is known of those objects only that were asked about it."""
        return any(term.key == FACTS for term in self.terms)

    def without_facts(self) -> Query:
        """The same without the terms that ask for what can be done: whom one would have to ask."""
        return Query(tuple(term for term in self.terms if term.key != FACTS))

    def match(self, view: FleetView, slot: int) -> bool | None:
        """Whether it means this one object; None when an unknown value decides. For many objects use `on`."""
        return self.on(view).hold(slot)

    def on(self, view: FleetView, clocks: Clocks = time) -> Conditions:
        """The query, ready to be asked of many objects of a fleet."""
        return conditions_on(self.terms, view, clocks)


def parse(text: str | Sequence[str], vocabulary: Vocabulary = OBJECTS) -> Query:
    """The query that a text means; arguments of a command line are joined by spaces. QueryError, and nothing else."""
    joined = text if isinstance(text, str) else " ".join(text)
    if len(joined) > MAX_LENGTH:
        raise QueryError(f"a filter has {MAX_LENGTH} characters at most", MAX_LENGTH)
    return Query(tuple(_term(token, vocabulary) for token in tokens(joined)))


def _term(token: Token, vocabulary: Vocabulary) -> Term:
    negated = False
    while token.plain.startswith("!") or token.plain[:4].lower() == "not:":
        negated = not negated
        token = token.cut(1 if token.plain.startswith("!") else 4)
        if not token.text:
            raise QueryError("nothing stands after the negation", token.start, "!tag:lab")
    term = _condition(token, vocabulary)
    return msgspec.structs.replace(term, negated=term.negated != negated)


def _condition(token: Token, vocabulary: Vocabulary) -> Term:
    if token.plain.startswith("~"):
        return _pattern(token.cut(1), vocabulary)
    if token.plain[:3].lower() == "re:":
        return _pattern(token.cut(3), vocabulary)
    if token.plain.startswith("@"):
        return _any_of(vocabulary.keys["connection"], token.cut(1))
    operator = _OPERATOR.search(token.plain)
    if operator is None or "\0" in token.plain[: operator.start()]:
        if not token.text:
            raise QueryError("an empty name finds nothing", token.start)
        return Term(vocabulary.bare, vocabulary.operator, (token.text,))
    key = _key(token, operator.start(), vocabulary)
    sign, rest = operator.group(), token.cut(operator.end())
    twin = _TWIN.match(rest.plain) if sign == ":" else None
    if twin is not None:
        sign, rest = _TWINS[twin.group(1).lower()], rest.cut(twin.end())
    if sign in ("!=", ":", "="):
        term = _any_of(key, rest)
        return msgspec.structs.replace(term, negated=sign == "!=")
    return _compared(key, sign, rest)


def _key(token: Token, end: int, vocabulary: Vocabulary) -> Key:
    name = token.text[:end]
    key = vocabulary.find(name)
    if key is not None:
        return key
    if not name:
        raise QueryError("a key has to stand before the operator", token.start, "cpu>80")
    near = get_close_matches(name.lower(), [*vocabulary.keys, *vocabulary.aliases], n=1) if _KEY.fullmatch(name) else []
    hint = f"did you mean {near[0]}?" if near else f'to find names, put it in quotes: "{name}…"'
    raise QueryError(f"there is no key {name}", token.start, hint)


def _pattern(token: Token, vocabulary: Vocabulary) -> Term:
    if not token.text:
        raise QueryError("a pattern is missing", token.start, "~^db-")
    try:
        compile_pattern(token.text)
    except UnsafePattern as error:
        raise QueryError(str(error), token.position(max(0, error.offset))) from None
    return Term(vocabulary.bare, "~", (token.text,))


def _compared(key: Key, sign: str, token: Token) -> Term:
    if key.shape not in _ORDERED:
        raise QueryError(f"{key.name} has no order", token.start, f"{key.name}:VALUE")
    _check_number(key, token)
    return Term(key.name, sign, (token.text,))


def _check_number(key: Key, token: Token) -> None:
    if number(key, token.text) is None:
        raise QueryError(f"not a value of {key.name}: {token.text or 'nothing'}", token.start, EXAMPLES[key.shape])


EXAMPLES = {
    Shape.NUMBER: "a number: 4",
    Shape.PERCENT: "a percentage: 80",
    Shape.SIZE: "a size: 8G, 512M",
    Shape.MILLISECONDS: "milliseconds: 20, 1.5s",
    Shape.AGE: "a span of time: 90s, 12h, 14d",
    Shape.SINCE: "a span of time: 90s, 12h, 14d",
}
"""What values of numeric keys look like."""


def _any_of(key: Key, token: Token) -> Term:
    if token.plain == "?" and key.shape is not Shape.FACT:
        return Term(key.name, "?")
    if key.shape is Shape.FACT:
        return _fact(token)
    if not token.text and key.shape is Shape.FLAG:
        return Term(key.name, ":", ("yes",))
    values = tuple(_value(key, part) for part in token.split(","))
    if key.whole and len({found.share for value in values if (found := number(key, value)) is not None}) > 1:
        raise QueryError("shares and sizes do not mix", token.start, f"{key.name}:50%")
    return Term(key.name, ":", values)


def _value(key: Key, token: Token) -> str:
    if not token.text and not token.quoted:
        raise QueryError(f"a value of {key.name} is missing", token.start, f'{key.name}:"" asks for an empty one')
    if token.plain == "?":
        raise QueryError("? stands alone: it asks whether the value is unknown", token.start, f"{key.name}:?")
    match key.shape:
        case Shape.WORD | Shape.FLAG:
            return _word(key, token)
        case Shape.AGE:
            raise QueryError(f"{key.name} is compared", token.start, f"{key.name}>14d")
        case Shape.TEXT | Shape.PART | Shape.FACT:
            return token.text
        case _:
            _check_number(key, token)
            return token.text


def _word(key: Key, token: Token) -> str:
    word = token.text.lower()
    if word in key.words:
        return key.words[word]
    if "*" in word and any(finder(word, part=False)(known) for known in key.words.values()):
        return word
    near = get_close_matches(word, key.words, n=1)
    raise QueryError(
        f"{key.name} is never {token.text or 'empty'}",
        token.start,
        f"did you mean {near[0]}?" if near else "one of " + " ".join(dict.fromkeys(key.words.values())),
    )


def _fact(token: Token) -> Term:
    feature, sign, answer = token.text.lower().replace(":", "=").partition("=")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", feature):
        raise QueryError("can: asks for a feature", token.start, "can:live_migration=no")
    if feature not in FEATURE:
        near = get_close_matches(feature, FEATURE, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else "`novatui caps` lists all features"
        raise QueryError(f"there is no feature {feature}", token.start, hint)
    if sign and answer not in set(Answer):
        raise QueryError(f"an answer is never {answer or 'empty'}", token.start, "one of " + " ".join(Answer))
    return Term("can", ":", (feature, answer or Answer.YES.value))

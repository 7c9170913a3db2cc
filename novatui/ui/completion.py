"""What could be typed next on the `:` line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from novatui.actions.catalogue import Action, Argument
from novatui.core.capabilities import Answer
from novatui.core.features import FEATURE
from novatui.core.states import Kind
from novatui.engine.query_keys import Key, Shape, Vocabulary
from novatui.ui.commands import Wrong, available, nodes, understood, written
from novatui.ui.options import known_words
from novatui.ui.screens.registry import screen_class

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

MOST = 40
"""Words that are offered at once."""


class Offer(NamedTuple):
    """Words that may stand where the text from `start` on stands now."""

    start: int
    words: list[str]


def offer(screen: FrameScreen, text: str) -> Offer:
    """What the text up to the cursor can go on as; the best word first."""
    words = _order(available(screen))
    if " " not in text:
        return Offer(0, _matching(words, text))
    if pairs := [word for word in words if " " in word and word.startswith(text.casefold())]:
        return Offer(0, [word for word in pairs if word != text])
    try:
        action, argument = understood(screen, text)
    except Wrong:
        return Offer(len(text), [])
    start = text.rfind(" ") + 1
    part = text[start:]
    first = argument in ("", part)
    return Offer(start, _matching(_words(screen, action, part, first), part))


def _order(actions: list[Action]) -> list[str]:
    """Screens first: most commands go to one."""
    return [action.word for action in sorted(actions, key=lambda action: not action.place)]


def _matching(words: Iterable[str], part: str) -> list[str]:
    folded = part.casefold()
    found = (word for word in words if word.casefold().startswith(folded) and word != part)
    return list(dict.fromkeys(islice(found, MOST)))


def _words(screen: FrameScreen, action: Action, part: str, first: bool) -> Iterator[str]:
    fleet = screen.fleet
    match action.argument:
        case Argument.LIST:
            if first and (not part or part.startswith("@")):
                yield from (f"@{name}" for name in written(fleet.inventory.name(slot) for slot in nodes(fleet)))
            vocabulary = screen_class(action.place or action.word).VOCABULARY
            if vocabulary is not None:
                yield from _terms(screen, vocabulary, part)
        case Argument.CONNECTION if first:
            yield from fleet.connections
        case Argument.OBJECT if first:
            yield from (fleet.inventory.name(slot) for slot in fleet.inventory.slots())
        case Argument.HOSTS:
            from novatui.ui.comparing import names

            yield from names(screen)
        case Argument.COLUMN if first:
            yield from screen.sortable()
        case Argument.VIEW | Argument.NAME:
            yield from screen.stage.preferences.names()
        case Argument.THEME if first:
            yield from screen.stage.themes()
        case Argument.CHANGE:
            yield from known_words(screen, action.change)
        case _:
            return


def _terms(screen: FrameScreen, vocabulary: Vocabulary, part: str) -> Iterator[str]:
    """Keys of the filter language, and their values behind the colon."""
    sign = part[:1] if part[:1] == "!" else ""
    name, colon, _ = part.removeprefix("!").partition(":")
    if not colon:
        for known in [*vocabulary.aliases, *vocabulary.keys]:
            key = vocabulary.find(known)
            if key is not None and (part or known in vocabulary.aliases):
                yield f"{sign}{known}{_operator(key)}"
        return
    key = vocabulary.find(name)
    if key is not None:
        yield from (f"{sign}{name}:{value}" for value in _values(screen, key))


def _operator(key: Key) -> str:
    ordered = (Shape.NUMBER, Shape.PERCENT, Shape.SIZE, Shape.MILLISECONDS, Shape.AGE)
    return ">" if key.shape in ordered else ":"


def _values(screen: FrameScreen, key: Key) -> Iterable[str]:
    store = screen.fleet.inventory
    if key.name == "connection":
        return list(screen.fleet.connections)
    if key.name in ("host", "group"):
        return [store.name(slot) for slot in store.slots(Kind(key.name))]
    if key.shape is Shape.FACT:
        return [*FEATURE, *(f"{slug}={answer}" for slug in FEATURE for answer in Answer)]
    return key.words

"""Which words fit at the end of a command line: verbs, options, connections, filters, objects of the last inventory."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from novatui.cli.arguments import CONSOLE, first_word, parser_of
from novatui.cli.verbs import VERBS
from novatui.config.errors import ConfigError
from novatui.config.load import Loaded, load
from novatui.config.paths import user_paths
from novatui.core.features import FEATURE
from novatui.core.ids import split_key
from novatui.core.states import Kind

MOST = 500
"""Words that are offered at most: nobody reads more."""

SECRETS = ("env:", "cmd:", "file:", "keyring:", "prompt")
TRUST = ("ca:", "pin:", "insecure")

_FILTERED = frozenset({"ls", "watch", "top"})
_OBJECTS = frozenset({"show", "find"})
_TARGETED = frozenset({CONSOLE, "doctor"})
_MACHINES = (Kind.VM, Kind.CONTAINER, Kind.TEMPLATE)


def candidates(line: str) -> list[str]:
    """What the last word of a line may become, in the order to be shown. `line` begins with the program's name."""
    *before, word = _words(line)[1:] or [""]
    fit: dict[str, None] = {}
    for one in _offers(before, word):
        if one.startswith(word):
            fit[one] = None
            if len(fit) == MOST:
                break
    return list(fit)


def _words(line: str) -> list[str]:
    """The words of a line as a shell would take them; the last one is what is being typed, perhaps nothing yet."""
    for missing in ("", '"', "'"):
        try:
            words = shlex.split(line + missing)
        except ValueError:
            continue
        return [*words, ""] if not missing and line[-1:].isspace() else words
    return line.split()


def _offers(before: Sequence[str], word: str) -> Iterable[str]:
    at = first_word(before)
    verb = before[at] if at is not None and before[at] in VERBS else CONSOLE
    parser = parser_of(verb)
    options = {name: action for name, action in parser._option_string_actions.items() if action.help}
    name, sign, _ = word.partition("=")
    if sign and name.startswith("--") and name in options:
        return (f"{name}={value}" for value in _values(options[name]))
    if before and (asked := options.get(before[-1])) is not None and asked.nargs != 0:
        return _values(asked)
    if word.startswith("-"):
        return options
    return _positional(verb, parser, _plain_words(before, options, verb), word)


def _plain_words(before: Sequence[str], options: dict[str, Any], verb: str) -> list[str]:
    """The words that are neither options nor their values, without the verb."""
    plain: list[str] = []
    takes_value = False
    for word in before:
        if takes_value or word.startswith("-"):
            action = options.get(word) if not takes_value else None
            takes_value = action is not None and action.nargs != 0
        else:
            plain.append(word)
    return plain[1:] if verb != CONSOLE else plain


def _values(action: argparse.Action) -> Iterable[str]:
    match action.dest:
        case "connection":
            return _connections()
        case "password_from":
            return SECRETS
        case "tls":
            return TRUST
        case "sort":
            return _columns()
        case "features":
            return FEATURE
        case _:
            return action.choices or ()


def _positional(verb: str, parser: argparse.ArgumentParser, plain: Sequence[str], word: str) -> Iterable[str]:
    if verb == CONSOLE:
        return [*VERBS, *_connections()] if not plain else _connections()
    if verb in _TARGETED:
        return _connections()
    if verb in _FILTERED:
        return _filters(word)
    if verb in _OBJECTS:
        return _objects() if not plain else ()
    if verb == "config" and plain:
        return _config_words(plain)
    places = [action for action in parser._actions if not action.option_strings and action.help != argparse.SUPPRESS]
    if len(plain) >= len(places) and not (places and places[-1].dest == "objects"):
        return ()
    place = places[min(len(plain), len(places) - 1)]
    if verb == "caps":
        return (*_connections(), *_objects())
    named = place.dest in {"object", "objects"} or (verb == "device" and len(plain) == 1)
    return _objects() if named else place.choices or ()


def _config_words(plain: Sequence[str]) -> Iterable[str]:
    if len(plain) > 1:
        return ()
    loaded = _loaded()
    if loaded is None:
        return ()
    if plain[0] == "trust":
        return [name for name, one in loaded.config.connections.items() if one.uri.endpoint]
    if plain[0] == "show":
        from novatui.config.decode import dotted

        return [dotted(path) for path in loaded.history]
    return ()


def _connections() -> list[str]:
    loaded = _loaded()
    return list(loaded.config.connections) if loaded else []


def _loaded() -> Loaded | None:
    """The configuration; None when it has a mistake: a shell is no place to tell."""
    try:
        return load()
    except ConfigError:
        return None


def _filters(word: str) -> Iterator[str]:
    """Terms of the query language, in the spelling that no shell takes for its own."""
    from novatui.engine.query_keys import ALIASES, KEYS, Shape

    negation = next((sign for sign in ("not:", "!") if word.startswith(sign)), "")
    name, colon, _ = word.removeprefix(negation).partition(":")
    if colon:
        for value in _filter_values(ALIASES.get(name, name)):
            yield f"{negation}{name}:{value}"
        return
    compared = {Shape.NUMBER, Shape.PERCENT, Shape.SIZE, Shape.MILLISECONDS, Shape.AGE}
    for key in (*ALIASES, *KEYS):
        yield f"{negation}{key}:"
        if KEYS[ALIASES.get(key, key)].shape in compared:
            yield f"{negation}{key}:gt:"
            yield f"{negation}{key}:lt:"
    if not negation:
        yield "not:"
        yield from _objects()


def _filter_values(key: str) -> Iterable[str]:
    from novatui.engine.query_keys import KEYS

    if key == "connection":
        return _connections()
    if key == "host":
        return _names((Kind.HOST,))
    return KEYS[key].words if key in KEYS else ()


def _columns() -> Iterable[str]:
    from novatui.engine.query_keys import ALIASES, KEYS

    return (*ALIASES, *KEYS)


def _objects() -> Iterator[str]:
    yield from _names(_MACHINES)
    yield from _names((Kind.HOST, Kind.DATASTORE, Kind.NETWORK, Kind.CLUSTER))


def _names(kinds: Sequence[Kind]) -> Iterator[str]:
    """Names in the last known inventories, of these kinds."""
    from novatui.engine.cache import CacheFile, open_file

    try:
        files = sorted((user_paths().state_home / "inventory").glob("*.inventory"))
    except (OSError, ConfigError):
        return
    for path in files:
        cache = open_file(path)
        if not isinstance(cache, CacheFile):
            continue
        rows = list(range(len(cache)))
        for key, name in zip(cache.values(rows, "key"), cache.values(rows, "name"), strict=True):
            if isinstance(key, str) and isinstance(name, str) and split_key(key)[0] in kinds:
                yield name

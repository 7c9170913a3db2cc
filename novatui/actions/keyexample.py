"""The commented example of `keys.toml`, made from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.actions.action import Action, Section
from novatui.actions.catalogue import ACTIONS, ELSEWHERE
from novatui.actions.choosing import NEEDED
from novatui.actions.keynames import CHARACTERS, FORBIDDEN, shown
from novatui.config.toml_text import toml_value

_INTRODUCTION = f"""\
# Keys of the NovaTUI console. This is keys.toml in the configuration folder: `novatui config path` tells where.
# Take the `#` in front of a line away and change its keys; all other actions keep theirs.
#
# A key is the character itself (x, G, /, ?), a name (space, enter, escape, tab, up, pagedown, home, F5), or one of
# both with ctrl+, alt+ or shift+ before it (ctrl+f, shift+up). Several keys for one action stand in a list, of which
# footer and help show the first. An empty list takes all keys away: the word after `:` still works.
#
# Refused, and told at start and by `novatui config check`: a key that means two things in one place; keys that
# terminals or tmux take ({", ".join(shown(key) for key in sorted(FORBIDDEN))}); alt or an F-key as the only key;
# letters where text is typed; no key at all for {", ".join(sorted(NEEDED))}, or for anything in dialogs.
# `:reload` reads the file again.
"""


def example_keys() -> str:
    """Text of the example: every action with the keys that it has, what it does and its word after `:`."""
    return "\n".join([_INTRODUCTION, *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    for section in Section:
        verbs = [action for action in ACTIONS if action.section is section and action.scope not in ELSEWHERE]
        yield from _group(section.value, verbs)
    for scope in dict.fromkeys(action.scope for action in ACTIONS if action.scope in ELSEWHERE):
        yield from _group(f"Typing and dialogs: {scope.value}", [one for one in ACTIONS if one.scope is scope])


def _group(title: str, actions: list[Action]) -> Iterator[str]:
    if not actions:
        return
    yield f"# {title}"
    for action in actions:
        keys = [_written(key) for key in action.keys]
        setting = f'#"{action.id}" = {toml_value(keys[0] if len(keys) == 1 else keys)}'
        after = f"after {action.leader}: " if action.leader else ""
        word = f", :{action.word}" if action.scope not in ELSEWHERE else ""
        yield f"{setting:40}  # {after}{action.title}{word}"
    yield ""


def _written(key: str) -> str:
    return CHARACTERS.get(key, key)

"""What a person chose in `keys.toml`, judged: keys that work are taken, all others are told with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from novatui.actions.action import Action, Scope
from novatui.actions.catalogue import ACTIONS, ELSEWHERE
from novatui.actions.keynames import FORBIDDEN, BadKey, is_doubtful, is_typed, read_key, shown
from novatui.actions.together import LEAVE, clashes
from novatui.config.errors import Problem, did_you_mean
from novatui.config.keys import Wish, read_wishes

NEEDED = frozenset({"quit", "back", "command", "help", LEAVE})
"""Actions that never lose their last key: without them a person would be caught."""

TYPING = frozenset({Scope.TEXT, Scope.FILTER, Scope.COMMAND, Scope.PICKER, Scope.FORM, Scope.ASK, Scope.ARGUMENTS})
"""Scopes in which letters are text."""

_ACTIONS = {action.id: action for action in ACTIONS}


class Chosen(msgspec.Struct, frozen=True):
    """The keys that hold in place of those of the catalogue, and what was refused."""

    keys: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...]


def read_keys(path: Path) -> Chosen:
    """Read and judge the file of a person; one that is not there chooses nothing."""
    wishes, problems = read_wishes(path)
    chosen = judge(wishes)
    found = sorted([*problems, *chosen.problems], key=lambda problem: problem.line)
    return Chosen(chosen.keys, tuple(found))


def judge(wishes: Iterable[Wish]) -> Chosen:
    """The wishes that can be fulfilled together. Of two that exclude each other the later one is refused."""
    problems: list[Problem] = []
    taken: dict[str, tuple[Wish, tuple[str, ...]]] = {}
    for wish in wishes:
        try:
            if wish.id in taken:
                raise BadKey(f"`{wish.id}` stands on line {taken[wish.id][0].line} already", "leave one of both")
            taken[wish.id] = wish, _keys(wish)
        except BadKey as bad:
            problems.append(_problem(wish, bad.message, bad.hint))
    while refused := _refused(taken):
        for action, problem in refused.items():
            del taken[action]
            problems.append(problem)
    return Chosen({name: keys for name, (_, keys) in taken.items()}, tuple(problems))


def _keys(wish: Wish) -> tuple[str, ...]:
    """The keys of a wish that is right by itself. BadKey for another one."""
    action = _ACTIONS.get(wish.id)
    if action is None:
        raise BadKey(
            f"no action is called `{wish.id}`",
            did_you_mean(wish.id, _ACTIONS) or "`novatui config example --keys` lists all",
        )
    keys = tuple(dict.fromkeys(read_key(written) for written in wish.keys))
    for key in keys:
        if key in FORBIDDEN:
            raise BadKey(f"`{shown(key)}` never reaches `{action.id}`: terminals or tmux take it", _kept(action))
        if action.leader and key == "escape":
            raise BadKey(f"`{action.id}` cannot have Esc: it leaves the strip that it stands in", _kept(action))
        if is_typed(key) and (action.scope in TYPING or action.id == LEAVE):
            raise BadKey(f"`{action.id}` cannot have `{shown(key)}`: it is a letter where text is typed", _kept(action))
    if keys and all(is_doubtful(key) for key in keys):
        raise BadKey(f"`{action.id}` has only keys that some terminals keep", "add one without alt, and no F-key")
    if not keys and action.id in NEEDED:
        raise BadKey(f"`{action.id}` needs a key: without one there is no way out", _kept(action))
    if not keys and action.scope in ELSEWHERE:
        raise BadKey(f"`{action.id}` needs a key: no word after `:` stands for it", _kept(action))
    return keys


def _kept(action: Action) -> str:
    keys = " ".join(shown(key) for key in action.keys)
    return f"it keeps {keys}" if keys else "it has none"


def _refused(taken: Mapping[str, tuple[Wish, tuple[str, ...]]]) -> dict[str, Problem]:
    """What cannot stand beside the rest, with the reason; the later of two wishes, never a key of the catalogue."""
    found: dict[str, Problem] = {}
    for one, other, key in clashes(lambda action: taken[action.id][1] if action.id in taken else action.keys):
        first, last = sorted((one, other), key=lambda action: _line(action, taken))
        wish = taken[last.id][0]
        if {first.id, last.id}.isdisjoint(found):
            message = f"`{shown(key)}` means both `{first.id}` ({_place(first, taken)}) and `{last.id}`"
            hint = f"{_kept(last)}; give one of both another key"
            found[last.id] = _problem(wish, message, hint)
    return found


def _line(action: Action, taken: Mapping[str, tuple[Wish, tuple[str, ...]]]) -> int:
    """Where its keys come from: 0 for the catalogue."""
    return taken[action.id][0].line if action.id in taken else -1


def _place(action: Action, taken: Mapping[str, tuple[Wish, tuple[str, ...]]]) -> str:
    if action.id not in taken:
        return "built in"
    wish = taken[action.id][0]
    return f"{Path(wish.file).name}:{wish.line}"


def _problem(wish: Wish, message: str, hint: str) -> Problem:
    return Problem(message=message, hint=hint, file=wish.file, line=wish.line, key=wish.id)

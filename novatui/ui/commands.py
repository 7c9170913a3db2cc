"""What stands behind `:`: a word of the catalogue and its argument, understood and carried out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from inspect import isawaitable
from typing import TYPE_CHECKING

from novatui.actions.catalogue import Action, Argument, Scope, verbs
from novatui.config.errors import nearest
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from novatui.engine.query import QueryError, parse
from novatui.ui.place import Place
from novatui.ui.screens.registry import screen_class

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

SCOPES = (
    Kind.CONNECTION,
    Kind.GROUP,
    Kind.CLUSTER,
    Kind.HOST,
    Kind.DATACENTER,
    Kind.FOLDER,
    Kind.RESOURCE_POOL,
)
"""Kinds of nodes that a list can be limited to; of two with one name the first kind is meant."""

_SCOPE = re.compile(r'@(?:"([^"]*)"|(\S*))\s*')


class Wrong(Exception):
    """A command that means nothing here: why, and what was perhaps meant."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def available(screen: FrameScreen) -> list[Action]:
    """The actions that mean something on this screen, in the order of the catalogue."""
    scopes = scopes_of(screen)
    return [action for action in verbs() if action.scope in scopes]


def scopes_of(screen: FrameScreen) -> tuple[Scope, ...]:
    """Whose actions can be carried out now: those of the widget with the keyboard, then those of the screen."""
    return (*getattr(screen.focused, "SCOPES", ()), *screen.SCOPES)


def understood(screen: FrameScreen, text: str) -> tuple[Action, str]:
    """The action that a line names, by two words where some begin like that, and what stands behind. Wrong for none."""
    word, _, rest = text.strip().partition(" ")
    second, _, behind = rest.strip().partition(" ")
    pairs = {action.word: action for action in available(screen) if " " in action.word}
    named = f"{word} {second}".casefold()
    if named in pairs:
        return pairs[named], behind.strip()
    beginnings = {pair.partition(" ")[0] for pair in pairs}
    lists = any(action.word == word.casefold() and action.place for action in available(screen))
    if word.casefold() in beginnings and second and not lists:
        near = nearest(named, pairs, cutoff=0.5)
        raise Wrong(f"there is no command `{word} {second}`", f"did you mean `{near}`?" if near else "Tab lists all")
    return find(screen, word), rest.strip()


def find(screen: FrameScreen, word: str) -> Action:
    """The action that a word means here, its plural included. Wrong when it is none."""
    here = {action.word: action for action in available(screen)}
    wanted = word.casefold()
    for known in (wanted, wanted.removesuffix("s"), wanted.removesuffix("es")):
        if known in here:
            return here[known]
    if any(action.word == wanted for action in verbs()):
        raise Wrong(f"`{word}` means nothing on this screen", f"{screen.key('help')} lists what does")
    near = nearest(word, here, cutoff=0.5)
    hint = f"did you mean `{near}`?" if near else f"{screen.key('command.complete')} lists all"
    raise Wrong(f"there is no command `{word}`", hint)


def carry_out(screen: FrameScreen, line: str) -> None:
    """Do what a command line says. Wrong when it cannot be understood; then nothing was done."""
    if line.strip():
        action, argument = understood(screen, line)
        do(screen, action, argument, asked=False)


def do(screen: FrameScreen, action: Action, argument: str = "", *, asked: bool = True) -> None:
    """Carry out an action, with its argument if it takes one. Wrong when that does not fit.

    `asked`: it was picked, and what else it takes is asked for; else it was typed with all that was to be said.
    """
    if action.argument is Argument.NONE and argument:
        raise Wrong(f"`{action.word}` takes nothing behind it")
    if action.place:
        screen.stage.navigation.open(destination(screen.fleet, action.place, argument))
        return
    if action.change:
        screen.change(action.change, argument, asked=asked)
        return
    if action.leads:
        screen.action_lead(action.id)
        return
    name = f"action_{action.method}"
    name, _, given = name.partition("(")
    owner = next(one for one in (screen.focused, screen, screen.app) if hasattr(one, name))
    arguments: tuple[object, ...] = (int(given.rstrip(")")),) if given else (argument,) if argument else ()
    result = getattr(owner, name)(*arguments)
    if isawaitable(result):
        screen.call_later(_wait, result)


async def _wait(result: object) -> None:
    await result  # type: ignore[misc]


def destination(fleet: Fleet, name: str, argument: str) -> Place:
    """The place that `@scope filter` of a list means. Wrong when one of both means nothing."""
    scope, filter = "", argument
    if name == "dev" and argument:
        from novatui.ui.device_places import devices_named, is_host

        if is_host(fleet, argument):
            return devices_named(fleet, argument)
    if (found := _SCOPE.match(argument)) is not None:
        scope = str(node(fleet, found[1] or found[2] or ""))
        filter = argument[found.end() :]
    vocabulary = screen_class(name).VOCABULARY
    if vocabulary is not None:
        try:
            parse(filter, vocabulary)
        except QueryError as error:
            raise Wrong(error.message, error.hint) from None
    return Place(name, filter=filter, scope=scope)


def node(fleet: Fleet, name: str) -> ObjectRef:
    """The node of the tree that is called so. Wrong when none is."""
    store, wanted = fleet.inventory, name.casefold()
    for slot in nodes(fleet):
        if store.name(slot).casefold() == wanted:
            return store.ref(slot)
    near = nearest(name, (store.name(slot) for slot in nodes(fleet)))
    raise Wrong(f"no connection, cluster or host is called `{name}`", f"did you mean `{near}`?" if near else "")


def nodes(fleet: Fleet) -> Iterator[int]:
    """Slots of everything that a list can be limited to."""
    for kind in SCOPES:
        yield from fleet.inventory.slots(kind)


def written(names: Iterable[str]) -> list[str]:
    """Names as they have to be typed behind `@`."""
    return [f'"{name}"' if " " in name else name for name in names if '"' not in name]

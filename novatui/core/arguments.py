"""Arguments of operations as text: whether they are what `core.verbs` says, and their values."""

from __future__ import annotations

from collections.abc import Mapping

from novatui.core.errors import InvalidInput
from novatui.core.operations import Operation
from novatui.core.verbs import VERBS, Given

YES, NO = "yes", "no"
"""Values of a `yesno`."""


def check(operation: Operation) -> None:
    """InvalidInput when there is no such operation, or when an argument is missing, unknown or makes no sense."""
    verb = VERBS.get(operation.verb)
    if verb is None:
        raise InvalidInput(f"there is no operation {operation.verb}", subject="verb")
    takes = {given.name: given for given in verb.takes}
    for name in operation.arguments:
        if name not in takes:
            raise InvalidInput(f"{operation.verb} takes no {name}", subject=name)
    for given in verb.takes:
        value = operation.arguments.get(given.name, "")
        if not value:
            if given.required:
                raise InvalidInput(f"{operation.verb}: {given.title} is missing", subject=given.name)
        elif problem := _problem(given, value):
            raise InvalidInput(f"{operation.verb}: {given.title} {problem}", subject=given.name)


def number(arguments: Mapping[str, str], name: str) -> int | None:
    """A checked number or size; None when it is not given."""
    value = arguments.get(name, "")
    return int(value) if value else None


def yes(arguments: Mapping[str, str], name: str) -> bool:
    """A checked `yesno`; False when it is not given."""
    return arguments.get(name) == YES


def _problem(given: Given, value: str) -> str:
    match given.kind:
        case "number" | "size":
            return "" if value.isascii() and value.isdigit() and len(value) < 20 else "has to be a whole number"
        case "yesno":
            return "" if value in (YES, NO) else f"has to be {YES} or {NO}"
        case "choice":
            return "" if value in given.choices else f"has to be one of {', '.join(given.choices)}"
        case _:
            return "" if "\x00" not in value else "must not hold a zero byte"

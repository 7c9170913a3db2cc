"""What an operation was given, checked before anybody is asked for a plan."""

from __future__ import annotations

from collections.abc import Mapping

from novatui.core.errors import InvalidInput
from novatui.core.verbs import Given, Verb


def checked(verb: Verb, arguments: Mapping[str, str]) -> dict[str, str]:
    """The arguments without empty ones. InvalidInput names those that are missing, unknown or make no sense."""
    known = {each.name: each for each in verb.takes}
    given = {name: value for name, value in arguments.items() if value.strip() or (name in known and known[name].empty)}
    problems = {name: f"{verb.title} takes no {name}" for name in given.keys() - known.keys()}
    problems |= {
        each.name: f"{each.title} is missing" for each in verb.takes if each.required and each.name not in given
    }
    for name, value in given.items():
        if name in known and (problem := _problem(known[name], value)):
            problems[name] = problem
    if problems:
        raise InvalidInput("; ".join(problems[name] for name in sorted(problems)), subject=" ".join(sorted(problems)))
    return given


def _problem(given: Given, value: str) -> str:
    match given.kind:
        case "number" | "size" if not (value.isascii() and value.isdigit()):
            return f"{given.title}: a whole number is needed{', in bytes' if given.kind == 'size' else ''}"
        case "yesno" if value not in {"yes", "no"}:
            return f"{given.title}: yes or no"
        case "choice" if value not in given.choices:
            return f"{given.title}: one of {', '.join(given.choices)}"
        case _:
            return ""

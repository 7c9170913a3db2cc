"""What a person typed for the arguments of an operation, understood: a line of words, or the lines of a form."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from novatui.core import units
from novatui.core.verbs import Given, Verb

YES = frozenset({"yes", "y", "on", "true", "1"})
NO = frozenset({"no", "n", "off", "false", "0"})

SETTING = re.compile(r"([a-z_]+)=(.*)", re.DOTALL)


class BadArgument(Exception):
    """A value that means nothing, or one too many: which argument, why, and what would do."""

    def __init__(self, name: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.name = name
        """Of the argument; empty when it belongs to none."""
        self.message = message
        self.hint = hint


def read_line(verb: Verb, text: str) -> dict[str, str]:
    """The arguments of a command line: `name=value` anywhere, other words in the order of the arguments.

    A word that only one of the optional choices knows goes there, and the name of a yes-or-no switches it on; a text
    that comes last takes all that is left. What is missing is missing here, too. BadArgument when something does not
    fit.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise BadArgument("", "a quotation mark is open", 'write "…" around a text with blanks') from None
    known = {given.name: given for given in verb.takes}
    said: dict[str, str] = {}
    loose: list[str] = []
    for word in words:
        setting = SETTING.fullmatch(word)
        if setting is not None and setting[1] in known:
            said[setting[1]] = setting[2]
        else:
            loose.append(word)
    _place(verb, loose, said)
    return {name: read(known[name], value) for name, value in said.items()}


def _place(verb: Verb, loose: list[str], said: dict[str, str]) -> None:
    open_ = [given for given in verb.takes if given.name not in said]
    while loose:
        word = loose.pop(0)
        given = _fitting(open_, word)
        if given is None:
            takes = " ".join(given.name if given.required else f"[{given.name}]" for given in verb.takes)
            raise BadArgument("", f"`{word}` is too much here", f"it takes {takes}" if takes else "it takes nothing")
        open_.remove(given)
        said[given.name] = "yes" if given.kind == "yesno" and word == given.name else word
        if given.kind == "text" and not open_ and loose:
            said[given.name] = " ".join([word, *loose])
            return


def _fitting(open_: list[Given], word: str) -> Given | None:
    """The argument that a word without a name is for."""
    needed = next((given for given in open_ if given.required), None)
    if needed is not None:
        return needed
    switch = next((given for given in open_ if given.kind == "yesno" and given.name == word), None)
    choice = next((given for given in open_ if word in given.choices), None)
    free = (given for given in open_ if given.kind not in ("yesno", "choice"))
    return switch or choice or next(free, None)


def read_form(verb: Verb, values: Mapping[str, str]) -> dict[str, str]:
    """The arguments of a form, blank lines left out. BadArgument at the first that is missing or means nothing."""
    said: dict[str, str] = {}
    for given in verb.takes:
        text = values.get(given.name, "").strip()
        if text:
            said[given.name] = read(given, text)
        elif given.empty:
            said[given.name] = ""
        elif given.required:
            raise BadArgument(given.name, f"{given.title}: nothing is given", _example(given))
    return said


def missing(verb: Verb, said: Mapping[str, str]) -> list[Given]:
    """The arguments that are needed and were not given."""
    return [given for given in verb.takes if given.required and not said.get(given.name) and not given.empty]


def read(given: Given, text: str) -> str:
    """One value as operations carry it: sizes in bytes, yes or no. BadArgument when it means nothing."""
    match given.kind:
        case "number":
            if not re.fullmatch(r"\d{1,9}", text):
                raise BadArgument(given.name, f"{given.title}: `{text}` is no number", _example(given))
            return str(int(text))
        case "size":
            size = units.parse_size(text)
            if size is None or size < 1:
                raise BadArgument(given.name, f"{given.title}: `{text}` is no size", _example(given))
            return str(int(size))
        case "yesno":
            word = text.casefold()
            if word not in YES | NO:
                raise BadArgument(given.name, f"{given.title}: `{text}` is neither yes nor no", "yes or no")
            return "yes" if word in YES else "no"
        case "choice":
            if text not in given.choices:
                raise BadArgument(given.name, f"{given.title}: there is no `{text}`", " ".join(given.choices))
            return text
        case _:
            return text


def _example(given: Given) -> str:
    return {"number": "such as 4", "size": "such as 8G or 512M"}.get(given.kind, "")

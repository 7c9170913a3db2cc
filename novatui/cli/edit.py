"""`novatui edit WHAT OBJECT [VALUE …]`: what a machine has: processors, memory, disks, interfaces, media, name."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from novatui.cli.changing import change
from novatui.cli.exits import UsageError
from novatui.config.errors import nearest
from novatui.core.units import parse_size
from novatui.core.verbs import VERBS, Verb


def edit(options: Namespace) -> int:
    """Change it; what is missing or makes no sense is a usage error."""
    verb = VERBS[f"edit.{options.what}"]
    return change(options, verb.name, [options.object], worded(verb, options.values) | applied(options))


def applied(options: Namespace) -> dict[str, str]:
    """Now, from the next start on, or both, where that was said."""
    return {"apply": options.apply} if options.apply else {}


def worded(verb: Verb, words: Sequence[str]) -> dict[str, str]:
    """Arguments as they are typed: those that are needed in their order, any of them as NAME=VALUE. UsageError."""
    known = {given.name: given for given in verb.takes}
    in_order = [given.name for given in verb.takes if given.required]
    arguments: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in known:
            left = [each for each in in_order if each not in arguments]
            if equals and not left:
                hint = nearest(name, known)
                raise UsageError(f"{verb.title} takes no `{name}`", f"did you mean `{hint}`?" if hint else takes(verb))
            if not left:
                raise UsageError(f"{verb.title}: `{word}` is too much", takes(verb))
            name, value = left[0], word
        arguments[name] = as_bytes(value) if known[name].kind == "size" else value
    return arguments


def takes(verb: Verb) -> str:
    """What it takes, for a hint."""
    needed = [given.name.upper() for given in verb.takes if given.required]
    return "it takes " + " ".join([*needed, *(f"[{given.name}=…]" for given in verb.takes if not given.required)])


def as_bytes(text: str) -> str:
    """A size as it is typed, in bytes. UsageError when it is none."""
    size = parse_size(text)
    if size is None:
        raise UsageError(f"`{text}` is no size", hint="4G, 512M, or bytes")
    return str(round(size))

"""Checks a plain table against Structs, key by key, so that every problem is found and every value keeps its place."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import msgspec

from novatui.config.errors import Problem, did_you_mean, nearest
from novatui.config.secrets import SecretRef, parse_secret
from novatui.config.targets import Target, Via, parse_target, parse_via
from novatui.config.tls import Tls, parse_tls

Path = tuple[str, ...]
"""Keys from the root to a value."""

Place = Callable[[Path], tuple[str, int]]
"""Tells the file (or variable, or option) and line of a key."""

PARSERS: dict[type, Callable[[str], object]] = {
    Target: parse_target,
    Via: parse_via,
    Tls: parse_tls,
    SecretRef: parse_secret,
}
"""Values that are written as text and kept as something typed. A parser raises ValueError with words to
show."""

Name = Annotated[str, msgspec.Meta(pattern=r"^\w[\w.-]{0,63}\Z")]
"""Key type of tables whose names are ours to limit, because they are typed, quoted and part of references."""

_NAME = re.compile(r"\w[\w.-]{0,63}")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def dotted(path: Path) -> str:
    """The path as TOML writes it: `connections."kvm1.lan".uri`."""
    return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in path)


@cache
def fields_of(schema: Any) -> Mapping[str, msgspec.structs.FieldInfo]:
    """Fields of a Struct by the name they have in the file."""
    return {field.encode_name: field for field in msgspec.structs.fields(schema)}


def is_struct(schema: Any) -> bool:
    """True for a Struct that is a table in the file, False for a value and for a table of names."""
    return isinstance(schema, type) and issubclass(schema, msgspec.Struct) and schema not in PARSERS


def values_of(
    table: Mapping[str, Any],
    schema: Any,
    place: Place,
    problems: list[Problem],
    path: Path = (),
    *,
    lax: bool = False,
) -> dict[Path, Any]:
    """All valid values in a table, typed, by path; what is wrong is added to `problems`.

    `lax` takes numbers and truth values written as text, as the environment gives them.
    """
    values: dict[Path, Any] = {}
    if is_struct(schema):
        known = fields_of(schema)
        for name, value in table.items():
            here = (*path, name)
            if name in known:
                _take(value, known[name].type, place, problems, here, values, lax)
            else:
                _report(problems, place, here, f"unknown key `{name}`{_within(path)}", did_you_mean(name, known))
        return values
    names, inner = get_args(schema)
    for name, value in table.items():
        here = (*path, name)
        if names != Name or _NAME.fullmatch(name):
            _take(value, inner, place, problems, here, values, lax)
        else:
            hint = "letters, digits, dots, dashes and underscores, 64 at most, beginning with a letter or digit"
            _report(problems, place, here, f"`{name}` cannot be a name{_within(path)}", hint)
    return values


def build(schema: Any, values: Mapping[Path, Any], path: Path = ()) -> Any:
    """The Struct (or table of names) that the merged values make; KeyError when a required one is missing."""
    if is_struct(schema):
        arguments: dict[str, Any] = {}
        for name, field in fields_of(schema).items():
            here = (*path, name)
            if is_table(field.type):
                arguments[field.name] = build(field.type, values, here)
            elif here in values:
                arguments[field.name] = values[here]
            elif field.required:
                raise KeyError(here)
        return schema(**arguments)
    inner = get_args(schema)[1]
    return {
        name: build(inner, values, (*path, name)) if is_table(inner) else values[*path, name]
        for name in names_in(values, path)
    }


def names_in(values: Mapping[Path, Any], path: Path) -> list[str]:
    """Names of the entries under a path, in the order of their first value."""
    depth = len(path)
    return list(dict.fromkeys(key[depth] for key in values if len(key) > depth and key[:depth] == path))


def is_table(kind: Any) -> bool:
    """True when a value of this type is written as a table."""
    return is_struct(kind) or get_origin(kind) is dict


def _take(
    value: Any,
    kind: Any,
    place: Place,
    problems: list[Problem],
    path: Path,
    values: dict[Path, Any],
    lax: bool,
) -> None:
    if is_table(kind):
        if value == {} and is_struct(kind):
            _report(problems, place, path, f"`{dotted(path)}` is empty", "fill it or remove it")
        elif isinstance(value, dict):
            values |= values_of(cast("dict[str, Any]", value), kind, place, problems, path, lax=lax)
        else:
            _report(problems, place, path, f"`{dotted(path)}` must be a table", f"write [{dotted(path)}]")
        return
    try:
        values[path] = _typed(value, kind, lax)
    except ValueError as problem:
        # Nothing of the value is repeated here but what the parsers themselves mask: it may be a secret.
        message, _, hint = str(problem).partition("; ")
        _report(problems, place, path, f"`{dotted(path)}`: {message}", hint)


def _typed(value: Any, kind: Any, lax: bool) -> Any:
    parser = PARSERS.get(bare_type(kind))
    if parser:
        if not isinstance(value, str):
            raise ValueError("must be text in quotes")
        return parser(value)
    choices = choices_of(kind)
    if choices:
        if value in choices:
            return choices[choices.index(value)]
        meant = nearest(value, choices) if isinstance(value, str) else ""
        hint = f"; did you mean `{meant}`?" if meant else ""
        raise ValueError(f"must be one of {', '.join(f'`{choice}`' for choice in choices if choice)}{hint}")
    if lax and get_origin(bare_type(kind)) is tuple and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return msgspec.convert(value, kind, strict=not lax)
    except msgspec.ValidationError as problem:
        raise ValueError(_plain(kind, str(problem))) from None


def choices_of(kind: Any) -> tuple[str, ...]:
    """The words that a type allows; empty when it is not a choice."""
    bare = bare_type(kind)
    if isinstance(bare, type) and issubclass(bare, StrEnum):
        return tuple(bare)
    return get_args(bare) if get_origin(bare) is Literal else ()


def bare_type(kind: Any) -> Any:
    """The type without its constraints and without `| None`."""
    if get_origin(kind) is Annotated:
        return bare_type(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return next(bare_type(part) for part in get_args(kind) if part is not type(None))
    return kind


def describe(kind: Any) -> str:
    """A type in words, with its limits, for messages and the example."""
    bare = bare_type(kind)
    words = {
        bool: "true or false",
        int: "whole number",
        float: "number",
        str: "text",
        Target: "URI",
        Via: "URI",
    }
    words |= {Tls: "text", SecretRef: "secret reference"}
    if choices_of(kind):
        return "one of " + ", ".join(f'"{choice}"' for choice in choices_of(kind))
    if get_origin(bare) is tuple:
        return "list of texts"
    return words[bare] + _limits(kind)


def examples_of(kind: Any) -> list[object]:
    """Sample values that the schema gives for a type."""
    parts = get_args(kind)
    found = [sample for part in parts if isinstance(part, msgspec.Meta) for sample in part.examples or []]
    return found or [sample for part in parts for sample in examples_of(part)]


def _limits(kind: Any) -> str:
    if get_origin(kind) in (Union, types.UnionType):
        return "".join(_limits(part) for part in get_args(kind))
    metas = [meta for meta in get_args(kind)[1:] if isinstance(meta, msgspec.Meta)] if get_origin(kind) else []
    return "".join(f" from {meta.ge:g} to {meta.le:g}" for meta in metas if meta.ge is not None and meta.le is not None)


def _plain(kind: Any, message: str) -> str:
    """msgspec's finding without the value; our own words for the type."""
    at = message.partition(" - at `$")[2].rstrip("`")
    element = f", element {at.strip('[].')}" if at else ""
    words = describe(kind)
    article = "" if words.startswith(("true", "text", "one of")) else "a "
    return f"must be {article}{words}{element}"


def _within(path: Path) -> str:
    return f" in {dotted(path)}" if path else ""


def _report(problems: list[Problem], place: Place, path: Path, message: str, hint: str) -> None:
    file, line = place(path)
    problems.append(Problem(message=message, hint=hint, file=file, line=line, key=dotted(path)))

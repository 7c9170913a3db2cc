"""The effective configuration: all of it as TOML or as data, one value with its history, or what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from novatui.config import decode
from novatui.config.errors import ConfigError, Problem, did_you_mean
from novatui.config.load import Loaded, Request, examine
from novatui.config.paths import SITE_FILE, Paths
from novatui.config.positions import split_key
from novatui.config.schema import Config
from novatui.config.toml_text import toml_value
from novatui.core.text import clean


def show(loaded: Loaded) -> str:
    """All effective values as TOML, each with a comment that says where it was set.

    Secrets show as «secret».
    """
    lines: list[str] = []
    for path, schema, struct in _tables((), Config, loaded.config):
        values = _table(loaded, schema, struct, path)
        lines += ["", f"[{decode.dotted(path)}]", *values] if path and values else values
    return "\n".join(lines) + "\n"


def explain(loaded: Loaded, key: str) -> str:
    """One value and every source that set it, the one in effect first.

    ConfigError for a key that does not exist.
    """
    path = _existing_path(loaded, key)
    schema, struct = next(
        (schema, struct) for at, schema, struct in _tables((), Config, loaded.config) if at == path[:-1]
    )
    field = decode.fields_of(schema)[path[-1]]
    lines = [f"{decode.dotted(path)} = {_text(getattr(struct, field.name))}"]
    settings = loaded.history.get(path, ())
    given = [setting for setting in settings if setting.origin.kind != "default"]
    for position, setting in enumerate(reversed(given)):
        verb = "overrides" if position else "set by"
        lines.append(f"  {verb} {clean(str(setting.origin))}: {_text(setting.value)}")
    if not field.required:
        default = settings[0].value if len(given) < len(settings) else field.default
        lines.append(f"  {'overrides' if given else 'is the'} default: {_text(default)}")
    return "\n".join(lines) + "\n"


def effective(loaded: Loaded, key: str = "") -> list[dict[str, object]]:
    """Every effective value, or that of one key: `key`, `value` (none where nothing is set) and `origin`.

    Secrets show as «secret». ConfigError for a key that does not exist.
    """
    wanted = _existing_path(loaded, key) if key else None
    found: list[dict[str, object]] = []
    for path, schema, struct in _tables((), Config, loaded.config):
        for name, field in _values_in(schema):
            here = (*path, name)
            if wanted not in (None, here):
                continue
            value = getattr(struct, field.name)
            shown: dict[str, object] = {} if value is None else {"value": json.loads(toml_value(value))}
            found.append({"key": decode.dotted(here), **shown, "origin": clean(str(loaded.origin(here)))})
    return found


def check(
    request: Request | None = None,
    *,
    paths: Paths | None = None,
    environ: Mapping[str, str] | None = None,
    site_file: Path = SITE_FILE,
) -> list[Problem]:
    """All problems and warnings of all sources, in their order; empty when everything is right."""
    return examine(request, paths=paths, environ=environ, site_file=site_file)[1]


def _tables(path: decode.Path, schema: Any, struct: Any) -> Iterator[tuple[decode.Path, Any, Any]]:
    """A Struct and every table below it: path, type and value of each, in the order of the file."""
    yield path, schema, struct
    for name, field in decode.fields_of(schema).items():
        value = getattr(struct, field.name)
        if decode.is_struct(field.type):
            yield from _tables((*path, name), field.type, value)
        elif decode.is_table(field.type):
            for entry, inner in value.items():
                yield from _tables((*path, name, entry), type(inner), inner)


def _values_in(schema: Any) -> list[tuple[str, msgspec.structs.FieldInfo]]:
    """The keys of a table that are no tables themselves."""
    return [(name, field) for name, field in decode.fields_of(schema).items() if not decode.is_table(field.type)]


def _table(loaded: Loaded, schema: Any, struct: object, path: decode.Path) -> list[str]:
    lines: list[str] = []
    for name, field in _values_in(schema):
        value = getattr(struct, field.name)
        origin = clean(str(loaded.origin((*path, name))))
        lines.append(f"# {name} is not set" if value is None else f"{name} = {_text(value)}  # {origin}")
    return lines


def _text(value: object) -> str:
    return "not set" if value is None else toml_value(value)


def _existing_path(loaded: Loaded, key: str) -> decode.Path:
    """The path of a dotted key, quoted or not. A connection may be named without `connections.` in front."""
    known: dict[str, decode.Path] = {}
    for table, schema, _ in _tables((), Config, loaded.config):
        for name, _ in _values_in(schema):
            path = (*table, name)
            known[".".join(path)] = path
            if table[:1] == ("connections",):
                known[".".join(path[1:])] = path
    parts = split_key(key)
    plain = ".".join(parts) if parts else key
    if plain not in known:
        raise ConfigError(f"there is no key `{key}`", did_you_mean(plain, known))
    return known[plain]

"""The effective configuration: all of it as TOML or as data, one value with its history, or what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from novatui.config import decode
from novatui.config.errors import ConfigError, Problem, did_you_mean
from novatui.config.load import Loaded, Request, examine
from novatui.config.paths import SITE_FILE, Paths
from novatui.config.positions import split_key
from novatui.config.schema import Config, Connection
from novatui.config.toml_text import toml_value
from novatui.core.text import clean


def show(loaded: Loaded) -> str:
    """All effective values as TOML, each with a comment that says where it was set.

    Secrets show as «secret».
    """
    lines = _table(loaded, Config, loaded.config, ())
    for name, connection in loaded.config.connections.items():
        path = ("connections", name)
        lines += ["", f"[{decode.dotted(path)}]", *_table(loaded, Connection, connection, path)]
    return "\n".join(lines) + "\n"


def explain(loaded: Loaded, key: str) -> str:
    """One value and every source that set it, the one in effect first.

    ConfigError for a key that does not exist.
    """
    path = _existing_path(loaded, key)
    schema, struct = (Config, loaded.config) if len(path) == 1 else (Connection, _connection(loaded, path[1]))
    field = decode.fields_of(schema)[path[-1]]
    lines = [f"{decode.dotted(path)} = {_text(getattr(struct, field.name))}"]
    for position, setting in enumerate(reversed(loaded.history.get(path, ()))):
        verb = "overrides" if position else "set by"
        lines.append(f"  {verb} {clean(str(setting.origin))}: {_text(setting.value)}")
    if not field.required:
        verb = "overrides" if path in loaded.history else "is the"
        lines.append(f"  {verb} default: {_text(field.default)}")
    return "\n".join(lines) + "\n"


def effective(loaded: Loaded, key: str = "") -> list[dict[str, object]]:
    """Every effective value, or that of one key: `key`, `value` (none where nothing is set) and `origin`.

    Secrets show as «secret». ConfigError for a key that does not exist.
    """
    tables: list[tuple[type[Config | Connection], object, decode.Path]] = [(Config, loaded.config, ())]
    tables += [(Connection, one, ("connections", name)) for name, one in loaded.config.connections.items()]
    wanted = _existing_path(loaded, key) if key else None
    found: list[dict[str, object]] = []
    for schema, struct, path in tables:
        for name, field in decode.fields_of(schema).items():
            here = (*path, name)
            if decode.is_table(field.type) or wanted not in (None, here):
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


def _table(loaded: Loaded, schema: type[Config | Connection], struct: object, path: decode.Path) -> list[str]:
    lines: list[str] = []
    for name, field in decode.fields_of(schema).items():
        if decode.is_table(field.type):
            continue
        here = (*path, name)
        value = getattr(struct, field.name)
        origin = clean(str(loaded.origin(here)))
        lines.append(f"# {name} is not set" if value is None else f"{name} = {_text(value)}  # {origin}")
    return lines


def _text(value: object) -> str:
    return "not set" if value is None else toml_value(value)


def _connection(loaded: Loaded, name: str) -> Connection:
    return loaded.config.connections[name]


def _existing_path(loaded: Loaded, key: str) -> decode.Path:
    """The path of a dotted key, quoted or not. A connection may be named without `connections.` in front."""
    known: dict[str, decode.Path] = {}
    for name, field in decode.fields_of(Config).items():
        if not decode.is_table(field.type):
            known[name] = (name,)
    for connection in loaded.config.connections:
        for name in decode.fields_of(Connection):
            path = ("connections", connection, name)
            known |= {f"{connection}.{name}": path, ".".join(path): path}
    parts = split_key(key)
    plain = ".".join(parts) if parts else key
    if plain not in known:
        raise ConfigError(f"there is no key `{key}`", did_you_mean(plain, known))
    return known[plain]

"""Puts all sources together, in order: defaults, site file, user file, --config, environment, command line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from novatui.config import decode
from novatui.config.alarm_checks import alarm_layer, alarm_problems, with_quotes_hint
from novatui.config.checks import connection_problems
from novatui.config.errors import ConfigError, Problem, did_you_mean
from novatui.config.layers import Layer, Option, Origin, Setting, environment_layer, file_layer, option_layer
from novatui.config.paths import SITE_FILE, Paths, user_paths
from novatui.config.schema import Config, Connection
from novatui.config.targets import DEMO, Target, is_uri, parse_target, short_name


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says about the configuration."""

    config_file: Path | None = None
    """`--config FILE`, read on top of the user's file."""
    targets: tuple[str, ...] = ()
    """Names of connections, and URIs for connections that live as long as this run."""
    password_from: str = ""
    """`--password-from REFERENCE`, for every target."""
    tls: str = ""
    """`--tls ca:FILE|pin:SHA256|insecure`, for every target."""
    options: tuple[Option, ...] = ()
    """Further options that set a key, such as `--ro`."""


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The effective configuration, and where each value came from."""

    config: Config
    selected: tuple[str, ...]
    """Names of the connections to open: the targets, or all that are configured."""
    history: dict[decode.Path, tuple[Setting, ...]]
    """For each value that was set: all settings, weakest first; the last one is in effect."""
    warnings: tuple[Problem, ...] = ()

    def origin(self, path: decode.Path) -> Origin:
        """Where the effective value was set."""
        return self.history[path][-1].origin if path in self.history else Origin("default")


def load(
    request: Request | None = None,
    *,
    paths: Paths | None = None,
    environ: Mapping[str, str] | None = None,
    site_file: Path = SITE_FILE,
) -> Loaded:
    """The effective configuration. ConfigError with every problem of every source when there is one."""
    loaded, problems = examine(request, paths=paths, environ=environ, site_file=site_file)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors or loaded is None:
        raise ConfigError.of(errors)
    return loaded


def examine(
    request: Request | None = None,
    *,
    paths: Paths | None = None,
    environ: Mapping[str, str] | None = None,
    site_file: Path = SITE_FILE,
) -> tuple[Loaded | None, list[Problem]]:
    """The same without raising: what could be loaded (None when there are errors), and all problems and warnings."""
    asked = request or Request()
    env = os.environ if environ is None else environ
    where = paths or user_paths(env)
    problems: list[Problem] = []
    layers = [
        alarm_layer(),
        file_layer(site_file, "site", problems),
        file_layer(where.config_file, "user", problems),
    ]
    if asked.config_file:
        layers.append(file_layer(asked.config_file, "file", problems, required=True))
    layers.append(environment_layer(env, _connection_names(layers), problems))
    options, selected = _options_of_targets(asked, merge(layers), problems)
    layers.append(option_layer([*options, *asked.options], problems))
    history = merge(layers)
    problems += _missing(history, problems)
    problems += _mismatches(history, problems)
    problems = [with_quotes_hint(problem) for problem in problems] + alarm_problems(history)
    if _has_error(problems):
        return None, problems
    config: Config = decode.build(Config, _effective(history))
    warnings = tuple(problem for problem in problems if problem.severity == "warning")
    names = selected or tuple(config.connections)
    return Loaded(config=config, selected=names, history=history, warnings=warnings), problems


def merge(layers: Sequence[Layer]) -> dict[decode.Path, tuple[Setting, ...]]:
    """All settings of each key, weakest first.

    Tables merge key by key; lists and values are replaced whole.
    """
    history: dict[decode.Path, tuple[Setting, ...]] = {}
    for layer in layers:
        for path, setting in layer.items():
            history[path] = (*history.get(path, ()), setting)
    return history


def _effective(history: dict[decode.Path, tuple[Setting, ...]]) -> dict[decode.Path, Any]:
    return {path: settings[-1].value for path, settings in history.items()}


def _mismatches(history: dict[decode.Path, tuple[Setting, ...]], problems: Sequence[Problem]) -> list[Problem]:
    """What does not fit together in the connections whose single keys are all right."""
    values = _effective(history)
    found: list[Problem] = []
    for name in decode.names_in(history, ("connections",)):
        path = ("connections", name)
        prefix = decode.dotted(path)
        if not any(problem.key == prefix or problem.key.startswith(f"{prefix}.") for problem in problems):
            connection: Connection = decode.build(Connection, values, path)
            found += connection_problems(name, connection, _places(history, name))
    return found


def _places(history: dict[decode.Path, tuple[Setting, ...]], name: str) -> dict[str, Origin]:
    return {
        path[2]: settings[-1].origin
        for path, settings in history.items()
        if path[:2] == ("connections", name) and len(path) == 3
    }


def _connection_names(layers: Sequence[Layer]) -> list[str]:
    return decode.names_in(merge(layers), ("connections",))


def _missing(history: dict[decode.Path, tuple[Setting, ...]], problems: Sequence[Problem]) -> list[Problem]:
    """A problem for each connection without a URI, unless its URI is there and already complained about."""
    complained = {problem.key for problem in problems}
    missing: list[Problem] = []
    for name in decode.names_in(history, ("connections",)):
        path = ("connections", name, "uri")
        if path in history or decode.dotted(path) in complained:
            continue
        origin = next(settings[0].origin for key, settings in history.items() if key[:2] == path[:2])
        missing.append(
            Problem(
                message=f"{decode.dotted(path[:2])} has no `uri`",
                hint='add uri = "qemu:///system", or vsphere://user@host …',
                file=origin.source,
                line=origin.line,
                key=decode.dotted(path),
            )
        )
    return missing


def _options_of_targets(
    asked: Request, history: dict[decode.Path, tuple[Setting, ...]], problems: list[Problem]
) -> tuple[list[Option], tuple[str, ...]]:
    """What the targets set, and their names.

    A URI that is configured already means that connection, guards and all.
    """
    known = {
        path[1]: settings[-1].value
        for path, settings in history.items()
        if path[0] == "connections" and path[2] == "uri"
    }
    names = decode.names_in(history, ("connections",))
    options: list[Option] = []
    selected: list[str] = []
    for text in asked.targets:
        name = _name_of_target(text, names, known, problems)
        if name and name not in names:
            names.append(name)
            known[name] = parse_target(text)
            options.append(Option(text, ("connections", name, "uri"), text))
        if name and name not in selected:
            selected.append(name)
    for option, key, value in (
        ("--password-from", "password", asked.password_from),
        ("--tls", "tls", asked.tls),
    ):
        fit = [name for name in selected if name not in known or _fits(key, known[name])]
        if value and not fit and len(selected) == len(asked.targets):
            hint = "-c NAME or -c URI" if not asked.targets else f"{', '.join(selected)} has no use for it"
            problems.append(Problem(message=f"{option} needs a target to apply to", hint=hint, file=option))
        options += [Option(option, ("connections", name, key), value) for name in fit if value]
    return options, tuple(selected)


def _fits(key: str, target: Target) -> bool:
    """Whether a target has a use for an option that is given for all of them."""
    return target.over_tls if key == "tls" else target.driver != DEMO


def _name_of_target(text: str, names: Sequence[str], known: Mapping[str, Target], problems: list[Problem]) -> str:
    if not is_uri(text):
        if text in names:
            return text
        hint = did_you_mean(text, names) or (
            f"configured are {', '.join(names)}"
            if names
            else "none is configured; a URI would do, such as qemu:///system"
        )
        problems.append(Problem(message=f"no connection is called `{text}`", hint=hint))
        return ""
    try:
        target = parse_target(text)
    except ValueError as problem:
        message, _, hint = str(problem).partition("; ")
        problems.append(Problem(message=message, hint=hint))
        return ""
    configured = [name for name, other in known.items() if other.uri == target.uri]
    return configured[0] if configured else short_name(target, names)


def _has_error(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)

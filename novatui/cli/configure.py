"""`novatui config`: where the configuration is, what it says, whether it is right, and how it is written."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from novatui.actions.choosing import read_keys
from novatui.actions.keyexample import example_keys
from novatui.cli import exits
from novatui.cli.adding import add
from novatui.cli.complaint import complain
from novatui.cli.importing import import_
from novatui.cli.streams import say, say_json, say_lines
from novatui.cli.targets import load_configuration, request_of
from novatui.cli.trusting import trust
from novatui.config.errors import ConfigError, Problem
from novatui.config.example import example
from novatui.config.load import examine
from novatui.config.paths import SITE_FILE, user_paths
from novatui.config.policy import load_policy
from novatui.config.policy_file import POLICY_FILE
from novatui.config.show import effective, explain, show
from novatui.config.themes import theme_problem


def configure(options: Namespace) -> int:
    """Run one of the actions: path, check, show, add, trust, import, example."""
    if options.name and options.action not in {"show", "trust", "add"}:
        raise exits.UsageError(f"`config {options.action}` takes no name", hint="see `novatui config --help`")
    if options.called and options.action != "add":
        raise exits.UsageError(f"too many words: {options.called}", hint="see `novatui config --help`")
    return _ACTIONS[options.action](options)


def _path(options: Namespace) -> int:
    paths = user_paths()
    files = {
        "policy": POLICY_FILE,
        "site": SITE_FILE,
        "user": paths.config_file,
        "keys": paths.keys,
        "journal": paths.journal,
        "pins": paths.pins,
        "log": paths.log_file,
    }
    if options.config:
        files["file"] = Path(options.config)
    there = {name: _exists(path) for name, path in files.items()}
    if options.json:
        say_json({name: {"path": str(path), "exists": there[name]} for name, path in files.items()})
    else:
        for name, path in files.items():
            say(f"{name:8} {path}{'' if there[name] else '  (not there)'}")
    return exits.DONE


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder above it may not be entered: for this user it is not there
        return False


def _check(options: Namespace) -> int:
    loaded, found = examine(request_of(options))
    theme = theme_problem(loaded.config.theme, user_paths().themes) if loaded else None
    keys = read_keys(user_paths().keys).problems
    problems = [*_policy_problems(), *found, *([theme] if theme else []), *keys]
    wrong = any(problem.severity == "error" for problem in problems)
    if options.json:
        say_json({"ok": not wrong, "problems": [problem_json(problem) for problem in problems]})
    else:
        for problem in problems:
            complain(f"{problem.severity}: {problem}")
        if not problems:
            say("ok: no problem found")
    return exits.USAGE if wrong else exits.DONE


def _policy_problems() -> tuple[Problem, ...]:
    try:
        load_policy()
    except ConfigError as error:
        return error.problems
    return ()


def problem_json(problem: Problem) -> dict[str, object]:
    """A problem of the configuration without its empty parts."""
    names = ("severity", "message", "hint", "file", "line", "key")
    return {name: value for name in names if (value := getattr(problem, name))}


def _show(options: Namespace) -> int:
    loaded = load_configuration(options)
    if options.json:
        say_json({"values": effective(loaded, options.name)})
    else:
        say_lines(explain(loaded, options.name) if options.name else show(loaded))
    return exits.DONE


def _example(options: Namespace) -> int:
    say_lines(example_keys() if options.keys else example())
    return exits.DONE


_ACTIONS = {
    "path": _path,
    "check": _check,
    "show": _show,
    "add": add,
    "trust": trust,
    "import": import_,
    "example": _example,
}

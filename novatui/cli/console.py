"""The verbs that open the console. Textual is loaded through here, and by no other verb."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlencode

from novatui.cli import exits, log
from novatui.cli.bench import BenchFleet
from novatui.cli.complaint import REDACTOR, complain
from novatui.cli.exits import UsageError
from novatui.cli.streams import CANNOT_DRAW
from novatui.cli.targets import load_configuration, request_of
from novatui.cli.verbs import VERBS
from novatui.config.errors import ConfigError, Problem, did_you_mean
from novatui.config.load import Loaded
from novatui.config.paths import user_paths
from novatui.config.policy import whoami
from novatui.config.targets import is_uri
from novatui.engine.alarm_book import AlarmBook
from novatui.engine.alarms import Alarms
from novatui.engine.book import Book
from novatui.engine.migration_book import MigrationBook
from novatui.engine.roster import Roster

if TYPE_CHECKING:
    from novatui.actions.gate import Gate
    from novatui.ui.preferences import Preferences
    from novatui.ui.theming import Theming


def console(options: Namespace) -> int:
    """The console on what is configured, or on the targets that were named; on nothing: the first-run screen."""
    try:
        loaded = load_configuration(options, options.targets)
    except ConfigError as error:
        _mention_verbs(error, options.targets)
    return _open(options, loaded, options.targets)


def demo(options: Namespace) -> int:
    """The console on the embedded demo fleet."""
    given = {name: value for name in ("vms", "seed") if (value := getattr(options, name)) is not None}
    with tempfile.TemporaryDirectory(prefix="novatui-demo-") as folder:
        # What is changed in the demo lasts as long as this console, and all of its connections know of it.
        query = urlencode(given | {"state": f"{folder}/changes.jsonl"})
        targets = [f"demo://?{query}"]
        return _open(options, load_configuration(options, targets), targets)


def find(options: Namespace) -> int:
    """The console, listing what a filter finds."""
    if not options.filters:
        raise UsageError("find what?", "novatui find NAME")
    return _open(options, load_configuration(options), (), find=" ".join(options.filters))


def _open(options: Namespace, loaded: Loaded, targets: Sequence[str], find: str = "") -> int:
    _check_terminal()
    for warning in loaded.warnings:
        complain(str(warning))
    book = Book(request_of(options, targets), loaded, REDACTOR)
    fleet = BenchFleet(
        book.targets,
        options=options,
        max_workers=loaded.config.max_workers,
        cache=user_paths().state_home / "inventory",
    )
    from novatui.ui.app import NovaApp
    from novatui.ui.keying import Keying

    recent = log.recent()
    notes = AlarmBook(user_paths().alarms)
    notes.load()
    keying = Keying(user_paths().keys)
    for problem in keying.problems:
        complain(str(problem))
    app = NovaApp(
        fleet,
        find=find,
        roster=Roster(book, fleet),
        theming=_theming(loaded.config.theme),
        console_log=lambda: recent.lines,
        preferences=_preferences(loaded.config.restore_session),
        alarms=Alarms(fleet, loaded.config.alarms, notes),
        person=whoami().user,
        keying=keying,
        gate=lambda: _gate(fleet),
        moves=MigrationBook(user_paths().migrations),
    )
    app.run()
    fleet.write_results(screen=app.counters.summary())
    return app.return_code or exits.DONE


def _gate(fleet: BenchFleet) -> Gate:
    from novatui.cli.gating import gate_of

    return gate_of(fleet)


def _preferences(restore: bool) -> Preferences:
    from novatui.ui.preferences import Preferences

    paths = user_paths()
    return Preferences(paths.views, paths.session if restore else None)


def _theming(name: str) -> Theming:
    from novatui.ui.theme import BadTheme
    from novatui.ui.theming import Theming

    try:
        return Theming(name, user_paths().themes)
    except BadTheme as error:
        raise ConfigError(str(error), key="theme") from None


def _check_terminal() -> None:
    hint = "`novatui ls` and `novatui top` print to anything"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the console needs a terminal to read from and to draw on", hint)
    term = os.environ.get("TERM", "")
    if term in CANNOT_DRAW:
        raise UsageError(f"the console cannot draw on a terminal of the kind `{term or 'not set'}`", hint)


def _mention_verbs(error: ConfigError, targets: Sequence[str]) -> NoReturn:
    """A word that is no connection was perhaps meant to be a verb."""
    meant = did_you_mean(targets[0], VERBS) if targets and not is_uri(targets[0]) else ""
    if not meant:
        raise error
    raise ConfigError.of([*error.problems, Problem(message=f"`{targets[0]}` is no verb either", hint=meant)]) from None

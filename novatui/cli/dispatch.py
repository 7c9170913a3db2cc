"""From a command line to the verb that serves it, and from any error to words and an exit code."""

from __future__ import annotations

import logging
import os
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module

import novatui
from novatui.cli import exits, log, streams
from novatui.cli.arguments import CONSOLE, parse
from novatui.cli.complaint import complain, complain_of, narrate
from novatui.cli.verbs import VERBS
from novatui.config.errors import ConfigError
from novatui.core.errors import Fault, NovaError

_COMMANDS = {CONSOLE: "novatui.cli.console:console"} | {word: verb.command for word, verb in VERBS.items()}


def dispatch(argv: Sequence[str]) -> int:
    """Run one command line. Every failure becomes words on standard error and an exit code, never a traceback."""
    streams.prepare()
    try:
        return _run(argv)
    except KeyboardInterrupt:
        streams.abandon()
        return exits.INTERRUPTED
    except exits.ReaderGone:
        streams.abandon()
        return exits.DONE
    except exits.OutputLost as error:
        streams.abandon()
        complain(str(error))
        return exits.FAILED


def _run(argv: Sequence[str]) -> int:
    try:
        options = parse(argv)
        _set_up(options)
        code = _serve(options)
    except SystemExit:  # argparse, after --help
        code = exits.DONE
    except exits.UsageError as error:
        complain(str(error), error.hint)
        for line in error.lines:
            narrate(f"  {line}")
        code = exits.USAGE
    except ConfigError as error:
        for problem in error.problems:
            complain(str(problem))
        code = exits.USAGE
    except exits.NotThere as error:
        complain(str(error), error.hint)
        code = exits.FAILED
    except NovaError as error:
        complain_of(error.failure)
        code = exits.USAGE if error.failure.fault is Fault.INVALID_INPUT else exits.FAILED
    streams.flush()
    return code


def _serve(options: Namespace) -> int:
    if options.verb == CONSOLE and options.version:
        streams.say(f"novatui {novatui.__version__}")
        return exits.DONE
    try:
        return _command(options.verb)(options)
    except (NovaError, ConfigError, exits.UsageError, exits.NotThere, exits.ReaderGone, exits.OutputLost):
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("the command failed")
        complain(
            f"internal error: {type(error).__name__}: {error}", "the log has the details; `--debug` prints its path"
        )
        return exits.FAILED


def _command(verb: str) -> Callable[[Namespace], int]:
    module, _, name = _COMMANDS[verb].partition(":")
    return getattr(import_module(module), name)


def _set_up(options: Namespace) -> None:
    if options.no_color:
        os.environ["NO_COLOR"] = "1"
    path = log.start(debug=options.debug)
    if options.debug:
        narrate(f"novatui: log in {path}")

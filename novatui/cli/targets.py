"""From options and configuration to the connections that a command opens."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from novatui.cli import log
from novatui.cli.asking import typed
from novatui.cli.complaint import REDACTOR
from novatui.config.layers import Option
from novatui.config.load import Loaded, Request, load
from novatui.engine import configured
from novatui.engine.fleet import Target


def load_configuration(options: Namespace, targets: Sequence[str] = ()) -> Loaded:
    """The effective configuration for this command line. ConfigError with every problem in it."""
    loaded = load(request_of(options, targets))
    log.set_level(loaded.config.log_level)
    return loaded


def request_of(options: Namespace, targets: Sequence[str] = ()) -> Request:
    """What this command line says about the configuration."""
    return Request(
        config_file=Path(options.config) if options.config else None,
        targets=(*options.connection, *targets),
        password_from=options.password_from or "",
        tls=options.tls or "",
        options=(Option("--ro", ("ro",), True),) if options.ro else (),
    )


def targets_of(loaded: Loaded) -> list[Target]:
    """What to open, in the order of the configuration; empty when nothing is configured and nothing was named.

    Secrets that somebody has to type are asked for at once. From here on the environment of this process, and so of
    every child, is without the variables that hold secrets.
    """
    found = configured.targets_of(loaded, configured.Secrets(REDACTOR, typed))
    return [target for targets in found.values() for target in targets]

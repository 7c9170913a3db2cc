"""Start of a worker process, from its arguments."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from novatui.backends.driver import Session
    from novatui.worker.calls import Limits

COMMAND = (sys.executable, "-P", "-m", "novatui.worker")


def main(
    arguments: Sequence[str] | None = None,
    *,
    driver_class: Callable[[str], type[Session]] | None = None,
    limits: Limits | None = None,
    command: Sequence[str] = COMMAND,
) -> NoReturn:
    """Be a worker until the console ends.

    `driver_class` finds a driver by name (the registry's by default), `limits` are the deadlines of calls into it, and
    `command` starts this very program again, for the worker behind a guard.
    """
    parser = argparse.ArgumentParser(prog="novatui worker", description=__doc__)
    parser.add_argument("--fd", type=int, help="inherited socket to speak over; without it: stdin and stdout")
    parser.add_argument("--parent", type=int, help="process that this one must not outlive")
    parser.add_argument("--step-back", action="store_true", help="leave the processor to the console when it wants it")
    chosen = parser.parse_args(arguments)
    if chosen.fd is None:
        from novatui.worker import guard

        os._exit(guard.run(command))
    from novatui.backends import registry
    from novatui.worker import process

    if chosen.parent is not None:
        process.die_with(chosen.parent)
    if chosen.step_back:
        process.step_back()
    process.serve(chosen.fd, driver_class or registry.driver_class, limits)

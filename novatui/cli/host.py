"""`novatui host`: a host as a whole, into maintenance and out of it."""

from __future__ import annotations

from argparse import Namespace

from novatui.cli.changing import change
from novatui.cli.exits import UsageError


def host(options: Namespace) -> int:
    """Plan it, ask, and carry it out."""
    said = {"off": "yes" if options.off else "", "data": options.data or ""}
    given = {name: value for name, value in said.items() if value}
    if options.action == "return" and given:
        raise UsageError(f"--{next(iter(given))} is for the way into maintenance")
    return change(options, f"host.{options.action}", [options.host], given)

"""`novatui power VERB OBJECT …`: start, stop and pause machines."""

from __future__ import annotations

from argparse import Namespace

from novatui.cli.changing import change
from novatui.core.verbs import VERBS


def power(options: Namespace) -> int:
    """Do it to all of them, or say why not."""
    verb = f"power.{options.action}"
    arguments = {given.name: options.to or "" for given in VERBS[verb].takes}
    return change(options, verb, options.objects, arguments)

"""The gate of a command or of the console: whose journal it writes."""

from __future__ import annotations

from novatui.actions.gate import Gate
from novatui.actions.journal_writer import Journal
from novatui.cli.complaint import REDACTOR
from novatui.config.paths import user_paths
from novatui.config.policy import whoami
from novatui.engine.fleet import Fleet


def gate_of(fleet: Fleet) -> Gate:
    """The gate to everything that this fleet is connected to; one for each process."""
    return Gate(fleet, Journal(user_paths().journal, user=whoami().user, redact=REDACTOR.redact))

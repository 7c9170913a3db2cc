"""Narration for people on standard error: clean lines, without secrets, that say what happened and what to try."""

from __future__ import annotations

import sys

from novatui.cli.streams import abandon
from novatui.config.redact import Redactor
from novatui.core.errors import Failure
from novatui.core.text import clean

REDACTOR = Redactor()
"""Knows every secret that this process has resolved; narration, reports and the log go through it."""


def narrate(text: str) -> None:
    """One clean line. Nobody may be there to read it: that is no failure."""
    try:
        print(REDACTOR.redact(clean(text)), file=sys.stderr, flush=True)
    except OSError:
        abandon(2)


def complain(message: str, hint: str = "") -> None:
    """What is wrong, with what to try behind it."""
    narrate(f"novatui: {message}{f' — {hint}' if hint else ''}")


def complain_of(failure: Failure, subject: str = "") -> None:
    """A failure with its meaning, and the product's own words where they say more; `subject` stands in front."""
    front = f"{subject}: " if subject else ""
    meaning = f"; {failure.meaning}" if failure.meaning else ""
    complain(f"{front}{failure}{meaning}", failure.hint)
    if failure.native and failure.native not in failure.message:
        for line in failure.native.splitlines()[:5]:
            narrate(f"  {line}")

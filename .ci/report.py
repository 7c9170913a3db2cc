"""How the set-up speaks to the person who typed make."""

from __future__ import annotations


class SetupError(Exception):
    """Set-up cannot go on; the text says what is missing and what to do."""


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)

"""The atlas of errors: what a product's error means for a person, and up to three keys that help.

One TOML file for each family, named after it, with a table for each error:

    [[error]]
    code = ["38"]                   # as the product writes its codes; several where they mean the same; none for any
    text = "no route to host"       # a piece of the product's text, in lower case; without it: whatever it says
    meaning = "…"                   # what it means for a person: one or two sentences
    next = ["reconnect: …", …]      # at most three: id of an action of the catalogue, and why

The first entry that fits counts: those with a text stand before those of the code alone. What no entry fits is shown
in the product's own words.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from novatui.core.errors import Failure
from novatui.core.states import Family


class Step(msgspec.Struct, frozen=True):
    """Something to try."""

    action: str
    """Id in the catalogue."""
    why: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One error of one product."""

    code: tuple[str, ...] = ()
    text: str = ""
    meaning: str
    next: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """What to try, the likeliest first."""
        return tuple(Step(action, why) for action, _, why in (each.partition(": ") for each in self.next))

    def fits(self, failure: Failure) -> bool:
        """True when this is the error that the failure tells of."""
        if self.code and failure.code not in self.code:
            return False
        return not self.text or self.text in f"{failure.native}\n{failure.message}".lower()


class _File(msgspec.Struct, frozen=True):
    error: tuple[Entry, ...]


def look_up(family: Family, failure: Failure) -> Entry | None:
    """What the atlas says of a failure; None when it has no entry for it."""
    return next((entry for entry in entries(family) if entry.fits(failure)), None)


@cache
def entries(family: Family) -> tuple[Entry, ...]:
    """All entries of a family, in the order of its file; none for one that has no file."""
    file = files(__name__).joinpath(f"{family.value}.toml")
    if not file.is_file():
        return ()
    return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _File).error

"""What a verb of the command line is, and the words that several of them share."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import msgspec


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """One word that the command line can begin with."""

    summary: str
    """What it does, in half a line."""
    command: str
    """`module:function` that serves it, imported only when it is used."""
    takes: Callable[[argparse.ArgumentParser], None]
    """Adds its own arguments."""
    manual: str = ""
    """What `--help` says below the options: meaning, exit codes of its own, examples."""


EXIT_CODES = """exit codes: 0 done (a filter without hits is 0; a closed pipe is 0, silent) · 1 the operation failed ·
2 wrong usage or configuration · 3 a connection could not be made, the others are answered ·
4 refused · 130 interrupted. Several at once: 2 before 4 before 1 before 3."""

FILTERS = """filters: words that must all match. A bare word finds a name; then key:value (several with commas),
key>number, key<number, ~regular expression, !term, tag: fam: conn: host: power: snap.age>14d cpu:? (unknown).
Safe in any shell: mem:gt:80%  not:tag:lab  re:^db-"""

HAPPENINGS = """filters: words that must all match. A bare word is a part of any text; then fam: conn: user: object:
severity:error,warning since:1h text: state:failed verb: rule: ack:no ~regular expression, !term."""

OBJECTS = """OBJECT: a reference (connection:kind:id, as `ls --json` prints it), a uuid, connection/name or an exact
name; never a part of a name. None found: exit 1. Several: exit 2, with their references."""

JSON = """--json: an unknown value is no key; sizes in bytes, rates in bytes per second, percentages 0–100, times in
ISO 8601, UTC."""


def as_json(parser: argparse.ArgumentParser) -> None:
    """The option that every verb with an answer has."""
    parser.add_argument("--json", action="store_true", help="JSON on standard output")

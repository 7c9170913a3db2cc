"""Which objects a command is about, and in which order: filter, kinds and sort key of a command line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

import msgspec

from novatui.cli.exits import UsageError
from novatui.cli.streams import cells
from novatui.core.metrics import POSITION
from novatui.core.states import Kind
from novatui.core.text import clean
from novatui.engine.fleet import Fleet
from novatui.engine.query import Query, QueryError, parse
from novatui.engine.query_keys import ALIASES, KEYS, SUMS, find_key
from novatui.engine.selection import Selection, Sort

MACHINES = (Kind.VM, Kind.CONTAINER)
"""What is meant when no kind is asked for."""

PLACES = frozenset({Kind.DATACENTER, Kind.FOLDER, Kind.CLUSTER, Kind.HOST, Kind.RESOURCE_POOL})
"""What machines are in: loaded with them, for path and host."""

_OURS = frozenset({Kind.CONNECTION, Kind.GROUP})
"""Kinds that are known without asking."""

_POINTING = frozenset({Kind.SNAPSHOT, Kind.DEVICE})
"""Kinds that name the machine they belong to."""

_SNAPSHOT_KEYS = frozenset({"snapshots", "snapshot_oldest"})


class Wanted(msgspec.Struct, frozen=True):
    """What a command line asks for."""

    query: Query
    kinds: tuple[Kind, ...]
    sort: Sort

    @property
    def loads(self) -> frozenset[Kind]:
        """Kinds that have to be listed to answer it."""
        loads = PLACES | set(self.kinds) - _OURS
        if self._keys & _SNAPSHOT_KEYS:
            loads |= {Kind.SNAPSHOT}
        if loads & _POINTING:
            loads |= {Kind.VM, Kind.CONTAINER, Kind.TEMPLATE}
        return loads

    @property
    def measures(self) -> bool:
        """True when it asks for something that has to be measured."""
        return any(key in POSITION or key in SUMS for key in self._keys)

    @property
    def _keys(self) -> frozenset[str]:
        return frozenset((*(term.key for term in self.query.terms), self.sort.key))

    def selection(self, fleet: Fleet) -> Selection:
        """The rows that a table on screen would show for it."""
        return Selection(fleet, self.query, self.sort, self.kinds)

    def candidates(self, fleet: Fleet) -> list[int]:
        """The objects of which it depends on their capabilities alone whether they are meant."""
        return Selection(fleet, self.query.without_facts(), self.sort, self.kinds).slots

    def slots(self, fleet: Fleet) -> list[int]:
        """The objects that are meant now, in order."""
        return self.selection(fleet).slots


def wanted(filters: Sequence[str], kinds: Collection[str] = (), sort: str = "", *, descending: bool = False) -> Wanted:
    """What filters, kinds and `KEY[:asc|:desc]` ask for. UsageError with the place of the mistake."""
    key, _, direction = sort.partition(":")
    if direction not in {"", "asc", "desc"}:
        raise UsageError(f"there is no direction {direction}", hint=f"{key}:asc or {key}:desc")
    order = Sort(_key(key or "name"), direction == "desc" or (descending and not direction))
    return Wanted(_query(filters), tuple(Kind(kind) for kind in kinds) or MACHINES, order)


def _query(filters: Sequence[str]) -> Query:
    try:
        return parse(filters)
    except QueryError as error:
        text = " ".join(filters)
        mark = " " * cells(clean(text[: error.position])) + "^"
        raise UsageError(f"filter: {error.message}", error.hint, lines=(clean(text), mark)) from None


def _key(word: str) -> str:
    found = find_key(word)
    if found is not None and found.name != "can":
        return found.name
    near = get_close_matches(word.lower(), [*KEYS, *ALIASES], n=1)
    raise UsageError(f"there is no key {word} to sort by", hint=f"did you mean {near[0]}?" if near else "cpu, name …")

"""`novatui caps --devices`: devices of hosts that machines can be given, and which host could serve a request."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence

from novatui.cli import exits
from novatui.cli.complaint import complain, complain_of, narrate
from novatui.cli.objects import resolve
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say_json, say_lines, say_table
from novatui.core.capabilities import Answer
from novatui.core.devicepools import Shelf, free_of, pools, shelves, total_of
from novatui.core.devicerequest import EXAMPLES, Request, parse
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.device_report import conflicts, count, holders_in_words, in_words, markdown, plain, served
from novatui.engine.devicestock import HostStock, stocks
from novatui.engine.fleet import Fleet
from novatui.engine.host_scope import hosts_in

TITLES = ["KIND", "WHAT", "FREE", "HELD", "BLOCKED", "?", "ALL", "HOSTS"]
NUMBERS = frozenset({2, 3, 4, 5, 6, 7})

WIDE_TITLES = ["KIND", "WHAT", "HOST", "OF", "FREE", "HELD", "BLOCKED", "?", "ALL", "HELD BY"]
WIDE_NUMBERS = frozenset({4, 5, 6, 7, 8})

FIT_TITLES = ["HOST", "ANSWER", "WHAT, OR WHY NOT", "NOTES"]

CAN = frozenset({Answer.YES, Answer.PARTLY})


def devices(options: Namespace) -> int:
    """Exit 1 when a host that could be reached told nothing; with --fit also when no host can serve the request."""
    request = _request(options.fit) if options.fit is not None else None
    return asyncio.run(_devices(prepare(options), request))


def _request(text: str) -> Request:
    try:
        return parse(text)
    except ValueError as error:
        raise exits.UsageError(str(error), f"such as: {EXAMPLES}") from None


async def _devices(session: Session, request: Request | None) -> int:
    options = session.options
    async with opened(session) as fleet:
        code = report(fleet)
        try:
            hosts = hosts_in(fleet.inventory, named(fleet, options.objects))
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, code])
        order = {host: at for at, host in enumerate(hosts)}
        told = sorted([one async for one in stocks(fleet, hosts)], key=lambda one: order[one.ref])
        _tell(told, request, options)
        for one in told:
            if one.failure is not None:
                complain_of(one.failure, one.name)
                code = exits.worst([code, exits.FAILED])
        refused = request is not None and not any(one.answer in CAN for one in served(told, request))
        return exits.worst([exits.FAILED if refused else exits.DONE, code])


def named(fleet: Fleet, words: Sequence[str]) -> list[ObjectRef]:
    """What the words mean. NotThere, UsageError as `objects.resolve`; UsageError for what has no hosts."""
    refs = [fleet.inventory.ref(resolve(fleet, word, Kind.HOST)) for word in words]
    for word, ref in zip(words, refs, strict=True):
        if not hosts_in(fleet.inventory, [ref]):
            raise exits.UsageError(f"`{word}` is no host and has none", "novatui ls --kind host lists them")
    return refs


def _tell(told: Sequence[HostStock], request: Request | None, options: Namespace) -> None:
    if options.json:
        say_json(plain(told, request))
    elif options.md:
        say_lines(markdown(told, request))
    elif request is not None:
        rows = [
            [one.name, one.answer.value.replace("_", " "), in_words(one), "; ".join(one.notes)]
            for one in served(told, request)
        ]
        say_table(FIT_TITLES, rows)
    else:
        _list(told, wide=options.wide)


def _list(told: Sequence[HostStock], *, wide: bool) -> None:
    """All hosts together; each for itself where only one told something, or where that is wanted."""
    every = [(one.stock, pools(one.stock)) for one in told if one.stock is not None]
    found = shelves(pool for _, some in every for pool in some)
    if wide or len(every) == 1:
        say_table(WIDE_TITLES, [row for shelf in found for row in _rows(shelf)], WIDE_NUMBERS)
    else:
        say_table(TITLES, [_row(shelf) for shelf in found], NUMBERS)
    for stock, some in every:
        for name, why in conflicts(stock, some):
            narrate(f"{stock.name}: {f'{name}: ' if name else ''}{why}")
    silent = [one.name for one in told if one.stock is None and one.failure is None]
    if silent:
        narrate(f"not offered by their products: {', '.join(silent)}")


def _row(shelf: Shelf) -> list[str]:
    some = shelf.pools
    sums = sum(pool.held for pool in some), sum(pool.blocked for pool in some), sum(pool.unknown for pool in some)
    numbers = (count(free_of(some)), *map(str, sums), count(total_of(some)), str(len(shelf.hosts)))
    return [shelf.kind, _title(shelf), *numbers]


def _title(shelf: Shelf) -> str:
    return shelf.title if shelf.key == shelf.title else f"{shelf.title} [{shelf.key}]"


def _rows(shelf: Shelf) -> list[list[str]]:
    return [
        [
            shelf.kind,
            _title(shelf),
            pool.host_name,
            pool.source.name if pool.source is not None else "",
            count(pool.free),
            str(pool.held),
            str(pool.blocked),
            str(pool.unknown),
            count(pool.total),
            holders_in_words(pool.holders),
        ]
        for pool in shelf.pools
    ]

"""`novatui migrations`: what moves on all connections, followed, steered and cancelled."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence

from novatui.actions.adopt import recall
from novatui.cli.changing import change_found
from novatui.cli.complaint import complain_of
from novatui.cli.edit import as_bytes
from novatui.cli.exits import NotThere, UsageError
from novatui.cli.feed import FIRST_LOOK, connections_json
from novatui.cli.moves import RIGHT, TITLES, cells, form, told
from novatui.cli.objects import resolve
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say_json, say_table
from novatui.config.paths import user_paths
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.engine import blocking
from novatui.engine.fleet import Fleet
from novatui.engine.migration_book import MigrationBook
from novatui.engine.migration_record import Record

_LEVERS = ("bandwidth", "downtime", "post_copy", "pause")


def migrations(options: Namespace) -> int:
    """List what moves and what ended lately, or act on one that moves."""
    match options.words:
        case []:
            return asyncio.run(_list(prepare(options)))
        case ["cancel", word]:
            _no_lever(options)
            return _on(options, "task.cancel", word, {})
        case ["set", word]:
            return _on(options, *_lever(options, word))
        case ["cancel" | "set" as verb, *_]:
            raise UsageError(f"`migrations {verb}` takes one OBJECT", "`novatui migrations` lists what moves")
        case _:
            raise UsageError(f"`{options.words[0]}` is no action", "cancel OBJECT, set OBJECT, or nothing for a list")


def _lever(options: Namespace, word: str) -> tuple[str, str, dict[str, str]]:
    """One lever at a time: each is asked for and written down by itself."""
    said = [name for name in _LEVERS if getattr(options, name)]
    if len(said) != 1:
        raise UsageError("say one of --bandwidth, --downtime, --post-copy, --pause", "one at a time")
    if options.bandwidth:
        return "migrate.bandwidth", word, {"bandwidth": as_bytes(options.bandwidth)}
    if options.downtime:
        return "migrate.downtime", word, {"downtime": str(options.downtime)}
    return "migrate.postcopy" if options.post_copy else "migrate.pause", word, {}


def _no_lever(options: Namespace) -> None:
    if any(getattr(options, name) for name in _LEVERS):
        raise UsageError("`migrations cancel` takes no lever", "`novatui migrations set OBJECT` pulls one")


def _on(options: Namespace, verb: str, word: str, given: Mapping[str, str]) -> int:
    """Act on the migration of this machine, from the connection that it leaves."""

    def subject(fleet: Fleet) -> list[ObjectRef]:
        return [_moving(fleet, word)]

    async def arguments(fleet: Fleet, refs: Sequence[ObjectRef]) -> Mapping[str, str]:
        return {"task": _task(fleet, refs[0])} if verb == "task.cancel" else given

    return change_found(prepare(options), verb, subject, arguments, settle=FIRST_LOOK)


def _moving(fleet: Fleet, word: str) -> ObjectRef:
    """The machine that is meant, as the connection knows it that it leaves: while it moves it is on two."""
    fleet.drain()
    by_name = [one for one in fleet.migrations.live() if word in (one.name, one.id, f"{one.conn}/{one.name}")]
    if len(by_name) == 1:
        return by_name[0].ref
    ref = fleet.inventory.ref(resolve(fleet, word))
    record = fleet.migrations.of(ref.conn, ref.key)
    if record is None or not record.live:
        raise NotThere(f"`{word}` does not move", "`novatui migrations` lists what does")
    return record.ref


def _task(fleet: Fleet, ref: ObjectRef) -> str:
    found = [one.task.id for one in fleet.tasks.running() if (one.conn, one.task.key) == (ref.conn, ref.key)]
    if not found:
        raise NotThere("its task is not told any more: it may be over", "`novatui migrations` lists what moves")
    return found[0]


async def _list(session: Session) -> int:
    options = session.options
    book = MigrationBook(user_paths().migrations)
    async with opened(session, retry=options.follow) as fleet:
        begun = time.time()
        fleet.migrations.restore(one for one in await blocking.run(book.load) if one.live)
        await asyncio.sleep(FIRST_LOOK)
        try:
            await recall(fleet, user_paths().journal)
        except NovaError as error:
            complain_of(error.failure)
        code = report(fleet)
        fleet.drain()
        if options.follow:
            await told(fleet, lambda: _heard(fleet, begun), as_json=options.json)
        found = _heard(fleet, begun)
        if options.json:
            say_json({"connections": connections_json(fleet), "migrations": [form(fleet, one) for one in found]})
        else:
            say_table(TITLES, [cells(one) for one in found], right=RIGHT)
        return code


def _heard(fleet: Fleet, begun: float) -> list[Record]:
    """Those that were told of since then: what a console wrote down and nobody tells of any more is none of them."""
    return [one for one in (*fleet.migrations.live(), *fleet.migrations.ended()) if one.heard >= begun or not one.live]

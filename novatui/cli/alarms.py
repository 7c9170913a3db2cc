"""`novatui alarms`: what is above its limits or in a bad state now, once or as it comes and goes."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any

from novatui.cli.changing import change
from novatui.cli.exits import UsageError
from novatui.cli.feed import FIRST_LOOK, connections_json, feed_query, follow
from novatui.cli.forms import timestamp
from novatui.cli.measuring import measured
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say, say_json, say_table
from novatui.config.paths import user_paths
from novatui.core.alarms import ALARM_RULES, PRODUCT
from novatui.core.ids import encode_id
from novatui.core.states import Kind
from novatui.engine.alarm_book import AlarmBook
from novatui.engine.alarm_record import Alarm
from novatui.engine.alarms import Alarms
from novatui.engine.feed_query import FeedFilter
from novatui.engine.fleet import Fleet
from novatui.engine.query import Query

TICK = 5.0
"""Seconds between two looks at what time alone changes."""

ROUND = 60.0
"""Seconds between two rounds of measuring, where the configuration wants none in the console."""

_MEASURED = (Kind.VM, Kind.CONTAINER, Kind.HOST)
_TITLES = ["SINCE", "LEVEL", "OBJECT", "CONNECTION", "ALARM", "STATE"]


def alarms(options: Namespace) -> int:
    """Print the alarms, those that nobody knows of first; `acknowledge OBJECT …` tells their server."""
    if options.filters[:1] == ["acknowledge"]:
        return acknowledge(options, options.filters[1:])
    if options.alarm:
        raise UsageError("--alarm is for `alarms acknowledge OBJECT`", "`novatui alarms --help` has an example")
    query = feed_query(options.filters)
    book = AlarmBook(user_paths().alarms)
    book.load()
    return asyncio.run(_alarms(prepare(options), query, book))


def acknowledge(options: Namespace, objects: Sequence[str]) -> int:
    """At the server, where everybody sees it: of these objects one alarm, or all."""
    if not objects:
        raise UsageError("`alarms acknowledge` needs an OBJECT", "`novatui alarms` lists them")
    return change(options, "alarm.acknowledge", objects, {"alarm": options.alarm} if options.alarm else {})


async def _alarms(session: Session, query: Query, book: AlarmBook) -> int:
    options, config = session.options, session.loaded.config.alarms
    async with opened(session, retry=options.follow) as fleet:
        code = report(fleet)
        judged = Alarms(fleet, config, book)
        means = FeedFilter(query, fleet, judged).means
        if options.follow:
            fleet.watch(dict.fromkeys(fleet.connections), config.interval or ROUND)
            judged.survey()
            told: dict[object, tuple[str, ...]] = {}
            await follow(fleet, lambda: _tell(fleet, judged, means, told, as_json=options.json), every=TICK)
        slots = [slot for kind in _MEASURED for slot in fleet.inventory.slots(kind)]
        await asyncio.gather(measured(fleet, slots, rates=True), asyncio.sleep(FIRST_LOOK))
        judged.survey()
        found = [alarm for alarm in [*judged.raised(), *judged.pending()] if means(alarm)][: options.lines]
        if options.json:
            forms = [alarm_json(fleet, judged, alarm) for alarm in found]
            say_json({"connections": connections_json(fleet), "alarms": forms})
        else:
            say_table(_TITLES, [_cells(judged, alarm) for alarm in found])
        return code


def _tell(
    fleet: Fleet,
    judged: Alarms,
    means: Callable[[Alarm], bool],
    told: dict[object, tuple[str, ...]],
    *,
    as_json: bool,
) -> None:
    """What was raised, grew worse or better, or ended since the last call."""
    judged.take(fleet.drain())
    judged.tick()
    now = {alarm.id: alarm for alarm in judged.raised() if means(alarm)}
    for id, alarm in now.items():
        words = (alarm.level.value, alarm.subject, alarm.text, "known" if alarm.known_at_server else "")
        new = _new(told.get(id), words)
        if new:
            _say(alarm_json(fleet, judged, alarm) | {"change": new}, new, alarm.id.conn, words, as_json=as_json)
        if new or told[id][3] != words[3]:
            told[id] = words
    for id in [id for id in told if id not in now]:
        words = told.pop(id)
        conn, key, rule, name = id.conn, id.key, id.rule, id.name  # type: ignore[attr-defined]
        form = {"connection": conn, "object": words[1], "rule": rule, "level": words[0], "change": "over"}
        form |= {"ref": f"{encode_id(conn)}:{key}"} if ":" in key else {}
        _say(form | ({"name": name} if name else {}), "over", conn, words, as_json=as_json)


def _new(before: tuple[str, ...] | None, words: tuple[str, ...]) -> str:
    """What has become of an alarm since it was told last; empty for nothing."""
    if before is None:
        return "raised"
    if before[0] != words[0]:
        return "changed"
    return "acknowledged" if words[3] and not before[3] else ""


def _say(form: dict[str, Any], change: str, conn: str, words: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        say_json({"type": "alarm"} | form)
    else:
        level, subject, text = words[:3]
        say(f"{timestamp(time.time()) or ''}  {change:8}{level:9} {conn}/{subject}  {text}")


def _cells(judged: Alarms, alarm: Alarm) -> list[str]:
    return [
        timestamp(alarm.since) or "?",
        alarm.level.value,
        alarm.subject,
        alarm.id.conn,
        alarm.text,
        _standing(judged, alarm),
    ]


def _standing(judged: Alarms, alarm: Alarm) -> str:
    note = judged.book.note(alarm.id)
    words: list[str] = []
    if alarm.pending:
        words.append(f"not yet for {alarm.bounds.duration if alarm.bounds else 0:g} s")
    if judged.book.acknowledged(alarm.id) and note:
        words.append(f"acknowledged by {note.acknowledged_by}")
    if alarm.at_server is not None and alarm.at_server.done:
        words.append(f"acknowledged at the server by {alarm.at_server.by or 'somebody'}")
    if judged.silenced(alarm) and note:
        words.append(f"silenced until {timestamp(note.silenced_until)}")
    if judged.stale(alarm):
        words.append("stale")
    return ", ".join(words)


def alarm_json(fleet: Fleet, judged: Alarms, alarm: Alarm) -> dict[str, Any]:
    """An alarm as scripts get it."""
    id, note = alarm.id, judged.book.note(alarm.id)
    form: dict[str, Any] = {"connection": id.conn, "object": alarm.subject, "rule": id.rule, "level": alarm.level.value}
    if ":" in id.key:
        form |= {"ref": f"{encode_id(id.conn)}:{id.key}"}
    if alarm.slot is not None:
        form |= {
            "family": fleet.inventory.family(alarm.slot).value,
            "kind": fleet.inventory.kind(alarm.slot).value,
        }
    told = {
        "name": id.name,
        "text": alarm.text,
        "since": timestamp(alarm.since),
        "value": alarm.value if alarm.limit is not None and not ALARM_RULES[id.rule].is_state else None,
        "limit": alarm.limit if not ALARM_RULES[id.rule].is_state else None,
        "unit": ALARM_RULES[id.rule].unit,
        "state": "pending" if alarm.pending else "raised",
        "stale": judged.stale(alarm),
    }
    form |= {name: value for name, value in told.items() if value is not None and value != ""}
    if id.rule == PRODUCT and id.name:
        form["at_server"] = _at_server(alarm)
    if judged.book.acknowledged(id) and note:
        form["acknowledged"] = {"by": note.acknowledged_by, "at": timestamp(note.acknowledged_at)}
    if judged.silenced(alarm) and note:
        form["silenced"] = {"by": note.silenced_by, "until": timestamp(note.silenced_until)}
    return form


def _at_server(alarm: Alarm) -> dict[str, Any]:
    """Whether it is acknowledged where it was raised; null is what nobody tells."""
    known = alarm.at_server
    form: dict[str, Any] = {"acknowledged": None if known is None else known.done}
    if known is not None and known.by:
        form["by"] = known.by
    if known is not None and known.at is not None:
        form["at"] = timestamp(known.at)
    return form

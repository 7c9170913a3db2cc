"""Capabilities asked of worker processes: who hangs or crashes delays no other, and what was known outlives it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from novatui.core.capabilities import Answer, Sheet
from novatui.core.errors import Fault
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind, Link
from novatui.engine.fleet import Fleet
from tests.fleets import PATIENCE, fleet_of, until
from tests.oddworker import spec


def whole(name: str) -> ObjectRef:
    return ObjectRef(name, Kind.CONNECTION, name)


def host(name: str, which: str) -> ObjectRef:
    return ObjectRef(name, Kind.HOST, which)


def ask(fleet: Fleet, *refs: ObjectRef, fresh: bool = False) -> list[asyncio.Task[Sheet]]:
    return [asyncio.create_task(fleet.facts.probe(ref, fresh=fresh)) for ref in refs]


async def test_a_hung_connection_delays_no_other() -> None:
    specs = [spec("hung", probe="pause"), *(spec(f"quick{n}") for n in range(4))]
    async with fleet_of(*specs, retry=False) as fleet:
        await fleet.settled(PATIENCE)
        hung, *quick = ask(fleet, whole("hung"), *(whole(f"quick{n}") for n in range(4)))
        for sheet in await asyncio.gather(*quick):
            assert (sheet.failure, sheet.fact("tpm").value, sheet.calls) == (None, Answer.YES, 1)
        assert not hung.done()
        sheet = await hung
        assert sheet.failure is not None
        assert sheet.failure.fault is Fault.TIMEOUT
        assert {sheet.fact(slug).value for slug in ("tpm", "numa")} == {Answer.UNKNOWN}


async def test_a_host_that_hangs_delays_no_other_of_its_connection() -> None:
    async with fleet_of(spec("pool", **{"probe host:slow": "pause"}), retry=False) as fleet:
        await fleet.settled(PATIENCE)
        slow, *others = ask(fleet, host("pool", "slow"), *(host("pool", f"h{n}") for n in range(5)))
        for sheet in await asyncio.gather(*others):
            assert sheet.fact("tpm").value is Answer.YES
        assert not slow.done()
        assert (await slow).failure is not None


async def test_what_was_known_outlives_a_worker_that_crashes(tmp_path: Path) -> None:
    flag = tmp_path / "crashed"
    async with fleet_of(spec("odd", **{"probe host:bad": f"once:{flag},crash"})) as fleet:
        await fleet.settled(PATIENCE)
        (good,) = ask(fleet, host("odd", "good"))
        known = await good
        (bad,) = ask(fleet, host("odd", "bad"))
        assert (await bad).failure is not None
        stale = fleet.facts.sheet(host("odd", "good"))
        assert stale is not None
        assert stale.facts == known.facts
        await until(lambda: fleet.connections["odd"].link is Link.UP)
        back = fleet.facts.sheet(host("odd", "good"))
        assert back is not None
        assert not back.stale
        (again,) = ask(fleet, host("odd", "bad"), fresh=True)
        assert (await again).fact("tpm").value is Answer.YES


async def test_a_restart_shows_what_was_known_and_an_upgrade_asks_again(tmp_path: Path) -> None:
    async with fleet_of(spec("odd"), cache=tmp_path) as fleet:
        await fleet.settled(PATIENCE)
        (asked,) = ask(fleet, whole("odd"))
        known = await asked
    async with fleet_of(spec("odd", connect="sleep:1"), cache=tmp_path) as fleet:
        await until(lambda: fleet.facts.sheet(whole("odd")))
        shown = fleet.facts.sheet(whole("odd"))
        assert shown is not None
        assert (shown.facts, shown.at, shown.stale) == (known.facts, known.at, True)
        await until(lambda: fleet.connections["odd"].link is Link.UP)
        assert not fleet.facts.asking
    async with fleet_of(spec("odd", product="odd 2"), cache=tmp_path) as fleet:
        await until(lambda: (sheet := fleet.facts.sheet(whole("odd"))) and sheet.product == "odd 2")
        asked_anew = fleet.facts.sheet(whole("odd"))
        assert asked_anew is not None
        assert known.at is not None
        assert asked_anew.at is not None
        assert asked_anew.at > known.at

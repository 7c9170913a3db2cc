"""Changes of real guests, counted by the daemon's own log: none is lost or done twice, also when we are killed."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from novatui.actions.outcome import Outcome
from tests.acceptance import killing
from tests.acceptance.killing import Record, Tally
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.changing import is_changing
from tests.lab.libvirt.daemon import ApiCall, LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.liveconsole import gated, mix

pytestmark = pytest.mark.libvirt

NAMES = ("one", "two", "three")
SPAN = 8.0
"""Seconds of a console's work in which it is killed."""

MACHINE = re.compile(r"\(VM: name=.*?, uuid=([0-9a-f-]{36})\)")

Call = tuple[str, str]
"""Function, and uuid of the machine: empty where the daemon's log does not tell it, as with snapshots."""


@pytest.fixture
def host(make_libvirt_host: MakeHost) -> LibvirtHost:
    """A host with three paused guests that need no system, and can have snapshots."""
    made = make_libvirt_host()
    for name in NAMES:
        made.start_guest(GuestSpec(name, boot="none", memory_mib=64, disk_mib=8), paused=True)
    return made


def made(host: LibvirtHost, before: int = 0) -> list[Call]:
    """The changing calls that ran in the daemon, without the first ones: those of the lab's own virsh."""
    return [_logged(call) for call in host.api_calls() if is_changing(call.function)][before:]


def _logged(call: ApiCall) -> Call:
    machine = MACHINE.search(call.arguments)
    return call.function, machine.group(1) if machine else ""


def let_go(lines: list[Record]) -> list[Call]:
    """The calls among these lines of the journal."""
    calls = [line for line in lines if line["event"] == "call"]
    return [(line["call"], "" if "snapshot" in line["args"] else line["args"]["dom"]) for line in calls]


async def at_rest(host: LibvirtHost, before: int) -> list[Call]:
    """What was made, once the daemon has read what a dead worker had sent."""
    seen: list[Call] | None = None
    while seen != (now := made(host, before)):
        seen = now
        host.virsh("list")
        await asyncio.sleep(0.2)
    return now


async def test_thirty_operations_on_real_guests(host: LibvirtHost, tmp_path: Path) -> None:
    before = len(made(host))
    async with gated(host.uri, tmp_path) as (gate, fleet):
        results = await mix(gate, fleet, seed=1, count=30)
    assert {done.outcome for done in results} == {Outcome.DONE}, [done.text for done in results]
    assert False not in {done.seen for done in results}
    assert len({done.verb for done in results}) >= 8
    written = killing.records(tmp_path)
    assert len([line for line in written if line["event"] == "end"]) == len(results) == 30
    assert len(let_go(written)) >= 30
    assert made(host, before) == let_go(written)
    states = {host.virsh("domstate", name).strip() for name in NAMES}
    assert states <= {"running", "paused", "shut off"}


@pytest.mark.parametrize(
    "times", [3, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(3000)])], ids="{}-times".format
)
async def test_killed_at_any_moment_between_operations_on_real_guests(
    host: LibvirtHost, tmp_path: Path, times: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """One console after the other on the same guests and with the same journal."""
    seed, tally = killing.seed(), Tally()
    try:
        for turn in range(times):
            await _killed(host, tmp_path, seed + turn, tally)
    finally:
        with capsys.disabled():
            print(f"\n{killing.SEED}={seed}: {tally}")
    assert tally.kills == times


async def _killed(host: LibvirtHost, folder: Path, seed: int, tally: Tally) -> None:
    """One console, killed somewhere between its first operation and its last; what it leaves behind is looked at."""
    before, old, dice = len(made(host)), len(killing.records(folder)), random.Random(seed)
    with killing.killed("tests.liveconsole", host.uri, str(folder), str(seed), "400"):
        when = await killing.a_random_moment(folder, dice, SPAN, killing.size(folder))
    happened = await at_rest(host, before)
    lines = killing.records(folder)[old:]
    written, certain = let_go(lines), let_go(killing.done(lines))
    lost, doubled = Counter(certain) - Counter(happened), Counter(happened) - Counter(written)
    tally.count(let_go=len(written), made=len(happened), lost=lost.total(), doubled=doubled.total())
    assert not lost, f"called done and not made, {when}"
    assert not doubled, f"made twice, or without a line, {when}"
    assert happened in (written, written[:-1]), f"one at a time, in the order of the journal, {when}"
    last = [line for line in lines if line["event"] == "call"][-1:]
    missing = last if len(happened) < len(written) else []
    hit = killing.moments(lines, lambda line: line not in missing)

    async with gated(host.uri, folder) as (gate, _):
        await gate.start()
        begun = {line["seq"] for line in lines if line["event"] == "operation"}
        unknown = begun - {line["operation"] for line in lines if line["event"] == "end"}
        assert {done.id for done in gate.adopted.operations} == unknown, when
        after = killing.records(folder)[old:]
        assert {line["operation"] for line in after if line["event"] == "end"} == begun, when
    assert made(host, before) == happened, f"nothing is repeated, {when}"
    tally.add(hit, after)

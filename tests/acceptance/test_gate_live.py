"""Changes of real guests, counted by the daemon's own log: none is lost or done twice, also when we are killed."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from novatui.actions import journal
from novatui.actions.journal import BrokenChain
from novatui.actions.outcome import Outcome
from tests.fleets import until
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.changing import is_changing
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.processes import descendants, is_alive
from tests.liveconsole import gated, mix

pytestmark = pytest.mark.libvirt


@pytest.fixture
def host(make_libvirt_host: MakeHost) -> LibvirtHost:
    """A host with three guests that need no system."""
    made = make_libvirt_host()
    for name in ("one", "two", "three"):
        made.define_guest(GuestSpec(name, boot="none", memory_mib=64))
    return made


def made(host: LibvirtHost, before: int = 0) -> list[str]:
    """The changing calls that ran in the daemon, without the first ones: those of the lab's own virsh."""
    return [call.function for call in host.api_calls() if is_changing(call.function)][before:]


def records(folder: Path) -> list[dict[str, Any]]:
    """The journal as far as it is whole."""
    found: list[dict[str, Any]] = []
    try:
        found.extend(record.body for record in journal.read(folder / "state" / "journal.jsonl"))
    except BrokenChain as broken:
        if not broken.torn:
            raise
    return found


def begin(*arguments: str) -> subprocess.Popen[bytes]:
    """A console in a process of its own."""
    command = [sys.executable, "-m", "tests.liveconsole", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def test_thirty_operations_on_real_guests(host: LibvirtHost, tmp_path: Path) -> None:
    before = len(made(host))
    async with gated(host.uri, tmp_path) as (gate, fleet):
        results = await mix(gate, fleet, seed=1, count=30)
    assert {done.outcome for done in results} == {Outcome.DONE}, [done.text for done in results]
    assert False not in {done.seen for done in results}
    written = [record["call"] for record in records(tmp_path) if record["event"] == "call"]
    assert len(written) >= 30
    assert made(host, before) == written
    states = {name: host.virsh("domstate", name).strip() for name in ("one", "two", "three")}
    assert set(states.values()) <= {"running", "paused", "shut off"}


@pytest.mark.parametrize("seed", range(4))
async def test_killed_at_any_moment_between_operations_on_real_guests(
    host: LibvirtHost, tmp_path: Path, seed: int
) -> None:
    before = len(made(host))
    console = begin(host.uri, str(tmp_path), str(seed), "50")
    try:
        await until(lambda: records(tmp_path))
        await asyncio.sleep(random.Random(seed).uniform(0.0, 2.0))
    finally:
        workers = descendants(console.pid)
        console.kill()
        console.wait()
    await until(lambda: not any(map(is_alive, workers)))
    written = records(tmp_path)
    let_go = Counter(record["call"] for record in written if record["event"] == "call")
    done = Counter(
        call["call"]
        for call in written
        if call["event"] == "call"
        for result in written
        if (result["event"], result.get("operation"), result.get("state")) == ("result", call["operation"], "done")
    )
    happened = Counter(made(host, before))
    assert not done - happened, "called done and not made"
    assert not happened - let_go, "made and not written down, or made twice"
    assert (let_go - done).total() <= 1, "one at a time"

    async with gated(host.uri, tmp_path) as (gate, _):
        await gate.start()
        ended = {record["operation"] for record in records(tmp_path) if record["event"] == "end"}
        assert ended == {record["seq"] for record in written if record["event"] == "operation"}
        assert Counter(made(host, before)) == happened, "nothing is repeated"

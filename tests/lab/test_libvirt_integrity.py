"""Nothing changes inside a guest that moves: its memory and disk are watched from inside over many migrations."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.witness import Lap, laps, next_whole_lap

libvirt = pytest.importorskip("libvirt")

from tests.lab.libvirt.moves import ABORTED, ON_LOOPBACK, Move, disk_file, fresh_disk_on, quiet, state  # noqa: E402

pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(3600)]

ROUNDS = 6
BANDWIDTH_MIB = 32
SLOW_MIB = 6


class Kind(NamedTuple):
    """One way to move. `meddle` is what is done to the running migration."""

    name: str
    flags: tuple[str, ...] = ()
    parameters: dict[str, Any] = {}  # noqa: RUF012
    bandwidth: int = BANDWIDTH_MIB
    meddle: str = ""


KINDS = (
    Kind("plain"),
    Kind("client-driven"),
    Kind("compressed", ("compressed",), {"compression": "xbzrle"}),
    Kind("parallel", ("parallel",), {"parallel.connections": 2}),
    Kind("auto-converge", ("auto-converge",), {"auto_converge.initial": 30}),
    Kind("tunnelled", ("tunnelled",)),
    Kind("storage", ("storage",)),
    Kind("rescued by bandwidth", bandwidth=SLOW_MIB, meddle="bandwidth"),
    Kind("suspended on the way", bandwidth=SLOW_MIB, meddle="suspend"),
    Kind("cancelled", bandwidth=SLOW_MIB, meddle="abort"),
    Kind("storage cancelled", ("storage",), bandwidth=SLOW_MIB, meddle="abort"),
)


@pytest.fixture
def hosts() -> Iterator[tuple[LibvirtHost, LibvirtHost]]:
    quiet()
    with or_skip(lambda: LibvirtHost("atlas")) as first, or_skip(lambda: LibvirtHost("borea")) as second:
        yield first, second


def watched(host: LibvirtHost) -> GuestSpec:
    return host.start_guest(GuestSpec("watched", disk_mib=32, dirty=(16, 8), witness=(16, 8)))


def test_a_guest_finds_memory_and_disk_unchanged_after_many_migrations(
    hosts: tuple[LibvirtHost, LibvirtHost], capsys: pytest.CaptureFixture[str]
) -> None:
    home = hosts[0]
    guest = watched(home)
    first = next_whole_lap(home, guest)
    chance = random.Random(5)
    plan = [kind for _ in range(ROUNDS) for kind in chance.sample(KINDS, len(KINDS))]
    connections = [libvirt.open(host.uri) for host in hosts]
    here, outcomes = 0, Counter[str]()
    for number, kind in enumerate(plan):
        there = 1 - here
        domain = connections[here].lookupByUUIDString(guest.uuid)
        moved = _carry_out(kind, domain, hosts[there], connections[there], guest, chance)
        if moved:
            here, there = there, here
        assert state(connections[here], guest.uuid) == "running", kind
        assert state(connections[there], guest.uuid) != "running", kind
        seen = next_whole_lap(home, guest)
        assert _differences(first, seen) == [], f"{kind} at {number}"
        outcomes["moved" if moved else "cancelled"] += 1
        with capsys.disabled():
            print(f"{number + 1}/{len(plan)} {kind.name}: {'moved' if moved else 'cancelled'}, {seen}", flush=True)
    every = laps(home, guest)
    wrong = [lap for lap in every if _differences(first, lap)]
    with capsys.disabled():
        print(
            f"{outcomes['moved']} migrations, {outcomes['cancelled']} cancelled, {len(every)} laps, {len(wrong)} wrong"
        )
    assert wrong == []
    assert outcomes.total() >= 50
    assert outcomes["cancelled"] >= ROUNDS


def test_the_witness_sees_what_changes_behind_its_back(hosts: tuple[LibvirtHost, LibvirtHost]) -> None:
    home = hosts[0]
    guest = watched(home)
    first = next_whole_lap(home, guest)
    home.type_on_console(guest, "kill -USR1 $(pidof witness)")
    spoilt = next_whole_lap(home, guest)
    assert _differences(first, spoilt) == ["memory", "memory_wrong"]
    assert spoilt.memory_wrong == 1
    for megabyte in (1, 5):
        home.type_on_console(guest, f"echo x | dd of=/dev/vda bs=1M seek={megabyte} conv=notrunc,fsync")
    assert _differences(first, next_whole_lap(home, guest)) == ["memory", "memory_wrong", "disk", "disk_wrong"]


def _carry_out(
    kind: Kind, domain: Any, there: LibvirtHost, other: Any, guest: GuestSpec, chance: random.Random
) -> bool:
    """True when the guest has moved, False when the migration was cancelled. Anything else fails."""
    parameters = {"bandwidth": kind.bandwidth, **kind.parameters, **({} if "tunnelled" in kind.flags else ON_LOOPBACK)}
    flags = ["live", *kind.flags, *([] if "storage" in kind.flags else ["unsafe"])]
    before = disk_file(domain)
    if "storage" in kind.flags:
        parameters |= fresh_disk_on(there, domain, guest)
    if kind.name == "client-driven":
        move = Move(domain, other, flags, parameters)
    else:
        move = Move(domain, there.uri, [*flags, "peer2peer"], parameters)
    if kind.meddle:
        _meddle(kind.meddle, domain, move, chance.uniform(0.5, 8))
    error = move.outcome()
    if error is None:
        moved = other.lookupByUUIDString(guest.uuid)
        if moved.state()[0] == libvirt.VIR_DOMAIN_PAUSED:
            assert kind.meddle == "suspend"
            moved.resume()
        if "storage" in kind.flags:
            before.unlink()
        return True
    assert kind.meddle == "abort", error
    assert error[0] == ABORTED, error
    return False


def _meddle(what: str, domain: Any, move: Move, after_s: float) -> None:
    """Do it some time after the start, if the migration still runs then."""
    time.sleep(after_s)
    try:
        match what:
            case "bandwidth":
                while not domain.jobStats().get("memory_total") and move.running:
                    time.sleep(0.1)  # before memory flows it would be set back to what the migration was started with
                domain.migrateSetMaxSpeed(BANDWIDTH_MIB)
            case "suspend":
                domain.suspend()
            case "abort":
                domain.abortJob()
    except libvirt.libvirtError:
        if move.outcome() is not None:
            raise


def _differences(first: Lap, later: Lap) -> list[str]:
    """Names of what is not as it was in the first lap; the counts of differences are 0 there."""
    assert (first.memory_wrong, first.disk_wrong) == (0, 0)
    return [
        name
        for name in ("memory", "memory_wrong", "disk", "disk_wrong")
        if getattr(first, name) != getattr(later, name)
    ]

"""One guest moves, nine others work, and something goes wrong: no guest is lost, and libvirt's words are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.faults import (
    BEHIND_A_WIRE,
    Wire,
    busy_cores,
    daemon_killed,
    daemon_silent,
    disk_inside,
    full_images,
    guest_killed,
    short_of_memory,
    small_images,
)
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.witness import next_whole_lap
from tests.lab.workspace import wait_until

libvirt = pytest.importorskip("libvirt")

from tests.lab.libvirt.moves import Move, disk_file, quiet, state  # noqa: E402

pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(900)]

SLOW_MIB, FAST_MIB = 4, 32
DISK_MIB, SPARE_MIB = 32, 24
MEMORY_MIB = 512

#: Where guests of a host behind a wire listen.
NOT_THROUGH_THE_WIRE = "tcp://127.0.0.2"

#: libvirt tells that a link is down after 5 questions 5 s apart; a migration that nobody ends goes on until here.
NOTICED_AFTER_S = 60.0


@dataclass
class Crowd:
    """The source host with its ten guests."""

    host: LibvirtHost
    connection: Any
    mover: GuestSpec
    workers: list[GuestSpec]
    names: set[str] = field(default_factory=set)

    def lacking(self) -> set[str]:
        """Guests that should run here, the one that moves aside, and do not."""
        return self.names - set(self.host.virsh("list", "--state-running", "--name").split())

    def work_on(self) -> bool:
        """Every guest with a system gets on with its work."""
        return all(next_whole_lap(self.host, guest).memory_wrong == 0 for guest in self.workers)


@dataclass(frozen=True)
class Scene:
    """Everything around one migration that a fault may be done to."""

    crowd: Crowd
    target: LibvirtHost
    wire: Wire


@dataclass(frozen=True)
class Trouble:
    """A fault while the guest moves. `ends`: libvirt's words then, with their code, a pattern; None if it has moved.

    `early` faults are there before the migration begins. One that libvirt does not notice is aborted by hand.
    """

    name: str
    begin: Callable[[Scene], AbstractContextManager[Any]]
    ends: str | None
    flags: tuple[str, ...] = ("unsafe",)
    early: bool = False
    by_hand: bool = False


LINK_LOST = r"\[(1|38|39)\] .*(client socket is closed|End of file|keepalive timeout)"
MEMORY_LOST = r"\[(1|9)\] .*(Unable to write to socket|unexpectedly closed the monitor|load of migration failed)"
NO_SPACE = r"\[9\] .*No space left on device"
STORAGE = ("storage",)

TROUBLES = (
    Trouble("link down", lambda scene: scene.wire.down("hang"), LINK_LOST),
    Trouble("control link down", lambda scene: scene.wire.down("hang", ["control"]), LINK_LOST),
    Trouble("control link cut", lambda scene: scene.wire.down("cut", ["control"]), LINK_LOST),
    Trouble("data link down", lambda scene: scene.wire.down("hang", ["data"]), rf"\[78\]|{MEMORY_LOST}", by_hand=True),
    Trouble("data link cut", lambda scene: scene.wire.down("cut", ["data"]), MEMORY_LOST),
    Trouble("tunnel down", lambda scene: scene.wire.down("hang"), LINK_LOST, ("unsafe", "tunnelled")),
    Trouble("refused", lambda scene: scene.wire.down("refuse"), r"\[38\] .*Connection refused", early=True),
    Trouble("pool full", lambda scene: full_images(scene.target, 1), NO_SPACE, STORAGE, early=True),
    Trouble("pool full on the way", lambda scene: full_images(scene.target, 1), NO_SPACE, STORAGE),
    Trouble("short of memory", lambda scene: short_of_memory(scene.target), r"\[1\] .*Cannot allocate", early=True),
    Trouble("both cores busy", lambda _: busy_cores(), None),
    Trouble("target daemon killed", lambda scene: daemon_killed(scene.target), LINK_LOST),
    Trouble("target daemon silent", lambda scene: daemon_silent(scene.target), LINK_LOST),
    Trouble("arriving guest killed", lambda scene: guest_killed(scene.target, scene.crowd.mover.name), MEMORY_LOST),
)


@pytest.fixture(scope="module")
def crowd() -> Iterator[Crowd]:
    quiet()
    with or_skip(lambda: LibvirtHost("atlas", qemu_conf=BEHIND_A_WIRE)) as host:
        workers = [host.start_guest(GuestSpec(f"worker{n}", witness=(4, 0))) for n in range(2)]
        bare = [host.start_guest(GuestSpec(f"bare{n}", boot="none", memory_mib=64)) for n in range(7)]
        mover = GuestSpec("mover", memory_mib=MEMORY_MIB, disk_mib=DISK_MIB, dirty=(16, 8), witness=(8, 24))
        mover = host.start_guest(mover)
        yield Crowd(host, libvirt.open(host.uri), mover, workers, {guest.name for guest in (*workers, *bare)})


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_no_guest_is_lost(crowd: Crowd, trouble: Trouble, capsys: pytest.CaptureFixture[str]) -> None:
    before = next_whole_lap(crowd.host, crowd.mover)
    with ExitStack() as stack:
        small = small_images(DISK_MIB + SPARE_MIB)
        target = stack.enter_context(or_skip(lambda: LibvirtHost("borea", qemu_conf=BEHIND_A_WIRE, prefix=small)))
        scene = Scene(crowd, target, stack.enter_context(Wire(target)))
        domain = crowd.connection.lookupByUUIDString(crowd.mover.uuid)
        told = _migrate_in_trouble(scene, domain, trouble)
        with capsys.disabled():
            print(f"{trouble.name}: {told or 'moved'}", flush=True)
        assert (told is None) == (trouble.ends is None)
        assert re.search(trouble.ends or "^$", told or "", re.DOTALL)

        there = libvirt.open(target.uri)
        places = [state(crowd.connection, crowd.mover.uuid), state(there, crowd.mover.uuid)]
        assert places.count("running") == 1, places
        assert (places[0] == "running") == (told is not None)
        assert next_whole_lap(crowd.host, crowd.mover)[1:] == before[1:]
        assert crowd.lacking() == set()
        assert crowd.work_on()

        # The fault is over: nothing has to be mended by hand before the guest can move.
        if told is not None:
            assert _move(scene, domain, scene.wire.uri, scene.wire.migrate_uri) is None
        moved = there.lookupByUUIDString(crowd.mover.uuid)
        assert _move(scene, moved, crowd.host.uri, NOT_THROUGH_THE_WIRE) is None
        assert state(crowd.connection, crowd.mover.uuid) == "running"
        assert next_whole_lap(crowd.host, crowd.mover)[1:] == before[1:]
        there.close()


def _migrate_in_trouble(scene: Scene, domain: Any, trouble: Trouble) -> str | None:
    """libvirt's code and words, or None when the guest has moved."""
    parameters: dict[str, Any] = {"bandwidth": SLOW_MIB, "migrate_uri": scene.wire.migrate_uri}
    if "tunnelled" in trouble.flags:
        del parameters["migrate_uri"]
    if "storage" in trouble.flags:
        file = disk_inside(scene.target, "moved.qcow2", DISK_MIB)
        xml = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_MIGRATABLE)
        parameters["migrate_uri"] = NOT_THROUGH_THE_WIRE
        parameters["destination_xml"] = xml.replace(str(disk_file(domain)), str(file))
    with ExitStack() as stack:
        if trouble.early:
            stack.enter_context(trouble.begin(scene))
        move = Move(domain, scene.wire.uri, ("live", "peer2peer", *trouble.flags), parameters)
        if not trouble.early:
            wait_until(partial(_something_was_sent, domain, move), "the migration to begin")
            stack.enter_context(trouble.begin(scene))
        if trouble.ends is None:
            domain.migrateSetMaxSpeed(FAST_MIB)
        elif not move.wait(NOTICED_AFTER_S):
            assert trouble.by_hand, "libvirt did not notice"
            domain.abortJob()
        error = move.outcome()
        return error and "[{}] {}".format(*error)


def _something_was_sent(domain: Any, move: Move) -> bool:
    assert move.running, move.error
    return domain.jobStats().get("data_processed", 0) > 0


def _move(scene: Scene, domain: Any, uri: str, migrate_uri: str) -> tuple[int, str] | None:
    parameters = {"bandwidth": FAST_MIB, "migrate_uri": migrate_uri}
    return Move(domain, uri, ("live", "peer2peer", "unsafe"), parameters).outcome()

"""One of ten guests is moved by the keys of a console, and something goes wrong: it is named, no guest is lost, and
the console mends itself. What the console knows of the destination comes over the same link as the migration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from novatui.core.tasks import TaskState
from novatui.engine.migration_book import MigrationBook
from novatui.engine.migration_record import Record
from tests.acceptance.moving_pair import LONG, NAME, Pair
from tests.acceptance.test_migrations_keys import BANDWIDTH, Person
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.faults import (
    BEHIND_A_WIRE,
    Wire,
    busy_cores,
    daemon_killed,
    daemon_silent,
    full_images,
    guest_killed,
    short_of_memory,
    small_images,
)
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.witness import next_whole_lap

pytest.importorskip("libvirt", reason="libvirt's Python binding is not installed")
pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(900)]

PORTER = "porter"
"""The one with a disk."""

DISK_MIB, SPARE_MIB = 32, 24

MEMORY_ADDRESS, TUNNELLED, STORAGE, STORE = 2, 4, 11, 12
"""Numbers of lines in the form; a blank there takes the next choice."""

NOT_THROUGH_THE_WIRE = "tcp://127.0.0.2"

LINK_LOST = "the source host lost the daemon of the destination"
MEMORY_LOST = (
    "the connection for the machine's memory broke",
    "QEMU at the destination gave up while it took the machine over",
    "QEMU at the destination ended",
)


@dataclass
class Crowd:
    """The source host with its ten guests; the first two have a system that watches its own memory."""

    host: LibvirtHost
    guests: dict[str, GuestSpec]

    def lacking(self) -> set[str]:
        """Guests that should run here and do not."""
        return set(self.guests) - set(self.host.virsh("list", "--state-running", "--name").split())


@dataclass(frozen=True)
class Scene:
    """Everything around one migration that a fault may be done to."""

    target: LibvirtHost
    wire: Wire


@dataclass(frozen=True)
class Trouble:
    """A fault while a guest moves, and what the console may call it; nothing when the guest is to arrive all the same.

    `early` faults are there before it begins. `unnoticed`: libvirt may not notice; a person cancels it then.
    """

    name: str
    begin: Callable[[Scene], AbstractContextManager[Any]]
    called: tuple[str, ...]
    early: bool = False
    unnoticed: bool = False
    tunnelled: bool = False
    storage: bool = False


# A pool that becomes full on the way does no harm here: libvirt reserves the room when it makes the image.
TROUBLES = (
    Trouble("link down", lambda scene: scene.wire.down("hang"), (LINK_LOST,)),
    Trouble("control link down", lambda scene: scene.wire.down("hang", ["control"]), (LINK_LOST,)),
    Trouble("control link cut", lambda scene: scene.wire.down("cut", ["control"]), (LINK_LOST,)),
    Trouble("data link down", lambda scene: scene.wire.down("hang", ["data"]), MEMORY_LOST, unnoticed=True),
    Trouble("data link cut", lambda scene: scene.wire.down("cut", ["data"]), MEMORY_LOST),
    Trouble("tunnel down", lambda scene: scene.wire.down("hang"), (LINK_LOST,), tunnelled=True),
    Trouble(
        "refused",
        lambda scene: scene.wire.down("refuse"),
        ("no libvirt daemon listens at the destination",),
        early=True,
    ),
    Trouble(
        "pool full", lambda scene: full_images(scene.target, 1), ("the storage is full",), early=True, storage=True
    ),
    Trouble(
        "short of memory",
        lambda scene: short_of_memory(scene.target),
        ("the host has too little free memory",),
        early=True,
    ),
    Trouble("both cores busy", lambda _: busy_cores(), ()),
    Trouble("target daemon killed", lambda scene: daemon_killed(scene.target), (LINK_LOST,)),
    Trouble("target daemon silent", lambda scene: daemon_silent(scene.target), (LINK_LOST,)),
    Trouble("arriving guest killed", lambda scene: guest_killed(scene.target, NAME), MEMORY_LOST),
)


@pytest.fixture(scope="module")
def crowd() -> Iterator[Crowd]:
    with or_skip(lambda: LibvirtHost("atlas", qemu_conf=BEHIND_A_WIRE)) as host:
        specs = [
            GuestSpec(NAME, memory_mib=256, dirty=(16, 8), witness=(8, 0)),
            GuestSpec(PORTER, disk_mib=DISK_MIB, witness=(4, 24)),
            *(GuestSpec(f"bare{n}", boot="none", memory_mib=64) for n in range(8)),
        ]
        yield Crowd(host, {spec.name: host.start_guest(spec) for spec in specs})


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_it_is_named_and_no_guest_is_lost(crowd: Crowd, trouble: Trouble, tmp_path: Path) -> None:
    guest = crowd.guests[PORTER if trouble.storage else NAME]
    before = next_whole_lap(crowd.host, guest)
    with ExitStack() as stack:
        small = small_images(DISK_MIB + SPARE_MIB)
        target = stack.enter_context(or_skip(lambda: LibvirtHost("borea", qemu_conf=BEHIND_A_WIRE, prefix=small)))
        scene = Scene(target, stack.enter_context(Wire(target)))
        if trouble.storage:
            target.virsh("pool-create-as", "images", "dir", "--target", str(target.images))
        pair = Pair(crowd.host, target, tmp_path, uri=scene.wire.uri)
        with Person(pair, name=guest.name) as person:
            person.ready()
            with ExitStack() as fault:
                if trouble.early:
                    fault.enter_context(trouble.begin(scene))
                _set_out(person, scene, trouble)
                if not trouble.early:
                    phase = "disk" if trouble.storage else "memory"
                    person.until(lambda: phase in person.rows()[0], f"its {phase} is sent")
                    fault.enter_context(trouble.begin(scene))
                _goes_wrong(person, trouble)
                assert len(person.rows()) == 1
            moved = not trouble.called
            _is_well_again(person, "there" if moved else "here")
            assert pair.where(guest.name) == ["there" if moved else "here"]
            assert person.quit() == 0
        if moved:
            back = ("migrate", "--live", "--p2p", guest.name, crowd.host.uri, "--migrateuri", NOT_THROUGH_THE_WIRE)
            target.virsh(*back)
        assert crowd.lacking() == set()
        assert next_whole_lap(crowd.host, guest)[1:] == before[1:]
        _check_record(_record(tmp_path), trouble)


def _set_out(person: Person, scene: Scene, trouble: Trouble) -> None:
    """The form is filled in and agreed to; the watch opens."""
    said = {BANDWIDTH: "4M"}
    if trouble.tunnelled:
        said[TUNNELLED] = "  "
    elif trouble.storage:
        said |= {MEMORY_ADDRESS: NOT_THROUGH_THE_WIRE, STORAGE: "  ", STORE: "images"}
    else:
        said[MEMORY_ADDRESS] = scene.wire.migrate_uri
    person.fill(said)
    person.agree("virDomainMigrateToURI3")
    person.wait_for("VERDICT", LONG)


def _goes_wrong(person: Person, trouble: Trouble) -> None:
    """The console tells by itself what happened; of what libvirt does not notice it tells that nothing moves."""
    if not trouble.called:
        person.press("5")
        person.agree("virDomainSuspend")
        person.wait_for("1 done today", LONG)
    elif trouble.unnoticed:
        person.until(lambda: "1 failed" in person.text or "STALLED" in person.text, "it is seen that nothing moves")
        if "1 failed" not in person.text:
            person.press("c")
            person.agree("virDomainAbortJob")
            person.until(lambda: "0 moving" in person.text, "it is over")
    else:
        person.wait_for("1 failed", LONG)
        person.until(lambda: any(words in person.text for words in trouble.called), "it says why")


def _is_well_again(person: Person, conn: str) -> None:
    """Both connections are up and the guest has one row, on its host. Keys only open the list to look at."""
    person.press("q")
    person.wait_for("2/2 conns", LONG)
    person.until(lambda: [row for row in _listed(person) if "● on" in row], f"it runs on {conn}")
    assert len(_listed(person)) == 1, person.text


def _listed(person: Person) -> list[str]:
    """Its rows in the list of machines: the name, and the mark of its state."""
    return [row for row in person.places(person.name) if re.search(rf"{person.name} +[●○◌◐?] ", row)]


def _record(folder: Path) -> Record:
    [one] = MigrationBook(folder / "home" / "state" / "migrations").load()
    return one


def _check_record(record: Record, trouble: Trouble) -> None:
    """It says what came of it, in the words of the screen and in those of libvirt."""
    if not trouble.called:
        assert record.state is TaskState.DONE
    elif trouble.unnoticed and record.state is TaskState.CANCELLED:
        assert [used.verb for used in record.used] == ["task.cancel"]
    else:
        assert record.state is TaskState.FAILED
        assert record.failure is not None
        assert record.failure.message in trouble.called, record.failure
        assert record.failure.native

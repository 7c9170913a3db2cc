"""Live migrations between two real rootless hosts: planned, led, followed, steered, broken off; no guest is lost."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from novatui.core.errors import Fault, NovaError
from novatui.core.ids import ObjectRef, key
from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.operations import Operation, Plan
from novatui.core.states import Kind
from novatui.core.tasks import Task, TaskState
from novatui.worker.plans import planned
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.change_cases import run_lines
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt_driver_probe import Probe, connected
from tests.lab.workspace import wait_until

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(300)]

MIB = 1 << 20
NAME = "traveller"


class Voyage:
    """Two hosts, a driver on the source, one guest that moves, and everything that was told of it."""

    def __init__(self, here: LibvirtHost, there: LibvirtHost, guest: GuestSpec, probe: Probe) -> None:
        self.here, self.there, self.guest, self.probe = here, there, guest, probe
        self.key = key(Kind.VM, guest.uuid)
        self.address = there.uri
        """Of the destination, as the source reaches it."""
        self.told: list[Task] = []
        self._errors: list[NovaError] = []
        self._thread: threading.Thread | None = None
        tell = probe.sink.task

        def keep(begun: float, task: Task) -> None:
            self.told.append(task)
            tell(begun, task)

        probe.sink.task = keep

    def plan(self, verb: str, **arguments: str) -> Plan:
        if verb in {"migrate.live", "migrate.offline"}:
            to = str(ObjectRef("there", Kind.HOST, self.there.uuid))
            arguments = {"to": to, "uri": self.address, **arguments}
        return planned(self.probe.driver, Operation(verb=verb, key=self.key, arguments=arguments))

    def go(self, plan: Plan) -> None:
        """Carry a plan out, as the worker does: the call of a move lasts as long as the move."""

        def run() -> None:
            try:
                for call in plan.calls:
                    self.probe.driver.invoke(call, {})
            except NovaError as error:
                self._errors.append(error)

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def arrive(self) -> NovaError | None:
        """Wait for the end of the call; how it failed."""
        assert self._thread is not None
        self._thread.join(120)
        assert not self._thread.is_alive(), self.told[-1:]
        return self._errors[0] if self._errors else None

    def do(self, verb: str, **arguments: str) -> Plan:
        """Move a lever."""
        plan = self.plan(verb, **arguments)
        for call in plan.calls:
            self.probe.driver.invoke(call, {})
        return plan

    def until(
        self, condition: Callable[[MigrationProgress], object], what: str, timeout_s: float = 90.0
    ) -> MigrationProgress:
        """The first reading like this."""
        found: list[MigrationProgress] = []

        def look() -> bool:
            self.probe.driver.tasks()
            readings = (task.migration for task in list(self.told) if task.native_verb == "migration out")
            found[:] = [reading for reading in readings if reading is not None and condition(reading)]
            return bool(found)

        wait_until(look, what, timeout_s)
        return found[0]

    def ended(self) -> Task:
        """The last word on it."""

        def over() -> bool:
            self.probe.driver.tasks()
            return bool(self.told) and self.told[-1].state is not TaskState.RUNNING

        self.probe.sink.until(over, "its end is told")
        assert len({task.id for task in self.told if task.native_verb == "migration out"}) == 1
        return self.told[-1]

    def where(self) -> str:
        """Which host has the guest running, by virsh; both or none is an error."""
        at = [host for host in (self.here, self.there) if NAME in host.virsh("list", "--name", "--state-running")]
        assert len(at) == 1, [host.name for host in at]
        return "here" if at[0] is self.here else "there"


@contextmanager
def voyage(make: MakeHost, *, tcp: bool = False, **spec: object) -> Iterator[Voyage]:
    here, there = make("atlas"), make("borea", tcp=tcp)
    guest = here.start_guest(GuestSpec(NAME, **{"memory_mib": 128, "dirty": (48, 16), **spec}))
    with connected(here.uri, "host", "vm") as probe:
        made = Voyage(here, there, guest, probe)
        made.address = there.tcp_uri if tcp else there.uri
        yield made


def refused(voyage: Voyage, verb: str, **arguments: str) -> NovaError:
    with pytest.raises(NovaError) as refusal:
        voyage.plan(verb, **arguments)
    return refusal.value


LOUD: Mapping[str, object] = {"dirty": (24, 48), "memory_mib": 96}
"""Changes more memory than a slow connection sends."""


def test_one_that_cannot_end_is_steered_to_its_end(make_libvirt_host: MakeHost) -> None:
    """Followed through its phases, its levers told, its limits read; more bandwidth lets it end."""
    with voyage(make_libvirt_host, tcp=True, **LOUD) as it:
        assert refused(it, "migrate.bandwidth", bandwidth=str(MIB)).failure.fault is Fault.CONFLICT
        plan = it.plan("migrate.live", bandwidth=str(4 * MIB), downtime="200", auto_converge="no")
        assert [call.verb for call in plan.calls] == ["virDomainMigrateSetMaxDowntime", "virDomainMigrateToURI3"]
        assert plan.calls[1].long
        it.go(plan)
        early = it.until(lambda reading: reading.phase == Phase.PREPARING, "it is prepared")
        assert (early.left, early.destination) == (None, "127.0.0.1")
        reading = it.until(lambda reading: reading.memory_left and reading.downtime_limit, "memory is sent")
        assert (reading.phase, reading.fidelity) == (Phase.MEMORY, Fidelity.FULL)
        assert reading.armed == ("peer-to-peer",)
        assert (reading.downtime_limit, reading.bandwidth_limit) == (0.2, 4.0 * MIB)
        assert reading.memory_total
        assert reading.at
        assert reading.guest_paused is False
        assert it.probe.sink.named(NAME)["job"] == "migration out"
        it.until(lambda reading: (reading.iteration or 0) >= 2, "it goes over its memory again")
        armed = refused(it, "migrate.postcopy")
        assert armed.failure.fault is Fault.NOT_SUPPORTED
        assert refused(it, "migrate.live").failure.fault is Fault.BUSY
        lever = it.do("migrate.bandwidth", bandwidth=str(900 * MIB))
        assert lever.inverse is not None
        assert lever.inverse.arguments == {"bandwidth": str(4 * MIB)}
        it.until(lambda reading: reading.bandwidth_limit == 900.0 * MIB, "the new limit is read")
        assert it.arrive() is None
        end = it.ended()
        assert end.state is TaskState.DONE
        assert end.migration is not None
        assert end.migration.downtime is not None
        assert end.migration.left == 0
        assert end.migration.armed == ("peer-to-peer",)
        assert it.where() == "there"
        assert NAME not in it.here.virsh("list", "--all", "--name")
        assert NAME in it.there.virsh("list", "--persistent", "--name")


def test_it_is_cancelled_and_stays(make_libvirt_host: MakeHost) -> None:
    with voyage(make_libvirt_host, **LOUD) as it:
        it.go(it.plan("migrate.live", bandwidth=str(4 * MIB)))
        it.until(lambda reading: reading.memory_left, "memory is sent")
        task = it.told[-1].id
        it.do("task.cancel", task=task)
        error = it.arrive()
        assert error is not None
        assert error.failure.fault is Fault.ABORTED
        assert it.ended().state is TaskState.CANCELLED
        assert it.where() == "here"
        it.probe.sink.until(lambda: it.probe.sink.named(NAME)["job"] == "", "its row has no job any more")


def virsh_migrate(it: Voyage, *options: str) -> subprocess.Popen[str]:
    command = ["virsh", "-q", "-c", it.here.uri, "migrate", "--live", "--p2p", *options, NAME, it.there.uri]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_one_of_virsh_appears_and_pausing_lets_it_end(make_libvirt_host: MakeHost) -> None:
    """Somebody else's is followed as our own; what it was armed with is not known."""
    with voyage(make_libvirt_host, **LOUD) as it:
        work = virsh_migrate(it, "--bandwidth", "4")
        reading = it.until(lambda reading: reading.memory_left and reading.downtime_limit, "it appears by itself")
        assert reading.armed is None
        assert reading.bandwidth_limit == 4.0 * MIB
        it.until(lambda reading: (reading.iteration or 0) >= 2, "it goes over its memory again")
        it.do("migrate.pause")
        paused = it.until(lambda reading: reading.guest_paused, "the guest stands still")
        assert paused.phase == Phase.MEMORY
        assert refused(it, "migrate.pause").failure.fault is Fault.CONFLICT
        work.communicate(timeout=120)
        assert work.returncode == 0
        assert it.ended().state is TaskState.DONE
        assert it.where() == "there"


def end_well(it: Voyage) -> MigrationProgress:
    """It arrived; its last reading."""
    error = it.arrive()
    assert error is None, error.failure
    end = it.ended()
    assert end.state is TaskState.DONE
    assert it.where() == "there"
    assert end.migration is not None
    return end.migration


@pytest.mark.long
def test_a_larger_pause_lets_it_end(make_libvirt_host: MakeHost) -> None:
    with voyage(make_libvirt_host, **LOUD) as it:
        it.go(it.plan("migrate.live", bandwidth=str(4 * MIB)))
        it.until(lambda reading: (reading.iteration or 0) >= 2, "it goes over its memory again")
        lever = it.do("migrate.downtime", downtime="20000")
        assert lever.inverse is not None
        assert lever.inverse.arguments == {"downtime": "300"}
        assert end_well(it).downtime_limit in {0.3, 20.0}


@pytest.mark.long
def test_auto_converge_slows_the_guest(make_libvirt_host: MakeHost) -> None:
    with voyage(make_libvirt_host, dirty=(40, 64)) as it:
        it.go(it.plan("migrate.live", bandwidth=str(12 * MIB), auto_converge="yes"))
        slowed = it.until(lambda reading: reading.throttle, "the guest is slowed down", timeout_s=180.0)
        assert slowed.armed == ("peer-to-peer", "auto-converge")
        it.do("migrate.bandwidth", bandwidth=str(900 * MIB))
        end_well(it)


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "armed"),
    [
        ({"parallel": "4"}, ("peer-to-peer", "parallel")),
        ({"compress": "xbzrle", "bandwidth": str(32 * MIB)}, ("peer-to-peer", "compression")),
        ({"compress": "mt"}, ("peer-to-peer", "compression")),
        ({"tunnelled": "yes"}, ("peer-to-peer", "tunnelled")),
        ({"mode": "client"}, ()),
        ({"data_uri": "tcp://127.0.0.1", "undefine": "no"}, ("peer-to-peer",)),
    ],
    ids=["parallel", "xbzrle", "mt", "tunnelled", "client", "data-uri"],
)
def test_it_arrives_by_any_way(make_libvirt_host: MakeHost, options: dict[str, str], armed: tuple[str, ...]) -> None:
    with voyage(make_libvirt_host, dirty=(16, 8)) as it:
        plan = it.plan("migrate.live", **options)
        it.go(plan)
        end = end_well(it)
        assert end.armed == armed
        assert end.downtime is not None
        kept = options.get("undefine") == "no"
        assert (NAME in it.here.virsh("list", "--all", "--name")) is kept
        assert [expected.values for expected in plan.expects] == [("off",) if kept else ()]


@pytest.mark.long
def test_virsh_does_the_same_by_the_printed_line(make_libvirt_host: MakeHost) -> None:
    with voyage(make_libvirt_host, dirty=(16, 8)) as it:
        plan = it.plan("migrate.live", auto_converge="yes", parallel="2", downtime="400", bandwidth=str(200 * MIB))
        run_lines(plan.commands)
        assert it.where() == "there"
        it.probe.sink.until(lambda: bool(it.told) and it.told[-1].state is TaskState.DONE, "it was seen")


@pytest.mark.long
@pytest.mark.parametrize("by_path", [True, False], ids=["folder", "store"])
def test_its_disk_is_copied_to_another_store(make_libvirt_host: MakeHost, by_path: bool) -> None:
    with voyage(make_libvirt_host, disk_mib=64, dirty=(16, 8)) as it:
        it.here.type_on_console(it.guest, "dd if=/dev/urandom of=/dev/vda bs=1M count=24; echo full-$((1+1))")
        it.here.wait_console(it.guest, "full-2")
        pool = pool_of(it.there)
        store = str(it.there.images) if by_path else pool
        plan = it.plan("migrate.live", storage="copy", store=store, bandwidth=str(16 * MIB))
        assert "destination_xml" in plan.calls[0].args
        it.go(plan)
        copied = it.until(lambda reading: reading.phase == Phase.DISK, "its disk is copied")
        assert copied.disk_total
        assert copied.armed == ("peer-to-peer", "storage")
        it.until(lambda reading: reading.phase == Phase.MEMORY, "then its memory")
        it.do("migrate.bandwidth", bandwidth=str(900 * MIB))
        end_well(it)
        assert str(it.there.images) in it.there.virsh("domblklist", NAME)
        assert str(it.there.images) in it.there.virsh("domblklist", NAME, "--inactive")


def pool_of(host: LibvirtHost) -> str:
    """A storage pool for the host's images; libvirt makes the copy's file in it."""
    host.virsh("pool-create-as", "images", "dir", "--target", str(host.images))
    return "images"


@pytest.mark.long
def test_the_target_daemon_dies_and_the_guest_stays(make_libvirt_host: MakeHost) -> None:
    with voyage(make_libvirt_host, **LOUD) as it:
        it.go(it.plan("migrate.live", bandwidth=str(4 * MIB)))
        it.until(lambda reading: reading.memory_left, "memory is sent")
        it.there.kill()
        error = it.arrive()
        assert error is not None
        end = it.ended()
        assert end.state is TaskState.FAILED
        assert end.failure is not None
        assert NAME in it.here.virsh("list", "--name", "--state-running")
        it.there.start()
        assert it.where() == "here"


@pytest.mark.long
def test_the_source_connection_is_lost_and_the_move_goes_on(make_libvirt_host: MakeHost) -> None:
    """Peer-to-peer belongs to the daemons: another driver meets it, under way, and sees its end."""
    with voyage(make_libvirt_host, **LOUD) as it:
        it.go(it.plan("migrate.live", bandwidth=str(4 * MIB)))
        before = it.until(lambda reading: reading.memory_left, "memory is sent")
        it.probe.driver.close()
        with connected(it.here.uri, "host", "vm") as probe:
            again = Voyage(it.here, it.there, it.guest, probe)
            met = again.until(lambda reading: reading.memory_left, "it is met")
            assert met.elapsed is not None
            assert before.elapsed is not None
            assert met.elapsed > before.elapsed
            assert again.told[-1].id == it.told[-1].id
            again.do("migrate.bandwidth", bandwidth=str(900 * MIB))
            assert again.ended().state is TaskState.DONE
            assert again.where() == "there"
        it.arrive()


@pytest.mark.long
def test_one_of_virsh_is_cancelled_by_virsh(make_libvirt_host: MakeHost) -> None:
    """Its statistics say so for a moment; that is enough."""
    with voyage(make_libvirt_host, **LOUD) as it:
        work = virsh_migrate(it, "--bandwidth", "4")
        it.until(lambda reading: reading.memory_left, "it appears")
        it.here.virsh("domjobabort", NAME)
        work.communicate(timeout=120)
        assert it.ended().state is TaskState.CANCELLED
        assert it.where() == "here"


@pytest.mark.long
def test_a_definition_moves_alone(make_libvirt_host: MakeHost) -> None:
    with voyage(make_libvirt_host) as it:
        assert refused(it, "migrate.offline").failure.fault is Fault.CONFLICT
        it.here.virsh("destroy", NAME)
        it.probe.load("vm")
        plan = it.plan("migrate.offline")
        it.go(plan)
        assert it.arrive() is None
        assert NAME not in it.here.virsh("list", "--all", "--name")
        assert NAME in it.there.virsh("list", "--inactive", "--name")

"""Snapshots of real guests by plans: what is planned goes over the wire, does what it says, and refusals are words."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from novatui.core.errors import Busy, Conflict, InvalidInput, NotFound, NotSupported, NovaError
from novatui.core.operations import Operation, Plan
from tests.lab.fixtures import MakeHost, or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.daemonlog import carry_out, changes, logged, machines, recorded, said
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt_driver_probe import Probe, connected

SNAPSHOT_CALLS = (
    "virDomainSnapshotCreateXML",
    "virDomainRevertToSnapshot",
    "virDomainSnapshotDelete",
    "virDomainManagedSaveRemove",
)

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    with or_skip(lambda: LibvirtHost("snapper")) as made:
        yield made


@pytest.fixture
def probe(host: LibvirtHost) -> Iterator[Probe]:
    with connected(host.uri, "host", "vm", "snapshot") as made:
        yield made


class Guest:
    """A machine of one test."""

    def __init__(self, host: LibvirtHost, probe: Probe, spec: GuestSpec, *, running: bool) -> None:
        self.host, self.probe, self.name = host, probe, spec.name
        self.spec = host.define_guest(spec)
        if running:
            host.virsh("start", spec.name)
        self.key = f"vm:{self.spec.uuid}"

    @property
    def driver(self) -> Any:
        return self.probe.driver

    def plan(self, verb: str, **arguments: str) -> Plan:
        return self.driver.plan_snap(Operation(verb=f"snap.{verb}", key=self.key, arguments=arguments))

    def do(self, verb: str, **arguments: str) -> Plan:
        """Plan it and carry it out; the daemon's log must repeat the plan, and nothing else may have been changed."""
        with recorded(self.host) as reading:
            plan = self.plan(verb, **arguments)
        assert changes(reading) == [], "a plan changes nothing"
        with recorded(self.host) as wire:
            carry_out(self.driver, plan)
        assert logged(wire, SNAPSHOT_CALLS) == said(plan.calls)
        assert sorted(changes(wire)) == sorted(call.verb for call in plan.calls)
        assert machines(wire) == {self.spec.uuid}
        return plan

    def refused(self, error: type[NovaError], verb: str, **arguments: str) -> NovaError:
        with pytest.raises(error) as caught:
            self.plan(verb, **arguments)
        assert caught.value.failure.message
        return caught.value

    def names(self) -> set[str]:
        return set(self.host.virsh("snapshot-list", self.name, "--name").split())

    def state(self) -> str:
        return self.host.virsh("domstate", self.name).strip()

    def row(self) -> dict[str, Any]:
        self.driver.refresh([self.key])
        return self.probe.sink.objects[self.key]

    def is_as_expected(self, plan: Plan) -> bool:
        row = self.row()
        return all(str(row[each.field]) in each.values for each in plan.expects)


@pytest.fixture
def make(host: LibvirtHost, probe: Probe) -> Iterator[Any]:
    made: list[Guest] = []

    def guest(name: str, *, running: bool = True, **options: Any) -> Guest:
        spec = GuestSpec(name, **({"boot": "none", "memory_mib": 32, "disk_mib": 8} | options))
        made.append(Guest(host, probe, spec, running=running))
        return made[-1]

    yield guest
    for each in made:
        for words in (("destroy",), ("undefine", "--snapshots-metadata", "--managed-save")):
            subprocess.run(["virsh", "-q", "-c", host.uri, words[0], each.name, *words[1:]], capture_output=True)


def raw_disk(host: LibvirtHost, file: str) -> str:
    return (
        "<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
        f"<source file='{host.make_disk(file, 8, 'raw')}'/><target dev='vdb' bus='virtio'/></disk>"
    )


# Taking them


def test_with_memory_back_and_gone(make: Any) -> None:
    guest = make("memory")
    taken = guest.do("create", name="before", description="a <test> & more")
    assert guest.is_as_expected(taken)
    assert taken.inverse == Operation(verb="snap.delete", key=guest.key, arguments={"snapshot": "before"})
    assert "32M of memory" in taken.costs[0]
    (snapshot,) = guest.driver.snapshots(guest.key)
    assert (snapshot.memory, snapshot.external, snapshot.description) == (True, False, "a <test> & more")
    guest.host.virsh("suspend", guest.name)
    back = guest.do("revert", snapshot="before")
    assert guest.state() == "running"
    assert guest.is_as_expected(back)
    assert back.inverse is None
    assert "safety" in back.irreversible
    assert "what the guest holds in memory now" in back.losses
    paused = guest.do("revert", snapshot="before", then="paused")
    assert guest.state() == "paused"
    assert guest.is_as_expected(paused)
    gone = guest.do("delete", snapshot="before")
    assert guest.names() == set()
    assert guest.is_as_expected(gone)


def test_the_lines_for_virsh_do_the_same(make: Any) -> None:
    guest = make("by-virsh")
    plans = {"create": {"name": "a b", "description": "it's mine"}, "revert": {"snapshot": "a b", "then": "paused"}}
    for verb, arguments in plans.items():
        plan = guest.plan(verb, **arguments)
        with recorded(guest.host) as wire:
            for line in plan.commands:
                subprocess.run(line, shell=True, check=True, capture_output=True)
        told = [name for name, _, _ in logged(wire, SNAPSHOT_CALLS)]  # virsh's XML has lines, the log cuts it there
        assert told == [call.verb for call in plan.calls]
    assert guest.state() == "paused"
    (snapshot,) = guest.driver.snapshots(guest.key)
    assert (snapshot.name, snapshot.description) == ("a b", "it's mine")
    (line,) = guest.plan("delete", snapshot="a b").commands
    subprocess.run(line, shell=True, check=True, capture_output=True)
    assert guest.names() == set()


def test_of_the_disks_only(make: Any) -> None:
    guest = make("disks")
    plan = guest.do("create", name="outside", memory="no")
    assert any("cannot revert" in warning for warning in plan.warnings)
    assert any("power failure" in warning for warning in plan.warnings)
    assert any(f"{guest.spec.uuid}.outside" in warning for warning in plan.warnings)
    assert f"{guest.spec.uuid}.outside" in guest.host.virsh("domblklist", guest.name)
    (snapshot,) = guest.driver.snapshots(guest.key)
    assert (snapshot.memory, snapshot.external) == (False, True)
    assert snapshot.size is not None
    failure = guest.refused(NotSupported, "revert", snapshot="outside").failure
    assert failure.code == "67"
    assert "9.9" in failure.meaning
    assert f"{guest.spec.uuid}.qcow2" in failure.meaning
    assert "metadata=yes" in failure.hint
    gone = guest.do("delete", snapshot="outside")
    assert "merges" in gone.costs[0]
    assert "unknown" not in gone.costs[0]
    assert guest.names() == set()
    assert f"{guest.spec.uuid}.qcow2" in guest.host.virsh("domblklist", guest.name)


def test_of_a_machine_that_is_off(make: Any) -> None:
    guest = make("off", running=False)
    plan = guest.do("create", name="clean", memory="yes")
    assert any("no memory" in warning for warning in plan.warnings)
    guest.host.virsh("start", guest.name)
    back = guest.do("revert", snapshot="clean")
    assert guest.state() == "shut off"
    assert guest.is_as_expected(back)
    assert any("off afterwards" in warning for warning in back.warnings)
    booted = guest.do("revert", snapshot="clean", then="running")
    assert guest.state() == "running"
    assert any("holds no memory" in warning for warning in booted.warnings)


def test_raw_disks_hold_no_snapshots(make: Any, host: LibvirtHost) -> None:
    guest = make("raw", disk_mib=0, extra_devices=raw_disk(host, "raw.raw"))
    failure = guest.refused(NotSupported, "create", name="x", memory="yes").failure
    assert "vdb is raw" in failure.meaning
    assert "memory=no" in failure.hint
    plan = guest.do("create", name="outside")
    assert any("vdb is raw" in warning for warning in plan.warnings)
    assert guest.names() == {"outside"}


def test_without_disks_there_is_nothing_to_take(make: Any) -> None:
    assert "no disk" in make("diskless", disk_mib=0).refused(NotSupported, "create", name="x").failure.message


def test_only_an_agent_quiets_disks(make: Any) -> None:
    guest = make("quiet")
    assert "no channel" in guest.refused(Conflict, "create", name="x", quiesce="yes").failure.meaning
    channel = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    silent = make("silent", extra_devices=channel)
    assert "does not answer" in silent.refused(Conflict, "create", name="x", quiesce="yes").failure.meaning
    silent.refused(InvalidInput, "create", name="x", quiesce="yes", memory="yes")


@pytest.mark.parametrize("name", ["", "  ", "a/b", ".hidden", "two\nlines"])
def test_names_that_libvirt_does_not_take(make: Any, name: str) -> None:
    make("names", running=False).refused(InvalidInput, "create", name=name)


def test_a_name_that_is_taken(make: Any) -> None:
    guest = make("twice", running=False)
    guest.do("create", name="one")
    guest.refused(Conflict, "create", name="one")
    assert "its snapshots: one" in guest.refused(NotFound, "revert", snapshot="two").failure.hint
    guest.refused(InvalidInput, "delete", snapshot="one", children="some")


# Going back


def test_a_safety_snapshot_brings_the_present_back(make: Any) -> None:
    guest = make("safe", vcpus_max=3)
    guest.do("create", name="old")
    guest.host.virsh("setvcpus", guest.name, "2", "--config")
    plan = guest.do("revert", snapshot="old", safety="my-safety")
    assert [call.verb for call in plan.calls] == ["virDomainSnapshotCreateXML", "virDomainRevertToSnapshot"]
    assert plan.losses == ()
    assert plan.inverse is not None
    assert plan.inverse.arguments == {"snapshot": "my-safety"}
    assert "1" in guest.host.virsh("vcpucount", guest.name, "--config", "--current")
    undone = guest.driver.plan_snap(plan.inverse)
    carry_out(guest.driver, undone)
    assert "2" in guest.host.virsh("vcpucount", guest.name, "--config", "--current")
    named = guest.plan("revert", snapshot="old", safety="yes")
    assert "novatui-undo-" in str(named.calls[0].args["xmlDesc"])


def test_the_configuration_goes_back_too(make: Any) -> None:
    guest = make("config", running=False, vcpus_max=4)
    guest.do("create", name="small")
    guest.host.virsh("setvcpus", guest.name, "2", "--config")
    guest.host.virsh("desc", guest.name, "--config", "another text")
    (warning,) = guest.plan("revert", snapshot="small").warnings
    assert "vCPUs 2 -> 1" in warning
    assert "description another text -> none" in warning


def test_what_a_revert_makes_useless_is_named(make: Any) -> None:
    """Both libvirt and QEMU let it happen: the file below the overlay is written to, and the overlay rots."""
    guest = make("stranded")
    guest.do("create", name="base")
    guest.do("create", name="outside", memory="no")
    guest.do("create", name="inner")
    plan = guest.plan("revert", snapshot="base")
    assert any("'outside', 'inner'" in loss and "cannot be used any more" in loss for loss in plan.losses)
    failure = guest.refused(Conflict, "revert", snapshot="base", safety="yes").failure
    assert "useless" in failure.meaning
    assert not any("cannot be used" in loss for loss in guest.plan("revert", snapshot="inner").losses)
    guest.do("delete", snapshot="outside", metadata="yes")
    guest.do("delete", snapshot="inner")
    forgotten = guest.plan("revert", snapshot="base")
    assert any(f"{guest.spec.uuid}.outside" in loss and "cannot be used" in loss for loss in forgotten.losses)
    guest.refused(Conflict, "revert", snapshot="base", safety="yes")


def test_a_snapshot_above_a_file_that_was_written_to_is_warned_of(make: Any) -> None:
    guest = make("rotten")
    guest.do("create", name="base")
    guest.do("create", name="outside", memory="no")
    guest.do("create", name="inner")
    guest.do("revert", snapshot="base")
    plan = guest.plan("revert", snapshot="inner", safety="yes")
    assert any("damaged" in warning for warning in plan.warnings)
    assert plan.losses == ()


def test_hot_plugged_processors_are_warned_of_and_fail_as_said(make: Any) -> None:
    guest = make("plugged", vcpus_max=2)
    guest.host.virsh("setvcpus", guest.name, "2", "--live")
    guest.do("create", name="plugged")
    plan = guest.plan("revert", snapshot="plugged")
    assert any("hot-plugged" in warning for warning in plan.warnings)
    with pytest.raises(NovaError) as caught:
        carry_out(guest.driver, plan)
    assert "does not fit" in caught.value.failure.message
    assert guest.state() == "shut off"


def test_a_saved_memory_goes_before_the_disks_change(make: Any) -> None:
    guest = make("saved")
    guest.do("create", name="running")
    guest.host.virsh("managedsave", guest.name)
    plan = guest.do("revert", snapshot="running")
    assert [call.verb for call in plan.calls] == ["virDomainManagedSaveRemove", "virDomainRevertToSnapshot"]
    assert any("saved on disk" in loss for loss in plan.losses)
    guest.host.virsh("destroy", guest.name)
    assert "no" in guest.host.virsh("dominfo", guest.name).partition("Managed save:")[2].split()[0]


def test_a_machine_that_is_not_kept_cannot_end_up_off(make: Any) -> None:
    guest = make("passing", running=False)
    guest.do("create", name="off")
    guest.host.virsh("start", guest.name)
    guest.host.virsh("undefine", guest.name)
    failure = guest.refused(Conflict, "revert", snapshot="off").failure
    assert "then=running" in failure.hint
    guest.do("revert", snapshot="off", then="running")


# Deleting them


def test_with_and_without_what_grew_from_it(make: Any) -> None:
    guest = make("family", running=False)
    for name in ("a", "b", "c", "d"):
        guest.do("create", name=name)
    guest.do("delete", snapshot="b", children="keep")
    assert guest.names() == {"a", "c", "d"}
    only = guest.do("delete", snapshot="c", children="only")
    assert guest.names() == {"a", "c"}
    assert len(only.losses) == 1
    everything = guest.do("delete", snapshot="a", children="with")
    assert guest.names() == set()
    assert len(everything.losses) == 2
    assert guest.is_as_expected(everything)


def test_what_libvirt_cannot_merge_can_be_forgotten(make: Any) -> None:
    guest = make("mixed")
    guest.do("create", name="base")
    guest.do("create", name="outside", memory="no")
    assert "by itself" in " ".join(guest.plan("create", name="more", memory="no").warnings)
    failure = guest.refused(NotSupported, "delete", snapshot="outside").failure
    assert failure.code == "84"
    assert "base" in failure.meaning
    assert "metadata=yes" in failure.hint
    assert guest.refused(NotSupported, "delete", snapshot="base", children="with").failure.code == "67"
    assert "shut the machine down" in guest.refused(NotSupported, "delete", snapshot="base").failure.hint
    plan = guest.do("delete", snapshot="outside", metadata="yes")
    assert any(f"{guest.spec.uuid}.outside" in warning for warning in plan.warnings)
    assert guest.names() == {"base"}


def test_an_internal_snapshot_inside_an_overlay_is_not_destroyed(make: Any) -> None:
    """libvirt 9.0 would merge the overlay and remove the file, and the internal snapshot with it."""
    guest = make("nested")
    guest.do("create", name="outside", memory="no")
    guest.do("create", name="inner")
    failure = guest.refused(NotSupported, "delete", snapshot="outside").failure
    assert "inner" in failure.meaning
    assert "delete 'inner' first" in failure.hint
    guest.do("delete", snapshot="inner")
    guest.do("delete", snapshot="outside")
    assert guest.names() == set()


def test_a_chain_of_a_machine_that_is_off(make: Any) -> None:
    guest = make("chain", running=False)
    disk_only = ("snapshot-create-as", guest.name, "--disk-only", "--name")
    for name in ("one", "two", "three"):
        guest.host.virsh(*disk_only, name)
    assert "start the machine" in guest.refused(NotSupported, "delete", snapshot="two").failure.hint
    guest.do("delete", snapshot="three")
    guest.host.virsh("start", guest.name)
    guest.do("delete", snapshot="one")
    guest.do("delete", snapshot="two")
    assert guest.names() == set()


def test_a_block_job_is_in_the_way(make: Any, host: LibvirtHost) -> None:
    guest = make("copied")
    guest.do("create", name="one", memory="no")
    copy = str(host.images / "copy-of-busy.qcow2")
    host.virsh("blockcopy", guest.name, "vda", copy, "--transient-job", "--format", "qcow2")
    for verb, arguments in (("create", {"name": "two"}), ("delete", {"snapshot": "one"})):
        failure = guest.refused(Busy, verb, **arguments).failure
        assert "vda" in failure.message
    host.virsh("blockjob", guest.name, "vda", "--abort")
    guest.do("delete", snapshot="one")


def test_a_hung_machine_is_told(make: Any) -> None:
    """No plan waits for a monitor that hangs."""
    guest = make("hung")
    guest.do("create", name="one")
    guest.host.freeze_guest(guest.name)
    try:
        waiting = subprocess.Popen(
            ["virsh", "-q", "-c", guest.host.uri, "suspend", guest.name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        guest.probe.sink.until(lambda: "occupied" in guest.host.virsh("domcontrol", guest.name), "the monitor is held")
        asked = guest.probe.sink.counts.get("jobStats", 0)
        plan = guest.plan("delete", snapshot="one")
        assert plan.calls
        assert guest.probe.sink.counts.get("jobStats", 0) == asked, "libvirt would wait 30 s for its answer"
    finally:
        guest.host.thaw_guest(guest.name)
        waiting.wait()


def test_a_migration_is_in_the_way(make: Any, make_libvirt_host: MakeHost) -> None:
    guest = make("mover", memory_mib=256, disk_mib=0)
    other = make_libvirt_host("target")
    command = ["virsh", "-q", "-c", guest.host.uri, "migrate", "--live", "--p2p", "--bandwidth", "1", guest.name]
    moving = subprocess.Popen([*command, other.uri], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        guest.probe.sink.until(
            lambda: "Unbounded" in guest.host.virsh("domjobinfo", guest.name), "the migration is under way"
        )
        failure = guest.refused(Busy, "create", name="x").failure
        assert failure.code == "68"
        assert "migration" in failure.meaning
    finally:
        guest.host.virsh("domjobabort", guest.name)
        moving.wait()

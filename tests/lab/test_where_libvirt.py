"""Where a machine can run, asked of real libvirt hosts; then libvirt itself is asked to move it, and has to agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from novatui.core.capabilities import Answer
from novatui.core.connection import ConnectionSpec
from novatui.core.ids import key
from novatui.core.needs import Needs
from novatui.core.reasons import Check, Fit, Topic
from novatui.core.states import Family, Kind
from tests.acceptance.program import Program
from tests.conformance.recording import Recording
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

libvirt = pytest.importorskip("libvirt")

from novatui.backends.libvirt.driver import LibvirtDriver  # noqa: E402
from tests.lab.libvirt.moves import ON_LOOPBACK, Move, quiet  # noqa: E402

pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(600)]

SMALL = GuestSpec("traveller", boot="none", memory_mib=64)

IN_THE_DAEMON = {"virDomainLookupByUUIDString": "virDomainLookupByUUID"}
"""What the daemon calls it when a client calls the other."""


class Opened:
    """A host and our driver on it."""

    def __init__(self, name: str, uri: str) -> None:
        self.sink = Recording()
        self.sink.reading = LibvirtDriver.READING
        spec = ConnectionSpec(name=name, family=Family.LIBVIRT, driver="libvirt", uri=uri)
        self.driver = LibvirtDriver(spec, {}, self.sink)
        self.driver.connect()
        self.driver.load([Kind.HOST.value, Kind.VM.value])

    @property
    def host(self) -> str:
        return next(name for name in self.sink.table if name.startswith("host:"))

    def needs(self, uuid: str) -> Needs:
        return self.driver.needs(key(Kind.VM, uuid))

    def fit(self, needs: Needs) -> Fit:
        (found,) = self.driver.fits(needs, [self.host])
        return found


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[LibvirtHost, LibvirtHost]]:
    quiet()
    with or_skip(lambda: LibvirtHost("atlas")) as first, or_skip(lambda: LibvirtHost("borea")) as second:
        yield first, second


@pytest.fixture
def drivers(hosts: tuple[LibvirtHost, LibvirtHost]) -> Iterator[tuple[Opened, Opened]]:
    first, second = Opened("a", hosts[0].uri), Opened("b", hosts[1].uri)
    yield first, second
    first.driver.close()
    second.driver.close()
    for host in hosts:
        for command in (("list", "--name"), ("list", "--all", "--name")):
            for name in host.virsh(*command).split():
                host.virsh("destroy" if command == ("list", "--name") else "undefine", name)


def against(fit: Fit, topic: Topic) -> Check:
    (found,) = (check for check in fit.against if check.topic is topic)
    return found


def started(host: LibvirtHost, spec: GuestSpec = SMALL) -> str:
    host.start_guest(spec, wait=False)
    return host.virsh("domuuid", spec.name).strip()


def moved(host: LibvirtHost, to: LibvirtHost, uuid: str) -> tuple[int, str] | None:
    """What libvirt itself says when it is asked to move it; None: it has moved."""
    conn = libvirt.open(host.uri)
    try:
        return Move(conn.lookupByUUIDString(uuid), to.uri, parameters=ON_LOOPBACK).outcome()
    finally:
        conn.close()


def test_a_yes_moves(hosts: tuple[LibvirtHost, LibvirtHost], drivers: tuple[Opened, Opened]) -> None:
    uuid = started(hosts[0])
    there = drivers[1].fit(drivers[0].needs(uuid))
    assert there.answer is Answer.YES, there.reasons
    assert {check.topic for check in there.checks} == set(Topic) - {Topic.PRODUCT}
    assert moved(*hosts, uuid) is None
    assert drivers[0].fit(drivers[1].needs(uuid)).answer is Answer.YES, "and back"


def test_every_call_of_the_evidence_went_out_to_that_host(
    hosts: tuple[LibvirtHost, LibvirtHost], drivers: tuple[Opened, Opened]
) -> None:
    needs = drivers[0].needs(started(hosts[0]))
    before = len(hosts[1].api_calls())
    there = drivers[1].fit(needs)
    sent = {call.function for call in hosts[1].api_calls()[before:]}
    told = {
        IN_THE_DAEMON.get(check.evidence.call, check.evidence.call)
        for check in there.checks
        if check.evidence is not None and check.evidence.kind == "asked" and check.evidence != needs.evidence
    }
    assert len(told) >= 6
    assert told <= sent


def test_a_processor_that_the_host_lacks_is_named_as_libvirt_names_it(
    hosts: tuple[LibvirtHost, LibvirtHost], drivers: tuple[Opened, Opened]
) -> None:
    needs = drivers[0].needs(started(hosts[0]))
    root = ElementTree.fromstring(needs.native)
    cpu = root.find("cpu")
    assert cpu is not None
    ElementTree.SubElement(cpu, "feature", policy="require", name="avx512f")
    there = drivers[1].fit(msgspec.structs.replace(needs, native=ElementTree.tostring(root, encoding="unicode")))
    assert there.answer is Answer.NO
    assert "avx512f" in against(there, Topic.CPU).reason
    assert [check.topic for check in there.against] == [Topic.CPU]


def test_a_network_that_is_not_there_is_named(
    hosts: tuple[LibvirtHost, LibvirtHost], drivers: tuple[Opened, Opened]
) -> None:
    for host in hosts[:1]:
        host.virsh("net-define", str(_network(host.images)))
    nic = "<interface type='network'><source network='only-here'/><model type='virtio'/></interface>"
    uuid = hosts[0].virsh("domuuid", hosts[0].define_guest(GuestSpec("wired", boot="none", extra_devices=nic)).name)
    there = drivers[1].fit(drivers[0].needs(uuid.strip()))
    assert there.answer is Answer.NO
    assert "only-here" in against(there, Topic.NETWORK).reason


def test_a_no_is_a_no_of_libvirt_too(hosts: tuple[LibvirtHost, LibvirtHost], drivers: tuple[Opened, Opened]) -> None:
    """A machine of its name is at the destination already, under another uuid."""
    uuid = started(hosts[0])
    hosts[1].define_guest(namesake(SMALL))
    there = drivers[1].fit(drivers[0].needs(uuid))
    assert there.answer is Answer.NO
    assert "called traveller" in against(there, Topic.NAME).reason
    refused = moved(*hosts, uuid)
    assert refused is not None
    assert "already exists with uuid" in refused[1]


def test_snapshots_keep_it_where_it_is_for_libvirt_too(
    hosts: tuple[LibvirtHost, LibvirtHost], drivers: tuple[Opened, Opened]
) -> None:
    spec = GuestSpec("kept", boot="none", memory_mib=64, disk_mib=8)
    uuid = started(hosts[0], spec)
    hosts[0].virsh("snapshot-create-as", spec.name, "first")
    there = drivers[1].fit(drivers[0].needs(uuid))
    assert there.answer is Answer.NO
    assert "it has 1" in against(there, Topic.SNAPSHOTS).reason
    refused = moved(*hosts, uuid)
    assert refused is not None
    assert "snapshot" in refused[1]
    hosts[0].virsh("snapshot-delete", spec.name, "first")


def test_a_disk_that_no_pool_lists_is_not_known_and_never_a_yes(
    hosts: tuple[LibvirtHost, LibvirtHost], drivers: tuple[Opened, Opened]
) -> None:
    uuid = started(hosts[0], GuestSpec("stored", boot="none", memory_mib=64, disk_mib=8))
    there = drivers[1].fit(drivers[0].needs(uuid))
    assert there.answer is Answer.UNKNOWN
    assert "no pool there lists it" in against(there, Topic.STORAGE).reason


def test_a_disk_of_that_path_with_another_size_is_another_disk(
    hosts: tuple[LibvirtHost, LibvirtHost], drivers: tuple[Opened, Opened], tmp_path: Path
) -> None:
    spec = GuestSpec("stored", boot="none", memory_mib=64, disk_mib=8)
    uuid = hosts[0].virsh("domuuid", hosts[0].define_guest(spec).name).strip()
    for host in hosts:
        host.virsh("pool-create-as", "lab", "dir", "--target", str(hosts[0].images))
    try:
        same = drivers[1].fit(drivers[0].needs(uuid))
        assert "both hosts are one computer" in against(same, Topic.STORAGE).reason
        needs = drivers[0].needs(uuid)
        smaller = {
            target: document.replace("<capacity unit='bytes'>8388608", "<capacity unit='bytes'>4194304")
            for target, document in needs.native_disks.items()
        }
        assert smaller != needs.native_disks
        other = drivers[1].fit(msgspec.structs.replace(needs, native_disks=smaller))
        assert other.answer is Answer.PARTLY
        assert other.conditions == ("storage is copied",)
        far = msgspec.structs.replace(needs, host_name="elsewhere")
        assert drivers[1].fit(far).answer is Answer.YES, "the same inode, seen from another computer"
    finally:
        for host in hosts:
            host.virsh("pool-destroy", "lab")


def test_the_mock_driver_answers_unknown_where_it_has_no_call(hosts: tuple[LibvirtHost, LibvirtHost]) -> None:
    mock = Opened("t", "test:///default")
    try:
        uuid = next(name for name in mock.sink.table if name.startswith("vm:")).removeprefix("vm:")
        needs = msgspec.structs.replace(mock.needs(uuid), host_uuid="elsewhere")
        there = mock.fit(needs)
        told = {check.topic: check.answer for check in there.checks}
        assert (told[Topic.VCPUS], told[Topic.ARCHITECTURE]) == (Answer.UNKNOWN, Answer.YES)
        assert (told[Topic.NETWORK], told[Topic.MIGRATION]) == (Answer.YES, Answer.NO)
        assert "[3]" in against(there, Topic.VCPUS).reason
        here = mock.fit(mock.needs(uuid))
        assert here.reasons == (f"it is on {here.name} already",)
    finally:
        mock.driver.close()


def test_the_command_line_asks_both_daemons_and_the_move_it_promises_works(
    hosts: tuple[LibvirtHost, LibvirtHost], tmp_path: Path
) -> None:
    program = Program(tmp_path)
    started(hosts[0])
    fleet = ("-c", hosts[0].uri, "-c", hosts[1].uri)
    answer = program.run("migrate", SMALL.name, "--check", "--json", *fleet)
    assert answer.code == 0, answer.err
    (first, second) = answer.json["hosts"]
    assert (first["answer"], second["answer"]) == ("yes", "no")
    assert "already" in second["reasons"][0]
    hosts[0].virsh(
        "migrate",
        "--live",
        "--p2p",
        SMALL.name,
        hosts[1].uri,
        "--migrateuri",
        ON_LOOPBACK[libvirt.VIR_MIGRATE_PARAM_URI],
    )
    assert SMALL.name in hosts[1].virsh("list", "--name")
    hosts[1].virsh("destroy", SMALL.name)


def _network(folder: Path) -> Path:
    file = folder / "only-here.xml"
    file.write_text("<network><name>only-here</name><bridge name='nowhere0'/></network>", encoding="utf-8")
    return file


def namesake(spec: GuestSpec) -> GuestSpec:
    """The same name, another machine."""
    return GuestSpec(spec.name, boot="none", memory_mib=32)

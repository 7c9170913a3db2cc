"""Plans of moves that need no second host: flags and parameters by name, what is refused and what is warned of."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("libvirt")

from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.movestorage import relocated
from novatui.backends.libvirt.moveway import FLAGS, PARAMETERS, armed_by, flag_names, flag_number, mib_per_second
from novatui.core.errors import Fault, InvalidInput, NovaError
from novatui.core.ids import key
from novatui.core.operations import Operation, Plan
from novatui.core.states import Kind
from tests.lab.libvirt_driver_probe import Probe, connected
from tests.unit.test_libvirt_plans import DISK, OFF, RUNS, UUID, machine

MIB = 1 << 20
URI = "qemu+tcp://borea/system"
MDEV = (
    "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
    "<address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>"
)
SHARED = "<shmem name='x' role='peer'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>"
PASSED_THROUGH = "<cpu mode='host-passthrough'/>"
ISO = "<disk type='file' device='cdrom'><source file='/iso/a.iso'/><target dev='sdb' bus='sata'/><readonly/></disk>"
HELD, PEER = (UUID.format(number) for number in (3, 4))


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    file: Path = tmp_path_factory.mktemp("moves") / "host.xml"
    machines = (
        machine(1, "runs", state=1, inside=PASSED_THROUGH, devices=DISK + ISO),
        machine(2, "off", devices=DISK),
        machine(3, "held", state=1, devices=MDEV),
        machine(4, "peer", state=1, devices=SHARED),
    )
    file.write_text(f"<node>{''.join(machines)}</node>")
    with connected(f"test://{file}", "host", "vm") as probe:
        yield probe


def plan(probe: Probe, verb: str, uuid: str, **arguments: str) -> Plan:
    given = {"to": "there:host:x", "uri": URI} | arguments
    return probe.driver.plan_migrate(Operation(verb=verb, key=key(Kind.VM, uuid), arguments=given))


def flags(plan: Plan) -> list[str]:
    return flag_names(str(plan.calls[-1].args["flags"]))


def test_by_default_the_source_leads_and_it_stays_as_permanent_as_it_is(probe: Probe) -> None:
    made = plan(probe, "migrate.live", RUNS)
    [call] = made.calls
    assert (call.verb, call.long) == ("virDomainMigrateToURI3", True)
    assert call.args == {
        "dom": RUNS,
        "dconnuri": URI,
        "flags": "VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER | VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE",
    }
    words = shlex.split(made.commands[0])
    assert words[:2] == ["virsh", "-c"]
    assert words[3:] == ["migrate", "--live", "--p2p", "--persistent", "--undefinesource", "runs", URI]
    assert made.inverse is not None
    assert made.inverse.verb == "migrate.live"
    assert made.inverse.arguments["to"].startswith("probe:host:")
    assert "uri" not in made.inverse.arguments
    assert [(wanted.field, wanted.values) for wanted in made.expects] == [("power", ())]
    text = " ".join((*made.warnings, *made.costs))
    for word in ("/d.raw", "/iso/a.iso", "processor of its host", "2.0G of memory"):
        assert word in text


def test_every_option_is_in_the_call_by_its_name(probe: Probe) -> None:
    made = plan(
        probe, "migrate.live", RUNS, bandwidth=str(20 * MIB), downtime="450", auto_converge="yes", parallel="3",
        data_uri="tcp://10.0.9.2", undefine="no",
    )  # fmt: skip
    first, call = made.calls
    assert (first.verb, first.args["downtime"]) == ("virDomainMigrateSetMaxDowntime", 450)
    given = {name: call.args[name] for name in ("bandwidth", "parallel.connections", "migrate_uri")}
    assert given == {"bandwidth": 20, "parallel.connections": 3, "migrate_uri": "tcp://10.0.9.2"}
    assert {"VIR_MIGRATE_PARALLEL", "VIR_MIGRATE_AUTO_CONVERGE"} <= set(flags(made))
    assert "VIR_MIGRATE_UNDEFINE_SOURCE" not in flags(made)
    assert [wanted.values for wanted in made.expects] == [("off",)]
    for words in ("--parallel-connections 3", "--bandwidth 20", "--migrateuri tcp://10.0.9.2", "--auto-converge"):
        assert words in made.commands[1]
    assert made.commands[0].endswith("migrate-setmaxdowntime runs 450")
    assert any("at least 102 s at 20M/s" in cost for cost in made.costs)


def test_one_that_is_led_from_here_says_so(probe: Probe) -> None:
    made = plan(probe, "migrate.live", RUNS, mode="client", compress="xbzrle", post_copy="yes")
    [call] = made.calls
    assert (call.verb, call.args["dconn"]) == ("virDomainMigrate3", URI)
    assert "VIR_MIGRATE_PEER2PEER" not in flags(made)
    assert armed_by(flags(made)) == ("compression", "post-copy")
    assert "dies with this console" in made.warnings[0]
    assert any("the guest is lost" in warning for warning in made.warnings)


@pytest.mark.parametrize(
    ("uuid", "arguments", "fault", "subject"),
    [
        (RUNS, {"uri": ""}, Fault.INVALID_INPUT, "uri"),
        (RUNS, {"mode": "magic"}, Fault.INVALID_INPUT, "mode"),
        (RUNS, {"tunnelled": "yes", "mode": "client"}, Fault.INVALID_INPUT, "tunnelled"),
        (RUNS, {"tunnelled": "yes", "data_uri": "tcp://x"}, Fault.INVALID_INPUT, "data_uri"),
        (RUNS, {"tunnelled": "yes", "parallel": "2"}, Fault.INVALID_INPUT, "parallel"),
        (RUNS, {"tunnelled": "yes", "storage": "copy"}, Fault.INVALID_INPUT, "storage"),
        (RUNS, {"parallel": "0"}, Fault.INVALID_INPUT, "parallel"),
        (RUNS, {"parallel": "2", "compress": "xbzrle"}, Fault.INVALID_INPUT, "compress"),
        (RUNS, {"parallel": "2", "post_copy": "yes"}, Fault.INVALID_INPUT, "post_copy"),
        (RUNS, {"compress": "mt", "post_copy": "yes"}, Fault.INVALID_INPUT, "post_copy"),
        (RUNS, {"storage": "somehow"}, Fault.INVALID_INPUT, "storage"),
        (RUNS, {"store": "/srv"}, Fault.INVALID_INPUT, "store"),
        (RUNS, {"bandwidth": "fast"}, Fault.INVALID_INPUT, "bandwidth"),
        (PEER, {"storage": "copy"}, Fault.NOT_SUPPORTED, ""),
        (HELD, {}, Fault.NOT_SUPPORTED, "mdev c2177883-f1bb-47f0-914d-32a22e3a8804"),
        (PEER, {}, Fault.NOT_SUPPORTED, ""),
        (OFF, {}, Fault.CONFLICT, "off"),
    ],
)
def test_what_cannot_be_is_said_before(
    probe: Probe, uuid: str, arguments: dict[str, str], fault: Fault, subject: str
) -> None:
    with pytest.raises(NovaError) as refused:
        plan(probe, "migrate.live", uuid, **arguments)
    failure = refused.value.failure
    assert (failure.fault, failure.subject) == (fault, subject)
    assert failure.message


def test_compression_that_only_newer_ones_have(probe: Probe) -> None:
    """The version of the library and of the far end decide, as libvirt itself has it."""
    given = {"compress": "zstd", "parallel": "2"}
    if hasattr(libvirt, "VIR_MIGRATE_PARAM_COMPRESSION_ZSTD_LEVEL"):
        assert plan(probe, "migrate.live", RUNS, **given).calls[0].args["compression"] == "zstd"
    else:
        with pytest.raises(NovaError) as refused:
            plan(probe, "migrate.live", RUNS, **given)
        assert refused.value.failure.fault is Fault.NOT_SUPPORTED


def test_copied_disks_get_their_place_at_the_destination(probe: Probe) -> None:
    made = plan(probe, "migrate.live", RUNS, storage="copy", store="/srv/vm")
    [call] = made.calls
    assert "VIR_MIGRATE_NON_SHARED_DISK" in flags(made)
    for document in ("destination_xml", "persistent_xml"):
        assert "/srv/vm/d.raw" in str(call.args[document])
        assert "/iso/a.iso" in str(call.args[document])
    assert made.commands[0].startswith("bash -c ")
    assert "--persistent-xml <(printf" in made.commands[0]
    text = " ".join(made.warnings)
    assert "/srv/vm/d.raw are made by libvirt where a storage pool is active" in text
    assert "leaves /d.raw on this host" in text


def test_snapshots_keep_it_here(probe: Probe) -> None:
    domain = probe.driver._parts.link.domain(RUNS)
    snapshot = domain.snapshotCreateXML("<domainsnapshot><name>one</name></domainsnapshot>", 0)
    try:
        with pytest.raises(NovaError) as refused:
            plan(probe, "migrate.live", RUNS)
        assert (refused.value.failure.fault, refused.value.failure.subject) == (Fault.CONFLICT, "snapshots")
    finally:
        snapshot.delete(0)


def test_it_does_not_move_to_where_it_is(probe: Probe) -> None:
    here = f"probe:{next(iter(probe.sink.of_kind('host')))}"
    with pytest.raises(NovaError) as refused:
        plan(probe, "migrate.live", RUNS, to=here)
    assert (refused.value.failure.fault, refused.value.failure.subject) == (Fault.CONFLICT, "to")


def test_a_definition_moves_whole_and_leaves_its_disks(probe: Probe) -> None:
    made = plan(probe, "migrate.offline", OFF)
    assert flags(made) == [
        "VIR_MIGRATE_OFFLINE", "VIR_MIGRATE_PEER2PEER", "VIR_MIGRATE_PERSIST_DEST", "VIR_MIGRATE_UNDEFINE_SOURCE",
    ]  # fmt: skip
    assert "/d.raw under the same path" in made.warnings[0]
    both = plan(probe, "migrate.offline", OFF, undefine="no")
    assert any("its disks are destroyed" in warning for warning in both.warnings)
    with pytest.raises(NovaError) as refused:
        plan(probe, "migrate.offline", RUNS)
    assert refused.value.failure.fault is Fault.CONFLICT


@pytest.mark.parametrize("verb", ["migrate.bandwidth", "migrate.downtime", "migrate.postcopy", "migrate.pause"])
def test_no_lever_where_nothing_moves(probe: Probe, verb: str) -> None:
    for uuid in (RUNS, OFF):
        with pytest.raises(NovaError) as refused:
            plan(probe, verb, uuid, bandwidth="1", downtime="1")
        assert refused.value.failure.fault is Fault.CONFLICT


def test_names_of_flags_are_those_of_the_library() -> None:
    for name in FLAGS:
        assert flag_number(name) == getattr(libvirt, name)
    assert flag_number("VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER") == 3
    with pytest.raises(InvalidInput):
        flag_number("VIR_MIGRATE_LIVE | VIR_MIGRATE_UNSAFE")
    known = {getattr(libvirt, name) for name in dir(libvirt) if name.startswith("VIR_MIGRATE_PARAM_")}
    assert known >= PARAMETERS.keys()


def test_rates_are_whole_mebibytes() -> None:
    assert [mib_per_second(rate) for rate in (1, MIB, int(1.6 * MIB), 900 * MIB)] == [1, 1, 2, 900]


def test_only_what_is_copied_gets_another_place() -> None:
    chain = "<backingStore type='file'><source file='/a/base.qcow2'/></backingStore>"
    xml = (
        f"<domain><devices><disk type='file'><source file='/a/one.qcow2'/>{chain}</disk>"
        "<disk type='block'><source dev='/dev/x'/></disk><disk type='file'><source file='/b/two'/></disk>"
        "</devices></domain>"
    )
    whole = relocated(xml, {"/a/one.qcow2": "/n/one.qcow2", "/dev/x": "/n/x"}, whole=True)
    assert "base.qcow2" not in whole
    assert '<disk type="file"><source file="/n/x" /></disk>' in whole
    assert "/b/two" in whole
    assert "base.qcow2" in relocated(xml, {"/a/one.qcow2": "/n/one.qcow2"}, whole=False)

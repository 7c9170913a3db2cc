"""Plans of the libvirt driver that need no daemon: what is refused, and why, on machines of the mock driver."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("libvirt")

from novatui.core.errors import Fault, NovaError
from novatui.core.ids import key
from novatui.core.operations import Operation, Plan
from novatui.core.states import Kind
from novatui.core.verbs import VERBS
from tests.lab.libvirt_driver_probe import Probe, connected

GIB = 1 << 30
UUID = "00000000-0000-4000-8000-00000000000{}"


def machine(number: int, name: str, *, state: int = 5, inside: str = "", devices: str = "") -> str:
    """Domain XML for a host file; states are those of virDomainState."""
    return (
        f"<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>{name}</name>"
        f"<uuid>{UUID.format(number)}</uuid><memory unit='GiB'>2</memory><vcpu current='2'>4</vcpu>"
        f"<os><type arch='i686'>hvm</type></os>{inside}<devices>{devices}</devices>"
        f"<metadata/><test:runstate>{state}</test:runstate></domain>"
    )


NIC = "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/></interface>"
DRIVE = "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>"
DISK = "<disk type='file' device='disk'><source file='/d.raw'/><target dev='vda' bus='virtio'/></disk>"
CELL = "<cpu><numa><cell id='0' cpus='0-3' memory='2' unit='GiB'/></numa></cpu>"
SLOTS = "<maxMemory slots='1' unit='GiB'>8</maxMemory>"
LAYOUT = "<cpu><topology sockets='1' cores='4' threads='1'/></cpu>"

RUNS, OFF, PAUSED, LAID, CELLS, ODD = (UUID.format(number) for number in range(1, 7))


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    file: Path = tmp_path_factory.mktemp("plans") / "host.xml"
    machines = (
        machine(1, "runs", state=1, devices=DISK + DRIVE + NIC),
        machine(2, "off", devices=DISK),
        machine(3, "held", state=3),
        machine(4, "laid", inside=LAYOUT),
        machine(5, "cells", inside=SLOTS + CELL),
        machine(6, "-it's 5"),
    )
    file.write_text(f"<node>{''.join(machines)}</node>")
    with connected(f"test://{file}", "vm") as probe:
        yield probe


def plan(probe: Probe, verb: str, uuid: str, **arguments: str) -> Plan:
    operation = Operation(verb=verb, key=key(Kind.VM, uuid), arguments=arguments)
    return getattr(probe.driver, f"plan_{VERBS[verb].noun}")(operation)


@pytest.mark.parametrize(
    ("verb", "uuid", "arguments", "fault", "subject"),
    [
        ("power.start", RUNS, {}, Fault.CONFLICT, "running"),
        ("power.resume", OFF, {}, Fault.CONFLICT, "off"),
        ("power.pause", PAUSED, {}, Fault.CONFLICT, "paused"),
        ("power.autostart", OFF, {"to": "off"}, Fault.CONFLICT, "autostart"),
        ("power.autostart", OFF, {"to": "maybe"}, Fault.INVALID_INPUT, "to"),
        ("edit.vcpus", RUNS, {"count": "8", "apply": "live"}, Fault.NOT_SUPPORTED, "apply"),
        ("edit.vcpus", RUNS, {"count": "2"}, Fault.CONFLICT, "count"),
        ("edit.vcpus", RUNS, {"count": "0"}, Fault.INVALID_INPUT, "count"),
        ("edit.vcpus", OFF, {"count": "3", "apply": "live"}, Fault.CONFLICT, "off"),
        ("edit.vcpus", OFF, {"count": "3", "apply": "later"}, Fault.INVALID_INPUT, "apply"),
        ("edit.vcpus", LAID, {"count": "8"}, Fault.NOT_SUPPORTED, "topology"),
        ("edit.memory", RUNS, {"size": str(4 * GIB), "apply": "live"}, Fault.NOT_SUPPORTED, "apply"),
        ("edit.memory", OFF, {"size": str(2 * GIB)}, Fault.CONFLICT, "size"),
        ("edit.memory", CELLS, {"size": str(4 * GIB)}, Fault.NOT_SUPPORTED, "numa"),
        ("edit.memory_add", OFF, {"size": str(GIB)}, Fault.NOT_SUPPORTED, "maxMemory"),
        ("edit.memory_add", CELLS, {"size": str(7 * GIB)}, Fault.INVALID_INPUT, "size"),
        ("edit.memory_add", CELLS, {"size": str(GIB + 1)}, Fault.INVALID_INPUT, "size"),
        ("edit.disk_add", OFF, {"store": "nowhere", "size": "1"}, Fault.NOT_FOUND, "store"),
        ("edit.disk_add", OFF, {"store": "nowhere"}, Fault.INVALID_INPUT, "size, volume"),
        ("edit.disk_remove", OFF, {"target": "vdb"}, Fault.NOT_FOUND, "target"),
        ("edit.nic_add", OFF, {"network": "nowhere"}, Fault.NOT_FOUND, "network"),
        ("edit.nic_remove", OFF, {"mac": "52:54:00:00:00:01"}, Fault.NOT_FOUND, "mac"),
        ("edit.iso_insert", OFF, {"source": "/a.iso"}, Fault.NOT_SUPPORTED, "cdrom"),
        ("edit.iso_insert", RUNS, {"source": "a.iso"}, Fault.INVALID_INPUT, "source"),
        ("edit.iso_insert", RUNS, {"source": "/a.iso", "target": "vda"}, Fault.NOT_FOUND, "target"),
        ("edit.iso_eject", RUNS, {}, Fault.CONFLICT, "target"),
        ("edit.pin", OFF, {"vcpu": "4", "cpus": "0"}, Fault.INVALID_INPUT, "vcpu"),
        ("edit.pin", OFF, {"vcpu": "0", "cpus": "9999"}, Fault.INVALID_INPUT, "cpus"),
        ("edit.rename", RUNS, {"name": "new"}, Fault.CONFLICT, "running"),
        ("edit.rename", OFF, {"name": "runs"}, Fault.CONFLICT, "name"),
        ("edit.rename", OFF, {"name": "a/b"}, Fault.INVALID_INPUT, "name"),
        ("edit.notes", OFF, {"text": "\x1b[31m"}, Fault.INVALID_INPUT, "text"),
        ("task.cancel", RUNS, {"task": "x/2/3"}, Fault.NOT_FOUND, "task"),
    ],
)
def test_refused(probe: Probe, verb: str, uuid: str, arguments: dict[str, str], fault: Fault, subject: str) -> None:
    before = probe.driver.fingerprint(key(Kind.VM, uuid))
    with pytest.raises(NovaError) as refusal:
        plan(probe, verb, uuid, **arguments)
    failure = refusal.value.failure
    assert (failure.fault, failure.subject) == (fault, subject)
    assert failure.message
    assert probe.driver.fingerprint(key(Kind.VM, uuid)) == before


def test_a_machine_that_is_so_already_is_told_in_a_word(probe: Probe) -> None:
    with pytest.raises(NovaError) as refusal:
        plan(probe, "power.off", OFF)
    assert refusal.value.failure.message == "off is off already"
    assert not refusal.value.failure.hint
    with pytest.raises(NovaError) as refusal:
        plan(probe, "power.wake", PAUSED)
    assert "power.resume" in refusal.value.failure.hint


def test_without_a_word_a_change_goes_where_it_can(probe: Probe) -> None:
    """Live and stored where the machine runs; stored only where it is off, or where the running one cannot have it."""
    both = plan(probe, "edit.vcpus", RUNS, count="3")
    assert [call.args["flags"] for call in both.calls] == [3]
    assert both.effect == ""
    later = plan(probe, "edit.vcpus", RUNS, count="8")
    assert [call.args["flags"] for call in later.calls] == [2 | 4, 2]
    assert later.effect == "hard"
    assert any("next start" in warning for warning in later.warnings)
    assert [call.args["flags"] for call in plan(probe, "edit.vcpus", OFF, count="3").calls] == [2]


def test_a_change_for_the_next_start_weighs_as_much_as_one(probe: Probe) -> None:
    assert plan(probe, "edit.vcpus", RUNS, count="3", apply="persistent").effect == "hard"
    assert plan(probe, "edit.vcpus", OFF, count="3", apply="persistent").effect == ""


def test_lines_for_virsh_name_the_machine_safely(probe: Probe) -> None:
    """A name that virsh could take for an option, an id or two words is not used."""
    [line] = plan(probe, "power.start", ODD).commands
    assert shlex.split(line)[-1] == ODD
    [line] = plan(probe, "power.pause", RUNS).commands
    assert shlex.split(line)[3:] == ["suspend", "runs"]
    [line] = plan(probe, "edit.notes", ODD, text="a 'b' $(reboot)").commands
    assert shlex.split(line)[-1] == "--new-desc=a 'b' $(reboot)"


def test_names_cannot_break_out_of_xml(probe: Probe) -> None:
    [call] = plan(probe, "edit.iso_insert", RUNS, source="/a'\"/><x>.iso").calls
    assert "<x>" not in str(call.args["xml"])

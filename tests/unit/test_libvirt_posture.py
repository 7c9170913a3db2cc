"""Posture of libvirt machines: planted faults are found and nothing else is, what cannot be asked is not known, and no
password is ever read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from novatui.core.errors import NotFound, NotSupported, NovaError
from novatui.core.ids import key
from novatui.core.posture import Finding, Level, Posture
from novatui.core.states import Kind

pytest.importorskip("libvirt")

import libvirt

from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.posture import Postures
from novatui.backends.libvirt.reading import READING
from tests.lab.libvirt_driver_probe import connected

pytestmark = pytest.mark.libvirt

CLEAN = """
<domain type='test'><name>clean</name><uuid>00000000-0000-4000-8000-000000000001</uuid>
  <memory unit='GiB'>1</memory><vcpu>1</vcpu><os><type arch='i686'>hvm</type></os>
  <cpu mode='host-model'/>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' cache='none'/><source file='/d/a'/><target dev='vda' bus='virtio'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='own'/><model type='virtio'/>
      <filterref filter='clean-traffic'/></interface>
    <graphics type='vnc' port='5900' autoport='no' listen='127.0.0.1'/>
    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
    <memballoon model='virtio'><stats period='5'/></memballoon>
  </devices>
</domain>"""  # noqa: E501

SINS = """
<domain type='test'><name>sinner</name><uuid>00000000-0000-4000-8000-000000000002</uuid>
  <memory unit='GiB'>40</memory><vcpu>24</vcpu><os><type arch='i686'>hvm</type></os>
  <cputune><vcpupin vcpu='0' cpuset='3'/></cputune>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' cache='unsafe'/><source file='/d/b'/><target dev='hda' bus='ide'/></disk>
    <interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='br0'/><model type='e1000'/></interface>
    <serial type='tcp'><source mode='bind' host='0.0.0.0' service='4555'/><protocol type='telnet'/></serial>
    <graphics type='vnc' port='5901' autoport='no' listen='0.0.0.0' passwd='geheim'/>
    <memballoon model='none'/>
  </devices>
</domain>"""  # noqa: E501

UNTOLD_HERE = {"moves", "page_merging", "acceleration", "numa"}
"""What the test driver does not tell of, whatever the machine."""


@pytest.fixture
def host(tmp_path: Path) -> str:
    """A host of 2 processors and 2 GiB."""
    shape = "<nodes>1</nodes><sockets>1</sockets><cores>2</cores><threads>1</threads>"
    cpu = f"<cpu><mhz>1</mhz><model>i686</model><active>2</active>{shape}</cpu>"
    network = (
        "<network><name>own</name><bridge name='virbr7'/><forward/><ip address='10.7.0.1' netmask='255.255.255.0'/>"
        "</network>"
    )
    file = tmp_path / "host.xml"
    file.write_text(f"<node>{cpu}<memory>2097152</memory>{network}{CLEAN}{SINS}</node>")
    return f"test://{file}"


def bad(posture: Posture) -> dict[str, list[Level]]:
    """What speaks against it, by rule."""
    found: dict[str, list[Level]] = {}
    for each in posture.findings:
        if each.level in {Level.RISK, Level.WARNING, Level.ADVICE}:
            found.setdefault(each.rule, []).append(each.level)
    return found


def levels(posture: Posture) -> dict[str, Level]:
    return {each.rule: each.level for each in posture.findings}


def test_exactly_the_planted_faults_are_found(host: str) -> None:
    with connected(host, "host", "vm") as probe:
        sinner, clean = (probe.driver.posture(probe.sink.key_of(name)) for name in ("sinner", "clean"))
        whole = probe.driver.posture(next(iter(probe.sink.of_kind("host"))))
    assert bad(sinner) == {
        "console": [Level.WARNING],
        "serial": [Level.RISK],
        "secure_boot": [Level.ADVICE],
        "tpm": [Level.ADVICE],
        "vlan": [Level.ADVICE],
        "nic_filter": [Level.ADVICE],
        "disk_cache": [Level.RISK],
        "cpu_mode": [Level.WARNING],
        "cpu_count": [Level.WARNING],
        "pinning": [Level.WARNING],
        "ballooning": [Level.WARNING],
        "disk_bus": [Level.WARNING],
        "nic_model": [Level.WARNING],
    }
    assert bad(clean) == {"secure_boot": [Level.ADVICE]}, "an i686 host has no UEFI to give it"
    assert bad(whole) == {
        "security_driver": [Level.WARNING],
        "memory_overcommit": [Level.WARNING],
        "cpu_overcommit": [Level.WARNING],
    }
    untold = {rule for rule, level in (levels(sinner) | levels(whole)).items() if level is Level.UNKNOWN}
    assert untold == UNTOLD_HERE | {"console_password", "memory_encryption", "huge_pages"}


def test_a_finding_shows_the_part_of_the_description_that_it_rests_on(host: str) -> None:
    with connected(host, "host", "vm") as probe:
        found = {each.rule: each for each in probe.driver.posture(probe.sink.key_of("sinner")).findings}
    cache = found["disk_cache"]
    assert (cache.subject, cache.evidence[0].call) == ("hda", "virDomainGetXMLDesc")
    assert 'cache="unsafe"' in cache.evidence[0].excerpt
    assert "listen" in found["console"].evidence[0].excerpt
    assert cache.native[0] == "virsh edit sinner"
    assert all(each.evidence for each in found.values())


def test_no_password_is_read_and_none_is_told(host: str) -> None:
    """libvirt tells that there is one only together with what it is."""
    with connected(host, "host", "vm") as probe:
        flags: list[Any] = []
        link = probe.driver._parts.link
        call = link.call

        def noted(function: Callable[..., Any], *args: Any) -> Any:
            if function.__name__ == "XMLDesc":
                flags.append(args)
            return call(function, *args)

        link.call = noted
        posture = probe.driver.posture(probe.sink.key_of("sinner"))
    assert flags, "descriptions were read"
    assert not any(each and each[0] & libvirt.VIR_DOMAIN_XML_SECURE for each in flags)
    assert "geheim" not in repr(posture)
    password = next(each for each in posture.findings if each.rule == "console_password")
    assert (password.level, "never read" in password.reason) == (Level.UNKNOWN, True)


def test_a_host_is_asked_once_for_all_of_its_machines(host: str) -> None:
    with connected(host, "host", "vm") as probe:
        probe.driver.posture(probe.sink.key_of("sinner"))
        before = dict(probe.sink.counts)
        probe.driver.posture(probe.sink.key_of("clean"))
        made = {name: count - before.get(name, 0) for name, count in probe.sink.counts.items()}
        assert {name for name, count in made.items() if count} == {"lookupByUUIDString", "isActive"}
        assert set(probe.sink.counts) <= READING | {"openAuth"}


def test_what_is_not_there_is_not_found(host: str) -> None:
    with connected(host, "host", "vm") as probe:
        for wanted in ("vm:00000000-0000-4000-8000-00000000ffff", "host:other", "network:x", "nonsense"):
            with pytest.raises(NotFound):
                probe.driver.posture(wanted)


# --- a host that tells everything, one question at a time taken away --------------------------------------------------

CAPABILITIES = """
<capabilities><host><cpu><arch>x86_64</arch><pages unit='KiB' size='4'/><pages unit='KiB' size='2048'/></cpu>
  <migration_features><live/></migration_features>
  <topology><cells num='2'>
    <cell id='0'><memory unit='GiB'>8</memory><cpus><cpu id='0'/><cpu id='1'/></cpus></cell>
    <cell id='1'><memory unit='GiB'>8</memory><cpus><cpu id='2'/><cpu id='3'/></cpus></cell></cells></topology>
  <secmodel><model>apparmor</model></secmodel><secmodel><model>dac</model></secmodel></host>
  <guest><arch name='x86_64'><machine>q35</machine><domain type='qemu'/><domain type='kvm'/></arch></guest>
</capabilities>"""

DOMAIN_CAPABILITIES = """
<domainCapabilities><os><loader><enum name='secure'><value>yes</value></enum></loader></os>
  <cpu><mode name='host-model' supported='yes'><model>Skylake</model><vendor>Intel</vendor>
    <feature policy='require' name='vmx'/></mode></cpu>
  <devices><tpm supported='yes'><enum name='backendModel'><value>emulator</value></enum></tpm></devices>
  <features><sev supported='yes'/></features></domainCapabilities>"""

MACHINE = """
<domain type='kvm'><name>vm</name><uuid>u1</uuid><memory unit='GiB'>9</memory><vcpu>2</vcpu>
  <os><type arch='x86_64'>hvm</type></os><cpu mode='host-model'/>
  <cputune><vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='1' cpuset='1'/></cputune>
  <devices><interface type='network'><mac address='52:54:00:00:00:01'/><source network='flat'/></interface>
  <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0x3b' slot='0' function='0'/></source></hostdev>
  <memballoon model='none'/></devices>
  <seclabel type='dynamic' model='apparmor'><label>libvirt-u1</label></seclabel></domain>"""

NEIGHBOUR = (
    "<domain type='kvm'><name>neighbour</name><uuid>u2</uuid><memory unit='GiB'>9</memory><vcpu>8</vcpu>"
    "<cputune><vcpupin vcpu='0' cpuset='1'/></cputune></domain>"
)
FLAT = "<network><name>flat</name><forward mode='bridge'/><vlan><tag id='7'/></vlan></network>"
CARD = "<device><capability type='pci'><numa node='1'/></capability></device>"


class Made:
    """An object of libvirt: a call of it that is taken away fails as one that a driver does not have."""

    def __init__(self, name: str, lacking: set[str], **answers: Any) -> None:
        self.UUIDString = lambda: name
        for called, answer in answers.items():

            def call(*_: Any, called: str = called, answer: Any = answer) -> Any:
                if called in lacking or f"{name}.{called}" in lacking:
                    raise NotSupported(f"{called} is not supported", code="3", native=f"{called} is not supported")
                return answer

            call.__name__ = called
            setattr(self, called, call)


class Line:
    """Stands where `Link` does."""

    def __init__(self, lacking: set[str]) -> None:
        machine, neighbour = (
            Made(name, lacking, XMLDesc=xml, isActive=1) for name, xml in (("u1", MACHINE), ("u2", NEIGHBOUR))
        )
        self.machines = {"u1": machine, "u2": neighbour}
        self.conn = Made(
            "conn",
            lacking,
            getCapabilities=CAPABILITIES,
            getDomainCapabilities=DOMAIN_CAPABILITIES,
            getInfo=["x86_64", 16384, 4, 2000, 2, 1, 2, 1],
            getMemoryStats={"total": 16 * 1024 * 1024},
            getFreePages={0: {4: 9, 2048: 8192}, 1: {4: 9, 2048: 0}},
            getMemoryParameters={"shm_pages_shared": 5, "shm_merge_across_nodes": 1},
            listAllNetworks=[Made("net", lacking, XMLDesc=FLAT)],
            listAllDomains=[machine, neighbour],
            nodeDeviceLookupByName=Made("card", lacking, XMLDesc=CARD),
        )

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)

    def attempt(self, function: Callable[..., Any], *args: Any) -> Any:
        try:
            return function(*args)
        except NovaError:
            return None

    def domain(self, uuid: str) -> Made:
        return self.machines[uuid]


def postures(*lacking: str) -> Iterator[dict[str, list[Finding]]]:
    """The machine and its host."""
    host = Host("atlas")
    judge = Postures(Line(set(lacking)), host, "ssh", unchecked=False)  # type: ignore[arg-type]
    for wanted in (key(Kind.VM, "u1"), host.key):
        found: dict[str, list[Finding]] = {}
        for each in judge.judge(wanted).findings:
            found.setdefault(each.rule, []).append(each)
        yield found


def first(found: dict[str, list[Finding]], rule: str) -> Level:
    return found[rule][0].level


def test_a_host_that_tells_everything() -> None:
    machine, host = postures()
    assert [each.level for each in machine["pinning"]] == [Level.WARNING]
    assert "neighbour" in machine["pinning"][0].reason
    assert {each.subject: each.level for each in machine["numa"]} == {"": Level.ADVICE, "0000:3b:00.0": Level.WARNING}
    assert (first(machine, "huge_pages"), "16G in huge" in machine["huge_pages"][0].reason) == (Level.ADVICE, True)
    assert machine["huge_pages"][0].native[1].strip().startswith("<memoryBacking> <hugepages> <page size='2048'")
    assert first(machine, "vlan") is Level.OK
    assert first(machine, "confinement") is Level.OK
    assert first(machine, "nested") is Level.ADVICE
    assert first(machine, "acceleration") is Level.OK
    assert "offers sev" in machine["memory_encryption"][0].reason
    assert first(machine, "ballooning") is Level.WARNING
    assert {rule: each[0].level for rule, each in host.items()} == {
        "transport": Level.OK,
        "security_driver": Level.OK,
        "moves": Level.ADVICE,
        "memory_overcommit": Level.WARNING,
        "cpu_overcommit": Level.OK,
        "page_merging": Level.ADVICE,
    }


RESTS_ON: dict[str, tuple[set[str], set[str]]] = {
    "getCapabilities": ({"numa", "huge_pages", "confinement"}, {"security_driver", "moves", "page_merging"}),
    "getDomainCapabilities": ({"memory_encryption", "nested"}, set()),
    "getFreePages": ({"huge_pages"}, set()),
    "getMemoryParameters": (set(), {"page_merging"}),
    "listAllNetworks": ({"vlan"}, set()),
    "listAllDomains": ({"pinning", "ballooning"}, {"memory_overcommit", "cpu_overcommit"}),
    "u2.XMLDesc": ({"pinning", "ballooning"}, {"memory_overcommit", "cpu_overcommit"}),
    "getInfo": ({"cpu_count"}, {"cpu_overcommit"}),
    "nodeDeviceLookupByName": ({"numa"}, set()),
    "card.XMLDesc": ({"numa"}, set()),
}
"""What is not known without a call, of the machine and of the host."""


@pytest.mark.parametrize("lacking", list(RESTS_ON))
def test_a_call_that_fails_leaves_unknown_what_rests_on_it_and_nothing_else(lacking: str) -> None:
    before, after = tuple(postures()), tuple(postures(lacking))
    for wanted, told, found in zip(RESTS_ON[lacking], before, after, strict=True):
        untold = {rule for rule, each in found.items() if any(one.level is Level.UNKNOWN for one in each)}
        known = {rule for rule, each in told.items() if any(one.level is Level.UNKNOWN for one in each)}
        assert untold - known == wanted
        for rule in wanted:
            (unknown,) = (one for one in found[rule] if one.level is Level.UNKNOWN)
            assert unknown.evidence, "a failed call is evidence too"


def test_memory_is_told_by_two_calls_and_unknown_without_both() -> None:
    _, host = postures("getMemoryStats")
    assert first(host, "memory_overcommit") is Level.WARNING
    _, host = postures("getMemoryStats", "getInfo")
    assert first(host, "memory_overcommit") is Level.UNKNOWN


@pytest.mark.parametrize(("transport", "unchecked", "level"), [
    ("tcp", False, Level.RISK), ("tls", True, Level.WARNING), ("tls", False, Level.OK), ("unix", False, Level.OK),
    ("ext", False, Level.UNKNOWN),
])  # fmt: skip
def test_the_way_to_the_host_is_judged(transport: str, unchecked: bool, level: Level) -> None:
    host = Host("atlas")
    judge = Postures(Line(set()), host, transport, unchecked=unchecked)  # type: ignore[arg-type]
    assert {each.rule: each.level for each in judge.judge(host.key).findings}["transport"] is level

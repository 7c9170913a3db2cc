"""What libvirt hosts are like, and what they have in common: planted differences, virsh beside it, calls that fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from novatui.core.hostdiff import Verdict, diff
from novatui.core.hostmoves import consequences
from novatui.core.hostprofile import GUEST_CPUS, MEMORY, HostProfile, Section
from novatui.core.states import Family
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.probing import BREAKABLE, Prober, breaker, prober
from tests.lab.libvirt.testfile import mock_uri
from tests.lab.libvirt_driver_probe import connected
from tests.lab.missing import LabUnavailable

libvirt = pytest.importorskip("libvirt")

from novatui.backends.libvirt.baseline import baseline_of, flags_of  # noqa: E402
from novatui.backends.libvirt.link import Link  # noqa: E402
from novatui.backends.libvirt.profile_host import HostAnswers  # noqa: E402
from tests.conformance.recording import Recording  # noqa: E402

pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(600)]

# --- two hosts of the mock driver ---------------------------------------------------------------------------------

ADDRESSES = "<ip address='10.{net}.0.1' netmask='255.255.255.0'/>"


def network(name: str, number: int, forward: str = "<forward mode='nat'/>") -> str:
    return (
        f"<network><name>{name}</name><uuid>00000000-0000-4000-8000-0000000000{number:02}</uuid>{forward}"
        f"<bridge name='virbr{number}'/>{ADDRESSES.format(net=number)}</network>"
    )


def pool(name: str, path: str, number: int) -> str:
    return (
        f"<pool type='dir'><name>{name}</name><uuid>00000000-0000-4000-8000-0000000001{number:02}</uuid>"
        f"<target><path>{path}</path></target></pool>"
    )


def pci(slot: int, vendor: str, product: str, base_class: str, more: str = "", words: str = "Some card") -> str:
    return (
        f"<device><name>pci_0000_01_{slot:02x}_0</name><parent>computer</parent><capability type='pci'>"
        f"<class>{base_class}</class><domain>0</domain><bus>1</bus><slot>{slot}</slot><function>0</function>"
        f"<product id='{product}'>{words}</product><vendor id='{vendor}'>Maker</vendor>{more}</capability></device>"
    )


COMPUTER = (
    "<device><name>computer</name><capability type='system'>"
    "<hardware><uuid>{uuid}</uuid></hardware></capability></device>"
)


def node(*parts: str, uuid: str, cores: int = 4, memory: int = 4194304) -> str:
    cpu = f"<cpu><mhz>2000</mhz><model>x</model><active>{2 * cores}</active><nodes>1</nodes><sockets>1</sockets>"
    cpu += f"<cores>{cores}</cores><threads>2</threads></cpu><memory>{memory}</memory>"
    return f"<node>{cpu}{COMPUTER.format(uuid=uuid)}{''.join(parts)}</node>"


MANY = "<capability type='virt_functions' maxCount='{most}'/>"
LEFT = node(
    network("default", 1),
    network("prod", 2),
    network("storage", 3, ""),
    pool("images", "/srv/images", 1),
    pool("fast", "/srv/fast", 2),
    pci(1, "0x8086", "0x1572", "0x020000", MANY.format(most=64)),
    pci(2, "0x8086", "0x1572", "0x020000", MANY.format(most=64)),
    pci(3, "0x10de", "0x25b6", "0x030200"),
    pci(4, "0x144d", "0xa80a", "0x010802"),
    uuid="aaaaaaaa-1111-4000-8000-000000000001",
)
RIGHT = node(
    network("default", 1),
    network("prod", 4),
    pool("images", "/srv/images", 1),
    pool("fast", "/mnt/fast", 2),
    pool("backup", "/srv/backup", 3),
    pci(7, "0x8086", "0x1572", "0x020000", MANY.format(most=64)),
    pci(8, "0x144d", "0xa80a", "0x010802", words="called otherwise here"),
    uuid="bbbbbbbb-2222-4000-8000-000000000002",
    cores=8,
    memory=8388608,
)
PLANTED = {
    (Section.CPU, "layout", Verdict.DIFFERENT),
    (Section.DEVICES, "gpu Maker Some card", Verdict.ONLY_LEFT),
    (Section.DEVICES, "nic Maker Some card", Verdict.DIFFERENT),
    (Section.NETWORKS, "prod", Verdict.DIFFERENT),
    (Section.NETWORKS, "storage", Verdict.ONLY_LEFT),
    (Section.STORAGE, "backup", Verdict.ONLY_RIGHT),
    (Section.STORAGE, "fast", Verdict.DIFFERENT),
    (Section.LIMITS, "logical processors", Verdict.DIFFERENT),
    (Section.LIMITS, MEMORY, Verdict.DIFFERENT),
}
"""All that differs between the two, and nothing else."""


@pytest.fixture
def mocked(tmp_path: Path) -> Iterator[Callable[[str, str], HostProfile]]:
    """The profile of a host of the mock driver, by its file."""
    with ExitStack() as stack:

        def profile(name: str, content: str) -> HostProfile:
            file = tmp_path / f"{name}.xml"
            file.write_text(content)
            probe = stack.enter_context(connected(mock_uri(file)))
            probe.driver.load(["host"])
            (host,) = (key for key in probe.sink.objects if key.startswith("host:"))
            return probe.driver.profile(host)

        yield profile


def test_planted_differences_are_all_found_and_nothing_else(mocked: Callable[[str, str], HostProfile]) -> None:
    compared = diff(mocked("left", LEFT), mocked("right", RIGHT))
    differing = {Verdict.DIFFERENT, Verdict.ONLY_LEFT, Verdict.ONLY_RIGHT}
    found = {
        (section.section, entry.name, entry.verdict)
        for section in compared.sections
        for entry in section.entries
        if entry.verdict in differing
    }
    assert found == PLANTED
    equal = {entry.name for section in compared.sections for entry in section.of(Verdict.EQUAL)}
    assert {"default", "images", "disk Maker Some card", GUEST_CPUS} <= equal
    unknown = {section.section for section in compared.sections if section.reason}
    assert unknown == {Section.FLAGS, Section.MACHINES, Section.FIRMWARE}, "the mock driver has no such calls"
    texts = [told.text for told in consequences(compared) if told.section is Section.NETWORKS]
    assert any("storage" in text for text in texts)


def test_a_host_and_itself_are_the_same_but_for_what_it_does_not_tell(
    mocked: Callable[[str, str], HostProfile],
) -> None:
    compared = diff(mocked("left", LEFT), mocked("again", LEFT))
    assert not compared.different
    assert compared.unknown


def test_the_mock_driver_has_no_processor_to_compare_and_says_why(mocked: Callable[[str, str], HostProfile]) -> None:
    profile = mocked("left", LEFT)
    assert profile.native == ""
    assert "virConnectGetDomainCapabilities" in profile.native_reason
    flags = profile.part(Section.FLAGS)
    assert flags.items is None
    assert {each.call for each in flags.evidence} == {"virConnectGetCapabilities", "virConnectGetDomainCapabilities"}


def test_where_hypervisors_are_not_asked_for_a_common_processor_the_plain_way_is_taken() -> None:
    processors = [
        "<cpu><arch>x86_64</arch><model>Nehalem</model></cpu>",
        "<cpu><arch>x86_64</arch><model>Penryn</model></cpu>",
    ]
    with connected("test:///default") as probe:
        told = probe.driver.baseline(processors)
        nothing = probe.driver.baseline(["<cpu><arch>x86_64</arch><model>NoSuchModel</model></cpu>"])
    assert (told.basis, told.model) == ("virConnectBaselineCPU", "Penryn")
    first, second = told.losses
    assert {"popcnt", "sse4.2"} <= set(first.flags or ())
    assert second.flags == ()
    assert (nothing.model, nothing.flags) == ("", None)
    assert nothing.reason
    assert nothing.losses[0].reason


# --- a real QEMU host -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    with or_skip(lambda: LibvirtHost("atlas")) as started:
        started.virsh("pool-create-as", "lab", "dir", "--target", str(started.images))
        started.define(network("prod", 2, ""), "net-define")
        yield started


@pytest.fixture
def link(host: LibvirtHost) -> Iterator[Link]:
    libvirt.registerErrorHandler(lambda *_: None, None)
    conn = libvirt.open(host.uri)
    yield Link(conn, Recording(), host.uri)
    conn.close()


def required(xml: str) -> set[str]:
    """Flags that a processor in libvirt's XML has."""
    root = ElementTree.fromstring(xml)
    return {each.get("name", "") for each in root.iterfind("feature") if each.get("policy", "require") == "require"}


def test_the_common_processor_is_that_of_virsh(host: LibvirtHost, link: Link, tmp_path: Path) -> None:
    offered = host.virsh("domcapabilities")
    first, second = tmp_path / "first.xml", tmp_path / "both.xml"
    first.write_text(offered)
    lesser = offered.replace("<feature policy='require' name='vaes'/>", "")
    lesser = lesser.replace("<feature policy='require' name='umip'/>", "")
    both = "".join(text.replace("<?xml version='1.0'?>", "") for text in (offered, lesser))
    second.write_text(both)
    native = _native(offered), _native(lesser)

    alone = baseline_of(link, native[:1])
    assert alone.basis == "virConnectBaselineHypervisorCPU"
    assert (alone.model, alone.vendor) == _model(host.virsh("hypervisor-cpu-baseline", str(first)))
    assert set(alone.flags or ()) == required(host.virsh("hypervisor-cpu-baseline", "--features", str(first)))
    assert _canonical(alone.native) == _canonical(host.virsh("hypervisor-cpu-baseline", str(first)))

    together = baseline_of(link, native)
    expected = required(host.virsh("hypervisor-cpu-baseline", "--features", str(second)))
    assert set(together.flags or ()) == expected
    lost = set(alone.flags or ()) - expected
    assert [set(each.flags or ("?",)) if each.flags else set() for each in together.losses] == [lost, set()]
    assert together.losses[1].flags == ()


def test_a_profile_says_what_virsh_says(host: LibvirtHost) -> None:
    with connected(host.uri) as probe:
        probe.driver.load(["host"])
        (key,) = (key for key in probe.sink.objects if key.startswith("host:"))
        profile = probe.driver.profile(key)
    capabilities = ElementTree.fromstring(host.virsh("capabilities"))
    offered = ElementTree.fromstring(host.virsh("domcapabilities"))
    arch = capabilities.findtext("host/cpu/arch")
    (guest,) = (each for each in capabilities.iterfind("guest/arch") if each.get("name") == arch)
    assert names(profile, Section.MACHINES) == {each.text for each in guest.iterfind("machine")}
    values = {item.name: item.value for part in profile.parts for item in part.items or ()}
    assert values["vendor"] == capabilities.findtext("host/cpu/vendor")
    assert values["model"] == capabilities.findtext("host/cpu/model")
    vcpu = offered.find("vcpu")
    assert values[GUEST_CPUS] == (vcpu.get("max") if vcpu is not None else None)
    assert values["libvirt"] in host.virsh("version", "--daemon")
    assert values["QEMU"] in host.virsh("version")
    assert names(profile, Section.STORAGE) == {"lab"}
    assert values["lab"] == f"dir {host.images}"
    assert values["prod"] == "isolated, 10.2.0.1/255.255.255.0, inactive"
    pci_devices = {item.beside for item in profile.part(Section.DEVICES).items or ()}
    listed = {name.removeprefix("pci_") for name in host.virsh("nodedev-list", "--cap", "pci").split()}
    told = {address.replace(":", "_").replace(".", "_") for each in pci_devices for address in each.split(", ")}
    assert {each for each in told if each in listed}
    mode = next(each for each in offered.iterfind("cpu/mode") if each.get("name") == "host-model")
    assert values["host-model"] == mode.findtext("model")


class LesserHost:
    """A connection whose host-model lacks what is taken from it; everything else is asked of libvirt."""

    def __init__(self, conn: Any, *without: str) -> None:
        self._conn, self._without = conn, without

    def getDomainCapabilities(self, *args: Any) -> str:
        text = self._conn.getDomainCapabilities(*args)
        for flag in self._without:
            text = text.replace(f"<feature policy='require' name='{flag}'/>", "")
        return text

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conn, name)


def test_flags_that_one_host_lacks_are_found_and_no_others(link: Link) -> None:
    planted = sorted(required(_native(link.conn.getDomainCapabilities())))[:2]
    assert len(planted) == 2
    lesser = Link(LesserHost(link.conn, *planted), Recording(), link.uri)  # type: ignore[arg-type]
    profiles = [
        HostProfile(host="host:x", name=name, family=Family.LIBVIRT, parts=(flags_of(one, HostAnswers(one)),))
        for name, one in (("whole", link), ("lesser", lesser))
    ]
    (flags,) = (section for section in diff(*profiles).sections if section.section is Section.FLAGS)
    assert not flags.reason
    assert {entry.name for entry in flags.of(Verdict.ONLY_LEFT)} == set(planted)
    assert not flags.of(Verdict.ONLY_RIGHT)
    assert len(flags.of(Verdict.EQUAL)) > 20
    (told,) = (each for each in consequences(diff(*profiles)) if each.section is Section.FLAGS)
    assert set(told.names) == set(planted)


def names(profile: HostProfile, section: Section) -> set[str]:
    return {item.name for item in profile.part(section).items or ()}


def _native(offered: str) -> str:
    """The host-model of domain capabilities as a processor, made without our driver."""
    mode = next(each for each in ElementTree.fromstring(offered).iterfind("cpu/mode[@name='host-model']"))
    mode.tag = "cpu"
    mode.attrib.clear()
    return ElementTree.tostring(mode, encoding="unicode")


def _model(xml: str) -> tuple[str, str]:
    root = ElementTree.fromstring(xml)
    return root.findtext("model", ""), root.findtext("vendor", "")


def _canonical(xml: str) -> str:
    return ElementTree.canonicalize(xml, strip_text=True)


# --- calls that went out, and calls that fail -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def probers(host: LibvirtHost, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Prober]]:
    try:
        library = breaker(tmp_path_factory.mktemp("breaker"))
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    folder = tmp_path_factory.mktemp("mock")
    (folder / "left.xml").write_text(LEFT)
    uris = {"qemu": host.uri, "mock": mock_uri(folder / "left.xml")}
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(prober(uri, tmp_path_factory.mktemp(name), library)) for name, uri in uris.items()
        }


def profile_of(prober: Prober) -> tuple[HostProfile, tuple[str, ...]]:
    (host,) = (key for key in prober.objects.values() if key.startswith("host:"))
    return prober.profile(host)


@pytest.mark.parametrize("where", ["qemu", "mock"])
def test_every_section_rests_on_calls_that_went_out(probers: dict[str, Prober], where: str) -> None:
    profile, calls = profile_of(probers[where])
    assert [part.section for part in profile.parts] == list(Section)
    for part in profile.parts:
        asked = {each.call for each in part.evidence}
        assert asked
        assert all(each.kind == "asked" and each.at and each.ms is not None for each in part.evidence)
        assert asked <= set(calls), (part.section, asked - set(calls))
        assert asked <= set(BREAKABLE), "a call that the next test cannot break"
    assert len(calls) < 200


@pytest.mark.parametrize("where", ["qemu", "mock"])
def test_a_call_that_fails_makes_unknown_what_it_told_and_no_difference(probers: dict[str, Prober], where: str) -> None:
    prober = probers[where]
    before, _ = profile_of(prober)
    calls = {each.call for part in before.parts for each in part.evidence}
    assert len(calls) > 8
    known = _known(before)
    for call in sorted(calls):
        with prober.broken(call):
            after, _ = profile_of(prober)
        compared = diff(before, after)
        assert not compared.different, (call, [section for section in compared.sections if section.different])
        for part in before.parts:
            if call not in {each.call for each in part.evidence}:
                assert after.part(part.section).items == part.items, (call, part.section)
        if call not in _BESIDE | _refused(before):
            assert _known(after) < known, call
    again, _ = profile_of(prober)
    assert _known(again) == known


_BESIDE = frozenset({"virConnectGetMaxVcpus"})
"""Calls that count only where another one is not to be had."""


def _refused(profile: HostProfile) -> set[str]:
    """Calls that failed already: that they fail in another way makes nothing less known."""
    return {each.call for part in profile.parts for each in part.evidence if re.match(r"\[\d+\] ", each.excerpt)}


def _known(profile: HostProfile) -> set[tuple[str, str]]:
    """Things that are known, and lists that are known to be whole."""
    items = {
        (part.section.value, item.id or item.name)
        for part in profile.parts
        for item in part.items or ()
        if item.value is not None
    }
    return items | {
        ("whole", part.section.value) for part in profile.parts if part.items is not None and not part.reason
    }

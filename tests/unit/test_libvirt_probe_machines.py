"""What a machine of libvirt has and can do now, by its description and by what is asked of it, feature by feature."""

from __future__ import annotations

import pytest

pytest.importorskip("libvirt")

from novatui.backends.libvirt.probing import Probe
from novatui.core.capabilities import Answer, Fact
from tests.unit.libvirt_probed import UUID, ProbedHost, functions, pci

YES, PARTLY, NO, UNKNOWN = Answer.YES, Answer.PARTLY, Answer.NO, Answer.UNKNOWN

QCOW2 = (
    "<disk type='file' device='disk'><driver type='qcow2'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>"
)
RAW = (
    "<disk type='file' device='disk'><driver type='raw'/><source file='/b.raw'/><target dev='vdb' bus='virtio'/></disk>"
)
HOSTDEV = (
    "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
    "<address domain='0x0000' bus='0x65' slot='0x00' function='0x0'/></source></hostdev>"
)
MDEV = (
    "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
    "<address uuid='3b2a0000-0000-4000-8000-000000000001'/></source></hostdev>"
)
VIRTIO = (
    "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='n'/><model type='virtio'/>"
    "</interface>"
)
SOCKET = "<interface type='vhostuser'><source type='unix' path='/s' mode='client'/><model type='virtio'/></interface>"


def domain(*, devices: str = QCOW2, more: str = "", os: str = "", memory: str = "") -> str:
    system = os or "<os><type arch='x86_64' machine='q35'>hvm</type></os>"
    sizes = memory or "<memory unit='KiB'>65536</memory><currentMemory unit='KiB'>65536</currentMemory>"
    return (
        f"<domain type='kvm'><name>db</name><uuid>{UUID}</uuid>{sizes}<vcpu>4</vcpu>{system}{more}"
        f"<devices>{devices}<memballoon model='virtio'/></devices></domain>"
    )


def facts(xml: str, host: ProbedHost | None = None, **machine: object) -> dict[str, Fact]:
    host = host or ProbedHost()
    host.domain._xml = xml
    host.networks.setdefault("n", "<network><name>n</name><forward mode='nat'/></network>")
    for name, value in machine.items():
        setattr(host.domain, name, value)
    found = Probe(host, {}, {}).machine(f"vm:{UUID}", UUID)  # type: ignore[arg-type]
    assert all(fact.proven for fact in found)
    return {fact.feature: fact for fact in found}


LOCKED = "<memoryBacking><locked/></memoryBacking>"
HUGE = "<memoryBacking><hugepages><page size='1' unit='GiB'/></hugepages></memoryBacking>"
SHARED = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
GROWS = "<maxMemory slots='2' unit='KiB'>262144</maxMemory><memory unit='KiB'>65536</memory>"
UEFI = "<os firmware='efi'><type arch='x86_64'>hvm</type>{}</os>"
KEYS = "<firmware><feature name='secure-boot' enabled='yes'/><feature name='enrolled-keys' enabled='{}'/></firmware>"


@pytest.mark.parametrize(
    ("slug", "xml", "value", "words"),
    [
        ("snapshots", domain(), YES, "memory"),
        ("snapshots", domain(devices=RAW), PARTLY, "vdb is raw"),
        ("snapshots", domain(devices=""), NO, "no disk"),
        ("live_migration", domain(), YES, "nothing of it is in the way"),
        ("live_migration", domain(devices=QCOW2 + HOSTDEV), NO, "cannot go with it"),
        ("live_migration", domain(more="<cpu mode='host-passthrough'/>"), PARTLY, "same processor"),
        ("live_migration", domain(more="<launchSecurity type='sev'/>"), NO, "encrypted"),
        ("memory_hotplug", domain(memory=GROWS), YES, "2 of 2 slots"),
        ("memory_hotplug", domain(), NO, "maxMemory"),
        ("live_storage_migration", domain(), YES, "vda"),
        ("live_storage_migration", domain(devices=""), NO, "no disk"),
        ("incremental_backup", domain(), YES, "first one is whole"),
        ("incremental_backup", domain(devices=QCOW2 + RAW), PARTLY, "vdb only whole"),
        ("incremental_backup", domain(devices=RAW), NO, "vdb"),
        ("thin_provisioning", domain(devices=RAW), UNKNOWN, "no pool lists"),
        ("secure_boot", domain(), NO, "BIOS"),
        ("secure_boot", domain(os=UEFI.format(KEYS.format("yes"))), YES, "secure boot"),
        ("secure_boot", domain(os=UEFI.format(KEYS.format("no"))), NO, "keys"),
        ("secure_boot", domain(os=UEFI.format("")), UNKNOWN, "does not say"),
        ("tpm", domain(devices="<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"), YES, "2.0"),
        ("memory_encryption", domain(more="<launchSecurity type='sev'><policy/></launchSecurity>"), YES, "sev"),
        ("cpu_pinning", domain(more="<cputune><vcpupin vcpu='0' cpuset='3'/></cputune>"), PARTLY, "1 of 4"),
        ("cpu_pinning", domain(), NO, "any processor"),
        ("numa", domain(more="<numatune><memory mode='strict' nodeset='1'/></numatune>"), YES, "strict on 1"),
        ("numa", domain(), NO, "any node"),
        ("nested_virt", domain(more="<cpu><model>M</model><feature policy='require' name='vmx'/></cpu>"), YES, "vmx"),
        ("nested_virt", domain(more="<cpu><model>M</model><feature policy='disable' name='vmx'/></cpu>"), NO, "taken"),
        ("nested_virt", domain(more="<cpu mode='host-passthrough'/>"), YES, "host-passthrough"),
        ("nested_virt", domain(more="<cpu mode='custom'><model>EPYC</model></cpu>"), YES, "EPYC has svm"),
        ("nested_virt", domain(), UNKNOWN, "QEMU chooses"),
        ("overcommit", domain(), YES, "as it is written"),
        ("overcommit", domain(more=LOCKED), NO, "locked"),
        ("overcommit", domain(more=HUGE), NO, "huge"),
        ("overcommit", domain(devices=HOSTDEV), NO, "locks"),
        ("ballooning", domain(), YES, "virtio"),
        ("ballooning", domain(devices=HOSTDEV), PARTLY, "locks"),
        ("huge_pages", domain(more=HUGE), YES, "1.0G"),
        ("page_dedup", domain(more="<memoryBacking><nosharepages/></memoryBacking>"), NO, "apart"),
        ("page_dedup", domain(), PARTLY, "may be merged"),
        ("dpdk", domain(devices=SOCKET, more=SHARED), YES, "/s"),
        ("dpdk", domain(devices=SOCKET), PARTLY, "not shared"),
        ("dpdk", domain(devices=VIRTIO), NO, "vhostuser"),
        ("multiqueue", domain(devices=VIRTIO), NO, "one queue each"),
        ("multiqueue", domain(devices=VIRTIO.replace("<model", "<driver queues='4'/><model")), YES, "4"),
        ("multiqueue", domain(), UNKNOWN, "QEMU decides"),
        ("offloads", domain(devices=VIRTIO), YES, "virtio"),
        ("offloads", domain(devices=VIRTIO.replace("<mac", "<driver><host tso4='off'/></driver><mac")), PARTLY, "tso4"),
        ("offloads", domain(devices=VIRTIO.replace("'virtio'", "'e1000'")), UNKNOWN, "e1000"),
        ("nvme", domain(devices=QCOW2.replace("'file' device", "'nvme' device")), YES, "vda"),
        ("gpu_passthrough", domain(devices=MDEV), YES, "vGPU"),
        ("gpu_passthrough", domain(), NO, "no graphics card"),
        ("gpu_passthrough", domain(devices=HOSTDEV), UNKNOWN, "0000:65:00.0"),
        ("health", domain(devices="<watchdog model='itco'/>"), YES, "watchdog itco"),
        ("health", domain(), PARTLY, "no watchdog"),
        ("metrics", domain(), YES, "dommemstat"),
        ("cpu_hotplug", domain(), YES, "2 more"),
        ("cpu_hotplug", domain(os="<os><type arch='aarch64'>hvm</type></os>"), UNKNOWN, "aarch64"),
    ],
)  # fmt: skip
def test_a_running_machine(slug: str, xml: str, value: Answer, words: str) -> None:
    fact = facts(xml)[slug]
    assert fact.value is value, fact
    assert words in fact.reason


@pytest.mark.parametrize(
    ("slug", "machine", "value", "words"),
    [
        ("lifecycle", {"running": False}, YES, "shut off"),
        ("lifecycle", {"persistent": False}, PARTLY, "not kept"),
        ("live_migration", {"running": False}, PARTLY, "once it runs"),
        ("live_migration", {"snapshots": 2}, NO, "it has 2"),
        ("snapshots", {"snapshots": 2}, YES, "it has 2"),
        ("cpu_hotplug", {"vcpus": (4, 4)}, NO, "as many vCPUs"),
        ("cpu_hotplug", {"running": False}, PARTLY, "once it runs"),
        ("live_storage_migration", {"running": False}, PARTLY, "once it runs"),
        ("incremental_backup", {"checkpoints": 3}, YES, "3 checkpoints"),
        ("incremental_backup", {"running": False}, PARTLY, "once it runs"),
    ],
)
def test_what_is_asked_of_it(slug: str, machine: dict[str, object], value: Answer, words: str) -> None:
    fact = facts(domain(), **machine)[slug]
    assert fact.value is value, fact
    assert words in fact.reason


def test_what_a_device_is_that_it_has_is_asked_of_the_host() -> None:
    host = ProbedHost()
    host.nodes = [pci("0000:65:00.0", 0x030200, name="A100")]
    told = facts(domain(devices=HOSTDEV), host)
    assert (told["gpu_passthrough"].value, told["gpu_passthrough"].note) == (YES, "1")
    assert "A100 at 0000:65:00.0" in told["gpu_passthrough"].reason
    assert {told[slug].value for slug in ("sriov", "nvme")} == {NO}
    host.nodes = [pci("0000:65:00.0", 0x020000, "<capability type='phys_function'/>")]
    assert facts(domain(devices=HOSTDEV), host)["sriov"].value is YES
    host.nodes = [pci("0000:65:00.0", 0x010802)]
    assert facts(domain(devices=HOSTDEV), host)["nvme"].value is YES


def test_a_network_that_hands_out_virtual_functions() -> None:
    host = ProbedHost()
    host.networks["n"] = "<network><name>n</name><forward mode='hostdev'/></network>"
    assert facts(domain(devices=VIRTIO), host)["sriov"].value is YES


def test_a_host_with_a_card_makes_no_machine_have_it() -> None:
    host = ProbedHost()
    host.nodes = [pci("0000:65:00.0", 0x030000), pci("0000:3b:00.0", 0x020000, functions(8, "0000:3b:00.1"))]
    told = facts(domain(), host)
    assert {told[slug].value for slug in ("gpu_passthrough", "sriov", "nvme")} == {NO}


@pytest.mark.parametrize(("taken", "value"), [(4096, YES), (8192, NO)])
def test_a_file_without_a_growing_format_is_measured(taken: int, value: Answer) -> None:
    host = ProbedHost()
    host.volumes["/b.raw"] = f"<volume><capacity unit='bytes'>8192</capacity><allocation>{taken}</allocation></volume>"
    assert facts(domain(devices=RAW), host)["thin_provisioning"].value is value

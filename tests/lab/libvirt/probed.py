"""The hosts and machines that the tests of probes look at, and what virsh tells of them, read in another way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from xml.etree import ElementTree

from novatui.core.capabilities import Answer, Fact
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.probing import Prober, prober
from tests.lab.libvirt.testfile import mock_uri

YES, PARTLY, NO, UNKNOWN = Answer.YES, Answer.PARTLY, Answer.NO, Answer.UNKNOWN
RUNNING = GuestSpec(
    "running", boot="none", memory_mib=64, vcpus=1, vcpus_max=4, disk_mib=8,
    extra_domain="<maxMemory slots='2' unit='MiB'>256</maxMemory>"
    "<cpu mode='custom' match='exact'><model>qemu64</model>"
    "<numa><cell id='0' cpus='0-3' memory='64' unit='MiB'/></numa></cpu>",
)  # fmt: skip
GIVEN = GuestSpec(
    "given", boot="none", memory_mib=64, machine="q35",
    extra_domain="<memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages><locked/></memoryBacking>"
    "<cputune><vcpupin vcpu='0' cpuset='0'/></cputune><numatune><memory mode='strict' nodeset='0'/></numatune>",
    extra_devices="<tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>"
    "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='0' slot='1' function='0'/>"
    "</source></hostdev><watchdog model='i6300esb' action='none'/>"
    "<interface type='user'><model type='virtio'/><driver name='qemu' queues='4'/></interface>",
)  # fmt: skip

TPM = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"
SECURE_BOOT = (
    "<firmware><feature enabled='yes' name='secure-boot'/><feature enabled='yes' name='enrolled-keys'/></firmware>"
)

SCOPES = {
    "qemu": ("", RUNNING.name, GIVEN.name),
    "mock": ("", "test"),
    "file": ("", "db-01", "gpu-train", "win-desk", "edge-router"),
}
"""Objects by connection; empty: the connection itself."""


@contextmanager
def probed_host() -> Iterator[LibvirtHost]:
    """A host with a machine that runs, and one that is given much."""
    with or_skip(lambda: LibvirtHost("atlas")) as host:
        host.start_guest(RUNNING, wait=False)
        host.define_guest(GIVEN)
        host.virsh("pool-create-as", "lab", "dir", "--target", str(host.images))
        yield host


@contextmanager
def three_probers(host: LibvirtHost, file: Path, library: Path, folder: Path) -> Iterator[dict[str, Prober]]:
    """By connection: QEMU, the mock driver, the mock driver on a file with devices."""
    uris = {"qemu": host.uri, "mock": "test:///default", "file": mock_uri(file)}
    with ExitStack() as stack:
        found = {}
        for name, uri in uris.items():
            (folder / name).mkdir()
            found[name] = stack.enter_context(prober(uri, folder / name, library))
        yield found


def scope_of(prober: Prober, name: str) -> str:
    """Key of a machine by its name; empty stays empty."""
    return prober.objects[name] if name else ""


def answer(yes: bool, otherwise: Answer = NO) -> Answer:
    return YES if yes else otherwise


def words(tree: ElementTree.Element, path: str) -> set[str]:
    return {each.text or "" for each in tree.iterfind(path)}


def agree(told: dict[str, Fact], host: LibvirtHost) -> None:
    """What virsh tells of the host now."""
    capabilities = ElementTree.fromstring(host.virsh("capabilities"))
    usual = ElementTree.fromstring(host.virsh("domcapabilities"))
    q35 = ElementTree.fromstring(host.virsh("domcapabilities", "--machine", "q35"))
    backends = words(usual, "devices/tpm/enum[@name='backendModel']/value")
    secure = words(usual, "os/loader/enum[@name='secure']/value") | words(q35, "os/loader/enum[@name='secure']/value")
    encrypted = [*usual.findall("features/sev[@supported='yes']"), *usual.findall("features/tdx[@supported='yes']")]
    cells = capabilities.findall("host/topology/cells/cell")
    reserved = [int(each.text or "0") for each in cells[0].findall("pages")[1:]]
    expected = {
        "lifecycle": answer(bool(capabilities.findall("guest/arch/domain"))),
        "live_migration": answer(capabilities.find("host/migration_features/live") is not None),
        "snapshots": answer(capabilities.find("guest/features/externalSnapshot") is not None, PARTLY),
        "secure_boot": answer("yes" in secure),
        "tpm": YES if "emulator" in backends else PARTLY if backends else NO,
        "memory_encryption": answer(bool(encrypted or words(usual, "launchSecurity/enum[@name='sectype']/value"))),
        "incremental_backup": answer(usual.find("features/backup[@supported='yes']") is not None),
        "numa": answer(len(cells) > 1, PARTLY),
        "huge_pages": answer(any(reserved), PARTLY),
    }
    assert {slug: told[slug].value for slug in expected} == expected
    most = usual.find("vcpu")
    assert most is not None
    assert told["cpu_hotplug"].note == f"max {most.get('max')}"
    transports = words(capabilities, "host/migration_features/uri_transports/uri_transport")
    assert set(told["live_migration"].note.split()) <= transports
    assert set(filter(None, told["tpm"].note.split(", "))) <= words(
        usual, "devices/tpm/enum[@name='backendVersion']/value"
    ) | {"host's own"}

"""What libvirt hosts and machines can do is what virsh tells of them beside us, and changes with them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.furnished import furnished_host
from tests.lab.libvirt.guests import GuestSpec, guest_xml
from tests.lab.libvirt.probed import (
    GIVEN,
    NO,
    PARTLY,
    RUNNING,
    SECURE_BOOT,
    TPM,
    UNKNOWN,
    YES,
    agree,
    answer,
    probed_host,
    scope_of,
    three_probers,
)
from tests.lab.libvirt.probing import Prober, breaker, prober
from tests.lab.libvirt.testfile import mock_uri, write_world
from tests.lab.missing import program

pytest.importorskip("libvirt")

pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    with probed_host() as started:
        yield started


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return or_skip(lambda: breaker(tmp_path_factory.mktemp("breaker")))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def probers(
    host: LibvirtHost, library: Path, world: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Prober]]:
    with three_probers(host, world["atlas"], library, tmp_path_factory.mktemp("probers")) as started:
        yield started


def test_the_host_is_told_as_virsh_tells_it(probers: dict[str, Prober], host: LibvirtHost) -> None:
    agree(probers["qemu"].probe("").facts, host)


def test_nesting_is_what_the_baseline_of_virsh_has(
    probers: dict[str, Prober], host: LibvirtHost, tmp_path: Path
) -> None:
    document = tmp_path / "domcaps.xml"
    document.write_text(host.virsh("domcapabilities"))
    baseline = ElementTree.fromstring(host.virsh("hypervisor-cpu-baseline", "--features", str(document)))
    flags = {each.get("name") for each in baseline.iterfind("feature[@policy='require']")} & {"svm", "vmx"}
    fact = probers["qemu"].probe("").facts["nested_virt"]
    assert fact.value is answer(bool(flags))
    assert set(fact.note.split()) == flags


def test_a_processor_model_is_told_as_virsh_expands_it(
    probers: dict[str, Prober], host: LibvirtHost, tmp_path: Path
) -> None:
    document = tmp_path / "cpu.xml"
    description = ElementTree.fromstring(host.virsh("dumpxml", RUNNING.name)).find("cpu")
    assert description is not None
    document.write_text(ElementTree.tostring(description, "unicode"))
    baseline = ElementTree.fromstring(host.virsh("hypervisor-cpu-baseline", "--features", str(document)))
    flags = {each.get("name") for each in baseline.iterfind("feature[@policy='require']")} & {"svm", "vmx"}
    running = probers["qemu"].probe(scope_of(probers["qemu"], RUNNING.name)).facts["nested_virt"]
    assert running.value is answer(bool(flags))


def test_devices_are_those_of_virsh(probers: dict[str, Prober], host: LibvirtHost) -> None:
    told = probers["qemu"].probe("").facts
    described = [host.virsh("nodedev-dumpxml", name) for name in host.virsh("nodedev-list", "--cap", "pci").split()]
    classes = [match.group(1) for each in described if (match := re.search(r"<class>0x(\w+)</class>", each))]
    gpus, nvmes = (sum(each.startswith(start) for each in classes) for start in ("03", "010802"))
    functions = sum("type='virt_functions'" in each or "type='phys_function'" in each for each in described)
    can = "vfio" in host.virsh("domcapabilities") and "<iommu support='yes'/>" in host.virsh("capabilities")
    expected = {
        slug: answer(can, PARTLY) if count else NO
        for slug, count in (("gpu_passthrough", gpus), ("nvme", nvmes), ("sriov", functions))
    }
    assert {slug: told[slug].value for slug in expected} == expected
    cards = [
        text
        for name in host.virsh("nodedev-list", "--cap", "net").split()
        if "/devices/virtual/" not in (text := host.virsh("nodedev-dumpxml", name))
    ]
    working = [text for text in cards if "<feature name=" in text]
    if cards:
        assert told["offloads"].value is (answer(len(working) == len(cards), PARTLY) if working else UNKNOWN)
    for feature in set(re.findall(r"<feature name='(\w+)'", "".join(working))):
        assert feature in told["offloads"].reason


def test_memory_and_stores_are_those_of_virsh(probers: dict[str, Prober], host: LibvirtHost) -> None:
    told = probers["qemu"].probe("").facts
    tuned = dict(line.split() for line in host.virsh("node-memory-tune").splitlines()[1:] if line.strip())
    assert told["page_dedup"].value is answer(int(tuned["shm_pages_sharing"]) > 0, PARTLY)
    pools = [host.virsh("pool-dumpxml", name) for name in host.virsh("pool-list", "--name").split()]
    folders = sum("type='dir'" in each.splitlines()[0] for each in pools)
    assert told["thin_provisioning"].note == f"{folders}/{len(pools)}"


# --- machines


def test_a_running_machine(probers: dict[str, Prober], host: LibvirtHost) -> None:
    prober = probers["qemu"]
    told = prober.probe(scope_of(prober, RUNNING.name)).facts
    counts = {
        line.split()[0:2][0] + " " + line.split()[1]: line.split()[2]
        for line in host.virsh("vcpucount", RUNNING.name).splitlines()
        if line
    }
    assert told["cpu_hotplug"].note == f"{counts['current live']}/{counts['maximum live']}"
    values = {slug: fact.value for slug, fact in told.items()}
    assert values["lifecycle"] is YES
    assert values["live_migration"] is YES
    assert values["snapshots"] is YES
    assert values["cpu_hotplug"] is YES
    assert values["memory_hotplug"] is YES
    assert values["live_storage_migration"] is YES
    assert values["incremental_backup"] is YES
    assert values["thin_provisioning"] is YES
    assert values["metrics"] is YES
    assert {values[slug] for slug in ("tpm", "secure_boot", "gpu_passthrough", "huge_pages", "cpu_pinning")} == {NO}


def test_what_is_taken_away_from_it_changes_its_facts(probers: dict[str, Prober], host: LibvirtHost) -> None:
    prober = probers["qemu"]
    scope = scope_of(prober, RUNNING.name)
    host.virsh("snapshot-create-as", RUNNING.name, "first")
    try:
        told = prober.probe(scope).facts
        assert (told["live_migration"].value, told["snapshots"].note) == (NO, "1 kept")
        assert told["live_migration"].evidence is not None
        assert told["live_migration"].evidence.call == "virDomainSnapshotNum"
    finally:
        host.virsh("snapshot-delete", RUNNING.name, "first")
    host.virsh("setvcpus", RUNNING.name, "4", "--live")
    assert prober.probe(scope).facts["cpu_hotplug"].value is NO
    assert prober.probe(scope).facts["live_migration"].value is YES


def test_a_machine_that_is_given_much(probers: dict[str, Prober]) -> None:
    prober = probers["qemu"]
    told = prober.probe(scope_of(prober, GIVEN.name)).facts
    values = {slug: fact.value for slug, fact in told.items()}
    assert values["live_migration"] is NO
    assert "hostdev" in told["live_migration"].reason or "pci" in told["live_migration"].reason
    assert {values[slug] for slug in ("tpm", "huge_pages", "cpu_pinning", "numa", "multiqueue", "health")} == {YES}
    assert {values[slug] for slug in ("overcommit", "page_dedup", "cpu_hotplug", "memory_hotplug")} == {NO}
    assert told["live_migration"].value is NO


SECURE = GuestSpec("secure", boot="none", machine="q35", memory_mib=64, extra_devices=TPM)


def test_firmware_and_tpm_that_a_host_has_change_what_it_can_do(library: Path, tmp_path: Path) -> None:
    with or_skip(furnished_host) as host:
        xml = guest_xml(SECURE, host.guest_image(), None, host.directory / "console.log")
        host.define(xml.replace("<os>", f"<os firmware='efi'>{SECURE_BOOT}"))
        with prober(host.uri, tmp_path, library) as there:
            told, machine = there.probe("").facts, there.probe(there.objects[SECURE.name]).facts
        agree(told, host)
    assert (told["secure_boot"].value, told["secure_boot"].note) == (YES, "q35, UEFI")
    assert (told["tpm"].value, told["tpm"].note) == (YES, "1.2, 2.0")
    assert (machine["secure_boot"].value, machine["tpm"].value, machine["tpm"].note) == (YES, YES, "2.0")


def test_the_mock_driver_has_few_calls_and_what_it_lacks_is_unknown(probers: dict[str, Prober]) -> None:
    told = probers["mock"].probe("").facts
    for slug in ("secure_boot", "tpm", "memory_encryption", "incremental_backup", "nested_virt", "page_dedup"):
        assert told[slug].value is UNKNOWN
        assert "[3]" in told[slug].reason
    assert {told[slug].value for slug in ("cpu_hotplug", "ballooning", "cpu_pinning", "snapshots", "dpdk")} == {UNKNOWN}
    assert told["metrics"].value is PARTLY


def test_the_mock_driver_agrees_with_virsh(probers: dict[str, Prober], world: dict[str, Path]) -> None:
    for where, uri in (("mock", "test:///default"), ("file", mock_uri(world["atlas"]))):
        told = probers[where].probe("").facts
        capabilities = ElementTree.fromstring(virsh(uri, "capabilities"))
        cells = capabilities.findall("host/topology/cells/cell")
        assert told["numa"].value is (answer(len(cells) > 1, PARTLY) if cells else UNKNOWN)
        assert told["lifecycle"].value is YES
        assert told["live_migration"].value is answer(capabilities.find("host/migration_features/live") is not None)
        pools = virsh(uri, "pool-list", "--name").split()
        assert told["thin_provisioning"].note.endswith(f"/{len(pools)}")
        assert failure(uri, "domcapabilities").count("virConnectGetDomainCapabilities") == 1


def test_devices_of_a_file(probers: dict[str, Prober], world: dict[str, Path]) -> None:
    """GPU with vGPU types, a card with virtual functions, IOMMU groups; the mock driver says that its IOMMU is off."""
    told = probers["file"].probe("").facts
    text = world["atlas"].read_text()
    gpus = re.findall(r"<class>0x03\w+</class>", text)
    assert told["gpu_passthrough"].note.endswith(f"/{len(gpus)}")
    assert "IOMMU of the host is off" in told["gpu_passthrough"].reason
    assert told["gpu_passthrough"].value is PARTLY
    made = sum(
        len(re.findall("<address ", part)) for part in re.findall(r"type='virt_functions'.*?</capability>", text)
    )
    assert told["sriov"].note.endswith(f"/{made}")
    names = re.findall(r"<type id='[^']+'><name>([^<]+)</name>.*?<availableInstances>([1-9]\d*)<", text)
    assert names
    assert all(f"{name} × {left}" in told["gpu_passthrough"].reason for name, left in names)


def test_machines_of_a_file(probers: dict[str, Prober]) -> None:
    """As the seeded world describes them (tests/conformance/world.toml)."""
    prober = probers["file"]
    train, desk, router, database = (
        prober.probe(scope_of(prober, name)).facts for name in ("gpu-train", "win-desk", "edge-router", "db-01")
    )
    for slug, note in (("gpu_passthrough", "2"), ("sriov", "1"), ("huge_pages", "1.0G")):
        assert (train[slug].value, train[slug].note) == (YES, note)
        assert router[slug].value is NO
    assert (desk["secure_boot"].value, desk["tpm"].value, desk["tpm"].note) == (YES, YES, "2.0")
    assert (train["secure_boot"].value, router["secure_boot"].value, train["tpm"].value) == (NO, NO, NO)
    assert (database["cpu_hotplug"].value, database["cpu_hotplug"].note) == (YES, "4/8")
    assert (database["memory_hotplug"].value, database["cpu_pinning"].note) == (YES, "4/8")
    assert (router["thin_provisioning"].value, database["thin_provisioning"].note) == (NO, "1/3")
    assert (desk["nested_virt"].value, desk["multiqueue"].value) == (NO, NO)


def virsh(uri: str, *arguments: str) -> str:
    done = _virsh(uri, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def failure(uri: str, *arguments: str) -> str:
    done = _virsh(uri, *arguments)
    assert done.returncode
    return done.stderr


def _virsh(uri: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("virsh"), "-q", "-c", uri, *arguments], capture_output=True, text=True)

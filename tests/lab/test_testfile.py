"""The mock hosts say what the world says: asked with virsh, which shares no code with the generator."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.conformance.world import World, load
from tests.lab.libvirt.testfile import mock_uri, write_fleet, write_world
from tests.lab.missing import LabUnavailable, program

pytestmark = pytest.mark.libvirt

STATES = {"running": "running", "paused": "paused", "off": "shut off", "saved": "shut off"}


def virsh(file: Path, *arguments: str) -> str:
    try:
        command = [program("virsh"), "-q", "-c", mock_uri(file), *arguments]
    except LabUnavailable as reason:
        pytest.skip(str(reason))
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def world() -> World:
    return load()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, world: World) -> dict[str, Path]:
    return write_world(tmp_path_factory.mktemp("world"), world)


def test_machines_and_their_states(files: dict[str, Path], world: World) -> None:
    for host, file in files.items():
        listed = {
            uuid: virsh(file, "domstate", uuid).strip() for uuid in virsh(file, "list", "--all", "--uuid").split()
        }
        assert listed == {vm.uuid: STATES[vm.state] for vm in world.vms_of(host)}
        names = virsh(file, "list", "--all", "--name").split("\n")
        assert sorted(name for name in names if name) == sorted(vm.name for vm in world.vms_of(host))
        saved = virsh(file, "list", "--all", "--with-managed-save", "--name").split()
        assert saved == [vm.name for vm in world.vms_of(host) if vm.state == "saved"]


def test_hardware_of_a_machine_survives_libvirt(files: dict[str, Path], world: World) -> None:
    for vm in world.vm:
        domain = ET.fromstring(virsh(files[vm.host], "dumpxml", vm.uuid))
        assert [disk.get("bus") for disk in domain.iterfind("devices/disk/target")] == [disk.bus for disk in vm.disk]
        assert [mac.get("address") for mac in domain.iterfind("devices/interface/mac")] == [nic.mac for nic in vm.nic]
        assert int(domain.findtext("currentMemory", "")) == vm.memory_mib * 1024
        assert int(domain.findtext("memory", "")) == vm.memory_limit_mib * 1024
        assert int(domain.findtext("vcpu", "")) == vm.vcpu_limit
        assert domain.findtext("description", "") == vm.description
        assert domain.findtext("title", "") == vm.title
        assert tuple(tag.text for tag in domain.iter("{urn:novatui:tags:1}tag")) == vm.tags
        assert len(domain.findall("devices/hostdev")) == len(vm.device)
        assert len(domain.findall("cputune/vcpupin")) == len(vm.pin)
        assert len(domain.findall("cpu/numa/cell")) == len(vm.cell)
        assert (domain.find("os[@firmware='efi']") is not None) == (vm.firmware == "uefi")
        assert (domain.find("devices/tpm") is not None) == bool(vm.tpm)


def test_snapshot_trees(files: dict[str, Path], world: World) -> None:
    for vm in world.vm:
        rows = virsh(files[vm.host], "snapshot-list", vm.uuid, "--parent").splitlines()
        parents = {}
        for row in rows:
            snapshot = next(each for each in vm.snapshot if row.split()[0] == each.name)
            parents[snapshot.name] = row.split()[-1] if snapshot.parent else ""
        assert parents == {snapshot.name: snapshot.parent for snapshot in vm.snapshot}
        for snapshot in vm.snapshot:
            if snapshot.current:
                assert virsh(files[vm.host], "snapshot-current", vm.uuid, "--name").strip() == snapshot.name


def test_networks_storage_and_devices(files: dict[str, Path], world: World) -> None:
    for host in world.host:
        file = files[host.name]
        assert set(virsh(file, "net-list", "--all", "--name").split()) == {network.name for network in host.network}
        for pool in host.pool:
            volumes = {row.split()[0] for row in virsh(file, "vol-list", pool.name).splitlines()}
            assert volumes == {volume.name for volume in pool.volume}
            information = dict(row.split(":", 1) for row in virsh(file, "pool-info", pool.name, "--bytes").splitlines())
            assert int(information["Capacity"]) == pool.capacity_mib << 20
            assert int(information["Allocation"]) == pool.allocation_mib << 20
        for device in host.device:
            name = "pci_" + device.address.replace(":", "_").replace(".", "_")
            described = ET.fromstring(virsh(file, "nodedev-dumpxml", name))
            group = described.find("capability/iommuGroup")
            assert (group is not None and int(group.get("number", ""))) == device.iommu_group
            types = [each.get("id") for each in described.iterfind("capability/capability[@type='mdev_types']/type")]
            assert types == [profile.id for profile in device.profile]


def test_a_fleet_has_the_size_asked_for_and_repeats(tmp_path: Path) -> None:
    first = write_fleet(tmp_path / "first.xml", 300, seed=7)
    names = virsh(first, "list", "--all", "--name").split()
    assert sorted(names) == [f"vm{number:05d}" for number in range(300)]
    assert len(virsh(first, "list", "--state-running", "--name").split()) < 300
    again = write_fleet(tmp_path / "again.xml", 300, seed=7)
    other = write_fleet(tmp_path / "other.xml", 300, seed=8)
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()

"""The seeded world: what it covers, and that a mistake in it is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.world import WORLD_FILE, World, WorldError, load


@pytest.fixture(scope="module")
def world() -> World:
    return load()


def test_covers_what_the_drivers_must_show(world: World) -> None:
    vms = world.vm
    assert len(world.host) == 2
    assert {vm.state for vm in vms} == {"running", "paused", "off", "saved"}
    assert {vm.firmware for vm in vms} == {"bios", "uefi"}
    assert {len(vm.disk) for vm in vms} >= {0, 1, 2, 3}
    assert {disk.bus for vm in vms for disk in vm.disk} >= {"virtio", "scsi", "sata", "ide"}
    assert {vm.cpu.mode for vm in vms if vm.cpu} == {"passthrough", "host-model", "custom"}
    for key in ("topology", "cell", "pin", "hugepages_kib", "hot_add", "tpm", "secure_boot", "device", "snapshot"):
        assert any(getattr(vm, key) for vm in vms), key
    assert any(vm.autostart for vm in vms)
    assert any(not vm.autostart for vm in vms)
    networks = [network for host in world.host for network in host.network]
    assert {network.kind for network in networks} == {"nat", "isolated", "bridge"}
    assert [network.name for network in networks if not network.active] == ["retired"]
    assert any(nic.vlan for vm in vms for nic in vm.nic)


def test_snapshots_branch_and_one_is_current(world: World) -> None:
    snapshots = {vm.name: vm.snapshot for vm in world.vm if vm.snapshot}
    parents = [snapshot.parent for snapshot in snapshots["db-01"]]
    assert parents.count("before-upgrade") == 2
    for taken in snapshots.values():
        assert [snapshot.current for snapshot in taken].count(True) == 1


def test_figures_agree_with_each_other(world: World) -> None:
    for host in world.host:
        assert sum(cell.memory_mib for cell in host.cell) == host.memory_mib
        for pool in host.pool:
            assert pool.allocation_mib <= pool.capacity_mib
    for vm in world.vm:
        assert vm.vcpus <= vm.vcpu_limit
        assert vm.memory_mib <= vm.memory_limit_mib
        if shape := vm.topology:
            assert shape.sockets * shape.dies * shape.cores * shape.threads == vm.vcpu_limit
        if vm.cell:
            assert sum(cell.memory_mib for cell in vm.cell) == vm.memory_limit_mib
    identities = [thing.uuid for thing in (*world.vm, *world.host)]
    assert len(set(identities)) == len(identities)
    addresses = [nic.mac for vm in world.vm for nic in vm.nic]
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("vcpus = 4", "vcpu = 4", r"vm\[0\]: unknown key vcpu"),
        ("vcpus = 4", 'vcpus = "4"', r"vm\[0\]\.vcpus: '4' is not"),
        ('network = "backup"', 'network = "nowhere"', "db-01: refers to nothing: nowhere"),
        ('volume = "db-01.qcow2"', 'volume = "gone"', "db-01: refers to nothing: gone"),
        ('parent = "base"', 'parent = "nobody"', "db-01: refers to nothing: nobody"),
        ('host = "borea"', 'host = "elsewhere"', "mail: no host elsewhere"),
        ("cpu_mhz = 2600\n", "", r"host\[0\]: no cpu_mhz"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    text = WORLD_FILE.read_text(encoding="utf-8")
    assert before in text
    broken = tmp_path / "world.toml"
    broken.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(WorldError, match=complaint):
        load(broken)

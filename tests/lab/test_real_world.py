"""The seeded world on a real host: QEMU's driver keeps what the world says."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.conformance.world import load
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.real_world import define_world

pytestmark = pytest.mark.libvirt


@pytest.mark.parametrize("name", ["atlas", "borea"])
def test_a_real_host_says_what_the_world_says(make_libvirt_host: MakeHost, name: str) -> None:
    host = make_libvirt_host(name)
    world = define_world(host, load(), name)
    listed = host.virsh("list", "--all", "--uuid").split()
    assert sorted(listed) == sorted(vm.uuid for vm in world.vm)
    for vm in world.vm:
        domain = ET.fromstring(host.virsh("dumpxml", vm.uuid))
        assert domain.findtext("name") == vm.name
        assert domain.findtext("title", "") == vm.title
        assert domain.findtext("description", "") == vm.description
        assert int(domain.findtext("vcpu", "")) == vm.vcpu_limit
        assert [target.get("dev") for target in domain.iterfind("devices/disk/target")] == [d.target for d in vm.disk]
        assert len(domain.findall("devices/hostdev")) == len(vm.device)
        information = dict(row.split(":", 1) for row in host.virsh("dominfo", vm.uuid).splitlines() if ":" in row)
        assert (information["Autostart"].strip() == "enable") == vm.autostart
        snapshots = host.virsh("snapshot-list", vm.uuid, "--name").splitlines()
        assert sorted(each for each in snapshots if each) == sorted(snapshot.name for snapshot in vm.snapshot)
    for snapshot in (each for vm in world.vm for each in vm.snapshot if each.parent):
        owner = next(vm for vm in world.vm if snapshot in vm.snapshot)
        assert host.virsh("snapshot-parent", owner.uuid, snapshot.name).strip() == snapshot.parent
    active = set(host.virsh("net-list", "--name").split())
    assert active == {network.name for network in world.host[0].network if network.active}
    assert len(host.virsh("net-list", "--all", "--name").split()) == len(world.host[0].network)
    for pool in world.host[0].pool:
        for volume in pool.volume:
            row = host.virsh("vol-info", "--bytes", "--pool", pool.name, volume.name)
            assert str(volume.capacity_mib << 20) in row.split()

"""The same driver on a newer libvirt and QEMU (bookworm-backports, in a chroot): as virsh says, moving, by event."""

from __future__ import annotations

import subprocess
import time

import pytest

from novatui.core.operations import Operation, Plan
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.daemonlog import carry_out
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.sample_machines import BUSY, HALTED, SPARE
from tests.lab.libvirt_driver_probe import connected

pytestmark = [pytest.mark.libvirt, pytest.mark.long, pytest.mark.timeout(1800)]
pytest.importorskip("libvirt")


def test_inventory_metrics_and_detail(newer_libvirt_host: LibvirtHost) -> None:
    host = newer_libvirt_host
    with connected(host.uri) as probe:
        assert probe.info is not None
        assert int(probe.info.version.split(".")[0]) > 9
        assert probe.info.product.startswith(f"libvirt {probe.info.version}, QEMU ")
        mine = {row["uuid"]: (row["name"], row["native_state"]) for row in probe.sink.of_kind("vm").values()}
        uuids = host.virsh("list", "--all", "--uuid").split()
        assert set(mine) == set(uuids)
        for uuid in uuids:
            state = host.virsh("domstate", uuid, "--reason").strip().replace(" (unknown)", "")
            assert mine[uuid] == (host.virsh("domname", uuid).rstrip("\n"), state)
        assert probe.sink.named(HALTED)["power"] == "paused"
        assert probe.sink.named(SPARE)["power"] == "off"

        key = probe.sink.key_of(BUSY)
        probe.driver.sample([key])
        time.sleep(4)
        probe.driver.sample([key])
        sample = probe.sink.sampled[key]
        for metric in ("cpu.used", "cpu.wait", "mem.used", "mem.host", "mem.assigned", "disk.read", "disk.write"):
            assert sample[metric] is not None, metric
        assert sample["disk.write"] > 0

        detail = probe.driver.detail(key, [])
        assert detail.failures == ()
        assert detail.vm.disks[0].size == 64 << 20
        assert detail.vm.firmware.type == "bios"
        for each in list(probe.sink.objects):
            assert probe.driver.detail(each, []).key == each


def test_events_and_jobs(newer_libvirt_host: LibvirtHost) -> None:
    host = newer_libvirt_host
    host.define_guest(GuestSpec("fresh", boot="none", memory_mib=64, disk_mib=16))
    try:
        with connected(host.uri, "host", "vm") as probe:
            sink = probe.sink
            host.virsh("start", "fresh")
            sink.until(lambda: sink.named("fresh").get("power") == "running", "it runs")
            host.virsh("snapshot-create-as", "fresh", "one", "--disk-only")
            probe.load("vm")
            (snapshot,) = probe.driver.snapshots(sink.key_of("fresh"))
            assert (snapshot.name, snapshot.external, snapshot.memory) == ("one", True, False)
            host.virsh("snapshot-delete", "fresh", "one", "--metadata")
            host.virsh("managedsave", "fresh")
            sink.until(lambda: sink.named("fresh").get("power") == "suspended", "it is saved")
            sink.until(lambda: any(task.native_verb == "save" for task in probe.driver.tasks()), "the save is told")
            assert {"lifecycle.started", "lifecycle.stopped", "job-completed"} <= set(sink.event_types())
    finally:
        host.virsh("undefine", "fresh", "--managed-save")


def test_snapshots_that_older_versions_refuse(newer_libvirt_host: LibvirtHost) -> None:
    """What a plan says of 9.0 it must not say here: external ones are gone back to, chains of what is off are merged,
    and memory with hot-plugged processors is loaded."""
    host = newer_libvirt_host
    spec = host.define_guest(GuestSpec("tree", boot="none", memory_mib=32, disk_mib=8, vcpus_max=2))
    key = f"vm:{spec.uuid}"
    try:
        host.virsh("start", "tree")
        with connected(host.uri, "host", "vm") as probe:

            def do(verb: str, **arguments: str) -> Plan:
                plan = probe.driver.plan_snap(Operation(verb=f"snap.{verb}", key=key, arguments=arguments))
                carry_out(probe.driver, plan)
                return plan

            assert not any("cannot revert" in each for each in do("create", name="one", memory="no").warnings)
            back = do("revert", snapshot="one", then="running")
            assert host.virsh("domstate", "tree").strip() == "running"
            assert not any("cannot be used" in each for each in back.losses)
            assert not any("configuration" in each for each in back.warnings)
            do("delete", snapshot="one")
            host.virsh("setvcpus", "tree", "2", "--live")
            do("create", name="plugged")
            assert not any("hot-plugged" in each for each in do("revert", snapshot="plugged").warnings)
            assert host.virsh("domstate", "tree").strip() == "running"
            do("delete", snapshot="plugged")
            host.virsh("destroy", "tree")
            for name in ("a", "b", "c"):
                host.virsh("snapshot-create-as", "tree", name, "--disk-only")
            for name in ("b", "a", "c"):
                do("delete", snapshot=name)
            assert host.virsh("snapshot-list", "tree", "--name").split() == []
    finally:
        subprocess.run(["virsh", "-q", "-c", host.uri, "destroy", "tree"], capture_output=True)
        host.virsh("undefine", "tree", "--snapshots-metadata")

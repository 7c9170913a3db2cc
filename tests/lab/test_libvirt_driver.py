"""The libvirt driver against a real host: what it says is what virsh says, and changes come by event."""

from __future__ import annotations

import json
import re
import time

import pytest

from novatui.core.errors import Conflict, Denied, NotFound
from novatui.core.specdiff import differences
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt.sample_machines import BUSY, HALTED, HOSTILE, SPARE
from tests.lab.libvirt_driver_probe import Probe, connected
from tests.lab.workspace import wait_until

pytestmark = pytest.mark.libvirt
pytest.importorskip("libvirt")

TOLERANCE = 0.5
"""Two clients read counters of a busy guest at different moments."""


def rows_of_virsh(host: LibvirtHost) -> dict[str, tuple[str, str]]:
    """Name and state of every domain by uuid, as virsh tells them."""
    uuids = host.virsh("list", "--all", "--uuid").split()
    return {
        uuid: (host.virsh("domname", uuid).rstrip("\n"), host.virsh("domstate", uuid, "--reason").strip())
        for uuid in uuids
    }


def domstats(host: LibvirtHost, name: str) -> dict[str, str]:
    lines = host.virsh("domstats", name, "--nowait").splitlines()
    return dict(line.strip().split("=", 1) for line in lines if "=" in line)


def test_inventory_equals_virsh(libvirt_host: LibvirtHost) -> None:
    with connected(libvirt_host.uri) as probe:
        rows = probe.sink.of_kind("vm")
        mine = {row["uuid"]: (row["name"], row["native_state"]) for row in rows.values()}
        assert {
            uuid: (name, state.replace(" (unknown)", "")) for uuid, (name, state) in rows_of_virsh(libvirt_host).items()
        } == mine
        assert {row["power"] for row in rows.values()} == {"running", "paused", "off"}
        ((host_key, host_row),) = probe.sink.of_kind("host").items()
        assert host_row["uuid"] == libvirt_host.uuid
        assert {row["parent"] for row in rows.values()} == {host_key}
        assert not probe.load().failures


def test_columns_come_from_the_configuration(libvirt_host: LibvirtHost) -> None:
    with connected(libvirt_host.uri) as probe:
        for name in (BUSY, HALTED, SPARE, HOSTILE):
            row = probe.sink.named(name)
            info = dict(line.split(":", 1) for line in libvirt_host.virsh("dominfo", name).splitlines() if ":" in line)
            assert row["memory_max"] == int(info["Max memory"].split()[0]) * 1024
            assert row["memory"] == int(info["Used memory"].split()[0]) * 1024
            assert row["vcpus"] == int(info["CPU(s)"])
            assert row["autostart"] == (info["Autostart"].strip() == "enable")
            assert row["persistent"] == (info["Persistent"].strip() == "yes")
            assert row["machine"].startswith("pc")
            assert row["snapshots"] == len(libvirt_host.virsh("snapshot-list", name, "--name").split())
        assert probe.sink.named(HOSTILE)["description"] == "[/]not markup"
        assert probe.sink.named(BUSY)["disk_size"] == 64 << 20


def test_metrics_agree_with_domstats(libvirt_host: LibvirtHost) -> None:
    with connected(libvirt_host.uri, "host", "vm") as probe:
        key = probe.sink.key_of(BUSY)
        before, begun = domstats(libvirt_host, BUSY), time.monotonic()
        probe.driver.sample([key])
        assert probe.sink.sampled[key].get("cpu.used") is None, "there is no rate after one reading"
        time.sleep(6)
        probe.driver.sample([key])
        after, seconds = domstats(libvirt_host, BUSY), time.monotonic() - begun
        sample = probe.sink.sampled[key]
        cpu = (int(after["cpu.time"]) - int(before["cpu.time"])) / (seconds * 1e9 * int(after["vcpu.current"])) * 100
        assert sample["cpu.used"] == pytest.approx(cpu, rel=TOLERANCE)
        written = (int(after["block.0.wr.bytes"]) - int(before["block.0.wr.bytes"])) / seconds
        assert written > 0
        assert sample["disk.write"] == pytest.approx(written, rel=TOLERANCE)
        assert sample["mem.assigned"] == int(after["balloon.current"]) * 1024
        used = (int(after["balloon.available"]) - int(after["balloon.usable"])) * 1024
        assert sample["mem.used"] == pytest.approx(used, rel=0.2)
        assert sample["mem.host"] == pytest.approx(int(after["balloon.rss"]) * 1024, rel=0.2)
        if libvirt_host.taps:
            assert sample["net.rx"] is not None
            assert sample["net.tx"] is not None
        else:
            assert sample["net.rx"] is None


def test_the_host_is_measured_too(libvirt_host: LibvirtHost) -> None:
    with connected(libvirt_host.uri, "host", "vm") as probe:
        (key,) = probe.sink.of_kind("host")
        probe.driver.sample([key])
        assert list(probe.sink.sampled) == [key], "nothing else was asked for"
        time.sleep(1)
        probe.driver.sample([key])
        used = probe.sink.sampled[key]["cpu.used"]
        assert used is not None
        assert 0 < used <= 100
        memory = dict(line.split(":") for line in libvirt_host.virsh("nodememstats").splitlines() if ":" in line)
        free = sum(int(memory[name].split()[0]) for name in memory if name.strip() in {"free", "buffers", "cached"})
        total = int(next(value for name, value in memory.items() if name.strip() == "total").split()[0])
        assert probe.sink.sampled[key]["mem.used"] == pytest.approx((total - free) * 1024, rel=0.2)


def test_what_is_off_has_no_sample(libvirt_host: LibvirtHost) -> None:
    with connected(libvirt_host.uri, "host", "vm") as probe:
        probe.driver.sample(None)
        assert probe.sink.key_of(BUSY) in probe.sink.sampled
        assert probe.sink.key_of(SPARE) not in probe.sink.sampled


def test_changes_by_virsh_come_by_event(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.define_guest(GuestSpec("mover", boot="none", memory_mib=64))
    with connected(host.uri, "host", "vm") as probe:
        sink = probe.sink

        def change(*words: str, power: str, native: str, event: str) -> None:
            host.virsh(*words)
            sink.until(lambda: sink.named("mover").get("power") == power, f"{words[0]} shows as {power}")
            sink.until(lambda: sink.named("mover").get("native_state") == native, f"{words[0]} shows as {native}")
            sink.until(lambda: event in sink.event_types(), f"{event} is told")

        listed = sink.counts["listAllDomains"]
        change("start", "mover", power="running", native="running (booted)", event="lifecycle.started")
        sink.until(lambda: sink.named("mover").get("since") is not None, "it says since when it runs")
        assert sink.named("mover")["since"] == pytest.approx(time.time(), abs=60)
        change("suspend", "mover", power="paused", native="paused (user)", event="lifecycle.suspended")
        change("resume", "mover", power="running", native="running (unpaused)", event="lifecycle.resumed")
        change("managedsave", "mover", power="suspended", native="shut off (saved)", event="lifecycle.stopped")
        change("start", "mover", power="running", native="running (restored)", event="lifecycle.started")
        change("destroy", "mover", power="off", native="shut off (destroyed)", event="lifecycle.stopped")

        host.virsh("desc", "mover", "--config", "--title", "another title")
        sink.until(lambda: sink.named("mover").get("description") == "another title", "the new title shows")
        host.define_guest(GuestSpec("newcomer", boot="none", vcpus=3))
        sink.until(lambda: sink.named("newcomer").get("vcpus") == 3, "the new machine shows")
        key = sink.key_of("newcomer")
        host.virsh("undefine", "newcomer")
        sink.until(lambda: key in sink.removed, "the machine that is gone is removed")
        assert sink.counts["listAllDomains"] == listed, "no event made it list everything again"
        assert {event.key for event in sink.events} >= {key, sink.key_of("mover")}
        assert len({event.id for event in sink.events}) == len(sink.events)


def test_changes_without_an_event_are_found_by_the_next_listing(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.define_guest(GuestSpec("quiet", boot="none", vcpus=1, vcpus_max=4))
    with connected(host.uri, "host", "vm") as probe:
        host.virsh("setvcpus", "quiet", "3", "--config")
        host.virsh("autostart", "quiet")

        def listed() -> bool:
            probe.load("host", "vm")
            return probe.sink.named("quiet")["vcpus"] == 3

        wait_until(listed, "the vCPUs show")
        assert probe.sink.named("quiet")["autostart"] is True


def test_networks_and_pools_follow_their_events(make_libvirt_host: MakeHost, tmp_path) -> None:
    host = make_libvirt_host()
    folder = host.directory / "pool"
    with connected(host.uri, "datastore", "network") as probe:
        sink = probe.sink
        host.virsh("pool-define-as", "images", "dir", "--target", str(folder))
        sink.until(lambda: sink.named("images", "datastore").get("active") is False, "the pool shows as inactive")
        assert sink.named("images", "datastore")["capacity"] is None, "the size of an inactive pool is not known"
        host.virsh("pool-build", "images")
        host.virsh("pool-start", "images")
        sink.until(lambda: sink.named("images", "datastore").get("active") is True, "the pool shows as active")
        row = sink.named("images", "datastore")
        assert row["store_type"] == "dir"
        assert row["capacity"] > row["free"] > 0
        host.virsh("vol-create-as", "images", "a.qcow2", "8M", "--format", "qcow2")
        (volume,) = probe.driver.volumes(sink.key_of("images", "datastore"))
        assert (volume.name, volume.capacity, volume.format) == ("a.qcow2", 8 << 20, "qcow2")
        key = sink.key_of("images", "datastore")
        host.virsh("pool-destroy", "images")
        sink.until(lambda: sink.named("images", "datastore").get("active") is False, "the pool shows as inactive")
        with pytest.raises(Conflict):
            probe.driver.volumes(key)
        assert "pool.started" in sink.event_types()


def test_snapshots_are_a_tree(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.start_guest(GuestSpec("grown", boot="none", memory_mib=64, disk_mib=16), wait=False)
    for name in ("base", "second"):
        host.virsh("snapshot-create-as", "grown", name, f"made as {name}")
    host.virsh("snapshot-create-as", "grown", "outside", "--disk-only")
    with connected(host.uri) as probe:
        key = probe.sink.key_of("grown")
        found = {each.name: each for each in probe.driver.snapshots(key)}
        assert [(each.name, each.parent) for each in found.values()] == [
            ("base", None),
            ("second", "base"),
            ("outside", "second"),
        ]
        assert (found["base"].memory, found["base"].external) == (True, False)
        assert (found["outside"].memory, found["outside"].external) == (False, True)
        assert [name for name, each in found.items() if each.current] == ["outside"]
        assert found["base"].description == "made as base"
        assert probe.sink.named("grown")["snapshots"] == 3
        assert probe.sink.named("grown")["snapshot_oldest"] == found["base"].created
        assert len(probe.sink.of_kind("snapshot")) == 3
        row = probe.sink.named("base", "snapshot")
        assert (row["vm"], row["snapshot_kind"], row["current"]) == (key, "memory", False)
        assert (row["snapshot_parent"], row["snapshot_size"]) == ("", None), "libvirt tells no size of an internal one"
        outside = probe.sink.named("outside", "snapshot")
        overlay = host.images / f"{key.removeprefix('vm:')}.outside"
        assert (outside["snapshot_parent"], outside["snapshot_size"]) == ("second", overlay.stat().st_blocks * 512)
        host.virsh("snapshot-delete", "grown", "outside", "--metadata")
        gone = probe.sink.key_of("outside", "snapshot")
        probe.driver.refresh([gone])
        assert gone in probe.sink.removed
        host.virsh("snapshot-create-as", "grown", "third")
        host.virsh("snapshot-delete", "grown", "base", "--metadata")
        probe.driver.refresh([key])
        assert {values["name"] for values in probe.sink.of_kind("snapshot").values()} == {"second", "third"}


def test_the_machine_as_it_was_is_compared_with_what_it_is_now(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.start_guest(GuestSpec("grown", boot="none", memory_mib=64, disk_mib=16, vcpus_max=3), wait=False)
    host.virsh("snapshot-create-as", "grown", "base")
    with connected(host.uri) as probe:
        key = f"snapshot:{probe.sink.key_of('grown').removeprefix('vm:')}%2Fbase"

        def told() -> list[tuple[str, str, str]]:
            detail = probe.driver.detail(key, ["vm"])
            return [(each.field, each.before, each.after) for each in differences(detail.vm, detail.now)]

        assert told() == []
        host.virsh("setvcpus", "grown", "2", "--config", "--live")
        assert told() == [("vCPUs", "1", "2")]
        host.virsh("destroy", "grown")
        assert told() == [("vCPUs", "1", "2")], "the stored machine is compared with the one that was stored then"


def test_a_machine_in_full(libvirt_host: LibvirtHost) -> None:
    with connected(libvirt_host.uri) as probe:
        key = probe.sink.key_of(BUSY)
        detail = probe.driver.detail(key, [])
        assert detail.failures == ()
        assert (detail.vm.name, detail.vm.title) == (BUSY, "Works all the time")
        assert detail.vm.disks[0].size == 64 << 20
        assert detail.vm.disks[0].format == "qcow2"
        assert detail.vm.memory.balloon_stats == 1
        assert detail.raw == libvirt_host.virsh("dumpxml", BUSY).rstrip("\n") + "\n"
        assert detail.snapshots == ()
        assert probe.driver.detail(key, ["snapshots"]).vm is None
        with pytest.raises(NotFound):
            probe.driver.detail("vm:00000000-0000-4000-8000-000000000000", [])
        with pytest.raises(NotFound):
            probe.driver.detail("vm:no uuid at all", [])


def test_changes_for_the_next_start_are_told(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.start_guest(GuestSpec("waiting", boot="none", memory_mib=64, vcpus=1, vcpus_max=4), wait=False)
    with connected(host.uri, "host", "vm") as probe:
        key = probe.sink.key_of("waiting")

        def pending() -> dict[str, str]:
            told = probe.driver.detail(key, ["vm"]).properties
            return {each.name: each.value for each in told if each.section == "after the next start"}

        assert pending() == {}
        host.virsh("setvcpus", "waiting", "2", "--config")
        host.virsh("setmaxmem", "waiting", "128M", "--config")
        assert pending() == {"vCPUs": "1 -> 2", "memory": "64M -> 128M"}


def test_every_object_has_a_detail(libvirt_host: LibvirtHost) -> None:
    with connected(libvirt_host.uri) as probe:
        assert probe.sink.of_kind("device")
        for key in list(probe.sink.objects):
            detail = probe.driver.detail(key, [])
            assert detail.key == key
            assert re.match(r"\s*<", detail.raw)
        (host_key,) = probe.sink.of_kind("host")
        sections = {each.section for each in probe.driver.detail(host_key, []).properties}
        assert {"host", "processors", "NUMA", "guests"} <= sections
        assert list(probe.driver.devices(host_key)) == list(probe.driver.detail(host_key, ["devices"]).devices)


def test_read_only_socket_refuses_what_changes(libvirt_host: LibvirtHost) -> None:
    with connected(libvirt_host.uri, "host", "vm", readonly="socket") as probe:
        assert probe.info is not None
        assert probe.info.privileges == "read-only"
        assert probe.sink.named(BUSY)["power"] == "running"
        probe.driver.sample(None)
        link = probe.driver._parts.link
        domain = link.domain(probe.sink.named(SPARE)["uuid"])
        with pytest.raises(Denied):
            link.call(domain.create)


def test_each_event_is_registered_once(libvirt_host: LibvirtHost) -> None:
    with connected(libvirt_host.uri, "host", "vm") as probe:
        registered = probe.sink.counts["domainEventRegisterAny"]
        probe.load("host", "vm")
        assert probe.sink.counts["domainEventRegisterAny"] == registered
        assert registered > 10
        assert "jobStats" not in probe.sink.counts


def machines(probe: Probe) -> set[str]:
    return {row["name"] for row in probe.sink.of_kind("vm").values()}


def test_two_connections_see_the_same(libvirt_host: LibvirtHost) -> None:
    with connected(libvirt_host.uri, "vm") as one, connected(libvirt_host.uri, "vm") as two:
        assert machines(one) == machines(two) != set()


def test_addresses_come_from_the_leases_of_libvirts_networks(make_libvirt_host: MakeHost) -> None:
    """No account without rights can run a DHCP server, so its file of leases is written here; libvirt reads it."""
    host = make_libvirt_host()
    bridge = "<network><name>served</name><forward mode='bridge'/><bridge name='brserved'/></network>"
    host.define(bridge, "net-define")
    host.virsh("net-start", "served")
    mac, expires = "52:54:00:AB:CD:EF", int(time.time()) + 3600
    lease = {"ip-address": "192.0.2.7", "mac-address": mac.lower(), "hostname": "inside", "expiry-time": expires}
    file = host.directory / "run/libvirt/dnsmasq/lib/brserved.status"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([lease]))
    devices = f"<interface type='user'><mac address='{mac}'/></interface>"
    devices += "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    host.start_guest(GuestSpec("reachable", boot="none", memory_mib=64, extra_devices=devices), wait=False)
    with connected(host.uri) as probe:
        (told,) = probe.driver.leases(probe.sink.key_of("served", "network"))
        assert (told.ip, told.mac, told.hostname, told.expires) == ("192.0.2.7", mac.lower(), "inside", expires)
        row = probe.sink.named("reachable")
        assert (row["ip"], row["guest_name"]) == (["192.0.2.7"], "inside")
        assert row["tools"] == "guest agent disconnected"
        host.virsh("destroy", "reachable")
        probe.sink.until(lambda: probe.sink.named("reachable").get("ip") is None, "an off machine has no address")
        assert probe.sink.named("reachable")["tools"] == "guest agent not running"

"""The libvirt driver on libvirt's mock driver, in this process: large fleets, shared hosts, hostile names."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.lab.libvirt_driver_probe import connected
from tests.lab.workspace import CHECKOUT

libvirt = pytest.importorskip("libvirt")
pytestmark = pytest.mark.libvirt


def test_ten_thousand_machines_are_read_once(make_mock_fleet: Callable[[int], str]) -> None:
    with connected(make_mock_fleet(10_000), "host", "vm") as probe:
        sink = probe.sink
        assert len(sink.of_kind("vm")) == 10_000
        assert all(row["vcpus"] and row["memory"] and row["disks"] for row in sink.of_kind("vm").values())
        assert {row["snapshots"] for row in sink.of_kind("vm").values()} == {0, 1}
        read = sink.counts["XMLDesc"]
        listed = sink.counts["getAllDomainStats"]
        probe.load("host", "vm")
        assert sink.counts["XMLDesc"] == read, "what is fresh is not read again"
        assert sink.counts["getAllDomainStats"] <= listed + 2, "a listing is a few calls, however many machines"

        running = [key for key, row in sink.of_kind("vm").items() if row["power"] == "running"]
        asked = sum(sink.counts.values())
        probe.driver.sample(running[:3])
        assert set(sink.sampled) == set(running[:3])
        assert sum(sink.counts.values()) - asked == 1, "one call for all that is watched"


def test_the_c_library_is_silenced_before_it_is_loaded(make_mock_fleet: Callable[[int], str]) -> None:
    """It warns about each snapshot of the fleet, whatever the error handler; a screen must not see it."""
    script = (
        "import sys; from tests.lab.libvirt_driver_probe import connected\n"
        "with connected(sys.argv[1]) as probe: print(len(probe.sink.of_kind('snapshot')))"
    )
    command = [sys.executable, "-c", script, make_mock_fleet(50)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("5\n", "")


def test_metrics_of_a_mock_are_asked_machine_by_machine(make_mock_fleet: Callable[[int], str]) -> None:
    with connected(make_mock_fleet(5), "host", "vm") as probe:
        probe.driver.sample(None)
        probe.driver.sample(None)
        running = [key for key, row in probe.sink.of_kind("vm").items() if row["power"] in {"running", "paused"}]
        assert set(running) <= set(probe.sink.sampled)
        for key in running:
            assert probe.sink.sampled[key]["mem.assigned"]
            assert probe.sink.sampled[key]["cpu.wait"] is None, "the mock driver does not tell it"


def test_a_change_by_another_connection_of_this_process_comes_by_event() -> None:
    """`test:///default` is one host for the whole process."""
    other = libvirt.open("test:///default")
    domain = other.listAllDomains()[0]
    try:
        with connected("test:///default") as probe:
            name = domain.name()
            assert probe.sink.named(name)["power"] == "running"
            domain.suspend()
            probe.sink.until(lambda: probe.sink.named(name).get("power") == "paused", "it is paused")
            domain.resume()
            probe.sink.until(lambda: probe.sink.named(name).get("power") == "running", "it runs")
            assert probe.sink.named(name)["native_state"] == "running (unpaused)"
            network = other.listAllNetworks()[0]
            network.destroy()
            probe.sink.until(lambda: probe.sink.named("default", "network").get("net_active") is False, "it is down")
            network.create()
            probe.sink.until(lambda: probe.sink.named("default", "network").get("net_active") is True, "it is up")
            assert {"network.stopped", "network.started"} <= set(probe.sink.event_types())
    finally:
        del domain
        other.close()


def test_devices_know_their_parents_and_holders(mock_hosts: dict[str, str]) -> None:
    with connected(mock_hosts["atlas"]) as probe:
        (host_key,) = probe.sink.of_kind("host")
        found = {device.address: device for device in probe.driver.devices(host_key)}
        assert found["0000:3b:00.2"].parent == found["0000:3b:00.0"].id
        assert (found["0000:3b:00.0"].device_class, found["0000:3b:00.2"].device_class) == ("nic", "vf")
        assert found["0000:65:00.0"].device_class == "gpu"
        assert {kind.id: kind.available for kind in found["0000:65:00.0"].mdev_types} == {
            "nvidia-471": 14,
            "nvidia-472": 7,
        }
        owner = probe.sink.key_of("gpu-train")
        held = {address for address, device in found.items() if device.holder == owner}
        assert held == {"0000:66:00.0", "0000:66:00.1", "0000:3b:00.2", "3b2a0000-0000-4000-8000-000000000001"}
        assert {device.address for device in probe.driver.detail(owner, []).devices} == held


HOSTILE = ["vm[\\]", "[red]x", "é" * 300, "工作站", "مرحبا", "\u202egnp.exe", "🦊\u200d🔥", "a'b\"c<&>"]
"""Names that libvirt takes: it refuses slashes and line breaks, and XML has no control characters."""


def test_hostile_names_pass_through_unharmed(tmp_path: Path) -> None:
    """They are cleaned where frames are decoded; here nothing may break or be lost."""
    domains = "".join(
        f"<domain type='test'><name>{escape(name)}</name><uuid>00000000-0000-4000-8000-{number:012x}</uuid>"
        f"<title>{escape(name)}</title><description>{escape(name)}</description>"
        f"<memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>"
        for number, name in enumerate(HOSTILE)
    )
    file = tmp_path / "host.xml"
    shape = "<nodes>1</nodes><sockets>1</sockets><cores>1</cores><threads>1</threads>"
    cpu = f"<cpu><mhz>1</mhz><model>m</model><active>1</active>{shape}</cpu>"
    file.write_text(f"<node>{cpu}<memory>1048576</memory>{domains}</node>")
    with connected(f"test://{file}") as probe:
        rows = probe.sink.of_kind("vm")
        assert sorted(row["name"] for row in rows.values()) == sorted(HOSTILE)
        for key, row in rows.items():
            assert row["description"] == row["name"]
            assert probe.driver.detail(key, []).vm.title == row["name"]

"""What counters, alarms, tags and tokens mean, on our own vCenter simulator: exact values, limits, late samples.

It is made from VMware's description of the API and knows no driver; what it does is no evidence of a real vCenter.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.core.errors import AuthFailed, Busy, NotFound
from novatui.core.events import Severity
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vcsim")

WEB = "web-01"
CPU = "Virtual machine CPU usage"


@pytest.fixture(scope="module")
def server() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02)) as one:
        yield one


@pytest.fixture
def probe(server: SoapServer) -> Iterator[Probe]:
    with connected(server) as found:
        yield found
    server.steering.late(seconds=0)
    server.steering.limit_metrics(count=64)


def measured(probe: Probe, name: str = WEB, kind: str = "vm") -> dict[str, float | None]:
    key = probe.sink.key_of(name, kind)
    probe.driver.sample([key])
    return probe.sink.sampled[key]


def test_every_counter_is_told_in_our_unit(server: SoapServer, probe: Probe) -> None:
    row, told = probe.sink.named(WEB), server.steering
    for counter, value in {
        "cpu.usage": 2550,
        "cpu.ready": 1000 * row["vcpus"],
        "cpu.costop": 200 * row["vcpus"],
        "mem.usage": 5000,
        "mem.consumed": 300_000,
        "mem.vmmemctl": 1024,
        "mem.swapped": 512,
        "net.received": 100,
        "net.transmitted": 50,
        "net.packetsRx": 400,
        "net.packetsTx": 200,
        "net.droppedRx": 20,
        "net.droppedTx": 20,
    }.items():
        told.set_metric(name=WEB, counter=counter, value=value)
    found = measured(probe)
    assert found["cpu.used"] == pytest.approx(25.5)
    assert found["cpu.wait"] == pytest.approx(5.0), "1 s of 20 s, of each processor"
    assert found["cpu.costop"] == pytest.approx(1.0)
    assert found["mem.used"] == pytest.approx(row["memory"] / 2)
    assert found["mem.host"] == 300_000 * 1024
    assert (found["mem.balloon"], found["mem.swapped"]) == (1024 * 1024, 512 * 1024)
    assert (found["net.rx"], found["net.tx"]) == (102_400, 51_200)
    assert (found["net.packets"], found["net.drops"]) == (30, 2)


def test_disks_are_told_together(server: SoapServer, probe: Probe) -> None:
    for counter, value in {
        "virtualDisk.read": 10,
        "virtualDisk.write": 20,
        "virtualDisk.numberReadAveraged": 30,
        "virtualDisk.numberWriteAveraged": 10,
        "virtualDisk.totalReadLatency": 4,
        "virtualDisk.totalWriteLatency": 8,
    }.items():
        server.steering.set_metric(name=WEB, counter=counter, value=value)
    found, disks = measured(probe), probe.sink.named(WEB)["disks"]
    assert disks >= 1
    assert found["disk.read"] == 10_240 * disks
    assert found["disk.write"] == 20_480 * disks
    assert found["disk.iops"] == 40 * disks
    assert (found["disk.latency.read"], found["disk.latency.write"], found["disk.latency"]) == (4, 8, 5)


def test_each_disk_and_interface_is_told_by_itself(server: SoapServer, probe: Probe) -> None:
    key = probe.sink.key_of(WEB)
    spec = probe.driver.detail(key, ["vm"]).vm
    disks = [disk.target for disk in spec.disks if disk.device == "disk"]
    with client_of(server) as service:
        machine = change.found(service, vim.VirtualMachine, WEB)
        cards = [one for one in machine.config.hardware.device if isinstance(one, vim.vm.device.VirtualEthernetCard)]
    for number, disk in enumerate(disks, 1):
        for counter, value in {
            "virtualDisk.read": 10 * number,
            "virtualDisk.numberReadAveraged": 30,
            "virtualDisk.numberWriteAveraged": 10,
            "virtualDisk.totalReadLatency": 4,
            "virtualDisk.totalWriteLatency": 8,
        }.items():
            server.steering.set_metric(name=WEB, counter=counter, value=value, instance=disk)
    for number, card in enumerate(cards, 1):
        for counter, value in {"net.received": 100 * number, "net.droppedRx": 20, "net.droppedTx": 40}.items():
            server.steering.set_metric(name=WEB, counter=counter, value=value, instance=str(card.key))
    rates = probe.driver.detail(key, ["rates"]).rates
    assert rates.seconds == 20
    assert [(one.target, one.read) for one in rates.disks] == [(d, 10_240 * at) for at, d in enumerate(disks, 1)]
    assert all((one.iops, one.latency) == (40, 5) for one in rates.disks)
    assert [(one.target, one.rx, one.drops) for one in rates.nics] == [
        (card.macAddress.lower(), 102_400 * at, 3) for at, card in enumerate(cards, 1)
    ]
    asked = probe.sink.counts["QueryPerf"]
    assert probe.driver.detail(key, ["rates"]).rates == rates
    assert probe.sink.counts["QueryPerf"] == asked, "the server has nothing newer"


def test_devices_of_a_machine_that_is_off_have_no_figures(probe: Probe) -> None:
    off = next(key for key, row in probe.sink.of_kind("vm").items() if row["power"] == "off")
    rates = probe.driver.detail(off, ["rates"]).rates
    assert rates.seconds is None
    assert rates.disks
    assert all(one.read is None and one.latency is None for one in rates.disks)


@pytest.mark.parametrize(
    ("seconds", "step", "least"), [(3600, 20, 178), (86400, 300, 286), (604800, 1800, 334), (2592000, 7200, 358)]
)
def test_the_finest_that_is_kept_for_so_long(
    server: SoapServer, probe: Probe, seconds: float, step: int, least: int
) -> None:
    found = probe.driver.history(probe.sink.key_of(WEB), seconds)
    cells = found.metrics["cpu.wait"]
    assert found.step == step
    assert least <= len(cells) <= seconds / step
    assert None not in cells
    assert 0 <= found.age <= step + 30
    newest = time.time() // step * step
    told = {server.steering.metric(name=WEB, counter="cpu.ready", at=newest - step * back) for back in (0, 1)}
    processors = probe.sink.named(WEB)["vcpus"]
    assert any(cells[-1] == pytest.approx(min(100, value / (step * 1000 * processors) * 100)) for value in told)


def test_a_host_has_a_history_and_a_store_has_none(probe: Probe) -> None:
    host = next(iter(probe.sink.of_kind("host")))
    assert len(probe.driver.history(host, 86400).metrics["cpu.used"]) > 280
    store = next(iter(probe.sink.of_kind("datastore")))
    with pytest.raises(NotFound):
        probe.driver.history(store, 86400)


def test_what_was_never_measured_has_no_cells(probe: Probe) -> None:
    off = next(key for key, row in probe.sink.of_kind("vm").items() if row["power"] == "off")
    assert probe.driver.history(off, 86400).metrics == {}


def test_a_limit_on_history_is_said(server: SoapServer, probe: Probe) -> None:
    server.steering.limit_metrics(count=4)
    with pytest.raises(Busy, match="limited"):
        probe.driver.history(probe.sink.key_of(WEB), 86400)
    assert measured(probe)["cpu.wait"] is not None, "samples of now go on"


def test_the_clock_of_the_server_decides(server: SoapServer, probe: Probe) -> None:
    key = probe.sink.key_of(WEB)
    server.steering.skew(seconds=1200)  # less than would end the session
    try:
        probe.driver._catalogue._looked = float("-inf")
        probe.driver.recall([key], 600)
        begun, step, _, cells = probe.sink.past_told[-1]
        assert (step, len(cells)) == (20.0, 30)
        assert 0 <= probe.sink.now() - begun < 60
    finally:
        server.steering.skew(seconds=0)


def test_late_samples_are_values_of_then(server: SoapServer, probe: Probe) -> None:
    server.steering.late(seconds=900)
    key = probe.sink.key_of(WEB)
    probe.driver.sample([key])
    moment = next(
        at for at, one in zip(probe.sink.moments, probe.sink.samplings, strict=True) if "cpu.wait" in one.get(key, {})
    )
    assert 880 < probe.sink.now() - moment < 960


def test_a_limit_is_said_and_the_list_goes_on(server: SoapServer, probe: Probe) -> None:
    server.steering.limit_metrics(count=4, realtime=True)
    with pytest.raises(Busy, match="limited"):
        probe.driver.sample([probe.sink.key_of(WEB)])
    assert probe.sink.sampled[probe.sink.key_of(WEB)]["mem.host"]
    asked = probe.sink.counts["QueryPerf"]
    with pytest.raises(Busy):
        probe.driver.sample([probe.sink.key_of(WEB)])
    assert probe.sink.counts["QueryPerf"] == asked
    server.steering.limit_metrics(count=64)
    probe.driver._metrics._queries._rests_until = 0.0
    assert measured(probe)["cpu.wait"] is not None


def test_the_past_keeps_within_the_usual_limit(probe: Probe) -> None:
    machines = [name for name, row in probe.sink.of_kind("vm").items() if row["power"] == "running"]
    probe.driver.recall(machines, 7200)
    steps = {(key, step) for _, step, key, _ in probe.sink.past_told}
    assert {key for key, step in steps if step == 20.0} == set(machines)
    assert {key for key, step in steps if step == 300.0} == set(machines)


# --- alarms -----------------------------------------------------------------------------------------------------------


def test_alarms_come_and_go(server: SoapServer, probe: Probe) -> None:
    key = probe.sink.key_of(WEB)
    assert probe.sink.objects[key]["alarms"] == 0
    server.steering.alarm(name=WEB, alarm=CPU, status="red")
    probe.sink.until(lambda: probe.sink.objects[key]["alarms"] == 1, "the alarm on its row")
    told = [event for event in probe.sink.events if event.alarm == CPU]
    assert [(event.key, event.raised, event.severity) for event in told] == [(key, True, Severity.ERROR)]
    with connected(server) as later:
        assert later.sink.objects[key]["alarms"] == 1
        again = [event for event in later.sink.events if event.alarm == CPU]
        assert [(event.key, event.raised, event.polled) for event in again] == [(key, True, True)]
    server.steering.alarm(name=WEB, alarm=CPU, status="green")
    probe.sink.until(lambda: probe.sink.objects[key]["alarms"] == 0, "its end")
    told = [event for event in probe.sink.events if event.alarm == CPU]
    assert [event.raised for event in told] == [True, False]


def test_that_somebody_acknowledged_is_told(server: SoapServer, probe: Probe) -> None:
    from tests.lab.vsphere.client import client_of

    state = server.steering.alarm(name=WEB, alarm=CPU, status="yellow")
    try:
        with client_of(server) as service:  # type: ignore[arg-type]
            root = service.content.rootFolder
            found = next(each for each in root.triggeredAlarmState if each.key == state)
            service.content.alarmManager.AcknowledgeAlarm(alarm=found.alarm, entity=found.entity)
        probe.sink.until(
            lambda: any("acknowledged by" in event.text for event in probe.sink.events), "that it was seen"
        )
        told = next(event for event in probe.sink.events if "acknowledged by" in event.text)
        assert (told.key, told.alarm, told.raised) == (probe.sink.key_of(WEB), CPU, True)
        assert server.user in told.text
    finally:
        server.steering.alarm(name=WEB, alarm=CPU, status="green")


# --- tags and tokens --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", ["password", "token"])
def test_tags(server: SoapServer, auth: str) -> None:
    with connected(server, auth=auth) as probe:
        probe.sink.until(lambda: probe.sink.named(WEB).get("tags") is not None, "the tags")
        before = probe.sink.named(WEB)["tags"]
        server.steering.tag(name=WEB, tag="made-later")
        probe.driver._tags._readings = 0
        probe.driver._tags.read()
        assert set(probe.sink.named(WEB)["tags"]) == {*before, "made-later"}
        server.steering.untag(name=WEB, tag="made-later")
        probe.driver._tags.read()
        assert probe.sink.named(WEB)["tags"] == before


def test_a_token_of_this_account(server: SoapServer) -> None:
    with connected(server, "vm", auth="token") as probe:
        assert probe.info is not None
        assert probe.info.user.lower().endswith(server.user.partition("@")[2])


def test_a_wrong_password_gets_no_token(server: SoapServer) -> None:
    probe = Probe(server, auth="token")  # type: ignore[arg-type]
    probe.driver.secrets["password"] = "wrong"
    with pytest.raises(AuthFailed, match="token service refused"):
        probe.driver.connect()
    probe.driver.close()

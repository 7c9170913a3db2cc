"""Counters of a vCenter simulator: ids and units as another client finds them, asked of what is watched only.

The simulator's values are random walks: they show which counter is told as which metric and in which unit, no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from novatui.backends.vsphere import perfquery
from novatui.backends.vsphere.errors import from_fault
from novatui.backends.vsphere.updates import Fault
from novatui.core.errors import Busy, NotFound, NotSupported, Unreachable
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

MACHINE = "DC0_C0_RP0_VM0"
HOST = "DC0_C0_H0"


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=2, standalone=0, machines=5)) as one:
        yield one


@pytest.fixture
def probe(server: Vcsim) -> Iterator[Probe]:
    with connected(server, "vm", "host") as found:
        yield found


def means(server: Vcsim, name: str, names: Sequence[str], kind: type = vim.VirtualMachine) -> list[float]:
    """Means of 200 samples of counters, as another client reads them, in the server's units."""
    with client_of(server) as service:
        manager = service.content.perfManager
        ids = {f"{c.groupInfo.key}.{c.nameInfo.key}.{c.rollupType}": c.key for c in manager.perfCounter}
        metrics = [vim.PerformanceManager.MetricId(counterId=ids[each], instance="") for each in names]
        entity = change.found(service, kind, name)
        spec = vim.PerformanceManager.QuerySpec(entity=entity, metricId=metrics, intervalId=20, maxSample=200)
        return [fmean(series.value) for series in manager.QueryPerf([spec])[0].value]


def past_of(probe: Probe, key: str, seconds: float) -> dict[str, list[float]]:
    """What is remembered of one object, by metric, without holes."""
    probe.driver.recall([key], seconds)
    _, _, _, cells = next(one for one in probe.sink.past_told if one[2] == key)
    return {name: [cell[name] for cell in cells if cell.get(name) is not None] for name in cells[-1]}


def test_units_are_those_of_the_console(server: Vcsim, probe: Probe) -> None:
    told = past_of(probe, probe.sink.key_of(MACHINE), 3600)
    usage, ready, consumed, active, received, packets = means(
        server,
        MACHINE,
        (
            "cpu.usage.average",
            "cpu.ready.summation",
            "mem.consumed.average",
            "mem.usage.average",
            "net.received.average",
            "net.packetsRx.summation",
        ),
    )
    row = probe.sink.named(MACHINE)

    def alike(values: list[float], expected: float) -> bool:
        return len(values) == 180 and 0.5 * expected <= fmean(values) <= 2 * expected

    assert usage
    assert alike(told["cpu.used"], usage / 100)
    assert alike(told["cpu.wait"], ready / 20_000 / row["vcpus"] * 100)
    assert alike(told["mem.host"], consumed * 1024)
    assert alike(told["mem.used"], active / 10_000 * row["memory"])
    assert alike(told["net.rx"], received * 1024)
    if packets:
        assert fmean(told["net.packets"]) >= packets / 20 * 0.5


def test_hosts_are_measured_too(server: Vcsim, probe: Probe) -> None:
    key = probe.sink.key_of(HOST, "host")
    told = past_of(probe, key, 3600)
    usage, consumed = means(server, HOST, ("cpu.usage.average", "mem.consumed.average"), vim.HostSystem)
    assert 0.5 * usage / 100 <= fmean(told["cpu.used"]) <= 2 * usage / 100
    assert 0.5 * consumed * 1024 <= fmean(told["mem.used"]) <= 2 * consumed * 1024
    probe.driver.sample([key])
    assert {"cpu.used", "cpu.wait", "mem.used", "net.rx"} <= probe.sink.sampled[key].keys()


def test_only_what_is_watched_and_runs_is_asked_for(server: Vcsim, probe: Probe, monkeypatch: Any) -> None:
    monkeypatch.setattr(perfquery, "BATCH", 2)
    keys = [probe.sink.key_of(f"DC0_C0_RP0_VM{at}") for at in range(4)]
    probe.driver.sample(keys[:3])
    assert probe.sink.counts["QueryPerf"] == 2
    assert set(probe.sink.samplings[-2]) == set(keys[:3])
    assert probe.sink.sampled[keys[0]]["cpu.wait"] is not None
    with client_of(server) as service:
        change.power(service, "DC0_C0_RP0_VM0", "off")
        probe.sink.until(lambda: probe.sink.named("DC0_C0_RP0_VM0").get("power") == "off", "off")
        probe.driver.sample(keys[:3])
        assert probe.sink.counts["QueryPerf"] == 3
        assert keys[0] not in probe.sink.samplings[-2]
        change.power(service, "DC0_C0_RP0_VM0", "on")
        probe.sink.until(lambda: probe.sink.named("DC0_C0_RP0_VM0").get("power") == "running", "on")


def test_a_machine_that_is_gone_takes_no_other_with_it(probe: Probe, monkeypatch: Any) -> None:
    keys = [probe.sink.key_of(f"DC0_C0_RP0_VM{at}") for at in range(5)]
    gone = keys[2].partition(":")[2]
    receive = probe.driver._metrics._queries._channel.receive

    def refuse(request: bytes, reader: Any) -> Any:  # this simulator answers for machines that it does not have
        if f">{gone}<".encode() in request:
            raise NotFound("it does not exist any more")
        return receive(request, reader)

    monkeypatch.setattr(probe.driver._metrics._queries._channel, "receive", refuse)
    probe.driver.sample(keys)
    assert {key for key in keys if "cpu.wait" in probe.sink.sampled.get(key, {})} == set(keys) - {keys[2]}


def test_the_past_is_told_in_steps(probe: Probe) -> None:
    key = probe.sink.key_of(MACHINE)
    probe.driver.recall([key], 7200)
    (near, near_step, _, near_cells), (far, far_step, _, far_cells) = probe.sink.past_told
    assert (near_step, len(near_cells)) == (20.0, 180)
    assert far_step == 300.0
    assert len(far_cells) == 12
    assert abs(near - probe.sink.now()) < 40
    assert near - far == pytest.approx(3600, abs=320)


def test_a_server_that_limits_questions_is_left_alone_for_a_while(probe: Probe, monkeypatch: Any) -> None:
    key = probe.sink.key_of(MACHINE)
    part = probe.driver._metrics._queries
    refusal = from_fault(Fault("RestrictedByAdministrator", "", {}))
    monkeypatch.setattr(part, "_query", raiser(refusal))
    with pytest.raises(Busy) as error:
        probe.driver.sample([key])
    assert "limited" in error.value.failure.message
    assert "quickStats" in error.value.failure.meaning
    assert probe.sink.sampled[key]["mem.host"] is not None
    monkeypatch.setattr(part, "_query", raiser(AssertionError("asked again at once")))
    with pytest.raises(Busy) as again:
        probe.driver.sample([key])
    assert again.value.failure == error.value.failure
    monkeypatch.undo()
    part._rests_until = 0.0
    probe.driver.sample([key])
    assert probe.sink.sampled[key]["cpu.wait"] is not None


def test_a_server_without_counters_has_its_quick_stats(probe: Probe, monkeypatch: Any) -> None:
    key = probe.sink.key_of(MACHINE)
    monkeypatch.setattr(probe.driver._metrics._queries, "_query", raiser(from_fault(Fault("MethodNotFound", "", {}))))
    for _ in range(2):
        with pytest.raises(NotSupported, match="no real-time counters"):
            probe.driver.sample([key])
        assert probe.sink.samplings[-1][key]["mem.host"] is not None


def test_late_samples_are_values_of_then(probe: Probe) -> None:
    key = probe.sink.key_of(MACHINE)
    part = probe.driver._metrics
    probe.driver.sample([key])
    fresh = probe.sink.moments[-2]
    part._catalogue._offset += 600.0  # the server's clock runs ten minutes ahead of the newest sample
    probe.driver.sample([key])
    told = [at for at, one in zip(probe.sink.moments, probe.sink.samplings, strict=True) if key in one]
    assert told[-1] < fresh - 500


def test_a_session_that_ended(server: Vcsim, probe: Probe) -> None:
    key = probe.sink.key_of(MACHINE)
    with client_of(server) as service:
        mine = service.content.sessionManager.currentSession.key
        for session in service.content.sessionManager.sessionList:
            if session.key != mine:
                change.end_session(service, session.key)
    with pytest.raises(Unreachable):
        probe.driver.sample([key])


def raiser(error: Exception) -> Any:
    def refuse(*_: object) -> None:
        raise error

    return refuse

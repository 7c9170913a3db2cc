"""The demo driver while it runs: it tells what happens, is lost and comes back, and stands still when asked."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from novatui.backends.demo.driver import DemoDriver
from novatui.backends.driver import HistorySource
from novatui.config.demo import expand
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import BackendFault, InvalidInput, NotFound, Unreachable
from novatui.core.ids import key
from novatui.core.states import Family, Kind
from tests.conformance.legal import check_event, check_task
from tests.conformance.recording import PATIENCE, Recording

EVERYTHING = {kind.value for kind in Kind}


def spec_of(options: str, name: str = "demo", family: Family = Family.VSPHERE) -> ConnectionSpec:
    return ConnectionSpec(name=name, family=family, driver="demo", uri=f"demo://?{options}")


def connected(spec: ConnectionSpec, sink: Recording) -> DemoDriver:
    driver = DemoDriver(spec, {}, sink)
    driver.connect()
    return driver


@pytest.mark.parametrize("family", Family)
def test_what_happens_is_told(family: Family) -> None:
    sink = Recording()
    driver = connected(spec_of(f"family={family.value}&vms=200&speed=40"), sink)
    try:
        driver.load(EVERYTHING)
        driver.watch()
        sink.wait(lambda: len(sink.events) > 5 and len(sink.tasks) > 2, "events and tasks")
    finally:
        driver.close()
    for event in sink.events:
        check_event(event)
    assert len({event.id for event in sink.events}) == len(sink.events)
    for task in sink.told_tasks:
        check_task(task)
    told = {event.key for event in sink.events}
    assert told & {key(row.kind, row.id) for _, row in sink.given}


def test_rows_change_with_what_happens() -> None:
    sink = Recording()
    driver = connected(spec_of("family=xcpng&vms=200&speed=40"), sink)
    try:
        driver.load(EVERYTHING)
        listed = {name: values.get("power") for name, values in sink.snapshot().items()}
        driver.watch()

        def changed() -> int:
            return sum(values.get("power") != listed.get(name) for name, values in sink.table.items())

        sink.wait(lambda: changed() > 2, "power states to change")
    finally:
        driver.close()


def test_only_the_kinds_that_were_listed_are_told() -> None:
    sink = Recording()
    driver = connected(spec_of("family=proxmox&vms=200&speed=60"), sink)
    try:
        driver.load({"host"})
        driver.watch()
        sink.wait(lambda: len(sink.events) > 5, "events")
    finally:
        driver.close()
    assert {row.kind for _, row in sink.given} == {Kind.HOST}
    assert sink.removed == []


def test_it_is_lost_and_comes_back() -> None:
    (listed,) = expand("demo://?site=pve-lab&speed=20")
    spec = msgspec.structs.replace(listed, name="lost and back")
    sink = Recording()
    driver = connected(spec, sink)
    try:
        driver.load({"vm"})
        driver.watch()
        sink.wait(lambda: bool(sink.losses), "the loss")
        with pytest.raises(Unreachable):
            driver.load({"vm"})
    finally:
        driver.close()
    deadline = time.monotonic() + PATIENCE
    while not _connects(spec):
        assert time.monotonic() < deadline, "it does not come back"
        time.sleep(0.1)


def _connects(spec: ConnectionSpec) -> bool:
    try:
        connected(spec, Recording()).close()
    except Unreachable:
        return False
    return True


def test_a_still_world_stands_still() -> None:
    first, second = Recording(), Recording()
    one = connected(spec_of("vms=100&speed=0", "one"), first)
    other = connected(spec_of("vms=100&speed=0", "other"), second)
    try:
        for driver in (one, other):
            driver.load({"vm", "host"})
            driver.sample(None)
        assert first.measured == second.measured
        assert {k: v["power"] for k, v in first.table.items()} == {k: v["power"] for k, v in second.table.items()}
        one.sample(None)
        assert first.measured == second.measured
    finally:
        one.close()
        other.close()


def test_readings_follow_the_period_of_the_family() -> None:
    """Between two readings of the product nothing is new."""
    sink = Recording()
    driver = connected(spec_of("family=vsphere&vms=50"), sink)
    try:
        assert driver.period == 20.0
        driver.sample(None)
        readings = [dict(sink.measured)]
        for _ in range(3):
            driver.sample(None)
            readings.append(dict(sink.measured))
        assert sum(one != other for one, other in pairwise(readings)) <= 1
    finally:
        driver.close()


def test_nonsense_in_the_address_is_final() -> None:
    driver = DemoDriver(spec_of("vms=none"), {}, Recording())
    with pytest.raises(InvalidInput) as caught:
        driver.connect()
    assert caught.value.failure.final
    assert caught.value.failure.subject == "vms"


def test_a_world_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        connected(spec_of(f"world={tmp_path}/nothing.toml"), Recording())


@pytest.mark.parametrize("text", ["not toml [", 'host = "x"', '[[host]]\nname = "only"\n'])
def test_a_file_that_describes_no_world(tmp_path: Path, text: str) -> None:
    file = tmp_path / "world.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BackendFault) as caught:
        connected(spec_of(f"world={file}"), Recording())
    assert caught.value.failure.native


def test_calls_before_connect_are_unreachable() -> None:
    with pytest.raises(Unreachable):
        DemoDriver(spec_of("vms=10"), {}, Recording()).load({"vm"})


def test_what_is_elsewhere_has_no_detail_here() -> None:
    """A machine that travels between two connections is an object of the one where it is."""
    found = {}
    for site in ("kvm-03", "kvm-12"):
        sink = Recording()
        driver = connected(spec_of(f"site={site}&speed=0", site, Family.LIBVIRT), sink)
        driver.load({"vm"})
        found[site] = (driver, sink)
    (one, here), (other, there) = found.values()
    elsewhere = set(there.table) - set(here.table)
    assert elsewhere
    for name in elsewhere:
        assert other.detail(name, ["vm"]).vm
        with pytest.raises(NotFound):
            one.detail(name, ["vm"])
    one.close()
    other.close()


def test_devices_and_snapshots_are_told_as_objects_of_their_own() -> None:
    sink = Recording()
    driver = connected(spec_of("vms=60"), sink)
    driver.load({"vm", "device", "snapshot"})
    kinds = {kind: [name for name in sink.table if name.startswith(kind)] for kind in ("device:", "snapshot:")}
    assert all(kinds.values())
    for name in kinds["device:"]:
        (device,) = driver.detail(name, ["devices"]).devices or ()
        assert device.id == sink.table[name]["native_id"]
    for name in kinds["snapshot:"]:
        (snapshot,) = driver.detail(name, ["snapshots"]).snapshots or ()
        assert snapshot.name == sink.table[name]["name"]
    for name in ("device:none", "snapshot:none", f"{kinds['snapshot:'][0]}x", "no key"):
        with pytest.raises(NotFound):
            driver.detail(name, [])
    driver.close()


@pytest.mark.parametrize("options", ["vms=60", "vms=60&at=1790000000", "vms=60&speed=20"])
def test_what_it_remembers_is_what_it_would_have_told(options: str) -> None:
    """The last remembered samples of a machine agree with those that are told while it is watched."""
    sink = Recording()
    driver = connected(spec_of(options), sink)
    try:
        driver.load({"vm", "host"})
        driver.sample(None)
        busy = [key for key, told in sink.measured.items() if told.get("cpu.used") is not None][:5]
        assert isinstance(driver, HistorySource)
        driver.recall([*busy, "vm:never"], 600.0)
        assert set(sink.remembered) >= set(busy)
        for key in busy:
            step, samples = sink.remembered[key]
            assert step == driver.period
            assert len(samples) == 600 / step
            told = [sample["cpu.used"] for sample in samples if sample.get("cpu.used") is not None]
            assert len(set(told)) > 1, "a curve that moves"
            assert all(0 <= value <= 100 for value in told)
    finally:
        driver.close()


def test_a_fleet_of_one_moment_is_always_the_same() -> None:
    """Listed twice, at two times: equal to the last value, past and events included."""
    found = []
    for _ in range(2):
        sink = Recording()
        driver = connected(spec_of("vms=80&family=vsphere&at=1790000000"), sink)
        try:
            driver.load({kind.value for kind in Kind})
            driver.sample(None)
            driver.recall(["vm:vm-10001"], 600.0)
            events = driver.events(time.time() - 1800)
            found.append((sink.table, sink.measured, sink.remembered, driver.tasks(), events))
        finally:
            driver.close()
    assert found[0] == found[1]
    assert any(values.get("power") == "running" for values in found[0][0].values())
    assert found[0][4]
    assert all(event.at <= 1790000000 for event in found[0][4])

"""The invented inventory: the same for the same seed, legal in the model, in the shape of each family."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest

from novatui.backends.demo import outage
from novatui.backends.demo.driver import DemoDriver
from novatui.backends.demo.load import machine_metrics
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine
from novatui.backends.driver import NetworkSource, Session
from novatui.config.demo import expand
from novatui.core.ids import split_key
from novatui.core.states import Family, Kind, Power
from tests.conformance.legal import check_metrics, check_references, check_row
from tests.conformance.recording import Recording
from tests.unit.demo_scenes import NOON, scene_of

EVERYTHING = {kind.value for kind in Kind}

SHAPES: dict[Family, dict[Kind, str]] = {
    Family.VSPHERE: {
        Kind.VM: r"vm-\d+",
        Kind.HOST: r"host-\d+",
        Kind.CLUSTER: r"domain-c\d+",
        Kind.DATACENTER: r"datacenter-\d+",
        Kind.FOLDER: r"group-v\d+",
        Kind.RESOURCE_POOL: r"resgroup-\d+",
        Kind.DATASTORE: r"datastore-\d+",
    },
    Family.HYPERV: {Kind.VM: r"[0-9a-f-]{36}", Kind.HOST: r"hv\d+\.nova\.example", Kind.NETWORK: r"[0-9a-f-]{36}"},
    Family.XCPNG: {Kind.VM: r"[0-9a-f-]{36}", Kind.HOST: r"[0-9a-f-]{36}", Kind.DATASTORE: r"[0-9a-f-]{36}"},
    Family.PROXMOX: {Kind.VM: r"\d{3,}", Kind.CONTAINER: r"\d{3,}", Kind.HOST: r"pve\d+"},
    Family.LIBVIRT: {Kind.VM: r"[0-9a-f-]{36}", Kind.HOST: r"[0-9a-f-]{36}"},
}
"""Native ids as each family writes them."""


@pytest.fixture(autouse=True)
def no_outage_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outages come by the age of the process; that of a whole test run says nothing."""
    monkeypatch.setattr(outage, "_first_connect", {})


@pytest.fixture(params=Family, ids=lambda family: family.value)
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


@pytest.fixture
def sink() -> Recording:
    return Recording()


@pytest.fixture
def driver(family: Family, sink: Recording) -> Iterator[Session]:
    (spec,) = expand(f"demo://?family={family.value}&vms=300&hostile=1")
    driver = DemoDriver(spec, {}, sink)
    driver.connect()
    driver.load(EVERYTHING)
    yield driver
    driver.close()


def test_rows_are_legal_and_hang_together(driver: Session, sink: Recording) -> None:
    for _, row in sink.given:
        check_row(row)
    check_references(sink.table)
    assert len(sink.table) == len(sink.given), "an id was given twice"


def test_ids_are_those_of_the_family(family: Family, driver: Session, sink: Recording) -> None:
    for kind, pattern in SHAPES[family].items():
        ids = [native for kind_of, native in map(split_key, sink.table) if kind_of is kind]
        assert ids, kind
        assert [native for native in ids if not re.fullmatch(pattern, native)] == []


def test_machines_are_as_many_as_asked(driver: Session, sink: Recording) -> None:
    machines = [name for name in sink.table if split_key(name)[0] in (Kind.VM, Kind.CONTAINER)]
    assert 300 <= len(machines) <= 302, "but for a clone that comes and goes"


def test_machines_have_the_words_of_their_family(driver: Session, sink: Recording) -> None:
    for name, values in sink.table.items():
        if split_key(name)[0] is Kind.VM:
            assert values["native_type"]
            assert values["native_state"] or values["power"] == "unknown"


def test_hostile_names_are_handed_on_unharmed(driver: Session, sink: Recording) -> None:
    names = {str(values["name"]) for values in sink.table.values()}
    assert {"vm[/]", "[red]x"} <= names
    assert any("\x1b" in name for name in names)
    assert any(len(name) >= 300 for name in names)


def test_every_detail_can_be_read(driver: DemoDriver, sink: Recording) -> None:
    for name in sink.table:
        if split_key(name)[0] not in (Kind.DEVICE, Kind.SNAPSHOT):
            detail = driver.detail(name, [])
            assert detail.raw
            assert (detail.vm is not None) == (split_key(name)[0] in (Kind.VM, Kind.CONTAINER, Kind.TEMPLATE))


def test_rows_and_details_agree(driver: DemoDriver, sink: Recording) -> None:
    for name, values in sink.table.items():
        if split_key(name)[0] is Kind.VM:
            spec = driver.detail(name, ["vm"]).vm
            assert spec is not None
            assert len(spec.disks) == values["disks"]
            assert sum(disk.size or 0 for disk in spec.disks) == values["disk_size"]
            assert (len(spec.nics), len(spec.host_devices)) == (values["nics"], values["passthrough"])
            assert (spec.cpu.count, spec.memory.size) == (values["vcpus"], values["memory"])
            assert len(driver.snapshots(name)) == values["snapshots"]


def test_only_libvirt_tells_leases(family: Family, driver: Session) -> None:
    assert isinstance(driver, NetworkSource) == (family is Family.LIBVIRT)


def test_devices_are_held_by_those_who_have_them(driver: Session, sink: Recording) -> None:
    held = [values["holder"] for values in sink.table.values() if values.get("holder")]
    assert held
    assert len(held) == sum(values.get("passthrough") or 0 for values in sink.table.values())  # type: ignore[misc]


def test_metrics_are_legal_and_keep_the_blind_spots(family: Family, driver: DemoDriver, sink: Recording) -> None:
    driver.sample(None)
    assert sink.measured
    blind = scene_of(family).traits.blind
    for metrics in sink.measured.values():
        check_metrics(metrics)
        assert blind.isdisjoint(metrics)


def test_memory_in_use_is_absent_without_tools(family: Family) -> None:
    scene = scene_of(family)
    seen = set()
    for machine in scene.estate.machines:
        now = scene.now(machine, NOON)
        metrics = machine_metrics(machine, now, scene.host(machine, now), NOON)
        if metrics:
            seen.add(machine.tools)
            assert (metrics["mem.used"] is not None) == machine.tools
    assert seen == {True, False}


def test_machines_wait_where_hosts_are_crowded() -> None:
    """cpu.wait follows the load of the host: nowhere on an idle one."""
    scene = scene_of(Family.VSPHERE)
    calm, crowded = [], []
    for machine in scene.estate.machines:
        if machine.power is not Power.RUNNING or machine.routine:
            continue
        now = scene.now(machine, NOON)
        for host, waits in ((_with(scene, machine, 5.0), calm), (_with(scene, machine, 140.0), crowded)):
            waits.append(machine_metrics(machine, now, host, NOON)["cpu.wait"] or 0.0)
    assert max(calm) < 1.0
    assert min(crowded) > max(calm)


def _with(scene: Scene, machine: Machine, busy: float) -> Host:
    return msgspec.structs.replace(scene.estate.hosts[machine.host], busy=busy, maintenance=False)


DIGEST = """
import hashlib, sys
from novatui.backends.demo.scene import Scene
from novatui.config.demo import expand
rows = []
for spec in expand(sys.argv[1]):
    scene = Scene(spec)
    for machine in scene.estate.machines:
        now = scene.now(machine, 1_790_000_000.0)
        rows.append(repr((scene.row(machine, now), machine.noise, now.here, now.power)))
    rows += [repr(thing) for thing in (*scene.estate.hosts, *scene.estate.stores, *scene.estate.nets)]
print(hashlib.sha256("".join(rows).encode("utf-8", "surrogatepass")).hexdigest(), len(rows))
"""


def digest(uri: str, hash_seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", DIGEST, uri], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_same_seed_is_the_same_fleet_in_every_process() -> None:
    first = digest("demo://?seed=7&vms=400", "1")
    assert first == digest("demo://?seed=7&vms=400", "2")
    assert first != digest("demo://?seed=8&vms=400", "1")


def test_fifty_thousand_machines_have_names_of_their_own() -> None:
    machines = [machine for spec in expand("demo://?vms=50000") for machine in Scene(spec).estate.machines]
    wanted = [m for m in machines if m.kind in (Kind.VM, Kind.CONTAINER) and not m.visitor and m.routine != "clone"]
    assert len(wanted) == 50_000
    assert len({machine.name for machine in wanted}) == 50_000
    assert len({machine.uuid for machine in wanted}) == 50_000


@pytest.mark.parametrize("options", ["", "vms=20", "vms=5000&seed=3", "family=libvirt&vms=12", "hosts=60"])
def test_no_two_machines_of_a_connection_share_a_name(options: str) -> None:
    """Neither with those that come and go, nor with guests from another host, whose names may stand on both."""
    for spec in expand(f"demo://?{options}"):
        names = [machine.name for machine in Scene(spec).estate.machines]
        assert len(set(names)) == len(names), spec.name


def test_a_machine_of_xcp_ng_that_is_off_says_that_it_has_no_host() -> None:
    """Its `resident_on` is the null reference: that is known, and no reason for a question mark."""
    scene = scene_of(Family.XCPNG)
    told = [scene.row(machine, scene.now(machine, NOON)).values for machine in scene.estate.machines]
    off = [values for values in told if values["power"] == Power.OFF]
    assert off
    assert {values["host"] for values in off} == {""}
    assert {split_key(str(values["parent"]))[0] for values in off} == {Kind.CLUSTER}
    assert all(values["host"] for values in told if values["power"] == Power.RUNNING)


@pytest.mark.parametrize("options", ["vms=1", "vms=2&hosts=1", "vms=5", "vms=21&hosts=2", "vms=5&hosts=300"])
def test_a_fleet_of_any_size_is_legal(options: str) -> None:
    for spec in expand(f"demo://?{options}"):
        sink = Recording()
        driver = DemoDriver(spec, {}, sink)
        driver.connect()
        driver.load(EVERYTHING)
        driver.sample(None)
        driver.close()
        for _, row in sink.given:
            check_row(row)
        check_references(sink.table)
        for metrics in sink.measured.values():
            check_metrics(metrics)

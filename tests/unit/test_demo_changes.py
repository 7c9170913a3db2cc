"""What calls do to the demo: seen in rows, metrics, tasks and events, kept in its ledger, refused with reasons."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from novatui.backends.demo.driver import DemoDriver
from novatui.backends.demo.life import Act
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import AWAY_FROM_SITE, Machine
from novatui.config.demo import expand
from novatui.core.devices import Giving
from novatui.core.errors import BackendFault, Busy, Conflict, NotFound, NotSupported, NovaError
from novatui.core.ids import key
from novatui.core.operations import Operation, Plan
from novatui.core.states import Kind, Power
from novatui.core.tasks import Task, TaskState
from tests.conformance.recording import PATIENCE, Recording

FAST = 20
"""How much faster than real time the worlds of these tests live."""


class Site:
    """A driver of an invented site, and its scene."""

    def __init__(self, family: str, state: Path, *, speed: float = FAST, vms: int = 200) -> None:
        (self.spec,) = expand(f"demo://?family={family}&vms={vms}&speed={speed}&state={state}")
        self.sink = Recording()
        self.driver = DemoDriver(self.spec, {}, self.sink)
        self.driver.connect()
        self.driver.load({kind.value for kind in Kind})
        self.driver.watch()

    @property
    def scene(self) -> Scene:
        assert self.driver._open
        return self.driver._open

    def machine(self, fits: Callable[[Machine, Power, Act | None], bool], *, tools: bool = True) -> Machine:
        world = self.scene.clock.world()
        for machine in self.scene.estate.machines:
            now = self.scene.now(machine, world)
            if machine.away == AWAY_FROM_SITE or machine.visitor or machine.kind is not Kind.VM:
                continue
            if now.here and machine.tools is tools and fits(machine, now.power, now.act):
                return machine
        raise AssertionError("no machine fits")

    def calm(self, power: Power = Power.RUNNING, *, tools: bool = True) -> Machine:
        """A machine without a routine, so that nothing but the test changes it."""
        return self.machine(lambda machine, now, _: not machine.routine and now is power, tools=tools)

    def plan(self, verb: str, machine: Machine, **arguments: str) -> Plan:
        operation = Operation(verb=verb, key=of(machine), arguments=arguments)
        noun = verb.partition(".")[0]
        return getattr(self.driver, f"plan_{noun}")(operation)

    def do(self, verb: str, machine: Machine, **arguments: str) -> Plan:
        plan = self.plan(verb, machine, **arguments)
        for call in plan.calls:
            self.driver.invoke(call, {})
        return plan

    def measures(self, machine: Machine, *, busy: bool) -> None:
        """Wait until it is measured so; a reading is as old as the family's period."""
        end = time.monotonic() + PATIENCE
        while True:
            self.sink.measured.clear()
            self.driver.sample({of(machine)})
            if any(self.sink.measured.get(of(machine), {}).values()) is busy:
                return
            assert time.monotonic() < end, self.sink.measured
            time.sleep(0.05)

    def sees(self, machine: Machine, field: str, value: object) -> None:
        self.sink.wait(lambda: self.sink.table[of(machine)].get(field) == value, f"{field} {value}")


def of(machine: Machine) -> str:
    return key(machine.kind, machine.id)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def site(family: str, **wishes: float) -> Site:
        made.append(Site(family, tmp_path / "state.jsonl", **wishes))  # type: ignore[arg-type]
        return made[-1]

    yield site
    for each in made:
        each.driver.close()


@pytest.mark.parametrize("family", ["libvirt", "vsphere", "hyperv", "xcpng", "proxmox"])
def test_a_machine_that_is_switched_off_is_told_so_and_measures_nothing(make: Callable[..., Site], family: str) -> None:
    site = make(family)
    machine = site.calm()
    site.do("power.off", machine)
    site.sees(machine, "power", "off")
    site.measures(machine, busy=False)
    site.do("power.start", machine)
    site.sees(machine, "power", "running")
    site.measures(machine, busy=True)
    off = [event for event in site.sink.events if event.key == of(machine)]
    assert [event.text for event in off if "off" in event.text] or family == "proxmox"


def test_a_call_takes_its_time_and_says_how_far_it_is(make: Callable[..., Site]) -> None:
    site = make("vsphere", speed=2)
    machine = site.calm(Power.OFF)
    site.do("power.start", machine)
    assert site.sink.advanced
    assert site.sink.advanced == sorted(site.sink.advanced)
    assert all(0 <= percent <= 100 for percent in site.sink.advanced)
    site.sees(machine, "power", "running")
    tasks = [task for task in site.driver.tasks() if task.key == of(machine)]
    assert [(task.verb, task.state, task.who) for task in tasks] == [
        ("start", TaskState.DONE, "VSPHERE.LOCAL\\novatui")
    ]


def test_a_guest_that_is_asked_goes_down_later(make: Callable[..., Site]) -> None:
    site = make("libvirt", speed=4)
    machine = site.calm()
    site.do("power.shutdown", machine)
    site.sees(machine, "power", "stopping")
    with pytest.raises(Busy):
        site.plan("edit.notes", machine, text="not now")
    site.sees(machine, "power", "off")


def test_the_plug_can_be_pulled_while_the_guest_shuts_down(make: Callable[..., Site]) -> None:
    site = make("libvirt", speed=1)
    machine = site.calm()
    site.do("power.shutdown", machine)
    site.do("power.off", machine)
    site.sees(machine, "power", "off")


def test_a_guest_without_tools_is_asked_in_vain_or_not_at_all(make: Callable[..., Site]) -> None:
    deaf = make("libvirt")
    machine = deaf.calm(tools=False)
    plan = deaf.do("power.shutdown", machine)
    assert "may not listen" in plan.warnings[0]
    deaf.driver.refresh([of(machine)])
    assert deaf.sink.table[of(machine)]["power"] == "running"
    told = make("vsphere")
    with pytest.raises(Conflict) as caught:
        told.plan("power.shutdown", told.calm(tools=False))
    assert caught.value.failure.subject == "guest tools"


def test_a_host_without_memory_refuses_to_start_a_machine_and_nothing_changes(
    make: Callable[..., Site], tmp_path: Path
) -> None:
    site = make("proxmox", speed=0)
    machine = next(each for each in site.scene.estate.machines if each.routine == "refused")
    plan = site.plan("power.start", machine)
    with pytest.raises(NovaError) as caught:
        site.driver.invoke(plan.calls[0], {})
    assert caught.value.failure.native
    assert site.driver.fingerprint(of(machine)) == plan.state
    lines = (tmp_path / "state.jsonl").read_text().splitlines()
    assert len(lines) == 1
    assert '"failure"' in lines[0]


def test_a_machine_that_was_changed_leaves_its_routine(make: Callable[..., Site]) -> None:
    site = make("libvirt", speed=0)
    machine = site.machine(lambda one, power, act: one.routine == "recycle" and power is Power.RUNNING and not act)
    site.do("edit.notes", machine, text="mine")
    changed = site.scene.estate.current(machine)
    later = site.scene.clock.world()
    assert {site.scene.now(changed, later + hours * 3600).power for hours in range(24)} == {Power.RUNNING}
    assert {site.scene.now(changed, later - 60 * minutes).power for minutes in range(240)} > {Power.RUNNING}, (
        "its past is what it was"
    )


def running(site: Site, machine: Machine) -> list[Task]:
    return [task for task in site.driver.tasks() if task.key == of(machine) and task.state is TaskState.RUNNING]


def test_what_is_being_migrated_is_busy_and_can_be_cancelled(make: Callable[..., Site]) -> None:
    site = make("proxmox", speed=0)
    machine = site.machine(lambda _one, power, act: power is Power.MIGRATING and act is not None)
    with pytest.raises(Busy) as caught:
        site.plan("power.off", machine)
    assert caught.value.failure.subject == "migrate"
    site.sink.wait(lambda: running(site, machine), "its migration is told")
    (task,) = running(site, machine)
    site.do("task.cancel", machine, task=task.id)
    after = {task.id: task.state for task in site.driver.tasks() if task.key == of(machine)}
    assert after[task.id] is TaskState.CANCELLED
    site.sees(machine, "power", "running")
    with pytest.raises(Conflict):
        site.plan("task.cancel", machine, task=task.id)


def test_a_machine_that_travels_between_connections_is_left_to_its_schedule(make: Callable[..., Site]) -> None:
    (spec,) = [spec for spec in expand("demo://?vms=1000&speed=0") if spec.name == "kvm-03"]
    sink = Recording()
    driver = DemoDriver(spec, {}, sink)
    driver.connect()
    driver.load({"vm"})
    traveller = next(name for name, row in sink.table.items() if row["name"] == "etl-big-2")
    with pytest.raises(Busy):
        driver.plan_power(Operation(verb="power.reset", key=traveller))
    driver.close()


def test_snapshots_are_rows_that_come_and_go(make: Callable[..., Site]) -> None:
    site = make("xcpng")
    machine = site.calm()
    before = set(site.sink.table)
    plan = site.do("snap.create", machine, name="try", memory="yes")
    site.sees(machine, "snapshots", len(machine.snapshots) + 1)
    site.sink.wait(lambda: bool(set(site.sink.table) - before), "the row of a snapshot")
    (row,) = set(site.sink.table) - before
    assert site.sink.table[row]["snapshot_kind"] == "memory"
    assert plan.inverse
    back = site.driver.plan_snap(plan.inverse)
    site.driver.invoke(back.calls[0], {})
    site.sink.wait(lambda: row not in site.sink.table, "the row of the snapshot to go")


def test_a_revert_says_what_it_loses_and_a_safety_snapshot_saves_it(make: Callable[..., Site]) -> None:
    site = make("libvirt", speed=0)
    machine = site.calm()
    site.do("snap.create", machine, name="first")
    site.do("snap.create", machine, name="second")
    plan = site.plan("snap.revert", machine, snapshot="first")
    assert any("first was taken" in loss for loss in plan.losses)
    assert plan.inverse is None
    safe = site.do("snap.revert", machine, snapshot="first", safety="yes")
    assert [call.verb for call in safe.calls] == ["virDomainSnapshotCreateXML", "virDomainRevertToSnapshot"]
    tree = {each.name: each.current for each in site.driver.snapshots(of(machine))}
    assert [name for name, current in tree.items() if current] == ["first"]
    assert safe.inverse
    assert safe.inverse.arguments["snapshot"] in tree
    site.do("snap.delete", machine, snapshot="first", children="with")
    assert not {"first", "second", "before-revert"} & {each.name for each in site.driver.snapshots(of(machine))}


def test_devices_are_held_by_one_machine_at_a_time(make: Callable[..., Site]) -> None:
    site = make("libvirt", speed=0)
    one = site.calm()
    other = site.machine(lambda each, power, _: not each.routine and power is Power.OFF)
    host = key(Kind.HOST, site.scene.estate.hosts[0].id)
    device = next(each for each in site.driver.devices(host) if each.device_class == "vf" and not each.holder)
    site.do("device.attach", one, device=device.id)
    held = next(each for each in site.driver.devices(host) if each.id == device.id)
    assert held.holder == of(one)
    with pytest.raises(Busy) as caught:
        site.plan("device.attach", other, device=device.id)
    assert one.name in caught.value.failure.message
    site.do("device.detach", one, device=device.id)
    assert site.plan("device.attach", other, device=device.id).calls


def test_rows_of_devices_tell_what_is_free_and_plans_what_goes_along(make: Callable[..., Site]) -> None:
    site = make("libvirt", speed=0)
    one, host = site.calm(), key(Kind.HOST, site.scene.estate.hosts[0].id)
    giving = site.driver.detail(host, ("devices",)).giving
    assert giving is not None
    assert giving == Giving(iommu=True, vfio=True, evidence=giving.evidence)
    assert [each.kind for each in giving.evidence] == ["asked"] * len(giving.evidence) != []
    devices = {each.id: each for each in site.driver.devices(host)}
    port = next(each for each in devices.values() if each.functions)
    taken = next(each for each in devices.values() if each.parent == port.id and not each.holder)

    def free() -> object:
        return site.sink.table[key(Kind.DEVICE, port.id)].get("vfs_free")

    before = free()
    assert isinstance(before, int)
    site.do("device.attach", one, device=taken.id)
    site.driver.load({Kind.DEVICE.value})
    assert free() == before - 1
    sound = next(each for each in devices.values() if each.device_class == "pci" and not each.holder)
    [card] = [each for each in devices.values() if each.iommu_group == sound.iommu_group and each.id != sound.id]
    warnings = site.plan("device.attach", one, device=sound.id).warnings
    assert any(warning.startswith(f"{card.name} is in the same IOMMU group") for warning in warnings)


def test_mediated_devices_use_up_their_parent(make: Callable[..., Site]) -> None:
    site = make("libvirt", speed=0)
    host = key(Kind.HOST, site.scene.estate.hosts[0].id)
    parent = next(each for each in site.driver.devices(host) if each.mdev_types and not each.holder)
    kind = parent.mdev_types[0]
    made = Operation(verb="device.mdev_create", key=host, arguments={"device": parent.id, "type": kind.id})
    site.driver.invoke(site.driver.plan_device(made).calls[0], {})
    devices = {each.id: each for each in site.driver.devices(host)}
    assert [each.parent for each in devices.values() if each.device_class == "mdev"] == [parent.id]
    left = {each.id: each.available for each in devices[parent.id].mdev_types}
    assert left[kind.id] == (kind.available or 0) - 1
    odd = Operation(verb="device.mdev_create", key=host, arguments={"device": parent.id, "type": "none"})
    with pytest.raises(NotFound):
        site.driver.plan_device(odd)


def test_the_ledger_outlives_the_driver_and_is_shared(make: Callable[..., Site], tmp_path: Path) -> None:
    first, second = make("vsphere"), make("vsphere")
    machine = first.calm()
    first.do("power.off", machine)
    first.do("edit.notes", machine, text="written by the first")
    second.sees(machine, "description", "written by the first")
    second.sees(machine, "power", "off")
    second.do("power.start", machine)
    third = make("vsphere")
    assert third.sink.table[of(machine)]["power"] == "running"
    assert third.sink.table[of(machine)]["description"] == "written by the first"
    third.driver.refresh([of(machine)])
    assert third.driver.fingerprint(of(machine)) == second.driver.fingerprint(of(machine))
    numbers = [line.split(",")[0] for line in (tmp_path / "state.jsonl").read_text().splitlines()]
    assert numbers == ['{"number":1', '{"number":2', '{"number":3']


def test_without_a_file_the_ledger_lasts_as_long_as_the_process() -> None:
    (spec,) = expand("demo://?family=xcpng&vms=50&speed=0&seed=4711")
    machine = None
    for expected in ("running", "off"):
        sink = Recording()
        driver = DemoDriver(spec, {}, sink)
        driver.connect()
        driver.load({"vm"})
        machine = machine or next(
            name
            for name, row in sink.table.items()
            if row["power"] == "running" and not row["job"] and _can_be_switched_off(driver, name)
        )
        assert sink.table[machine]["power"] == expected
        if expected == "running":
            driver.invoke(driver.plan_power(Operation(verb="power.off", key=machine)).calls[0], {})
        driver.close()


def _can_be_switched_off(driver: DemoDriver, name: str) -> bool:
    try:
        return bool(driver.plan_power(Operation(verb="power.off", key=name)).calls)
    except (Busy, Conflict):
        return False


def test_lines_that_are_none_of_ours_are_passed_by(make: Callable[..., Site], tmp_path: Path) -> None:
    (tmp_path / "state.jsonl").write_text('garbage\n{"number": 7}\n')
    site = make("proxmox", speed=0)
    machine = site.calm()
    site.do("power.off", machine)
    assert len((tmp_path / "state.jsonl").read_text().splitlines()) == 3
    site.driver.refresh([of(machine)])
    assert site.sink.table[of(machine)]["power"] == "off"


def test_a_described_world_offers_no_changes(tmp_path: Path) -> None:
    world = Path(__file__).parents[1] / "conformance" / "world.toml"
    (spec,) = expand(f"demo://?family=xcpng&world={world}")
    driver = DemoDriver(spec, {}, Recording())
    driver.connect()
    assert driver.offers() == frozenset()
    driver.close()


def test_a_fault_of_the_product_is_told_in_its_own_words(make: Callable[..., Site]) -> None:
    site = make("xcpng", speed=0)
    machine = next(each for each in site.scene.estate.machines if each.routine == "refused")
    with pytest.raises(NovaError) as caught:
        site.do("power.start", machine)
    assert caught.value.failure.code or caught.value.failure.native
    assert not isinstance(caught.value, BackendFault) or caught.value.failure.hint


def test_a_still_world_tells_events_of_calls(make: Callable[..., Site]) -> None:
    site = make("libvirt", speed=0)
    machine = site.calm()
    site.do("power.off", machine)
    site.sink.wait(lambda: any(event.key == of(machine) for event in site.sink.events), "the event")
    assert [event.native_type for event in site.sink.events if event.key == of(machine)] == [
        "lifecycle.stopped (destroyed)"
    ]


def test_a_snapshot_remembers_the_hardware_and_gives_it_back(make: Callable[..., Site]) -> None:
    site = make("proxmox", speed=0)
    machine = site.calm(Power.OFF)
    site.do("snap.create", machine, name="small")
    site.do("edit.vcpus", machine, count=str(machine.vcpus + 2))
    taken = next(each for each in site.driver.snapshots(of(machine)) if each.name == "small")
    row = key(Kind.SNAPSHOT, f"{machine.id}/{taken.id}")
    detail = site.driver.detail(row, [])
    assert detail.vm
    assert detail.now
    assert (detail.vm.cpu.count, detail.now.cpu.count) == (machine.vcpus, machine.vcpus + 2)
    site.do("snap.revert", machine, snapshot="small")
    site.driver.refresh([of(machine)])
    assert site.sink.table[of(machine)]["vcpus"] == machine.vcpus
    with pytest.raises(NotFound):
        site.driver.detail(f"snapshot:{machine.id}%2Fnever", [])


def test_less_memory_lets_a_machine_start_that_the_host_had_no_room_for(make: Callable[..., Site]) -> None:
    site = make("proxmox", speed=0)
    machine = next(each for each in site.scene.estate.machines if each.routine == "refused")
    site.do("edit.notes", machine, text="does not start")
    with pytest.raises(NovaError):
        site.do("power.start", machine)
    site.do("edit.memory", machine, size=str(machine.memory // 2))
    site.do("power.start", machine)
    site.sees(machine, "power", "running")


def test_a_guest_whose_snapshots_fail_fails_also_by_hand(make: Callable[..., Site]) -> None:
    site = make("hyperv", speed=0)
    machine = next(each for each in site.scene.estate.machines if each.routine == "snapshot-fails")
    with pytest.raises(NovaError) as caught:
        site.do("snap.create", machine, name="try")
    assert "checkpoint" in caught.value.failure.message


def test_calls_are_said_in_the_words_of_each_family(make: Callable[..., Site]) -> None:
    libvirt, xen = make("libvirt", speed=0), make("xcpng", speed=0)
    for site in (libvirt, xen):
        site.do("snap.create", site.calm(), name="one")
    with_children = libvirt.plan("snap.delete", libvirt.calm(), snapshot="one", children="with")
    assert with_children.calls[0].args["flags"] == 1
    assert set(xen.plan("snap.delete", xen.calm(), snapshot="one").calls[0].args) == {"vm", "snapshot"}
    with pytest.raises(NotSupported):
        xen.plan("snap.delete", xen.calm(), snapshot="one", children="with")
    with pytest.raises(NotSupported):
        xen.plan("snap.revert", xen.calm(), snapshot="one", then="running")

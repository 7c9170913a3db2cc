"""Hosts of the demo's vSphere in and out of maintenance, and what DRS recommends where it may not act by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from novatui.backends.demo.balancer import recommended
from novatui.backends.demo.clock import Clock
from novatui.backends.demo.driver import DemoDriver
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine, Place
from novatui.backends.demo.upkeep import automated, open_hosts, there
from novatui.config.demo import expand
from novatui.core.errors import Busy, Conflict, InvalidInput, NotFound, NovaError
from novatui.core.ids import key
from novatui.core.operations import Operation, Plan
from novatui.core.states import Kind, Power
from novatui.core.tasks import Task, TaskState
from tests.conformance.recording import Recording

NOON = int(Clock(1.0).today) - 3600
GENEROUS_S = 60.0


class Console:
    """One worker's side of a vCenter with two clusters."""

    def __init__(self, **wish: object) -> None:
        options = {"family": "vsphere", "vms": 300, "hosts": 20, **wish}
        (spec,) = expand("demo://?" + "&".join(f"{name}={value}" for name, value in options.items()))
        self.sink = Recording()
        self.driver = DemoDriver(spec, {}, self.sink)
        self.driver.connect()
        self.driver.load({kind.value for kind in Kind})
        self.driver.watch()

    @property
    def scene(self) -> Scene:
        assert self.driver._open
        return self.driver._open

    @property
    def world(self) -> float:
        return self.scene.clock.world()

    def host(self, *, closed: bool = False, by_itself: bool = True, busy: bool = True) -> Host:
        """One that fits: machines run there, and each of them can go."""
        return next(
            host
            for host in self.scene.estate.hosts
            if host.maintenance is closed
            and automated(self.scene, host) is by_itself
            and (closed or bool(self.machines(host)) is busy)
            and not any(each.devices or self.scene.now(each, self.world).act for each in self.near(host))
        )

    def now(self, host: Host) -> Host:
        return self.scene.estate.hosts[host.at]

    def near(self, host: Host) -> list[Machine]:
        return [each for each in self.scene.estate.machines if host.at in (each.host, each.away)]

    def machines(self, host: Host) -> list[Machine]:
        return there(self.scene, host, self.world)

    def plan(self, verb: str, wanted: str, **arguments: str) -> Plan:
        operation = Operation(verb=verb, key=wanted, arguments=arguments)
        plans = {"host": self.driver.plan_host, "cluster": self.driver.plan_cluster, "task": self.driver.plan_task}
        plans |= {"power": self.driver.plan_power, "migrate": self.driver.plan_migrate}
        return plans[verb.partition(".")[0]](operation)

    def send(self, plan: Plan) -> None:
        for call in plan.calls:
            self.driver.invoke(call, {})

    def do(self, verb: str, wanted: str, **arguments: str) -> Plan:
        plan = self.plan(verb, wanted, **arguments)
        self.send(plan)
        return plan

    def task(self, host: Host) -> Task:
        return next(task for task in reversed(self.driver.tasks()) if task.key == of(host))

    def shown(self, host: Host) -> object:
        """What the inventory was told last of whether it is in maintenance."""
        return self.sink.table[of(host)]["maintenance"]


def of(thing: Host | Machine) -> str:
    return key(Kind.HOST if isinstance(thing, Host) else thing.kind, thing.id)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + GENEROUS_S
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Console]:
    """A vCenter where nothing takes time."""
    console = Console(at=NOON, seed=7, state=tmp_path / "state.jsonl")
    yield console
    console.driver.close()


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Console]:
    console = Console(speed=30, state=tmp_path / "state.jsonl")
    yield console
    console.driver.close()


# --- maintenance ---


def test_its_machines_leave_and_then_it_is_in_maintenance(still: Console) -> None:
    host = still.host()
    leaving = still.machines(host)
    plan = still.do("host.maintenance", of(host))
    assert [call.verb for call in plan.calls] == ["EnterMaintenanceMode_Task"]
    assert str(len(leaving)) in plan.warnings[0]
    assert still.machines(host) == []
    assert still.now(host).maintenance
    for machine in leaving:
        now = still.scene.estate.current(machine)
        assert still.scene.now(now, still.world).power is machine.power
        to = still.scene.host(now, still.scene.now(now, still.world))
        assert to.at != host.at
        assert to.parent == host.parent
        assert not to.maintenance
    task = still.task(host)
    assert (task.state, task.progress, task.native_verb) == (TaskState.DONE, 100.0, "EnterMaintenanceMode_Task")


def test_a_host_comes_back_and_takes_machines_again(still: Console) -> None:
    host = still.host()
    moved = still.machines(host)[0]
    plan = still.do("host.maintenance", of(host))
    assert plan.inverse is not None
    with pytest.raises(Conflict, match="in maintenance"):
        still.plan("migrate.live", of(moved), to=host.id)
    with pytest.raises(Conflict, match="in maintenance already"):
        still.plan("host.maintenance", of(host))
    still.do(plan.inverse.verb, plan.inverse.key)
    assert not still.now(host).maintenance
    still.do("migrate.live", of(moved), to=host.id)
    assert [each.name for each in still.machines(host)] == [moved.name]
    with pytest.raises(Conflict, match="not in maintenance"):
        still.plan("host.return", of(host))


def test_hosts_of_a_cluster_go_one_after_another(still: Console) -> None:
    """What has moved once moves again when its new host is next."""
    first = still.host()
    count = sum(len(still.machines(each)) for each in still.scene.estate.hosts if each.parent == first.parent)
    for host in [first, *open_hosts(still.scene, first)][:3]:
        if not any(each.devices for each in still.near(host)):
            still.do("host.maintenance", of(host))
            assert still.now(host).maintenance
            still.do("host.return", of(host))
    assert count == sum(len(still.machines(each)) for each in still.scene.estate.hosts if each.parent == first.parent)


def test_without_a_balancer_that_acts_it_has_to_be_emptied_before(still: Console) -> None:
    host = still.host(by_itself=False)
    with pytest.raises(Conflict, match=min(each.name for each in still.machines(host))) as refused:
        still.plan("host.maintenance", of(host))
    assert "evacuate" in refused.value.failure.hint


def test_machines_that_are_off_stay_or_leave_as_asked_and_do_not_start_there(still: Console) -> None:
    host = next(
        each
        for each in still.scene.estate.hosts
        if automated(still.scene, each) and not each.maintenance and cold_on(still, each)
    )
    cold = cold_on(still, host)[0]
    assert cold.name in " ".join(still.plan("host.maintenance", of(host)).warnings) or len(cold_on(still, host)) > 3
    still.do("host.maintenance", of(host))
    assert still.scene.estate.current(cold).host == host.at
    with pytest.raises(Conflict, match=host.name):
        still.plan("power.start", of(cold))
    if still.now(host).closing:
        still.do("task.cancel", of(host))
    else:
        still.do("host.return", of(host))
    still.plan("power.start", of(still.scene.estate.current(cold)))
    still.do("host.maintenance", of(host), off="yes")
    assert still.scene.estate.current(cold).host != host.at


def cold_on(console: Console, host: Host) -> list[Machine]:
    return [
        each
        for each in console.scene.estate.machines
        if each.host == host.at and each.kind is Kind.VM and not each.routine and each.power is Power.OFF
        and each.memory <= host.memory and not each.devices and each.flaw != "refused"
    ]  # fmt: skip


def test_a_machine_that_cannot_go_holds_it_up_until_it_is_off(still: Console) -> None:
    host, held = next(
        (host, each)
        for host in still.scene.estate.hosts
        for each in there(still.scene, host, still.world)
        if automated(still.scene, host) and each.devices and not still.scene.now(each, still.world).act
    )
    plan = still.plan("host.maintenance", of(host))
    assert any(held.name in line and "cannot leave" in line for line in plan.warnings)
    sending = threading.Thread(target=still.send, args=(plan,))
    sending.start()
    until(lambda: still.now(host).closing)
    task = still.task(host)
    assert task.state is TaskState.RUNNING
    assert held.name in task.detail
    assert task.cancellable
    for each in still.machines(host):
        still.do("power.off", of(each))
    sending.join(GENEROUS_S)
    assert not sending.is_alive()
    assert still.now(host).maintenance
    assert still.task(host).state is TaskState.DONE


def test_vsan_is_refused_where_there_is_none(still: Console) -> None:
    with pytest.raises(NovaError, match="vSAN"):
        still.plan("host.maintenance", of(still.host()), data="all")


def test_they_are_seen_to_leave_and_what_has_not_left_stays_when_it_is_cancelled(living: Console) -> None:
    console = living
    host = console.host()
    count = len(console.machines(host))
    failed: list[NovaError] = []

    def send(plan: Plan) -> None:
        try:
            console.send(plan)
        except NovaError as error:
            failed.append(error)

    sending = threading.Thread(target=send, args=(console.plan("host.maintenance", of(host)),))
    sending.start()
    until(lambda: any(task.verb == "migrate" and task.who == "DRS" for task in console.driver.tasks()))
    queued = [each for each in console.near(host) if console.scene.life.queued(each, console.world)]
    if queued:
        with pytest.raises(Busy, match="waits to be moved"):
            console.plan("power.off", of(queued[0]))
    assert console.task(host).state is TaskState.RUNNING
    try:
        console.do("task.cancel", of(host), task=console.task(host).id)
    except Conflict:  # it was over before
        sending.join(GENEROUS_S)
        assert console.now(host).maintenance
        return
    sending.join(GENEROUS_S)
    assert not sending.is_alive()
    assert failed
    assert "cancelled" in str(failed[0])
    until(lambda: not any(task.verb == "migrate" and task.state is TaskState.RUNNING and task.who == "DRS"
                          for task in console.driver.tasks()))  # fmt: skip
    assert not console.now(host).maintenance
    assert len(console.machines(host)) <= count
    assert not any(console.scene.life.queued(each, console.world) for each in console.near(host))


def test_who_watches_sees_it_and_another_console_too(living: Console, tmp_path: Path) -> None:
    host = living.host()
    living.do("host.maintenance", of(host))
    until(lambda: living.shown(host) is True)
    until(lambda: any(each.native_type == "EnteredMaintenanceModeEvent" for each in list(living.sink.events)))
    other = Console(speed=30, state=tmp_path / "state.jsonl")
    try:
        assert other.now(host).maintenance
        assert other.task(host).state is TaskState.DONE
        until(lambda: living.task(host).ended is not None)
        assert other.task(host).ended == pytest.approx(living.task(host).ended, abs=0.01)
        other.do("host.return", of(host))
        until(lambda: living.shown(host) is False)
    finally:
        other.driver.close()


# --- recommendations ---


def uneven(console: Console) -> tuple[Place, str]:
    """A cluster whose balancer recommends something, and the key of that."""
    return next(
        (place, one.key)
        for place in console.scene.estate.places
        for one in recommended(console.scene, place, console.world)
    )


def listed(console: Console, cluster: Place) -> list[str]:
    detail = console.driver.detail(key(Kind.CLUSTER, cluster.id), [])
    return [one.name for one in detail.properties if one.section == "recommendations"]


def test_one_that_is_carried_out_moves_its_machine_and_is_gone(still: Console) -> None:
    cluster, wanted = uneven(still)
    one = next(each for each in recommended(still.scene, cluster, still.world) if each.key == wanted)
    assert wanted in listed(still, cluster)
    plan = still.do("cluster.apply", key(Kind.CLUSTER, cluster.id), recommendation=wanted)
    assert [call.verb for call in plan.calls] == ["ApplyRecommendation"]
    assert one.line in plan.warnings
    assert wanted not in listed(still, cluster)
    assert one.machine.name in [each.name for each in still.machines(one.to)]
    assert still.now(one.source).busy < one.source.busy
    with pytest.raises(NotFound, match=wanted):
        still.plan("cluster.apply", key(Kind.CLUSTER, cluster.id), recommendation=wanted)


def test_one_that_is_dismissed_is_gone_and_nothing_moves(still: Console) -> None:
    cluster, wanted = uneven(still)
    one = next(each for each in recommended(still.scene, cluster, still.world) if each.key == wanted)
    still.do("cluster.dismiss", key(Kind.CLUSTER, cluster.id), recommendation=wanted)
    assert wanted not in listed(still, cluster)
    assert one.machine.name in [each.name for each in still.machines(one.source)]


def test_a_cluster_whose_balancer_acts_by_itself_recommends_nothing(still: Console) -> None:
    acting = next(each for each in still.scene.estate.places if each.automation == "fully automated")
    assert listed(still, acting) == []
    with pytest.raises(NotFound) as refused:
        still.plan("cluster.apply", key(Kind.CLUSTER, acting.id), recommendation="1")
    assert refused.value.failure.meaning == "it recommends nothing now"
    with pytest.raises(InvalidInput):
        still.plan("cluster.apply", key(Kind.CLUSTER, acting.id))

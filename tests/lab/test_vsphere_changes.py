"""Changing things on our own vCenter simulator: guests that listen, rights, what the server disables, progress, and
links that are lost in the middle of it. The server's own log says what was sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.core.errors import Aborted, Busy, Conflict, Denied, Failure, NovaError, OutcomeUnknown
from novatui.core.operations import NativeCall, Operation, Plan
from novatui.core.tasks import Task
from tests.lab.fixtures import or_skip
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.soap.running import SoapServer
from tests.lab.workspace import wait_until

pytestmark = pytest.mark.xdist_group("vcsim")

WEB = "web-01"
"""Runs, with tools in its guest."""


@pytest.fixture(scope="module")
def shared() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02)) as one:
        yield one


@pytest.fixture
def server(shared: SoapServer) -> Iterator[SoapServer]:
    """Without planted faults, the machine runs."""
    shared.steering.set_power(name=WEB, state="poweredOn")
    yield shared
    shared.steering.clear()
    shared.steering.disable(name=WEB, methods=[])


@pytest.fixture
def probe(server: SoapServer) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def operation(probe: Probe, verb: str, **arguments: str) -> Operation:
    return Operation(verb=verb, key=probe.sink.key_of(WEB), arguments=arguments)


def plan(probe: Probe, verb: str, **arguments: str) -> Plan:
    asked = operation(probe, verb, **arguments)
    return probe.driver.plan_snap(asked) if verb.startswith("snap") else probe.driver.plan_power(asked)


def sent(server: SoapServer, since: int) -> list[str]:
    """Changing calls by the server's own log."""
    return [one["method"] for one in server.steering.calls(since=since, changes=True)]


def last(server: SoapServer) -> int:
    return max((one["number"] for one in server.steering.calls()), default=0)


def state(server: SoapServer) -> str:
    return server.steering.read(name=WEB, path="runtime.powerState")


class Beside:
    """A call that is made on a thread of its own."""

    def __init__(self, made: Callable[[], Any]) -> None:
        self.failure: Failure | None = None
        self.error: Exception | None = None
        self._made = made
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._made()
        except NovaError as error:
            self.error, self.failure = error, error.failure

    def ended(self) -> NovaError | None:
        self._thread.join(120)
        assert not self._thread.is_alive(), "the call never ended"
        assert self.error is None or isinstance(self.error, NovaError)
        return self.error


def running(probe: Probe, verb: str) -> Task:
    """The task of that word, as soon as the server tells it."""
    found: list[Task] = []

    def there() -> bool:
        found[:] = [one for one in probe.driver.tasks() if one.verb == verb and one.state.value == "running"]
        return bool(found)

    wait_until(there, f"a task {verb}")
    return found[0]


# --- the guest --------------------------------------------------------------------------------------------------------


def test_a_guest_that_listens_is_asked(server: SoapServer, probe: Probe) -> None:
    made = plan(probe, "power.shutdown")
    (call,) = made.calls
    assert (call.verb, call.long) == ("ShutdownGuest", False)
    assert made.inverse is not None
    since = last(server)
    probe.driver.invoke(call, {})
    assert sent(server, since) == ["ShutdownGuest"]
    key = probe.sink.key_of(WEB)
    probe.sink.until(lambda: probe.sink.objects[key]["power"] in made.expects[0].values, "the guest is off")


def test_a_guest_that_listens_reboots(server: SoapServer, probe: Probe) -> None:
    since = last(server)
    probe.driver.invoke(plan(probe, "power.reboot").calls[0], {})
    assert sent(server, since) == ["RebootGuest"]
    wait_until(
        lambda: server.steering.read(name=WEB, path="guest.toolsRunningStatus") == "guestToolsRunning", "it is up"
    )


# --- what stands in the way -------------------------------------------------------------------------------------------


def test_a_missing_privilege_is_named_with_its_place(server: SoapServer) -> None:
    operator = "operator@vsphere.local"
    server.steering.grant(user=operator, name=WEB, privileges=["VirtualMachine.Interact.PowerOn"])
    with connected(server, user=operator) as probe:
        since = last(server)
        with pytest.raises(Denied) as caught:
            plan(probe, "power.off")
        assert caught.value.failure.subject == "VirtualMachine.Interact.PowerOff"
        assert caught.value.failure.message == f"the account lacks VirtualMachine.Interact.PowerOff on {WEB}"
        with pytest.raises(Denied, match="CreateSnapshot"):
            plan(probe, "snap.create", name="n", memory="no")
        assert sent(server, since) == []
        server.steering.set_power(name=WEB, state="poweredOff")
        assert plan(probe, "power.start").warnings == ()


def test_a_server_that_does_not_tell_the_rights_is_not_taken_for_a_no(server: SoapServer, probe: Probe) -> None:
    server.steering.plant(method="HasPrivilegeOnEntities", do="fault", name="RestrictedByAdministrator")
    made = plan(probe, "power.off")
    assert "the server does not tell whether the account may do this" in made.warnings


def test_what_the_server_disables_is_not_planned(server: SoapServer, probe: Probe) -> None:
    server.steering.disable(name=WEB, methods=["PowerOffVM_Task"])
    with pytest.raises(Conflict, match="does not offer PowerOffVM_Task of web-01") as caught:
        plan(probe, "power.off")
    assert caught.value.failure.subject == "PowerOffVM_Task"
    assert plan(probe, "power.reset").calls


def test_who_works_on_it_is_named(server: SoapServer, probe: Probe) -> None:
    server.steering.takes(method="ResetVM_Task", seconds=100.0)
    working = Beside(lambda: probe.driver.invoke(plan(probe, "power.reset").calls[0], {}))
    try:
        task = running(probe, "reset")
        with pytest.raises(Busy):
            probe.driver.invoke(call_of(probe, "PowerOffVM_Task"), {})
        server.steering.disable(name=WEB, methods=["PowerOffVM_Task"])
        with pytest.raises(Busy, match=r"web-01 is busy: VirtualMachine\.reset"):
            plan(probe, "power.off")
        assert task.key == probe.sink.key_of(WEB)
    finally:
        server.steering.takes(method="ResetVM_Task", seconds=1.0)
        assert working.ended() is None


def call_of(probe: Probe, verb: str, **arguments: Any) -> NativeCall:
    this = probe.sink.key_of(WEB).partition(":")[2]
    return NativeCall(id="1", connection="vc", verb=verb, args={"this": this, **arguments})


# --- progress and cancelling ------------------------------------------------------------------------------------------


def test_progress_is_told_and_never_goes_back(server: SoapServer, probe: Probe) -> None:
    server.steering.takes(method="SuspendVM_Task", seconds=60.0)
    try:
        probe.driver.invoke(plan(probe, "power.suspend").calls[0], {})
    finally:
        server.steering.takes(method="SuspendVM_Task", seconds=2.0)
    assert len(set(probe.sink.progress)) > 3
    assert probe.sink.progress == sorted(probe.sink.progress)
    assert all(0 <= each <= 100 for each in probe.sink.progress)


def test_a_task_is_cancelled_while_it_runs(server: SoapServer, probe: Probe) -> None:
    server.steering.takes(method="CreateSnapshot_Task", seconds=2000.0)
    try:
        made = plan(probe, "snap.create", name="never", memory="yes")
        taking = Beside(lambda: probe.driver.invoke(made.calls[0], {}))
        task = running(probe, "snapshot")
        assert task.cancellable is True
        since = last(server)
        cancel = probe.driver.plan_task(operation(probe, "task.cancel", task=task.id))
        assert [(each.verb, each.args) for each in cancel.calls] == [("CancelTask", {"this": task.id})]
        probe.driver.invoke(cancel.calls[0], {})
        assert sent(server, since) == ["CancelTask"]
    finally:
        server.steering.takes(method="CreateSnapshot_Task", seconds=1.0)
    error = taking.ended()
    assert isinstance(error, Aborted)
    assert probe.driver.snapshots(probe.sink.key_of(WEB)) == []


def test_a_task_that_cannot_be_cancelled(server: SoapServer, probe: Probe) -> None:
    server.steering.takes(method="ResetVM_Task", seconds=100.0)
    working = Beside(lambda: probe.driver.invoke(plan(probe, "power.reset").calls[0], {}))
    try:
        task = running(probe, "reset")
        with pytest.raises(Conflict, match="cannot be cancelled"):
            probe.driver.plan_task(operation(probe, "task.cancel", task=task.id))
    finally:
        server.steering.takes(method="ResetVM_Task", seconds=1.0)
        assert working.ended() is None


# --- links that are lost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        ({"do": "lose"}, "poweredOff"),
        ({"do": "drop"}, "poweredOn"),
        ({"do": "break"}, "poweredOff"),
        ({"do": "status", "status": 503}, "poweredOn"),
    ],
    ids=["lose", "drop", "break", "status"],
)
def test_an_answer_that_never_came_leaves_it_unknown_and_is_not_asked_twice(
    server: SoapServer, probe: Probe, fault: dict[str, Any], after: str
) -> None:
    call = plan(probe, "power.off").calls[0]
    server.steering.plant(method="PowerOffVM_Task", **fault)
    since = last(server)
    with pytest.raises(OutcomeUnknown) as caught:
        probe.driver.invoke(call, {})
    assert "nothing is repeated" in caught.value.failure.hint
    assert sent(server, since).count("PowerOffVM_Task") <= 1
    assert sum(one["struck"] for one in server.steering.struck()) == 1
    wait_until(lambda: state(server) == after, f"it is {after}")


def test_a_task_whose_end_was_not_told_is_unknown(server: SoapServer, probe: Probe) -> None:
    server.steering.takes(method="PowerOffVM_Task", seconds=100.0)
    call = plan(probe, "power.off").calls[0]
    since = last(server)
    try:
        working = Beside(lambda: probe.driver.invoke(call, {}))
        task = running(probe, "off")
        server.steering.end_sessions()
        error = working.ended()
    finally:
        server.steering.takes(method="PowerOffVM_Task", seconds=1.0)
    assert isinstance(error, OutcomeUnknown)
    assert task.id in error.failure.meaning
    assert sent(server, since).count("PowerOffVM_Task") == 1
    wait_until(lambda: state(server) == "poweredOff", "the server goes on with it")


# --- snapshots --------------------------------------------------------------------------------------------------------


def test_a_tree_with_sizes(probe: Probe) -> None:
    told = probe.driver.snapshots(probe.sink.key_of("db-01"))
    assert any(one.memory for one in told)
    assert {one.name for one in told} == {"base", "before-upgrade", "upgrade-tried", "weekly"}
    with_memory = [one for one in told if one.memory]
    assert all(one.size is not None and one.size > 1 << 20 for one in with_memory)
    assert all(one.parent is None or one.parent in {each.id for each in told} for one in told)
    assert sum(one.current for one in told) == 1


def test_memory_goes_along_and_comes_back(server: SoapServer, probe: Probe) -> None:
    for call in plan(probe, "snap.create", name="warm", memory="yes").calls:
        probe.driver.invoke(call, {})
    probe.driver.invoke(plan(probe, "power.off").calls[0], {})
    made = plan(probe, "snap.revert", snapshot="warm")
    assert "the machine is running afterwards" in made.warnings
    for call in made.calls:
        probe.driver.invoke(call, {})
    assert state(server) == "poweredOn"
    for call in plan(probe, "snap.delete", snapshot="warm").calls:
        probe.driver.invoke(call, {})
    assert probe.driver.snapshots(probe.sink.key_of(WEB)) == []


def test_disks_that_need_consolidation_are_told(server: SoapServer, probe: Probe) -> None:
    server.steering.put(name=WEB, path="runtime.consolidationNeeded", value=True)
    try:
        made = plan(probe, "snap.create", name="n")
        assert any("need consolidation" in each for each in made.warnings)
    finally:
        server.steering.put(name=WEB, path="runtime.consolidationNeeded", value=False)

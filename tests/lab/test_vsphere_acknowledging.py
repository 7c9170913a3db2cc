"""Acknowledging alarms at our own vCenter simulator: what is sent, what another client sees, what is told back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.core.errors import Conflict, Denied, NotFound, NotSupported
from novatui.core.events import Event
from novatui.core.operations import Operation, Plan
from tests.lab.fixtures import or_skip
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vcsim")

WEB = "web-01"
CPU, MEMORY = "Virtual machine CPU usage", "Virtual machine memory usage"


@pytest.fixture(scope="module")
def shared() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02)) as one:
        yield one


@pytest.fixture
def server(shared: SoapServer) -> Iterator[SoapServer]:
    """One alarm is raised on the machine."""
    shared.steering.alarm(name=WEB, alarm=CPU, status="red")
    yield shared
    shared.steering.clear()
    for name in (CPU, MEMORY):
        shared.steering.alarm(name=WEB, alarm=name, status="green")


@pytest.fixture
def probe(server: SoapServer) -> Iterator[Probe]:
    with connected(server) as found:
        yield found


def planned(probe: Probe, alarm: str = CPU, key: str = "") -> Plan:
    arguments = {"alarm": alarm} if alarm else {}
    operation = Operation(verb="alarm.acknowledge", key=key or probe.sink.key_of(WEB), arguments=arguments)
    found: Plan = probe.driver.plan_alarm(operation)
    return found


def run(probe: Probe, plan: Plan) -> None:
    for call in plan.calls:
        probe.driver.invoke(call, {})


def states(server: SoapServer) -> dict[str, Any]:
    """By name, as another client sees them."""
    with client_of(server) as service:  # type: ignore[arg-type]
        told = service.content.rootFolder.triggeredAlarmState
        return {one.alarm.info.name: (one.acknowledged, one.acknowledgedByUser, one.acknowledgedTime) for one in told}


def last_told(probe: Probe, alarm: str = CPU) -> Event:
    return [event for event in probe.sink.events if event.alarm == alarm][-1]


def test_one_alarm_is_acknowledged_for_everybody(server: SoapServer, probe: Probe) -> None:
    server.steering.alarm(name=WEB, alarm=MEMORY, status="yellow")
    probe.sink.until(lambda: any(event.alarm == MEMORY for event in probe.sink.events), "the second alarm")
    plan = planned(probe)
    assert [call.verb for call in plan.calls] == ["AcknowledgeAlarm"]
    assert plan.calls[0].args["entity"] == f"VirtualMachine:{server.steering.reference(name=WEB)}"
    assert plan.inverse is None
    assert "until the alarm is over" in plan.irreversible
    assert plan.warnings == (
        f"{CPU}: it stays raised, and its actions (mail, trap, script) are not repeated until it is over",
    )
    assert states(server)[CPU][0] is False
    run(probe, plan)
    done, by, at = states(server)[CPU]
    assert (done, by) == (True, server.user)
    assert states(server)[MEMORY][0] is False

    def told() -> bool:
        known = last_told(probe).acknowledgement
        return known is not None and known.done

    probe.sink.until(told, "that it is acknowledged")
    known = last_told(probe).acknowledgement
    assert known is not None
    assert known.by == server.user
    assert known.at == pytest.approx(at.timestamp(), abs=0.01)
    assert last_told(probe).raised is True
    assert last_told(probe, MEMORY).acknowledgement is not None
    assert last_told(probe, MEMORY).acknowledgement.done is False


def test_without_a_name_all_that_nobody_has_acknowledged(server: SoapServer, probe: Probe) -> None:
    server.steering.alarm(name=WEB, alarm=MEMORY, status="yellow")
    assert len(planned(probe, alarm="").calls) == 2
    run(probe, planned(probe, alarm=MEMORY))
    plan = planned(probe, alarm="")
    assert len(plan.calls) == 1
    run(probe, plan)
    assert {name: told[0] for name, told in states(server).items()} == {CPU: True, MEMORY: True}


def test_what_was_acknowledged_before_says_by_whom(server: SoapServer, probe: Probe) -> None:
    run(probe, planned(probe))
    with pytest.raises(Conflict, match=f"{CPU} is acknowledged already: by {server.user} at 2"):
        planned(probe)


def test_an_alarm_that_is_raised_again_can_be_acknowledged_again(server: SoapServer, probe: Probe) -> None:
    run(probe, planned(probe))
    for status in ("green", "yellow"):
        server.steering.alarm(name=WEB, alarm=CPU, status=status)
    run(probe, planned(probe))
    assert states(server)[CPU][0] is True


def test_what_is_not_raised_is_named(server: SoapServer, probe: Probe) -> None:
    with pytest.raises(NotFound, match="no alarm Never is raised on web-01") as caught:
        planned(probe, alarm="Never")
    assert caught.value.failure.meaning == f"raised are: {CPU}"
    other = probe.sink.key_of("spare")
    with pytest.raises(NotFound, match="no alarm is raised on spare"):
        planned(probe, key=other)


def test_an_alarm_of_what_lies_below_is_not_its_own(server: SoapServer, probe: Probe) -> None:
    """A host's triggeredAlarmState holds those of its machines too."""
    cluster = probe.sink.key_of("cluster-atlas", "cluster")
    with pytest.raises(NotFound, match="no alarm is raised on cluster-atlas"):
        planned(probe, key=cluster)


def test_a_privilege_that_is_missing_is_named(server: SoapServer) -> None:
    with connected(server, user="operator@vsphere.local") as probe:
        server.steering.grant(user="operator@vsphere.local", name=WEB, privileges=["System.Read", "System.View"])
        with pytest.raises(Denied, match=r"the account lacks Alarm.Acknowledge on web-01"):
            planned(probe)
        server.steering.grant(
            user="operator@vsphere.local", name=WEB, privileges=["System.Read", "System.View", "Alarm.Acknowledge"]
        )
        run(probe, planned(probe))
    assert states(server)[CPU][1] == "operator@vsphere.local"


def test_a_server_that_refuses_is_told_in_words(server: SoapServer, probe: Probe) -> None:
    plan = planned(probe)
    server.steering.plant(method="AcknowledgeAlarm", do="fault", name="NoPermission", count=1)
    with pytest.raises(Denied):
        run(probe, plan)
    assert states(server)[CPU][0] is False


def test_a_host_alone_has_no_alarms_to_acknowledge() -> None:
    with or_skip(lambda: Vcsim(esx=True, machines=1)) as server, connected(server) as probe:
        assert "alarm.acknowledge" not in probe.driver.offers()
        with pytest.raises(NotSupported):
            planned(probe, key=next(key for key in probe.sink.objects if key.startswith("vm:")))

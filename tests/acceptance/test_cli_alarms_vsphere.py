"""Alarms of a vCenter from the command line: what is told of them, and acknowledged for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from tests.acceptance.program import Program
from tests.lab.fixtures import or_skip
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vcsim")

WEB = "web-01"
CPU, MEMORY = "Virtual machine CPU usage", "Virtual machine memory usage"


@pytest.fixture(scope="module")
def server() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02)) as one:
        yield one


@pytest.fixture
def program(tmp_path: Path, server: SoapServer) -> Program:
    """Two alarms are raised on the machine, and nobody has acknowledged them."""
    for status in ("green", "red"):
        for alarm in (CPU, MEMORY):
            server.steering.alarm(name=WEB, alarm=alarm, status=status)
    found = Program(tmp_path, {"LAB_PASSWORD": server.password})
    found.configure(
        "\n".join(
            (
                "[connections.vc]",
                f'uri = "vsphere://{server.user}@localhost:{server.port}"',
                f'tls = "ca:{server.authority.root.certificate}"',
                'password = "env:LAB_PASSWORD"',
                "",
            )
        )
    )
    return found


def known(server: SoapServer) -> dict[str, bool]:
    """By name, as another client sees them."""
    with client_of(server) as service:  # type: ignore[arg-type]
        return {one.alarm.info.name: one.acknowledged for one in service.content.rootFolder.triggeredAlarmState}


def told(program: Program) -> dict[str, Any]:
    answer = program.run("alarms", "--json")
    assert answer.code == 0, answer.err
    return {one["name"]: one for one in answer.json["alarms"] if "name" in one}


def test_an_alarm_is_acknowledged_and_told_so(program: Program, server: SoapServer) -> None:
    assert told(program)[CPU]["at_server"] == {"acknowledged": False}
    answer = program.run("alarms", "acknowledge", WEB, "--alarm", CPU, "--yes")
    assert answer.code == 0, answer.err
    assert known(server) == {CPU: True, MEMORY: False}
    after = told(program)
    assert after[CPU]["at_server"]["acknowledged"] is True
    assert after[CPU]["at_server"]["by"] == server.user
    assert after[CPU]["at_server"]["at"].startswith("2")
    assert "acknowledged" not in after[CPU], "that is what was said in the console"
    assert after[MEMORY]["at_server"] == {"acknowledged": False}
    assert "acknowledged at the server by" in program.run("alarms").out
    events = [one["event"] for one in program.run("audit", "show", "--json").lines]
    assert events[:3] == ["operation", "call", "result"]


def test_it_is_planned_and_asked_for_first(program: Program, server: SoapServer) -> None:
    plan = program.run("alarms", "acknowledge", WEB, "--plan", "--json")
    assert plan.code == 0, plan.err
    assert [call["call"] for call in plan.json["plan"]] == ["AcknowledgeAlarm", "AcknowledgeAlarm"]
    assert plan.json["inverse"] is None
    line = program.run("alarms", "acknowledge", WEB, "--alarm", CPU, "--plan", "--as", "powercli").out
    assert ".AcknowledgeAlarm(" in line
    line = program.run("alarms", "acknowledge", WEB, "--alarm", CPU, "--plan", "--as", "govc").out
    assert line.startswith("# govc has no command for AcknowledgeAlarm")
    refused = program.run("alarms", "acknowledge", WEB)
    assert refused.code == 4
    assert known(server) == {CPU: False, MEMORY: False}
    assert program.run("alarms", "acknowledge", WEB, "--yes").code == 0
    assert known(server) == {CPU: True, MEMORY: True}
    again = program.run("alarms", "acknowledge", WEB, "--yes")
    assert again.code == 1
    assert "is acknowledged already: by" in again.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("acknowledge",), "needs an OBJECT"),
        (("--alarm", CPU), "--alarm is for"),
    ],
)
def test_what_makes_no_sense_is_refused(program: Program, words: tuple[str, ...], said: str) -> None:
    answer = program.run("alarms", *words)
    assert answer.code == 2
    assert said in answer.err

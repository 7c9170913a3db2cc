"""Alarms of a vCenter: told once, by name, from states and from events; counted on their objects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from novatui.backends.vsphere.alarms import Alarms
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.updates import Ref, Update
from novatui.core.events import Acknowledgement, Event, Severity
from tests.lab.vsphere.driven import KINDS, Recorder

MACHINE = Ref("VirtualMachine", "vm-1")
CPU, DISK = Ref("Alarm", "alarm-1"), Ref("Alarm", "alarm-2")
NAMES = {CPU: "CPU %2f ready", DISK: "Disk full"}
ROOT = Ref("Folder", "group-d1")


def state(alarm: Ref, status: str, entity: Ref = MACHINE, by: str = "") -> dict[str, Any]:
    return {
        "key": f"{alarm.id}.{entity.id}",
        "entity": entity,
        "alarm": alarm,
        "overallStatus": status,
        "time": "2026-01-15T12:00:00Z",
        "acknowledged": "true" if by else "false",
        "acknowledgedByUser": by,
        "acknowledgedTime": "2026-01-15T12:30:00Z",
    }


class Desk:
    """The part with a server that tells what it is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sink = Recorder()
        self.now: list[dict[str, Any]] = []
        self.read = 0
        monkeypatch.setattr("novatui.backends.vsphere.alarms.Asking", lambda *_: self)
        inventory = Inventory(self.sink)
        inventory.want(KINDS)
        inventory.take(0.0, Update("enter", MACHINE, {"name": "web-1", "runtime.powerState": "poweredOn"}))
        inventory.settle()
        content = SimpleNamespace(rootFolder=SimpleNamespace(_moId=ROOT.id))
        self.part = Alarms(SimpleNamespace(content=content), self.sink, inventory)  # type: ignore[arg-type]
        self.part.accepted()

    def of(self, ref: Ref, paths: tuple[str, ...]) -> Any:
        if ref == ROOT:
            self.read += 1
            return SimpleNamespace(values={"triggeredAlarmState": self.now}, unread={})
        return SimpleNamespace(values={"info.name": NAMES[ref]}, unread={})

    def tell(self, *states: dict[str, Any]) -> list[tuple[str, bool | None, Severity]]:
        """The stream tells these; what the console is told anew."""
        before = len(self.sink.events)
        self.now = list(states)
        self.part.take(0.0, Update("modify", ROOT, {"triggeredAlarmState": self.now or None}))
        self.part.settle()
        return [(event.alarm, event.raised, event.severity) for event in self.sink.events[before:]]

    def heard(self, raised: bool) -> None:
        self.part.heard(
            Event(
                id="1",
                at=1.0,
                seen=1.0,
                native_type="AlarmStatusChangedEvent",
                key="vm:vm-1",
                alarm="Disk full",
                raised=raised,
            )
        )
        self.part.settle()

    @property
    def count(self) -> Any:
        return self.sink.objects["vm:vm-1"].get("alarms")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def test_what_is_raised_is_told_by_name_and_counted(desk: Desk) -> None:
    assert desk.tell(state(CPU, "red"), state(DISK, "yellow"), state(Ref("Alarm", "alarm-3"), "green")) == [
        ("CPU / ready", True, Severity.ERROR),
        ("Disk full", True, Severity.WARNING),
    ]
    assert desk.count == 2
    assert desk.sink.events[0].key == "vm:vm-1"
    assert desk.tell(state(CPU, "red"), state(DISK, "yellow")) == []
    assert desk.tell(state(CPU, "red")) == [("Disk full", False, Severity.INFO)]
    assert desk.count == 1
    assert desk.tell() == [("CPU / ready", False, Severity.INFO)]
    assert desk.count == 0


def test_another_colour_and_an_acknowledgement_are_told(desk: Desk) -> None:
    desk.tell(state(CPU, "yellow"))
    assert desk.tell(state(CPU, "red")) == [("CPU / ready", True, Severity.ERROR)]
    assert desk.tell(state(CPU, "red", by="anna")) == [("CPU / ready", True, Severity.ERROR)]
    told = desk.sink.events[-1]
    assert told.text == "CPU / ready is red, acknowledged by anna"
    assert told.acknowledgement == Acknowledgement(done=True, by="anna", at=1768480200.0)
    assert desk.sink.events[0].acknowledgement == Acknowledgement(done=False)
    assert len({event.id for event in desk.sink.events}) == 3


def test_what_an_event_told_is_not_told_again(desk: Desk) -> None:
    desk.now = [state(DISK, "red")]
    desk.heard(raised=True)
    assert desk.read == 1
    assert [(event.id, event.raised) for event in desk.sink.events] == [("1", True)]
    assert desk.count == 1
    desk.now = []
    desk.heard(raised=False)
    assert [(event.id, event.raised) for event in desk.sink.events] == [("1", True), ("1", False)]
    assert desk.count == 0


def test_an_alarm_that_no_event_told_is_found_by_the_next_reading(desk: Desk) -> None:
    desk.now = [state(DISK, "red"), state(CPU, "yellow")]
    desk.heard(raised=True)
    assert [(event.alarm, event.raised) for event in desk.sink.events] == [("Disk full", True), ("CPU / ready", True)]


@pytest.mark.parametrize(
    ("by", "known"),
    [("", Acknowledgement(done=False)), ("anna", Acknowledgement(done=True, by="anna", at=1768480200.0))],
)
def test_what_an_event_tells_is_told_with_what_its_state_says(desk: Desk, by: str, known: Acknowledgement) -> None:
    desk.now = [state(DISK, "red", by=by), state(CPU, "yellow", by="bert")]
    desk.heard(raised=True)
    assert desk.sink.events[0].alarm == "Disk full"
    assert desk.sink.events[0].acknowledgement == known


def test_a_server_that_does_not_tell_leaves_it_unknown(desk: Desk) -> None:
    silent = state(CPU, "red")
    del silent["acknowledged"]
    desk.tell(silent)
    assert desk.sink.events[0].acknowledgement is None
    assert desk.sink.events[0].text == "CPU / ready is red"


def test_alarms_of_what_is_not_in_the_inventory_make_no_row(desk: Desk) -> None:
    desk.tell(state(CPU, "red", Ref("HostSystem", "host-9")))
    assert "host:host-9" not in desk.sink.objects

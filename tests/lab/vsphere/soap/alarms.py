"""Alarms: which are declared, which have fired, acknowledging them; a test fires and clears them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.control import steers
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.steered import entity

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

ALARMS: dict[str, Any] = {
    "Host CPU usage": vim.HostSystem,
    "Host connection and power state": vim.HostSystem,
    "Virtual machine CPU usage": vim.VirtualMachine,
    "Virtual machine memory usage": vim.VirtualMachine,
    "Datastore usage on disk": vim.Datastore,
    "Cluster high availability error": vim.ClusterComputeResource,
}
"""Names as a vCenter declares them, each for a kind of object."""

RANK = {"gray": 0, "green": 1, "yellow": 2, "red": 3}


def begin_with(vc: Vcenter) -> None:
    """Declare them on the root folder."""
    for name, kind in ALARMS.items():
        made = vc.site.add(vim.alarm.Alarm)
        expression = vim.alarm.StateAlarmExpression(operator="isEqual", type=kind, statePath="overallStatus", red="red")
        made.facts["info"] = vim.alarm.AlarmInfo(
            name=name,
            systemName=f"alarm.{name.replace(' ', '')}",
            description=f"Default alarm: {name}",
            enabled=True,
            expression=vim.alarm.OrAlarmExpression(expression=[expression]),
            key=made.id,
            alarm=made.ref,
            entity=vc.root.ref,
            setting=vim.alarm.AlarmSetting(toleranceRange=0, reportingFrequency=300),
            lastModifiedTime=vc.site.now(),
            lastModifiedUser="",
            creationEventId=0,
        )
        made.private["of"] = kind
    for thing in vc.site.of(vim.ManagedEntity):
        thing.facts["declaredAlarmState"] = [
            _state(vc, alarm, thing, "green")
            for alarm in vc.site.of(vim.alarm.Alarm)
            if thing.is_a(alarm.private["of"])
        ]
    vc.root.facts.setdefault("triggeredAlarmState", [])


def _state(vc: Vcenter, alarm: Thing, thing: Thing, status: str) -> Any:
    return vim.alarm.AlarmState(
        key=f"{alarm.id}.{thing.id}",
        entity=thing.ref,
        alarm=alarm.ref,
        overallStatus=status,
        time=vc.site.now(),
        acknowledged=False,
    )


def set_status(vc: Vcenter, thing: Thing, alarm: Thing, status: str) -> None:
    """*API, triggeredAlarmState*: "a set of alarm states for alarms triggered by this entity or by its descendants";
    green ends it. The entity's overallStatus is the worst of its own."""
    key = f"{alarm.id}.{thing.id}"
    before = next((one.overallStatus for one in thing.facts["triggeredAlarmState"] if one.key == key), "green")
    state = _state(vc, alarm, thing, status)
    for one in [thing, *vc.above(thing)]:
        kept = [each for each in one.facts.get("triggeredAlarmState", ()) if each.key != key]
        one.facts["triggeredAlarmState"] = kept if status == "green" else [*kept, state]
        vc.site.touch(one)
    declared = [each for each in thing.facts["declaredAlarmState"] if each.key != key]
    thing.facts["declaredAlarmState"] = [*declared, state]
    own = [each.overallStatus for each in thing.facts["triggeredAlarmState"] if each.entity == thing.ref]
    thing.facts["overallStatus"] = max(own, key=RANK.__getitem__, default="green")
    vc.site.touch(thing)
    argument = vim.event.ManagedEntityEventArgument(entity=thing.ref, name=thing.name)
    vc.events.tell(
        vim.event.AlarmStatusChangedEvent,
        f"Alarm '{alarm.facts['info'].name}' on {thing.name} changed from {before} to {status}",
        thing=thing,
        source=argument,
        entity=argument,
        to=status,
        **{"from": before},
        alarm=vim.event.AlarmEventArgument(name=alarm.facts["info"].name, alarm=alarm.ref),
    )


@serves("GetAlarm")
def _alarms(call: Call) -> Any:
    """*API*: "if the entity is not set, alarms are returned for all visible entities"."""
    wanted = call.given.entity
    known = list(call.site.of(vim.alarm.Alarm))
    return [one.ref for one in known if wanted is None or one.facts["info"].entity == wanted]


@serves("GetAlarmState")
def _states(call: Call) -> Any:
    return call.thing(call.given.entity).facts["declaredAlarmState"]


@serves("AcknowledgeAlarm")
def _acknowledge(call: Call) -> None:
    """*API*: "Acknowledge the alarm for a managed entity"; nothing happens where it has not fired (ASSUMED)."""
    thing, alarm = call.thing(call.given.entity), call.thing(call.given.alarm)
    call.require("Alarm.Acknowledge", thing)
    for one in [thing, *call.vc.above(thing)]:
        for state in one.facts.get("triggeredAlarmState", ()):
            if state.key == f"{alarm.id}.{thing.id}":
                state.acknowledged, state.acknowledgedByUser, state.acknowledgedTime = True, call.user, call.site.now()
                call.site.touch(one)
    argument = vim.event.ManagedEntityEventArgument(entity=thing.ref, name=thing.name)
    call.vc.events.tell(
        vim.event.AlarmAcknowledgedEvent,
        f"Acknowledged alarm '{alarm.facts['info'].name}' on {thing.name}",
        thing=thing,
        user=call.user,
        source=argument,
        entity=argument,
        alarm=vim.event.AlarmEventArgument(name=alarm.facts["info"].name, alarm=alarm.ref),
    )


@serves("EnableAlarmActions")
def _actions(call: Call) -> None:
    call.site.put(call.thing(call.given.entity), "alarmActionsEnabled", call.given.enabled)


@serves("ClearTriggeredAlarms")
def _clear(call: Call) -> None:
    """Alarms of the statuses that the filter names; of all where it names none."""
    wanted = set(call.given.filter.status)
    for state in list(call.vc.root.facts["triggeredAlarmState"]):
        if not wanted or state.overallStatus in wanted:
            set_status(call.vc, call.thing(state.entity), call.thing(state.alarm), "green")


@steers
def alarm(vc: Vcenter, name: str, alarm: str, status: str = "red") -> str:
    """An alarm of that name changes its status on an object; `green` clears it. The state's key."""
    thing, known = entity(vc, name), next(one for one in vc.site.of(vim.alarm.Alarm) if one.facts["info"].name == alarm)
    set_status(vc, thing, known, status)
    return f"{known.id}.{thing.id}"

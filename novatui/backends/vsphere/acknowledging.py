"""Plans that acknowledge alarms of one object at the server.

AlarmManager.AcknowledgeAlarm and AlarmState of the vSphere Web Services API.
"""

from __future__ import annotations

from datetime import UTC, datetime

from novatui.backends.vsphere.alarms import STATES, State, states_of
from novatui.backends.vsphere.fields import words
from novatui.backends.vsphere.planning import Planning, Subject
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.operations import Operation, Plan

PRIVILEGE = "Alarm.Acknowledge"
"""On the object; pyVmomi's metadata names none for the method."""

QUIET = "it stays raised, and its actions (mail, trap, script) are not repeated until it is over"
FOR_GOOD = "vSphere has no call that takes an acknowledgement back: it holds until the alarm is over"


def manager_of(opened: Opened) -> Ref | None:
    """The AlarmManager; None where there is none, as on a lone ESXi host."""
    manager = opened.content.alarmManager
    return Ref("AlarmManager", manager._moId) if manager is not None else None


class AlarmPlans:
    """Plans the noun `alarm`."""

    def __init__(self, planning: Planning, manager: Ref | None) -> None:
        self._planning = planning
        self._manager = manager

    def plan(self, operation: Operation) -> Plan:
        """A call for each alarm that is meant. NotFound or Conflict when there is nothing to acknowledge."""
        if self._manager is None:
            raise NotSupported("a host alone has no alarms to acknowledge: its vCenter has", subject="alarm")
        subject = self._planning.thing(operation.key, STATES)
        meant = self._meant(subject, operation.arguments.get("alarm", ""))
        manager, planning = self._manager, self._planning
        calls = (
            planning.call(number, "AcknowledgeAlarm", manager, alarm=alarm, entity=subject.ref)
            for number, alarm in enumerate(meant, 1)
        )
        return planning.plan(
            subject,
            *calls,
            needs={subject.ref: (PRIVILEGE,)},
            warnings=tuple(f"{name}: {QUIET}" for name in meant.values()),
            irreversible=FOR_GOOD,
        )

    def _meant(self, subject: Subject, wanted: str) -> dict[Ref, str]:
        """Alarms by their name or id, or all that nobody has acknowledged, with their names."""
        raised = [one for one in states_of(subject.values.get(STATES)) if one.entity == subject.ref]
        names = self._names([one.alarm for one in raised])
        if not raised:
            raise NotFound(f"no alarm is raised on {subject.name}", hint="it may be over: r reads it again")
        found = [one for one in raised if wanted in ("", names[one.alarm], one.alarm.id)]
        if not found:
            raise NotFound(
                f"no alarm {wanted} is raised on {subject.name}",
                meaning=f"raised are: {', '.join(sorted(names.values()))}",
                hint="it may be over: r reads it again",
                subject="alarm",
            )
        if wanted and len(found) > 1:
            ids = ", ".join(one.alarm.id for one in found)
            raise InvalidInput(f"{len(found)} alarms are called {wanted}", hint=f"say which: {ids}", subject="alarm")
        fresh = {one.alarm: names[one.alarm] for one in found if not _is_done(one)}
        if not fresh:
            raise Conflict("; ".join(_said(names[one.alarm], one) for one in found), subject="acknowledged")
        return fresh

    def _names(self, alarms: list[Ref]) -> dict[Ref, str]:
        told = self._planning.asking.each(alarms, ("info.name",))
        return {one.ref: shown_name(words(one.values.get("info.name"))) or one.ref.id for one in told}


def _is_done(one: State) -> bool:
    return one.acknowledgement is not None and one.acknowledgement.done


def _said(name: str, one: State) -> str:
    known = one.acknowledgement
    by = known.by if known is not None and known.by else "somebody"
    at = known.at if known is not None else None
    when = f" at {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC" if at is not None else ""
    return f"{name} is acknowledged already: by {by}{when}"

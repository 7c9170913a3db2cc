"""Which alarms are raised at the server: AlarmStates of the root folder, which holds those of everything below it.

A server need not send updates of them (API reference, ManagedEntity.triggeredAlarmState), so they are read again when
an event of an alarm tells that something has changed. What an event has told by name is not told a second time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from pyVmomi import vim, vmodl

from novatui.backends.driver import Sink
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.fields import at, each, moment, truth, words
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref, Update
from novatui.core.errors import NotFound
from novatui.core.events import Acknowledgement, Event, Severity

STATES = "triggeredAlarmState"
RAISED = frozenset({"red", "yellow"})
"""ManagedEntityStatus of an alarm that is raised."""


class State(NamedTuple):
    """One alarm that is raised on one object."""

    alarm: Ref
    entity: Ref
    status: str
    since: float
    """Epoch seconds by the server's clock."""
    acknowledgement: Acknowledgement | None
    """None when the server does not tell."""


class Alarms:
    """What is raised, and what the console was told of it. Belongs to the thread of the update stream."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory) -> None:
        self._sink = sink
        self._inventory = inventory
        self._asking = Asking(opened, sink)
        self._root = Ref("Folder", opened.content.rootFolder._moId)
        self._raised: dict[tuple[Ref, Ref], State] = {}
        self._heard: dict[tuple[str, str], bool] = {}
        """By name of the alarm and key of the object: whether it was told as raised, by whichever way."""
        self._names: dict[Ref, str] = {}
        self._waiting: tuple[float, Any] | None = None
        """When states were asked for that are still to be told, and the states."""
        self._stale = False
        self._untold: list[Event] = []
        """What events have told by name, which is told with what the states say of it."""

    def filter_spec(self) -> Any:
        """PropertyFilterSpec: the states of the root folder."""
        reading = vmodl.query.PropertyCollector
        root = reading.ObjectSpec(obj=vim.Folder(self._root.id), skip=False)
        paths = reading.PropertySpec(type=vim.Folder, pathSet=[STATES])
        return reading.FilterSpec(objectSet=[root], propSet=[paths])

    def accepted(self) -> None:
        """The server tells them: an object without one has none."""
        self._inventory.count_alarms({})

    def take(self, begun: float, update: Update) -> None:
        """The stream tells what is raised now. The event that says so by name may come behind it in the same answer."""
        self._waiting = (begun, update.values.get(STATES))

    def heard(self, event: Event) -> None:
        """An event of an alarm came: it is told in its turn, and what is raised may be something else now."""
        if event.alarm and event.raised is not None:
            self._heard[event.alarm, event.key] = event.raised
        self._untold.append(event)
        self._stale = True

    def settle(self) -> None:
        """Everything that waited was taken; tell what is raised, read anew if an event has told of it."""
        if self._stale:
            begun = self._sink.now()
            told = self._asking.of(self._root, (STATES,))
            if STATES not in told.unread:
                self._waiting = (begun, told.values.get(STATES))
        waiting, self._waiting, self._stale = self._waiting, None, False
        begun, states = waiting if waiting is not None else (0.0, None)
        now = {(one.alarm, one.entity): one for one in states_of(states)}
        self._learn({alarm for alarm, _ in now} - self._names.keys())
        self._tell_heard(now.values())
        if waiting is not None:
            self._tell(begun, now)

    def end(self) -> None:
        """Nothing is read any more."""
        self._asking.end()

    def _tell_heard(self, now: Iterable[State]) -> None:
        """What events have told, in their order."""
        known = {(self._name(one), self._inventory.key_of(one.entity)): one.acknowledgement for one in now}
        untold, self._untold = self._untold, []
        for event in untold:
            found = known.get((event.alarm, event.key)) if event.raised else None
            self._sink.event(msgspec.structs.replace(event, acknowledgement=found))

    def _tell(self, begun: float, now: dict[tuple[Ref, Ref], State]) -> None:
        for place, one in now.items():
            known = self._raised.get(place)
            if known is None or known[2:] != one[2:]:
                self._event(one, raised=True, again=known is not None)
        for place, one in self._raised.items():
            if place not in now:
                self._event(one, raised=False, again=False)
        self._raised = now
        self._inventory.count_alarms(Counter(one.entity for one in now.values()), begun)

    def _event(self, one: State, *, raised: bool, again: bool) -> None:
        """`again`: it was raised before, in another colour or not acknowledged."""
        name, key = self._name(one), self._inventory.key_of(one.entity)
        if self._heard.get((name, key)) is raised and not again:
            return
        self._heard[name, key] = raised
        seen = time.time()
        text = f"{name} is {one.status}" if raised else f"{name} is over"
        known = one.acknowledgement if raised else None
        by = (known.by or "somebody") if known is not None and known.done else ""
        if by:
            text += f", acknowledged by {by}"
        acted = known.at if again and known is not None and known.at is not None else one.since
        at = max(one.since, acted)  # an event of its raising may be younger than its state
        self._sink.event(
            Event(
                id=f"{one.alarm.id}/{one.entity.id}/{one.since}/{one.status if raised else 'over'}/{by}",
                at=at if raised else max(seen, one.since),
                seen=seen,
                severity=_severity(one.status) if raised else Severity.INFO,
                native_type="AlarmState",
                key=key,
                subject=self._inventory.name_of(one.entity),
                text=text,
                polled=True,
                alarm=name,
                raised=raised,
                acknowledgement=known,
            )
        )

    def _name(self, one: State) -> str:
        return self._names.get(one.alarm) or one.alarm.id

    def _learn(self, alarms: Iterable[Ref]) -> None:
        """Names of these."""
        for alarm in sorted(alarms):
            try:
                told = self._asking.of(alarm, ("info.name",))
            except NotFound:
                continue  # it was deleted, and with it its states
            self._names[alarm] = shown_name(words(told.values.get("info.name")))


def states_of(told: Any) -> list[State]:
    """AlarmState in those words that are needed; one that is green or grey is not raised."""
    found: list[State] = []
    for one in each(told):
        alarm, entity, status = at(one, "alarm"), at(one, "entity"), words(one, "overallStatus")
        if isinstance(alarm, Ref) and isinstance(entity, Ref) and status in RAISED:
            found.append(State(alarm, entity, status, moment(one, "time") or 0.0, _acknowledgement(one)))
    return found


def _acknowledgement(state: dict[str, Any]) -> Acknowledgement | None:
    """By whom and when means nothing while it is not acknowledged (API reference, AlarmState)."""
    done = truth(state, "acknowledged")
    if not done:
        return None if done is None else Acknowledgement(done=False)
    return Acknowledgement(done=True, by=words(state, "acknowledgedByUser"), at=moment(state, "acknowledgedTime"))


def _severity(status: str) -> Severity:
    return Severity.ERROR if status == "red" else Severity.WARNING

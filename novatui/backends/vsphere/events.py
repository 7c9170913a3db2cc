"""What happened at the server: the latest page of an EventHistoryCollector of our own, and what the stream adds to it.

EventManager.latestEvent is never read: one server of this API (vcsim) dies of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pyVmomi import vim, vmodl

from novatui.backends.driver import Sink
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.errors import from_exception
from novatui.backends.vsphere.fields import at, each, moment, number, refs, type_of, words
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref, Update
from novatui.core.errors import NotFound, Unreachable
from novatui.core.events import Event, Severity

PAGE = 100
"""Events that the server keeps ready, and sends again with each change; more at once are lost to us."""

SUBJECTS = ("vm", "host", "ds", "net", "dvs", "computeResource", "datacenter")
"""EventArgument fields of an Event, the nearest to what it is about first; each holds a reference of its own name."""

SEVERITIES: dict[str, Severity] = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "info": Severity.INFO,
    "user": Severity.INFO,
    "red": Severity.ERROR,
    "yellow": Severity.WARNING,
}
"""EventEx.severity (EventEventSeverity), and the colours of an alarm."""

ERRORS = ("FailedEvent", "ErrorEvent", "FailureEvent", "ConnectionLostEvent", "DisconnectedEvent")
"""Ends of the names of classes that tell of trouble: an Event that is no EventEx has no severity of its own."""


class Events:
    """Makes its collector when it is asked first; it lives as long as the session."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory, alarmed: Callable[[Event], None]) -> None:
        """`alarmed` gets each live event of an alarm, and tells it."""
        self.followed = False
        """They come by the update stream."""
        self._alarmed = alarmed
        self._newest = -1
        """Key of the newest event that the stream has told; keys grow."""
        self._opened = opened
        self._sink = sink
        self._inventory = inventory
        self._asking = Asking(opened, sink)
        self._collector: Ref | None = None

    def filter_spec(self) -> Any:
        """PropertyFilterSpec: the latest page of our collector."""
        reading = vmodl.query.PropertyCollector
        page = reading.ObjectSpec(obj=vim.event.EventHistoryCollector(self._home().id), skip=False)
        paths = reading.PropertySpec(type=vim.event.EventHistoryCollector, pathSet=["latestPage"])
        return reading.FilterSpec(objectSet=[page], propSet=[paths])

    def take(self, update: Update) -> None:
        """The stream tells another page: what is new in it just happened, except in the first one."""
        seen, live = time.time(), self._newest >= 0
        page = sorted(each(update.values.get("latestPage")), key=_key)
        for one in page if live else ():
            if _key(one) > self._newest:
                event = self._event(one, seen, polled=False)
                tell = self._alarmed if type_of(one).startswith("Alarm") else self._sink.event
                tell(event)
        self._newest = max([0, self._newest, *map(_key, page)])

    def since(self, moment_: float) -> list[Event]:
        """Events since that epoch second by the server's clock, the oldest first."""
        try:
            page = self._asking.of(self._home(), ("latestPage",)).values.get("latestPage")
        except NotFound as error:
            # A collector of ours that is gone was the session's, and so the session is gone.
            raise Unreachable("the session at the server has ended", native=error.failure.native) from None
        seen = time.time()
        found = [self._event(one, seen, polled=True) for one in each(page)]
        return sorted((one for one in found if one.at >= moment_), key=lambda one: one.at)

    def end(self) -> None:
        """Nothing is read any more."""
        self._asking.end()

    def _home(self) -> Ref:
        if self._collector is None:
            self._collector = self._make()
        return self._collector

    def _make(self) -> Ref:
        self._sink.call("CreateCollectorForEvents")
        try:
            made = self._opened.content.eventManager.CreateCollectorForEvents(vim.event.EventFilterSpec())
            made.SetCollectorPageSize(PAGE)
        except Exception as error:  # noqa: BLE001 - pyVmomi raises anything
            raise from_exception(error) from None
        return Ref("EventHistoryCollector", made._moId)

    def _event(self, told: dict[str, Any], seen: float, *, polled: bool) -> Event:
        subject, name = self._subject(told)
        kind = words(told, "eventTypeId") or type_of(told) or "Event"
        return Event(
            id=words(told, "key"),
            at=moment(told, "createdTime") or seen,
            seen=seen,
            severity=_severity(told),
            native_type=kind,
            key=subject,
            subject=name,
            text=words(told, "fullFormattedMessage") or kind,
            who=words(told, "userName"),
            polled=polled,
            **_alarm(told),
        )

    def _subject(self, told: dict[str, Any]) -> tuple[str, str]:
        """Key and name of what it is about."""
        for field in SUBJECTS:
            argument = at(told, field)
            if isinstance(argument, dict):
                found = next((ref for name in argument for ref in refs(argument, name)), None)
                key = self._inventory.key_of(found) if found is not None else ""
                return key, shown_name(words(argument, "name"))
        return "", ""


def _key(told: dict[str, Any]) -> int:
    return number(told, "key") or 0


def _severity(told: dict[str, Any]) -> Severity:
    stated = words(told, "severity") or words(told, "to")
    if stated in SEVERITIES:
        return SEVERITIES[stated]
    kind = type_of(told)
    if kind.endswith(ERRORS):
        return Severity.ERROR
    return Severity.WARNING if "Warning" in kind else Severity.INFO


def _alarm(told: dict[str, Any]) -> dict[str, Any]:
    """AlarmStatusChangedEvent: green clears it."""
    if type_of(told) != "AlarmStatusChangedEvent":
        return {}
    raised = {"red": True, "yellow": True, "green": False}.get(words(told, "to"))
    return {"alarm": shown_name(words(told, "alarm.name")), "raised": raised}

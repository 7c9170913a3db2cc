"""Following a task to its end: a collector of its own on leaves of its TaskInfo, until the server says how it ended.

Only reading: a task goes on whether or not anybody looks. A link that breaks meanwhile leaves it open how it ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from novatui.backends.driver import Sink
from novatui.backends.vsphere.errors import from_exception, from_fault
from novatui.backends.vsphere.fields import at, type_of, words
from novatui.backends.vsphere.session import WAIT_S, Opened
from novatui.backends.vsphere.soap import Channel, call, element, just, property_set
from novatui.backends.vsphere.updates import Fault, Reader, Ref, Update
from novatui.core.errors import BackendFault, NovaError, OutcomeUnknown

PATHS = ("info.state", "info.progress", "info.error", "info.result", "info.cancelled")
"""Leaves only: TaskInfo.name holds what even a reader of the same version may not know."""

Take = Callable[[Update], None]


class Follower:
    """Follows tasks, several at a time, each for the thread that asks."""

    def __init__(self, opened: Opened, sink: Sink) -> None:
        self._opened = opened
        self._sink = sink
        self._turn = threading.Lock()
        self._channels: set[Channel] = set()
        self._ended = False

    def follow(self, task: Ref, verb: str) -> Any:
        """Wait for its end; what it made, None when that is nothing.

        NovaError is the task's own fault. OutcomeUnknown when the link was lost before its end was told.
        """
        told: dict[str, Any] = {}
        try:
            self._watch(task, told)
        except Exception as error:  # noqa: BLE001 - whatever it is, the task goes on
            raise _unknown(verb, task, from_exception(error)) from None
        if told.get("info.state") == "error":
            raise _fault(told)
        return told.get("info.result")

    def end(self) -> None:
        """Nobody follows any more."""
        with self._turn:
            self._ended = True
            waiting = list(self._channels)
        for channel in waiting:
            channel.end()

    def _watch(self, task: Ref, told: dict[str, Any]) -> None:
        """A filter of a collector that has not been asked yet: some servers report none that comes later."""
        channel = self._lend()
        try:
            collector = self._collector(channel)
            spec = f"<spec>{property_set('Task', PATHS)}{just(task)}</spec><partialUpdates>false</partialUpdates>"
            self._ask(channel, "CreateFilter", collector, spec)
            version = ""
            while told.get("info.state") not in ("success", "error"):
                version = self._wait(channel, collector, version, told)
            with suppress(Exception):  # the end is known, and the collector goes with the session anyway
                self._ask(channel, "DestroyPropertyCollector", collector)
        finally:
            self._give_back(channel)

    def _collector(self, channel: Channel) -> Ref:
        made = self._ask(channel, "CreatePropertyCollector", self._opened.collector).returned
        if not made or not isinstance(made[0], Ref):
            raise BackendFault("the server made no collector")
        return made[0]

    def _wait(self, channel: Channel, collector: Ref, version: str, told: dict[str, Any]) -> str:
        """One question; the version that the next one has to name."""

        def take(update: Update) -> None:
            if update.kind == "leave":
                raise OutcomeUnknown("the server forgot the task before it told its end")
            told.update(update.values)

        options = f"<options><maxWaitSeconds>{WAIT_S}</maxWaitSeconds></options>"
        reader = self._ask(channel, "WaitForUpdatesEx", collector, element("version", version), options, take=take)
        progress = told.get("info.progress")
        if isinstance(progress, int):
            self._sink.advance(float(progress))
        return reader.version or version

    def _ask(self, channel: Channel, method: str, this: Ref, *body: str, take: Take | None = None) -> Reader:
        """One request; without `take` for what it returns."""
        self._sink.call(method)
        reader = channel.read(call(method, this, *body), take or _nothing, whole=take is None)
        if reader.fault is not None:
            raise from_fault(reader.fault)
        return reader

    def _lend(self) -> Channel:
        channel = self._opened.channel()
        with self._turn:
            if self._ended:
                channel.end()
            self._channels.add(channel)
        return channel

    def _give_back(self, channel: Channel) -> None:
        with self._turn:
            self._channels.discard(channel)
        channel.end()


def _nothing(_: Update) -> None:
    """For answers without objects."""


def _fault(told: Mapping[str, Any]) -> NovaError:
    """LocalizedMethodFault as what the console tells of any fault."""
    error = told.get("info.error")
    fault = at(error, "fault")
    fields = fault if isinstance(fault, dict) else {}
    kind = type_of(fault) or ("RequestCanceled" if told.get("info.cancelled") is True else "")
    return from_fault(Fault(kind, words(error, "localizedMessage"), fields))


def _unknown(verb: str, task: Ref, cause: NovaError) -> OutcomeUnknown:
    failure = cause.failure
    return OutcomeUnknown(
        f"nobody knows how {verb} ended",
        meaning=f"the server had begun it as {task.id} and goes on with it; then: {failure.message}",
        hint="look at the object and its tasks before it is done again; nothing is repeated by itself",
        code=failure.code,
        native=failure.native,
        subject=task.id,
    )

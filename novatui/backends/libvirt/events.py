"""libvirt's events: registered once each, put in a queue by the event loop's thread, worked off by a thread of our own.

A callback must be quick (it holds up every connection of the process), so it only notes what came and when.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from novatui.backends.libvirt.asking import Asked, ask
from novatui.backends.libvirt.library import libvirt
from novatui.backends.libvirt.link import Link
from novatui.core.errors import NovaError, Unreachable

log = logging.getLogger(__name__)

Notice = tuple[str, Any, tuple[Any, ...], float]
"""Name of the event, the object (domain, network …), its arguments, when it came (epoch seconds)."""

DOMAIN_EVENTS = (
    "LIFECYCLE",
    "REBOOT",
    "WATCHDOG",
    "IO_ERROR_REASON",
    "CONTROL_ERROR",
    "BLOCK_JOB_2",
    "BALLOON_CHANGE",
    "DEVICE_ADDED",
    "DEVICE_REMOVED",
    "DEVICE_REMOVAL_FAILED",
    "AGENT_LIFECYCLE",
    "MIGRATION_ITERATION",
    "JOB_COMPLETED",
    "METADATA_CHANGE",
    "TUNABLE",
    "PMWAKEUP",
    "PMSUSPEND",
    "PMSUSPEND_DISK",
    "TRAY_CHANGE",
    "DISK_CHANGE",
    "MEMORY_FAILURE",
    "MEMORY_DEVICE_SIZE_CHANGE",
    "NIC_MAC_CHANGE",
)
"""Domain events by the end of their constant's name. An older library lacks some constants, a driver some events."""

_OTHER_EVENTS = (
    ("networkEventRegisterAny", "networkEventDeregisterAny", "VIR_NETWORK_EVENT_ID_LIFECYCLE", "NETWORK"),
    ("storagePoolEventRegisterAny", "storagePoolEventDeregisterAny", "VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE", "POOL"),
    (
        "storagePoolEventRegisterAny",
        "storagePoolEventDeregisterAny",
        "VIR_STORAGE_POOL_EVENT_ID_REFRESH",
        "POOL_REFRESH",
    ),
    ("nodeDeviceEventRegisterAny", "nodeDeviceEventDeregisterAny", "VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE", "DEVICE"),
)


class Subscriptions:
    """The registrations of one connection and the thread that works off what they bring."""

    def __init__(self, link: Link, handle: Callable[[list[Notice]], None], name: str) -> None:
        self.link = link
        self._handle = handle
        self._notices: queue.SimpleQueue[Notice | None] = queue.SimpleQueue()
        self._registered: list[tuple[Callable[[int], object], int]] = []
        self.asked: dict[str, Asked] = {}
        """How each registration was answered, by the name of the event; empty before `start`."""
        self._thread = threading.Thread(target=self._work, name=f"libvirt-{name}", daemon=True)

    def start(self) -> bool:
        """Register every event that library and driver know. False when there is none at all."""
        self._thread.start()
        conn = self.link.conn
        for name in DOMAIN_EVENTS:
            identifier = getattr(libvirt, f"VIR_DOMAIN_EVENT_ID_{name}", None)
            if identifier is not None:
                self._register(conn.domainEventRegisterAny, conn.domainEventDeregisterAny, identifier, name)
        for register, deregister, constant, name in _OTHER_EVENTS:
            identifier = getattr(libvirt, constant, None)
            if identifier is not None:
                self._register(getattr(conn, register), getattr(conn, deregister), identifier, name)
        return bool(self._registered)

    def stop(self) -> None:
        """Take back every registration and end the thread; before the connection is closed."""
        while self._registered:
            deregister, number = self._registered.pop()
            try:
                self.link.call(deregister, number)
            except NovaError:
                continue  # the link is lost, and the registration with it
        self._notices.put(None)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=1.0)

    def _register(self, register: Callable, deregister: Callable, identifier: int, name: str) -> None:
        def notice(_conn: object, subject: object, *arguments: Any) -> None:
            self._notices.put((name, subject, arguments[:-1], time.time()))

        asked = ask(self.link, register, None, identifier, notice, None, shown=lambda number: f"callback {number}")
        if asked.failure is None:
            self._registered.append((deregister, asked.value))
        elif not self.link.alive:
            raise Unreachable("the connection is lost", native=asked.why)
        self.asked[name] = asked

    def _work(self) -> None:
        """Take what has piled up in one go, so that a burst of events costs one reading per object."""
        while (first := self._notices.get()) is not None:
            batch, ended = [first], False
            while not self._notices.empty():
                following = self._notices.get()
                if following is None:
                    ended = True
                    break
                batch.append(following)
            try:
                self._handle(batch)
            except NovaError:
                log.info("events are not followed any more: the link is lost")
            except Exception:
                log.exception("an event was not understood")
            if ended:
                return


class EventIds:
    """Ids for events, unique in a connection also after it was made again."""

    def __init__(self) -> None:
        self._prefix = f"{time.time_ns():x}"
        self._count = itertools.count(1)

    def next(self) -> str:
        """The next id."""
        return f"{self._prefix}.{next(self._count)}"

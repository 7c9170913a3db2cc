"""What the driver remembers of the domains it has listed, shared by its parts and by several threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from novatui.backends.libvirt.summary import Summary


class Known:
    """One domain as last seen."""

    __slots__ = (
        "autostart",
        "disk_size",
        "domain",
        "has_snapshots",
        "job",
        "jobless",
        "name",
        "persistent",
        "reason",
        "saved",
        "since",
        "state",
        "summary",
        "summary_at",
        "summary_of",
        "uuid",
    )

    def __init__(self, uuid: str, domain: Any) -> None:
        self.uuid = uuid
        self.domain = domain
        """The libvirt object: calls on it need no look-up."""
        self.name: str = domain.name()
        self.state: int | None = None
        self.reason: int | None = None
        self.autostart: bool | None = None
        self.persistent: bool | None = None
        self.saved: bool | None = None
        self.has_snapshots: bool | None = None
        self.since: float | None = None
        """Epoch seconds of its start, if we saw it."""
        self.job: str | None = None
        """Job that holds it; empty for none, None before anybody looked."""
        self.jobless = False
        """Its job statistics said that there is no job, since its state was last seen to change."""
        self.summary: Summary | None = None
        self.summary_at = 0.0
        """Monotonic seconds of the last reading of its XML."""
        self.summary_of: tuple[object, ...] = ()
        """What the domain looked like from outside when its XML was read."""
        self.disk_size: int | None = None

    def see(self, state: int | None, reason: int | None) -> None:
        """Its state as just read."""
        if (state, reason) != (self.state, self.reason):
            self.jobless = False
        self.state, self.reason = state, reason

    @property
    def outline(self) -> tuple[object, ...]:
        """What tells from outside that the XML has probably changed: name, run and flags."""
        return (self.name, self.domain.ID(), self.autostart, self.persistent)


class Roster:
    """All known domains by uuid."""

    def __init__(self) -> None:
        self.telling = threading.RLock()
        """Held from the beginning of a reading until its rows are told: what was read later is told later, so that no
        row that says a part of a group makes the console drop an earlier reading that is still on its way."""
        self.listed = False
        """All domains have been listed once: who is not in here is not there."""
        self._known: dict[str, Known] = {}
        self._started: dict[str, float] = {}
        self._lock = threading.Lock()

    def meet(self, domain: Any) -> Known:
        """The record of this domain, made when it is new. The newest libvirt object is kept: it has the present id."""
        uuid = domain.UUIDString()
        with self._lock:
            known = self._known.get(uuid)
            if known is None:
                known = self._known[uuid] = Known(uuid, domain)
                known.since = self._started.pop(uuid, None)
            else:
                known.domain = domain
                known.name = domain.name()
            return known

    def start(self, uuid: str, at: float) -> None:
        """This domain was started then, be it known already or not."""
        with self._lock:
            known = self._known.get(uuid)
            if known is None:
                self._started[uuid] = at
            else:
                known.since = at

    def get(self, uuid: str) -> Known | None:
        """The record of this uuid."""
        return self._known.get(uuid)

    def forget(self, uuid: str) -> None:
        """This domain is gone."""
        with self._lock:
            self._known.pop(uuid, None)

    def clear(self) -> None:
        """Let go of every libvirt object: each of them holds the connection open."""
        with self._lock:
            self._known.clear()

    def __iter__(self) -> Iterator[Known]:
        with self._lock:
            return iter(list(self._known.values()))

    def __len__(self) -> int:
        return len(self._known)

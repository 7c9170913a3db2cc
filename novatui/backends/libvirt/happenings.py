"""What an event means: the record for the event log, and what is read again because of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from novatui.backends.driver import Sink
from novatui.backends.libvirt import eventwords as words
from novatui.backends.libvirt import jobs
from novatui.backends.libvirt.devices import Devices
from novatui.backends.libvirt.domains import Domains
from novatui.backends.libvirt.events import EventIds, Notice
from novatui.backends.libvirt.networks import Networks
from novatui.backends.libvirt.roster import Roster
from novatui.backends.libvirt.storage import Storage
from novatui.core.errors import NovaError, Unreachable
from novatui.core.events import Event, Severity
from novatui.core.ids import key
from novatui.core.states import Kind

log = logging.getLogger(__name__)

STATE, ALL = 1, 2
"""How much of a domain is read again."""

_ALL_AGAIN = {
    "BALLOON_CHANGE",
    "AGENT_LIFECYCLE",
    "DEVICE_ADDED",
    "DEVICE_REMOVED",
    "METADATA_CHANGE",
    "TUNABLE",
    "DISK_CHANGE",
    "TRAY_CHANGE",
    "MEMORY_DEVICE_SIZE_CHANGE",
    "NIC_MAC_CHANGE",
}
_STATE_AGAIN = {"IO_ERROR_REASON", "WATCHDOG", "CONTROL_ERROR", "REBOOT", "PMWAKEUP", "PMSUSPEND", "PMSUSPEND_DISK"}
_SILENT = {"BALLOON_CHANGE", "MIGRATION_ITERATION", "POOL_REFRESH", "TUNABLE"}
"""Too frequent or too small for the event log; they only refresh rows and tasks."""


class Happenings:
    """Turns notices into events and fresh rows."""

    def __init__(
        self,
        roster: Roster,
        domains: Domains,
        networks: Networks,
        storage: Storage,
        devices: Devices,
        sink: Sink,
        on_job: Callable[[str, str, tuple[Any, ...]], None],
    ) -> None:
        self.roster = roster
        self.domains = domains
        self.networks = networks
        self.storage = storage
        self.devices = devices
        self.sink = sink
        self.on_job = on_job
        self._ids = EventIds()

    def handle(self, batch: list[Notice]) -> None:
        """Tell every event at once, then read each object that they concern once."""
        due: dict[tuple[str, str], int] = {}
        for name, subject, arguments, at in batch:
            if name == "DEVICE":
                self._tell_device(subject, arguments, at)
                due["DEVICE", subject.name()] = ALL
            elif name in {"NETWORK", "POOL", "POOL_REFRESH"}:
                self._tell_other(name, subject, arguments, at)
                due[name, subject.UUIDString()] = ALL
            else:
                self._tell_domain(name, subject, arguments, at)
                uuid = subject.UUIDString()
                due["DOMAIN", uuid] = max(due.get(("DOMAIN", uuid), 0), reading_after(name, arguments))
        for (what, identifier), depth in due.items():
            self._read_again(what, identifier, depth)
        if ("DOMAIN", ALL) in {(what, depth) for (what, _), depth in due.items()}:
            self._look_at_devices()

    def _look_at_devices(self) -> None:
        try:
            self.devices.look_again()
        except Unreachable:
            raise
        except NovaError as error:
            log.warning("devices cannot be read after an event: %s", error.failure)

    def _read_again(self, what: str, identifier: str, depth: int) -> None:
        """Read one object; that it cannot be read now keeps no other from being read."""
        readers = {
            ("DOMAIN", ALL): self.domains.refresh,
            ("DOMAIN", STATE): self.domains.refresh_state,
            ("NETWORK", ALL): self.networks.refresh,
            ("POOL", ALL): self.storage.refresh,
            ("POOL_REFRESH", ALL): self.storage.refresh,
            ("DEVICE", ALL): self.devices.follow,
        }
        if (what, depth) not in readers:
            return
        try:
            readers[what, depth](identifier)
        except Unreachable:
            raise
        except NovaError as error:
            log.warning("%s %s cannot be read after an event: %s", what.lower(), identifier, error.failure)

    def _tell_domain(self, name: str, domain: Any, arguments: tuple[Any, ...], at: float) -> None:
        uuid = domain.UUIDString()
        if name in {"JOB_COMPLETED", "MIGRATION_ITERATION", "BLOCK_JOB_2"}:
            self.on_job(uuid, name, arguments)
        if name == "LIFECYCLE" and arguments[0] == words.STARTED:
            self.roster.start(uuid, at)
        if name not in _SILENT:
            native_type, text, severity = describe(name, arguments)
            self._event(native_type, text, severity, key(Kind.VM, uuid), domain.name(), at)

    def _tell_other(self, name: str, subject: Any, arguments: tuple[Any, ...], at: float) -> None:
        if name in _SILENT:
            return
        kind, table, prefix = (
            (Kind.NETWORK, words.NETWORK, "network") if name == "NETWORK" else (Kind.DATASTORE, words.POOL, "pool")
        )
        what = words.word(table, arguments[0], "event")
        self._event(
            f"{prefix}.{what}", f"{prefix} {what}", Severity.INFO, key(kind, subject.UUIDString()), subject.name(), at
        )

    def _tell_device(self, device: Any, arguments: tuple[Any, ...], at: float) -> None:
        what, name = words.word(words.DEVICE, arguments[0], "event"), device.name()
        self._event(f"device.{what}", f"host device {what}", Severity.INFO, key(Kind.DEVICE, name), name, at)

    def _event(self, native_type: str, text: str, severity: Severity, key: str, subject: str, at: float) -> None:
        self.sink.event(
            Event(
                id=self._ids.next(),
                at=at,
                seen=at,
                severity=severity,
                native_type=native_type,
                key=key,
                subject=subject,
                text=text,
            )
        )


def reading_after(name: str, arguments: tuple[Any, ...]) -> int:
    """How much of a domain is read again after an event: nothing, its state, or everything."""
    if name in _ALL_AGAIN or (name == "LIFECYCLE" and arguments[0] in {words.DEFINED, words.UNDEFINED, words.STARTED}):
        return ALL
    if name == "LIFECYCLE" and arguments[0] == words.STOPPED:
        return ALL  # what was plugged in live is gone, a transient domain altogether
    if name == "LIFECYCLE" and arguments[0] == words.RESUMED:
        return ALL  # a snapshot with memory is told by nothing but the pause while it is made
    return STATE if name in _STATE_AGAIN or name == "LIFECYCLE" else 0


def describe(name: str, arguments: tuple[Any, ...]) -> tuple[str, str, Severity]:
    """Native type, text and severity of a domain's event."""
    if name == "LIFECYCLE":
        return words.lifecycle(arguments[0], arguments[1])
    native = name.lower().removesuffix("_2").replace("_", "-")
    text, severity = _TEXTS[name](*arguments) if name in _TEXTS else (native.replace("-", " "), Severity.INFO)
    return native, text, severity


def _io_error(_path: str, device: str, action: int, reason: str) -> tuple[str, Severity]:
    did = words.word(words.IO_ERROR_ACTIONS, action, "action")
    return f"I/O error on {device}: {reason or 'no reason told'} (action {did})", Severity.ERROR


def _watchdog(action: int) -> tuple[str, Severity]:
    return f"watchdog fired (action {words.word(words.WATCHDOG, action, 'action')})", Severity.WARNING


def _block_job(disk: str, kind: int, status: int) -> tuple[str, Severity]:
    done = words.word(words.BLOCK_JOB_STATUS, status, "status")
    text = f"block {words.word(words.BLOCK_JOBS, kind, 'job')} of {disk} {done}"
    return text, Severity.ERROR if status == 1 else Severity.INFO


def _agent(state: int, _reason: int) -> tuple[str, Severity]:
    return f"guest agent {words.AGENT.get(state, f'state {state}')}", Severity.INFO


def _metadata(kind: int, uri: str | None) -> tuple[str, Severity]:
    what = words.word(words.METADATA, kind, "metadata")
    return f"{what} changed" + (f" ({uri})" if uri else ""), Severity.INFO


def _job(figures: dict[str, Any]) -> tuple[str, Severity]:
    state, failure = jobs.outcome(figures)
    text = f"{jobs.native_verb(jobs.operation(figures))} {state.value}"
    return f"{text}: {failure.message}" if failure else text, Severity.ERROR if failure else Severity.INFO


_TEXTS: dict[str, Callable[..., tuple[str, Severity]]] = {
    "IO_ERROR_REASON": _io_error,
    "WATCHDOG": _watchdog,
    "BLOCK_JOB_2": _block_job,
    "AGENT_LIFECYCLE": _agent,
    "METADATA_CHANGE": _metadata,
    "JOB_COMPLETED": _job,
    "DEVICE_ADDED": lambda alias: (f"device {alias} added", Severity.INFO),
    "DEVICE_REMOVED": lambda alias: (f"device {alias} removed", Severity.INFO),
    "DEVICE_REMOVAL_FAILED": lambda alias: (f"device {alias} could not be removed", Severity.WARNING),
    "CONTROL_ERROR": lambda: ("libvirt lost its monitor of the machine", Severity.ERROR),
    "MEMORY_FAILURE": lambda *_: ("memory failure on the host", Severity.ERROR),
}

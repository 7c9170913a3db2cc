"""What is done to machines, as events in the family's words; alarms raised and cleared."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.backends.demo.life import Act
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Machine
from novatui.core.events import Event, Severity
from novatui.core.ids import key
from novatui.core.states import Power
from novatui.core.tasks import TaskState

ALARM = "Virtual machine CPU ready"
"""Name of the alarm that the demo raises."""

WORDS: dict[str, str] = {
    "start": "is being started",
    "start.done": "is running",
    "start.failed": "could not be started",
    "shutdown": "is asked to shut down",
    "shutdown.done": "is off",
    "off.done": "is switched off",
    "reset.done": "is reset",
    "revert.done": "is back at a snapshot",
    "reboot": "reboots",
    "reboot.done": "has rebooted",
    "pause.done": "is paused",
    "resume.done": "runs again",
    "suspend.done": "is saved to disk",
    "wake.done": "is restored from disk",
    "migrate": "migrates",
    "migrate.done": "has migrated",
    "migrate.arrived": "has arrived",
    "migrate.failed": "migration cancelled",
    "snapshot.done": "snapshot taken",
    "snapshot.failed": "snapshot failed",
    "snapshot-delete.done": "snapshot deleted, disks merged",
    "backup.done": "backup finished",
    "clone": "is being cloned from a template",
    "clone.done": "is cloned",
    "delete.done": "is deleted",
    "edit.done": "is reconfigured",
    "crash": "guest crashed",
    "enospc": "disk vda is full, guest paused",
    "alarm": "cpu ready 6.1 % > 5 % for 4 min",
    "alarm-clear": "cpu ready is below 5 % again",
}
"""What happened, in a few words."""

CHANGES: dict[tuple[Power | None, Power], str] = {
    (Power.PAUSED, Power.RUNNING): "resume.done",
    (Power.SUSPENDED, Power.RUNNING): "wake.done",
    (None, Power.RUNNING): "start.done",
    (None, Power.OFF): "shutdown.done",
    (None, Power.PAUSED): "pause.done",
    (None, Power.SUSPENDED): "suspend.done",
}
"""What has been done to a machine that was in the first state and is in the second; None: in any."""

SEVERE: dict[str, Severity] = {
    "start.failed": Severity.ERROR,
    "snapshot.failed": Severity.ERROR,
    "crash": Severity.ERROR,
    "enospc": Severity.ERROR,
    "migrate.failed": Severity.WARNING,
    "alarm": Severity.WARNING,
}
"""Whatever is not named here is information."""


def events_between(scene: Scene, since: float, until: float, seen: float) -> list[Event]:
    """What happened after one world time and up to another, oldest first; `seen` in epoch seconds."""
    found = [
        event
        for act in scene.life.acts(since, until)
        for at, what in _edges(scene, act)
        if since < at <= until and (event := _event(scene, act, at, what, seen)) is not None
    ]
    return sorted(found, key=lambda event: event.at)


def events_of(scene: Scene, act: Act, seen: float) -> list[Event]:
    """Begin and end of something that took no time, because the world stands still."""
    ignored = act.verb == "shutdown" and act.moment.beat.then.power is not Power.OFF
    whats = (act.verb,) if ignored else (act.verb, f"{act.verb}.done")
    return [event for what in whats if (event := _event(scene, act, act.begin, what, seen)) is not None]


def change_event(scene: Scene, machine: Machine, was: Power, seen: float) -> Event | None:
    """Somebody changed the power state of a machine of a described world; None when the family does not tell it."""
    what = CHANGES.get((was, machine.power)) or CHANGES.get((None, machine.power), "")
    native = scene.traits.happenings.get(what)
    if native is None:
        return None
    return Event(
        id=f"{machine.id}/{seen}/{what}",
        at=seen,
        seen=seen,
        native_type=native,
        key=key(machine.kind, machine.id),
        subject=machine.name,
        text=WORDS[what],
        polled=not scene.traits.pushes,
    )


def _edges(scene: Scene, act: Act) -> Iterator[tuple[float, str]]:
    """World time and name of the begin and the end of an act, as this connection sees them."""
    if not scene.ours(act):
        if act.moment.beat.outcome is TaskState.DONE:
            yield act.end, "migrate.arrived"
        return
    yield act.begin, act.verb
    if act.end > act.begin:
        yield act.end, f"{act.verb}.{'done' if act.moment.beat.outcome is TaskState.DONE else 'failed'}"


def _event(scene: Scene, act: Act, at: float, what: str, seen: float) -> Event | None:
    native = scene.traits.happenings.get(what)
    if native is None:
        return None
    machine = act.machine
    alarm = act.verb in ("alarm", "alarm-clear")
    return Event(
        id=f"{machine.id}/{act.moment.number}/{what}",
        at=scene.clock.epoch(at),
        seen=seen,
        severity=SEVERE.get(what, Severity.INFO),
        native_type=native,
        key=key(machine.kind, machine.id),
        subject=machine.name,
        text=_text(scene, act, what),
        polled=not scene.traits.pushes,
        alarm=ALARM if alarm else "",
        raised=act.verb == "alarm" if alarm else None,
    )


def _text(scene: Scene, act: Act, what: str) -> str:
    words = WORDS[what]
    if act.verb == "migrate":
        source, destination = scene.route(act)
        return f"{words}: {source} to {destination}"
    return f"{words} on {scene.estate.hosts[act.machine.host].name}" if what == "start.failed" else words

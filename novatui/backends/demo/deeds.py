"""What calls do to the demo's world: each makes another machine, or host, of the one that was there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from novatui.backends.demo.hardware import HARDWARE, change_host
from novatui.backends.demo.ledger import Entry
from novatui.backends.demo.life import Act
from novatui.backends.demo.routines import Beat, Condition, Moment
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine
from novatui.backends.demo.standing import Standing, told
from novatui.backends.demo.trees import created, deleted, found, reverted
from novatui.backends.demo.ways import understood
from novatui.core.errors import Conflict, NotFound
from novatui.core.operations import Argument
from novatui.core.states import Family, Power
from novatui.core.tasks import TaskState

HAND = 1_000_000_000
"""Acts of calls are numbered from here on, those of routines below."""

Given = Mapping[str, Argument]


class Step(msgspec.Struct, frozen=True):
    """What a power call does."""

    then: Power
    takes: float
    during: Power | None = None
    restarts: bool = False
    waits: bool = True
    """The call lasts as long as what it does; else it only asks, and comes back at once."""


POWER: dict[str, Step] = {
    "start": Step(Power.RUNNING, 2.0, Power.STARTING, restarts=True),
    "wake": Step(Power.RUNNING, 3.0, Power.STARTING, restarts=True),
    "shutdown": Step(Power.OFF, 6.0, Power.STOPPING, waits=False),
    "reboot": Step(Power.RUNNING, 8.0, restarts=True, waits=False),
    "reset": Step(Power.RUNNING, 1.0, restarts=True),
    "off": Step(Power.OFF, 1.0, Power.STOPPING),
    "pause": Step(Power.PAUSED, 0.5),
    "resume": Step(Power.RUNNING, 0.5),
    "suspend": Step(Power.SUSPENDED, 4.0),
}

TAKES = {"snapshot": 2.0, "revert": 3.0, "snapshot-delete": 4.0, "attach": 1.0, "detach": 1.0, "disk-add": 1.0}
"""Seconds; what is not named here is done at once."""


class Done(msgspec.Struct, frozen=True):
    """What a call has changed."""

    was: Machine | Host
    act: Act | None
    """What is being done to the machine; None for a host."""
    waits: bool
    answer: dict[str, Argument] = {}


def do(scene: Scene, entry: Entry) -> Done:
    """Carry out a call, at its time of the world. NovaError when the product refuses it: then nothing has changed."""
    deed, target, given = understood(scene.site.family, entry.call, entry.args)
    if deed in ("mdev-create", "mdev-remove", "vfs"):
        return _change_host(scene, deed, target, given)
    thing = scene.estate.machine(target)
    if thing is None:
        raise NotFound(f"there is no machine {target}", subject=target)
    one = Standing(scene, thing, entry.world)
    if deed == "cancel":
        return _cancel(scene, one, entry)
    one.fit(deed)
    if deed in POWER:
        return _power(scene, one, deed, entry)
    changed, answer = _CHANGES[deed](one, given, entry)
    takes = TAKES.get(deed, 0.0)
    verb = deed if deed in ("snapshot", "snapshot-delete", "revert") else "edit"
    act = _act(scene, changed, entry, Beat(0, verb, takes, Condition(power=changed.power), one.power))
    return _put(scene, one, changed, act, answer=answer)


def _power(scene: Scene, one: Standing, deed: str, entry: Entry) -> Done:
    if deed == "start" and one.power is Power.SUSPENDED:
        deed = "wake"
    step = POWER[deed]
    if deed in ("start", "wake") and (failure := one.refused()):
        raise told(failure)
    if deed in ("shutdown", "reboot") and not one.machine.tools:
        if scene.site.family not in (Family.LIBVIRT, Family.PROXMOX):
            raise Conflict(
                f"{one.machine.name} cannot be asked: no guest tools run in it",
                hint="power it off, or reset it",
                subject="guest tools",
            )
        step = Step(one.power, 0.0, waits=False)  # the guest does not listen to the button
    beat = Beat(0, deed, step.takes, Condition(power=step.then), step.during or one.power, restarts=step.restarts)
    act = _act(scene, one.machine, entry, beat)
    started = scene.clock.epoch(act.end) if step.restarts else one.machine.started
    changed = msgspec.structs.replace(one.machine, power=step.then, started=started)
    return _put(scene, one, changed, msgspec.structs.replace(act, machine=changed), waits=step.waits)


def _cancel(scene: Scene, one: Standing, entry: Entry) -> Done:
    act = one.now.act
    if act is None:
        raise Conflict(f"nothing is being done to {one.machine.name} any more", subject="ended")
    if act.verb not in ("migrate", "backup", "clone"):
        raise Conflict(f"{act.verb} cannot be cancelled", subject=act.verb)
    one.fit_to_cancel()
    beat = msgspec.structs.replace(
        act.moment.beat,
        takes=entry.world - act.begin,
        outcome=TaskState.CANCELLED,
        then=Condition(power=Power.RUNNING if one.power is Power.MIGRATING else one.power),
    )
    changed = msgspec.structs.replace(one.machine, power=beat.then.power)
    cut = msgspec.structs.replace(act, machine=changed, moment=msgspec.structs.replace(act.moment, beat=beat))
    return _put(scene, one, changed, cut)


def _put(
    scene: Scene,
    one: Standing,
    changed: Machine,
    act: Act,
    *,
    waits: bool = True,
    answer: dict[str, Argument] | None = None,
) -> Done:
    scene.life.change(one.was, act)
    scene.estate.put(changed)
    return Done(one.machine, act, waits, answer or {})


def _act(scene: Scene, machine: Machine, entry: Entry, beat: Beat) -> Act:
    """Where the world stands still nothing takes time."""
    if not scene.clock.speed:
        beat = msgspec.structs.replace(beat, takes=0.0)
    moment = Moment(beat, HAND + entry.number, entry.world)
    return Act(machine=machine, moment=moment, back=False, hand=True, who=entry.who)


def _change_host(scene: Scene, deed: str, target: str, given: Given) -> Done:
    host = next((each for each in scene.estate.hosts if each.id == target), None)
    if host is None:
        raise NotFound(f"there is no host {target}", subject=target)
    changed, answer = change_host(scene.site.family, host, deed, given)
    scene.estate.put_host(changed)
    return Done(host, None, False, answer)


# --- snapshots ------------------------------------------------------------------------------------------------------


def _snapshot(one: Standing, given: Given, entry: Entry) -> tuple[Machine, dict[str, Argument]]:
    if one.machine.flaw == "snapshot-fails":
        raise told(one.scene.dialect.failure("snapshot", one.machine, one.host))
    name = str(given["name"])
    native = one.scene.dialect.snapshot_id(one.machine.uuid, HAND + entry.number, name)
    tree = created(one, native, given, one.scene.clock.epoch(entry.world))
    kept = (*one.machine.kept, (native, msgspec.structs.replace(one.machine, kept=())))
    return msgspec.structs.replace(one.machine, snapshots=tree, kept=kept), {"snapshot": native}


def _revert(one: Standing, given: Given, entry: Entry) -> tuple[Machine, dict[str, Argument]]:
    snapshot = found(one.machine.snapshots, str(given["snapshot"]))
    power = {"running": Power.RUNNING, "paused": Power.PAUSED}.get(str(given.get("then") or ""))
    power = power or (Power.RUNNING if snapshot.memory else Power.OFF)
    started = one.scene.clock.epoch(entry.world) if power is Power.RUNNING else one.machine.started
    tree = reverted(one.machine.snapshots, snapshot.id)
    as_it_was = one.configured(snapshot.id)
    return msgspec.structs.replace(as_it_was, snapshots=tree, power=power, started=started), {}


def _delete(one: Standing, given: Given, _entry: Entry) -> tuple[Machine, dict[str, Argument]]:
    snapshot = found(one.machine.snapshots, str(given["snapshot"]))
    tree = deleted(one.machine.snapshots, snapshot.id, str(given.get("children") or "keep"))
    return msgspec.structs.replace(one.machine, snapshots=tree), {}


def _hardware(deed: str) -> Callable[[Standing, Given, Entry], tuple[Machine, dict[str, Argument]]]:
    return lambda one, given, _entry: HARDWARE[deed](one, given)


_CHANGES: dict[str, Callable[[Standing, Given, Entry], tuple[Machine, dict[str, Argument]]]] = {
    "snapshot": _snapshot,
    "revert": _revert,
    "snapshot-delete": _delete,
    **{deed: _hardware(deed) for deed in HARDWARE},
}

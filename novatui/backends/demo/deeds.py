"""What calls do to the demo's world: each makes another machine, or host, of the one that was there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from novatui.backends.demo import balancer, pools, upkeep
from novatui.backends.demo.hardware import HARDWARE, change_host
from novatui.backends.demo.ledger import Entry
from novatui.backends.demo.life import Act
from novatui.backends.demo.moves import HAND, LEVERS, arrival, set_out, turned
from novatui.backends.demo.routines import Beat, Condition, Moment
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import AWAY_FROM_SITE, Host, Machine, Place, Upkeep
from novatui.backends.demo.standing import Standing, told
from novatui.backends.demo.tasks import journey_of
from novatui.backends.demo.trees import created, deleted, found, reverted
from novatui.backends.demo.ways import understood
from novatui.core.errors import Conflict, NotFound
from novatui.core.ids import key
from novatui.core.operations import Argument
from novatui.core.states import Family, Kind, Power
from novatui.core.tasks import TaskState

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

    was: Machine | Host | Place
    act: Act | None
    """What is being done to the machine; None for a host or a pool."""
    waits: bool
    answer: dict[str, Argument] = {}
    upkeep: Upkeep | None = None
    """What is being done to the host."""
    also: tuple[Machine, ...] = ()
    """Machines that were touched beside."""
    carried: str = ""
    """The machine as it left for the other connection."""


def do(scene: Scene, entry: Entry) -> Done:
    """Carry out a call, at its time of the world. NovaError when the product refuses it: then nothing has changed."""
    deed, target, given = understood(scene.site.family, entry.call, entry.args)
    if deed in upkeep.DEEDS:
        host, doing = upkeep.done(scene, deed, target, given, entry)
        return Done(host, None, deed == upkeep.ENTER, upkeep=doing, also=doing.moved)
    if deed in balancer.DEEDS:
        cluster, moved = balancer.decide(scene, deed, target, given["recommendation"], entry)
        return Done(cluster, None, False, also=moved)
    if deed in ("mdev-create", "mdev-remove", "vfs"):
        return _change_host(scene, deed, target, given)
    if deed == pools.DEED:
        pool = pools.pool_of(scene, key(Kind.RESOURCE_POOL, target))
        scene.estate.put_place(pools.changed(pool, given))
        return Done(pool, None, False)
    thing = scene.estate.machine(target)
    if thing is None:
        raise NotFound(f"there is no machine {target}", subject=target)
    one = Standing(scene, thing, entry.world)
    if deed == "pause" and one.now.act and one.now.act.verb == "migrate":
        deed = "migrate-pause"
    if deed == "cancel":
        return _cancel(scene, one, entry)
    if deed in LEVERS:
        one.fit_to_cancel(lever=True)
        return _put(scene, one, *turned(scene, one, deed, given, entry), waits=False)
    if deed in ("migrate", "migrate-offline"):
        done = _put(scene, one, *set_out(scene, one, deed, given, entry))
        return msgspec.structs.replace(done, carried=_carried(done, one))
    one.fit(deed)
    if deed in POWER:
        return _power(scene, one, deed, entry)
    changed, answer = _CHANGES[deed](one, given, entry)
    takes = TAKES.get(deed, 0.0)
    verb = deed if deed in ("snapshot", "snapshot-delete", "revert") else "edit"
    act = _act(scene, changed, entry, Beat(0, verb, takes, Condition(power=changed.power), one.power))
    return _put(scene, one, changed, act, answer=answer)


def hear(scene: Scene, entry: Entry) -> Done | None:
    """A call to the other connection, as far as it concerns this one: a machine comes, or one that comes is steered."""
    deed, target, given = understood(scene.site.family, entry.call, entry.args)
    if entry.carried:
        machine, act = arrival(scene, entry, deed, given)
        scene.estate.put(machine)
        scene.life.change(machine, act)
        return Done(machine, act, waits=False)
    thing = scene.estate.machine(target)
    act = scene.now(thing, entry.world).act if thing else None
    if thing is None or act is None or act.verb != "migrate" or scene.ours(act):
        return None
    one = Standing(scene, thing, entry.world, coming=True)
    if deed == "pause":
        deed = "migrate-pause"
    if deed == "cancel":
        return _cut_off(scene, one, act, entry)
    if deed in LEVERS:
        return _put(scene, one, *turned(scene, one, deed, given, entry), waits=False)
    return None


def _carried(done: Done, one: Standing) -> str:
    if done.act is None or done.act.machine.away != AWAY_FROM_SITE:
        return ""
    return msgspec.json.encode(msgspec.structs.replace(one.machine, kept=(), spec=None)).decode()


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
    one.fit_to_cancel(lever=True)
    if act.verb == "migrate" and act.journey is not None and act.journey.switched(entry.world - act.begin):
        raise Conflict(
            "after the switch to post-copy it cannot be cancelled",
            meaning="the guest runs at the destination, and a part of its memory is still at the source",
            subject="post-copy",
        )
    return _cut_off(scene, one, act, entry)


def _cut_off(scene: Scene, one: Standing, act: Act, entry: Entry) -> Done:
    """What is being done ends now, and everything is as it was before."""
    then = Power.RUNNING if one.power is Power.MIGRATING else one.power
    beat = msgspec.structs.replace(
        act.moment.beat, takes=entry.world - act.begin, outcome=TaskState.CANCELLED, then=Condition(power=then)
    )
    changed = msgspec.structs.replace(one.machine, power=then, away=act.machine.away)
    cut = msgspec.structs.replace(act, machine=changed, moment=msgspec.structs.replace(act.moment, beat=beat))
    if act.verb == "migrate" and act.journey is None and act.machine.away == AWAY_FROM_SITE:
        cut = msgspec.structs.replace(cut, journey=journey_of(act), leaves=scene.ours(act), back=False)
    return _put(scene, one, changed, cut, waits=False)


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

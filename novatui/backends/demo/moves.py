"""Migrations that somebody starts by a call, and what is done to one on its way, on both of its connections.

Within a site the machine changes its host. Between two libvirt hosts its definition travels in the shared ledger, so
that the other connection makes the copy, and both count the same seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from novatui.backends.demo.ledger import Entry
from novatui.backends.demo.life import Act
from novatui.backends.demo.precopy import HORIZON, LIMIT, Journey, Turn, state_at, takes
from novatui.backends.demo.routines import Beat, Condition, Moment
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import AWAY_FROM_SITE, GIB, Host, Machine
from novatui.backends.demo.standing import Standing
from novatui.backends.demo.tasks import journey_of
from novatui.core.errors import Conflict, InvalidInput, NotFound, NotSupported
from novatui.core.migration import Phase
from novatui.core.operations import Argument
from novatui.core.states import Power
from novatui.core.tasks import TaskState

LINE = 1.1 * GIB
"""Bytes per second between any two hosts of the demo."""

OFFLINE_S = 3.0

HAND = 1_000_000_000
"""Acts of calls are numbered from here on, those of routines below."""

LEVERS = frozenset({"migrate-bandwidth", "migrate-downtime", "migrate-postcopy", "migrate-pause"})

Given = Mapping[str, Argument]


def destination(scene: Scene, given: Given) -> Host | None:
    """The host of this site that is meant; None for the other connection. NotFound for any other."""
    wanted = str(given.get("to") or given.get("uri") or "")
    if found := next((host for host in scene.estate.hosts if wanted in (host.id, host.name)), None):
        return found
    if scene.peer and (urlsplit(wanted).hostname or "").partition(".")[0] == scene.peer.name:
        return None
    raise NotFound(f"there is no host {wanted}", subject=wanted)


def fit_to_move(one: Standing, to: Host | None, *, copies: bool) -> None:
    """Conflict or NotSupported with the reason why it cannot go there now."""
    machine, scene = one.machine, one.scene
    one.fit("migrate")
    if to is None and not scene.state:
        raise NotSupported(
            "the other connection of the demo could not be told",
            meaning="without a state file each connection of the demo keeps its changes to itself",
            hint="open the demo by `novatui demo`, or as demo://?state=FILE",
        )
    if machine.devices:
        held = ", ".join(machine.devices)
        raise Conflict(f"{machine.name} holds {held} of its host", hint="detach it first", subject="devices")
    if to is not None and (to.maintenance or to.closing):
        state = "in maintenance" if to.maintenance else "on its way into maintenance"
        raise Conflict(f"{to.name} is {state}", hint="choose another host", subject=to.name)
    if to is not None and machine.memory > to.memory:
        raise Conflict(f"{to.name} has not the memory of {machine.name}", hint="choose another host", subject=to.name)
    if not copies and (left := _left_behind(one, to)):
        raise Conflict(
            f"the destination does not reach {left}",
            meaning="a live migration takes memory along, not disks",
            hint="copy the storage, too",
            subject=left,
        )


def _left_behind(one: Standing, to: Host | None) -> str:
    """Stores with its disks that are not reached from there."""
    stores = [one.scene.estate.stores[disk.store] for disk in one.machine.disks]
    if to is None:
        lost = [store.name for store in stores if not store.shared]
    else:
        lost = [store.name for store in stores if store.hosts and not store.hosts[0] <= to.at < store.hosts[1]]
    return ", ".join(dict.fromkeys(lost))


def begun(machine: Machine, given: Given) -> Journey:
    """How it would go now."""
    work = machine.load.cpu / 100
    copies = str(given.get("storage") or "shared") not in ("shared", "False", "0")
    return Journey(
        memory=machine.memory,
        dirty=machine.memory / 40 * work,
        hot=int(machine.memory * machine.load.memory / 8),
        line=LINE,
        disk=sum(disk.size for disk in machine.disks) // 8 if copies else 0,
        bandwidth=_number(given.get("bandwidth")),
        downtime=LIMIT,
        auto_converge=bool(given.get("auto_converge")),
        post_copy=bool(given.get("post_copy")),
    )


def set_out(scene: Scene, one: Standing, deed: str, given: Given, entry: Entry) -> tuple[Machine, Act]:
    """The machine and its migration, from this connection."""
    to = destination(scene, given)
    offline = deed == "migrate-offline"
    fit_to_move(one, to, copies=offline or bool(given.get("storage")))
    machine = msgspec.structs.replace(one.machine, away=AWAY_FROM_SITE if to is None else to.at)
    journey = Journey(memory=0, dirty=0, hot=0, line=LINE) if offline else begun(machine, given)
    during = None if offline else Power.MIGRATING
    moment = _moment(scene, journey, entry, entry.world, machine.power, during, to is not None)
    return machine, Act(machine=machine, moment=moment, back=False, hand=True, who=entry.who, journey=journey)


def turned(scene: Scene, one: Standing, deed: str, given: Given, entry: Entry) -> tuple[Machine, Act]:
    """The migration that is under way, with one more thing done to it."""
    act = moving(one)
    at = entry.world - act.begin
    journey, turn = journey_of(act), turn_of(deed, given, at)
    now = state_at(journey, at)
    if deed == "migrate-postcopy" and not journey.post_copy:
        raise Conflict("post-copy was not armed when it began", hint="cancel it and start it with post-copy")
    if now.phase not in (Phase.PREPARING, Phase.DISK, Phase.MEMORY):
        raise Conflict(f"it is in its phase {now.phase}: nothing can be changed any more", subject=now.phase.value)
    onward = msgspec.structs.replace(journey, turns=(*journey.turns, turn))
    machine = act.machine if act.journey else one.machine
    machine = msgspec.structs.replace(machine, away=act.machine.away)
    moment = _again(scene, onward, act)
    leaves = scene.ours(act)
    return machine, msgspec.structs.replace(
        act, machine=machine, moment=moment, journey=onward, hand=True, leaves=leaves, back=False
    )


def moving(one: Standing) -> Act:
    """Its migration. Conflict when nothing moves."""
    act = one.now.act
    if act is None or act.verb != "migrate":
        raise Conflict(f"{one.machine.name} does not move", subject="ended")
    return act


def turn_of(deed: str, given: Given, at: float) -> Turn:
    """What a lever does. InvalidInput for a number that makes no sense."""
    if deed == "migrate-bandwidth":
        return Turn(at=at, bandwidth=_positive(given.get("bandwidth"), "bandwidth"))
    if deed == "migrate-downtime":
        return Turn(at=at, downtime=_positive(given.get("downtime"), "downtime") / 1000)
    return Turn(at=at, post_copy=deed == "migrate-postcopy", paused=deed == "migrate-pause")


def arrival(scene: Scene, entry: Entry, deed: str, given: Given) -> tuple[Machine, Act]:
    """The copy on this connection of a machine that leaves the other one."""
    carried = msgspec.json.decode(entry.carried, type=Machine)
    machine = msgspec.structs.replace(carried, host=0, away=AWAY_FROM_SITE, visitor=False, routine="")
    offline = deed == "migrate-offline"
    journey = Journey(memory=0, dirty=0, hot=0, line=LINE) if offline else begun(machine, given)
    during = None if offline else Power.MIGRATING
    moment = _moment(scene, journey, entry, entry.world, machine.power, during, False)
    return machine, Act(
        machine=machine, moment=moment, back=False, hand=True, who=entry.who, journey=journey, leaves=False
    )


def _moment(
    scene: Scene, journey: Journey, entry: Entry, begin: float, power: Power, during: Power | None, local: bool
) -> Moment:
    seconds = OFFLINE_S if not journey.memory else takes(journey)
    return Moment(_beat(scene, seconds, power, during, local), HAND + entry.number, begin)


def _again(scene: Scene, journey: Journey, act: Act) -> Moment:
    beat = act.moment.beat
    local = act.machine.away != AWAY_FROM_SITE
    then = Power.PAUSED if beat.then.power is Power.PAUSED else Power.RUNNING
    return msgspec.structs.replace(act.moment, beat=_beat(scene, takes(journey), then, Power.MIGRATING, local))


def _beat(scene: Scene, seconds: float | None, power: Power, during: Power | None, local: bool) -> Beat:
    """`seconds`: until it is over; None: it never is, and somebody gives it up in the end."""
    if not scene.clock.speed:
        seconds = 0.0
    if seconds is None:
        return Beat(0, "migrate", HORIZON, Condition(power=power), during, TaskState.CANCELLED)
    return Beat(0, "migrate", seconds, Condition(power=power, away=local), during)


def _number(value: Argument) -> float | None:
    return float(value) if isinstance(value, int | float) and value else None


def _positive(value: Argument, name: str) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = 0.0
    if number <= 0:
        raise InvalidInput(f"{name}: a number above 0, not {value}", subject=name)
    return number

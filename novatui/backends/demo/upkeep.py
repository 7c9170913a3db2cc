"""Hosts of the demo that are taken out of service: their machines leave one after another, and then it is theirs.

As DRS does it: a few machines move at once, each to the host of its cluster that has least to do. One that cannot go
holds the host up until it is off, or until the task is cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from novatui.backends.demo.ledger import Entry
from novatui.backends.demo.life import Act
from novatui.backends.demo.moves import HAND, LINE, begun, fit_to_move
from novatui.backends.demo.precopy import Journey, takes
from novatui.backends.demo.routines import Beat, Condition, Moment
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import AWAY_FROM_SITE, Host, Machine, Upkeep
from novatui.backends.demo.standing import Standing
from novatui.core.errors import Conflict, Failure, Fault, NotFound, NovaError
from novatui.core.operations import Argument
from novatui.core.states import Kind, Power
from novatui.core.tasks import TaskState

ENTER, LEAVE, CANCEL = "maintenance", "return", "cancel-maintenance"
DEEDS = frozenset({ENTER, LEAVE, CANCEL})

AT_ONCE = 8
"""Machines that leave one host at the same time, as vCenter lets them on a line of 10 GbE or more."""

AUTOMATED = "fully automated"

IN_MEMORY = frozenset({Power.RUNNING, Power.PAUSED, Power.MIGRATING, Power.STARTING, Power.STOPPING})
"""States in which a machine keeps its host from maintenance."""

EMPTY_BUSY = 2.0
"""Percent of its processors that an empty host needs for itself."""

NAMED = 3
"""Machines that a line names."""


def there(scene: Scene, host: Host, world: float) -> list[Machine]:
    """Machines that have memory on it at that time."""
    near = (each for each in scene.estate.machines if host.at in (each.host, each.away) and each.kind is Kind.VM)
    found: list[Machine] = []
    for machine in near:
        now = scene.now(machine, world)
        if now.here and now.power in IN_MEMORY and scene.host(machine, now).at == host.at:
            found.append(machine)
    return found


def automated(scene: Scene, host: Host) -> bool:
    """Something moves machines away from it by itself."""
    return scene.estate.automation(host.parent) == AUTOMATED


def fit_to_enter(scene: Scene, host: Host, world: float) -> list[Machine]:
    """The machines that have to leave. Conflict when it cannot go into maintenance now."""
    if host.maintenance or host.closing:
        state = "in maintenance" if host.maintenance else "on its way into maintenance"
        raise Conflict(f"{host.name} is {state} already", subject="maintenance")
    found = there(scene, host, world)
    if found and not automated(scene, host):
        raise Conflict(
            f"{len(found)} machines run on {host.name}: {names(found)}",
            meaning="no DRS moves them away by itself, and the host would wait for that without an end",
            hint="move them first: evacuate (m e), or novatui evacuate",
            subject="running",
        )
    return found


def fit_to_leave(host: Host) -> None:
    """Conflict when it is not in maintenance."""
    if host.closing:
        raise Conflict(
            f"{host.name} is still on its way into maintenance", hint="cancel that in the tasks (t)", subject="closing"
        )
    if not host.maintenance:
        raise Conflict(f"{host.name} is not in maintenance", subject="maintenance")


def underway(scene: Scene, host: Host) -> Upkeep | None:
    """What is being done to it now."""
    return next((each for each in reversed(scene.upkeep) if each.host == host.at and each.ended is None), None)


def done(scene: Scene, deed: str, target: str, given: Mapping[str, Argument], entry: Entry) -> tuple[Host, Upkeep]:
    """Carry one out. The host as it was, and what is being done to it."""
    host = next((each for each in scene.estate.hosts if each.id == target), None)
    if host is None:
        raise NotFound(f"there is no host {target}", subject=target)
    if deed == ENTER:
        leaving = fit_to_enter(scene, host, entry.world)
        gone, moved = _send_away(scene, host, entry, takes_off=given.get("off") is True)
        new = Upkeep(
            number=entry.number,
            host=host.at,
            verb=ENTER,
            who=entry.who,
            began=entry.world,
            leaving=len(leaving),
            gone=gone,
            moved=moved,
        )
        scene.upkeep.append(new)
        scene.estate.put_host(msgspec.structs.replace(scene.estate.hosts[host.at], closing=True))
    elif deed == LEAVE:
        fit_to_leave(host)
        new = Upkeep(number=entry.number, host=host.at, verb=LEAVE, who=entry.who, began=entry.world, ended=entry.world)
        scene.upkeep.append(new)
        scene.estate.put_host(msgspec.structs.replace(host, maintenance=False))
    else:
        new = _cancelled(scene, host, entry)
    return host, new


def settle(scene: Scene, world: float) -> None:
    """Hosts from which the last machine has gone are in maintenance from now on."""
    for host in scene.estate.hosts:
        if host.closing and not there(scene, host, world):
            now = underway(scene, host)
            _end(scene, host, world if now is None or now.gone is None else min(world, now.gone), TaskState.DONE)
            scene.estate.put_host(msgspec.structs.replace(host, closing=False, maintenance=True, busy=EMPTY_BUSY))


def names(machines: Sequence[Machine]) -> str:
    """The first of them, and how many more there are."""
    found = sorted(machine.name for machine in machines)
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more


# --- the way of the machines ----------------------------------------------------------------------------------------


def open_hosts(scene: Scene, host: Host) -> list[Host]:
    """The other hosts of its cluster that take machines."""
    return [
        each
        for each in scene.estate.hosts
        if each.parent == host.parent and each.at != host.at and not each.maintenance and not each.closing
    ]


def fits(one: Standing, to: Host) -> bool:
    """It could go there."""
    try:
        fit_to_move(one, to, copies=False)
    except NovaError:
        return False
    return True


def move(scene: Scene, one: Standing, to: Host, number: int, at: float, who: str) -> float:
    """Let it move at that time of the world, which may be later: until then it stays as it is. Returns when it is
    over."""
    machine = msgspec.structs.replace(one.machine, away=to.at)
    journey = begun(machine, {})
    seconds = takes(journey)
    if seconds is None:  # vSphere slows such a guest down until it ends (stun during page send)
        journey = Journey(memory=machine.memory, dirty=LINE / 4, hot=journey.hot, line=LINE)
        seconds = takes(journey) or 0.0
    seconds = seconds if scene.clock.speed else 0.0
    beat = Beat(0, "migrate", seconds, Condition(power=machine.power, away=True), Power.MIGRATING)
    moment = Moment(beat, HAND + number, at)
    scene.life.change(one.was, Act(machine=machine, moment=moment, back=False, hand=True, who=who, journey=journey))
    scene.estate.put(machine)
    return at + seconds


def _send_away(scene: Scene, host: Host, entry: Entry, *, takes_off: bool) -> tuple[float | None, tuple[Machine, ...]]:
    """When the last one has left (None: one cannot), and which were sent away. What is at home there, or comes there,
    stays where it is from now on, or leaves: nothing begins anew on a host that closes."""
    free = [entry.world] * AT_ONCE
    targets = open_hosts(scene, host)
    near = [m for m in scene.estate.machines if host.at in (m.host, m.away) and m.kind is Kind.VM]
    moved: list[Machine] = []
    stuck = False
    for machine in sorted(near, key=lambda each: each.memory):
        now = scene.now(machine, entry.world)
        if not now.here or machine.away == AWAY_FROM_SITE:
            continue
        after = now.act.end if now.act else entry.world
        one = _rest(scene, machine, after, entry)
        runs = one.power in IN_MEMORY
        if one.host.at != host.at or not (runs or takes_off):
            continue
        targets.sort(key=lambda each: (scene.estate.hosts[each.at].busy, each.at))
        to = next((each for each in targets if fits(one, each)), None)
        if to is None:
            stuck = stuck or runs
            continue
        moved.append(machine)
        if not runs:
            scene.estate.put(msgspec.structs.replace(one.machine, host=to.at))
            continue
        first = min(range(AT_ONCE), key=free.__getitem__)
        free[first] = move(scene, one, to, entry.number, max(free[first], after), "DRS")
        shift(scene, host, to, machine)
    return None if stuck else max(free), tuple(moved)


def _rest(scene: Scene, machine: Machine, at: float, entry: Entry) -> Standing:
    """From then on nothing happens to it by itself any more."""
    one = Standing(scene, machine, at)
    beat = Beat(0, "", 0.0, Condition(power=one.power))
    scene.life.change(
        machine, Act(machine=one.machine, moment=Moment(beat, -HAND - entry.number, at), back=False, hand=True)
    )
    scene.estate.put(one.machine)
    return Standing(scene, one.machine, at)


def shift(scene: Scene, host: Host, to: Host, machine: Machine) -> None:
    """What it works is worked there from now on."""
    work = machine.load.cpu * machine.vcpus / 2
    for at, change in ((host.at, -work / host.cpus), (to.at, work / to.cpus)):
        one = scene.estate.hosts[at]
        scene.estate.put_host(msgspec.structs.replace(one, busy=min(95.0, max(EMPTY_BUSY, one.busy + change))))


def _cancelled(scene: Scene, host: Host, entry: Entry) -> Upkeep:
    """Machines that have not begun to leave stay; those on their way go on."""
    if underway(scene, host) is None:
        raise Conflict(f"nothing is being done to {host.name} any more", subject="ended")
    for machine in there(scene, host, entry.world):
        scene.life.unqueue(machine, entry.world)
    scene.estate.put_host(msgspec.structs.replace(host, closing=False))
    return _end(scene, host, entry.world, TaskState.CANCELLED)


def _end(scene: Scene, host: Host, world: float, outcome: TaskState) -> Upkeep:
    at = max(at for at, each in enumerate(scene.upkeep) if each.host == host.at and each.ended is None)
    ended = scene.upkeep[at] = msgspec.structs.replace(scene.upkeep[at], ended=world, outcome=outcome)
    return ended


def task_id(each: Upkeep) -> str:
    """Its native id; those of machines are numbers."""
    return f"task-m{each.number}"


def cut_short(host: Host) -> Failure:
    """Somebody cancelled it."""
    return Failure(
        fault=Fault.ABORTED,
        message=f"{host.name} did not go into maintenance: it was cancelled",
        code="RequestCanceled",
        native="The task was canceled by a user.",
    )

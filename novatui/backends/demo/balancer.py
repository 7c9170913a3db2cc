"""What the balancer of a cluster recommends where it may not act by itself, carried out or dismissed by calls.

Every five minutes it looks how busy the hosts are: machines of the busiest are to go to those with least to do. What
it recommends follows from the time of the world and from what was done since, as everything in the demo.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from novatui.backends.demo.ledger import Entry
from novatui.backends.demo.load import host_busy
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine, Place
from novatui.backends.demo.standing import Standing, fingerprint
from novatui.backends.demo.upkeep import fits, move, shift, there
from novatui.backends.demo.ways import Plain, native, way
from novatui.core.detail import Property
from novatui.core.errors import InvalidInput, NotFound, NotSupported
from novatui.core.ids import key
from novatui.core.operations import Argument, Expectation, NativeCall, Operation, Plan
from novatui.core.states import Kind, Power
from novatui.core.units import lasting

APPLY, DISMISS = "apply", "dismiss"
DEEDS = frozenset({APPLY, DISMISS})

SECTION = "recommendations"

PERIOD = 300.0
"""Seconds between two looks of the balancer."""

MOST = 3
"""Recommendations at one time."""

UNEVEN = 12.0
"""Points of percent between two hosts from which on a machine is to move."""

URGENT = 30.0
"""Points from which on that is pressing."""

ARRIVES_S = 600.0

PARTIALLY = "partially automated"


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """One machine that is to move."""

    key: str
    machine: Machine
    source: Host
    to: Host
    points: float
    """How much busier its host is."""
    made: float
    """World time."""

    @property
    def line(self) -> str:
        """Where from and where to."""
        return f"{self.machine.name}: {self.source.name} to {self.to.name}"


def recommended(scene: Scene, cluster: Place, world: float) -> Iterator[Recommendation]:
    """What stands now, the most urgent first."""
    if cluster.automation != PARTIALLY:
        return
    made = world // PERIOD * PERIOD
    parent = key(Kind.CLUSTER, cluster.id)
    hosts = [each for each in scene.estate.hosts if each.parent == parent and not each.maintenance]
    hosts.sort(key=lambda each: (-host_busy(each, made), each.at))
    for number in range(min(MOST, len(hosts) // 2)):
        source, to = hosts[number], hosts[-1 - number]
        points = host_busy(source, made) - host_busy(to, made)
        name = f"{int(made // PERIOD) % 10_000}{number + 1}"
        if points < UNEVEN or name in scene.decided:
            continue
        if (machine := _fitting(scene, source, to, world)) is not None:
            yield Recommendation(key=name, machine=machine, source=source, to=to, points=points, made=made)


def properties(scene: Scene, cluster: Place, world: float) -> list[Property]:
    """As the details of the cluster show them."""
    return [
        Property(
            SECTION,
            one.key,
            f"{one.line}, priority {2 if one.points >= URGENT else 3}, {lasting(world - one.made)} old, "
            f"Balance average CPU loads: {one.points:.0f} points apart",
        )
        for one in recommended(scene, cluster, world)
    ]


def plan_cluster(scene: Scene, conn: str, operation: Operation) -> Plan:
    """The call that would do it now. NotFound when it is not recommended (any more)."""
    cluster = scene.estate.find(operation.key)
    if not isinstance(cluster, Place) or cluster.kind is not Kind.CLUSTER:
        raise NotFound(f"there is no cluster {operation.key}", subject=operation.key)
    deed = operation.verb.partition(".")[2]
    wanted = operation.arguments.get("recommendation", "")
    if not wanted:
        raise InvalidInput("say which recommendation", subject="recommendation")
    one = _found(scene, cluster, wanted, scene.clock.world())
    found = way(scene.site.family, deed)
    if found is None:
        raise NotSupported(f"{scene.traits.product} cannot do that", subject=deed)
    given: dict[str, Plain] = {"recommendation": wanted}
    verb, arguments = native(scene.site.family, found, cluster, given, "")
    applies = deed == APPLY
    arrives = Expectation(
        key=key(one.machine.kind, one.machine.id),
        field="host",
        values=(key(Kind.HOST, one.to.id),),
        within=ARRIVES_S,
    )
    return Plan(
        calls=(NativeCall(id="1", connection=conn, verb=verb, args=arguments),),
        warnings=(one.line,),
        irreversible="the machines can be moved back one by one" if applies else "DRS may recommend it again by itself",
        expects=(arrives,) if applies else (),
        state=fingerprint(scene, operation.key),
    )


def decide(scene: Scene, deed: str, target: str, wanted: Argument, entry: Entry) -> tuple[Place, tuple[Machine, ...]]:
    """Carry one out, or let it go. The cluster, and the machine that moves."""
    cluster = scene.estate.find(key(Kind.CLUSTER, target))
    if not isinstance(cluster, Place):
        raise NotFound(f"there is no cluster {target}", subject=target)
    one = _found(scene, cluster, str(wanted), entry.world)
    if deed == APPLY:
        standing = Standing(scene, one.machine, entry.world)
        move(scene, standing, one.to, entry.number, entry.world, entry.who)
        shift(scene, one.source, one.to, one.machine)
    scene.decided[one.key] = cluster.id
    return cluster, (one.machine,) if deed == APPLY else ()


def _found(scene: Scene, cluster: Place, wanted: str, world: float) -> Recommendation:
    found = {one.key: one for one in recommended(scene, cluster, world)}
    if wanted not in found:
        raise NotFound(
            f"DRS recommends no {wanted} for {cluster.name}",
            meaning=f"it recommends {', '.join(found)}" if found else "it recommends nothing now",
            hint="the details of the cluster list them; DRS makes a new list every five minutes",
            subject="recommendation",
        )
    return found[wanted]


def _fitting(scene: Scene, source: Host, to: Host, world: float) -> Machine | None:
    """The one that works most of those that can go there now."""
    running = sorted(there(scene, source, world), key=lambda each: (-each.load.cpu * each.vcpus, each.id))
    for machine in running:
        one = Standing(scene, machine, world)
        if one.power is Power.RUNNING and one.now.act is None and not machine.routine and fits(one, to):
            return machine
    return None

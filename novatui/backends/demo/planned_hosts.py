"""Plans of the demo that take a host into maintenance and out of it, and the one that stops that."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine
from novatui.backends.demo.standing import Standing, fingerprint, host_of
from novatui.backends.demo.upkeep import (
    CANCEL,
    ENTER,
    IN_MEMORY,
    LEAVE,
    fit_to_enter,
    fit_to_leave,
    fits,
    names,
    open_hosts,
    task_id,
    underway,
)
from novatui.backends.demo.ways import Plain, native, way
from novatui.core.errors import Conflict, NotSupported
from novatui.core.operations import Expectation, NativeCall, Operation, Plan

CLOSES_S, OPENS_S = 3600.0, 30.0
"""Seconds until it is to be seen."""


def plan_host(scene: Scene, conn: str, operation: Operation) -> Plan:
    """The call that would do it now. Conflict when it is so already, or machines stand in the way."""
    host = host_of(scene, operation.key)
    return (
        _return(scene, conn, operation, host)
        if operation.verb == "host.return"
        else _enter(scene, conn, operation, host)
    )


def plan_stop(scene: Scene, conn: str, operation: Operation) -> Plan:
    """The end of what is being done to a host."""
    host = host_of(scene, operation.key)
    now = underway(scene, host)
    if now is None or operation.arguments.get("task", "") not in ("", task_id(now)):
        raise Conflict(f"nothing is being done to {host.name} any more", subject="ended")
    return Plan(
        calls=(_call(scene, conn, CANCEL, host, {}),),
        warnings=("machines that are on their way go on, the others stay",),
        irreversible="machines that have left come back by themselves only where DRS moves them",
        expects=(_shows(operation, "false", OPENS_S),),
        state=fingerprint(scene, operation.key),
    )


def _enter(scene: Scene, conn: str, operation: Operation, host: Host) -> Plan:
    running = fit_to_enter(scene, host, scene.clock.world())
    if operation.arguments.get("data"):
        raise NotSupported(f"{host.name} has no share in a vSAN", hint="leave data out", subject="data")
    takes_off = operation.arguments.get("off") == "yes"
    return Plan(
        calls=(_call(scene, conn, ENTER, host, {"off": takes_off}),),
        warnings=tuple(_warnings(scene, host, running, takes_off=takes_off)),
        inverse=Operation(verb="host.return", key=operation.key),
        irreversible="machines that have left come back by themselves only where DRS moves them" if running else "",
        expects=(_shows(operation, "true", CLOSES_S),),
        state=fingerprint(scene, operation.key),
    )


def _return(scene: Scene, conn: str, operation: Operation, host: Host) -> Plan:
    fit_to_leave(host)
    return Plan(
        calls=(_call(scene, conn, LEAVE, host, {}),),
        inverse=Operation(verb="host.maintenance", key=operation.key),
        expects=(_shows(operation, "false", OPENS_S),),
        state=fingerprint(scene, operation.key),
    )


def _call(scene: Scene, conn: str, deed: str, host: Host, given: dict[str, Plain]) -> NativeCall:
    family = scene.site.family
    found = way(family, deed)
    if found is None:
        raise NotSupported(f"{scene.traits.product} cannot do that", subject=deed)
    verb, arguments = native(family, found, host, given, host.name)
    return NativeCall(id="1", connection=conn, verb=verb, args=arguments)


def _shows(operation: Operation, value: str, within: float) -> Expectation:
    return Expectation(key=operation.key, field="maintenance", values=(value,), within=within)


def _warnings(scene: Scene, host: Host, running: list[Machine], *, takes_off: bool) -> Iterator[str]:
    if running:
        count = f"{len(running)} running machines" if len(running) > 1 else "1 running machine"
        yield f"DRS moves {count} away: {names(running)}"
    others = open_hosts(scene, host)
    world = scene.clock.world()
    stuck = [each for each in running if not _can_leave(Standing(scene, each, world), others)]
    if stuck:
        yield f"{names(stuck)} cannot leave and would hold it up until off: blockers tells why"
    off = [each for each in scene.estate.machines if each.host == host.at and _is_off(scene, each, world)]
    if off and not takes_off:
        count = f"{len(off)} machines that are off stay" if len(off) > 1 else "1 machine that is off stays"
        yield f"{count} on it and cannot be started meanwhile: {names(off)}"


def _can_leave(one: Standing, others: list[Host]) -> bool:
    """What is being done to it now ends, and then it can go."""
    return one.now.act is not None or any(fits(one, each) for each in others)


def _is_off(scene: Scene, machine: Machine, world: float) -> bool:
    now = scene.now(machine, world)
    return now.here and now.power not in IN_MEMORY and scene.host(machine, now).at == machine.host

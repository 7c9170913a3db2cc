"""What a test can do to the world behind every client's back: the verbs of the control channel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyVmomi import vim

from tests.conformance.world import Vm
from tests.lab.vsphere.soap import clusters, machines, moving, power, seeded
from tests.lab.vsphere.soap.control import steers
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.vcenter import Vcenter


def entity(vc: Vcenter, name: str) -> Thing:
    """A managed entity by its reference, name, or a machine's or host's uuid."""
    if name in vc.site.things:
        return vc.site.things[name]
    for thing in vc.site.of(vim.ManagedEntity):
        uuid = thing.facts["config"].uuid if thing.is_a(vim.VirtualMachine) else None
        if name in (thing.name, uuid):
            return thing
    raise KeyError(f"nothing is called {name}")


@steers
def set_power(vc: Vcenter, name: str, state: str) -> None:
    """A machine into `poweredOn`, `poweredOff` or `suspended`, at once and without a task."""
    power.set_state(vc, entity(vc, name), state)


@steers
def add_machine(vc: Vcenter, **described: Any) -> str:
    """One more machine of the world: `host`, `name`, `uuid`, `vcpus`, `memory_mib`, `state`."""
    return seeded.add_machine(vc, Vm(**described)).id


@steers
def remove(vc: Vcenter, name: str) -> None:
    """A machine is gone."""
    machines.removed(vc, entity(vc, name))


@steers
def rename(vc: Vcenter, name: str, to: str) -> None:
    thing = entity(vc, name)
    thing.facts["name"] = to
    vc.site.touch(thing)


@steers
def put(vc: Vcenter, name: str, path: str, value: Any) -> None:
    """Any property of plain text, number or truth by its path, as `runtime.connectionState`, or a reference
    `vm-101`."""
    vc.site.put(entity(vc, name), path, value)


@steers
def read(vc: Vcenter, name: str, path: str) -> str:
    """A property as text."""
    return str(entity(vc, name).read(path))


@steers
def reference(vc: Vcenter, name: str) -> str:
    """The reference of an entity."""
    return entity(vc, name).id


@steers
def disable(vc: Vcenter, name: str, methods: list[str]) -> None:
    """Methods that are refused of this entity besides those that its state forbids, as a backup product does it."""
    thing = entity(vc, name)
    thing.private["disabled"] = methods
    vc.site.touch(thing)


@steers
def end_sessions(vc: Vcenter, user: str = "") -> int:
    """Throw sessions out, of one user or all; how many."""
    ended = [one for one in list(vc.sessions.open.values()) if user in ("", one.user)]
    for one in ended:
        vc.sessions.end(one)
    return len(ended)


@steers
def age_sessions(vc: Vcenter, seconds: float) -> None:
    """As if so much time had gone by since each session's last call."""
    for one in vc.sessions.open.values():
        one.active -= timedelta(seconds=seconds)


@steers
def sessions(vc: Vcenter) -> list[dict[str, Any]]:
    return [
        {"key": one.key, "user": one.user, "calls": one.calls, "agent": one.agent} for one in vc.sessions.open.values()
    ]


@steers
def tickets(vc: Vcenter) -> list[str]:
    """Every ticket that was given out and is good still."""
    return [*vc.tickets, *vc.clone_tickets]


@steers
def files(vc: Vcenter) -> list[str]:
    """What clients have left on datastores."""
    return [f"[{store}] {file}" for store, file in vc.files]


@steers
def grant(vc: Vcenter, user: str, name: str, privileges: list[str]) -> None:
    """Give a user exactly these privileges on an entity and below."""
    number = 2000 + vc.site.number("role")
    vc.rights.roles[number] = (f"role{number}", ("System.Anonymous", "System.View", "System.Read", *privileges))
    vc.rights.granted[user, entity(vc, name).id] = number


@steers
def skew(vc: Vcenter, seconds: float) -> None:
    """Set the server's clock ahead."""
    vc.site.skew = timedelta(seconds=seconds)


@steers
def unset_by(vc: Vcenter, operation: str) -> None:
    """How a property that became unset is told from now on: `remove`, or `assign` without a value."""
    vc.site.unset_by = operation


@steers
def takes(vc: Vcenter, method: str, seconds: float) -> None:
    """How long tasks of a method take from now on."""
    vc.site.steps[method] = seconds


@steers
def calls(vc: Vcenter, since: int = 0, changes: bool = False) -> list[dict[str, Any]]:
    """The log of calls after a number; with `changes` only those that are no reading ones."""
    return [one for one in vc.log if one["number"] > since and (one["changes"] or not changes)]


@steers
def struck(vc: Vcenter) -> list[dict[str, Any]]:
    """Planted rules and how often each was used."""
    return [{"method": one.method, "do": one.do, "struck": one.struck} for one in vc.rules.planted]


@steers
def recommend(vc: Vcenter, name: str, host: str, rating: int = 3, reason: str = "fairnessCpuAvg") -> str:
    """DRS recommends to move a machine to a host; the recommendation's key."""
    vm, target = entity(vc, name), entity(vc, host)
    cluster = vc.site.find(target.facts["parent"])
    return clusters.recommend(vc, cluster, vm, target, rating, reason, "Balance average CPU loads")


@steers
def move(vc: Vcenter, name: str, host: str) -> str:
    """Somebody else starts a vMotion; the task's reference."""
    return moving.begin_move(vc, entity(vc, name), entity(vc, host), "somebody@vsphere.local").id


@steers
def assumed(vc: Vcenter) -> dict[str, int]:
    """How often methods were served of which not all is known, by method."""
    return dict(vc.assumed)

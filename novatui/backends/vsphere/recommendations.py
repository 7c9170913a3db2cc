"""What DRS recommends for a cluster: the list as it stands, and plans that carry one out or dismiss it.

ClusterComputeResource.recommendation, ApplyRecommendation and CancelRecommendation of the vSphere Web Services API.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.fields import at, each, listed, moment, refs, words
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.planning import Planning, Subject
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.core.detail import Property
from novatui.core.errors import InvalidInput, NotFound
from novatui.core.ids import key
from novatui.core.operations import Expectation, Operation, Plan
from novatui.core.states import Kind
from novatui.core.units import lasting

PATH = "recommendation"

SECTION = "recommendations"

ARRIVES_S = 3600.0
"""Machines that are moved by it are looked for so long."""

METHODS = {"cluster.apply": "ApplyRecommendation", "cluster.dismiss": "CancelRecommendation"}


class Step(NamedTuple):
    """One machine that would be moved."""

    machine: Ref
    source: Ref | None
    destination: Ref | None


def told(values: dict[str, Any], asking: Asking, inventory: Inventory) -> Iterator[Property]:
    """Each with its key, what it would do, its priority, its age and its reason."""
    found = each(values.get(PATH))
    names = _machines(found, asking)
    for one in found:
        yield Property(SECTION, words(one, "key"), _line(one, names, inventory))


def _machines(found: list[dict[str, Any]], asking: Asking) -> dict[Ref, str]:
    """Names of the machines that they would move."""
    wanted = list(dict.fromkeys(step.machine for one in found for step in steps(one)))
    try:
        return {one.ref: shown_name(words(one.values.get("name"))) for one in asking.each(wanted, ("name",))}
    except NotFound:
        return {}


def steps(recommendation: dict[str, Any]) -> list[Step]:
    """Machines that it would move; other actions (power of hosts) are none."""
    found: list[Step] = []
    for action in each(recommendation, "action"):
        move = at(action, "drsMigration")
        machine = next(iter(refs(move, "vm")), None)
        if machine is not None:
            source, destination = (next(iter(refs(move, side)), None) for side in ("source", "destination"))
            found.append(Step(machine, source, destination))
    return found


def _line(one: dict[str, Any], names: Mapping[Ref, str], inventory: Inventory) -> str:
    made, rating = moment(one, "time"), words(one, "rating")
    age = f"{lasting(max(0.0, time.time() - made))} old" if made is not None else ""
    moves = [_step(step, names, inventory) for step in steps(one)]
    moves = moves or [words(action, "type") for action in each(one, "action")]
    # ClusterRecommendation.rating: five stars are the most urgent, which the product's own client calls priority 1.
    priority = f"priority {6 - int(rating)}" if rating.isdigit() and 1 <= int(rating) <= 5 else ""
    reason = words(one, "reasonText") or words(one, "reason")
    return ", ".join(filter(None, ("; ".join(moves), priority, age, reason)))


def _step(step: Step, names: Mapping[Ref, str], inventory: Inventory) -> str:
    source, to = (inventory.name_of(ref) or ref.id if ref is not None else "?" for ref in step[1:])
    return f"{names.get(step.machine) or step.machine.id}: {source} to {to}"


class ClusterPlans:
    """Plans the noun `cluster`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def plan(self, operation: Operation) -> Plan:
        """The call that would do it now. NotFound when DRS does not recommend it (any more)."""
        subject = self._planning.thing(operation.key, PATH)
        if subject.ref.type != "ClusterComputeResource":
            raise NotFound(f"{operation.key} is no cluster", subject=operation.key)
        wanted = operation.arguments.get("recommendation", "")
        if not wanted:
            raise InvalidInput("say which recommendation", subject="recommendation")
        found = {words(one, "key"): one for one in each(subject.values.get(PATH))}
        if wanted not in found:
            raise NotFound(
                f"DRS recommends no {wanted} for {subject.name}",
                meaning=f"it recommends {', '.join(found)}" if found else "it recommends nothing now",
                hint="the details of the cluster list them; DRS makes a new list every five minutes",
                subject="recommendation",
            )
        return self._of(subject, operation, wanted, found[wanted])

    def _of(self, subject: Subject, operation: Operation, wanted: str, one: dict[str, Any]) -> Plan:
        applies = operation.verb == "cluster.apply"
        line = _line(one, _machines([one], self._planning.asking), self._planning.inventory)
        before = listed(one, "prerequisite")
        return self._planning.plan(
            subject,
            self._planning.call(1, METHODS[operation.verb], subject.ref, key=wanted),
            warnings=(
                line,
                *((f"it needs others first: {', '.join(before)}",) if applies and before else ()),
            ),
            irreversible=(
                "the machines can be moved back one by one" if applies else "DRS may recommend it again by itself"
            ),
            expects=tuple(self._arrivals(one)) if applies else (),
        )

    def _arrivals(self, one: dict[str, Any]) -> Iterator[Expectation]:
        for step in steps(one):
            machine = self._planning.inventory.key_of(step.machine)
            if machine and step.destination is not None:
                host = key(Kind.HOST, step.destination.id)
                yield Expectation(key=machine, field="host", values=(host,), within=ARRIVES_S)

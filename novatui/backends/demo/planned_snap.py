"""Plans of the demo for snapshots: what they cost, and what going back loses."""

from __future__ import annotations

from novatui.backends.demo.planned import Case, expect
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import GIB
from novatui.backends.demo.trees import below, found
from novatui.backends.demo.ways import Plain
from novatui.core.errors import Conflict, NotSupported
from novatui.core.ids import key
from novatui.core.operations import Expectation, Operation, Plan
from novatui.core.snapshots import Snapshot, row_id
from novatui.core.states import Family, Kind, Power
from novatui.core.units import span

SAFETY = "before-revert"
_SAFE: dict[str, Plain] = {"name": SAFETY, "description": "", "memory": False, "quiesce": False}


def plan_snap(scene: Scene, conn: str, operation: Operation) -> Plan:
    """A snapshot operation as it would be carried out now."""
    case = Case(scene, conn, operation)
    match operation.verb:
        case "snap.create":
            return _create(case)
        case "snap.revert":
            return _revert(case)
        case _:
            return _delete(case)


def _create(case: Case) -> Plan:
    case.one.fit("snapshot")
    name, memory, machine = case.given("name"), case.given("memory") == "yes", case.machine
    if case.one.family in (Family.LIBVIRT, Family.PROXMOX) and any(each.name == name for each in machine.snapshots):
        raise Conflict(f"{machine.name} has a snapshot {name} already", hint="take another name", subject=name)
    if memory and case.one.cold:
        raise Conflict(f"{machine.name} is {case.one.power}: it has no memory to save", subject=case.one.power.value)
    if machine.devices and memory:
        raise Conflict("memory cannot be saved while it holds devices of its host", subject="devices")
    quiesce = case.given("quiesce") == "yes"
    if quiesce and not machine.tools:
        raise Conflict("nobody in the guest can quiet its disks: no guest agent runs", subject="guest agent")
    costs = ["every write goes to a new layer from now on: reading grows a little slower"]
    if memory:
        costs.append(f"{machine.memory / GIB:.1f} GiB of memory are written; the guest stands still meanwhile")
    given: dict[str, Plain] = {"name": name, "description": case.given("description")}
    call = case.call("snapshot", given=given | {"memory": memory, "quiesce": quiesce})
    return case.plan(
        call,
        costs=tuple(costs),
        expects=(expect(case, "snapshots", str(len(machine.snapshots) + 1)),),
        inverse=case.takes_back("snap.delete", snapshot=name),
    )


def _revert(case: Case) -> Plan:
    case.one.fit("revert")
    snapshot, then = found(case.machine.snapshots, case.given("snapshot")), case.given("then")
    if case.machine.devices and snapshot.memory:
        raise Conflict("a snapshot with memory does not fit: the machine holds devices of its host", subject="devices")
    power = {"running": Power.RUNNING, "paused": Power.PAUSED}.get(then)
    power = power or (Power.RUNNING if snapshot.memory else Power.OFF)
    safety = case.given("safety") == "yes"
    calls = [case.call("snapshot", given=_SAFE)] if safety else []
    calls.append(case.call("revert", len(calls) + 1, {"snapshot": snapshot.id, "then": then}))
    lost = () if safety else (f"everything that was written since {_age(case, snapshot)}",)
    return case.plan(
        *calls,
        then=power,
        losses=lost if case.one.cold else (*lost, "what the guest has in memory now"),
        warnings=(f"the machine is {power} afterwards",) if power is not case.one.power else (),
        irreversible="" if safety else "nothing brings back what was written since the snapshot",
        inverse=case.takes_back("snap.revert", snapshot=SAFETY) if safety else None,
    )


def _delete(case: Case) -> Plan:
    case.one.fit("snapshot-delete")
    if case.given("metadata") == "yes":
        raise NotSupported("the demo deletes a snapshot as a whole, not its entry only", subject="metadata")
    tree, children = case.machine.snapshots, case.given("children") or "keep"
    snapshot = found(tree, case.given("snapshot"))
    under = below(tree, snapshot.id)
    gone = {snapshot.id} if children == "keep" else under if children == "only" else under | {snapshot.id}
    if not gone:
        raise Conflict(f"nothing grew from {snapshot.name}", subject="children")
    size = sum(each.size or 0 for each in tree if each.id in gone)
    expects = [expect(case, "snapshots", str(len(tree) - len(gone)))]
    expects += [Expectation(key=_row_key(case, name), field="name", values=(), within=60.0) for name in sorted(gone)]
    return case.plan(
        case.call("snapshot-delete", given={"snapshot": snapshot.id, "children": children}),
        expects=tuple(expects),
        costs=(f"{size / GIB:.1f} GiB are merged into the disks; that loads the store",),
        losses=(f"the way back to {len(gone)} snapshots",) if len(gone) > 1 else (),
        irreversible="a deleted snapshot cannot be had back",
    )


def _row_key(case: Case, snapshot: str) -> str:
    return key(Kind.SNAPSHOT, row_id(case.machine.id, snapshot))


def _age(case: Case, snapshot: Snapshot) -> str:
    if snapshot.created is None:
        return f"{snapshot.name} was taken"
    return f"{snapshot.name} was taken, {span(case.scene.clock.now() - snapshot.created)} ago"

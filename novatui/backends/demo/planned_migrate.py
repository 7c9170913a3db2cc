"""Plans of the demo for migrations and for what can be done to one on its way."""

from __future__ import annotations

import msgspec

from novatui.backends.demo.moves import LEVERS, LINE, begun, destination, fit_to_move, moving, turn_of
from novatui.backends.demo.planned import Case, expect
from novatui.backends.demo.precopy import Journey, Phase, state_at, takes
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import GIB
from novatui.backends.demo.tasks import journey_of
from novatui.backends.demo.ways import Plain, way
from novatui.core.errors import Conflict, NotFound, NotSupported
from novatui.core.ids import ObjectRef, key
from novatui.core.operations import Operation, Plan
from novatui.core.states import Family, Kind, Power
from novatui.core.verbs import VERBS

ARRIVES_S = 3600.0

_DEEDS = {
    "migrate.live": "migrate",
    "migrate.offline": "migrate-offline",
    "migrate.bandwidth": "migrate-bandwidth",
    "migrate.downtime": "migrate-downtime",
    "migrate.postcopy": "migrate-postcopy",
    "migrate.pause": "migrate-pause",
}

_TOLD = ("bandwidth", "auto_converge", "post_copy", "storage", "persist", "undefine")
"""Arguments of a start that a family may have a name for."""


def plan_migrate(scene: Scene, conn: str, operation: Operation) -> Plan:
    """A migration, or a lever of one, as it would be carried out now."""
    case, deed = Case(scene, conn, operation), _DEEDS[operation.verb]
    if deed in LEVERS:
        return _lever(case, deed)
    return _start(case, deed)


def _start(case: Case, deed: str) -> Plan:
    found = way(case.one.family, deed)
    if found is None:
        raise NotSupported(f"{case.scene.traits.product} cannot do that", subject=deed)
    if case.one.power not in VERBS[case.operation.verb].states:
        hint = {Power.RUNNING: "move it while it runs", Power.OFF: "its definition can be moved"}.get(
            case.one.power, ""
        )
        raise Conflict(f"{case.machine.name} is {case.one.power}", hint=hint, subject=case.one.power.value)
    given = _given(case, deed)
    if strange := [name for name, value in given.items() if value and name not in found.names]:
        raise NotSupported(f"{found.call} has no such thing as {strange[0]}", hint="leave it out", subject=strange[0])
    to = destination(case.scene, given)
    fit_to_move(case.one, to, copies=deed == "migrate-offline" or bool(given.get("storage")))
    journey = begun(case.machine, given)
    target = key(Kind.HOST, to.id) if to else ""
    call = case.call(deed, given={name: given.get(name) for name in found.names})
    return case.plan(
        msgspec.structs.replace(call, long=True),
        expects=(expect(case, "host", target, ARRIVES_S),) if to else (),
        warnings=_warnings(case, deed, journey),
        costs=_costs(deed, journey),
        inverse=case.takes_back(case.operation.verb, **_back(case, given)),
    )


def _given(case: Case, deed: str) -> dict[str, Plain]:
    """What was said, in our words and as the family wants values. NotSupported for what the demo does not show."""
    for name in ("tunnelled", "parallel", "compress", "store", "downtime", "priority"):
        if case.given(name) not in ("", "no"):
            raise NotSupported(
                f"the demo does not show {name.replace('_', ' ')} of a migration",
                hint="leave it out" if name != "downtime" else "give it while the migration runs",
                subject=name,
            )
    if case.given("mode") == "client":
        raise NotSupported("the demo has every migration led by its source", hint="leave it out", subject="mode")
    given: dict[str, Plain] = dict.fromkeys(_TOLD)
    given |= {name: True for name in _TOLD if case.given(name) == "yes"}
    if case.given("storage") in ("copy", "changed"):
        given["storage"] = True
    if case.given("bandwidth"):
        given["bandwidth"] = float(case.given("bandwidth"))
    if deed == "migrate-offline":
        given = {"undefine": given["undefine"]}
    return given | _place(case)


def _place(case: Case) -> dict[str, Plain]:
    """The destination in the family's words: libvirt is given an address, all others one of their hosts."""
    if case.one.family is Family.LIBVIRT:
        if not case.given("uri"):
            raise NotFound("the other connection of the demo is not there", subject="to")
        return {"uri": case.given("uri")}
    host = next((h for h in case.scene.estate.hosts if h.id == _meant(case.given("to"))), None)
    if host is None:
        raise NotFound(f"there is no host {case.given('to')} here", subject="to")
    return {"to": host.name if case.one.family in (Family.PROXMOX, Family.HYPERV) else host.id}


def _meant(text: str) -> str:
    try:
        return ObjectRef.parse(text).id
    except ValueError:
        return text


def _back(case: Case, given: dict[str, Plain]) -> dict[str, str]:
    """To where it is now; its storage goes along again if it went there."""
    home = {"to": str(ObjectRef(case.conn, Kind.HOST, case.one.host.id))}
    return home | ({"storage": "copy"} if given.get("storage") else {})


def _warnings(case: Case, deed: str, journey: Journey) -> tuple[str, ...]:
    if deed == "migrate-offline" or case.one.power is Power.PAUSED:
        return ()
    if takes(journey) is None:
        rate, line = journey.dirty / GIB, min(journey.line, journey.bandwidth or LINE) / GIB
        return (f"the guest changes {rate:.2f} GiB/s, the line carries {line:.2f}: it may not end by itself",)
    return ()


def _costs(deed: str, journey: Journey) -> tuple[str, ...]:
    if deed == "migrate-offline":
        return ("its definition moves, nothing is copied",)
    moved = journey.memory / GIB
    costs = [f"{moved:.1f} GiB of memory go over the network, what changes meanwhile again"]
    if journey.disk:
        costs.append(f"{journey.disk / GIB:.1f} GiB of storage go before")
    if (seconds := takes(journey)) is not None:
        costs.append(f"it takes about {seconds:.0f} s")
    return tuple(costs)


def _lever(case: Case, deed: str) -> Plan:
    act = moving(case.one)
    case.one.fit_to_cancel(lever=True)
    journey, at = journey_of(act), case.scene.clock.world() - act.begin
    phase = state_at(journey, at).phase
    if deed == "migrate-postcopy" and not journey.post_copy:
        raise Conflict(
            "post-copy was not armed when this migration began",
            hint="cancel it and start it with post-copy",
            subject="post-copy",
        )
    if phase not in (Phase.PREPARING, Phase.DISK, Phase.MEMORY):
        raise Conflict(f"it is in its phase {phase}: nothing can be changed any more", subject=phase.value)
    given: dict[str, Plain] = {n: float(case.given(n)) for n in ("bandwidth", "downtime") if case.given(n)}
    turn_of(deed, given, at)
    return case.plan(case.call(deed, given=given), warnings=_LEVER_WARNINGS.get(deed, ()))


_LEVER_WARNINGS = {
    "migrate-postcopy": (
        "the guest is lost when the network fails before the end",
        "it cannot be cancelled any more",
    ),
    "migrate-pause": ("the guest stands still until the migration has ended",),
}

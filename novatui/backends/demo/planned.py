"""Plans of the demo: what each family would send, with what it costs and what takes it back. Power operations first."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from novatui.backends.demo.deeds import POWER
from novatui.backends.demo.planned_hosts import plan_stop
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import GIB, Host, Machine
from novatui.backends.demo.standing import Standing
from novatui.backends.demo.tasks import task
from novatui.backends.demo.ways import Plain, native, way
from novatui.core.errors import Conflict, InvalidInput, NotSupported
from novatui.core.operations import Expectation, NativeCall, Operation, Plan
from novatui.core.states import Family, Kind, Power

SOON_S, GUEST_S = 30.0, 120.0
"""Seconds until a change is to be seen: one that is made, and one that a guest is only asked for."""

_ANEW = "it starts anew: what ran in the guest has ended"
_LOST = "what the guest had not written to its disks is lost"


class Case:
    """One operation on one machine, being planned."""

    def __init__(self, scene: Scene, conn: str, operation: Operation) -> None:
        self.scene, self.conn, self.operation = scene, conn, operation
        self.one = Standing.of(scene, operation.key)
        self.machine: Machine = self.one.machine

    def given(self, name: str) -> str:
        """An argument; empty when it is not given."""
        return self.operation.arguments.get(name, "")

    def call(self, deed: str, number: int = 1, given: Mapping[str, Plain] | None = None) -> NativeCall:
        """The family's call for that. NotSupported when it has none."""
        return call_of(self.scene, self.conn, deed, self.machine, self.one.host, number, given or {})

    def plan(self, *calls: NativeCall, then: Power | None = None, within: float = SOON_S, **more: object) -> Plan:
        """The plan of these calls; `then`: the power state that is to be seen."""
        expects = (expect(self, "power", then.value, within),) if then else ()
        plan = Plan(calls=calls, expects=expects, state=self.one.fingerprint())
        return msgspec.structs.replace(plan, **more)

    def takes_back(self, verb: str, **arguments: str) -> Operation:
        """The operation that takes it back."""
        return Operation(verb=verb, key=self.operation.key, arguments=arguments)

    def apply_now(self) -> None:
        """The demo changes a machine at once. Conflict or NotSupported when something else is asked for."""
        wanted = self.given("apply")
        if wanted == "live" and self.one.cold:
            raise Conflict(f"{self.machine.name} is {self.one.power}: nothing can be changed live", subject="apply")
        if wanted == "persistent" and not self.one.cold:
            raise NotSupported(
                "the demo changes a running machine at once, not from its next start on",
                hint="leave out what it applies to, or shut it down first",
                subject="apply",
            )


def call_of(
    scene: Scene, conn: str, deed: str, thing: Machine | Host, host: Host, number: int, given: Mapping[str, Plain]
) -> NativeCall:
    """The family's call for that, on a machine or a host. NotSupported when it has none."""
    found = way(scene.site.family, deed)
    if found is None:
        raise NotSupported(f"{scene.traits.product} cannot do that", subject=deed)
    verb, arguments = native(scene.site.family, found, thing, given, host.name)
    return NativeCall(id=str(number), connection=conn, verb=verb, args=arguments)


def expect(case: Case, field: str, value: str, within: float = SOON_S) -> Expectation:
    """A column of the machine that is to show this."""
    return Expectation(key=case.operation.key, field=field, values=(value,), within=within)


def plan_power(scene: Scene, conn: str, operation: Operation) -> Plan:
    """A power operation as it would be carried out now."""
    case = Case(scene, conn, operation)
    deed = operation.verb.partition(".")[2]
    if deed == "autostart":
        return _autostart(case)
    case.one.fit(deed)
    if deed == "start" and case.one.power is Power.SUSPENDED:
        raise Conflict(f"{case.machine.name} is on disk", hint="wake it (power.wake)", subject=case.one.power.value)
    call = case.call("start" if deed == "wake" else deed)
    step = POWER[deed]
    plan = case.plan(call, then=step.then, within=SOON_S if step.waits else GUEST_S)
    return _EXTRAS[deed](case, plan)


def _autostart(case: Case) -> Plan:
    on, was = case.given("to") == "on", case.machine.autostart
    if case.given("to") not in ("on", "off"):
        raise InvalidInput("on or off", subject="to")
    if on == was:
        raise Conflict(f"{case.machine.name} {'starts' if was else 'does not start'} with its host already")
    return case.plan(
        case.call("autostart", given={"on": on}),
        expects=(expect(case, "autostart", str(on).lower()),),
        inverse=case.takes_back("power.autostart", to="on" if was else "off"),
    )


def _start(case: Case, plan: Plan) -> Plan:
    seconds = f"it takes about {POWER['start'].takes:.0f} s"
    room = f"{case.machine.memory / GIB:.1f} GiB of memory on {case.one.host.name}"
    return msgspec.structs.replace(plan, costs=(seconds, room), inverse=case.takes_back("power.off"))


def _wake(case: Case, plan: Plan) -> Plan:
    return msgspec.structs.replace(plan, inverse=case.takes_back("power.suspend"))


def _shutdown(case: Case, plan: Plan) -> Plan:
    warned = _may_not_listen(case)
    return msgspec.structs.replace(
        plan,
        warnings=warned,
        inverse=case.takes_back("power.start"),
        irreversible=_ANEW,
    )


def _reboot(case: Case, plan: Plan) -> Plan:
    irreversible = "a reboot cannot be taken back"
    return msgspec.structs.replace(plan, warnings=_may_not_listen(case), irreversible=irreversible)


def _reset(_case: Case, plan: Plan) -> Plan:
    return msgspec.structs.replace(plan, losses=(_LOST,), irreversible="a reset cannot be taken back")


def _off(case: Case, plan: Plan) -> Plan:
    inverse = case.takes_back("power.start")
    return msgspec.structs.replace(plan, losses=(_LOST,), inverse=inverse, irreversible=_ANEW)


def _pause(case: Case, plan: Plan) -> Plan:
    warnings = ("the guest answers nobody while it is paused; its memory stays taken",)
    return msgspec.structs.replace(plan, warnings=warnings, inverse=case.takes_back("power.resume"))


def _resume(case: Case, plan: Plan) -> Plan:
    return msgspec.structs.replace(plan, inverse=case.takes_back("power.pause"))


def _suspend(case: Case, plan: Plan) -> Plan:
    room = f"{case.machine.memory / GIB:.1f} GiB are written to disk"
    if case.one.power is Power.PAUSED:
        return msgspec.structs.replace(
            plan, costs=(room,), inverse=case.takes_back("power.wake"), irreversible="it wakes running, not paused"
        )
    return msgspec.structs.replace(plan, costs=(room,), inverse=case.takes_back("power.wake"))


_EXTRAS = {
    "start": _start,
    "wake": _wake,
    "shutdown": _shutdown,
    "reboot": _reboot,
    "reset": _reset,
    "off": _off,
    "pause": _pause,
    "resume": _resume,
    "suspend": _suspend,
}


def _may_not_listen(case: Case) -> tuple[str, ...]:
    """A guest without tools: some families refuse to ask it, others press a button that it may not notice."""
    if case.machine.tools:
        return ()
    if case.one.family in (Family.LIBVIRT, Family.PROXMOX):
        return ("no guest agent answers: the guest may not listen, and then nothing happens",)
    raise Conflict(
        f"{case.machine.name} cannot be asked: no guest tools run in it",
        hint="power it off, or reset it",
        subject="guest tools",
    )


def plan_task(scene: Scene, conn: str, operation: Operation) -> Plan:
    """The end of what is being done to a machine, or to a host."""
    if operation.key.startswith(f"{Kind.HOST.value}:"):
        return plan_stop(scene, conn, operation)
    case = Case(scene, conn, operation)
    case.one.fit_to_cancel()
    act = case.one.now.act
    if act is None:
        raise Conflict(f"nothing is being done to {case.machine.name} any more", subject="ended")
    if case.given("task") not in ("", task(scene, act, scene.clock.world()).id):
        raise Conflict("this task has ended; something else is being done by now", subject=act.verb)
    if act.verb not in ("migrate", "backup", "clone"):
        raise Conflict(f"{act.verb} cannot be cancelled", hint="wait for it", subject=act.verb)
    return case.plan(
        case.call("cancel"),
        expects=(expect(case, "job", ""),),
        warnings=(f"{act.verb} ends; what it has done so far is thrown away",),
        irreversible="a task that was cancelled can be started again, not taken up",
    )

"""What the plans of this driver are made of: the object read now, native calls, and whether both may be made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from novatui.backends.vsphere.asking import Asking, Told
from novatui.backends.vsphere.dataobjects import Form, written
from novatui.backends.vsphere.fields import listed, refs, words
from novatui.backends.vsphere.fingerprint import fingerprint_of
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.nativecalls import THIS, native, said, this_of
from novatui.backends.vsphere.rights import Rights, is_entity, privileges_of
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.backends.vsphere.words import native_state, power_of
from novatui.core.consoles import SHOWN_IN
from novatui.core.errors import Busy, Conflict, Denied, InvalidInput, NotFound, NotSupported
from novatui.core.ids import split_key
from novatui.core.operations import Argument, Expectation, NativeCall, Operation, Plan, Result, SecretName
from novatui.core.states import Kind, Power
from novatui.core.verbs import VERBS

SOON_S = 60.0
"""How long a change that the server has ended may take to be seen."""

Given = Argument | Ref | Form | list[dict[str, Any]]
"""An argument of a call as planners name it."""

MACHINE = (
    "name",
    "config.template",
    "config.changeVersion",
    "config.managedBy",
    "config.hardware.memoryMB",
    "runtime.powerState",
    "runtime.connectionState",
    "runtime.host",
    "runtime.question",
    "runtime.consolidationNeeded",
    "guest.toolsRunningStatus",
    "guest.toolsVersionStatus2",
    "disabledMethod",
    "recentTask",
)
"""What every plan of a machine reads."""

ANY = ("name", "disabledMethod", "recentTask")
"""What every plan of another object reads."""

_BEFORE: dict[Power, str] = {
    Power.RUNNING: "shut it down first (power.shutdown)",
    Power.OFF: "start it first (power.start)",
    Power.SUSPENDED: "wake it first (power.wake)",
}
"""What to do about a state in which an operation makes no sense."""

_AFTER: dict[str, Power] = {
    "power.start": Power.RUNNING,
    "power.shutdown": Power.OFF,
    "power.off": Power.OFF,
    "power.suspend": Power.SUSPENDED,
    "power.wake": Power.RUNNING,
}
"""What a machine is after an operation: one that is so already needs no advice."""

_SAME: dict[str, str] = {
    "RevertToSnapshot_Task": "RevertToCurrentSnapshot_Task",
    "RemoveSnapshot_Task": "RemoveAllSnapshots_Task",
}
"""Methods of a snapshot, and those of its machine that are disabled together with them."""


class Subject:
    """An object as it was read for one plan."""

    def __init__(self, key: str, told: Told) -> None:
        self.key = key
        self.ref = told.ref
        self.told = told
        self.values = told.values
        self.name = shown_name(words(told.values.get("name"))) or told.ref.id
        self.power = power_of(told.values.get("runtime.powerState"), told.values.get("runtime.connectionState"))
        self.native_state = native_state(
            told.values.get("runtime.powerState"), told.values.get("runtime.connectionState")
        ) or ("unknown")
        self.disabled = frozenset(listed(told.values, "disabledMethod"))
        self.change_version = words(told.values.get("config.changeVersion"))
        """Goes into every ConfigSpec: the server refuses it when somebody changed the machine meanwhile."""

    @property
    def running(self) -> bool:
        return self.power is Power.RUNNING

    @property
    def tools(self) -> bool:
        """VMware Tools answer in the guest."""
        return words(self.values.get("guest.toolsRunningStatus")) == "guestToolsRunning"

    def has(self, path: str) -> dict[str, Any]:
        """The value with fields at this path. NovaError says why there is none."""
        return self.told.has(path)


class Planning:
    """Makes plans on one connection. Every method only reads."""

    def __init__(self, asking: Asking, rights: Rights, inventory: Inventory, connection: str) -> None:
        self.asking = asking
        self.inventory = inventory
        self.connection = connection
        self._rights = rights

    # --- objects ---------------------------------------------------------------------------------------------------

    def machine(self, operation: Operation, *paths: str) -> Subject:
        """The machine of the operation, read now with these properties besides MACHINE's.

        NotFound when it is gone, Conflict when its state does not fit the operation.
        """
        kind, native_id = _split(operation.key)
        if kind not in (Kind.VM, Kind.TEMPLATE):
            raise NotFound(f"{operation.key} is no machine", subject=operation.key)
        subject = self._read(operation.key, Ref("VirtualMachine", native_id), (*MACHINE, *paths))
        if subject.values.get("config.template") is True:
            raise Conflict(f"{subject.name} is a template", meaning="it never runs", subject="template")
        _refuse_unseen(subject)
        _refuse_state(subject, operation.verb)
        return subject

    def thing(self, key: str, *paths: str) -> Subject:
        """Another object, read now: host, cluster, pool, store … NotFound when it is gone."""
        ref = self.inventory.refs([key])[key]
        if ref is None:
            raise NotFound(f"there is no {key} here", subject=key)
        return self._read(key, ref, (*ANY, *paths))

    def name_of(self, ref: Ref) -> str:
        """What people call an object."""
        return self.inventory.name_of(ref) or ref.id

    # --- calls -----------------------------------------------------------------------------------------------------

    def call(self, number: int, method: str, this: Ref | Result, **arguments: Given) -> NativeCall:
        """A native call, the `number`th of its plan. A reference is given as Ref, a data object as its form; one that
        is None is left out. A method that returns a task has no deadline."""
        given: dict[str, Argument] = {THIS: said(method, THIS, this) if isinstance(this, Ref) else this}
        for name, value in arguments.items():
            if value is not None:
                given[name] = _argument(method, name, value)
        return NativeCall(id=str(number), connection=self.connection, verb=method, args=given, long=native(method).task)

    # --- plans -----------------------------------------------------------------------------------------------------

    def plan(
        self,
        subject: Subject,
        *calls: NativeCall,
        needs: Mapping[Ref, Sequence[str]] | None = None,
        warnings: tuple[str, ...] = (),
        losses: tuple[str, ...] = (),
        costs: tuple[str, ...] = (),
        effect: str = "",
        inverse: Operation | None = None,
        irreversible: str = "",
        expects: tuple[Expectation, ...] = (),
    ) -> Plan:
        """The plan of these calls, after asking whether the server offers them now and the account may make them.

        Privileges of a call are asked for on the object whose method it is, or on the subject where that has none;
        `needs` are more of them, by object. Busy, Conflict or Denied with what is in the way.
        """
        unsure = self.check(subject, *calls, needs=needs)
        return Plan(
            calls=calls,
            warnings=(*_waiting(subject), *warnings, *unsure),
            losses=losses,
            costs=costs,
            effect=effect,
            inverse=inverse,
            irreversible=irreversible,
            expects=expects,
            state=fingerprint_of(self.asking, subject.ref),
        )

    def check(
        self, subject: Subject, *calls: NativeCall, needs: Mapping[Ref, Sequence[str]] | None = None
    ) -> tuple[str, ...]:
        """The questions of `plan` alone; what cannot be told stands in the answer, in words."""
        self._refuse_disabled(subject, calls)
        return self._refuse_unprivileged(subject, calls, needs or {})

    def screen(self, key: str, *paths: str) -> Subject:
        """A machine that has a screen now, read with these properties besides MACHINE's.

        NotFound when it is none or gone, Conflict when it does not run or its host does not reach it.
        """
        kind, native_id = _split(key)
        if kind is Kind.TEMPLATE:
            raise Conflict("a template never runs, and has no screen", subject="template")
        if kind is not Kind.VM:
            raise NotFound(f"{key} is no machine", subject=key)
        subject = self._read(key, Ref("VirtualMachine", native_id), (*MACHINE, *paths))
        _refuse_unseen(subject)
        if subject.power not in SHOWN_IN:
            raise Conflict(
                f"{subject.name} is {subject.native_state}",
                meaning="only a machine that runs has a screen",
                hint=_BEFORE.get(subject.power, ""),
                subject=subject.power.value,
            )
        return subject

    def _read(self, key: str, ref: Ref, paths: Sequence[str]) -> Subject:
        return Subject(key, self.asking.of(ref, tuple(dict.fromkeys(paths))))

    def _refuse_disabled(self, subject: Subject, calls: Sequence[NativeCall]) -> None:
        """What the server lists in `disabledMethod`: an operation under way, or a product that manages the machine."""
        disabled = next((each.verb for each in calls if self._is_disabled(subject, each)), None)
        if disabled is None:
            return
        if under_way := self._under_way(subject):
            raise Busy(
                f"{subject.name} is busy: {under_way}",
                meaning=f"the server offers {disabled} again when that has ended",
                hint="wait for it, or cancel its task",
                subject=under_way,
            )
        owner = words(subject.values.get("config.managedBy"), "extensionKey")
        raise Conflict(
            f"the server does not offer {disabled} of {subject.name} now",
            meaning=f"it is managed by {owner}" if owner else "it lists the method in `disabledMethod`",
            hint=f"do it in {owner}" if owner else "a solution that protects or backs it up may hold it",
            subject=disabled,
        )

    @staticmethod
    def _is_disabled(subject: Subject, call: NativeCall) -> bool:
        if call.verb in _SAME:
            return _SAME[call.verb] in subject.disabled
        if isinstance(call.args.get(THIS), Result) or this_of(call.verb, call.args) != subject.ref:
            return False
        return call.verb in subject.disabled

    def _under_way(self, subject: Subject) -> str:
        """What is done to it now; empty when nothing is told."""
        for task in refs(subject.values, "recentTask"):
            try:
                told = self.asking.of(task, ("info.state", "info.descriptionId")).values
            except NotFound:
                continue
            if words(told.get("info.state")) in ("running", "queued"):
                return words(told.get("info.descriptionId")) or task.id
        return ""

    def _refuse_unprivileged(
        self, subject: Subject, calls: Sequence[NativeCall], needs: Mapping[Ref, Sequence[str]]
    ) -> tuple[str, ...]:
        """Denied names every privilege that is missing, and where; the answer warns when the server does not tell."""
        wanted: dict[Ref, list[str]] = {ref: list(ids) for ref, ids in needs.items()}
        for call in calls:
            this = subject.ref if isinstance(call.args.get(THIS), Result) else this_of(call.verb, call.args)
            wanted.setdefault(this if is_entity(this) else subject.ref, []).extend(privileges_of(call))
        missing = self._rights.missing(wanted)
        if missing is None:
            return ("the server does not tell whether the account may do this",)
        if not missing:
            return ()
        named = [
            f"{', '.join(ids)} on {subject.name if ref == subject.ref else self.name_of(ref)}"
            for ref, ids in missing.items()
        ]
        raise Denied(
            f"the account lacks {'; '.join(named)}",
            hint="an administrator has to give it a role with this privilege, on that object or above it",
            code="NoPermission",
            subject=", ".join(dict.fromkeys(each for ids in missing.values() for each in ids)),
        )


# --- for every planner ------------------------------------------------------------------------------------------------


def inverse(verb: str, subject: Subject, **arguments: str) -> Operation:
    """The operation that takes a change of this object back."""
    return Operation(verb=verb, key=subject.key, arguments=arguments)


def shows(subject: Subject, field: str, *values: str, within: float = SOON_S) -> tuple[Expectation, ...]:
    """What the object's row is to show."""
    return (Expectation(key=subject.key, field=field, values=values, within=within),)


def whole(operation: Operation, name: str, *, least: int = 0) -> int:
    """A whole number among the arguments. InvalidInput when it is none, or too small."""
    text = operation.arguments.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) >= least):
        raise InvalidInput(f"{name}: a whole number from {least} on, not {text!r}", subject=name)
    return int(text)


def yes(operation: Operation, name: str) -> bool | None:
    """An argument that is yes or no; None when it is not given. InvalidInput for anything else."""
    value = operation.arguments.get(name, "")
    if value not in {"", "yes", "no"}:
        raise InvalidInput(f"{name} is yes or no", subject=name)
    return {"yes": True, "no": False}.get(value)


def _split(key: str) -> tuple[Kind, str]:
    try:
        return split_key(key)
    except ValueError as error:
        raise NotFound(str(error)) from None


def _argument(method: str, name: str, value: Given) -> Argument:
    if isinstance(value, Ref):
        return said(method, name, value)
    if isinstance(value, Mapping | list):
        return written(value)
    assert value is None or isinstance(value, str | int | float | bool | Result | SecretName)
    return value


def _refuse_unseen(subject: Subject) -> None:
    """ConnectionState of a machine: disconnected, inaccessible, invalid, orphaned."""
    connection = words(subject.values.get("runtime.connectionState"))
    if connection in ("", "connected"):
        return
    meaning = {
        "disconnected": "its host has no connection to the vCenter",
        "inaccessible": "its files cannot be read: look at its datastore",
        "orphaned": "its host does not know it any more",
        "invalid": "its configuration file cannot be read",
    }.get(connection, "")
    raise Conflict(f"{subject.name} is {connection}", meaning=meaning, subject=connection)


def _refuse_state(subject: Subject, operation: str) -> None:
    verb = VERBS[operation]
    if not verb.states or subject.power in verb.states or subject.power is Power.UNKNOWN:
        return
    if subject.power is _AFTER.get(operation):
        raise Conflict(f"{subject.name} is {subject.power.value} already", subject=subject.power.value)
    raise Conflict(
        f"{subject.name} is {subject.native_state}",
        meaning=f"`{verb.title}` makes no sense in that state",
        hint=_BEFORE.get(subject.power, ""),
        subject=subject.power.value,
    )


def not_here(what: str, meaning: str, *, hint: str = "", subject: str = "") -> NotSupported:
    """Something that vSphere does not have, or not for this object."""
    return NotSupported(what, meaning=meaning, hint=hint, subject=subject)


def _waiting(subject: Subject) -> tuple[str, ...]:
    text = words(subject.values.get("runtime.question"), "text")
    return (f"it waits for an answer first: {text}",) if text else ()

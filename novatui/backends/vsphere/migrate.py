"""Plans that move a machine to another host, to another store, or both: one RelocateVM_Task, checked before.

vCenter leads the move by itself and goes on without the console. MigrateVM_Task does less and is deprecated since 8.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pyVmomi import vim

from novatui.backends.vsphere import placing_host as tells
from novatui.backends.vsphere.checking import Checker, Verdict
from novatui.backends.vsphere.dataobjects import made
from novatui.backends.vsphere.fields import refs
from novatui.backends.vsphere.migratestores import Stores, moved
from novatui.backends.vsphere.planning import Planning, Subject, inverse, not_here, shows
from novatui.backends.vsphere.reading_now import Now, read
from novatui.backends.vsphere.relocation import Destination, destination
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.ids import ObjectRef, key
from novatui.core.operations import Operation, Plan
from novatui.core.states import Kind
from novatui.core.units import size
from novatui.core.verbs import VERBS

PATHS = (
    "resourcePool",
    "datastore",
    "config.hardware.device",
    "config.files.vmPathName",
    "summary.storage.committed",
    "runtime.faultToleranceState",
)
"""Of the machine, besides what every plan reads."""

HOST = (
    "name",
    "parent",
    "datastore",
    "runtime.connectionState",
    "runtime.powerState",
    "runtime.inMaintenanceMode",
    "runtime.inQuarantineMode",
    "capability.vmotionSupported",
    "summary.config.vmotionEnabled",
    tells.INTERFACES,
)

PRIORITIES = {"": None, "default": None, "high": "highPriority", "low": "lowPriority"}
"""VirtualMachineMovePriority."""

MIB = 1 << 20

LACKING: dict[str, str] = {
    "data_uri": "vCenter chooses the interfaces that carry vMotion",
    "uri": "vCenter knows its hosts",
    "tunnelled": "vMotion is encrypted by a setting of the machine",
    "parallel": "the hosts choose the number of streams",
    "compress": "vMotion compresses nothing",
    "auto_converge": "vMotion slows the guest by itself when it has to (stun during page send)",
    "post_copy": "vMotion has no post-copy",
    "bandwidth": "a limit is set on the port group of vMotion",
    "downtime": "vMotion decides itself how long the guest pauses",
    "persist": "a machine stays registered when it moves",
    "undefine": "a machine is registered at one place only",
}
"""Arguments of other products, with what vSphere does instead."""


class Way(NamedTuple):
    """Where a move leads."""

    host: Now
    there: Ref
    """Compute resource of the host."""
    to: Destination
    stays: bool
    """It stays on its host: only its storage moves."""


class MigratePlans:
    """Plans `migrate.live` and `migrate.offline`."""

    def __init__(self, planning: Planning, checker: Checker, version: str) -> None:
        self._planning = planning
        self._checker = checker
        self._version = version

    def plan(self, operation: Operation) -> Plan:
        """The call that would move it now. Conflict, NotSupported or InvalidInput with the reason when it cannot go."""
        if VERBS[operation.verb].lever:
            raise not_here("vCenter lets nobody steer a vMotion", "it can be cancelled", subject=operation.verb)
        _refuse_lacking(operation)
        subject = self._planning.machine(operation, *PATHS)
        way = self._way(subject, operation)
        verdict = self._judged(subject, way)
        call = self._planning.call(
            1,
            "RelocateVM_Task",
            subject.ref,
            spec=way.to.form(),
            priority=_priority(operation),
        )
        live = operation.verb == "migrate.live"
        here = self._host_of(subject)
        return self._planning.plan(
            subject,
            call,
            needs=_privileges(subject, way, live=live),
            warnings=tuple(self._warnings(way, verdict, live=live)),
            costs=tuple(_costs(subject, way, live=live)),
            inverse=self._back(operation, subject, here),
            irreversible="" if here is not None else "where it is now is not known",
            expects=() if way.stays else shows(subject, "host", key(Kind.HOST, way.host.ref.id)),
        )

    # --- where ------------------------------------------------------------------------------------------------------

    def _way(self, subject: Subject, operation: Operation) -> Way:
        planning, here = self._planning, self._host_of(subject)
        host = read(planning.asking, self._named(operation), HOST)
        name, stays = host.words("name") or host.ref.id, host.ref == here
        wanted, how = operation.arguments.get("store", ""), operation.arguments.get("storage", "")
        if stays and not wanted and how != "copy":
            raise Conflict(
                f"{subject.name} is on that host already",
                hint="choose another host; with another store its disks move and it stays",
                subject="to",
            )
        _refuse_host(host, name)
        store = Stores(planning, subject, host, name).chosen(wanted, how)
        if stays and store is None:
            raise Conflict(f"{subject.name} is on that host and store already", subject="store")
        there = host.link("parent")
        if there is None:
            raise NotFound(f"the server does not tell what {name} belongs to", subject="to")
        now = None if here is None else next(iter(refs(planning.asking.of(here, ("parent",)).values, "parent")), None)
        to = destination(planning.asking, planning.inventory, subject.ref, now, host.ref, there, store)
        return Way(host, there, to, stays)

    def _named(self, operation: Operation) -> Ref:
        """The host that is meant."""
        text = operation.arguments.get("to", "")
        try:
            ref = ObjectRef.parse(text)
        except ValueError:
            raise InvalidInput(f"{text or 'nothing'} is no reference of a host", subject="to") from None
        if ref.conn != self._planning.connection:
            raise not_here(
                "that host belongs to another vCenter",
                "NovaTUI moves machines within one vCenter",
                hint="choose a host of this one; m shows where it can run",
                subject="to",
            )
        found = self._planning.inventory.refs([ref.key])[ref.key]
        if found is None or found.type != "HostSystem":
            raise NotFound(f"there is no host {text}", subject="to")
        return found

    @staticmethod
    def _host_of(subject: Subject) -> Ref | None:
        host = subject.values.get("runtime.host")
        return host if isinstance(host, Ref) else None

    # --- what speaks against it ------------------------------------------------------------------------------------

    def _judged(self, subject: Subject, way: Way) -> Verdict:
        """The server's own check. Conflict with its words when it would refuse the move."""
        spec = made(way.to.form(), vim.vm.RelocateSpec, self._version)
        verdict = self._checker.relocation(subject.ref, way.host.ref, spec)
        against = [check.reason for check in verdict.checks if check.blocking]
        if against:
            raise Conflict(
                f"vCenter would refuse to move {subject.name} there",
                meaning="; ".join(reason.removeprefix("vCenter: ") for reason in against),
                hint="m shows where it can run",
                subject=verdict.checks[0].topic.value,
                code=verdict.call,
            )
        return verdict

    def _warnings(self, way: Way, verdict: Verdict, *, live: bool) -> Iterator[str]:
        yield from (check.reason for check in verdict.checks)
        if not verdict.asked:
            yield verdict.why.partition(":")[0] + ": it may still refuse the move"
            able = tells.migrates(way.host)
            if live and not way.stays and able.value is False:
                yield f"{way.host.words('name')}: {able.said}"
        if way.to.pool is not None:
            there = self._planning.name_of(way.there)
            yield f"it leaves its cluster and its pool, with what that keeps for it, for the root pool of {there}"
        if way.to.folder is not None:
            yield "it leaves its datacenter: there it lies in the top folder of machines"

    def _back(self, operation: Operation, subject: Subject, here: Ref | None) -> Operation | None:
        """The move back, with its disks if they went along."""
        if here is None:
            return None
        said = operation.arguments
        given = {"to": str(ObjectRef(self._planning.connection, Kind.HOST, here.id))}
        if said.get("store") or said.get("storage") == "copy":
            home = moved(subject)
            if home is None:
                return None
            given["store"] = key(Kind.DATASTORE, home.id)
        if said.get("priority"):
            given["priority"] = said["priority"]
        return inverse(operation.verb, subject, **given)


def _refuse_lacking(operation: Operation) -> None:
    for name, instead in LACKING.items():
        if operation.arguments.get(name) not in (None, "", "no"):
            raise not_here(
                f"vSphere takes no {name.replace('_', ' ')} of a move", instead, hint="leave it out", subject=name
            )
    if operation.arguments.get("mode") == "client":
        raise not_here("vCenter leads every move itself", "no console can", hint="leave it out", subject="mode")
    if operation.arguments.get("storage") == "changed":
        raise not_here("vSphere copies whole disks", "", hint="storage=copy", subject="storage")


def _refuse_host(host: Now, name: str) -> None:
    up, closed = tells.connected(host), tells.maintenance(host)
    if up.value is False:
        raise Conflict(f"{name} takes no machine: {up.said}", hint="choose another host", subject="to")
    if closed.value:
        raise Conflict(f"{name} is in maintenance", meaning=closed.said, hint="choose another host", subject="to")


def _priority(operation: Operation) -> str | None:
    said = operation.arguments.get("priority", "")
    if said not in PRIORITIES:
        raise InvalidInput(f"priority: one of default, high, low, not {said}", subject="priority")
    return PRIORITIES[said]


def _privileges(subject: Subject, way: Way, *, live: bool) -> dict[Ref, tuple[str, ...]]:
    """As the API reference lists them at RelocateVM_Task."""
    own = ["Resource.HotMigrate" if live else "Resource.ColdMigrate"]
    found: dict[Ref, tuple[str, ...]] = {}
    if way.to.pool is not None:
        found[way.to.pool] = ("Resource.AssignVMToPool",)
    if way.to.store is not None:
        found[way.to.store] = ("Datastore.AllocateSpace",)
    if way.to.folder is not None:
        own.append("VirtualMachine.Inventory.Move")
        found[way.to.folder] = ("VirtualMachine.Inventory.Move",)
    return found | {subject.ref: tuple(own)}


def _costs(subject: Subject, way: Way, *, live: bool) -> Iterator[str]:
    memory = subject.values.get("config.hardware.memoryMB")
    if live and not way.stays and isinstance(memory, int):
        yield f"up to {size(memory * MIB)} of memory are sent once, and what the guest changes meanwhile again"
    taken = subject.values.get("summary.storage.committed")
    if way.to.store is not None and isinstance(taken, int):
        yield f"{size(taken)} of its storage are copied"
    if not live and way.to.store is None:
        yield "it is registered on the other host; nothing is copied"

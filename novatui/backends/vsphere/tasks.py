"""Tasks of the server, whoever started them: the members of TaskManager.recentTask, and those that ended lately.

They come by the update stream where the server follows them; else the list is read, and then all of its tasks.
"""

from __future__ import annotations

from typing import Any

from pyVmomi import vim, vmodl

from novatui.backends.driver import Sink
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.errors import from_fault
from novatui.backends.vsphere.fields import at, moment, type_of, words
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.moves import CHAIN, NATIVE, Moves
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Fault, Ref, Update, several
from novatui.core.errors import Failure, NotFound
from novatui.core.tasks import Task, TaskState

# Leaves only: TaskInfo.name and .result hold what even a reader of the same version may not know.
PATHS = (
    "info.state",
    "info.progress",
    "info.error",
    "info.descriptionId",
    "info.entity",
    "info.entityName",
    "info.queueTime",
    "info.startTime",
    "info.completeTime",
    "info.cancelable",
    "info.cancelled",
    "info.reason",
    CHAIN,
)

ATTEMPTS = 3
"""Readings of a list whose tasks may be forgotten between two requests."""

STATES: dict[str, TaskState] = {
    "queued": TaskState.QUEUED,
    "running": TaskState.RUNNING,
    "success": TaskState.DONE,
    "error": TaskState.FAILED,
}
"""TaskInfoState."""

VERBS: dict[str, str] = {
    "VirtualMachine.powerOn": "start",
    "Datacenter.powerOnVm": "start",
    "VirtualMachine.powerOff": "off",
    "VirtualMachine.reset": "reset",
    "VirtualMachine.suspend": "suspend",
    "VirtualMachine.createSnapshot": "snapshot",
    "VirtualMachine.createSnapshotEx": "snapshot",
    "VirtualMachine.revertToCurrentSnapshot": "revert",
    "vm.Snapshot.revert": "revert",
    "VirtualMachine.clone": "clone",
    "VirtualMachine.reconfigure": "edit",
    "HostSystem.enterMaintenanceMode": "maintenance",
    "HostSystem.exitMaintenanceMode": "maintenance",
} | dict.fromkeys(NATIVE, "migrate")
"""Our word by TaskInfo.descriptionId; of others the product's own is shown."""


class Tasks:
    """What is known of tasks."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory) -> None:
        self.followed = False
        """They come by the update stream."""
        self._sink = sink
        self._inventory = inventory
        self._known: dict[Ref, dict[str, Any]] = {}
        """What the stream has told of each, by path."""
        self._asking = Asking(opened, sink)
        self._moves = Moves(opened, sink, inventory)
        self._home = Ref("TaskManager", opened.content.taskManager._moId)

    def filter_spec(self) -> Any:
        """PropertyFilterSpec: whatever is a recent task, now or later."""
        reading = vmodl.query.PropertyCollector
        members = reading.TraversalSpec(type=vim.TaskManager, path="recentTask", skip=False)
        home = reading.ObjectSpec(obj=vim.TaskManager(self._home.id), skip=True, selectSet=[members])
        return reading.FilterSpec(objectSet=[home], propSet=[reading.PropertySpec(type=vim.Task, pathSet=list(PATHS))])

    def take(self, begun: float, update: Update) -> None:
        """The stream tells something of one task. One that leaves is recent no more, and was told before."""
        if update.kind == "leave":
            self._known.pop(update.ref, None)
            return
        known = self._known.setdefault(update.ref, {})
        known.update(update.values)
        self._sink.task(begun, self._task(update.ref, known))

    def list(self) -> list[Task]:
        """What runs, and what ended lately. Of tasks that are followed nothing is asked: they are told again as they
        stand, so that a move that stands still is seen to."""
        if self.followed:
            return [self._task(ref, dict(values)) for ref, values in list(self._known.items())]
        for _ in range(ATTEMPTS - 1):
            try:
                return self._read()
            except NotFound:
                continue
        return self._read()

    def end(self) -> None:
        """Nothing is read any more."""
        self._asking.end()

    def _read(self) -> list[Task]:
        recent = several(self._asking.of(self._home, ("recentTask",)).values.get("recentTask"))
        told = self._asking.each([ref for ref in recent if isinstance(ref, Ref)], PATHS)
        return [self._task(one.ref, one.values) for one in told]

    def _task(self, ref: Ref, values: dict[str, Any]) -> Task:
        entity, native = values.get("info.entity"), words(values.get("info.descriptionId"))
        progress = values.get("info.progress")
        state = STATES.get(str(values.get("info.state")), TaskState.UNKNOWN)
        if state is TaskState.FAILED and _broken_off(values):
            state = TaskState.CANCELLED
        begun = values.get("info.startTime") or values.get("info.queueTime")
        started, ended = moment({"at": begun}, "at"), moment({"at": values.get("info.completeTime")}, "at")
        machine, chain = entity if isinstance(entity, Ref) else None, values.get(CHAIN)
        moves = native in NATIVE
        return Task(
            id=ref.id,
            verb=VERBS.get(native, native or "task"),
            native_verb=native,
            key=self._inventory.key_of(entity) if isinstance(entity, Ref) else "",
            target=shown_name(words(values.get("info.entityName"))),
            state=state,
            progress=float(progress) if isinstance(progress, int) and state is TaskState.RUNNING else None,
            who=_who(values.get("info.reason")),
            started=started,
            ended=ended,
            failure=failure_of(values.get("info.error")) if state is TaskState.FAILED else None,
            cancellable=_truth(values.get("info.cancelable")) if state in _OPEN else False,
            migration=self._moves.progress(ref.id, machine, state, chain, started, ended) if moves else None,
            detail=self._moves.detail(ref.id) if moves else "",
        )


_OPEN = frozenset({TaskState.QUEUED, TaskState.RUNNING, TaskState.UNKNOWN})


def failure_of(error: Any) -> Failure:
    """LocalizedMethodFault as what the console tells of any fault."""
    fault = at(error, "fault")
    fields = fault if isinstance(fault, dict) else {}
    return from_fault(Fault(type_of(fault), words(error, "localizedMessage"), fields)).failure


def _broken_off(values: dict[str, Any]) -> bool:
    """Somebody cancelled it; not every server says so by `cancelled`."""
    return values.get("info.cancelled") is True or type_of(at(values.get("info.error"), "fault")) == "RequestCanceled"


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _who(reason: Any) -> str:
    """TaskReason: a user, or what else began it."""
    if user := words(reason, "userName"):
        return user
    cause = type_of(reason).removeprefix("TaskReason").lower()
    name = words(reason, "name") or words(reason, "alarmName")
    return " ".join(filter(None, (cause, shown_name(name))))

"""Plans that cancel a task: the job of a machine, or the block job of one of its disks."""

from __future__ import annotations

from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.planning import Planning, reference
from novatui.backends.libvirt.taskbook import TaskBook
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.operations import Operation, Plan
from novatui.core.tasks import Task, TaskState

_BLOCK = "/block/"


class CancelPlans:
    """Plans `task.cancel` for tasks that the driver has told."""

    def __init__(self, planning: Planning, book: TaskBook) -> None:
        self._planning = planning
        self._book = book

    def plan(self, operation: Operation) -> Plan:
        """The call that breaks it off. NotFound or Conflict when it has ended, or cannot be cancelled."""
        task = self._task(operation.arguments.get("task", ""))
        machine = Machine(self._planning.link, task.key)
        if _BLOCK in task.id:
            disk = task.id.partition(_BLOCK)[2].rpartition("/")[0]
            call = self._planning.call(1, "virDomainBlockJobAbort", dom=machine.uuid, disk=disk, flags=0)
            command = self._planning.virsh("blockjob", reference(machine), disk, "--abort")
        else:
            call = self._planning.call(1, "virDomainAbortJob", dom=machine.uuid)
            command = self._planning.virsh("domjobabort", reference(machine))
        return self._planning.plan(
            machine,
            call,
            commands=(command,),
            losses=(f"what the {task.native_verb} has done so far",),
            irreversible="a task that was broken off has to be started anew",
        )

    def _task(self, identifier: str) -> Task:
        if not identifier:
            raise InvalidInput("say which task", subject="task")
        task = next((task for task in self._book.tasks() if task.id == identifier), None)
        if task is None:
            raise NotFound(f"there is no task {identifier} here", meaning="it has ended long ago", subject="task")
        if task.state is not TaskState.RUNNING:
            raise Conflict(f"the {task.verb} of {task.target} has ended: {task.state.value}", subject=task.state.value)
        if not task.cancellable:
            raise Conflict(
                f"the {task.verb} of {task.target} cannot be cancelled",
                meaning="libvirt ends a migration only where it began, and not after it has switched to post-copy",
                subject=task.native_verb,
            )
        return task

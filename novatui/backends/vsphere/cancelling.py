"""Plans that cancel a task of the server, whoever started it."""

from __future__ import annotations

from novatui.backends.vsphere.asking import Told
from novatui.backends.vsphere.fields import words
from novatui.backends.vsphere.planning import Planning
from novatui.backends.vsphere.tasks import PATHS, STATES, VERBS
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict, InvalidInput, NotFound
from novatui.core.operations import Operation, Plan
from novatui.core.tasks import ENDED, TaskState


class CancelPlans:
    """Plans `task.cancel`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def plan(self, operation: Operation) -> Plan:
        """The call that breaks it off. NotFound or Conflict when it has ended, or cannot be cancelled.

        The server itself says who may: the account that started it, and those with Global.CancelTask.
        """
        told = self._task(operation.arguments.get("task", ""))
        native = words(told.values.get("info.descriptionId"))
        verb = VERBS.get(native, native or "task")
        what = f"{verb} of {shown_name(words(told.values.get('info.entityName'))) or told.ref.id}"
        state = STATES.get(str(told.values.get("info.state")), TaskState.UNKNOWN)
        if state in ENDED:
            raise Conflict(f"the {what} has ended: {state.value}", subject=state.value)
        if told.values.get("info.cancelable") is False:
            raise Conflict(
                f"the {what} cannot be cancelled",
                meaning="the server says so of this task",
                hint="wait for its end",
                subject=native,
            )
        call = self._planning.call(1, "CancelTask", told.ref)
        return Plan(
            calls=(call,),
            warnings=(f"{verb} ends at the next point at which the server can break it off",),
            losses=(f"what the {verb} has done so far",),
            irreversible="a task that was broken off has to be started anew",
        )

    def _task(self, identifier: str) -> Told:
        if not identifier:
            raise InvalidInput("say which task", subject="task")
        try:
            return self._planning.asking.of(Ref("Task", identifier), PATHS)
        except NotFound:
            raise NotFound(
                f"there is no task {identifier} here",
                meaning="it has ended, and the server has forgotten it",
                subject="task",
            ) from None

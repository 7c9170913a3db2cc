"""TaskManager and Task: work that takes time, tells its progress, ends well or with a fault, and may be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyVmomi import vim, vmodl
from pyVmomi.VmomiSupport import GetWsdlMethod

from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.state import Thing

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

State = vim.TaskInfo.State
TICKS = 20
SHORTEST_TICK_S = 0.05
RECENT_S = 600.0
"""*API, TaskManager.recentTask*: "tasks that completed within the past 10 minutes" stay listed."""


@dataclass
class Work:
    """What a task does."""

    seconds: float
    end: Callable[[], Any]
    """Carries it out when the time is over; its result is the task's; a fault that it raises too."""
    cancelable: bool = False
    broken_off: Callable[[], None] = lambda: None
    """Tidies up after a cancel."""
    first: Callable[[], None] = lambda: None
    """Looked at when it begins; ASSUMED of all checks of state and arguments: their fault is the task's, as in
    vcsim."""
    ready: Callable[[], bool] = lambda: True
    """Whether it may end; until then its progress stays where it is."""
    check: Callable[[], None] = lambda: None
    """Looked at on every tick; a fault that it raises ends the task."""
    exclusive: bool = True
    """Whether the entity is busy meanwhile: other such work on it is refused with TaskInProgress."""


def start(call: Call, entity: Thing, work: Work, method: str = "") -> Any:
    """Begin a task for a call; the reference of the task. TaskInProgress when the entity is busy."""
    if work.exclusive:
        refuse_if_busy(entity)
    return begin(call.vc, method or call.request.name, entity, work, call.user).ref


def refuse_if_busy(entity: Thing) -> None:
    """*API, TaskInProgress*: "an operation is attempted … while another is in progress" on the same entity."""
    busy = entity.private.get("busy")
    if busy is not None:
        words = "The operation is not allowed: another task is already in progress."
        raise vim.fault.TaskInProgress(task=busy.ref, msg=words)


def begin(vc: Vcenter, method: str, entity: Thing, work: Work, user: str) -> Thing:
    """Begin a task, also one that no client asked for."""
    described = GetWsdlMethod("urn:vim25", method)
    kind = described.info.type._wsdlName
    task = vc.site.add(vim.Task)
    name = described.info.name
    task.facts["info"] = vim.TaskInfo(
        key=task.id,
        task=task.ref,
        name=described,
        descriptionId=f"{kind}.{name[0].lower()}{name[1:]}",
        entity=entity.ref,
        entityName=entity.name,
        state=State.queued,
        cancelled=False,
        cancelable=work.cancelable,
        queueTime=vc.site.now(),
        reason=vim.TaskReasonUser(userName=user),
        eventChainId=vc.site.number("chain"),
    )
    task.private["work"] = work
    if work.exclusive:
        entity.private["busy"] = task
    vc.tasks.keep(task, entity)
    vc.agenda.after(0.01, lambda: _run(vc, task, entity))
    return task


def _run(vc: Vcenter, task: Thing, entity: Thing) -> None:
    info, work = task.facts["info"], task.private["work"]
    if info.state != State.queued:
        return
    info.state, info.startTime = State.running, vc.site.now()
    info.progress = 0
    try:
        work.first()
    except vmodl.MethodFault as fault:
        _finish(vc, task, entity, State.error, error=fault)
        return
    vc.site.touch(task)
    seconds = vc.site.steps.get(info.name.info.wsdlName, work.seconds)
    ticks = max(1, min(TICKS, int(seconds * vc.site.pace / SHORTEST_TICK_S)))
    _tick(vc, task, entity, 1, ticks, seconds / ticks)


def _tick(vc: Vcenter, task: Thing, entity: Thing, number: int, ticks: int, seconds: float) -> None:
    def step() -> None:
        info, work = task.facts["info"], task.private["work"]
        if info.state != State.running:
            return
        try:
            if info.cancelled:
                work.broken_off()
                raise vmodl.fault.RequestCanceled(msg="The operation was cancelled by a user.")
            work.check()
            if number >= ticks and not work.ready():
                _tick(vc, task, entity, number, ticks, seconds)
                return
            if number >= ticks:
                _finish(vc, task, entity, State.success, result=work.end())
                return
        except vmodl.MethodFault as fault:
            _finish(vc, task, entity, State.error, error=fault)
            return
        info.progress = int(100 * number / ticks)
        vc.site.touch(task)
        _tick(vc, task, entity, number + 1, ticks, seconds)

    vc.agenda.after(seconds, step)


def _finish(vc: Vcenter, task: Thing, entity: Thing, state: str, result: Any = None, error: Any = None) -> None:
    """ASSUMED: progress stays at its last value after a fault and is 100 after success; cancelable turns false."""
    info = task.facts["info"]
    info.state, info.completeTime, info.cancelable = state, vc.site.now(), False
    info.result, info.error = result, error
    if state == State.success:
        info.progress = 100
    if entity.private.get("busy") is task:
        entity.private["busy"] = None
    vc.site.touch(task)
    if entity.id in vc.site.things:
        vc.site.touch(entity)
    vc.agenda.after(RECENT_S, lambda: vc.tasks.forget(task, entity))


class Tasks:
    """The tasks that are shown, newest last."""

    def __init__(self, vc: Vcenter) -> None:
        self.vc = vc
        self.shown: list[Thing] = []
        self.manager = vc.site.add(
            vim.TaskManager, "TaskManager", recentTask=[], description=vim.TaskDescription(), maxCollector=32
        )

    def keep(self, task: Thing, entity: Thing) -> None:
        """List it, and tell in the events that it began."""
        self.shown.append(task)
        self._list(entity)
        self.vc.events.tell(
            vim.event.TaskEvent,
            f"Task: {task.facts['info'].descriptionId}",
            thing=entity,
            user=task.facts["info"].reason.userName,
            info=task.facts["info"],
        )

    def forget(self, task: Thing, entity: Thing) -> None:
        """It is over for long."""
        self.shown.remove(task)
        self.vc.site.remove(task)
        self._list(entity)

    def _list(self, entity: Thing) -> None:
        self.manager.facts["recentTask"] = [each.ref for each in self.shown]
        self.vc.site.touch(self.manager)
        if entity.id in self.vc.site.things:
            entity.facts["recentTask"] = [each.ref for each in self.shown if each.facts["info"].entity == entity.ref]
            self.vc.site.touch(entity)


@serves("CancelTask")
def _cancel(call: Call) -> None:
    """*API*: "Cancels a running or queued task … NotSupported if the task cannot be canceled, InvalidState if
    completed"."""
    info = call.this.facts["info"]
    if info.state not in (State.running, State.queued):
        raise vim.fault.InvalidState(msg="The task is already over.")
    if info.reason.userName != call.user:
        call.require("Global.CancelTask")
    if not info.cancelable:
        raise vmodl.fault.NotSupported(msg="The task cannot be cancelled.")
    info.cancelled = True
    call.site.touch(call.this)


@serves("CreateCollectorForTasks")
def _collector(call: Call) -> Any:
    """A TaskHistoryCollector; of its filter only `entity` and `state` are looked at."""
    wanted = call.given.filter
    states = set(wanted.state or ())
    entity = wanted.entity.entity if wanted.entity else None

    def page() -> list[Any]:
        infos = [each.facts["info"] for each in reversed(call.vc.tasks.shown)]
        fitting = [i for i in infos if (not states or i.state in states) and (entity is None or i.entity == entity)]
        return fitting[: collector.private["size"]]

    collector = call.site.add(vim.TaskHistoryCollector, filter=wanted, latestPage=page)
    collector.private |= {"size": 10, "at": 0, "page": page}
    if call.session:
        call.session.owned.append(collector)
    return collector.ref


@serves("ReadNextTasks")
def _read_next(call: Call) -> Any:
    """From the newest back, as far as the simulator remembers."""
    infos = [each.facts["info"] for each in reversed(call.vc.tasks.shown)]
    at = call.this.private["at"]
    call.this.private["at"] = at + call.given.maxCount
    return infos[at : at + call.given.maxCount]

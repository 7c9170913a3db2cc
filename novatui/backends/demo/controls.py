"""The roles of the demo driver that change something: plans, and the one way in which calls are sent."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping

from novatui.backends.demo.balancer import plan_cluster
from novatui.backends.demo.changes import Changes
from novatui.backends.demo.life import Act
from novatui.backends.demo.planned import plan_power, plan_task
from novatui.backends.demo.planned_devices import plan_device
from novatui.backends.demo.planned_edit import plan_edit
from novatui.backends.demo.planned_hosts import plan_host
from novatui.backends.demo.planned_migrate import plan_migrate
from novatui.backends.demo.planned_snap import plan_snap
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Upkeep
from novatui.backends.demo.standing import fingerprint, told
from novatui.backends.demo.upkeep import cut_short, there
from novatui.backends.demo.ways import way
from novatui.backends.driver import (
    ClusterControl,
    DeviceControl,
    HostControl,
    Invoker,
    MigrationControl,
    PowerControl,
    ResourceControl,
    Session,
    SnapshotControl,
    TaskControl,
)
from novatui.core.operations import Argument, NativeCall, Operation, Plan
from novatui.core.states import Family
from novatui.core.tasks import TaskState
from novatui.core.verbs import VERBS

STEP_S = 0.25
"""Seconds between two looks at how far a call has come."""

_DEEDS = {
    "power.wake": "start",
    "snap.create": "snapshot",
    "snap.delete": "snapshot-delete",
    "device.mdev_create": "mdev-create",
    "device.mdev_remove": "mdev-remove",
    "task.cancel": "cancel",
    "migrate.live": "migrate",
    "migrate.offline": "migrate-offline",
    "migrate.bandwidth": "migrate-bandwidth",
    "migrate.downtime": "migrate-downtime",
    "migrate.postcopy": "migrate-postcopy",
    "migrate.pause": "migrate-pause",
    "edit.memory_add": "memory",
    "edit.iso_insert": "iso",
    "edit.iso_eject": "iso",
}
"""What our verbs are in `ways`, where that is not their second word."""


class Controls(
    Session, Invoker, PowerControl, SnapshotControl, DeviceControl, ResourceControl, MigrationControl, TaskControl
):
    """Everything that the demo lets one change. A site that is described in a file is changed there."""

    READING = frozenset(
        {"list", "watch", "get", "stats", "history", "tasks", "events", "detail"}
        | {
            "snapshots",
            "devices",
            "volumes",
            "leases",
            "plan",
            "needs",
            "fits",
            "profile",
            "baseline",
            "probe",
            "posture",
        }
    )

    @abstractmethod
    def _ask(self, call: str) -> Scene:
        """The site, after a call to it was counted."""

    @property
    @abstractmethod
    def _changes(self) -> Changes:
        """What was changed."""

    def offers(self) -> frozenset[str]:
        scene = self._ask("plan")
        if scene.described:
            return frozenset()
        family = scene.site.family
        return frozenset(verb for verb in VERBS if way(family, _deed(verb)) and (verb, family) not in _SILENT)

    def plan_power(self, operation: Operation) -> Plan:
        return plan_power(self._ask("plan"), self.spec.name, operation)

    def plan_snap(self, operation: Operation) -> Plan:
        return plan_snap(self._ask("plan"), self.spec.name, operation)

    def plan_device(self, operation: Operation) -> Plan:
        return plan_device(self._ask("plan"), self.spec.name, operation)

    def plan_edit(self, operation: Operation) -> Plan:
        return plan_edit(self._ask("plan"), self.spec.name, operation)

    def plan_migrate(self, operation: Operation) -> Plan:
        return plan_migrate(self._ask("plan"), self.spec.name, operation)

    def plan_task(self, operation: Operation) -> Plan:
        return plan_task(self._ask("plan"), self.spec.name, operation)

    def fingerprint(self, key: str) -> str:
        return fingerprint(self._ask("plan"), key)

    def invoke(self, call: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        del secrets  # the demo has none
        scene = self._ask(call.verb)
        done = self._changes.make(call)
        self._told_soon()
        if done.act and done.waits:
            self._wait(scene, done.act)
        elif done.upkeep and done.waits:
            self._wait_for_host(scene, done.upkeep)
        return done.answer

    def _wait_for_host(self, scene: Scene, begun: Upkeep) -> None:
        """Until its last machine has gone, however long that takes. Aborted when it was cancelled."""
        while True:
            now = next(each for each in scene.upkeep if each.number == begun.number)
            if now.ended is not None:
                break
            host = scene.estate.hosts[now.host]
            left = len(there(scene, host, scene.clock.world()))
            self.sink.advance(100 * (1 - left / now.leaving) if now.leaving else 0.0)
            time.sleep(STEP_S)
            scene.check()
            self._changes.catch_up()
        if now.outcome is TaskState.CANCELLED:
            raise told(cut_short(scene.estate.hosts[now.host]))

    def _wait(self, scene: Scene, begun: Act) -> None:
        """Until it is over, however long it takes by now: a lever may end it sooner. Aborted when it was cancelled."""
        while True:
            act = scene.life.latest(begun)
            left = act.end - scene.clock.world()
            if left <= 0 or not scene.clock.speed:
                break
            self.sink.advance(100 * (1 - left / (act.end - act.begin)))
            time.sleep(min(STEP_S, left / scene.clock.speed))
            scene.check()
            self._changes.catch_up()
        if act.moment.beat.outcome is TaskState.CANCELLED:
            raise told(scene.dialect.failure(act.verb, act.machine, scene.estate.hosts[act.machine.host]))

    @abstractmethod
    def _told_soon(self) -> None:
        """Somebody waits to see what was changed."""


_SILENT = frozenset({("power.autostart", Family.VSPHERE)})
"""What a family could do and the demo of it does not show."""


def _deed(verb: str) -> str:
    return _DEEDS.get(verb, verb.partition(".")[2].replace("_", "-"))


class HostControls(Controls, HostControl, ClusterControl):
    """The same for products whose hosts can be taken out of service, and whose clusters recommend moves."""

    def plan_host(self, operation: Operation) -> Plan:
        return plan_host(self._ask("plan"), self.spec.name, operation)

    def plan_cluster(self, operation: Operation) -> Plan:
        return plan_cluster(self._ask("plan"), self.spec.name, operation)

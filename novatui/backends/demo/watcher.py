"""Tells what changed: the thread that stands for a product's event stream, or for the poll that replaces it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

from novatui.backends.demo.events import events_between
from novatui.backends.demo.outage import Outage
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.tasks import is_task, task
from novatui.backends.driver import Sink
from novatui.core.ids import key
from novatui.core.inventory import Row


class Watcher(threading.Thread):
    """Looks at the world every second or few, until it is stopped or the connection is lost."""

    def __init__(self, scene: Scene, sink: Sink, outage: Outage, kinds: Callable[[], Collection[str]]) -> None:
        super().__init__(name=f"demo-{scene.site.name}", daemon=True)
        self._scene = scene
        self._sink = sink
        self._outage = outage
        self._kinds = kinds
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stop_asked.set()
        if self.is_alive() and threading.current_thread() is not self:
            self.join()

    def run(self) -> None:
        told = self._scene.clock.world()
        while not self._stop_asked.wait(self._scene.traits.look):
            failure = self._outage.failure()
            if failure is not None:
                self._sink.lost(failure)
                return
            world = self._scene.clock.world()
            self._tell(told, world)
            told = world

    def _tell(self, since: float, until: float) -> None:
        scene, sink = self._scene, self._sink
        begun = sink.now()
        rows: list[Row] = []
        gone: list[str] = []
        wanted = self._kinds()
        for machine in scene.life.changed(since, until):
            now = scene.now(machine, until)
            if machine.kind.value not in wanted:
                continue
            if now.here:
                rows.append(scene.row(machine, now))
            else:
                gone.append(key(machine.kind, machine.id))
        if rows:
            sink.rows(begun, rows)
        if gone:
            sink.remove(begun, gone)
        for act in scene.life.acts(since, until):
            if is_task(scene, act):
                sink.task(begun, task(scene, act, until))
        for event in events_between(scene, since, until, time.time()):
            sink.event(event)

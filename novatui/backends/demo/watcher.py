"""Tells what changed: the thread that stands for a product's event stream, or for the poll that replaces it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

from novatui.backends.demo.changes import Changes
from novatui.backends.demo.estate import Estate, Thing, kind_of
from novatui.backends.demo.events import change_event, events_between, events_of
from novatui.backends.demo.parts import parts_changed
from novatui.backends.demo.rows import thing_row
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Machine
from novatui.backends.demo.tasks import is_task, task
from novatui.backends.demo.upkeep_told import upkeep_events, upkeep_tasks
from novatui.backends.driver import Sink
from novatui.core.errors import NovaError
from novatui.core.events import Event
from novatui.core.ids import key
from novatui.core.inventory import Row

TELLING_S = 0.03
"""Real seconds between two readings of the past: time enough for each to be sent before the next."""

TELLING_STEP = 2
"""Seconds of the world between them."""


class Watcher(threading.Thread):
    """Looks at the world every second or few, until it is stopped or the connection is lost."""

    def __init__(
        self, scene: Scene, changes: Changes, sink: Sink, kinds: Callable[[], Collection[str]], since: float
    ) -> None:
        """`since`: world time of the listing; whatever happened after it is told."""
        super().__init__(name=f"demo-{scene.site.name}", daemon=True)
        self._scene = scene
        self._changes = changes
        self._sink = sink
        self._kinds = kinds
        self.recalls = not scene.clock.speed
        """It has still to tell how what moves came so far."""
        self._stop_asked = False
        self._woken = threading.Event()
        self._since = since
        self._known = scene.estate
        self._hosts = list(scene.estate.hosts)

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stop_asked = True
        self._woken.set()
        if self.is_alive() and threading.current_thread() is not self:
            self.join()

    def look(self) -> None:
        """Look now: something was changed."""
        self._woken.set()

    def run(self) -> None:
        if not self._scene.clock.speed:
            self._tell_how_moves_came_here()
        pause = self._scene.traits.look / max(1.0, self._scene.clock.speed)
        while not self._stop_asked:
            self._woken.wait(pause)
            self._woken.clear()
            if self._stop_asked:
                return
            try:
                self._scene.check()
                self._changes.catch_up()
            except NovaError as error:
                self._sink.lost(error.failure)
                return
            begun = self._sink.now()
            self._tell_changes(begun)
            self._tell_calls(begun)
            self._tell_hosts(begun)
            self._tell_happenings(begun)

    def _tell_how_moves_came_here(self) -> None:
        """In a world that stands still what moves has a past all the same: readings that a watcher would have had."""
        scene, world = self._scene, self._scene.clock.world()
        moves = [act for act in scene.life.acts(world, world) if act.verb == "migrate" and is_task(scene, act)]
        for act in moves:
            for ago in range(int(world - act.begin), 0, -TELLING_STEP):
                if self._stop_asked:
                    return
                self._sink.task(self._sink.now(), task(scene, act, world - ago))
                time.sleep(TELLING_S)  # one after another, as they came: of readings that wait only the last is told
        for act in moves:
            self._sink.task(self._sink.now(), task(scene, act, world))
        self.recalls = False

    def _tell_happenings(self, begun: float) -> None:
        """What the routines did since the last look."""
        scene, since = self._scene, self._since
        until = self._since = scene.clock.world()
        self._tell(begun, [scene.estate.current(machine) for machine in scene.life.changed(since, until)], until)
        for act in scene.life.acts(since, until):
            if is_task(scene, act):
                self._sink.task(begun, task(scene, act, until))
        for each in upkeep_tasks(scene, since, until):
            self._sink.task(begun, each)
        for event in events_between(scene, since, until, scene.clock.now()):
            self._sink.event(event)
        for event in upkeep_events(scene, since, until, scene.clock.now()):
            self._sink.event(event)

    def _tell_calls(self, begun: float) -> None:
        """What calls have changed since the last look: at once, and again when it has taken its time."""
        scene, wanted = self._scene, self._kinds()
        world = scene.clock.world()
        while self._changes.fresh:
            done = self._changes.fresh.popleft()
            thing = scene.estate.find(_key(done.was)) or done.was
            if isinstance(thing, Machine) and scene.now(thing, world).here:
                self._tell(begun, [thing], world)
            self._tell(begun, [scene.estate.current(each) for each in done.also], world)
            gone, rows = parts_changed(scene, done.was, thing)
            self._sink.rows(begun, [row for row in rows if row.kind.value in wanted])
            self._sink.remove(begun, [name for name in gone if name.partition(":")[0] in wanted])
            if done.act and not scene.clock.speed:
                for event in events_of(scene, done.act, scene.clock.now()):
                    self._sink.event(event)

    def _tell_hosts(self, begun: float) -> None:
        """Hosts that went into maintenance or came out of it."""
        old, new = self._hosts, list(self._scene.estate.hosts)
        self._hosts = new
        if len(old) == len(new):
            self._tell(begun, [host for host, was in zip(new, old, strict=True) if host is not was], 0.0)

    def _tell_changes(self, begun: float) -> None:
        """What somebody changed in a described world."""
        old, new = self._known, self._scene.estate
        if new is old:
            return
        self._known = new
        world = self._scene.clock.world()
        changed = [thing for thing in new.things() if old.find(_key(thing)) != thing]
        self._tell(begun, changed, world)
        self._remove(begun, [thing for thing in old.things() if new.find(_key(thing)) is None])
        for thing in changed:
            event = _power_event(self._scene, old, thing)
            if event is not None:
                self._sink.event(event)

    def _tell(self, begun: float, things: Collection[Thing], world: float) -> None:
        scene, wanted = self._scene, self._kinds()
        rows: list[Row] = []
        gone: list[Thing] = []
        for thing in things:
            if kind_of(thing).value not in wanted:
                continue
            if not isinstance(thing, Machine):
                rows.append(thing_row(scene.estate, thing))
                continue
            now = scene.now(thing, world)
            if now.here:
                rows.append(scene.row(thing, now))
            else:
                gone.append(thing)
        if rows:
            self._sink.rows(begun, rows)
        self._remove(begun, gone)

    def _remove(self, begun: float, things: Collection[Thing]) -> None:
        wanted = self._kinds()
        keys = [_key(thing) for thing in things if kind_of(thing).value in wanted]
        if keys:
            self._sink.remove(begun, keys)


def _key(thing: Thing) -> str:
    return key(kind_of(thing), thing.id)


def _power_event(scene: Scene, old: Estate, thing: Thing) -> Event | None:
    was = old.find(_key(thing))
    if isinstance(thing, Machine) and isinstance(was, Machine) and was.power is not thing.power:
        return change_event(scene, thing, was.power, scene.clock.now())
    return None

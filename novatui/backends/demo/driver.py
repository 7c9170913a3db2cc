"""The demo driver: a connection to a fleet that exists nowhere, told in the words of its family."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from novatui.backends.demo.estate import Thing, kind_of
from novatui.backends.demo.events import events_between
from novatui.backends.demo.load import Metrics, host_metrics, machine_metrics
from novatui.backends.demo.outage import Outage
from novatui.backends.demo.rows import device_row, snapshot_row, thing_row
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine
from novatui.backends.demo.tasks import tasks_at
from novatui.backends.demo.watcher import Watcher
from novatui.backends.driver import (
    DeviceSource,
    EventSource,
    InventorySource,
    Loaded,
    MetricSource,
    Session,
    Sink,
    SnapshotSource,
    TaskSource,
    roles_of,
)
from novatui.core.connection import ConnectionInfo, ConnectionSpec
from novatui.core.devices import Device
from novatui.core.errors import NotFound
from novatui.core.events import Event
from novatui.core.ids import key
from novatui.core.inventory import Row
from novatui.core.snapshots import Snapshot
from novatui.core.states import Kind
from novatui.core.tasks import Task

REMEMBERED = 3600.0
"""Seconds of events that a product which remembers hands out at most."""


class DemoDriver(
    Session,
    InventorySource,
    MetricSource,
    TaskSource,
    EventSource,
    SnapshotSource,
    DeviceSource,
):
    """One connection of the demo fleet. Everything it tells follows from the seed and the time."""

    def __init__(self, spec: ConnectionSpec, secrets: Mapping[str, str], sink: Sink) -> None:
        super().__init__(spec, secrets, sink)
        self._kinds: frozenset[str] = frozenset()
        self._watcher: Watcher | None = None

    # --- Session ----------------------------------------------------------------------------------------------------

    def connect(self) -> ConnectionInfo:
        begun = time.monotonic()
        self._scene = Scene(self.spec)
        site, traits = self._scene.site, self._scene.traits
        self._outage = Outage(self.spec.name, happens=site.outages, speed=self._scene.clock.speed)
        self.period = traits.period
        self.sink.step("resolve", None, 0.0, "no network: the fleet is invented here")
        self._outage.check()
        self.sink.step("identify", True, (time.monotonic() - begun) * 1000, traits.product)
        return ConnectionInfo(
            product=traits.product,
            version=traits.version,
            endpoint=f"{site.name}.nova.example",
            hostname=site.name,
            user=traits.user,
            privileges="read-only" if self.spec.readonly else "full",
            transport=traits.transport,
            period=traits.period,
            pushes=traits.pushes,
            roles=roles_of(self),
        )

    def close(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()

    # --- InventorySource --------------------------------------------------------------------------------------------

    def load(self, kinds: Collection[str]) -> Loaded:
        self._ask("list")
        loaded = Loaded()
        self._kinds = frozenset(kinds)
        begun = self.sink.now()
        self.sink.rows(begun, self._rows(self._kinds, self._scene.clock.world()))
        loaded.done(*kinds)
        return loaded

    def watch(self) -> None:
        if self._watcher is None:
            self._watcher = Watcher(self._scene, self.sink, self._outage, lambda: self._kinds)
            self._watcher.start()

    def refresh(self, keys: Collection[str]) -> None:
        self._ask("get")
        begun = self.sink.now()
        world = self._scene.clock.world()
        found = {wanted: self._row(wanted, world) for wanted in keys}
        self.sink.rows(begun, [row for row in found.values() if row is not None])
        self.sink.remove(begun, [wanted for wanted, row in found.items() if row is None])

    # --- MetricSource -----------------------------------------------------------------------------------------------

    def sample(self, keys: Collection[str] | None) -> None:
        self._ask("stats")
        begun = self.sink.now()
        world = self._scene.clock.world() // self.period * self.period
        self.sink.samples(begun, self._samples(keys, world))

    # --- TaskSource, EventSource ------------------------------------------------------------------------------------

    def tasks(self) -> list[Task]:
        self._ask("tasks")
        return tasks_at(self._scene, self._scene.clock.world())

    def events(self, since: float) -> list[Event]:
        self._ask("events")
        if not self._scene.traits.remembers:
            return []
        clock = self._scene.clock
        until = clock.world()
        now = time.time()
        span = min(now - since, REMEMBERED)
        return events_between(self._scene, until - span * max(clock.speed, 1), until, now)

    # --- SnapshotSource, DeviceSource -------------------------------------------------------------------------------

    def snapshots(self, key: str) -> list[Snapshot]:
        self._ask("snapshots")
        machine = self._find(key, Machine)
        return list(self._scene.snapshots(machine, self._scene.now(machine, self._scene.clock.world())))

    def devices(self, host: str) -> list[Device]:
        self._ask("devices")
        return list(self._find(host, Host).devices)

    # ----------------------------------------------------------------------------------------------------------------

    def _ask(self, call: str) -> None:
        """Count a call, and fail it during an outage."""
        self.sink.count(call)
        self._outage.check()

    def _find(self, wanted: str, kind: type[Any]) -> Any:
        thing = self._scene.estate.find(wanted)
        if not isinstance(thing, kind):
            raise NotFound(f"no such object: {wanted}", subject=wanted)
        return thing

    def _rows(self, kinds: Collection[str], world: float) -> Iterator[Row]:
        estate = self._scene.estate
        for thing in (*estate.places, *estate.hosts, *estate.stores, *estate.nets):
            if kind_of(thing).value in kinds:
                yield thing_row(estate, thing)
        if Kind.DEVICE.value in kinds:
            yield from (device_row(host, device) for host in estate.hosts for device in host.devices)
        for machine in estate.machines:
            now = self._scene.now(machine, world)
            if not now.here:
                continue
            if machine.kind.value in kinds:
                yield self._scene.row(machine, now)
            if Kind.SNAPSHOT.value in kinds:
                yield from (snapshot_row(machine, snapshot) for snapshot in self._scene.snapshots(machine, now))

    def _row(self, wanted: str, world: float) -> Row | None:
        thing = self._scene.estate.find(wanted)
        if thing is None:
            parts = (Kind.DEVICE.value, Kind.SNAPSHOT.value)
            return next((row for row in self._rows(parts, world) if key(row.kind, row.id) == wanted), None)
        if not isinstance(thing, Machine):
            return thing_row(self._scene.estate, thing)
        now = self._scene.now(thing, world)
        return self._scene.row(thing, now) if now.here else None

    def _samples(self, keys: Collection[str] | None, world: float) -> Iterator[tuple[str, Metrics]]:
        estate = self._scene.estate
        if keys is None:
            things: Iterator[tuple[str, Thing | None]] = (
                (key(kind_of(thing), thing.id), thing) for thing in (*estate.hosts, *estate.machines)
            )
        else:
            things = ((wanted, estate.find(wanted)) for wanted in keys)
        for name, thing in things:
            if isinstance(thing, Host):
                yield name, host_metrics(thing, world)
            elif isinstance(thing, Machine) and thing.kind is not Kind.TEMPLATE:
                now = self._scene.now(thing, world)
                if now.here:
                    yield name, self._given(machine_metrics(thing, now, self._scene.host(thing, now), world))

    def _given(self, metrics: Metrics) -> Metrics:
        blind = self._scene.traits.blind
        return {name: value for name, value in metrics.items() if name not in blind}

"""The demo driver: a connection to a fleet that exists nowhere, told in the words of its family."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf
from typing import Self, TypeVar

from novatui.backends.demo.archive import history_of
from novatui.backends.demo.changes import Changes
from novatui.backends.demo.controls import Controls, HostControls
from novatui.backends.demo.detail import detail_of, device_detail, snapshot_detail
from novatui.backends.demo.estate import Thing, kind_of
from novatui.backends.demo.events import events_between
from novatui.backends.demo.load import Metrics, host_metrics, machine_metrics
from novatui.backends.demo.placing import fits_of, needs_of
from novatui.backends.demo.posturing import Postures
from novatui.backends.demo.probing import facts_of
from novatui.backends.demo.profiling import baseline_of, profile_of
from novatui.backends.demo.rows import device_row, snapshot_row, thing_row
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine, Net, Store
from novatui.backends.demo.storage import leases_of, volumes_of
from novatui.backends.demo.tasks import KEPT, tasks_at
from novatui.backends.demo.upkeep_told import upkeep_events, upkeep_tasks
from novatui.backends.demo.watcher import Watcher
from novatui.backends.driver import (
    CapabilityProbe,
    DetailSource,
    DeviceSource,
    EventSource,
    HistorySource,
    InventorySource,
    Loaded,
    MetricSource,
    NetworkSource,
    PlacementSource,
    PostureSource,
    ProfileSource,
    Sink,
    SnapshotSource,
    StorageSource,
    TaskSource,
    roles_of,
)
from novatui.core.capabilities import Fact
from novatui.core.connection import ConnectionInfo, ConnectionSpec, TlsInfo
from novatui.core.detail import Detail, Lease, Volume
from novatui.core.devices import Device
from novatui.core.errors import BackendFault, NotFound, NovaError, Unreachable
from novatui.core.events import Event
from novatui.core.history import History
from novatui.core.hostprofile import Baseline, HostProfile
from novatui.core.ids import decode_id
from novatui.core.ids import key as key_of
from novatui.core.inventory import Row
from novatui.core.needs import Needs
from novatui.core.posture import Posture
from novatui.core.reasons import Fit
from novatui.core.snapshots import Snapshot
from novatui.core.states import Family, Kind
from novatui.core.tasks import Task

REMEMBERED = 3600.0
"""Seconds of events that a product which remembers hands out at most."""

T = TypeVar("T", Machine, Host, Store, Net)


class DemoDriver(
    Controls,
    InventorySource,
    MetricSource,
    HistorySource,
    DetailSource,
    TaskSource,
    EventSource,
    SnapshotSource,
    DeviceSource,
    StorageSource,
    PlacementSource,
    PostureSource,
    ProfileSource,
    CapabilityProbe,
):
    """One connection of the demo fleet. What it tells follows from the seed, the time, and what was changed."""

    relist = 300.0
    task_poll = event_poll = inf
    """Whatever changes is told by the watcher."""

    def __new__(cls, spec: ConnectionSpec, secrets: Mapping[str, str], sink: Sink) -> Self:
        """A connection of a family that tells leases, or has hosts to care for, has more roles."""
        del secrets, sink
        more = {Family.LIBVIRT: DemoDriverWithLeases, Family.VSPHERE: DemoDriverWithHosts}
        made = more.get(spec.family, DemoDriver)
        return super().__new__(made if issubclass(made, cls) else cls)

    def __init__(self, spec: ConnectionSpec, secrets: Mapping[str, str], sink: Sink) -> None:
        super().__init__(spec, secrets, sink)
        self._open: Scene | None = None
        self._made: Changes | None = None
        self._postures: Postures | None = None
        self._kinds: frozenset[str] = frozenset()
        self._watcher: Watcher | None = None

    # --- Session ----------------------------------------------------------------------------------------------------

    def connect(self) -> ConnectionInfo:
        begun = time.monotonic()
        self.sink.step("resolve", None, 0.0, "no network: the fleet is invented here")
        try:
            scene = self._open = Scene(self.spec)
            self._made = Changes(scene, f"{self.spec.name} {self.spec.uri}")
            self._made.catch_up()
        except NovaError as error:
            self.sink.step("connect", False, _ms(begun), error.failure.message)
            raise
        traits = scene.traits
        self.period = traits.period
        self.sink.step("connect", True, _ms(begun), scene.site.name)
        self.sink.step("identify", True, 0.0, traits.product)
        return ConnectionInfo(
            product=traits.product,
            version=traits.version,
            endpoint=f"{scene.site.name}.nova.example",
            hostname=scene.site.name,
            user=traits.user,
            privileges="read-only" if self.spec.readonly else "full",
            transport=traits.transport,
            tls=_tls(scene) if traits.transport == "https" else None,
            period=traits.period,
            pushes=traits.pushes,
            roles=roles_of(self),
        )

    def close(self) -> None:
        watcher, self._watcher, self._open = self._watcher, None, None
        if watcher is not None:
            watcher.stop()

    # --- InventorySource --------------------------------------------------------------------------------------------

    def load(self, kinds: Collection[str]) -> Loaded:
        scene = self._ask("list")
        loaded = Loaded()
        self._kinds |= frozenset(kinds)
        begun = self.sink.now()
        world = scene.clock.world()
        if self._watcher is None:
            self._changes.fresh.clear()
            self._watcher = Watcher(scene, self._changes, self.sink, lambda: self._kinds, since=world)
        listed = frozenset(kinds) - scene.unlisted
        self.sink.rows(begun, _rows(scene, listed, world))
        loaded.done(*listed)
        for kind in scene.unlisted.intersection(kinds):
            loaded.failed(BackendFault(f"the list of {kind} objects is refused", hint="the demo was asked to"), kind)
        return loaded

    def watch(self) -> None:
        self._ask("watch")
        if self._watcher is not None and not self._watcher.is_alive():
            self._watcher.start()

    def refresh(self, keys: Collection[str]) -> None:
        scene = self._ask("get")
        begun = self.sink.now()
        world = scene.clock.world()
        found = {wanted: _row(scene, wanted, world) for wanted in keys}
        self.sink.rows(begun, [row for row in found.values() if row is not None])
        self.sink.remove(begun, [wanted for wanted, row in found.items() if row is None])

    # --- MetricSource -----------------------------------------------------------------------------------------------

    def sample(self, keys: Collection[str] | None) -> None:
        scene = self._ask("stats")
        begun = self.sink.now()
        world = scene.clock.world() // self.period * self.period
        self.sink.samples(begun, _samples(scene, keys, world))

    # --- HistorySource ----------------------------------------------------------------------------------------------

    def recall(self, keys: Collection[str], seconds: float) -> None:
        scene = self._ask("history")
        begun, step = self.sink.now(), self.period
        worlds = [scene.clock.world(step * ago) // step * step for ago in range(int(seconds / step), 0, -1)]
        self.sink.past(begun - step, step, _past(scene, keys, worlds))

    def history(self, key: str, seconds: float) -> History:
        scene = self._ask("history")
        thing = scene.estate.find(key)
        if not isinstance(thing, Machine | Host):
            raise _missing(key)
        return history_of(scene, seconds, lambda world: _metrics(scene, thing, world))

    # --- TaskSource, EventSource ------------------------------------------------------------------------------------

    def tasks(self) -> list[Task]:
        scene = self._ask("tasks")
        world = scene.clock.world()
        told = [*upkeep_tasks(scene, world - KEPT, world), *tasks_at(scene, world)]
        if self._watcher is None or not self._watcher.recalls:
            return told
        return [one for one in told if one.migration is None or one.ended is not None]  # the watcher tells their past

    def events(self, since: float) -> list[Event]:
        scene = self._ask("events")
        if not scene.traits.remembers:
            return []
        clock = scene.clock
        until = clock.world()
        # Whoever asks lives now, also when the fleet stands still at another moment.
        span = max(0.0, min(time.time() - since, REMEMBERED))
        begun = until - span * (clock.speed or 1)
        found = [*events_between(scene, begun, until, clock.now()), *upkeep_events(scene, begun, until, clock.now())]
        return sorted(found, key=lambda event: event.at)

    # --- one object -------------------------------------------------------------------------------------------------

    def detail(self, key: str, parts: Collection[str]) -> Detail:
        scene = self._ask("detail")
        thing = scene.estate.find(key)
        world = scene.clock.world()
        if found := _snapshot(scene, key, world):
            return snapshot_detail(scene, *found, parts, world)
        if thing is None and (device := device_detail(scene, key)) is not None:
            return device
        if thing is None or (isinstance(thing, Machine) and not scene.now(thing, world).here):
            raise _missing(key)
        return detail_of(scene, key, thing, parts, world)

    def snapshots(self, key: str) -> list[Snapshot]:
        scene = self._ask("snapshots")
        machine = _find(scene, key, Machine)
        return list(scene.snapshots(machine, scene.now(machine, scene.clock.world())))

    def devices(self, host: str) -> list[Device]:
        return list(_find(self._ask("devices"), host, Host).devices)

    def volumes(self, key: str) -> list[Volume]:
        scene = self._ask("volumes")
        return list(volumes_of(scene, _find(scene, key, Store)))

    def needs(self, key: str) -> Needs:
        return needs_of(self._ask("needs"), self.spec.name, key)

    def fits(self, needs: Needs, hosts: Sequence[str]) -> list[Fit]:
        return fits_of(self._ask("fits"), needs, hosts)

    def profile(self, host: str) -> HostProfile:
        return profile_of(self._ask("profile"), host)

    def baseline(self, processors: Sequence[str]) -> Baseline:
        return baseline_of(self._ask("baseline"), processors)

    def posture(self, key: str) -> Posture:
        scene = self._ask("posture")
        if self._postures is None:
            self._postures = Postures(scene, lambda: self._ask("posture"))
        return self._postures.judge(key)

    def probe(self, scope: str) -> list[Fact]:
        return facts_of(self._ask("probe"), scope, lambda: self._ask("probe"))

    def _ask(self, call: str) -> Scene:
        """Count a call; fail it when the fleet cannot be reached."""
        if self._open is None:
            raise Unreachable("the connection is not open")
        self.sink.call(call)
        self._open.check()
        self._changes.catch_up()
        return self._open

    @property
    def _changes(self) -> Changes:
        if self._made is None:
            raise Unreachable("the connection is not open")
        return self._made

    def _told_soon(self) -> None:
        if self._watcher is not None:
            self._watcher.look()


class DemoDriverWithLeases(DemoDriver, NetworkSource):
    """A connection of a family whose networks give out addresses and tell which."""

    def leases(self, key: str) -> list[Lease]:
        scene = self._ask("leases")
        return list(leases_of(scene, _find(scene, key, Net), scene.clock.world()))


class DemoDriverWithHosts(DemoDriver, HostControls):
    """A connection of a family whose hosts are taken out of service, and whose clusters recommend moves."""


def _tls(scene: Scene) -> TlsInfo:
    """What the invented handshake agreed on."""
    pin = scene.dialect.dice("certificate")
    return TlsInfo(version="TLSv1.3", pin=(pin.uuid() + pin.uuid()).replace("-", ""), trust="pin")


def _rows(scene: Scene, kinds: Collection[str], world: float) -> Iterator[Row]:
    estate = scene.estate
    for thing in (*estate.places, *estate.hosts, *estate.stores, *estate.nets):
        if kind_of(thing).value in kinds:
            yield thing_row(estate, thing)
    if Kind.DEVICE.value in kinds:
        yield from (device_row(estate.dialect, host, device) for host in estate.hosts for device in host.devices)
    for machine in estate.machines:
        now = scene.now(machine, world)
        if not now.here:
            continue
        if machine.kind.value in kinds:
            yield scene.row(machine, now)
        if Kind.SNAPSHOT.value in kinds:
            yield from (snapshot_row(machine, snapshot) for snapshot in scene.snapshots(machine, now))


def _row(scene: Scene, wanted: str, world: float) -> Row | None:
    """One row; None when there is no such object now."""
    thing = scene.estate.find(wanted)
    if thing is None:
        parts = (Kind.DEVICE.value, Kind.SNAPSHOT.value)
        return next((row for row in _rows(scene, parts, world) if key_of(row.kind, row.id) == wanted), None)
    if not isinstance(thing, Machine):
        return thing_row(scene.estate, thing)
    now = scene.now(thing, world)
    return scene.row(thing, now) if now.here else None


def _snapshot(scene: Scene, wanted: str, world: float) -> tuple[Machine, Snapshot] | None:
    """The snapshot with this key, and its machine; None when it is none, or gone."""
    kind, _, encoded = wanted.partition(":")
    machine = scene.estate.machine(decode_id(encoded).rpartition("/")[0]) if kind == Kind.SNAPSHOT.value else None
    if machine is None:
        return None
    tree = scene.snapshots(machine, scene.now(machine, world))
    named = (each for each in tree if key_of(Kind.SNAPSHOT, f"{machine.id}/{each.id}") == wanted)
    return next(((machine, each) for each in named), None)


def _samples(scene: Scene, keys: Collection[str] | None, world: float) -> Iterator[tuple[str, Metrics]]:
    for name, thing in _measured(scene, keys):
        metrics = _metrics(scene, thing, world)
        if metrics is not None:
            yield name, metrics


def _past(
    scene: Scene, keys: Collection[str], worlds: Sequence[float]
) -> Iterator[tuple[str, Sequence[Mapping[str, float | None]]]]:
    for name, thing in _measured(scene, keys):
        yield name, [_metrics(scene, thing, world) or {} for world in worlds]


def _metrics(scene: Scene, thing: Thing | None, world: float) -> Metrics | None:
    """What is measured of it; None when it is nothing that can be measured, or was elsewhere."""
    if isinstance(thing, Host):
        metrics = host_metrics(thing, world)
    elif isinstance(thing, Machine) and thing.kind is not Kind.TEMPLATE:
        now = scene.now(thing, world)
        if not now.here:
            return None
        metrics = machine_metrics(thing, now, scene.estate.host_of(thing, now.away), world)
    else:
        return None
    return {metric: value for metric, value in metrics.items() if metric not in scene.traits.blind}


def _measured(scene: Scene, keys: Collection[str] | None) -> Iterator[tuple[str, Thing | None]]:
    if keys is not None:
        return ((wanted, scene.estate.find(wanted)) for wanted in keys)
    return ((key_of(kind_of(thing), thing.id), thing) for thing in (*scene.estate.hosts, *scene.estate.machines))


def _find(scene: Scene, wanted: str, kind: type[T]) -> T:
    thing = scene.estate.find(wanted)
    if not isinstance(thing, kind):
        raise _missing(wanted)
    return thing


def _missing(wanted: str) -> NotFound:
    return NotFound(f"no such object: {wanted}", subject=wanted)


def _ms(since: float) -> float:
    return (time.monotonic() - since) * 1000

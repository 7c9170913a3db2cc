"""The whole fleet as the console knows it: connections and stores behind one facade, fed by the workers."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from novatui.core.detail import Detail
from novatui.core.errors import Failure, NotFound, Unreachable
from novatui.core.events import Event
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.tasks import Task
from novatui.engine.aggregates import Aggregates
from novatui.engine.changes import ChangeRequests
from novatui.engine.connection import Connection
from novatui.engine.event_log import EventLog
from novatui.engine.facts import Facts
from novatui.engine.facts_keeping import FactsKeeping
from novatui.engine.histories import Histories
from novatui.engine.identity import Identities
from novatui.engine.inspecting import InspectionRequests
from novatui.engine.inventory_rows import ON_DEMAND
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.keeping import Keeping
from novatui.engine.links import Links, Target
from novatui.engine.logline import LogLine
from novatui.engine.metric_store import MetricStore
from novatui.engine.migrations import Migrations
from novatui.engine.postures import Postures
from novatui.engine.profiles import Profiles
from novatui.engine.recall import Recall
from novatui.engine.requests import Requests
from novatui.engine.screens import Screens
from novatui.engine.supervisor import WORKER_COMMAND
from novatui.engine.supervisor_policy import Policy
from novatui.engine.supervisor_process import WorkerProcess
from novatui.engine.task_store import TaskStore
from novatui.engine.where import HostFit, PlacementRequests
from novatui.wire import frames

if TYPE_CHECKING:
    from novatui.engine.alarms import Alarms

__all__ = ["DEFAULT_KINDS", "Changes", "Connection", "Fleet", "Target"]

DEFAULT_KINDS = frozenset(Kind) - ON_DEMAND - {Kind.GROUP}
"""What is loaded unless something else is asked for: details of machines and hosts come on demand."""

MAX_WORKERS = 8


class Changes(msgspec.Struct):
    """What changed since the last drain."""

    rows: set[int]
    """Slots whose drawn values changed."""
    reshaped: set[int | None]
    """Nodes whose children came, went or were renamed; None for the top."""
    gone: set[int]
    """Slots whose object is gone."""
    tasks: bool
    events: int
    """New ones."""
    connections: set[str]
    """Connections that stand elsewhere."""
    moved: list[tuple[int, int]]
    """(old slot, new slot) of machines that another row stands for now: cursor and marks go along."""
    told: set[int] | None = None
    """Those of `rows` that their connection told something of; the others were measured, and no more. None: all."""
    facts: set[ObjectRef] = set()
    """Objects of which other capability facts are known, or are being asked."""

    @property
    def structure(self) -> bool:
        """True when the tree has another shape."""
        return bool(self.reshaped or self.gone)


class Fleet:
    """Everything that is known, and everything that can be asked. Belongs to the event loop of the main thread."""

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        kinds: Collection[Kind] = DEFAULT_KINDS,
        cache: Path | None = None,
        max_workers: int = MAX_WORKERS,
        command: Sequence[str] = WORKER_COMMAND,
        policy: Policy | None = None,
        retry: bool = True,
    ) -> None:
        """`cache` is the folder of the last known inventory, None for none. `command` starts a worker.

        Without `retry` a connection that failed or was lost stays so until `reconnect`.
        """
        self.inventory = InventoryStore()
        self.metrics = MetricStore()
        self.tasks = TaskStore()
        self.events = EventLog()
        self.identity = Identities(self.inventory, self.metrics, self.tasks)
        self.aggregates = Aggregates(self)
        self.keeping = Keeping(self.inventory, self.metrics)
        self.alarms: Alarms | None = None
        """What judges it, where somebody does; it is to be fed with every drain."""
        self.on_change: Callable[[], None] | None = None
        """Called when something changed; not again before `drain`."""
        self._kinds = frozenset(kinds)
        numbers = itertools.count(1)
        self._requests = Requests[frames.DetailAnswer](numbers)
        self._sampled: set[int] = set()
        self._moved: set[str] = set()
        self._tasks_moved = False
        self._new_events = 0
        self._announced = False
        self._dismissed: dict[str, Connection] = {}
        """Removed connections whose rows may still be on the screen."""
        self._links = Links(
            targets,
            kinds=kinds,
            max_workers=max_workers,
            command=command,
            policy=policy or Policy(),
            retry=retry,
            receive=self._receive,
            opened=self._opened,
            changed=self._changed,
            lost=self._lost,
        )
        self.connections: dict[str, Connection] = self._links.connections
        """By name, in the order of the targets."""
        self.migrations = Migrations(self.inventory, self.connections)
        self.tasks.observers.append(self.migrations.observe)
        self.changing = ChangeRequests(self.connections, self._links.send, numbers)
        """Plans, runs and locks; `actions.gate` is who uses it."""
        self.placing = PlacementRequests(self.connections, self.inventory, self._links.send, numbers)
        """Which hosts can be asked where a machine can run, and what they answer."""
        self.inspecting = InspectionRequests(self.connections, self._links.send, numbers)
        """Questions of many calls each: what can be done, how hosts differ, what is set up badly."""
        self.facts = Facts(self.connections, self.inventory, self.inspecting, self._announce)
        """What is known of capabilities, and how old it is."""
        self.histories = Histories(self.connections, self.inspecting)
        self.profiles = Profiles(self.connections, self.inventory, self.inspecting)
        self.postures = Postures(self.inventory, self.inspecting)
        self.screens = Screens(self.connections, self.inventory, self.inspecting)
        """What hosts are like, side by side, and what they have in common."""
        for target in targets:
            self.inventory.add_connection(target.spec)
        self._recall = Recall(cache, [target.spec for target in targets], self.inventory) if cache else None
        self._filling: asyncio.Task[None] | None = None
        self._kept_facts = FactsKeeping(cache, self.facts, self.connections) if cache else None

    def add(self, target: Target) -> None:
        """One more connection, opened at once. ValueError when its name is taken."""
        name = target.spec.name
        if name in self.connections.keys() - self._dismissed.keys():
            raise ValueError(f"there is a connection {name}")
        self._dismissed.pop(name, None)
        self.inventory.add_connection(target.spec)
        if self._recall:
            self._recall.begin(target.spec)
            self._fill()
        self._links.add(target)
        if self._kept_facts:
            self._kept_facts.begin(name)

    def dismiss(self, conn: str) -> None:
        """Close a connection, and forget what it told. KeyError when there is none of this name."""
        connection = self.connections[conn]
        self._links.remove(conn)
        removed = Unreachable("the connection was removed").failure
        self._requests.fail(conn, removed)
        self.changing.lost(conn, removed)
        self.placing.lost(conn, removed)
        self.inspecting.lost(conn, removed)
        self.facts.forget(conn)
        self._tasks_moved |= self.tasks.drop(conn)
        if self._recall:
            self._recall.forget(conn)
        self.inventory.remove_connection(conn)
        self._dismissed[conn] = connection
        self._moved.add(conn)
        self._announce()

    async def start(self) -> None:
        """Open every connection; returns without waiting for any of them."""
        self._links.start()
        self._fill()
        if self._kept_facts:
            self._kept_facts.begin(*self.connections)

    async def stop(self) -> None:
        """Close every connection and end every worker; takes two seconds at most."""
        if self._filling:
            self._filling.cancel()
        self.facts.stop()
        if self._kept_facts:
            await self._kept_facts.stop()
        if self._recall:
            await self._recall.save(name for name in self.connections.keys() - self._dismissed if self._is_listed(name))
        await self._links.stop()

    async def settled(self, timeout: float) -> None:
        """Wait until every connection is loaded or has failed, `timeout` seconds at most."""
        await self._links.settled(timeout)

    def watch(self, keys: Mapping[str, Collection[str] | None], interval: float) -> None:
        """Measure these keys (None: all) of these connections at most every `interval` seconds, and nothing else."""
        self._links.watch(keys, interval)

    def want(self, kinds: Collection[Kind]) -> None:
        """List these kinds beside those that the fleet was made with, and no others that were wanted before.

        What is new is listed at once by every connection; what is wanted no more leaves the inventory.
        """
        dropped = self._links.want(self._kinds.union(kinds))
        if dropped:
            self.inventory.drop(dropped, time.monotonic())
            self._announce()

    def refresh(self, ref: ObjectRef | None = None) -> None:
        """Read this object again now; without one: list everything again."""
        for name in [ref.conn] if ref else self.connections:
            self._links.send(name, frames.Refresh(name, [ref.key] if ref else []))

    def reconnect(self, conn: str) -> None:
        """Make this connection anew now, whatever was planned."""
        self._links.reconnect(conn)

    async def detail(self, ref: ObjectRef, parts: Collection[str] = ()) -> Detail:
        """Read one object in full; `parts` as in `frames.DetailRequest`. NovaError when it cannot be had."""
        connection = self.connections.get(ref.conn)
        if connection is None:
            raise NotFound(f"there is no connection {ref.conn}")
        number, future = self._requests.open(ref.conn)
        if not self._links.send(ref.conn, frames.DetailRequest(ref.conn, number, ref.key, list(parts))):
            why = connection.failure or Unreachable("the connection is not open").failure
            self._requests.fail(ref.conn, why)
        answer = await self._requests.wait(number, future)
        if answer.detail is None:
            raise NotFound(f"{ref} has no detail")
        return answer.detail

    def where(self, ref: ObjectRef, hosts: Collection[ObjectRef] = ()) -> AsyncIterator[HostFit]:
        """Where a machine can run: every known host of its family (or these), as they answer. See `engine.where`."""
        return self.placing.where(ref, hosts)

    def answer(self, conn: str, question: int, text: str | None) -> None:
        """Answer a question of `connections[conn].questions`; None declines."""
        if self.connections[conn].questions.pop(question, None):
            self._links.answer(conn, question, text)
            self._changed(self.connections[conn])

    @property
    def workers(self) -> list[WorkerProcess]:
        """The worker processes that run, for counters: each says what it was given, has sent and occupies."""
        return self._links.workers

    def tell_task(self, conn: str, task: Task) -> None:
        """A task of our own, as it stands now: it is listed among those of the product."""
        update = frames.TaskUpdate(conn, self.inventory.generation(conn), time.monotonic(), task)
        self._tasks_moved |= self.tasks.apply(update, update.begun)
        self._announce()

    def tell_event(self, conn: str, event: Event) -> None:
        """Something that the console itself has to tell of a connection."""
        generation = self.inventory.generation(conn)
        self._new_events += self.events.apply(frames.EventRecord(conn, generation, event), live=False)
        self._announce()

    def log(self, conn: str) -> list[LogLine]:
        """Last lines that the worker of this connection wrote."""
        return self._links.log(conn)

    def drain(self) -> Changes:
        """Everything that changed since the last drain."""
        for name in self._dismissed:
            del self.connections[name]
        self._dismissed = {}
        self.identity.tick()
        self.migrations.tick()
        delta = self.inventory.drain()
        facts = self.facts.drain()
        rows = (delta.rows | self._sampled | self._slots(facts)) - delta.gone
        rows |= self.aggregates.take(rows, delta.gone)
        changes = Changes(
            rows=rows,
            reshaped=delta.reshaped,
            gone=delta.gone,
            tasks=self._tasks_moved,
            events=self._new_events,
            connections=self._moved,
            moved=self.identity.drain_moves(),
            told=delta.rows,
            facts=facts,
        )
        self._sampled, self._moved = set(), set()
        self._tasks_moved, self._new_events, self._announced = False, 0, False
        return changes

    def _slots(self, refs: Collection[ObjectRef]) -> set[int]:
        """Rows of these objects, as far as they are listed."""
        return {slot for ref in refs if (slot := self.inventory.slot(ref.conn, ref.key)) is not None}

    # --- what comes in ---------------------------------------------------------------------------------------------

    def _receive(self, frame: frames.Frame, offset: float) -> None:
        """A frame of a current generation; `offset` brings its clock to ours."""
        match frame:
            case frames.Rows():
                self.inventory.apply_rows(frame, frame.begun + offset)
            case frames.Remove():
                self.inventory.apply_remove(frame, frame.begun + offset)
            case frames.LoadComplete():
                self.inventory.apply_complete(frame, frame.begun + offset)
            case frames.Samples():
                self._sampled |= self.metrics.apply(frame, self.inventory, frame.begun + offset)
            case frames.Past():
                recalled = self.metrics.recall(frame, self.inventory, frame.begun + offset)
                self._sampled |= recalled
                self.aggregates.recalled(recalled)
            case frames.TaskUpdate():
                self._tasks_moved |= self.tasks.apply(frame, frame.begun + offset)
            case frames.EventRecord():
                self._new_events += self.events.apply(frame, live=self.connections[frame.conn].told_its_past)
            case frames.DetailAnswer():
                self._requests.answer(frame)
                return
            case frames.NeedsAnswer() | frames.FitAnswer():
                self.placing.told(frame)
                return
            case frames.InspectionAnswer():
                self.inspecting.told(frame)
                return
            case frames.Facts():
                self.facts.told(frame)
            case frames.PlanAnswer():
                self.changing.planned(frame)
                return
            case frames.CallProgress():
                self.changing.progressed(frame)
                return
            case frames.RunAnswer():
                self.changing.ended(frame)
                return
            case frames.LockState():
                self.changing.locked(frame)
                self._moved.add(frame.conn)
            case _:
                return
        self._announce()

    def _opened(self, connection: Connection) -> None:
        self.inventory.open_generation(connection.name, connection.generation)
        anew = Unreachable("the connection is being made anew").failure
        self.changing.lost(connection.name, anew)
        self.placing.lost(connection.name, anew)
        self.inspecting.lost(connection.name, anew)
        self.histories.forget(connection.name)

    def _changed(self, connection: Connection) -> None:
        if connection.info:
            self.inventory.set_link(connection.name, connection.link, connection.info.relist)
            self.metrics.set_period(connection.name, connection.info.period)
        else:
            self.inventory.set_link(connection.name, connection.link)
        self.facts.stands(connection)
        self._moved.add(connection.name)
        self._announce()

    def _lost(self, connection: Connection, failure: Failure) -> None:
        self._requests.fail(connection.name, failure)
        self.changing.lost(connection.name, failure)
        self.placing.lost(connection.name, failure)
        self.inspecting.lost(connection.name, failure)
        self._tasks_moved |= self.tasks.interrupt(connection.name)

    def _fill(self) -> None:
        """Bring in what is left of the last known inventories."""
        if self._recall and (self._filling is None or self._filling.done()):
            self._filling = asyncio.create_task(self._recall.fill(self._is_known_whole, self._announce))

    def _is_listed(self, name: str) -> bool:
        return self.connections[name].listed

    def _is_known_whole(self, name: str) -> bool:
        """Listed without exception: what the cache still holds of it is of no use."""
        return self._is_listed(name) and not self.connections[name].load_failures

    def _announce(self) -> None:
        if self.on_change and not self._announced:
            self._announced = True
            self.on_change()

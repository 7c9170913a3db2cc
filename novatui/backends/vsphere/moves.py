"""What is told of a machine that moves, whoever moves it: a percentage, where from and where to, and how it ended.

vCenter tells no more of a vMotion than the progress of its task. Where it goes stands in no TaskInfo: events of the
machine name it (VmBeingHotMigratedEvent and its kin). Until it is known it is left out.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from math import inf
from typing import Any, NamedTuple

from pyVmomi import vim

from novatui.backends.driver import Sink
from novatui.backends.vsphere.errors import from_exception
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import NovaError, Unreachable
from novatui.core.migration import Fidelity, MigrationProgress
from novatui.core.tasks import ENDED, TaskState
from novatui.core.text import clean

NATIVE = frozenset(
    {
        "VirtualMachine.migrate",
        "VirtualMachine.relocate",
        "VirtualMachine.relocateVm",
        "Drm.ExecuteVMotionLRO",
    }
)
"""TaskInfo.descriptionId of moves: by hand, of storage, as govmomi's simulator calls it, and by DRS."""

CHAIN = "info.eventChainId"

SLACK_S = 2.0
"""Events and times of a task are written by different parts of the server."""

ATTEMPTS = 3
"""How often the events of a task are asked for: they may come a moment after it."""

AGAIN_S = 1.0
"""Seconds between two of these questions."""

KEPT = 500
"""Moves that are remembered; recentTask tells of fewer."""


class Route(NamedTuple):
    """Where a machine goes, by the names of hosts; empty: not known."""

    source: str = ""
    destination: str = ""
    store: str = ""
    """Name of the store that its disks go to."""


class _Move:
    """One task."""

    def __init__(self, source: str) -> None:
        self.route = Route(source)
        self.asked = 0
        self.next = 0.0
        """When its events may be asked for again."""
        self.live = False
        """It was seen while it ran."""
        self.over: float | None = None
        """When it was first seen to be over, by our clock; the server's where it was over before."""

    def asks(self, now: float) -> bool:
        """Its events are to be asked for: its destination is not known, and the last question is a while ago."""
        if self.route.destination or self.asked >= ATTEMPTS or now < self.next:
            return False
        self.asked, self.next = self.asked + 1, now + AGAIN_S
        return True


class Moves:
    """Remembers each move by its task."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory) -> None:
        self._opened = opened
        self._sink = sink
        self._inventory = inventory
        self._turn = threading.Lock()
        self._known: dict[str, _Move] = {}

    def progress(
        self, task: str, machine: Ref | None, state: TaskState, chain: Any, started: float | None, ended: float | None
    ) -> MigrationProgress:
        """A reading of it now; one that was over when it was first seen may have left from anywhere.

        Unreachable when the connection is lost, and nothing else.
        """
        over = state in ENDED
        move = self._move(task, None if over else machine)
        move.live = move.live or not over
        if machine is not None and started is not None and move.asks(time.monotonic()):
            move.route = _joined(move.route, self._told(machine, chain, started, ended))
        took = ended - started if over and ended is not None and started is not None else None
        return MigrationProgress(
            source=move.route.source,
            destination=move.route.destination if move.route.source else "",
            fidelity=Fidelity.PERCENT,
            at=_seen(move, ended) if over else time.time(),
            elapsed=max(0.0, took) if took is not None else None,
        )

    def detail(self, task: str) -> str:
        """What else is known of it, in a line."""
        move = self._known.get(task)
        return f"its disks go to {move.route.store}" if move is not None and move.route.store else ""

    def _move(self, task: str, machine: Ref | None) -> _Move:
        with self._turn:
            known = self._known.get(task)
            if known is None:
                known = self._known[task] = _Move(self._host_name(machine))
                while len(self._known) > KEPT:
                    del self._known[next(iter(self._known))]
            return known

    def _host_name(self, machine: Ref | None) -> str:
        host = self._inventory.host_of(machine) if machine is not None else None
        return self._inventory.name_of(host) if host is not None else ""

    def _told(self, machine: Ref, chain: Any, started: float, ended: float | None) -> Route:
        """What its events say. A server that has none, or does not let them be read, tells nothing."""
        kind = vim.event.EventFilterSpec
        since = datetime.fromtimestamp(started - SLACK_S, UTC)
        wanted = kind(
            entity=kind.ByEntity(entity=vim.VirtualMachine(machine.id), recursion="self"),
            time=kind.ByTime(beginTime=since),
            disableFullMessage=True,
        )
        self._sink.call("QueryEvents")
        try:
            told = self._opened.content.eventManager.QueryEvents(wanted) or ()
            found = [(event, event.createdTime.timestamp()) for event in told]
        except Exception as error:  # noqa: BLE001 - pyVmomi raises anything
            return _nothing(from_exception(error))
        until = inf if ended is None else ended + SLACK_S
        near = [event for event, at in found if started - SLACK_S <= at <= until]
        near.sort(key=lambda event: event.chainId != chain)  # those of the task's own chain first
        return next((route for event in near if (route := _route(event)).destination), Route())


def _seen(move: _Move, ended: float | None) -> float:
    """When its end was read: later than all that was read before, whatever the server's clock says."""
    if move.over is None:
        move.over = ended if ended is not None and not move.live else time.time()
    return move.over


def _nothing(error: NovaError) -> Route:
    if isinstance(error, Unreachable):
        raise error
    return Route()


def _route(event: Any) -> Route:
    """VmBeingMigratedEvent and its kin name the destination; VmMigratedEvent stands there and names the source."""
    here, store = _name(event, "host"), _name(event, "destDatastore")
    if there := _name(event, "destHost"):
        return Route(here, there, store if store != _name(event, "ds") else "")
    if before := _name(event, "sourceHost"):
        return Route(before, here)
    return Route()


def _name(event: Any, field: str) -> str:
    argument = getattr(event, field, None)
    return shown_name(clean(str(argument.name))) if argument is not None and argument.name else ""


def _joined(known: Route, told: Route) -> Route:
    return told if told.destination else known

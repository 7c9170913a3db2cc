"""What is told of a machine that moves, whoever moves it: a percentage, where from and where to, and how it ended.

vCenter tells no more of a vMotion than the progress of its task. Where it goes stands in no TaskInfo: the event that
begins the task's chain names it (VmBeingHotMigratedEvent and its kin). Until it is known it is left out.
"""

from __future__ import annotations

import threading
import time
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

ATTEMPTS = 3
"""How often the events of a task are asked for: they may come a moment after it."""

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
        if not move.route.destination and isinstance(chain, int) and move.asked < ATTEMPTS:
            move.asked += 1
            move.route = _joined(move.route, self._told(chain))
        took = ended - started if over and ended is not None and started is not None else None
        return MigrationProgress(
            source=move.route.source,
            destination=move.route.destination if move.route.source else "",
            fidelity=Fidelity.PERCENT,
            at=ended if over and ended is not None else time.time(),
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

    def _told(self, chain: int) -> Route:
        """What the events of the chain say. A server that has none, or does not let them be read, tells nothing."""
        self._sink.call("QueryEvents")
        try:
            told = self._opened.content.eventManager.QueryEvents(vim.event.EventFilterSpec(eventChainId=chain))
        except Exception as error:  # noqa: BLE001 - pyVmomi raises anything
            return _nothing(from_exception(error))
        for event in told or ():
            if getattr(event, "chainId", None) == chain and (route := _route(event)).destination:
                return route
        return Route()


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

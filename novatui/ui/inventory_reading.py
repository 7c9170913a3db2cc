"""The devices of many hosts as a screen reads them: once each, those of connections that come up later, too."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any

from novatui.core.ids import ObjectRef
from novatui.core.states import Link
from novatui.engine.devicestock import Clocks, HostStock, stocks
from novatui.engine.fleet import Fleet
from novatui.engine.host_scope import hosts_in

COMING = frozenset({Link.CONNECTING, Link.LOADING})
"""States of a connection that will soon tell more."""


class InventoryReading:
    """What was told, host by host."""

    def __init__(
        self,
        fleet: Fleet,
        wanted: Sequence[ObjectRef],
        clocks: Clocks,
        run: Callable[[Coroutine[Any, Any, None]], object],
        changed: Callable[[], None],
    ) -> None:
        """`wanted`: the hosts, or what they are below; none for all. `run` starts work; `changed`: a host answered."""
        self.told: dict[ObjectRef, HostStock | None] = {}
        """None: it is being read."""
        self._fleet, self._wanted, self._clocks, self._run, self._changed = fleet, wanted, clocks, run, changed
        self._round = 0
        """Which reading counts: answers to an earlier one come too late."""

    @property
    def answers(self) -> list[HostStock]:
        """Of the hosts that answered, in the order of the tree."""
        order = {host: at for at, host in enumerate([*self.told, *hosts_in(self._fleet.inventory, self._wanted)])}
        return sorted((one for one in self.told.values() if one is not None), key=lambda one: order[one.ref])

    def read(self) -> None:
        """Every host anew."""
        self.told = {}
        self._round += 1
        self.read_new()

    def read_new(self) -> None:
        """Hosts that became known; those of a connection that is still listed wait for it."""
        hosts = [host for host in hosts_in(self._fleet.inventory, self._wanted) if host not in self.told]
        ready = [host for host in hosts if self._fleet.connections[host.conn].link not in COMING]
        self.told |= dict.fromkeys(ready)
        if ready:
            self._run(self._hear(self._round, ready))

    async def _hear(self, current: int, hosts: Sequence[ObjectRef]) -> None:
        async with aclosing(stocks(self._fleet, hosts, self._clocks)) as answers:
            async for one in answers:
                if current != self._round:
                    return
                self.told[one.ref] = one
                self._changed()

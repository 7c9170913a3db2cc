"""What follows from the devices of machines: size of the disks, how many devices of hosts, and that these have changed.

The devices of a machine are four times as much as all else that is followed of it. So the stream only tells, by
`config.changeVersion`, that they may be others, and they are read beside it, many machines in one request.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import Any

from novatui.backends.driver import Sink
from novatui.backends.vsphere.asking import Asking, Told
from novatui.backends.vsphere.fields import each, number, times, type_of
from novatui.backends.vsphere.given import given_to
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Failure, NotFound, NovaError, Unreachable
from novatui.core.inventory import Value

log = logging.getLogger(__name__)

HARDWARE = "config.hardware.device"
PAGE = 100
"""Machines of one request."""

BUDGET_S = 1.0
"""A listing waits for so long at most; what is left then comes once the connection is watched."""

AGAIN_S = 60.0
"""After a reading that failed."""

KIB = 1024


class Hardware:
    """Reads on a connection of its own; after `follow` on a thread of its own, too."""

    def __init__(
        self, opened: Opened, sink: Sink, inventory: Inventory, given: Callable[[Collection[Ref]], None]
    ) -> None:
        """`given` is called with the hosts whose devices others have now."""
        self._sink = sink
        self._inventory = inventory
        self._given = given
        self._asking = Asking(opened, sink)
        self._turn = threading.Lock()
        self._waiting: dict[Ref, None] = {}
        self._holders: dict[Ref, Ref | None] = {}
        """Machines that have devices of a host, and which."""
        self._complete = False
        """All machines were read once."""
        self._wanted = False
        self._failure: Failure | None = None
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def load(self) -> None:
        """Read the machines that were listed, as many as a listing may wait for. Unreachable when the link is lost."""
        self._wanted = True
        if self._thread is not None:
            self.look()
            return
        try:
            self._read(time.monotonic() + BUDGET_S)
        except Unreachable:
            raise
        except NovaError as error:
            log.warning("devices of machines cannot be read: %s", error.failure)

    def refresh(self, machines: Sequence[Ref]) -> None:
        """Read these now."""
        for at in range(0, len(machines), PAGE):
            self._tell(machines[at : at + PAGE])

    def follow(self) -> None:
        """Read what is left, and from now on whatever changes."""
        if self._wanted and self._thread is None:
            self._thread = threading.Thread(target=self._read_on, name="vsphere-hardware", daemon=True)
            self._thread.start()

    def look(self) -> None:
        """Something was told by the stream: there may be machines to read."""
        self._changed.set()

    def end(self) -> None:
        """Nothing is read any more."""
        self._ended.set()
        self._changed.set()
        self._asking.end()
        if self._thread is not None:
            self._thread.join(5.0)

    def _read_on(self) -> None:
        while not self._ended.is_set():
            self._changed.clear()
            try:
                self._read(float("inf"))
                self._failure = None
            except NovaError as error:
                if error.failure != self._failure and not self._ended.is_set():
                    self._failure = error.failure
                    log.warning("devices of machines cannot be read: %s", error.failure)
                self._ended.wait(AGAIN_S)
            except Exception:
                log.exception("devices of machines are not followed any more")
                return
            else:
                self._changed.wait()

    def _read(self, deadline: float) -> None:
        """All that wait, page by page; a page that cannot be read goes on waiting."""
        self._waiting |= dict.fromkeys(self._inventory.reconfigured())
        while self._waiting and not self._ended.is_set():
            if time.monotonic() > deadline:
                return
            page = list(islice(self._waiting, PAGE))
            self._tell(page)
            for ref in page:
                self._waiting.pop(ref, None)
        self._complete = not self._ended.is_set()

    def _tell(self, machines: Sequence[Ref]) -> None:
        with self._turn:
            begun = self._sink.now()
            told = {one.ref: one.values.get(HARDWARE) for one in self._found(machines)}
            lists = {ref: each(value) for ref, value in told.items() if value is not None}
            self._inventory.equip(begun, {ref: columns(hardware) for ref, hardware in lists.items()})
            hosts = {host for ref in machines for host in self._hosts(ref, lists.get(ref, ()))}
        if hosts and self._complete:
            self._given(hosts)

    def _found(self, machines: Sequence[Ref]) -> list[Told]:
        """Those that are still there."""
        try:
            return self._asking.each(machines, (HARDWARE,))
        except NotFound:
            if len(machines) == 1:
                return []
            return [told for ref in machines for told in self._found([ref])]

    def _hosts(self, machine: Ref, hardware: Iterable[dict[str, Any]]) -> list[Ref]:
        """Hosts of which it had devices, or has some now."""
        before = self._holders.pop(machine, None)
        now = self._inventory.host_of(machine) if given_to(list(hardware)) else None
        if now is not None:
            self._holders[machine] = now
        return [host for host in dict.fromkeys((before, now)) if host is not None]


def columns(hardware: list[dict[str, Any]]) -> dict[str, Value]:
    """`disk_size` is the virtual size of all disks, unknown when it is of one; `passthrough` counts what hosts gave."""
    disks = [one for one in hardware if type_of(one) == "VirtualDisk"]
    sizes = [number(one, "capacityInBytes") or times(one, "capacityInKB", KIB) for one in disks]
    known = [size for size in sizes if size is not None]
    return {
        "disk_size": sum(known) if len(known) == len(disks) else None,
        "passthrough": len(given_to(hardware)),
    }

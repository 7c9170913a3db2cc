"""What stands beside the machines of a host, is listed in one call, and is known by its uuid: pools and networks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from novatui.backends.driver import Sink
from novatui.backends.libvirt.host import Host
from novatui.backends.libvirt.link import Link, truth
from novatui.core.errors import NotFound
from novatui.core.ids import key
from novatui.core.inventory import Row, Value
from novatui.core.states import Kind


class Listed(ABC):
    """Lists and refreshes the objects of one kind."""

    kind: ClassVar[Kind]
    native_type: ClassVar[str]
    """What virsh calls one of them."""

    def __init__(self, link: Link, host: Host, sink: Sink) -> None:
        self.link = link
        self.host = host
        self.sink = sink

    def load(self) -> None:
        """List them all; one that goes meanwhile is left out."""
        begun = self.sink.now()
        rows: list[Row] = []
        for found in self.link.call(self._list_all(), 0):
            try:
                rows.append(self._row(found))
            except NotFound:
                continue
        self.sink.rows(begun, rows)

    def refresh(self, uuid: str) -> None:
        """Read one again; one that is gone is removed."""
        begun = self.sink.now()
        try:
            self.sink.rows(begun, [self._row(self.lookup(uuid))])
        except NotFound:
            self.sink.remove(begun, [key(self.kind, uuid)])

    @abstractmethod
    def lookup(self, uuid: str) -> Any:
        """libvirt's object with this uuid. NotFound when there is none."""

    @abstractmethod
    def _list_all(self) -> Callable[[int], list[Any]]:
        """libvirt's call that lists them."""

    @abstractmethod
    def _values(self, found: Any) -> dict[str, Value]:
        """The columns that only this kind has."""

    def _row(self, found: Any) -> Row:
        uuid = found.UUIDString()
        values: dict[str, Value] = {
            "name": found.name(),
            "parent": self.host.key,
            "host": self.host.key,
            "uuid": uuid,
            "native_id": uuid,
            "native_type": self.native_type,
            "autostart": truth(self.link.attempt(found.autostart)),
            "persistent": truth(self.link.attempt(found.isPersistent)),
        }
        return Row(self.kind, uuid, values | self._values(found))

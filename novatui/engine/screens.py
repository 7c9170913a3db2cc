"""Ways to the screens of machines: asked of the connection that the machine is on, never kept."""

from __future__ import annotations

from collections.abc import Mapping

from novatui.core.consoles import SHOWN_IN, Handoff, Picture, Way
from novatui.core.errors import Conflict, NotFound, NotSupported
from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind, Power
from novatui.engine.connection import Connection
from novatui.engine.inspecting import InspectionRequests
from novatui.engine.inventory_store import InventoryStore
from novatui.wire import frames

ROLE = "ConsoleAccess"

_LACKING: dict[Family, str] = {
    Family.LIBVIRT: "libvirt gives no tickets; its graphics address is in the machine's detail",
}
"""Why the driver of a family has no such role, where there is something to say about it."""


class Screens:
    """Belongs to the event loop; keeps nothing, least of all tickets."""

    def __init__(
        self, connections: Mapping[str, Connection], inventory: InventoryStore, inspecting: InspectionRequests
    ) -> None:
        self._connections = connections
        self._inventory = inventory
        self._inspecting = inspecting

    def lacking(self, ref: ObjectRef) -> str:
        """Why the product of this machine hands off no screen at all; empty when it does, or is not connected."""
        connection = self._connections.get(ref.conn)
        if connection is None or connection.info is None or ROLE in connection.info.roles:
            return ""
        if connection.spec.driver == "demo":
            return "nothing runs in the demo: there is no screen"
        family = connection.spec.family
        return _LACKING.get(family, f"no screen of a {family.value} machine is handed off")

    def blocked(self, ref: ObjectRef) -> str:
        """Why this machine has no screen now, as far as is known; empty when it may have one."""
        if ref.kind is not Kind.VM:
            return f"a {ref.kind.value.replace('_', ' ')} has no screen"
        slot = self._inventory.slot(ref.conn, ref.key)
        power = self._inventory.value(slot, "power") if slot is not None else None
        known = Power(power) if isinstance(power, str) and power in set(Power) else Power.UNKNOWN
        return "" if known in SHOWN_IN else f"it is {known.value}: only a machine that runs has a screen"

    async def hand_off(self, ref: ObjectRef, way: Way) -> Handoff:
        """A one-time ticket, taken now. NovaError says why there is none."""
        self._check(ref)
        answer = await self._inspecting.ask(
            ref.conn,
            ROLE,
            lambda number: frames.HandoffRequest(ref.conn, number, ref.key, way),
            frames.HandoffAnswer,
        )
        if answer.found is None:
            raise NotFound(f"{ref.conn} gave no ticket for {ref.key}")
        return answer.found

    async def picture(self, ref: ObjectRef) -> Picture:
        """What is on its screen now. NovaError says why there is none."""
        self._check(ref)
        answer = await self._inspecting.ask(
            ref.conn, ROLE, lambda number: frames.PictureRequest(ref.conn, number, ref.key), frames.PictureAnswer
        )
        if answer.found is None:
            raise NotFound(f"{ref.conn} gave no picture of {ref.key}")
        return answer.found

    def _check(self, ref: ObjectRef) -> None:
        if reason := self.lacking(ref):
            raise NotSupported(reason, subject=ref.conn)
        if reason := self.blocked(ref):
            raise Conflict(reason, subject=ref.key)

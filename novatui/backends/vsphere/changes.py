"""What changes things on one connection, put together: planning, rights and the one invoker."""

from __future__ import annotations

from collections.abc import Mapping

from novatui.backends.driver import Sink
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.fingerprint import fingerprint_of
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.invoker import Invocations
from novatui.backends.vsphere.planning import Planning
from novatui.backends.vsphere.rights import Rights
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.updates import Ref
from novatui.core.ids import split_key
from novatui.core.operations import Argument, NativeCall
from novatui.core.states import Kind


class Changes:
    """Lives as long as the connection."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory, connection: str) -> None:
        self._inventory = inventory
        self._asking = Asking(opened, sink)
        self._looking = Asking(opened, sink)
        self._invocations = Invocations(opened, sink)
        self.planning = Planning(self._asking, Rights(opened, self._asking), inventory, connection)

    def invoke(self, call: NativeCall, secrets: Mapping[str, str]) -> Mapping[str, Argument]:
        """Make exactly this call."""
        return self._invocations.invoke(call, secrets)

    def fingerprint(self, key: str) -> str:
        """Of the object with this key; empty when there is none."""
        kind, native = split_key(key)
        known = Ref("VirtualMachine", native) if kind in (Kind.VM, Kind.TEMPLATE) else None
        ref = known or self._inventory.refs([key])[key]
        return fingerprint_of(self._looking, ref) if ref is not None else ""

    def end(self) -> None:
        """Nothing is read or followed any more."""
        self._invocations.end()
        self._asking.end()
        self._looking.end()

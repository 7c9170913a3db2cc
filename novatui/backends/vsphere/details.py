"""One object in full, of any kind: which part of the driver reads it."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from novatui.backends.driver import Sink
from novatui.backends.parts import Gatherer
from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.detail_host import HostDetail
from novatui.backends.vsphere.detail_things import ThingDetail
from novatui.backends.vsphere.detail_vm import MachineDetail
from novatui.backends.vsphere.devices import Devices
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.perfquery import Catalogue
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.snaptree import PATHS, tree_of
from novatui.backends.vsphere.traffic import Traffic
from novatui.backends.vsphere.updates import Ref
from novatui.backends.vsphere.volumes import Volumes
from novatui.core.detail import Detail
from novatui.core.errors import NotFound
from novatui.core.ids import split_key
from novatui.core.snapshots import Snapshot
from novatui.core.states import Kind


class Details:
    """Reads objects on demand, beside the update stream."""

    def __init__(self, opened: Opened, sink: Sink, inventory: Inventory, catalogue: Catalogue) -> None:
        self._inventory = inventory
        self._asking = Asking(opened, sink)
        self.devices = Devices(self._asking, inventory, sink)
        self.volumes = Volumes(self._asking, inventory)
        self._traffic = Traffic(opened, sink, inventory, catalogue)
        self._machines = MachineDetail(opened, self._asking, inventory, self._traffic)
        self._hosts = HostDetail(self._asking, self.devices)
        self._things = ThingDetail(self._asking, inventory, self.volumes)

    def detail(self, wanted: str, parts: Collection[str]) -> Detail:
        """The object with this key. NotFound when there is none."""
        try:
            kind, native = split_key(wanted)
        except ValueError as error:
            raise NotFound(str(error)) from None
        gather = Gatherer(parts)
        if kind is Kind.SNAPSHOT:
            machine, _, snapshot = native.partition("/")
            return self._machines.snapshot(wanted, Ref("VirtualMachine", machine), snapshot, gather)
        if kind in (Kind.VM, Kind.TEMPLATE):
            return self._machines.machine(wanted, Ref("VirtualMachine", native), gather)
        if kind is Kind.DEVICE:
            return self._device(wanted, native, gather)
        ref = self._inventory.refs([wanted])[wanted]
        if ref is None:
            raise NotFound(f"the server has no {kind.value} {native}")
        read = self._hosts.read if ref.type == "HostSystem" else self._things.read
        return read(wanted, ref, gather)

    def _device(self, wanted: str, native: str, gather: Gatherer) -> Detail:
        _, device = self.devices.one(native)
        raw = msgspec.json.format(msgspec.json.encode(device)).decode() if gather.wants("raw") else ""
        return Detail(key=wanted, devices=(device,), raw=raw, raw_format="json", failures=gather.failures)

    def snapshots(self, wanted: str) -> list[Snapshot]:
        """All snapshots of one machine, parents before children, with sizes where the server tells them."""
        kind, _, native = wanted.partition(":")
        if kind not in (Kind.VM, Kind.TEMPLATE):
            raise NotFound(f"{wanted} is no machine", subject=wanted)
        return list(tree_of(self._asking.of(Ref("VirtualMachine", native), PATHS)).all.values())

    def end(self) -> None:
        """Nothing is read any more."""
        self._asking.end()
        self._traffic.end()

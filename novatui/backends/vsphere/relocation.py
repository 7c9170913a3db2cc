"""Where a machine is to go at this vCenter, and the VirtualMachineRelocateSpec that says so.

A machine that leaves its cluster needs a pool there, one that leaves its datacenter a folder; without them vCenter
refuses. Fields that are not named stay as they are.
"""

from __future__ import annotations

from typing import Any

import msgspec

from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.dataobjects import data, reference
from novatui.backends.vsphere.fields import refs
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.updates import Ref


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """What changes of a machine's place; None: that stays."""

    host: Ref | None = None
    pool: Ref | None = None
    folder: Ref | None = None
    store: Ref | None = None

    def form(self) -> dict[str, Any]:
        """VirtualMachineRelocateSpec in its JSON form."""
        named = {"host": self.host, "pool": self.pool, "folder": self.folder, "datastore": self.store}
        told = {name: reference(ref) for name, ref in named.items() if ref is not None}
        return data("VirtualMachineRelocateSpec", **told)


def destination(
    asking: Asking, inventory: Inventory, machine: Ref, now: Ref | None, host: Ref, there: Ref, store: Ref | None
) -> Destination:
    """`now` and `there`: the compute resources that it is in and that the host is in. NotFound when one is gone."""
    if now == there:
        return Destination(host=host, store=store)
    pool = next(iter(refs(asking.of(there, ("resourcePool",)).values, "resourcePool")), None)
    here, far = inventory.datacenter_of(machine), inventory.datacenter_of(there)
    folder = None
    if far is not None and here != far:
        folder = next(iter(refs(asking.of(far, ("vmFolder",)).values, "vmFolder")), None)
    return Destination(host=host, pool=pool, folder=folder, store=store)

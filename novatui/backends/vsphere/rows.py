"""Properties of one object as columns of the inventory: those that the reading carries, None where one was unset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref, several
from novatui.backends.vsphere.words import FIRMWARE, HEALTH, TYPES
from novatui.core.ids import key
from novatui.core.inventory import Value
from novatui.core.states import Health, Kind
from novatui.core.text import clean

MIB = 1024 * 1024

Columns = Mapping[str, tuple[str, Callable[[Any], Value]]]


def whole(value: Any) -> Value:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def truth(value: Any) -> Value:
    return value if isinstance(value, bool) else None


def text(value: Any) -> Value:
    return clean(value) if isinstance(value, str) else None


def moment(value: Any) -> Value:
    return value.timestamp() if isinstance(value, datetime) else None


def room(value: Any) -> Value:
    """Bytes that are left: a store that lent more than it has is told below zero by some servers, which is no size."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def mebibytes(value: Any) -> Value:
    return value * MIB if isinstance(value, int) and not isinstance(value, bool) else None


def health(value: Any) -> Value:
    return HEALTH.get(str(value), Health.UNKNOWN).value


def name(value: Any) -> Value:
    return shown_name(value) if isinstance(value, str) else None


def texts(value: Any) -> Value:
    return [clean(value)] if isinstance(value, str) and value else [] if value is not None else None


ENTITY: Columns = {"name": ("name", name), "overallStatus": ("health", health)}

MACHINE: Columns = ENTITY | {
    "config.uuid": ("uuid", text),
    "config.version": ("machine", text),
    "config.firmware": ("firmware", lambda value: FIRMWARE.get(str(value))),
    "config.bootOptions.efiSecureBootEnabled": ("secure_boot", truth),
    "config.annotation": ("description", text),
    "config.hardware.numCPU": ("vcpus", whole),
    "config.hardware.memoryMB": ("memory", mebibytes),
    "summary.config.guestFullName": ("guest_os", text),
    "summary.config.numVirtualDisks": ("disks", whole),
    "summary.config.numEthernetCards": ("nics", whole),
    "summary.config.tpmPresent": ("tpm", lambda value: {True: "2.0", False: "none"}.get(value)),
    "runtime.bootTime": ("since", moment),
    "guest.hostName": ("guest_name", text),
    "guest.ipAddress": ("ip", texts),
}

HOST: Columns = ENTITY | {
    "summary.hardware.uuid": ("uuid", text),
    "summary.hardware.cpuModel": ("cpu_model", text),
    "summary.hardware.numCpuThreads": ("cpus", whole),
    "summary.hardware.memorySize": ("memory_total", whole),
    "summary.config.product.fullName": ("product", text),
    "runtime.inMaintenanceMode": ("maintenance", truth),
    "runtime.bootTime": ("since", moment),
}

STORE: Columns = ENTITY | {
    "summary.type": ("store_type", text),
    "summary.capacity": ("capacity", whole),
    "summary.freeSpace": ("free", room),
    "summary.accessible": ("active", truth),
    "summary.multipleHostAccess": ("shared", truth),
}

POD: Columns = ENTITY | {"summary.capacity": ("capacity", whole), "summary.freeSpace": ("free", room)}

NETWORK: Columns = ENTITY | {
    "summary.accessible": ("net_active", truth),
    "config.defaultPortConfig": ("vlan", lambda value: _vlan(value)),
    "config.distributedVirtualSwitch": ("bridge", lambda value: value.id if isinstance(value, Ref) else None),
}

COLUMNS: dict[str, Columns] = {
    "HostSystem": HOST,
    "Datastore": STORE,
    "StoragePod": POD,
    "Network": NETWORK,
    "DistributedVirtualPortgroup": NETWORK,
    "OpaqueNetwork": NETWORK,
    "VirtualMachine": MACHINE,
}
"""Path → column by type; others have name and health only."""


def columns_of(ref: Ref, values: Mapping[str, Any]) -> dict[str, Value]:
    """Columns that follow from one property each."""
    columns = COLUMNS.get(ref.type, ENTITY)
    told: dict[str, Value] = {}
    for path, value in values.items():
        if path in columns:
            column, read = columns[path]
            told[column] = None if value is None else read(value)
    if "net_active" in told:
        told["active"] = told["net_active"]
    return told


def standing(ref: Ref) -> dict[str, Value]:
    """Columns that never change."""
    told: dict[str, Value] = {"native_id": ref.id, "native_type": TYPES.get(ref.type, ref.type)}
    if ref.type in ("Network", "OpaqueNetwork", "DistributedVirtualPortgroup"):
        told["net_type"] = TYPES[ref.type].lower()
    return told


def snapshot_rows(machine: Ref, holder: Kind, snapshot: Any) -> Iterator[tuple[str, dict[str, Value]]]:
    """Id and columns of every snapshot of VirtualMachineSnapshotInfo, roots first."""
    current = snapshot.get("currentSnapshot") if isinstance(snapshot, dict) else None
    roots = several(snapshot.get("rootSnapshotList")) if isinstance(snapshot, dict) else []
    waiting: list[tuple[Any, str]] = [(root, "") for root in roots]
    while waiting:
        tree, above = waiting.pop(0)
        if not isinstance(tree, dict) or not isinstance(tree.get("snapshot"), Ref):
            continue
        ref = tree["snapshot"]
        called = shown_name(str(tree.get("name", "")))
        on = tree.get("state")
        yield (
            ref.id,
            {
                "name": called,
                "parent": key(holder, machine.id),
                "vm": key(holder, machine.id),
                "native_id": ref.id,
                "native_type": "Snapshot",
                "created": _created(tree.get("createTime")),
                "current": ref == current,
                # VirtualMachineSnapshotTree.state: how the machine was; on means that its memory was kept.
                "snapshot_kind": None if on is None else "memory" if on == "poweredOn" else "disk",
                "description": clean(str(tree.get("description", ""))),
                "snapshot_parent": above,
            },
        )
        waiting += [(child, called) for child in several(tree.get("childSnapshotList"))]


def _created(value: Any) -> Value:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return moment(value)


def _vlan(port: Any) -> Value:
    """VmwareDistributedVirtualSwitchVlanSpec of the port group: one id, a trunk of ranges, or a private VLAN."""
    vlan = port.get("vlan") if isinstance(port, dict) else None
    if not isinstance(vlan, dict):
        return None
    if "pvlanId" in vlan:
        return f"pvlan {clean(str(vlan['pvlanId']))}"
    ranges = several(vlan.get("vlanId"))
    told = [f"{each.get('start')}-{each.get('end')}" if isinstance(each, dict) else str(each) for each in ranges]
    return clean(",".join(told)) if told and told != ["0"] else ""

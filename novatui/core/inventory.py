"""The columns that describe any object, and the groups in which they grow old together."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from novatui.core.states import Kind


class Type(StrEnum):
    """What a column holds. `None` is never a value: an absent value is unknown."""

    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    TIME = "time"
    """Seconds since the epoch, UTC."""
    BYTES = "bytes"
    """A size in bytes."""
    TEXTS = "texts"
    """A list of short texts."""


class Group(StrEnum):
    """Columns that one kind of reading fills: within a row, an older reading of a group never replaces a newer one."""

    PLACE = "place"
    """Who and where it is."""
    STATE = "state"
    """What it is doing."""
    CONFIG = "config"
    """How it was set up."""
    GUEST = "guest"
    """What the guest itself tells."""
    HOST = "host"
    STORAGE = "storage"
    NETWORK = "network"
    DEVICE = "device"
    SNAPSHOT = "snapshot"


class Field(msgspec.Struct, frozen=True):
    """One column of the inventory."""

    name: str
    """Canonical name: frames, filters and JSON use it."""
    type: Type
    group: Group
    title: str
    """What it says, for column help."""


FIELDS: tuple[Field, ...] = (
    Field("name", Type.TEXT, Group.PLACE, "name"),
    Field("parent", Type.TEXT, Group.PLACE, "key of the object above it in the tree; empty below the connection"),
    Field("host", Type.TEXT, Group.PLACE, "key of the host it runs on"),
    Field("uuid", Type.TEXT, Group.PLACE, "uuid that stays with it through migrations"),
    Field("native_id", Type.TEXT, Group.PLACE, "id as the product's own tools write it"),
    Field("native_type", Type.TEXT, Group.PLACE, "what the product calls this kind of object"),
    Field("power", Type.TEXT, Group.STATE, "power state, a word of states.Power"),
    Field("native_state", Type.TEXT, Group.STATE, "state in the product's words"),
    Field("since", Type.TIME, Group.STATE, "running since"),
    Field("health", Type.TEXT, Group.STATE, "what the product says of its condition, a word of states.Health"),
    Field("maintenance", Type.BOOL, Group.STATE, "in maintenance, takes no new machines"),
    Field("job", Type.TEXT, Group.STATE, "long operation that holds it now, empty if none"),
    Field("alarms", Type.INT, Group.STATE, "alarms of the product that are raised on it"),
    Field("vcpus", Type.INT, Group.CONFIG, "virtual CPUs online"),
    Field("vcpus_max", Type.INT, Group.CONFIG, "virtual CPUs it can grow to"),
    Field("memory", Type.BYTES, Group.CONFIG, "configured memory"),
    Field("memory_max", Type.BYTES, Group.CONFIG, "memory it can grow to"),
    Field("disks", Type.INT, Group.CONFIG, "number of disks"),
    Field("disk_size", Type.BYTES, Group.CONFIG, "virtual size of all disks"),
    Field("nics", Type.INT, Group.CONFIG, "number of network interfaces"),
    Field("passthrough", Type.INT, Group.CONFIG, "host devices given to it"),
    Field("firmware", Type.TEXT, Group.CONFIG, "bios or uefi"),
    Field("secure_boot", Type.BOOL, Group.CONFIG, "secure boot enforced"),
    Field("tpm", Type.TEXT, Group.CONFIG, "TPM version, `none` without one"),
    Field("machine", Type.TEXT, Group.CONFIG, "machine type or virtual hardware version"),
    Field("autostart", Type.BOOL, Group.CONFIG, "starts with its host"),
    Field("persistent", Type.BOOL, Group.CONFIG, "stays defined when it is off"),
    Field("tags", Type.TEXTS, Group.CONFIG, "tags of the product"),
    Field("description", Type.TEXT, Group.CONFIG, "notes"),
    Field("guest_os", Type.TEXT, Group.CONFIG, "guest system as configured or reported"),
    Field("ip", Type.TEXTS, Group.GUEST, "addresses of the guest"),
    Field("guest_name", Type.TEXT, Group.GUEST, "host name inside the guest"),
    Field("tools", Type.TEXT, Group.GUEST, "guest agent or tools, and their state"),
    Field("snapshots", Type.INT, Group.SNAPSHOT, "number of snapshots"),
    Field("snapshot_oldest", Type.TIME, Group.SNAPSHOT, "when its oldest snapshot was made"),
    Field("created", Type.TIME, Group.SNAPSHOT, "when this snapshot was made"),
    Field("vm", Type.TEXT, Group.SNAPSHOT, "key of the machine a snapshot belongs to"),
    Field("current", Type.BOOL, Group.SNAPSHOT, "the machine runs on top of this snapshot"),
    Field("snapshot_kind", Type.TEXT, Group.SNAPSHOT, "disk or memory"),
    Field("snapshot_parent", Type.TEXT, Group.SNAPSHOT, "name of the snapshot it grew from, empty for a root"),
    Field("snapshot_size", Type.BYTES, Group.SNAPSHOT, "space it takes, where the product tells"),
    Field("cpus", Type.INT, Group.HOST, "logical processors"),
    Field("cpu_model", Type.TEXT, Group.HOST, "processor model"),
    Field("memory_total", Type.BYTES, Group.HOST, "memory of the host"),
    Field("product", Type.TEXT, Group.HOST, "product and version"),
    Field("store_type", Type.TEXT, Group.STORAGE, "kind of storage"),
    Field("capacity", Type.BYTES, Group.STORAGE, "size"),
    Field("free", Type.BYTES, Group.STORAGE, "free space"),
    Field("shared", Type.BOOL, Group.STORAGE, "reachable from several hosts"),
    Field("active", Type.BOOL, Group.STORAGE, "usable now (stores and networks)"),
    Field("net_type", Type.TEXT, Group.NETWORK, "kind of network"),
    Field("bridge", Type.TEXT, Group.NETWORK, "bridge or switch behind it"),
    Field("vlan", Type.TEXT, Group.NETWORK, "VLAN ids"),
    Field("net_active", Type.BOOL, Group.NETWORK, "network is up"),
    Field("device_class", Type.TEXT, Group.DEVICE, "pci, gpu, vgpu, vf, usb, nic, disk …"),
    Field("vendor", Type.TEXT, Group.DEVICE, "vendor and product"),
    Field("iommu_group", Type.INT, Group.DEVICE, "IOMMU group"),
    Field("numa_node", Type.INT, Group.DEVICE, "NUMA node of the host it is near to"),
    Field("driver", Type.TEXT, Group.DEVICE, "driver of the host that has it now, empty for none"),
    Field("vfs", Type.INT, Group.DEVICE, "SR-IOV virtual functions that exist of it"),
    Field("vfs_free", Type.INT, Group.DEVICE, "virtual functions of it that no machine holds"),
    Field("vgpus_free", Type.INT, Group.DEVICE, "mediated devices (vGPUs) of it that can still be made at most"),
    Field("holder", Type.TEXT, Group.DEVICE, "key of the machine that holds the device, empty if free"),
)
"""Every column, in drawing order. Names are unique; names of metrics live in `metrics.METRICS`."""

FIELD: dict[str, Field] = {field.name: field for field in FIELDS}
"""Column by name."""

Value = str | int | float | bool | list[str] | None
"""What a cell may hold on the wire; None says that the value became unknown."""


class Row(msgspec.Struct, frozen=True):
    """What one reading says of one object: the named columns and no other."""

    kind: Kind
    id: str
    """Native id, not encoded."""
    values: dict[str, Value]
    """Columns that the reading knows; a column that is not named stays as it is, None makes it unknown."""

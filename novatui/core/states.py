"""Closed vocabularies of the model. What does not fit is `unknown`, never the nearest fit."""

from __future__ import annotations

from enum import StrEnum


class Family(StrEnum):
    """A product line that one driver speaks to."""

    LIBVIRT = "libvirt"
    VSPHERE = "vsphere"
    HYPERV = "hyperv"
    XCPNG = "xcpng"
    PROXMOX = "proxmox"


FAMILY_ALIASES: dict[str, Family] = {
    "kvm": Family.LIBVIRT,
    "vc": Family.VSPHERE,
    "esx": Family.VSPHERE,
    "hv": Family.HYPERV,
    "xen": Family.XCPNG,
    "xapi": Family.XCPNG,
    "pve": Family.PROXMOX,
}
"""Words that users type for a family, beside the canonical ones."""


class Kind(StrEnum):
    """What an object is."""

    CONNECTION = "connection"
    GROUP = "group"
    DATACENTER = "datacenter"
    FOLDER = "folder"
    CLUSTER = "cluster"
    HOST = "host"
    VM = "vm"
    CONTAINER = "container"
    TEMPLATE = "template"
    RESOURCE_POOL = "resource_pool"
    DATASTORE = "datastore"
    NETWORK = "network"
    DEVICE = "device"
    SNAPSHOT = "snapshot"


class Power(StrEnum):
    """Power state by its effect; the product's own word stands beside it as `native_state`."""

    RUNNING = "running"
    OFF = "off"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    STARTING = "starting"
    STOPPING = "stopping"
    MIGRATING = "migrating"
    CRASHED = "crashed"
    UNKNOWN = "unknown"


POWER_ALIASES: dict[str, Power] = {"on": Power.RUNNING}
"""Words that users type for a power state, beside the canonical ones."""


class Health(StrEnum):
    """What the product itself says of an object's condition."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Link(StrEnum):
    """Life of one connection."""

    IDLE = "idle"
    """Known, nobody asked to open it yet."""
    CONNECTING = "connecting"
    LOADING = "loading"
    """Connected; the first inventory is on its way."""
    UP = "up"
    DOWN = "down"
    """Lost or never made; a retry is planned unless the failure is final."""
    CLOSED = "closed"
    """Ended on purpose."""

"""Which operations a libvirt connection offers: by the driver's roles, less what its hypervisor has no calls for."""

from __future__ import annotations

from novatui.backends.driver import (
    AlarmControl,
    ClusterControl,
    DeviceControl,
    HostControl,
    MigrationControl,
    PowerControl,
    ResourceControl,
    Session,
    SnapshotControl,
    TaskControl,
)
from novatui.backends.libvirt.link import Link
from novatui.core.verbs import VERBS

_ROLES: dict[str, type] = {
    "power": PowerControl,
    "snap": SnapshotControl,
    "device": DeviceControl,
    "edit": ResourceControl,
    "migrate": MigrationControl,
    "host": HostControl,
    "cluster": ClusterControl,
    "alarm": AlarmControl,
    "task": TaskControl,
}
"""Role by noun."""

_NOT_IN_TEST = frozenset(
    {
        "device.attach",
        "device.detach",
        "device.mdev_create",
        "device.mdev_remove",
        "edit.memory_add",
        "edit.disk_add",
        "edit.disk_remove",
        "edit.nic_add",
        "edit.nic_remove",
        "edit.iso_insert",
        "edit.iso_eject",
        "edit.pin",
        "migrate.live",
        "migrate.offline",
        "migrate.bandwidth",
        "migrate.downtime",
        "migrate.postcopy",
        "migrate.pause",
        "task.cancel",
    }
)
"""libvirt's test driver plugs nothing in or out, moves nothing, has no jobs, and pins without saying for how long."""

NOWHERE = frozenset({"device.vfs", "edit.pool"})
"""libvirt reads the number of virtual functions and cannot set it; it has no resource pools."""


def offered(driver: Session, link: Link) -> frozenset[str]:
    """Names in `core.verbs.VERBS`."""
    has = {name for name, verb in VERBS.items() if isinstance(driver, _ROLES[verb.noun])}
    lacks = NOWHERE | (_NOT_IN_TEST if link.attempt(link.conn.getType) == "TEST" else frozenset())
    return frozenset(has - lacks)

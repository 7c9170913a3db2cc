"""Which operations a vSphere connection offers: by the driver's roles, less what the product has no calls for."""

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

NOWHERE = frozenset(
    {
        "power.pause",
        "power.resume",
        "device.mdev_create",
        "device.mdev_remove",
        "migrate.bandwidth",
        "migrate.downtime",
        "migrate.postcopy",
        "migrate.pause",
    }
)
"""vSphere holds no machine in memory without running it, makes vGPUs itself, and lets nobody steer a vMotion."""


OF_A_VCENTER = frozenset({"alarm.acknowledge"})
"""A lone ESXi host has no AlarmManager."""


def offered(driver: Session, *, vcenter: bool) -> frozenset[str]:
    """Names in `core.verbs.VERBS`."""
    missing = NOWHERE if vcenter else NOWHERE | OF_A_VCENTER
    return frozenset(name for name, verb in VERBS.items() if isinstance(driver, _ROLES[verb.noun])) - missing

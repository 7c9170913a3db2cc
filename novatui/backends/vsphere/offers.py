"""Which operations a vSphere connection offers: by the driver's roles, less what the product has no calls for."""

from __future__ import annotations

from novatui.backends.driver import (
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


def offered(driver: Session) -> frozenset[str]:
    """Names in `core.verbs.VERBS`."""
    return frozenset(name for name, verb in VERBS.items() if isinstance(driver, _ROLES[verb.noun])) - NOWHERE

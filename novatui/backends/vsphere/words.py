"""States and words of vSphere in those of the console. What does not fit is unknown."""

from __future__ import annotations

from novatui.core.states import Health, Power

POWER: dict[str, Power] = {
    "poweredOn": Power.RUNNING,
    "poweredOff": Power.OFF,
    "suspended": Power.SUSPENDED,
}
"""VirtualMachinePowerState: there is no pause; suspend is to disk."""

HOST_POWER: dict[str, Power] = {
    "poweredOn": Power.RUNNING,
    "poweredOff": Power.OFF,
    "standBy": Power.SUSPENDED,
}
"""HostSystemPowerState."""

HEALTH: dict[str, Health] = {
    "green": Health.OK,
    "yellow": Health.WARNING,
    "red": Health.CRITICAL,
}
"""ManagedEntityStatus; gray is unknown."""

FIRMWARE: dict[str, str] = {"bios": "bios", "efi": "uefi"}
"""GuestOsDescriptorFirmwareType."""

TYPES: dict[str, str] = {
    "Datacenter": "Datacenter",
    "Folder": "Folder",
    "StoragePod": "Datastore cluster",
    "ClusterComputeResource": "Cluster",
    "HostSystem": "Host",
    "ResourcePool": "Resource pool",
    "VirtualApp": "vApp",
    "Datastore": "Datastore",
    "Network": "Network",
    "DistributedVirtualPortgroup": "Distributed port group",
    "OpaqueNetwork": "Opaque network",
    "VirtualMachine": "Virtual machine",
}
"""What people call a type."""


def power_of(state: object, connection: object) -> Power:
    """A machine that its host cannot see is in no state that anybody knows."""
    if connection not in (None, "connected"):
        return Power.UNKNOWN
    return POWER.get(str(state), Power.UNKNOWN)


def native_state(state: object, connection: object) -> str | None:
    """Power state, and the connection where it is not the usual one: `poweredOn, inaccessible`."""
    told = [str(state)] if state is not None else []
    if connection not in (None, "connected"):
        told.append(str(connection))
    return ", ".join(told) or None


def tools_of(running: object, version: object) -> str | None:
    """State of the guest tools, as the product says it."""
    if running is None:
        return None
    if version in (None, "guestToolsNotInstalled"):
        return str(version or running)
    return f"{running}, {version}"

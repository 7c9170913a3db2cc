"""Which properties are followed of which type: leaves only, because a whole branch costs ten times as much.

Paths are those of the vSphere Web Services API reference; the version that brought a path is named where it is later
than 6.5. A server that does not know one of them is asked without it (see `stream`).
"""

from __future__ import annotations

ENTITY = ("name", "parent")

FOLDER = ENTITY
DATACENTER = ENTITY
STORAGE_POD = (*ENTITY, "summary.capacity", "summary.freeSpace")
COMPUTE_RESOURCE = (*ENTITY, "overallStatus")

HOST = (
    *ENTITY,
    "overallStatus",
    "runtime.connectionState",
    "runtime.powerState",
    "runtime.inMaintenanceMode",
    "runtime.bootTime",
    "summary.hardware.uuid",
    "summary.hardware.vendor",
    "summary.hardware.model",
    "summary.hardware.cpuModel",
    "summary.hardware.cpuMhz",
    "summary.hardware.numCpuCores",
    "summary.hardware.numCpuThreads",
    "summary.hardware.memorySize",
    "summary.config.product.fullName",
    "summary.quickStats.overallCpuUsage",
    "summary.quickStats.overallMemoryUsage",
)

POOL = (*ENTITY, "owner", "overallStatus")

DATASTORE = (
    *ENTITY,
    "overallStatus",
    "summary.type",
    "summary.capacity",
    "summary.freeSpace",
    "summary.accessible",
    "summary.multipleHostAccess",
    "summary.maintenanceMode",
)

NETWORK = (*ENTITY, "overallStatus", "summary.accessible")
PORT_GROUP = (*NETWORK, "config.distributedVirtualSwitch", "config.defaultPortConfig")

MACHINE = (
    *ENTITY,
    "parentVApp",
    "resourcePool",
    "overallStatus",
    "runtime.host",
    "runtime.powerState",
    "runtime.connectionState",
    "runtime.bootTime",
    "config.template",
    "config.uuid",
    "config.version",
    "config.firmware",
    "config.bootOptions.efiSecureBootEnabled",
    "config.annotation",
    "config.changeVersion",
    "config.hardware.numCPU",
    "config.hardware.memoryMB",
    "config.cpuHotAddEnabled",
    "summary.config.guestFullName",
    "summary.config.numVirtualDisks",
    "summary.config.numEthernetCards",
    "summary.config.tpmPresent",  # 6.7
    "summary.quickStats.overallCpuUsage",
    "summary.quickStats.hostMemoryUsage",
    "summary.quickStats.balloonedMemory",
    "runtime.maxCpuUsage",
    "guest.hostName",
    "guest.ipAddress",
    "guest.toolsRunningStatus",
    "guest.toolsVersionStatus2",
    "snapshot",
)

FOLLOWED: dict[str, tuple[str, ...]] = {
    "Folder": FOLDER,
    "StoragePod": STORAGE_POD,
    "Datacenter": DATACENTER,
    "ComputeResource": COMPUTE_RESOURCE,
    "ClusterComputeResource": COMPUTE_RESOURCE,
    "HostSystem": HOST,
    "ResourcePool": POOL,
    "VirtualApp": POOL,
    "Datastore": DATASTORE,
    "Network": NETWORK,
    "DistributedVirtualPortgroup": PORT_GROUP,
    "VirtualMachine": MACHINE,
}
"""By type; the order is that in which they are listed: what lies above comes before what lies in it."""

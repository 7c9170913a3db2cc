"""Names of libvirt-python's calls that change nothing, as `Link` says them to the sink. Any other takes a run."""

from __future__ import annotations

_SESSION = (
    "openAuth",
    "domainEventRegisterAny", "domainEventDeregisterAny",
    "networkEventRegisterAny", "networkEventDeregisterAny",
    "nodeDeviceEventRegisterAny", "nodeDeviceEventDeregisterAny",
    "storagePoolEventRegisterAny", "storagePoolEventDeregisterAny",
)  # fmt: skip
"""Calls about the connection itself."""

_HOST = (
    "baselineCPU", "baselineHypervisorCPU", "compareCPU", "compareHypervisorCPU",
    "getCPUMap", "getCPUStats", "getCapabilities", "getDomainCapabilities", "getFreeMemory", "getFreePages",
    "getHostname", "getInfo", "getLibVersion", "getMaxVcpus", "getMemoryParameters", "getMemoryStats", "getSysinfo",
    "getType", "getVersion", "listAllDevices", "nodeDeviceLookupByName",
)  # fmt: skip

_MACHINE = (
    "XMLDesc", "autostart", "blockInfo", "blockJobInfo", "controlInfo", "domainListGetStats", "getAllDomainStats",
    "hasManagedSaveImage", "info", "interfaceAddresses", "isActive", "isPersistent", "jobStats", "listAllDomains",
    "lookupByName", "lookupByUUIDString", "messages", "migrateGetMaxDowntime", "migrateGetMaxSpeed", "state",
    "getXMLDesc", "hasCurrentSnapshot", "listAllCheckpoints", "listAllSnapshots", "snapshotCurrent",
    "snapshotListNames", "snapshotLookupByName", "snapshotNum", "vcpusFlags",
)  # fmt: skip
"""Of a machine and its snapshots; `XMLDesc`, `autostart`, `info` and the like are also those of pools and networks."""

_STORAGE = (
    "getStoragePoolCapabilities", "listAllStoragePools", "listAllVolumes", "listVolumes", "path",
    "storagePoolLookupByUUIDString", "storagePoolLookupByName", "storagePoolLookupByVolume",
    "storageVolLookupByName", "storageVolLookupByPath",
)  # fmt: skip

_NETWORK = ("DHCPLeases", "listAllInterfaces", "listAllNetworks", "networkLookupByUUIDString", "networkLookupByName")

READING = frozenset((*_SESSION, *_HOST, *_MACHINE, *_STORAGE, *_NETWORK))
"""`Invoker.READING` of the libvirt driver. A name that is missing here is refused, never let through."""

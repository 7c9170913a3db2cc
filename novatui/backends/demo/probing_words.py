"""What the products of the demo answer when they are asked what they can do: calls and excerpts of each family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from novatui.core.capabilities import Answer
from novatui.core.states import Family

YES, PARTLY, NO, NONE, UNKNOWN = Answer.YES, Answer.PARTLY, Answer.NO, Answer.NOT_OFFERED, Answer.UNKNOWN


class Said(NamedTuple):
    """An answer. `{node}` in call and arguments is the host that is asked."""

    value: Answer
    call: str = ""
    """Empty: there is no call to ask."""
    excerpt: str = ""
    note: str = ""
    reason: str = ""
    args: str = ""
    source: str = ""
    """What declares it, where there is no call."""


def _declared(value: Answer, source: str, note: str = "", reason: str = "") -> Said:
    return Said(value, note=note, reason=reason, source=source)


def _untold(reason: str) -> Said:
    return Said(UNKNOWN, reason=reason)


_CAPS = "virConnectGetCapabilities"
_DOMCAPS = "virConnectGetDomainCapabilities"
_OF_DOMCAPS = "/usr/bin/qemu-system-x86_64, x86_64, q35, kvm"
_PROPERTIES = "RetrievePropertiesEx"
_OPTIONS = "OptionManager.QueryOptions"
_COMMANDS = "Get-Command"
_STATUS = "GET /nodes/{node}/status"
_QM = "Proxmox VE 9.1, manual page qm(1), option "

SAID: Mapping[Family, Mapping[str, Said]] = {
    Family.LIBVIRT: {
        "lifecycle": Said(YES, _CAPS, "<arch name='x86_64'><domain type='qemu'/><domain type='kvm'/></arch>", "kvm"),
        "live_migration": Said(YES, _CAPS, "<migration_features><live/><uri_transports>tcp rdma", "tcp, rdma"),
        "cpu_hotplug": Said(YES, _DOMCAPS, "<vcpu max='288'/>", "up to 288", args=_OF_DOMCAPS),
        "memory_hotplug": _declared(
            PARTLY, "libvirt 9.0, domain XML: memory devices", "with slots",
            "the machine has to be started with <maxMemory slots=…>",
        ),
        "live_storage_migration": _declared(
            YES, "libvirt 9.0: virDomainBlockCopy, VIR_MIGRATE_NON_SHARED_DISK", "nbd"
        ),
        "incremental_backup": Said(YES, _DOMCAPS, "<backup supported='yes'/>", args=_OF_DOMCAPS),
        "secure_boot": Said(
            YES, _DOMCAPS, "<enum name='firmware'><value>efi</value> <enum name='secure'><value>yes</value>",
            args=_OF_DOMCAPS,
        ),
        "metrics": Said(YES, "virConnectGetAllDomainStats", "cpu.time, vcpu.0.delay, block.0.rd.times"),
        "events": Said(YES, "virConnectDomainEventRegisterAny", "callback 0", "pushed"),
        "health": Said(
            PARTLY, "virConnectDomainEventRegisterAny", "callback 3", "I/O errors",
            "crashes and I/O errors of machines are told, the condition of the host is not",
            "VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON",
        ),
        "cpu_pinning": Said(YES, "virNodeGetCPUMap", "all processors online"),
        "overcommit": _declared(YES, "libvirt 9.0, qemu driver: memory and vCPUs are not reserved"),
        "ballooning": _declared(YES, "libvirt 9.0, domain XML: memballoon, model virtio", "virtio"),
        "huge_pages": Said(YES, "virNodeGetFreePages", "1048576 KiB: 96 free", "1 GiB", args="1048576 KiB, all cells"),
        "memory_compression": _untold("libvirt does not tell whether the host has zswap or zram"),
        "dpdk": Said(
            PARTLY, _DOMCAPS, "<memoryBacking supported='yes'><enum name='sourceType'><value>memfd</value>", "memfd",
            "machines can share their memory with a switch; whether one runs is not told", _OF_DOMCAPS,
        ),
        "multiqueue": _declared(YES, "libvirt 9.0, domain XML: driver queues", "virtio"),
        "offloads": Said(
            YES, "virNodeDeviceGetXMLDesc", "<feature name='tso'/><feature name='gso'/><feature name='txvlan'/>",
            args="net_ens1f0",
        ),
    },
    Family.VSPHERE: {
        "lifecycle": Said(YES, "HasPrivilegeOnEntities", "VirtualMachine.Interact.PowerOn: true"),
        "live_migration": Said(YES, _PROPERTIES, "vmotionSupported = true", args="HostSystem.capability"),
        "cpu_hotplug": Said(
            PARTLY, "QueryConfigOption", "supportsCpuHotAdd: rhel9_64Guest true, otherGuest false",
            "by guest", "where the guest system takes it, and the machine was set up for it",
        ),
        "memory_hotplug": Said(
            PARTLY, "QueryConfigOption", "supportsMemoryHotAdd: rhel9_64Guest true, otherGuest false",
            "by guest", "where the guest system takes it, and the machine was set up for it",
        ),
        "snapshots": Said(YES, _PROPERTIES, "snapshotOperationsSupported = true", args="VirtualMachine.capability"),
        "live_storage_migration": Said(
            YES, _PROPERTIES, "storageVMotionSupported = true", args="HostSystem.capability"
        ),
        "incremental_backup": Said(
            YES, _PROPERTIES, "changeTrackingSupported = true", "CBT", args="VirtualMachine.capability"
        ),
        "secure_boot": Said(YES, "QueryConfigOption", "supportsSecureBoot: rhel9_64Guest true"),
        "metrics": Said(YES, "PerformanceManager.perfCounter", "cpu.usage, cpu.ready, mem.consumed"),
        "events": Said(YES, "WaitForUpdatesEx", "version 17, filterSet 2", "pushed"),
        "health": Said(YES, _PROPERTIES, "overallStatus = green", args="ManagedEntity.triggeredAlarmState"),
        "cpu_pinning": _declared(
            PARTLY, "vSphere 8.0 Resource Management: CPU affinity", "not by DRS",
            "not for machines that DRS moves by itself",
        ),
        "overcommit": Said(YES, _PROPERTIES, "memory.reservationUsed below overallUsage", args="ResourcePool.runtime"),
        "ballooning": _declared(YES, "vSphere 8.0 Resource Management: memory balloon driver", "with tools"),
        "huge_pages": Said(YES, _OPTIONS, "Mem.AllocGuestLargePage = 1", "2 MiB", args="Mem.AllocGuestLargePage"),
        "memory_compression": Said(YES, _OPTIONS, "Mem.MemZipEnable = 1", args="Mem.MemZipEnable"),
        "page_dedup": Said(
            PARTLY, _OPTIONS, "Mem.ShareForceSalting = 2", "in one VM",
            "pages are shared inside a machine, and between those with the same salt", "Mem.ShareForceSalting",
        ),
        "dpdk": _untold("only the NSX manager tells of a datapath beside the kernel, and it is not connected"),
        "multiqueue": _declared(YES, "vSphere 8.0 Networking: receive side scaling of vmxnet3", "vmxnet3"),
        "offloads": Said(
            YES, _PROPERTIES, "csumOffload = true, tcpSegmentation = true, zeroCopyXmit = true",
            args="HostSystem.config.network.vswitch.spec.policy.offloadPolicy",
        ),
    },
    Family.HYPERV: {
        "lifecycle": Said(YES, _COMMANDS, "New-VM, Start-VM, Stop-VM, Remove-VM", args="-Module Hyper-V"),
        "live_migration": Said(
            YES, "Get-VMHost", "VirtualMachineMigrationEnabled: True, MaximumVirtualMachineMigrations: 2", "2 at once",
            args="-ComputerName {node}",
        ),
        "snapshots": Said(YES, _COMMANDS, "Checkpoint-VM, Restore-VMSnapshot", args="-Module Hyper-V"),
        "cpu_hotplug": _untold("no call of Hyper-V tells whether a running machine takes more processors"),
        "memory_hotplug": _declared(YES, "Windows Server 2016: runtime memory resize", "static too"),
        "live_storage_migration": Said(
            YES, "Get-VMHost", "MaximumStorageMigrations: 2", "2 at once", args="-ComputerName {node}"
        ),
        "incremental_backup": _untold("no call of this host tells whether changes of disks are tracked"),
        "secure_boot": Said(
            YES, _COMMANDS, "Set-VMFirmware -EnableSecureBoot", "gen 2", args="Set-VMFirmware -Syntax"
        ),
        "memory_encryption": _untold("no call of Hyper-V tells whether memory is encrypted against the host"),
        "metrics": Said(YES, "Get-CimInstance", "ProcessorLoad 12, MemoryUsage 8192", args="Msvm_SummaryInformation"),
        "events": Said(
            PARTLY, "Register-CimIndicationEvent", "WITHIN 3", "every 3 s",
            "the host looks every 3 s and tells what changed", "__InstanceModificationEvent WITHIN 3",
        ),
        "health": Said(YES, "Get-CimInstance", "HealthState 5 (OK)", args="Msvm_ComputerSystem"),
        "cpu_pinning": _untold("processor groups are set by a tool that answers no remote call"),
        "nested_virt": Said(
            YES, _COMMANDS, "-ExposeVirtualizationExtensions <bool>", args="Set-VMProcessor -Syntax"
        ),
        "overcommit": Said(
            PARTLY, "Get-VMMemory", "DynamicMemoryEnabled, Minimum 1 GB, Maximum 32 GB", "CPU, dynamic",
            "processors in any case, memory of machines with dynamic memory only",
        ),
        "ballooning": Said(YES, "Get-VMMemory", "DynamicMemoryEnabled: True, Buffer: 20", "dynamic"),
        "huge_pages": _untold("no call of Hyper-V tells which pages back a machine"),
        "memory_compression": _untold("no call of Hyper-V tells whether memory of machines is compressed"),
        "page_dedup": _untold("no call of Hyper-V tells whether pages are shared"),
        "dpdk": _declared(NONE, "Windows Server 2025, Hyper-V virtual switch: extensions run inside the kernel"),
        "multiqueue": Said(YES, "Get-VMNetworkAdapter", "VmmqEnabled: True, VrssEnabled: True", "VMMQ"),
        "offloads": Said(YES, "Get-NetAdapterLso", "IPv4Enabled: True, IPv6Enabled: True", args="-CimSession {node}"),
    },
    Family.XCPNG: {
        "lifecycle": Said(YES, "VM.get_all_records", "allowed_operations: start, clean_shutdown, hard_reboot"),
        "live_migration": Said(YES, "VM.get_all_records", "allowed_operations: pool_migrate, migrate_send"),
        "snapshots": Said(YES, "SM.get_all_records", "VDI_SNAPSHOT, VDI_CLONE"),
        "cpu_hotplug": Said(
            PARTLY, "VM.get_all_records", "allowed_operations: changing_VCPUs_live", "to maximum",
            "up to the maximum that the machine was started with",
        ),
        "memory_hotplug": Said(
            PARTLY, "VM.get_all_records", "allowed_operations: changing_dynamic_range", "to static",
            "within the static maximum that the machine was started with",
        ),
        "live_storage_migration": Said(YES, "SM.get_all_records", "VDI_MIRROR"),
        "incremental_backup": Said(
            YES, "host.get_license_params", "restrict_cbt: false", "CBT", args="{node}"
        ),
        "secure_boot": Said(YES, "pool.get_uefi_certificates", "PK, KEK, db, dbx"),
        "memory_encryption": _untold("the XAPI has no call that tells of it"),
        "metrics": Said(YES, "GET /rrd_updates", "AVERAGE:host:…:cpu_avg, AVERAGE:vm:…:memory_internal_free"),
        "events": Said(YES, "event.from", "token 00000000000000184213, valid_ref_counts", "pushed"),
        "health": Said(
            PARTLY, "message.get_all_records", "HA_HOST_FAILED, ALARM", "alerts", "alerts are told, no condition"
        ),
        "cpu_pinning": Said(YES, "VM.get_VCPUs_params", "mask: 0,1,2,3", "mask"),
        "nested_virt": _untold("the XAPI does not tell whether this build of Xen nests"),
        "overcommit": Said(
            PARTLY, "pool.get_ha_allow_overcommit", "false", "CPU only",
            "processors in any case; the pool's HA plan allows no more memory than there is",
        ),
        "ballooning": Said(YES, "VM.get_memory_dynamic_min", "4294967296", "dynamic"),
        "huge_pages": _untold("the XAPI does not tell which pages back a machine"),
        "memory_compression": _untold("the XAPI has no call that tells of it"),
        "page_dedup": _untold("the XAPI has no call that tells of it"),
        "dpdk": _untold("the XAPI does not tell which datapath its switch runs"),
        "multiqueue": _declared(YES, "Linux, xen-netback: parameter max_queues", "netfront"),
        "offloads": Said(YES, "PIF.get_other_config", "ethtool-tso: on, ethtool-gso: on", args="{node}, eth0"),
    },
    Family.PROXMOX: {
        "lifecycle": Said(YES, "GET /access/permissions", "/vms: VM.Allocate 1, VM.PowerMgmt 1"),
        "live_migration": Said(YES, "GET /cluster/status", "quorate 1, nodes 3 online"),
        "snapshots": Said(YES, "GET /nodes/{node}/storage", "ceph-vm rbd, local-lvm lvmthin"),
        "cpu_hotplug": _declared(PARTLY, f"{_QM}hotplug", "if set", "where `hotplug` of the machine names cpu"),
        "memory_hotplug": _declared(
            PARTLY, f"{_QM}hotplug", "if set", "where `hotplug` of the machine names memory, and NUMA is on"
        ),
        "live_storage_migration": _declared(YES, "Proxmox VE 9.1 API: POST …/move_disk, migrate with-local-disks"),
        "incremental_backup": Said(
            YES, "GET /nodes/{node}/storage", "backup: type pbs, content backup", "PBS",
            "to the backup server; vzdump to any other store is full",
        ),
        "secure_boot": _declared(YES, f"{_QM}efidisk0, pre-enrolled-keys"),
        "metrics": Said(YES, "GET /cluster/resources", "cpu 0.12, mem 8589934592, netin 129384", args="type=vm"),
        "events": _declared(NONE, "Proxmox VE 9.1 API: there is no call to subscribe to", "polled"),
        "health": Said(
            PARTLY, "GET /cluster/ha/status/current", "quorum OK, master pve1 active", "HA only",
            "of the cluster and of disks, not of machines",
        ),
        "cpu_pinning": _declared(YES, f"{_QM}affinity"),
        "nested_virt": Said(
            PARTLY, "GET /nodes/{node}/capabilities/qemu/cpu", "host, x86-64-v2-AES, EPYC-v4", "CPU host",
            "with the CPU type `host`",
        ),
        "overcommit": Said(YES, _STATUS, "memory.total, memory.used; cpuinfo.cpus"),
        "ballooning": _declared(YES, f"{_QM}balloon", "virtio"),
        "huge_pages": _declared(YES, f"{_QM}hugepages", "1 GiB"),
        "memory_compression": _untold("the API does not tell whether a node has zswap or zram"),
        "dpdk": _declared(NONE, f"{_QM}net0: interfaces are plugged into bridges"),
        "multiqueue": _declared(YES, f"{_QM}net0, queues", "virtio"),
        "offloads": _untold("the API does not tell what network cards take off the processors"),
    },
}  # fmt: skip
"""By family and feature: what does not depend on a single host or machine of the demo."""

CALLS: Mapping[Family, Mapping[str, tuple[str, str]]] = {
    Family.LIBVIRT: {
        "devices": ("virConnectListAllNodeDevices", "VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV"),
        "stores": ("virConnectListAllStoragePools", "VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE"),
        "processor": (_CAPS, ""),
        "encryption": (_DOMCAPS, _OF_DOMCAPS),
        "tpm": (_DOMCAPS, _OF_DOMCAPS),
        "numa": (_CAPS, ""),
        "sharing": ("virNodeGetMemoryParameters", ""),
        "machine": ("virDomainGetXMLDesc", "{vm}, 0"),
        "place": ("virConnectCompareHypervisorCPU", "{vm}"),
    },
    Family.VSPHERE: {
        "devices": (_PROPERTIES, "HostSystem.config.pciPassthruInfo, sharedGpuCapabilities"),
        "stores": (_PROPERTIES, "Datastore.capability"),
        "processor": (_PROPERTIES, "HostSystem.capability.nestedHVSupported"),
        "encryption": (_PROPERTIES, "HostSystem.hardware.sevInfo"),
        "tpm": ("CryptoManagerKmip.ListKmsClusters", ""),
        "numa": (_PROPERTIES, "HostSystem.hardware.numaInfo"),
        "machine": (_PROPERTIES, "VirtualMachine.config"),
        "place": ("QueryVMotionCompatibilityEx_Task", "{vm}"),
    },
    Family.HYPERV: {
        "devices": ("Get-VMHostAssignableDevice", "-ComputerName {node}"),
        "stores": ("Get-ClusterSharedVolume", ""),
        "tpm": (_COMMANDS, "Enable-VMTPM -Syntax"),
        "numa": ("Get-VMHostNumaNode", "-ComputerName {node}"),
        "machine": ("Get-VM", "-Id {vm} | Select-Object *"),
        "place": ("Compare-VM", "{vm}"),
    },
    Family.XCPNG: {
        "devices": ("PCI.get_all_records", ""),
        "stores": ("SR.get_all_records", ""),
        "tpm": ("VTPM.get_all_records", ""),
        "numa": ("host.get_numa_affinity_policy", "{node}"),
        "machine": ("VM.get_record", "{vm}"),
        "place": ("VM.assert_can_migrate", "{vm}"),
    },
    Family.PROXMOX: {
        "devices": ("GET /nodes/{node}/hardware/pci", ""),
        "stores": ("GET /nodes/{node}/storage", ""),
        "numa": (_STATUS, ""),
        "sharing": (_STATUS, ""),
        "machine": ("GET /nodes/{node}/qemu/{vm}/config", ""),
        "place": ("GET /nodes/{node}/qemu/{vm}/migrate", ""),
    },
}
"""By family: the call, and what it is given, that tells of the world: devices, stores, processors, machines."""

"""What the products of the demo are asked for a posture: the call of each family, and what it does not tell."""

from __future__ import annotations

from collections.abc import Mapping

from novatui.core.states import Family

_CAPS = "virConnectGetCapabilities"
_DOMCAPS = "virConnectGetDomainCapabilities"
_OF_DOMCAPS = "/usr/bin/qemu-system-x86_64, x86_64, q35, kvm"
_PROPERTIES = "RetrievePropertiesEx"
_OPTIONS = "OptionManager.QueryOptions"
_STATUS = "GET /nodes/{node}/status"

ASKED: Mapping[Family, Mapping[str, tuple[str, str]]] = {
    Family.LIBVIRT: {
        "host": ("virNodeGetInfo", ""),
        "memory": ("virNodeGetMemoryStats", "all cells"),
        "cells": (_CAPS, ""),
        "pages": ("virNodeGetFreePages", "2048, 1048576 KiB, all cells"),
        "machines": ("virDomainGetXMLDesc", "of each machine that runs"),
        "merging": ("virNodeGetMemoryParameters", ""),
        "offers": (_DOMCAPS, _OF_DOMCAPS),
        "networks": ("virConnectListAllNetworks", ""),
        "confinement": (_CAPS, ""),
        "transport": ("virConnectOpenAuth", ""),
        "moves": (_CAPS, ""),
    },
    Family.VSPHERE: {
        "host": (_PROPERTIES, "HostSystem.hardware.cpuInfo"),
        "memory": (_PROPERTIES, "HostSystem.hardware.memorySize"),
        "cells": (_PROPERTIES, "HostSystem.hardware.numaInfo"),
        "machines": (_PROPERTIES, "VirtualMachine.config.hardware of {node}"),
        "merging": (_OPTIONS, "Mem.ShareForceSalting"),
        "offers": ("QueryConfigOption", "{node}"),
        "networks": (_PROPERTIES, "DistributedVirtualPortgroup.config.defaultPortConfig"),
        "transport": ("SessionManager.Login", ""),
        "moves": (_PROPERTIES, "VirtualMachine.config.migrateEncryption"),
    },
    Family.HYPERV: {
        "host": ("Get-VMHost", "-ComputerName {node}"),
        "memory": ("Get-VMHost", "-ComputerName {node}"),
        "cells": ("Get-VMHostNumaNode", "-ComputerName {node}"),
        "machines": ("Get-VM", "-ComputerName {node} | where State -eq Running"),
        "offers": ("Get-VMHostSupportedVersion", "-ComputerName {node}"),
        "networks": ("Get-VMSwitch", "-ComputerName {node}"),
        "transport": ("New-PSSession", "-UseSSL {node}"),
        "moves": ("Get-VMHost", "-ComputerName {node} | select VirtualMachineMigrationPerformanceOption"),
    },
    Family.XCPNG: {
        "host": ("host.get_cpu_info", "{node}"),
        "memory": ("host_metrics.get_memory_total", "{node}"),
        "cells": ("host.get_numa_affinity_policy", "{node}"),
        "machines": ("host.get_resident_VMs", "{node}"),
        "offers": ("pool.get_record", ""),
        "networks": ("network.get_all_records", ""),
        "transport": ("session.login_with_password", ""),
        "moves": ("pool.get_tls_verification_enabled", ""),
    },
    Family.PROXMOX: {
        "host": (_STATUS, ""),
        "memory": (_STATUS, ""),
        "cells": (_STATUS, ""),
        "machines": ("GET /nodes/{node}/qemu", "full=1"),
        "merging": (_STATUS, ""),
        "networks": ("GET /nodes/{node}/network", ""),
        "transport": ("POST /access/ticket", ""),
        "moves": ("GET /cluster/options", ""),
    },
}
"""By family and by what is to be found out: the call, and what it is given."""

UNTOLD: Mapping[tuple[Family, str], str] = {
    (Family.VSPHERE, "pages"): "ESXi backs memory with large pages by itself, and tells of none",
    (Family.HYPERV, "pages"): "no call of Hyper-V tells which pages are free",
    (Family.HYPERV, "merging"): "no call of Hyper-V tells whether pages are shared",
    (Family.HYPERV, "encryption"): "no call of Hyper-V tells whether memory is encrypted against the host",
    (Family.XCPNG, "pages"): "the XAPI does not tell which pages are free",
    (Family.XCPNG, "merging"): "the XAPI has no call that tells of it",
    (Family.PROXMOX, "pages"): "the API does not tell which huge pages a node has free",
    (Family.PROXMOX, "offers"): "the API does not tell what a node offers machines",
    (Family.PROXMOX, "encryption"): "the API does not tell whether the firmware has it switched on",
}
"""What there is no call for, and why it is not known therefore."""

MOVES: Mapping[Family, tuple[str, str, str]] = {
    Family.LIBVIRT: (
        "asked", "memory travels in plain text unless a move asks for TLS (VIR_MIGRATE_TLS)",
        "<migration_features><live/><uri_transports>tcp rdma",
    ),
    Family.VSPHERE: ("encrypted", "encrypted wherever both hosts can", "migrateEncryption: opportunistic"),
    Family.HYPERV: ("plain", "memory travels compressed, and in plain text", "Compression"),
    Family.XCPNG: ("encrypted", "hosts of the pool speak TLS to each other, and check it", "true"),
    Family.PROXMOX: ("encrypted", "through ssh (migration: secure)", "migration: secure"),
}  # fmt: skip
"""How memory travels: value, words, what the call answered."""

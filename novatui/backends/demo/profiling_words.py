"""What each family is asked for the profile of a host, and what it calls what it answers."""

from __future__ import annotations

from collections.abc import Mapping

from novatui.core.hostprofile import Section
from novatui.core.states import Family

_CALLS: Mapping[Family, Mapping[Section, str]] = {
    Family.LIBVIRT: {
        Section.CPU: "virConnectGetCapabilities",
        Section.FLAGS: "virConnectBaselineHypervisorCPU",
        Section.MACHINES: "virConnectGetCapabilities",
        Section.FIRMWARE: "virConnectGetDomainCapabilities",
        Section.VERSIONS: "virConnectGetLibVersion",
        Section.DEVICES: "virConnectListAllNodeDevices",
        Section.NETWORKS: "virConnectListAllNetworks",
        Section.BRIDGES: "virConnectListAllInterfaces",
        Section.STORAGE: "virConnectListAllStoragePools",
        Section.LIMITS: "virNodeGetInfo",
    },
    Family.VSPHERE: {
        Section.CPU: "HostSystem.hardware.cpuPkg",
        Section.FLAGS: "HostSystem.config.featureCapability",
        Section.MACHINES: "EnvironmentBrowser.QueryConfigOptionDescriptor",
        Section.FIRMWARE: "EnvironmentBrowser.QueryConfigOptionEx",
        Section.VERSIONS: "HostSystem.config.product",
        Section.DEVICES: "HostSystem.config.pciPassthruInfo",
        Section.NETWORKS: "HostSystem.network",
        Section.STORAGE: "HostSystem.datastore",
        Section.LIMITS: "HostSystem.capability",
    },
    Family.HYPERV: {
        Section.CPU: "Get-CimInstance Win32_Processor",
        Section.MACHINES: "Get-VMHostSupportedVersion",
        Section.VERSIONS: "Get-CimInstance Win32_OperatingSystem",
        Section.DEVICES: "Get-VMHostAssignableDevice",
        Section.NETWORKS: "Get-VMSwitch",
        Section.STORAGE: "Get-ClusterSharedVolume",
        Section.LIMITS: "Get-VMHost",
    },
    Family.XCPNG: {
        Section.CPU: "host.get_cpu_info",
        Section.FLAGS: "host.get_cpu_info",
        Section.MACHINES: "host.get_capabilities",
        Section.VERSIONS: "host.get_software_version",
        Section.DEVICES: "PCI.get_all_records",
        Section.NETWORKS: "PIF.get_all_records",
        Section.STORAGE: "PBD.get_all_records",
        Section.LIMITS: "host_metrics.get_record",
    },
    Family.PROXMOX: {
        Section.CPU: "GET /nodes/{node}/status",
        Section.FLAGS: "GET /nodes/{node}/status",
        Section.MACHINES: "GET /nodes/{node}/capabilities/qemu/machines",
        Section.VERSIONS: "GET /nodes/{node}/version",
        Section.DEVICES: "GET /nodes/{node}/hardware/pci",
        Section.NETWORKS: "GET /nodes/{node}/network",
        Section.BRIDGES: "GET /nodes/{node}/network",
        Section.STORAGE: "GET /nodes/{node}/storage",
        Section.LIMITS: "GET /nodes/{node}/status",
    },
}

ASKED: Mapping[tuple[Family, Section], str] = {
    (family, section): call for family, calls in _CALLS.items() for section, call in calls.items()
}
"""What each product is asked for a section."""

_NO_BRIDGES = "machines are plugged into its networks; it tells of no bridges beside them"

DECLARED: Mapping[tuple[Family, Section], str] = {
    (Family.HYPERV, Section.FIRMWARE): "Microsoft Learn: generation 1 and 2 virtual machines",
    (Family.XCPNG, Section.FIRMWARE): "XCP-ng documentation: guest UEFI and secure boot",
    (Family.PROXMOX, Section.FIRMWARE): "Proxmox VE Administration Guide: BIOS and UEFI",
    (Family.VSPHERE, Section.BRIDGES): _NO_BRIDGES,
    (Family.HYPERV, Section.BRIDGES): _NO_BRIDGES,
    (Family.XCPNG, Section.BRIDGES): _NO_BRIDGES,
}
"""Sections that a product has no call for, and where what it has is written."""

UNTOLD: Mapping[tuple[Family, Section], str] = {
    (Family.HYPERV, Section.FLAGS): "Hyper-V names no processor flags",
}
"""Sections that a product does not tell, and why."""

MACHINES: Mapping[Family, tuple[str, ...]] = {
    Family.LIBVIRT: (
        *(f"pc-q35-{version}" for version in ("7.2", "7.1", "7.0", "6.2", "6.1", "6.0", "5.2")),
        *(f"pc-i440fx-{version}" for version in ("7.2", "7.1", "7.0", "6.2", "6.1", "6.0", "5.2")),
    ),
    Family.VSPHERE: tuple(f"vmx-{version}" for version in (21, 20, 19, 18, 17, 15, 14, 13)),
    Family.HYPERV: ("12.0", "11.0", "10.0", "9.0", "8.0"),
    Family.XCPNG: ("hvm", "pv"),
    Family.PROXMOX: tuple(
        f"pc-{board}-{version}" for board in ("q35", "i440fx") for version in ("10.1", "10.0", "9.2")
    ),
}

FIRMWARES: Mapping[Family, tuple[str, ...]] = dict.fromkeys(Family, ("bios", "uefi", "secure boot"))

VERSIONS: Mapping[Family, tuple[tuple[str, str], ...]] = {
    Family.LIBVIRT: (("libvirt", "9.0.0"), ("QEMU", "7.2.22")),
    Family.VSPHERE: (("ESXi", "8.0.3 build 24022510"),),
    Family.HYPERV: (("Windows Server", "10.0.26100"),),
    Family.XCPNG: (("XCP-ng", "8.3.0"), ("Xen", "4.17.5"), ("XAPI", "25.6.0")),
    Family.PROXMOX: (("Proxmox VE", "9.1.2"), ("QEMU", "10.1.2"), ("kernel", "6.17.2-1-pve")),
}
"""Names and versions of what runs on a host, as in the dialects of the demo."""

MOVES_BY: Mapping[Family, str] = {
    Family.LIBVIRT: "rdma, tcp",
    Family.VSPHERE: "vMotion",
    Family.HYPERV: "TCP/IP, SMB",
    Family.XCPNG: "XenMotion",
    Family.PROXMOX: "secure",
}

BASELINE: Mapping[Family, str] = {
    Family.LIBVIRT: "virConnectBaselineHypervisorCPU",
    Family.VSPHERE: "HostSystem.summary.maxEVCModeKey",
    Family.XCPNG: "pool.get_cpu_info",
    Family.PROXMOX: "GET /nodes/{node}/capabilities/qemu/cpu",
}
"""What each product is asked for a common processor; Hyper-V has no such question."""

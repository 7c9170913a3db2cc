"""ESXi hosts: what one is made of, and how its summary follows from its state."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from tests.conformance.world import Host
from tests.lab.vsphere.soap import pci
from tests.lab.vsphere.soap.files import browser
from tests.lab.vsphere.soap.places import entity, listed
from tests.lab.vsphere.soap.state import Thing

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

PRODUCT = {
    "name": "VMware ESXi",
    "fullName": "VMware ESXi 8.0.3 build-24022510",
    "vendor": "Simulated for tests",
    "version": "8.0.3",
    "build": "24022510",
    "osType": "vmnix-x86",
    "productLineId": "embeddedEsx",
    "apiType": "HostAgent",
    "apiVersion": "8.0.3.0",
}


def host(vc: Vcenter, described: Host, above: Thing, *, evc: str = "") -> Thing:
    """A host in a cluster, connected, without datastores and networks."""
    made = entity(vc, vim.HostSystem, described.name, above, vm=[], datastore=[], network=[])
    boot = vc.site.now() - timedelta(days=40)
    made.facts["runtime"] = vim.host.RuntimeInfo(
        connectionState="connected",
        powerState="poweredOn",
        standbyMode="none",
        inMaintenanceMode=False,
        inQuarantineMode=False,
        bootTime=boot,
        cryptoState="incapable",
    )
    made.facts["hardware"] = _hardware(described)
    product = vim.AboutInfo(**PRODUCT)
    made.facts["config"] = vim.host.ConfigInfo(
        host=made.ref,
        product=product,
        pciPassthruInfo=[pci.passthrough(one) for one in described.device],
        network=vim.host.NetworkInfo(),
        autoStart=vim.host.AutoStartManager.Config(),
        lockdownMode="lockdownDisabled",
        hyperThread=vim.host.CpuSchedulerSystem.HyperThreadScheduleInfo(
            available=described.threads > 1, active=described.threads > 1, config=described.threads > 1
        ),
        **pci.graphics(described),
    )
    made.facts["capability"] = vim.host.Capability(
        recursiveResourcePoolsSupported=True,
        cpuMemoryResourceConfigurationSupported=True,
        rebootSupported=True,
        shutdownSupported=True,
        vmotionSupported=True,
        maintenanceModeSupported=True,
        storageVMotionSupported=True,
        vmotionWithStorageVMotionSupported=True,
        vmotionAcrossNetworkSupported=True,
        suspendedRelocateSupported=True,
        screenshotSupported=True,
        nestedHVSupported=True,
        vPMCSupported=True,
        featureCapabilitiesSupported=True,
        latencySensitivitySupported=True,
        maxSupportedVMs=1024,
        maxSupportedVcpus=768,
        maxHostRunningVms=1024,
        tpmSupported=False,
        vmDirectPathGen2Supported=False,
        backgroundSnapshotsSupported=True,
        vlanTaggingSupported=True,
    )
    made.facts["datastoreBrowser"] = browser(vc, made)
    made.facts["configManager"] = vim.host.ConfigManager()
    made.facts["summary"] = vim.host.Summary(
        host=made.ref,
        runtime=made.facts["runtime"],
        overallStatus="green",
        rebootRequired=False,
        hardware=vim.host.Summary.HardwareSummary(
            vendor=described.vendor,
            model=described.model,
            uuid=described.uuid,
            memorySize=described.memory_mib << 20,
            cpuModel=described.cpu_model,
            cpuMhz=described.cpu_mhz,
            numCpuPkgs=described.sockets,
            numCpuCores=described.sockets * described.cores,
            numCpuThreads=described.cpus,
            numNics=sum(bool(one.interface) for one in described.device),
            numHBAs=1,
        ),
        config=vim.host.Summary.ConfigSummary(
            name=described.name, port=443, product=product, vmotionEnabled=True, faultToleranceEnabled=False
        ),
        quickStats=vim.host.Summary.QuickStats(overallCpuUsage=0, overallMemoryUsage=0, uptime=0),
        managementServerIp="127.0.0.1",
        maxEVCModeKey="amd-zen3" if "Milan" in described.cpu_model else "amd-zen2",
        currentEVCModeKey=evc or None,
    )
    made.private["described"] = described
    made.private["booted"] = boot
    made.derive = _derive
    listed(vc, made, above, "host")
    return made


def _hardware(described: Host) -> Any:
    hz = described.cpu_mhz * 1_000_000
    per_package = described.cores * described.threads
    return vim.host.HardwareInfo(
        systemInfo=vim.host.SystemInfo(
            vendor=described.vendor, model=described.model, uuid=described.uuid, serialNumber=f"SIM-{described.name}"
        ),
        cpuInfo=vim.host.CpuInfo(
            numCpuPackages=described.sockets,
            numCpuCores=described.sockets * described.cores,
            numCpuThreads=described.cpus,
            hz=hz,
        ),
        cpuPkg=[
            vim.host.CpuPackage(
                index=at,
                vendor="amd",
                hz=hz,
                busHz=100_000_000,
                description=described.cpu_model,
                threadId=list(range(at * per_package, (at + 1) * per_package)),
            )
            for at in range(described.sockets)
        ],
        memorySize=described.memory_mib << 20,
        smcPresent=False,
        pciDevice=[pci.device(one) for one in described.device],
        numaInfo=vim.host.NumaInfo(type="NUMA", numNodes=len(described.cell), numaNode=pci.rooms(described)),
        biosInfo=vim.host.BIOSInfo(biosVersion="1.0", vendor=described.vendor, firmwareType="UEFI"),
        sevInfo=vim.host.SevInfo(sevState="uninitialized", maxSevEsGuests=0),
    )


def standard_port_group(made: Thing, name: str, vlan: int | None, bridge: str) -> None:
    """A port group of a standard switch of the host; *API*: VLAN 0 is none, 4095 all."""
    network = made.facts["config"].network
    policy = vim.host.NetworkPolicy()
    spec = vim.host.PortGroup.Specification(name=name, vlanId=vlan or 0, vswitchName=bridge, policy=policy)
    group = vim.host.PortGroup(key=f"key-vim.host.PortGroup-{name}", computedPolicy=policy, spec=spec)
    group.vswitch = f"key-vim.host.VirtualSwitch-{bridge}"
    network.portgroup = [*network.portgroup, group]
    if all(one.name != bridge for one in network.vswitch):
        made_switch = vim.host.VirtualSwitch(
            name=bridge,
            key=f"key-vim.host.VirtualSwitch-{bridge}",
            numPorts=128,
            numPortsAvailable=120,
            mtu=1500,
            spec=vim.host.VirtualSwitch.Specification(numPorts=128),
        )
        network.vswitch = [*network.vswitch, made_switch]


def _derive(thing: Thing) -> None:
    summary, runtime = thing.facts["summary"], thing.facts["runtime"]
    summary.overallStatus = thing.facts["overallStatus"]
    summary.config.name = thing.name
    thing.facts["disabledMethod"] = [
        "ExitMaintenanceMode_Task" if not runtime.inMaintenanceMode else "EnterMaintenanceMode_Task",
        "PowerUpHostFromStandBy_Task",
    ]

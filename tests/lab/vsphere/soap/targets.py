"""What can be given to a machine here: EnvironmentBrowser, and what a host says before it is added."""

from __future__ import annotations

from typing import Any

from pyVmomi import vim

from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.machines import GUESTS
from tests.lab.vsphere.soap.state import Thing


def hosts_of(call: Call) -> list[Thing]:
    """The host that is asked for; else those of the cluster (or of the machine) that the browser belongs to."""
    if getattr(call.given, "host", None):
        return [call.thing(call.given.host)]
    of: Thing = call.this.facts["of"]
    if of.is_a(vim.VirtualMachine):
        return [call.thing(of.facts["runtime"].host)]
    return [call.thing(ref) for ref in of.facts["host"]]


@serves("QueryConfigTarget")
def _target(call: Call) -> Any:
    """*API, ConfigTarget*: without a host of a cluster "the union" of what its hosts have (ASSUMED per list)."""
    hosts = hosts_of(call)
    stores = dict.fromkeys(ref for host in hosts for ref in host.facts["datastore"])
    nets = dict.fromkeys(ref for host in hosts for ref in host.facts["network"])
    hardware = [host.facts["summary"].hardware for host in hosts]
    return vim.vm.ConfigTarget(
        numCpus=sum(one.numCpuThreads for one in hardware),
        numCpuCores=sum(one.numCpuCores for one in hardware),
        numNumaNodes=sum(len(host.facts["hardware"].numaInfo.numaNode) for host in hosts),
        smcPresent=False,
        maxCpusPerHost=max(one.numCpuThreads for one in hardware),
        maxMemMBOptimalPerf=max(one.memorySize >> 20 for one in hardware),
        datastore=[_store(call.thing(ref)) for ref in stores],
        network=[_network(call.thing(ref)) for ref in nets],
        pciPassthrough=[one for host in hosts for one in _passthrough(host, sriov=False)],
        sriov=[one for host in hosts for one in _passthrough(host, sriov=True)],
        sharedGpuPassthroughTypes=[
            vim.vm.PciSharedGpuPassthroughInfo(name=name, vgpu=name)
            for name in dict.fromkeys(name for host in hosts for name in host.facts["config"].sharedPassthruGpuTypes)
        ],
        dynamicPassthrough=list({one.name: one for host in hosts for one in _dynamic(host)}.values()),
        vgpuProfileInfo=[
            vim.vm.VgpuProfileInfo(
                name=name,
                profileName=name,
                deviceVendorId=0x10DE,
                fbSizeInGib=int("".join(c for c in name.rpartition("-")[2] if c.isdigit()) or 1),
                profileSharing="timeSliced",
                profileClass="quadro",
            )
            for name in dict.fromkeys(name for host in hosts for name in host.facts["config"].sharedPassthruGpuTypes)
        ],
        vgpuDeviceInfo=[
            vim.vm.VgpuDeviceInfo(
                name=one.pciId,
                deviceName=one.deviceName,
                deviceVendorId=0x10DE,
                maxFbSizeInGib=one.memorySizeInKB >> 20,
                timeSlicedCapable=True,
                migCapable=False,
                computeProfileCapable=False,
                quadroProfileCapable=True,
            )
            for host in hosts
            for one in host.facts["config"].graphicsInfo
        ],
        autoVmotion=False,
        sevSupported=False,
        maxSimultaneousThreads=2,
    )


def _store(store: Thing) -> Any:
    return vim.vm.DatastoreInfo(
        name=store.name,
        datastore=store.facts["summary"],
        capability=store.facts["capability"],
        maxFileSize=64 << 40,
        mode="readWrite",
    )


def _network(net: Thing) -> Any:
    return vim.vm.NetworkInfo(name=net.name, network=net.facts["summary"])


def _passthrough(host: Thing, *, sriov: bool) -> list[Any]:
    """Devices that are ready: virtual functions of an SR-IOV card are offered as such."""
    devices = {one.id: one for one in host.facts["hardware"].pciDevice}
    system = host.facts["hardware"].systemInfo.uuid
    parents = [one for one in host.facts["config"].pciPassthruInfo if isinstance(one, vim.host.SriovInfo)]
    if not sriov:
        active = [one for one in host.facts["config"].pciPassthruInfo if one.passthruActive]
        return [
            vim.vm.PciPassthroughInfo(name=devices[one.id].deviceName, pciDevice=devices[one.id], systemId=system)
            for one in active
        ]
    return [
        vim.vm.SriovInfo(
            name=devices[one.id].deviceName,
            pciDevice=devices[one.id],
            systemId=system,
            virtualFunction=False,
            pnic="vmnic0",
        )
        for one in parents
        if one.sriovActive
    ]


def _dynamic(host: Thing) -> list[Any]:
    """*vSphere administration, Dynamic DirectPath I/O*: devices by vendor, model and the label that an administrator
    gave."""
    devices = {one.id: one for one in host.facts["hardware"].pciDevice}
    return [
        vim.vm.DynamicPassthroughInfo(
            name=devices[one.id].deviceName,
            vendorName=devices[one.id].vendorName,
            deviceName=devices[one.id].deviceName,
            customLabel=one.hardwareLabel or "",
            vendorId=devices[one.id].vendorId & 0xFFFF,
            deviceId=devices[one.id].deviceId & 0xFFFF,
        )
        for one in host.facts["config"].pciPassthruInfo
        if one.passthruActive
    ]


@serves("QueryConfigOption", "QueryConfigOptionEx")
def _option(call: Call) -> Any:
    """What a virtual hardware version can have: guests that this world knows, and limits."""
    spec = getattr(call.given, "spec", None)
    wanted = set(spec.guestId) if spec else set()
    device = vim.vm.device
    descriptors = [
        vim.vm.GuestOsDescriptor(
            id=id,
            family="windowsGuest" if "windows" in id else "linuxGuest",
            fullName=name,
            supportedMaxCPUs=768,
            numSupportedPhysicalSockets=128,
            numSupportedCoresPerSocket=256,
            supportedMinMemMB=32,
            supportedMaxMemMB=25165824,
            recommendedMemMB=2048,
            supportedNumDisks=256,
            recommendedDiskSizeMB=16384,
            supportsMemoryHotAdd=True,
            recommendedSCSIController=device.ParaVirtualSCSIController,
            recommendedDiskController=device.ParaVirtualSCSIController,
            supportedDiskControllerList=[
                device.ParaVirtualSCSIController,
                device.VirtualLsiLogicSASController,
                device.VirtualAHCIController,
            ],
            recommendedCdromController=device.VirtualAHCIController,
            supportedEthernetCard=[device.VirtualVmxnet3, device.VirtualE1000e],
            recommendedEthernetCard=device.VirtualVmxnet3,
            supportsCpuHotAdd=True,
            supportsCpuHotRemove=False,
            supportedFirmware=["bios", "efi"],
            recommendedFirmware="efi",
            supportLevel="supported",
            supportedForCreate=True,
            supportsSecureBoot=True,
            supportsHotPlugPCI=True,
        )
        for id, name in GUESTS.values()
        if not wanted or id in wanted
    ]
    hardware = vim.vm.VirtualHardwareOption(
        hwVersion=21,
        memoryMB=vim.option.LongOption(min=4, max=25165824, defaultValue=1024),
        numCPU=list(range(1, 129)),
        numCpuReadonly=False,
        deviceListReadonly=False,
    )
    return vim.vm.ConfigOption(
        version=getattr(call.given, "key", None) or (spec.key if spec else None) or "vmx-21",
        description="ESXi 8.0 U2 and later",
        guestOSDescriptor=descriptors,
        guestOSDefaultIndex=0,
        hardwareOptions=hardware,
        supportedMonitorType=["release"],
    )


@serves("QueryConfigOptionDescriptor")
def _versions(call: Call) -> Any:
    return [
        vim.vm.ConfigOptionDescriptor(
            key=key, description=words, createSupported=True, defaultConfigOption=key == "vmx-21", runSupported=True
        )
        for key, words in (
            ("vmx-19", "ESXi 7.0 U2 and later"),
            ("vmx-20", "ESXi 8.0"),
            ("vmx-21", "ESXi 8.0 U2 and later"),
        )
    ]


@serves("QueryHostConnectionInfo")
def _connection(call: Call) -> Any:
    host = call.this
    return vim.host.ConnectInfo(
        serverIp="127.0.0.1",
        inDasCluster=bool(host.facts["runtime"].dasHostState),
        host=host.facts["summary"],
        vm=[call.thing(ref).facts["summary"] for ref in host.facts["vm"]],
        clusterSupported=True,
        capability=host.facts["capability"],
    )

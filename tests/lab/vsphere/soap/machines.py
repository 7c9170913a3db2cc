"""Machines: what one is made of, and what follows from its state: summary, guest, methods that are refused now."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from tests.lab.vsphere.soap import devices
from tests.lab.vsphere.soap.places import allocation, entity, listed, unlisted
from tests.lab.vsphere.soap.state import Thing

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

ON, OFF, SUSPENDED = "poweredOn", "poweredOff", "suspended"
GUESTS = {
    "debian12": ("debian12_64Guest", "Debian GNU/Linux 12 (64-bit)"),
    "windows11": ("windows11_64Guest", "Microsoft Windows 11 (64-bit)"),
    "ubuntu24.04": ("ubuntu64Guest", "Ubuntu Linux (64-bit)"),
    "": ("otherGuest64", "Other (64-bit)"),
}
ALWAYS_DISABLED = ("MarkAsVirtualMachine", "AnswerVM", "StopRecording_Task", "StopReplaying_Task")
DISABLED = {
    ON: ("PowerOnVM_Task", "MarkAsTemplate", "Destroy_Task", "UnregisterVM", "UpgradeVM_Task", "CustomizeVM_Task"),
    OFF: (
        "PowerOffVM_Task",
        "ResetVM_Task",
        "SuspendVM_Task",
        "ShutdownGuest",
        "RebootGuest",
        "StandbyGuest",
        "MountToolsInstaller",
        "CreateScreenshot_Task",
        "AcquireMksTicket",
        "AcquireTicket",
    ),
    SUSPENDED: (
        "ResetVM_Task",
        "SuspendVM_Task",
        "ShutdownGuest",
        "RebootGuest",
        "StandbyGuest",
        "MarkAsTemplate",
        "UpgradeVM_Task",
        "CreateScreenshot_Task",
        "AcquireMksTicket",
        "AcquireTicket",
        "CustomizeVM_Task",
    ),
}
"""ASSUMED in detail: *API, ManagedEntity.disabledMethod* says "list of operations that are disabled, given the current
runtime state of the entity. For example, a power-on operation always fails if a virtual machine is already powered
on"."""

TEMPLATE_DISABLED = (
    "PowerOnVM_Task",
    "CreateSnapshot_Task",
    "CreateSnapshotEx_Task",
    "ReconfigVM_Task",
    "MigrateVM_Task",
)


@dataclass
class Recipe:
    """What a new machine is to be."""

    name: str
    uuid: str
    state: str = OFF
    guest_os: str = ""
    tools: bool = False
    vcpus: int = 1
    cores: int = 1
    memory_mib: int = 256
    annotation: str = ""
    title: str = ""
    cpu_hot_add: bool = False
    memory_hot_add: bool = False
    memory_limit_mib: int = 0
    firmware: str = "bios"
    secure_boot: bool = False
    affinity: tuple[int, ...] = ()
    template: bool = False
    devices: list[Any] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)


def directory(name: str) -> str:
    """The folder that a machine's files get: without what a datastore path cannot have."""
    return re.sub(r"[\[\]/\\%\u0000-\u001f]", "_", name)[:80]


def machine(vc: Vcenter, recipe: Recipe, folder: Thing, pool: Thing, host: Thing, store: Thing) -> Thing:
    """A machine in a folder (of a vApp: none), in a pool, on a host, with its home on a datastore."""
    made = entity(vc, vim.VirtualMachine, recipe.name, folder, rootSnapshot=[], datastore=[], network=[])
    own = directory(recipe.name)
    guest_id, guest_name = GUESTS.get(recipe.guest_os, GUESTS[""])
    made.facts["config"] = vim.vm.ConfigInfo(
        changeVersion=vc.site.now().isoformat(),
        modified=vc.site.now(),
        name=recipe.name,
        guestFullName=guest_name,
        version="vmx-21",
        uuid=recipe.uuid,
        instanceUuid=f"50{recipe.uuid[2:]}",
        template=recipe.template,
        guestId=guest_id,
        alternateGuestName="",
        annotation=recipe.annotation,
        createDate=vc.site.now() - timedelta(days=90),
        files=vim.vm.FileInfo(
            vmPathName=devices.file_of(store.name, own, f"{own}.vmx"),
            snapshotDirectory=f"[{store.name}] {own}/",
            suspendDirectory=f"[{store.name}] {own}/",
            logDirectory=f"[{store.name}] {own}/",
        ),
        tools=vim.vm.ToolsConfigInfo(toolsVersion=12421 if recipe.tools else 0, syncTimeWithHost=False),
        flags=vim.vm.FlagInfo(enableLogging=True, snapshotDisabled=False, snapshotLocked=False),
        defaultPowerOps=vim.vm.DefaultPowerOpInfo(
            powerOffType="soft", suspendType="hard", resetType="soft", standbyAction="checkpoint"
        ),
        hardware=vim.vm.VirtualHardware(
            numCPU=recipe.vcpus,
            numCoresPerSocket=recipe.cores,
            autoCoresPerSocket=False,
            memoryMB=recipe.memory_mib,
            device=devices.linked(recipe.devices or devices.basis()),
        ),
        cpuAllocation=allocation(),
        memoryAllocation=allocation(),
        memoryHotAddEnabled=recipe.memory_hot_add,
        cpuHotAddEnabled=recipe.cpu_hot_add,
        cpuHotRemoveEnabled=False,
        hotPlugMemoryIncrementSize=128 if recipe.memory_hot_add else None,
        hotPlugMemoryLimit=recipe.memory_limit_mib or None,
        latencySensitivity=vim.LatencySensitivity(level="normal"),
        cpuAffinity=vim.vm.AffinityInfo(affinitySet=list(recipe.affinity)) if recipe.affinity else None,
        extraConfig=[vim.option.OptionValue(key=key, value=value) for key, value in recipe.options.items()],
        bootOptions=vim.vm.BootOptions(efiSecureBootEnabled=recipe.secure_boot, bootDelay=0, enterBIOSSetup=False),
        firmware="efi" if recipe.firmware == "uefi" else "bios",
        changeTrackingEnabled=False,
        memoryReservationLockedToMax=False,
        nestedHVEnabled=False,
        vPMCEnabled=False,
        maxMksConnections=40,
        migrateEncryption="opportunistic",
        swapPlacement="inherit",
    )
    made.facts["capability"] = _capability()
    made.facts["runtime"] = vim.vm.RuntimeInfo(
        host=host.ref,
        connectionState="connected",
        powerState=recipe.state,
        faultToleranceState="notConfigured",
        toolsInstallerMounted=False,
        numMksConnections=0,
        recordReplayState="inactive",
        onlineStandby=False,
        consolidationNeeded=False,
        bootTime=vc.site.now() - timedelta(days=3) if recipe.state == ON else None,
        paused=False,
        snapshotInBackground=False,
        suspendTime=vc.site.now() - timedelta(days=1) if recipe.state == SUSPENDED else None,
        cryptoState=None,
        cleanPowerOff=True,
    )
    quick = vim.vm.Summary.QuickStats(guestHeartbeatStatus="gray")
    made.facts["summary"] = vim.vm.Summary(
        vm=made.ref,
        runtime=made.facts["runtime"],
        quickStats=quick,
        overallStatus="green",
        config=vim.vm.Summary.ConfigSummary(
            name=recipe.name, template=recipe.template, vmPathName=made.facts["config"].files.vmPathName
        ),
        storage=vim.vm.Summary.StorageSummary(committed=0, uncommitted=0, unshared=0, timestamp=vc.site.now()),
    )
    made.facts["guest"] = vim.vm.GuestInfo(guestState="notRunning")
    made.facts["resourceConfig"] = vim.ResourceConfigSpec(
        entity=made.ref,
        changeVersion="1",
        cpuAllocation=made.facts["config"].cpuAllocation,
        memoryAllocation=made.facts["config"].memoryAllocation,
    )
    made.facts["environmentBrowser"] = vc.site.add(vim.EnvironmentBrowser, of=made).ref
    if not recipe.template:
        made.facts["resourcePool"] = pool.ref
        listed(vc, made, pool, "vm")
    if recipe.title:
        made.facts["customValue"] = [vim.CustomFieldsManager.StringValue(key=101, value=recipe.title)]
    made.private |= {"tools": recipe.tools, "home": store}
    listed(vc, made, host, "vm")
    if folder.is_a(vim.Folder):
        listed(vc, made, folder, "childEntity")
    else:
        made.facts["parentVApp"], made.facts["parent"] = folder.ref, None
    made.derive = lambda thing: derive(vc, thing)
    vc.site.reshaped(made)
    return made


def _capability() -> Any:
    names = [info.name for info in vim.vm.Capability._GetPropertyList() if info.type is bool]
    off = {
        "recordReplaySupported",
        "vmNpivWwnSupported",
        "npivWwnOnNonRdmVmSupported",
        "sevSupported",
        "sevSnpSupported",
        "tdxSupported",
    }
    return vim.vm.Capability(**{name: name not in off for name in names})


def derive(vc: Vcenter, thing: Thing) -> None:
    """Bring up to date what follows from configuration and state."""
    config, runtime, summary = thing.facts["config"], thing.facts["runtime"], thing.facts["summary"]
    config.name = thing.name
    told, hardware = summary.config, config.hardware
    told.name, told.template, told.memorySizeMB, told.numCpu = (
        thing.name,
        config.template,
        hardware.memoryMB,
        hardware.numCPU,
    )
    told.uuid, told.instanceUuid, told.guestId, told.guestFullName = (
        config.uuid,
        config.instanceUuid,
        config.guestId,
        config.guestFullName,
    )
    told.annotation, told.vmPathName, told.hwVersion = config.annotation, config.files.vmPathName, config.version
    disks = devices.of_kind(hardware.device, vim.vm.device.VirtualDisk)
    cards = devices.of_kind(hardware.device, vim.vm.device.VirtualEthernetCard)
    told.numVirtualDisks, told.numEthernetCards = len(disks), len(cards)
    told.tpmPresent = bool(devices.of_kind(hardware.device, vim.vm.device.VirtualTPM))
    told.numVmiopBackings = sum(
        isinstance(one.backing, vim.vm.device.VirtualPCIPassthrough.VmiopBackingInfo) for one in hardware.device
    )
    told.cpuReservation, told.memoryReservation = config.cpuAllocation.reservation, config.memoryAllocation.reservation
    summary.overallStatus = thing.facts["overallStatus"]
    summary.customValue = thing.facts["customValue"]
    running = runtime.powerState == ON
    host = vc.site.things.get(runtime.host._moId) if runtime.host else None
    runtime.maxCpuUsage = hardware.numCPU * host.facts["summary"].hardware.cpuMhz if host and running else None
    runtime.maxMemoryUsage = hardware.memoryMB if running else None
    backings = [
        one.backing for one in (*disks, *devices.of_kind(hardware.device, vim.vm.device.VirtualCdrom)) if one.backing
    ]
    stores = [thing.private["home"].ref, *(getattr(one, "datastore", None) for one in backings)]
    _use(vc, thing, "datastore", [ref for ref in dict.fromkeys(stores) if ref])
    _use(vc, thing, "network", list(dict.fromkeys(network_of(vc, one) for one in cards if network_of(vc, one))))
    summary.storage.committed = sum(one.capacityInKB << 9 for one in disks) + (
        hardware.memoryMB << 20 if running else 0
    )
    summary.storage.uncommitted = sum(one.capacityInKB << 9 for one in disks)
    summary.storage.unshared = summary.storage.committed
    _guest(thing, running)
    disabled = TEMPLATE_DISABLED if config.template else DISABLED[runtime.powerState]
    no_tools = (
        ()
        if thing.facts["guest"].toolsRunningStatus == "guestToolsRunning"
        else ("ShutdownGuest", "RebootGuest", "StandbyGuest")
    )
    kept = [
        *ALWAYS_DISABLED,
        *disabled,
        *(one for one in no_tools if one not in disabled),
        *thing.private.get("disabled", ()),
    ]
    thing.facts["disabledMethod"] = kept


def network_of(vc: Vcenter, card: Any) -> Any:
    """The network of a card; None when it has none."""
    backing = card.backing
    if isinstance(backing, vim.vm.device.VirtualEthernetCard.DistributedVirtualPortBackingInfo):
        found = vc.site.things.get(backing.port.portgroupKey or "")
        return found.ref if found else None
    return getattr(backing, "network", None)


def _use(vc: Vcenter, thing: Thing, name: str, refs: list[Any]) -> None:
    """Keep both ends of what a machine uses: its list, and the machines that the other lists."""
    before = thing.facts[name]
    if before == refs:
        return
    thing.facts[name] = refs
    for ref in before:
        if ref not in refs and ref._moId in vc.site.things:
            unlisted(vc, thing, vc.site.find(ref), "vm")
    for ref in refs:
        if ref not in before:
            listed(vc, thing, vc.site.find(ref), "vm")


def _guest(thing: Thing, running: bool) -> None:
    """*API, GuestInfo*: tools that do not run tell nothing; `toolsNotInstalled` where there are none."""
    guest, config = thing.facts["guest"], thing.facts["config"]
    tools = thing.private["tools"]
    talks = running and tools
    guest.toolsStatus = "toolsOk" if talks else "toolsNotRunning" if tools else "toolsNotInstalled"
    guest.toolsRunningStatus = "guestToolsRunning" if talks else "guestToolsNotRunning"
    guest.toolsVersionStatus2 = guest.toolsVersionStatus = "guestToolsCurrent" if tools else "guestToolsNotInstalled"
    guest.toolsVersion = "12421" if tools else "0"
    guest.guestState = "running" if running and tools else "notRunning" if not running else "unknown"
    guest.guestFamily = ("windowsGuest" if "windows" in config.guestId else "linuxGuest") if talks else None
    guest.guestId, guest.guestFullName = (config.guestId, config.guestFullName) if talks else (None, None)
    guest.hostName = directory(thing.name) if talks else None
    guest.guestStateChangeSupported = guest.guestOperationsReady = guest.interactiveGuestOperationsReady = talks
    nics = [
        vim.vm.GuestInfo.NicInfo(
            network=card.deviceInfo.summary,
            ipAddress=[address(card.macAddress)],
            macAddress=card.macAddress,
            connected=card.connectable.connected,
            deviceConfigId=card.key,
        )
        for card in devices.of_kind(config.hardware.device, vim.vm.device.VirtualEthernetCard)
        if card.connectable and card.connectable.connected and talks
    ]
    guest.net = nics
    guest.ipAddress = nics[0].ipAddress[0] if nics else None
    thing.facts["guestHeartbeatStatus"] = "green" if talks else "gray"
    thing.facts["summary"].quickStats.guestHeartbeatStatus = thing.facts["guestHeartbeatStatus"]
    thing.facts["summary"].guest = vim.vm.Summary.GuestSummary(
        guestId=guest.guestId,
        guestFullName=guest.guestFullName,
        toolsStatus=guest.toolsStatus,
        hostName=guest.hostName,
        toolsVersionStatus=guest.toolsVersionStatus,
        toolsVersionStatus2=guest.toolsVersionStatus2,
        toolsRunningStatus=guest.toolsRunningStatus,
        ipAddress=guest.ipAddress,
    )


def address(mac: str) -> str:
    """The address that a guest has, from its card's."""
    number = zlib.crc32(mac.encode())
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number % 250 + 2}"


def changed(vc: Vcenter, thing: Thing) -> None:
    """Its configuration changed: a new changeVersion, which tells who planned on the old one."""
    config = thing.facts["config"]
    config.changeVersion = f"{vc.site.now().isoformat()}#{vc.site.number('change')}"
    config.modified = vc.site.now()
    vc.site.touch(thing)


def removed(vc: Vcenter, thing: Thing) -> None:
    """Take a machine out of everything that lists it, with its snapshots."""
    for name in ("datastore", "network"):
        _use(vc, thing, name, [])
    for ref, listing in (
        (thing.facts.get("resourcePool"), "vm"),
        (thing.facts["runtime"].host, "vm"),
        (thing.facts["parent"], "childEntity"),
    ):
        if ref is not None and ref._moId in vc.site.things:
            unlisted(vc, thing, vc.site.find(ref), listing)
    for snapshot in list(vc.site.of(vim.vm.Snapshot)):
        if snapshot.facts["vm"] == thing.ref:
            vc.site.remove(snapshot)
    thing.derive = None
    vc.site.remove(thing)

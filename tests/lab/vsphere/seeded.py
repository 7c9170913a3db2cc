"""The seeded world built into a vCenter simulator by another client, over the API that every client has.

Each host of the world stands in a datacenter and a cluster of its own: within a datacenter the product keeps names of
stores and networks apart, and both hosts have an `images` and a `default`. `fitted` is the world as the product can
have it; what the simulator makes of it besides is in the tests that look at it.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyVmomi import vim

from tests.conformance.world import Disk, Host, Nic, PassedThrough, Pool, Topology, Vm, World
from tests.lab.vsphere.change import found
from tests.lab.vsphere.client import finish

BUSES = {"virtio": "scsi", "scsi": "scsi", "sata": "sata", "ide": "ide", "nvme": "nvme"}
"""The product has no virtio: its paravirtual disks are SCSI disks."""

MODELS = {"virtio": "vmxnet3", "e1000": "e1000", "e1000e": "e1000e", "rtl8139": "pcnet32"}

CARDS: dict[str, type] = {
    "vmxnet3": vim.vm.device.VirtualVmxnet3,
    "e1000": vim.vm.device.VirtualE1000,
    "e1000e": vim.vm.device.VirtualE1000e,
    "pcnet32": vim.vm.device.VirtualPCNet32,
}

CONTROLLERS: dict[str, tuple[int, type]] = {
    "scsi": (1000, vim.vm.device.ParaVirtualSCSIController),
    "sata": (15000, vim.vm.device.VirtualAHCIController),
}
"""Controllers that are given to a machine. The one of IDE, 200, is there already."""

IDE = 200

MEDIA = "media"
"""Folder of a store with what is in drives."""

STATES = {"running": "poweredOn", "paused": "poweredOn", "saved": "suspended", "off": "poweredOff"}
"""States of the world in the product's words. It has no pause: what is paused there runs."""


# --- the world as the product can have it -----------------------------------------------------------------------------


def fitted(world: World) -> World:
    """The same machines without what this product has no word for, and in its words where it has others."""
    folders = {(vm.host, disk.pool, disk.volume): vm.uuid for vm in world.vm for disk in vm.disk if disk.kind == "disk"}
    hosts = tuple(_host(host, folders) for host in world.host)
    return replace(world, host=hosts, vm=tuple(map(_machine, world.vm)))


def _host(host: Host, folders: Mapping[tuple[str, str, str], str]) -> Host:
    networks = tuple(replace(network, kind="network", bridge="", active=True) for network in host.network)
    return replace(host, network=networks, pool=tuple(_store(host, pool, folders) for pool in host.pool))


def _store(host: Host, pool: Pool, folders: Mapping[tuple[str, str, str], str]) -> Pool:
    """A file is called by its place in the store: the folder of its machine, or that of the media."""
    volumes = [
        replace(
            volume,
            name=f"{folders.get((host.name, pool.name, volume.name), MEDIA)}/{_file(volume.name)}",
            format=_format(volume.name),
        )
        for volume in pool.volume
    ]
    return replace(pool, volume=tuple(volumes))


def _machine(vm: Vm) -> Vm:
    """A processor has no mode, a machine no title, and what it could grow to is the host's affair."""
    cores = vm.topology.cores if vm.topology else 1
    return replace(
        vm,
        title="",
        vcpus_max=0,
        memory_max_mib=0,
        hot_add=None,
        hugepages_kib=None,
        topology=Topology(sockets=vm.vcpus // cores, cores=cores, threads=1),
        cpu=None,
        cell=(),
        pin=(),
        disk=tuple(_disks(vm.disk)),
        nic=tuple(map(_nic, vm.nic)),
        device=tuple(map(_device, vm.device)),
        graphics=tuple(screen for screen in vm.graphics if screen.kind == "vnc"),
    )


def _disks(disks: tuple[Disk, ...]) -> Iterator[Disk]:
    places = {bus: itertools.count() for bus in BUSES.values()}
    for disk in disks:
        bus = BUSES[disk.bus]
        yield Disk(
            target=f"{bus}0:{next(places[bus])}",
            kind=disk.kind,
            bus=bus,
            pool=disk.pool,
            volume=_file(disk.volume),
            format=_format(disk.volume),
            size_mib=disk.size_mib,
            read_only=disk.read_only,
        )


def _file(volume: str) -> str:
    stem, _, kind = volume.rpartition(".")
    return volume if kind == "iso" else f"{stem}.vmdk"


def _format(volume: str) -> str:
    return "iso" if volume.endswith(".iso") else "vmdk"


def _nic(nic: Nic) -> Nic:
    return replace(nic, model=MODELS[nic.model], vlan=None, queues=None)


def _device(device: PassedThrough) -> PassedThrough:
    """A vGPU is given by its profile, and has no name of its own."""
    return replace(device, uuid="")


# --- into the server --------------------------------------------------------------------------------------------------


def build(service: vim.ServiceInstance, world: World, folder: Path) -> None:
    """A fitted world into an empty server, each machine in its state; what lies in `folder` is thrown away.

    The same world gives the same references, as long as nobody else is connected meanwhile.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for host in world.host:
        _build_host(service, host, folder)
    for vm in world.vm:
        create(service, world, vm)


def create(service: vim.ServiceInstance, world: World, vm: Vm) -> None:
    """One machine with its snapshots, in its state."""
    host = found(service, vim.HostSystem, vm.host)
    folder = found(service, vim.Datacenter, _site(vm.host)).vmFolder
    config = _config(world.find_host(vm.host), vm)
    made = finish(folder.CreateVM_Task(config=config, pool=host.parent.resourcePool, host=host))
    current = ""
    references: dict[str, vim.vm.Snapshot] = {}
    for one in vm.snapshot:
        if one.parent != current:
            finish(references[one.parent].RevertToSnapshot_Task())
        bring(made, one.state)
        finish(made.CreateSnapshot_Task(name=one.name, description=one.description, memory=False, quiesce=False))
        references[one.name], current = made.snapshot.currentSnapshot, one.name
    bring(made, vm.state)


def _site(host: str) -> str:
    return f"{host}-site"


def _build_host(service: vim.ServiceInstance, host: Host, folder: Path) -> None:
    datacenter = service.content.rootFolder.CreateDatacenter(name=_site(host.name))
    cluster = datacenter.hostFolder.CreateClusterEx(name=f"{host.name}-cluster", spec=vim.cluster.ConfigSpecEx())
    spec = vim.host.ConnectSpec(hostName=host.name, userName="root", password="", force=False)
    made = finish(cluster.AddHost_Task(spec=spec, asConnected=True))
    for pool in host.pool:
        files = folder / f"{host.name}-{pool.name}"
        for volume in pool.volume:
            if volume.format == "iso":
                _put(files / volume.name, volume.capacity_mib)
        files.mkdir(parents=True, exist_ok=True)
        made.configManager.datastoreSystem.CreateLocalDatastore(name=pool.name, path=str(files))
    system = made.configManager.networkSystem
    for network in host.network:
        port_group = vim.host.PortGroup.Specification(
            name=network.name, vlanId=network.vlan or 0, vswitchName="vSwitch0", policy=vim.host.NetworkPolicy()
        )
        system.AddPortGroup(port_group)
    system.RemovePortGroup(pgName="VM Network")


def _put(file: Path, mebibytes: int) -> None:
    """A file in a store, which takes no space."""
    file.parent.mkdir(parents=True)
    file.touch()
    os.truncate(file, mebibytes * 2**20)


def _config(host: Host, vm: Vm) -> vim.vm.ConfigSpec:
    stores = [disk.pool for disk in vm.disk if disk.kind == "disk"] or [host.pool[0].name]
    screens = [
        vim.option.OptionValue(key=key, value=value)
        for screen in vm.graphics
        for key, value in (("RemoteDisplay.vnc.enabled", "TRUE"), ("RemoteDisplay.vnc.ip", screen.listen))
    ]
    return vim.vm.ConfigSpec(
        name=vm.name,
        uuid=vm.uuid,
        annotation=vm.description,
        numCPUs=vm.vcpus,
        numCoresPerSocket=vm.topology.cores if vm.topology else 1,
        memoryMB=vm.memory_mib,
        cpuHotAddEnabled=False,
        firmware="efi" if vm.firmware == "uefi" else vm.firmware,
        bootOptions=vim.vm.BootOptions(efiSecureBootEnabled=vm.secure_boot),
        files=vim.vm.FileInfo(vmPathName=f"[{stores[0]}] {vm.uuid}/machine.vmx"),
        deviceChange=list(_devices(host, vm)),
        extraConfig=screens,
    )


def _devices(host: Host, vm: Vm) -> Iterator[vim.vm.device.VirtualDeviceSpec]:
    buses = {disk.bus for disk in vm.disk}
    for bus, (key, controller) in CONTROLLERS.items():
        if bus in buses:
            sharing = {"sharedBus": "noSharing"} if bus == "scsi" else {}
            yield _added(controller(key=key, busNumber=0, **sharing))
    for at, disk in enumerate(vm.disk):
        yield _drive(disk, -100 - at, vm.uuid)
    for at, nic in enumerate(vm.nic):
        yield _added(_card(nic, -200 - at))
    for at, device in enumerate(vm.device):
        yield _added(_given(host, device, -300 - at))
    if vm.tpm:
        yield _added(vim.vm.device.VirtualTPM(key=-400))


def _given(host: Host, given: PassedThrough, key: int) -> vim.vm.device.VirtualPCIPassthrough:
    backing: Any
    if given.kind == "mediated":
        backing = vim.vm.device.VirtualPCIPassthrough.VmiopBackingInfo(vgpu=host.mediated[0].profile)
    else:
        device = next(one for one in host.device if one.address == given.address)
        backing = vim.vm.device.VirtualPCIPassthrough.DeviceBackingInfo(
            id=device.address,
            deviceId=device.product_id.removeprefix("0x"),
            vendorId=int(device.vendor_id, 16),
            systemId="",
            deviceName=device.product,
        )
    return vim.vm.device.VirtualPCIPassthrough(key=key, backing=backing)


def bring(machine: vim.VirtualMachine, state: str) -> None:
    """Bring a machine into a state of the world."""
    wanted = STATES[state]
    now = machine.runtime.powerState
    if wanted == now:
        return
    if wanted == "suspended" and now == "poweredOff":
        finish(machine.PowerOnVM_Task())
    verbs = {"poweredOn": "PowerOnVM_Task", "poweredOff": "PowerOffVM_Task", "suspended": "SuspendVM_Task"}
    finish(getattr(machine, verbs[wanted])())


def _added(device: vim.vm.device.VirtualDevice) -> vim.vm.device.VirtualDeviceSpec:
    return vim.vm.device.VirtualDeviceSpec(operation="add", device=device)


def _drive(disk: Disk, key: int, folder: str) -> vim.vm.device.VirtualDeviceSpec:
    controller = CONTROLLERS[disk.bus][0] if disk.bus in CONTROLLERS else IDE
    place = {"key": key, "controllerKey": controller, "unitNumber": int(disk.target.rpartition(":")[2])}
    if disk.kind == "cdrom":
        backing = vim.vm.device.VirtualCdrom.IsoBackingInfo(fileName=f"[{disk.pool}] {MEDIA}/{disk.volume}")
        return _added(vim.vm.device.VirtualCdrom(backing=backing, **place))
    backing = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(
        fileName=f"[{disk.pool}] {folder}/{disk.volume}", diskMode="persistent", thinProvisioned=True
    )
    made = vim.vm.device.VirtualDisk(backing=backing, capacityInKB=disk.size_mib * 1024, **place)
    return vim.vm.device.VirtualDeviceSpec(operation="add", fileOperation="create", device=made)


def _card(nic: Nic, key: int) -> vim.vm.device.VirtualEthernetCard:
    return CARDS[nic.model](
        key=key,
        addressType="manual",
        macAddress=nic.mac,
        backing=vim.vm.device.VirtualEthernetCard.NetworkBackingInfo(deviceName=nic.network),
        connectable=vim.vm.device.VirtualDevice.ConnectInfo(
            connected=nic.connected, startConnected=nic.connected, allowGuestControl=True
        ),
    )

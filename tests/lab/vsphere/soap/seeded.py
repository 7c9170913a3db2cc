"""The seeded world (tests/conformance/world.toml) as a vCenter: each of its hosts in a datacenter and a cluster of
its own.

Two datacenters, as names of datastores and networks are unique in one, and both hosts have a store `images`. What
vSphere does not have is told by what it has: a paused machine runs, files are .vmdk, a title is a custom attribute,
SR-IOV functions and GPUs are passed through, mediated devices are vGPU profiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from tests.conformance.world import Disk, Host, PassedThrough, Snapshot, Vm, World
from tests.lab.vsphere.soap import devices, files, hosts, machines, pci, places, snapshots, stores
from tests.lab.vsphere.soap.state import Thing

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

STATES = {"running": machines.ON, "paused": machines.ON, "off": machines.OFF, "saved": machines.SUSPENDED}
Backing = vim.vm.device.VirtualPCIPassthrough


def serve_world(vc: Vcenter, world: World) -> None:
    """Fill an empty vCenter."""
    vc.world = world
    for described in world.host:
        _host(vc, described)
        for vm in world.vms_of(described.name):
            add_machine(vc, vm)
    for described in world.host:
        _autostart(vc, world, described)


def _host(vc: Vcenter, described: Host) -> None:
    center = places.datacenter(vc, f"dc-{described.name}", vc.root)
    cluster = places.cluster(vc, f"cluster-{described.name}", vc.site.find(center.facts["hostFolder"]))
    made = hosts.host(vc, described, cluster)
    for pool in described.pool:
        store = stores.datastore(
            vc,
            pool.name,
            vc.site.find(center.facts["datastoreFolder"]),
            capacity=pool.capacity_mib << 20,
            used=pool.allocation_mib << 20,
            accessible=pool.active,
            local=True,
        )
        stores.mount(vc, store, made)
        for volume in pool.volume:
            if volume.format == "iso":
                files.place(store, files.File(volume.name, volume.capacity_mib << 20))
    dvs: Thing | None = None
    for network in described.network:
        if network.kind == "bridge":
            dvs = dvs or stores.switch(vc, f"dvs-{described.name}", center)
            net = stores.portgroup(vc, network.name, dvs, vlan=network.vlan, accessible=network.active)
        else:
            net = stores.network(vc, network.name, center, accessible=network.active)
            hosts.standard_port_group(made, network.name, network.vlan, network.bridge)
        stores.connect(vc, net, made)
    vc.site.touch(made)
    vc.site.touch(cluster)


def add_machine(vc: Vcenter, vm: Vm) -> Thing:
    """One machine of the world on its host."""
    host = vc.site.named(vim.HostSystem, vm.host)
    cluster, center = vc.site.find(host.facts["parent"]), places.datacenter_of(vc, host)
    described: Host = host.private["described"]
    names = {one.name: one for one in (vc.site.find(ref) for ref in (*host.facts["datastore"], *host.facts["network"]))}
    running = STATES[vm.state] == machines.ON
    store = names[vm.disk[0].pool] if vm.disk else vc.site.find(host.facts["datastore"][0])
    recipe = machines.Recipe(
        name=vm.name.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c"),
        uuid=vm.uuid,
        state=STATES[vm.state],
        guest_os=vm.guest_os,
        tools=bool(vm.guest_os),
        vcpus=vm.vcpus,
        annotation=vm.description,
        title=vm.title,
        cores=vm.topology.cores * vm.topology.dies if vm.topology and vm.vcpus % vm.topology.cores == 0 else 1,
        memory_mib=vm.memory_mib,
        cpu_hot_add=vm.vcpu_limit > vm.vcpus,
        memory_hot_add=vm.memory_limit_mib > vm.memory_mib,
        memory_limit_mib=(vm.hot_add.limit_mib if vm.hot_add else vm.memory_limit_mib)
        if vm.memory_limit_mib > vm.memory_mib
        else 0,
        firmware=vm.firmware,
        secure_boot=vm.secure_boot,
        affinity=tuple(sorted({cpu for pin in vm.pin for cpu in pci.numbers(pin.cpus)})),
    )
    recipe.devices = _disks(vc, vm, names, running)
    recipe.devices += [
        devices.card(
            4000 + at,
            nic.mac,
            nic.model,
            names[nic.network],
            _switch_of(vc, names[nic.network]),
            connected=nic.connected,
            running=running,
            title=f"Network adapter {at + 1}",
        )
        for at, nic in enumerate(vm.nic)
    ]
    recipe.devices += [
        devices.passed_through(13000 + at, _backing(described, host, one), f"PCI device {at}")
        for at, one in enumerate(vm.device)
    ]
    if vm.tpm:
        recipe.devices.append(
            vim.vm.device.VirtualTPM(
                key=11000, deviceInfo=devices.label("Virtual TPM"), controllerKey=100, unitNumber=30
            )
        )
    if vm.hugepages_kib == 1 << 20:
        recipe.options["sched.mem.lpage.enable1GPage"] = "TRUE"
    folder = vc.site.find(center.facts["vmFolder"])
    made = machines.machine(vc, recipe, folder, places.root_pool(vc, cluster), host, store)
    made.private["tags"] = list(vm.tags)
    if vm.device:
        made.facts["config"].memoryReservationLockedToMax = True
        made.facts["config"].memoryAllocation.reservation = vm.memory_mib
    _snapshots(vc, made, vm.snapshot)
    _show_vgpus(vc, made, host)
    return made


def _disks(vc: Vcenter, vm: Vm, names: dict[str, Thing], running: bool) -> list[Any]:
    own = machines.directory(vm.name)
    found = devices.basis()
    for bus in dict.fromkeys(disk.bus for disk in vm.disk if disk.bus != "ide"):
        found.append(devices.controller(bus))
    numbers: dict[str, int] = {}
    hard = 0
    for disk in vm.disk:
        key = devices.CONTROLLERS[disk.bus][1]
        unit = numbers.get(disk.bus, 0)
        numbers[disk.bus] = unit + 1
        if disk.kind == "cdrom":
            file = f"[{disk.pool}] {disk.volume}"
            found.append(devices.cdrom(16000 + unit, unit, key, file, names[disk.pool], running, "CD/DVD drive 1"))
            continue
        file = devices.file_of(disk.pool, own, f"{disk.volume.rpartition('.')[0]}.vmdk")
        found.append(
            devices.disk(
                2000 + hard,
                unit,
                key,
                disk.size_mib << 10,
                file,
                names[disk.pool],
                f"Hard disk {hard + 1}",
                **_modes(vm, disk),
            )
        )
        hard += 1
    return found


def _modes(vm: Vm, disk: Disk) -> dict[str, Any]:
    return {
        "thinProvisioned": disk.format != "raw",
        "writeThrough": disk.cache == "directsync",
        "uuid": f"6000C29{vm.uuid[-1]}-{disk.size_mib:04x}-0000-0000-{vm.uuid[-12:]}",
    }


def _switch_of(vc: Vcenter, net: Thing) -> Thing | None:
    config = net.facts.get("config")
    return vc.site.find(config.distributedVirtualSwitch) if config else None


def _backing(described: Host, host: Thing, one: PassedThrough) -> Any:
    if one.kind == "mediated":
        mediated = next(each for each in described.mediated if each.uuid == one.uuid)
        return Backing.VmiopBackingInfo(vgpu=pci.profiles(described)[mediated.profile], migrateSupported=True)
    device = next(each for each in host.facts["hardware"].pciDevice if each.id == one.address)
    return Backing.DeviceBackingInfo(
        deviceName=device.deviceName,
        id=device.id,
        deviceId=f"{device.deviceId & 0xFFFF:x}",
        systemId=described.uuid,
        vendorId=device.vendorId,
    )


def _show_vgpus(vc: Vcenter, made: Thing, host: Thing) -> None:
    """*API, HostGraphicsInfo.vm*: machines that use the GPU; only those that run."""
    if made.facts["summary"].config.numVmiopBackings and made.facts["runtime"].powerState == machines.ON:
        for info in host.facts["config"].graphicsInfo:
            info.vm = [*info.vm, made.ref]
        vc.site.touch(host)


def _snapshots(vc: Vcenter, made: Thing, described: tuple[Snapshot, ...]) -> None:
    nodes: dict[str, Thing] = {}
    for one in described:
        nodes[one.name] = snapshots.add(
            vc,
            made,
            one.name,
            one.description,
            state=STATES[one.state],
            parent=nodes.get(one.parent),
            created=one.created,
            current=False,
        )
    current = next((nodes[one.name] for one in described if one.current), None)
    if current:
        made.facts["snapshot"].currentSnapshot = current.ref
        vc.site.touch(made)


def _autostart(vc: Vcenter, world: World, described: Host) -> None:
    """Which machines start with their host; vSphere keeps it with the host."""
    host = vc.site.named(vim.HostSystem, described.name)
    uuids = {thing.facts["config"].uuid: thing for thing in vc.site.of(vim.VirtualMachine)}
    started = [uuids[vm.uuid] for vm in world.vms_of(described.name) if vm.autostart]
    host.facts["config"].autoStart = vim.host.AutoStartManager.Config(
        defaults=vim.host.AutoStartManager.SystemDefaults(
            enabled=bool(started), startDelay=120, stopDelay=120, waitForHeartbeat=False, stopAction="PowerOff"
        ),
        powerInfo=[
            vim.host.AutoStartManager.AutoPowerInfo(
                key=one.ref,
                startOrder=at + 1,
                startDelay=-1,
                waitForHeartbeat="systemDefault",
                startAction="PowerOn",
                stopDelay=-1,
                stopAction="systemDefault",
            )
            for at, one in enumerate(started)
        ],
    )
    vc.site.touch(host)

"""A third datacenter, `campus`, beside the seeded world: a cluster in which machines can move, and what else a
vCenter has.

Hosts `campus-1` to `campus-3` share the datastores `shared-1` and `shared-2` (in the datastore cluster `pod`);
`campus-3` has no network `vlan20` and an older CPU. `lone` is an ESXi host without a cluster. Machines: `mover-1`,
`mover-2` run with tools on shared storage; `quiet` runs without tools; `local-disk` has its disk on a host's own
datastore; `direct` has a passed through device; `isolated` is on `vlan20`; `cold` is off; `golden` is a template;
`lost` is orphaned, `gone` inaccessible; `a%2fb` has a slash in its name.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from tests.conformance.world import Host, PciDevice
from tests.lab.vsphere.soap import devices, hosts, machines, places, stores
from tests.lab.vsphere.soap.state import Thing

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

EVC = "amd-zen2"
CARD = PciDevice(
    address="0000:81:00.0",
    class_="0x030200",
    vendor="NVIDIA Corporation",
    vendor_id="0x10de",
    product="GA100",
    product_id="0x20b0",
    driver="vfio-pci",
    numa_node=0,
)
NIC = PciDevice(
    address="0000:3b:00.0",
    class_="0x020000",
    vendor="Mellanox Technologies",
    vendor_id="0x15b3",
    product="MT27800 Family [ConnectX-5]",
    product_id="0x1017",
    driver="mlx5_core",
    interface="vmnic0",
    mac="0c:42:a1:00:01:01",
    max_functions=8,
    functions=("0000:3b:00.2", "0000:3b:00.3"),
    numa_node=0,
)
MODEL = Host(
    name="campus-1",
    uuid="ca390000-0000-4000-8000-000000000001",
    vendor="Nova Systems",
    model="NS-2160",
    cpu_model="EPYC-Milan",
    cpu_mhz=2600,
    sockets=2,
    cores=16,
    threads=2,
    memory_mib=131072,
    device=(CARD, NIC),
)


def build(vc: Vcenter) -> None:
    """Add it to a vCenter."""
    center = places.datacenter(vc, "campus", vc.root)
    host_folder, store_folder = vc.site.find(center.facts["hostFolder"]), vc.site.find(center.facts["datastoreFolder"])
    cluster = places.cluster(vc, "campus-cluster", host_folder, drs=True, ha=True)
    cluster.facts["summary"].currentEVCModeKey = EVC
    pod = places.folder(vc, "pod", store_folder, vim.Datastore, kind=vim.StoragePod)
    pod.facts["summary"] = vim.StoragePod.Summary(name="pod", capacity=4 << 40, freeSpace=3 << 40)
    shared = [stores.datastore(vc, f"shared-{at}", pod, capacity=2 << 40, used=500 << 30) for at in (1, 2)]
    nets = _networks(vc, center)
    made: list[Thing] = []
    for at in (1, 2, 3):
        described = dataclasses.replace(
            MODEL,
            name=f"campus-{at}",
            uuid=f"{MODEL.uuid[:-1]}{at}",
            cpu_model="EPYC-Rome" if at == 3 else MODEL.cpu_model,
            device=() if at == 3 else MODEL.device,
        )
        host = hosts.host(vc, described, cluster, evc=EVC)
        host.facts["runtime"].dasHostState = vim.cluster.DasFdmHostState(
            state="master" if at == 1 else "connectedToMaster"
        )
        made.append(host)
        for store in shared:
            stores.mount(vc, store, host)
        stores.mount(
            vc, stores.datastore(vc, f"local-{at}", store_folder, capacity=500 << 30, used=50 << 30, local=True), host
        )
        for net in nets[: 1 if at == 3 else 2]:
            stores.connect(vc, net, host)
        vc.site.touch(host)
    vc.site.touch(cluster)
    _lone(vc, host_folder, shared[0], nets[0])
    _machines(vc, center, cluster, made, nets)
    cluster.facts["configurationEx"].dasConfig.heartbeatDatastore = [one.ref for one in shared]


def _networks(vc: Vcenter, center: Thing) -> list[Thing]:
    dvs = stores.switch(vc, "dvs-campus", center)
    stores.portgroup(vc, "dvs-campus-uplinks", dvs, vlan=None, uplink=True)
    return [stores.portgroup(vc, f"vlan{number}", dvs, vlan=number) for number in (10, 20)]


def _lone(vc: Vcenter, folder: Thing, store: Thing, net: Thing) -> None:
    """A standalone host is a ComputeResource of its name with one host."""
    alone = places.entity(vc, vim.ComputeResource, "lone", folder, host=[], datastore=[], network=[])
    alone.facts["summary"] = vim.ComputeResource.Summary(overallStatus="green")
    alone.facts["configurationEx"] = vim.ComputeResource.ConfigInfo(vmSwapPlacement="vmDirectory")
    alone.facts["environmentBrowser"] = vc.site.add(vim.EnvironmentBrowser, of=alone).ref
    places.pool(vc, "Resources", alone, owner=alone)
    places.listed(vc, alone, folder, "childEntity")
    host = hosts.host(vc, dataclasses.replace(MODEL, name="lone", uuid=f"{MODEL.uuid[:-1]}9", device=()), alone)
    stores.mount(vc, store, host)
    stores.connect(vc, net, host)
    alone.derive = lambda thing: places.count(vc, thing)
    vc.site.touch(alone)


def _machines(vc: Vcenter, center: Thing, cluster: Thing, made: list[Thing], nets: list[Thing]) -> None:
    root, folder = places.root_pool(vc, cluster), vc.site.find(center.facts["vmFolder"])
    gold = places.pool(
        vc,
        "gold",
        root,
        owner=cluster,
        cpu=places.allocation("high", reservation=4000),
        memory=places.allocation("high", reservation=8192, limit=65536, expandable=False),
    )
    places.pool(vc, "silver", root, owner=cluster)
    stack = places.pool(vc, "stack", root, owner=cluster, kind=vim.VirtualApp)
    stack.facts["parentFolder"] = folder.ref
    shop = places.folder(
        vc, "shop", places.folder(vc, "teams", folder, vim.Folder, vim.VirtualMachine), vim.Folder, vim.VirtualMachine
    )
    places.folder(vc, "50%25 off %2f sale", folder, vim.Folder, vim.VirtualMachine)
    one, two, three = made

    def add(
        name: str,
        number: int,
        host: Thing,
        state: str = machines.ON,
        *,
        tools: bool = True,
        pool: Thing = root,
        within: Thing = folder,
        store: str = "shared-1",
        net: Thing = nets[0],
        template: bool = False,
        more: tuple[Any, ...] = (),
        memory: int = 2048,
    ) -> Thing:
        home = vc.site.named(vim.Datastore, store)
        own = machines.directory(name)
        dvs = vc.site.find(net.facts["config"].distributedVirtualSwitch)
        recipe = machines.Recipe(
            name=name,
            uuid=f"ca5e0000-0000-4000-8000-{number:012x}",
            state=state,
            guest_os="debian12",
            tools=tools,
            vcpus=2,
            memory_mib=memory,
            cpu_hot_add=True,
            memory_hot_add=True,
            memory_limit_mib=memory * 4,
            template=template,
        )
        recipe.devices = [
            *devices.basis(),
            devices.controller("virtio"),
            devices.disk(2000, 0, 1000, 20 << 20, devices.file_of(store, own, f"{own}.vmdk"), home, "Hard disk 1"),
            devices.cdrom(3000, 0, 200, "", None, False, "CD/DVD drive 1"),
            devices.card(
                4000,
                f"00:50:56:b0:{number >> 8:02x}:{number & 255:02x}",
                "virtio",
                net,
                dvs,
                connected=True,
                running=state == machines.ON,
                title="Network adapter 1",
            ),
            *more,
        ]
        return machines.machine(vc, recipe, within, pool, host, home)

    add("mover-1", 1, one)
    add("mover-2", 2, two, within=shop, pool=gold, memory=4096)
    add("quiet", 3, one, tools=False)
    add("local-disk", 4, one, store="local-1")
    add("isolated", 6, two, net=nets[1])
    add("cold", 7, three, machines.OFF, store="shared-2")
    add("golden", 8, two, machines.OFF, template=True)
    add("lost", 9, two, machines.OFF).facts["runtime"].connectionState = "orphaned"
    add("gone", 10, one, machines.OFF).facts["runtime"].connectionState = "inaccessible"
    add("a%2fb", 11, three)
    add("app-front", 12, one, pool=stack, within=stack)
    backing = vim.vm.device.VirtualPCIPassthrough.DeviceBackingInfo(
        deviceName=CARD.product, id=CARD.address, deviceId="20b0", systemId=MODEL.uuid, vendorId=0x10DE
    )
    direct = add("direct", 5, one, more=(devices.passed_through(13000, backing, "PCI device 0"),))
    direct.facts["config"].memoryReservationLockedToMax, direct.facts["config"].memoryAllocation.reservation = (
        True,
        2048,
    )
    for at in range(vc.settings.machines):
        add(f"plain-{at:05d}", 256 + at, made[at % 3], machines.ON if at % 3 else machines.OFF, within=shop)
    for vm in vc.site.of(vim.VirtualMachine):
        vm.facts["runtime"].dasVmProtection = vim.vm.RuntimeInfo.DasProtectionState(
            dasProtected=vm.facts["runtime"].host in cluster.facts["host"]
            and vm.facts["runtime"].powerState == machines.ON
        )
        vc.site.touch(vm)

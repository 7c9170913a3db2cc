"""Datastores and networks, and which hosts and machines use them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from tests.lab.vsphere.soap.files import browser
from tests.lab.vsphere.soap.places import datacenter_of, entity, listed
from tests.lab.vsphere.soap.state import Thing

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

MIB = 2**20
GIB = 2**30


def datastore(
    vc: Vcenter, name: str, parent: Thing, *, capacity: int, used: int, accessible: bool = True, local: bool = False
) -> Thing:
    """A VMFS datastore in a folder or a datastore cluster; sizes in bytes."""
    made = entity(vc, vim.Datastore, name, parent, host=[], vm=[])
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}@{made.id}"))
    url = f"ds:///vmfs/volumes/{identity}/"
    made.facts["summary"] = vim.Datastore.Summary(
        datastore=made.ref,
        name=name,
        url=url,
        capacity=capacity,
        freeSpace=capacity - used,
        uncommitted=0,
        accessible=accessible,
        multipleHostAccess=not local,
        type="VMFS",
        maintenanceMode="normal",
    )
    made.facts["info"] = vim.host.VmfsDatastoreInfo(
        name=name,
        url=url,
        freeSpace=capacity - used,
        maxFileSize=64 << 40,
        timestamp=vc.site.now(),
        vmfs=vim.host.VmfsVolume(
            type="VMFS",
            name=name,
            capacity=capacity,
            blockSizeMb=1,
            maxBlocks=63963136,
            majorVersion=6,
            version="6.82",
            uuid=identity,
            vmfsUpgradable=False,
            ssd=True,
            local=local,
            extent=[vim.host.ScsiDisk.Partition(diskName=f"naa.{made.id}", partition=1)],
        ),
    )
    made.facts["capability"] = vim.Datastore.Capability(
        directoryHierarchySupported=True,
        rawDiskMappingsSupported=True,
        perFileThinProvisioningSupported=True,
        storageIORMSupported=True,
        nativeSnapshotSupported=False,
        topLevelDirectoryCreateSupported=True,
        vmdkExpandSupported=True,
    )
    made.facts["browser"] = browser(vc, made)
    made.derive = _store_summary
    listed(vc, made, parent, "childEntity")
    listed(vc, made, datacenter_of(vc, made), "datastore")
    return made


def _store_summary(thing: Thing) -> None:
    thing.facts["summary"].name = thing.name
    thing.facts["info"].freeSpace = thing.facts["summary"].freeSpace


def mount(vc: Vcenter, store: Thing, host: Thing) -> None:
    """Let a host see a datastore; its cluster sees it too."""
    info = vim.host.MountInfo(
        path=store.facts["summary"].url.removeprefix("ds://"),
        accessMode="readWrite",
        mounted=True,
        accessible=store.facts["summary"].accessible,
    )
    store.facts["host"] = [*store.facts["host"], vim.Datastore.HostMount(key=host.ref, mountInfo=info)]
    vc.site.touch(store)
    listed(vc, store, host, "datastore")
    _once(vc, store, vc.site.find(host.facts["parent"]), "datastore")


def network(vc: Vcenter, name: str, datacenter: Thing, *, accessible: bool = True) -> Thing:
    """A network of standard port groups: hosts with one of that name share it."""
    parent = vc.site.find(datacenter.facts["networkFolder"])
    made = entity(vc, vim.Network, name, parent, host=[], vm=[])
    made.facts["summary"] = vim.Network.Summary(network=made.ref, name=name, accessible=accessible, ipPoolName="")
    made.derive = _network_summary
    listed(vc, made, parent, "childEntity")
    listed(vc, made, datacenter, "network")
    return made


def _network_summary(thing: Thing) -> None:
    thing.facts["summary"].name = thing.name


def switch(vc: Vcenter, name: str, datacenter: Thing) -> Thing:
    """A distributed switch."""
    parent = vc.site.find(datacenter.facts["networkFolder"])
    kind = vim.dvs.VmwareDistributedVirtualSwitch
    made = entity(vc, kind, name, parent, portgroup=[], uuid="50 07 " + "ab " * 6 + "ab-" + "cd " * 7 + "cd")
    product = vim.dvs.ProductSpec(name="DVS", vendor="VMware, Inc.", version="8.0.3")
    made.facts["config"] = kind.ConfigInfo(
        uuid=made.facts["uuid"],
        name=name,
        numStandalonePorts=0,
        numPorts=64,
        maxPorts=2147483647,
        configVersion="1",
        uplinkPortPolicy=vim.DistributedVirtualSwitch.NameArrayUplinkPortPolicy(
            uplinkPortName=["Uplink 1", "Uplink 2"]
        ),
        defaultPortConfig=kind.VmwarePortConfigPolicy(vlan=vlan_of(0)),
        productInfo=product,
        maxMtu=9000,
        host=[],
        contact=vim.DistributedVirtualSwitch.ContactInfo(),
        createTime=vc.site.now(),
        networkResourceManagementEnabled=True,
    )
    made.facts["summary"] = vim.DistributedVirtualSwitch.Summary(
        name=name, uuid=made.facts["uuid"], numPorts=64, productInfo=product
    )
    made.facts["capability"] = vim.DistributedVirtualSwitch.Capability(dvsOperationSupported=True)
    listed(vc, made, parent, "childEntity")
    return made


def vlan_of(number: int) -> Any:
    return vim.dvs.VmwareDistributedVirtualSwitch.VlanIdSpec(vlanId=number, inherited=False)


def portgroup(
    vc: Vcenter, name: str, dvs: Thing, *, vlan: int | None, accessible: bool = True, uplink: bool = False
) -> Thing:
    """A distributed port group; a VLAN of 0 is none."""
    parent = vc.site.find(dvs.facts["parent"])
    made = entity(vc, vim.dvs.DistributedVirtualPortgroup, name, parent, host=[], vm=[], portKeys=[])
    made.facts["key"] = made.id
    made.facts["config"] = vim.dvs.DistributedVirtualPortgroup.ConfigInfo(
        key=made.id,
        name=name,
        numPorts=32,
        distributedVirtualSwitch=dvs.ref,
        type="earlyBinding",
        backingType="standard",
        defaultPortConfig=vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy(vlan=vlan_of(vlan or 0)),
        policy=vim.dvs.DistributedVirtualPortgroup.PortgroupPolicy(),
        configVersion="1",
        autoExpand=True,
        uplink=uplink,
    )
    made.facts["summary"] = vim.Network.Summary(network=made.ref, name=name, accessible=accessible, ipPoolName="")
    made.derive = _network_summary
    listed(vc, made, parent, "childEntity")
    listed(vc, made, datacenter_of(vc, made), "network")
    listed(vc, made, dvs, "portgroup")
    return made


def connect(vc: Vcenter, net: Thing, host: Thing) -> None:
    """Let a host have a network; its cluster has it too."""
    listed(vc, host, net, "host")
    listed(vc, net, host, "network")
    _once(vc, net, vc.site.find(host.facts["parent"]), "network")


def _once(vc: Vcenter, thing: Thing, above: Thing, name: str) -> None:
    if thing.ref not in above.facts[name]:
        listed(vc, thing, above, name)

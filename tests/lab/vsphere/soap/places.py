"""Where things are: folders, datacenters, clusters, resource pools and vApps, and how they hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from tests.lab.vsphere.soap.state import Thing

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

ENTITY = {
    "overallStatus": "green",
    "configStatus": "green",
    "alarmActionsEnabled": True,
    "recentTask": [],
    "triggeredAlarmState": [],
    "declaredAlarmState": [],
    "disabledMethod": [],
    "tag": [],
    "customValue": [],
    "value": [],
    "permission": [],
    "effectiveRole": [-1],
    "configIssue": [],
}
UNLIMITED = -1
SHARES = {"low": 2000, "normal": 4000, "high": 8000}


def entity(vc: Vcenter, kind: Any, name: str, parent: Thing, **facts: Any) -> Thing:
    """A managed entity below another; its parent does not list it yet."""
    return vc.site.add(
        kind,
        name=name,
        parent=parent.ref,
        **{**ENTITY, **{k: list(v) for k, v in ENTITY.items() if isinstance(v, list)}, **facts},
    )


def listed(vc: Vcenter, thing: Thing, above: Thing, name: str) -> None:
    """Add an object to a list of another."""
    above.facts[name] = [*above.facts.get(name, ()), thing.ref]
    vc.site.reshaped(above)


def unlisted(vc: Vcenter, thing: Thing, above: Thing, name: str) -> None:
    above.facts[name] = [ref for ref in above.facts.get(name, ()) if ref != thing.ref]
    vc.site.reshaped(above)


def folder(vc: Vcenter, name: str, parent: Thing, *kinds: Any, kind: Any = vim.Folder) -> Thing:
    """A folder in a folder (or one of the four of a datacenter); *API*: "%", "/" and a backslash in names are
    escaped."""
    made = entity(vc, kind, name, parent, childType=list(kinds), childEntity=[])
    if parent.is_a(vim.Folder):
        listed(vc, made, parent, "childEntity")
    return made


def datacenter(vc: Vcenter, name: str, parent: Thing) -> Thing:
    """A datacenter with its four folders."""
    made = entity(vc, vim.Datacenter, name, parent, datastore=[], network=[])
    made.facts["configuration"] = vim.Datacenter.ConfigInfo(defaultHardwareVersionKey="vmx-21")
    for fact, title, kinds in (
        ("vmFolder", "vm", (vim.Folder, vim.VirtualMachine, vim.VirtualApp)),
        ("hostFolder", "host", (vim.Folder, vim.ComputeResource)),
        ("datastoreFolder", "datastore", (vim.Folder, vim.Datastore, vim.StoragePod)),
        ("networkFolder", "network", (vim.Folder, vim.Network, vim.DistributedVirtualSwitch)),
    ):
        made.facts[fact] = folder(vc, title, made, *kinds).ref
    listed(vc, made, parent, "childEntity")
    return made


def cluster(vc: Vcenter, name: str, parent: Thing, *, drs: bool = False, ha: bool = False) -> Thing:
    """A cluster without hosts, with its root resource pool."""
    made = entity(
        vc,
        vim.ClusterComputeResource,
        name,
        parent,
        host=[],
        datastore=[],
        network=[],
        recommendation=[],
        drsRecommendation=[],
        drsFault=[],
        migrationHistory=[],
        actionHistory=[],
    )
    behavior = vim.cluster.DrsConfigInfo.DrsBehavior.manual
    made.facts["configurationEx"] = vim.cluster.ConfigInfoEx(
        vmSwapPlacement="vmDirectory",
        dasConfig=vim.cluster.DasConfigInfo(
            enabled=ha,
            vmMonitoring="vmMonitoringDisabled",
            hostMonitoring="enabled",
            failoverLevel=1 if ha else 0,
            admissionControlEnabled=ha,
            admissionControlPolicy=vim.cluster.FailoverLevelAdmissionControlPolicy(failoverLevel=1),
            defaultVmSettings=vim.cluster.DasVmSettings(restartPriority="medium", isolationResponse="none"),
            heartbeatDatastore=[],
        ),
        drsConfig=vim.cluster.DrsConfigInfo(
            enabled=drs, enableVmBehaviorOverrides=True, defaultVmBehavior=behavior, vmotionRate=3
        ),
        dpmConfigInfo=vim.cluster.DpmConfigInfo(enabled=False, defaultDpmBehavior="automated", hostPowerActionRate=3),
        vsanConfigInfo=vim.vsan.cluster.ConfigInfo(enabled=False),
    )
    old = vim.cluster.ConfigInfo(
        dasConfig=made.facts["configurationEx"].dasConfig, drsConfig=made.facts["configurationEx"].drsConfig
    )
    made.facts["configuration"] = old
    made.facts["summary"] = vim.ClusterComputeResource.Summary(overallStatus="green", drsScore=90 if drs else None)
    made.facts["environmentBrowser"] = vc.site.add(vim.EnvironmentBrowser, of=made).ref
    pool(vc, "Resources", made, owner=made)
    made.derive = lambda thing: count(vc, thing)
    listed(vc, made, parent, "childEntity")
    return made


def count(vc: Vcenter, thing: Thing) -> None:
    """A cluster's summary follows from its hosts."""
    hosts = [vc.site.things[ref._moId] for ref in thing.facts["host"] if ref._moId in vc.site.things]
    told = thing.facts["summary"]
    serving = [one for one in hosts if not one.facts["runtime"].inMaintenanceMode]
    told.numHosts, told.numEffectiveHosts = len(hosts), len(serving)
    told.totalCpu = sum(_mhz(one) for one in hosts)
    told.totalMemory = sum(one.facts["hardware"].memorySize for one in hosts)
    told.numCpuCores = sum(one.facts["hardware"].cpuInfo.numCpuCores for one in hosts)
    told.numCpuThreads = sum(one.facts["hardware"].cpuInfo.numCpuThreads for one in hosts)
    told.effectiveCpu = sum(_mhz(one) for one in serving)
    told.effectiveMemory = sum(one.facts["hardware"].memorySize >> 20 for one in serving)
    told.overallStatus = thing.facts["overallStatus"]


def _mhz(host: Thing) -> int:
    summary = host.facts["summary"].hardware
    return summary.cpuMhz * summary.numCpuCores


def allocation(level: str = "normal", *, reservation: int = 0, limit: int = UNLIMITED, expandable: bool = True) -> Any:
    """CPU in MHz or memory in MB; *API, ResourceAllocationInfo*: a limit of -1 is none."""
    shares = vim.SharesInfo(shares=SHARES[level], level=level)
    return vim.ResourceAllocationInfo(
        reservation=reservation, expandableReservation=expandable, limit=limit, shares=shares
    )


def pool(vc: Vcenter, name: str, parent: Thing, *, owner: Thing, kind: Any = vim.ResourcePool, **config: Any) -> Thing:
    """A resource pool or vApp in another; of a cluster its root pool."""
    made = entity(vc, kind, name, parent, owner=owner.ref, resourcePool=[], vm=[])
    made.facts["config"] = vim.ResourceConfigSpec(
        entity=made.ref,
        changeVersion="1",
        lastModified=vc.site.now(),
        cpuAllocation=config.get("cpu") or allocation(),
        memoryAllocation=config.get("memory") or allocation(),
    )
    usage = {
        "reservationUsed": 0,
        "reservationUsedForVm": 0,
        "unreservedForPool": 8000,
        "unreservedForVm": 8000,
        "overallUsage": 0,
        "maxUsage": 16000,
    }
    made.facts["runtime"] = vim.ResourcePool.RuntimeInfo(
        memory=vim.ResourcePool.ResourceUsage(**usage),
        cpu=vim.ResourcePool.ResourceUsage(**usage),
        overallStatus="green",
    )
    summary = vim.VirtualApp.Summary if kind is vim.VirtualApp else vim.ResourcePool.Summary
    made.facts["summary"] = summary(name=name, config=made.facts["config"], runtime=made.facts["runtime"])
    if kind is vim.VirtualApp:
        made.facts["summary"].vAppState = "started"
        made.facts["vAppConfig"] = vim.vApp.VAppConfigInfo(entityConfig=[], annotation="")
    made.derive = lambda thing: setattr(thing.facts["summary"], "name", thing.name)
    if parent.is_a(vim.ComputeResource):
        parent.facts["resourcePool"] = made.ref
    else:
        listed(vc, made, parent, "resourcePool")
    return made


def root_pool(vc: Vcenter, owner: Thing) -> Thing:
    return vc.site.find(owner.facts["resourcePool"])


def datacenter_of(vc: Vcenter, thing: Thing) -> Thing:
    return next(above for above in [thing, *vc.above(thing)] if above.is_a(vim.Datacenter))

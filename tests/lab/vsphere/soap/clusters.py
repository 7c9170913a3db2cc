"""What a cluster decides and knows: DRS recommendations, EVC, HA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap import checking, moving, places
from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.machines import ON
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.tasks import Work, start

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

MODES = {"amd-zen": "AMD EPYC Zen", "amd-zen2": "AMD EPYC Zen2", "amd-zen3": "AMD EPYC Zen3"}


def drs_of(cluster: Thing) -> Any:
    """Its DRS configuration; None of a lone host."""
    config = cluster.facts["configurationEx"]
    return config.drsConfig if cluster.is_a(vim.ClusterComputeResource) else None


def load_of(vc: Vcenter, host: Thing) -> int:
    """Memory in MB that runs on it."""
    there = [vc.site.find(ref) for ref in host.facts["vm"]]
    return sum(vm.facts["config"].hardware.memoryMB for vm in there if vm.facts["runtime"].powerState == ON)


def best_host(vc: Vcenter, vm: Thing, cluster: Thing) -> Thing | None:
    """The emptiest host of the cluster that can take it, not its own."""
    others = [vc.site.find(ref) for ref in cluster.facts["host"] if ref != vm.facts["runtime"].host]
    fitting = [host for host in others if not checking.check(vc, vm, host)[0]]
    return min(fitting, key=lambda host: load_of(vc, host), default=None)


def recommend(vc: Vcenter, cluster: Thing, vm: Thing, host: Thing, rating: int, reason: str, text: str) -> str:
    """One more recommendation to move a machine; its key. *API, ClusterRecommendation*: rating 1 (weak) to 5
    (mandatory).

    `reason` is a value of RecommendationReasonCode such as `fairnessCpuAvg`, `fairnessMemAvg`, `hostMaint`.
    """
    key = str(vc.site.number("recommendation"))
    now = vc.site.now()
    move = vim.cluster.DrsMigration(
        key=key,
        time=now,
        vm=vm.ref,
        cpuLoad=200,
        memoryLoad=vm.facts["config"].hardware.memoryMB,
        source=vm.facts["runtime"].host,
        destination=host.ref,
    )
    made = vim.cluster.Recommendation(
        key=key,
        type="V1",
        time=now,
        rating=rating,
        reason=reason,
        reasonText=text,
        target=cluster.ref,
        action=[vim.cluster.MigrationAction(type="MigrationV1", target=vm.ref, drsMigration=move)],
    )
    cluster.facts["recommendation"] = [*cluster.facts["recommendation"], made]
    vc.site.touch(cluster)
    return key


def _taken(call: Call) -> Any:
    """The recommendation of a key, which is gone from the list. ASSUMED fault of an unknown key: InvalidArgument."""
    known = call.this.facts["recommendation"]
    found = next((one for one in known if one.key == call.given.key), None)
    if found is None:
        raise vmodl.fault.InvalidArgument(invalidProperty="key", msg=f"There is no recommendation {call.given.key}.")
    call.this.facts["recommendation"] = [one for one in known if one is not found]
    call.site.touch(call.this)
    return found


@serves("ApplyRecommendation")
def _apply(call: Call) -> None:
    """*API*: "Applies a recommendation from the drsRecommendation or the recommendation list": moves begin as tasks."""
    call.require("Resource.ApplyRecommendation")
    for action in _taken(call).action:
        moving.begin_move(call.vc, call.thing(action.target), call.thing(action.drsMigration.destination), call.user)


@serves("CancelRecommendation")
def _cancel(call: Call) -> None:
    """*API*: "Cancels a recommendation"."""
    _taken(call)


@serves("RefreshRecommendation")
def _refresh(call: Call) -> None:
    """*API*: DRS looks again. ASSUMED: machines on a host with twice the load of another are recommended to move."""
    call.this.facts["recommendation"] = []
    hosts = [call.thing(ref) for ref in call.this.facts["host"]]
    heavy = max(hosts, key=lambda host: load_of(call.vc, host), default=None)
    for ref in list(heavy.facts["vm"]) if heavy else ():
        vm = call.thing(ref)
        target = best_host(call.vc, vm, call.this) if vm.facts["runtime"].powerState == ON else None
        if heavy and target and load_of(call.vc, heavy) > 2 * load_of(call.vc, target):
            recommend(call.vc, call.this, vm, target, 3, "fairnessMemAvg", "Balance average memory loads")
            break
    call.site.touch(call.this)


@serves("RecommendHostsForVm")
def _recommend_hosts(call: Call) -> Any:
    """*API*: hosts for a power-on or migration, with a rating of 1 to 5; empty where none fits or DRS is off."""
    vm, cluster = call.thing(call.given.vm), call.this
    if not drs_of(cluster).enabled:
        return []
    fitting = [host for host in map(call.thing, cluster.facts["host"]) if not checking.check(call.vc, vm, host)[0]]
    ranked = sorted(fitting, key=lambda host: load_of(call.vc, host))
    return [vim.cluster.HostRecommendation(host=host.ref, rating=max(1, 5 - at)) for at, host in enumerate(ranked)]


@serves("EvcManager")
def _evc(call: Call) -> Any:
    """The cluster's EVC manager, whose `evcState` has the mode in use and those that could be."""
    made = call.this.private.get("evc")
    if made is None:
        made = call.site.add(vim.cluster.EVCManager, managedCluster=call.this.ref)
        made.facts["evcState"] = lambda: vim.cluster.EVCManager.EVCState(
            currentEVCModeKey=call.site.find(made.facts["managedCluster"]).facts["summary"].currentEVCModeKey,
            supportedEVCMode=[
                vim.EVCMode(key=key, label=name, summary=name, vendor="amd", track=["zen"], vendorTier=at)
                for at, (key, name) in enumerate(MODES.items())
            ],
        )
        call.this.private["evc"] = made
    return made.ref


@serves("ConfigureEvcMode_Task", "DisableEvcMode_Task")
def _set_evc(call: Call) -> Any:
    cluster = call.thing(call.this.facts["managedCluster"])
    mode = getattr(call.given, "evcModeKey", None)

    def end() -> None:
        call.site.put(cluster, "summary.currentEVCModeKey", mode)
        for ref in cluster.facts["host"]:
            call.site.put(call.thing(ref), "summary.currentEVCModeKey", mode)

    return start(call, cluster, Work(1.0, end))


@serves("RetrieveDasAdvancedRuntimeInfo")
def _das(call: Call) -> Any:
    """*API*: with the policy of failover levels a DasFailoverLevelAdvancedRuntimeInfo; nothing where HA is off
    (ASSUMED)."""
    cluster = call.this
    config = cluster.facts["configurationEx"].dasConfig
    if not config.enabled:
        return None
    hosts = [call.thing(ref) for ref in cluster.facts["host"]]
    good = [
        host
        for host in hosts
        if not host.facts["runtime"].inMaintenanceMode and host.facts["runtime"].connectionState == "connected"
    ]
    running = [vm for host in hosts for vm in map(call.thing, host.facts["vm"]) if vm.facts["runtime"].powerState == ON]
    Info = vim.cluster.DasFailoverLevelAdvancedRuntimeInfo
    slot = max((vm.facts["config"].memoryAllocation.reservation or 0 for vm in running), default=0) or 256
    total = sum(host.facts["hardware"].memorySize >> 20 for host in good) // slot
    stores = [call.thing(ref) for ref in config.heartbeatDatastore]
    return Info(
        slotInfo=Info.SlotInfo(numVcpus=1, cpuMHz=32, memoryMB=slot),
        totalSlots=total,
        usedSlots=len(running),
        unreservedSlots=total - len(running),
        totalVms=len(running),
        totalHosts=len(hosts),
        totalGoodHosts=len(good),
        hostSlots=[
            Info.HostSlots(host=host.ref, slots=(host.facts["hardware"].memorySize >> 20) // slot) for host in good
        ],
        heartbeatDatastoreInfo=[
            vim.cluster.DasAdvancedRuntimeInfo.HeartbeatDatastoreInfo(
                datastore=one.ref, hosts=[mount.key for mount in one.facts["host"]]
            )
            for one in stores
        ],
    )


@serves("ReconfigureComputeResource_Task")
def _reconfigure(call: Call) -> Any:
    """DRS and HA on or off, and DRS's level; what is unset stays."""
    cluster, spec = call.this, call.given.spec

    def end() -> None:
        config = cluster.facts["configurationEx"]
        for name in ("drsConfig", "dasConfig"):
            wanted = getattr(spec, name, None)
            for info in wanted._GetPropertyList() if wanted else ():
                value = getattr(wanted, info.name)
                if value is not None and value != []:
                    setattr(getattr(config, name), info.name, value)
        call.site.touch(cluster)

    return start(call, cluster, Work(1.0, end))


@serves("UpdateConfig")
def _update_pool(call: Call) -> None:
    """*API, ResourcePool.UpdateConfig*: ConcurrentAccess where `changeVersion` is old;
    InsufficientCpu/MemoryResourcesFault where more is reserved than the parent has (here: than its hosts have). No
    task."""
    call.require("Resource.EditPool")
    pool, wanted = call.this, call.given.config
    if pool.facts["parent"] == pool.facts["owner"]:
        raise vmodl.fault.NotSupported(msg="The root resource pool cannot be changed.")
    if wanted is not None:
        config = pool.facts["config"]
        if wanted.changeVersion and wanted.changeVersion != config.changeVersion:
            raise vim.fault.ConcurrentAccess(msg="The pool was changed by somebody else meanwhile.")
        total = call.thing(pool.facts["owner"]).facts["summary"]
        if (wanted.cpuAllocation.reservation or 0) > total.totalCpu:
            raise vim.fault.InsufficientCpuResourcesFault(
                unreserved=total.totalCpu, requested=wanted.cpuAllocation.reservation
            )
        if (wanted.memoryAllocation.reservation or 0) > total.totalMemory >> 20:
            raise vim.fault.InsufficientMemoryResourcesFault(
                unreserved=total.totalMemory >> 20, requested=wanted.memoryAllocation.reservation
            )
        for name in ("cpuAllocation", "memoryAllocation"):
            _set_allocation(getattr(config, name), getattr(wanted, name))
        config.changeVersion = str(call.site.number("pool"))
        config.lastModified = call.site.now()
    if call.given.name:
        pool.facts["name"] = call.given.name
    call.site.touch(pool)


def _set_allocation(target: Any, wanted: Any) -> None:
    """*API, SharesInfo*: shares count only where the level is `custom`."""
    for info in wanted._GetPropertyList():
        value = getattr(wanted, info.name)
        if value is None or value == []:
            continue
        if info.name == "shares" and value.level != "custom":
            value = vim.SharesInfo(shares=places.SHARES[value.level], level=value.level)
        setattr(target, info.name, value)

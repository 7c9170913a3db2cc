"""vSAN's health of a cluster, as its own service below `/vsanHealth` tells it to a client with the same session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.control import steers
from tests.lab.vsphere.soap.steered import entity

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

SYSTEM = "vsan-cluster-health-system"
GROUPS = {"network": "Network", "physicalDisks": "Physical disk", "data": "Data", "limits": "Capacity utilization"}
"""Groups that vSAN's health checks have, by the end of their ids (`com.vmware.vsan.health.test.network`)."""


def begin_with(vc: Vcenter) -> None:
    """The service, and vSAN on in the estate's cluster."""
    vc.site.add(vim.cluster.VsanVcClusterHealthSystem, SYSTEM)
    for cluster in vc.site.of(vim.ClusterComputeResource):
        if cluster.name == "campus-cluster":
            cluster.facts["configurationEx"].vsanConfigInfo = vim.vsan.cluster.ConfigInfo(
                enabled=True,
                defaultConfig=vim.vsan.cluster.ConfigInfo.HostDefaultInfo(uuid="52ca3900-0000-0000-0000-000000000001"),
            )
            vc.site.touch(cluster)


@serves("VsanQueryVcClusterHealthSummary")
def _summary(call: Call) -> Any:
    """*vSAN Management API*: `overallHealth` is the worst of its groups: green, yellow, red. ASSUMED fault of a
    cluster without vSAN: NotSupported."""
    cluster = call.thing(call.given.cluster)
    if not cluster.facts["configurationEx"].vsanConfigInfo.enabled:
        raise vmodl.fault.NotSupported(msg="vSAN is not enabled on the cluster.")
    states: dict[str, str] = cluster.private.get("vsan", {})
    groups = [
        vim.cluster.VsanClusterHealthGroup(
            groupId=f"com.vmware.vsan.health.test.{key}",
            groupName=name,
            groupHealth=states.get(key, "green"),
            groupTests=[
                vim.cluster.VsanClusterHealthTest(
                    testId=f"com.vmware.vsan.health.test.{key}check",
                    testName=f"{name} check",
                    testHealth=states.get(key, "green"),
                )
            ],
        )
        for key, name in GROUPS.items()
    ]
    worst = max((group.groupHealth for group in groups), key=("green", "yellow", "red").index)
    return vim.cluster.VsanClusterHealthSummary(
        overallHealth=worst,
        overallHealthDescription="" if worst == "green" else f"{worst} health in vSAN",
        groups=groups,
        timestamp=call.site.now(),
        cluster=cluster.ref,
    )


@steers
def vsan(vc: Vcenter, cluster: str, group: str, health: str) -> None:
    """One of vSAN's groups (`network`, `physicalDisks`, `data`, `limits`) gets another health."""
    entity(vc, cluster).private.setdefault("vsan", {})[group] = health

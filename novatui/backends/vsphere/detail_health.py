"""How the protection of a cluster stands: what HA says of each host and of its reserves, and of vSAN what hosts tell.

The health service of vSAN (a SOAP service of its own) is not asked: this is what every host tells by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novatui.backends.vsphere.asking import Asking, Told
from novatui.backends.vsphere.fields import each, number, refs, truth, words
from novatui.backends.vsphere.tree import shown_name
from novatui.core.detail import Property
from novatui.core.errors import NotFound

HOST = ("name", "runtime.dasHostState", "runtime.vsanRuntimeInfo")

STATES: dict[str, str] = {
    "master": "leads",
    "connectedToMaster": "protected",
    "networkPartitionedFromMaster": "cut off from the leader, sees other hosts",
    "networkIsolated": "isolated",
    "hostDown": "down",
    "initializationError": "its agent did not start",
    "uninitializationError": "its agent did not stop",
    "fdmUnreachable": "its agent cannot be reached",
    "election": "is choosing a leader",
    "uninitialized": "its agent does not run",
    "retry": "is trying to reach the leader again",
}
"""ClusterDasFdmAvailabilityState."""


def cluster_health(values: dict[str, Any], asking: Asking) -> Iterator[Property]:
    """Facts of HA and vSAN where they are switched on."""
    config, summary = values.get("configurationEx"), values.get("summary")
    ha, vsan = (truth(config, f"{name}.enabled") is True for name in ("dasConfig", "vsanConfigInfo"))
    if not ha and not vsan:
        return
    hosts = _hosts(values, asking)
    if ha:
        yield from _reserves(summary)
        for host in hosts:
            state = words(host.values.get("runtime.dasHostState"), "state")
            yield Property("HA hosts", _name(host), STATES.get(state, state) or "not told")
    if vsan:
        for host in hosts:
            yield Property("vSAN hosts", _name(host), _vsan(host))


def _hosts(values: dict[str, Any], asking: Asking) -> list[Told]:
    try:
        return asking.each(refs(values, "host"), HOST)
    except NotFound:
        return []  # one has just left; the next look has the others


def _name(host: Told) -> str:
    return shown_name(words(host.values.get("name"))) or host.ref.id


def _reserves(summary: Any) -> Iterator[Property]:
    """ClusterFailoverResourcesAdmissionControlInfo: percent that are free for restarts."""
    for field, name in (
        ("currentCpuFailoverResourcesPercent", "processors kept free now"),
        ("currentMemoryFailoverResourcesPercent", "memory kept free now"),
    ):
        percent = number(summary, f"admissionControlInfo.{field}")
        if percent is not None:
            yield Property("HA", name, f"{percent} %")


def _vsan(host: Told) -> str:
    """VsanHostRuntimeInfo: who it sees, and disks in trouble."""
    info = host.values.get("runtime.vsanRuntimeInfo")
    if info is None:
        return "not told"
    members = each(info, "membershipList")
    issues = [f"{words(one, 'diskId')}: {words(one, 'issue')}" for one in each(info, "diskIssues")]
    seen = f"sees {len(members)} members" if members else "sees no other member"
    return ", ".join([seen, *issues]) if issues else f"{seen}, no trouble with its disks"

"""What a person has to see of a vCenter that was walked, and what `novatui ls --json` shows, in one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.lab.vsphere.walk import Seen

KINDS = {
    "Datacenter": "datacenter",
    "Folder": "folder",
    "StoragePod": "folder",
    "ClusterComputeResource": "cluster",
    "HostSystem": "host",
    "ResourcePool": "resource_pool",
    "VirtualApp": "resource_pool",
    "Datastore": "datastore",
    "Network": "network",
    "DistributedVirtualPortgroup": "network",
    "VirtualMachine": "vm",
}
"""What the console calls a type. A ComputeResource is the product's wrapping of a lone host: nobody sees it."""

STATES = {"poweredOn": "running", "poweredOff": "off", "suspended": "suspended"}
POOLS = ("ResourcePool", "VirtualApp")


class Row(NamedTuple):
    kind: str
    name: str
    parent: str
    """The product's reference of what it stands in; empty: right below the connection."""
    state: str
    host: str


def expected(seen: Mapping[str, Seen], hosts: Mapping[str, str]) -> dict[str, Row]:
    """What a person has to see of a walk. `hosts`: the lone host of each ComputeResource."""

    def is_shown(one: Seen) -> bool:
        above = seen.get(one.parent)
        if one.kind == "Folder":
            return above is None or above.kind != "Datacenter" or one.name not in {"vm", "host", "datastore", "network"}
        if one.kind == "ResourcePool":
            return above is not None and above.kind in POOLS
        return one.kind in KINDS

    def place(reference: str) -> str:
        """The nearest that is shown from here up."""
        while (above := seen.get(reference)) is not None and not is_shown(above):
            reference = hosts.get(reference) or above.parent
        return reference if reference in seen else ""

    rows: dict[str, Row] = {}
    for one in filter(is_shown, seen.values()):
        kind, state, host = KINDS[one.kind], "", ""
        above = place(one.parent)
        if one.kind == "HostSystem":
            state = "running" if one.facts["runtime.connectionState"] == "connected" else "unknown"
            above = one.parent if seen[one.parent].kind in KINDS else place(seen[one.parent].parent)
        if one.kind == "VirtualMachine":
            connected = one.facts["runtime.connectionState"] == "connected"
            state = STATES[one.facts["runtime.powerState"]] if connected else "unknown"
            host = one.facts.get("runtime.host", "")
            kind, above = ("template", above) if one.facts.get("config.template") else ("vm", host)
        rows[one.reference] = Row(kind, one.name, above, state, host)
    return rows


def lone_hosts(seen: Mapping[str, Seen]) -> dict[str, str]:
    hosts = (one for one in seen.values() if one.kind == "HostSystem")
    return {one.parent: one.reference for one in hosts if seen[one.parent].kind == "ComputeResource"}


def told(objects: list[dict[str, Any]]) -> dict[str, Row]:
    native = {one["ref"]: one["native_id"] for one in objects if "native_id" in one}
    return {
        one["native_id"]: Row(
            one["kind"],
            one["name"],
            native.get(one.get("parent_ref", ""), ""),
            one.get("state", ""),
            native.get(one.get("host_ref", ""), "") if one["kind"] in {"vm", "template"} else "",
        )
        for one in objects
    }

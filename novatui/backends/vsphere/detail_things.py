"""Stores, networks, pools, clusters and what only holds others, in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novatui.backends.parts import Gatherer
from novatui.backends.vsphere.asking import Asking, Told
from novatui.backends.vsphere.detail_health import cluster_health
from novatui.backends.vsphere.errors import from_fault
from novatui.backends.vsphere.fields import at, each, native, number, refs, truth, type_of, words, yes_no
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.recommendations import PATH as RECOMMENDED
from novatui.backends.vsphere.recommendations import told as recommended
from novatui.backends.vsphere.updates import Fault, Ref
from novatui.backends.vsphere.volumes import Volumes
from novatui.core.detail import Detail, Property, User, Users
from novatui.core.errors import NovaError, Unreachable
from novatui.core.units import size

GROUP = "DistributedVirtualPortgroup"

PATHS: dict[str, tuple[str, ...]] = {
    "Datastore": ("summary", "info", "host", "vm", "iormConfiguration"),
    "Network": ("summary", "host", "vm"),
    GROUP: ("summary", "config", "host", "vm"),
    "ResourcePool": ("config", "runtime", "summary", "vm"),
    "VirtualApp": ("config", "runtime", "summary", "vm", "vAppConfig.product"),
    "ClusterComputeResource": ("configurationEx", "summary", "host", RECOMMENDED),
    "StoragePod": ("summary", "podStorageDrsEntry.storageDrsConfig.podConfig"),
}
"""By type; of all others the name only."""


class ThingDetail:
    """Reads one of them with one request, a distributed port group with one more for its switch."""

    def __init__(self, asking: Asking, inventory: Inventory, volumes: Volumes) -> None:
        self._asking = asking
        self._inventory = inventory
        self._volumes = volumes

    def read(self, wanted: str, ref: Ref, gather: Gatherer) -> Detail:
        """NotFound when it is gone."""
        told = self._asking.of(ref, PATHS.get(ref.type, PATHS["Network"] if "Network" in ref.type else ("name",)))
        used = ref.type == "Datastore" or ref.type == GROUP or "Network" in ref.type
        return Detail(
            key=wanted,
            users=gather.part("users", lambda: self._users(told)) if used else None,
            properties=tuple(self._properties(told)),
            raw=native(told.values) if gather.wants("raw") else "",
            raw_format="json",
            failures=gather.failures,
        )

    def _users(self, told: Told) -> Users:
        if "vm" in told.unread:
            raise from_fault(Fault(told.unread["vm"], "", {}))
        if told.ref.type == "Datastore":
            return self._volumes.users(told.ref)
        keys = [self._inventory.key_of(each) for each in refs(told.values, "vm")]
        return Users(machines=tuple(User(key=key) for key in keys if key), untold=keys.count(""))

    def _properties(self, told: Told) -> Iterator[Property]:
        values, kind = told.values, told.ref.type
        if kind == "Datastore":
            yield from _store(values)
            yield from self._mounts(values)
        elif kind == GROUP or "Network" in kind:
            yield from self._network(values)
        elif kind in ("ResourcePool", "VirtualApp"):
            yield from _pool(values)
        elif kind == "ClusterComputeResource":
            yield from _cluster(values)
            yield from cluster_health(values, self._asking)
            yield from recommended(values, self._asking, self._inventory)
        elif kind == "StoragePod":
            yield from _pod(values)

    def _mounts(self, values: dict[str, Any]) -> Iterator[Property]:
        """DatastoreHostMount: a store is one thing and its way to each host another."""
        for one in each(values, "host"):
            for host in refs(one, "key"):
                reason = words(one, "mountInfo.inaccessibleReason")
                lost = f"not accessible {reason}" if truth(one, "mountInfo.accessible") is False else ""
                text = ", ".join(filter(None, (words(one, "mountInfo.accessMode"), lost)))
                yield Property("hosts", self._inventory.name_of(host) or host.id, text or "mounted")

    def _network(self, values: dict[str, Any]) -> Iterator[Property]:
        config = values.get("config")
        if switch := next(iter(refs(config, "distributedVirtualSwitch")), None):
            yield from self._switch(switch)
        yield from _told(
            "network",
            {
                "accessible": yes_no(values, "summary.accessible"),
                "IP pool": words(values.get("summary"), "ipPoolName"),
                "port binding": words(config, "type"),
                "ports": words(config, "numPorts"),
                "grows by itself": yes_no(config, "autoExpand"),
                "uplink ports": yes_no(config, "uplink"),
            },
        )
        port = at(config, "defaultPortConfig")
        yield from _told(
            "policy",
            {
                "VLAN": _vlan(at(port, "vlan")),
                "promiscuous mode": yes_no(port, "securityPolicy.allowPromiscuous.value"),
                "MAC changes": yes_no(port, "securityPolicy.macChanges.value"),
                "forged transmits": yes_no(port, "securityPolicy.forgedTransmits.value"),
                "teaming": words(port, "uplinkTeamingPolicy.policy.value"),
                "blocked": yes_no(port, "blocked.value"),
            },
        )
        for host in refs(values, "host"):
            yield Property("hosts", self._inventory.name_of(host) or host.id, "has it")

    def _switch(self, switch: Ref) -> Iterator[Property]:
        try:
            told = self._asking.of(switch, ("name", "config.maxMtu", "summary.productInfo.version"))
        except Unreachable:
            raise
        except NovaError as error:
            yield Property("distributed switch", "not read", error.failure.message)
            return
        yield from _told(
            "distributed switch",
            {
                "name": words(told.values, "name"),
                "MTU": str(told.values.get("config.maxMtu") or ""),
                "version": str(told.values.get("summary.productInfo.version") or ""),
            },
        )


def _told(section: str, facts: dict[str, str]) -> Iterator[Property]:
    """Those that are told."""
    yield from (Property(section, name, value) for name, value in facts.items() if value)


def _vlan(vlan: Any) -> str:
    """One id (0: none), a trunk of ranges, or a private VLAN."""
    if private := words(vlan, "pvlanId"):
        return f"private {private}"
    if ranges := each(vlan, "vlanId"):
        return "trunk " + ", ".join(f"{words(one, 'start')}-{words(one, 'end')}" for one in ranges)
    single = words(vlan, "vlanId")
    return "none" if single == "0" else single


def _store(values: dict[str, Any]) -> Iterator[Property]:
    info = values.get("info")
    summary = values.get("summary")
    uncommitted = number(summary, "uncommitted")
    extents = [f"{words(one, 'diskName')}:{words(one, 'partition')}" for one in each(info, "vmfs.extent")]
    nas = "nas.remoteHost", "nas.remotePath"
    yield from _told(
        "store",
        {
            "address": words(summary, "url"),
            "promised beyond its files": size(uncommitted) if uncommitted is not None else "",
            "maintenance": words(summary, "maintenanceMode"),
            "accessible": yes_no(summary, "accessible"),
            "VMFS version": words(info, "vmfs.version"),
            "extents": ", ".join(extents),
            "NFS export": ":".join(filter(None, (words(info, path) for path in nas))),
            "largest file": size(number(info, "maxFileSize")) if number(info, "maxFileSize") else "",
            "I/O control": yes_no(values.get("iormConfiguration"), "enabled"),
        },
    )


def _pool(values: dict[str, Any]) -> Iterator[Property]:
    """ResourceConfigSpec in MHz and MiB; ResourcePoolRuntimeInfo in MHz and bytes."""
    config, runtime = values.get("config"), values.get("runtime")
    for name, path, unit in (("processors", "cpuAllocation", "MHz"), ("memory", "memoryAllocation", "MiB")):
        info = at(config, path)
        kept, limit = number(info, "reservation"), number(info, "limit")
        shares = " ".join(filter(None, (words(info, "shares.shares"), f"({words(info, 'shares.level')})")))
        yield from _told(
            name,
            {
                "reservation": "" if kept is None else f"{kept} {unit}",
                "expandable": yes_no(info, "expandableReservation"),
                "limit": "" if limit is None else f"{limit} {unit}" if limit >= 0 else "none",
                "shares": shares if at(info, "shares") is not None else "",
            },
        )
        yield from _told(name, _used(at(runtime, "cpu" if unit == "MHz" else "memory"), unit))
    yield from _told("state", {"overall": words(runtime, "overallStatus")})


def _used(usage: Any, unit: str) -> dict[str, str]:
    """ResourcePoolResourceUsage."""
    names = {
        "in use": "overallUsage",
        "reserved in it": "reservationUsed",
        "left for pools": "unreservedForPool",
        "left for machines": "unreservedForVm",
        "at most": "maxUsage",
    }
    found = {name: number(usage, path) for name, path in names.items()}
    return {
        name: "" if value is None else f"{value} MHz" if unit == "MHz" else size(value) for name, value in found.items()
    }


def _cluster(values: dict[str, Any]) -> Iterator[Property]:
    config, summary = values.get("configurationEx"), values.get("summary")
    yield from _told(
        "hosts",
        {
            "all": words(summary, "numHosts"),
            "usable": words(summary, "numEffectiveHosts"),
            "processors": words(summary, "numCpuThreads"),
            "usable clock": f"{words(summary, 'effectiveCpu')} MHz" if words(summary, "effectiveCpu") else "",
            "memory": size(found) if (found := number(summary, "totalMemory")) is not None else "",
            "EVC mode": words(summary, "currentEVCModeKey"),
        },
    )
    yield from _told(
        "HA",
        {
            "enabled": yes_no(config, "dasConfig.enabled"),
            "host monitoring": words(config, "dasConfig.hostMonitoring"),
            "machine monitoring": words(config, "dasConfig.vmMonitoring"),
            "admission control": yes_no(config, "dasConfig.admissionControlEnabled"),
            "host failures borne": words(summary, "currentFailoverLevel"),
        },
    )
    yield from _told(
        "DRS",
        {
            "enabled": yes_no(config, "drsConfig.enabled"),
            "automation": words(config, "drsConfig.defaultVmBehavior"),
            "migration threshold": words(config, "drsConfig.vmotionRate"),
            "power management": yes_no(config, "dpmConfigInfo.enabled"),
            "migrations so far": words(summary, "numVmotions"),
        },
    )
    yield from _told("vSAN", {"enabled": yes_no(config, "vsanConfigInfo.enabled")})
    for rule in each(config, "rule"):
        kind = type_of(rule).removeprefix("Cluster").removesuffix("Info").removesuffix("Spec")
        state = "" if truth(rule, "enabled") else "switched off"
        yield Property("rules", words(rule, "name") or words(rule, "key"), ", ".join(filter(None, (kind, state))))
    for group in each(config, "group"):
        count = len(refs(group, "vm")) + len(refs(group, "host"))
        yield Property("groups", words(group, "name"), f"{count} {'hosts' if 'Host' in type_of(group) else 'machines'}")


def _pod(values: dict[str, Any]) -> Iterator[Property]:
    config = values.get("podStorageDrsEntry.storageDrsConfig.podConfig")
    yield from _told(
        "storage DRS",
        {
            "enabled": yes_no(config, "enabled"),
            "automation": words(config, "defaultVmBehavior"),
            "balances load": yes_no(config, "ioLoadBalanceEnabled"),
        },
    )

"""The inventory of a vCenter as plain values, walked by pyVmomi from folder to folder: what a console has to show."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import unquote

from pyVmomi import vim

from tests.lab.vsphere.client import everything

PATHS: dict[type, tuple[str, ...]] = {
    vim.Folder: ("name", "parent"),
    vim.StoragePod: ("name", "parent"),
    vim.Datacenter: ("name", "parent"),
    vim.ComputeResource: ("name", "parent"),
    vim.ClusterComputeResource: ("name", "parent"),
    vim.HostSystem: ("name", "parent", "summary.hardware.uuid", "runtime.connectionState"),
    vim.ResourcePool: ("name", "parent"),
    vim.VirtualApp: ("name", "parent"),
    vim.Datastore: ("name", "parent", "summary.capacity"),
    vim.Network: ("name", "parent"),
    vim.dvs.DistributedVirtualPortgroup: ("name", "parent"),
    vim.VirtualMachine: (
        "name",
        "parent",
        "parentVApp",
        "resourcePool",
        "runtime.host",
        "runtime.powerState",
        "runtime.connectionState",
        "config.template",
        "config.uuid",
        "config.hardware.numCPU",
        "config.hardware.memoryMB",
    ),
}
"""Most special last: an object that is found as two kinds is the later one."""


@dataclass(frozen=True)
class Seen:
    """One object of the server, under its own names."""

    reference: str
    kind: str
    """The product's type: `VirtualMachine`, `ClusterComputeResource` …"""
    name: str
    """As people see it: the product escapes `%`, `/` and `\\`."""
    path: tuple[str, ...]
    """Names from the top down to its parent, without the product's own folders and the root."""
    facts: dict[str, Any] = field(default_factory=dict)
    parent: str = ""
    """Reference of what the product says it stands in; a machine of a vApp stands in that."""


HIDDEN = frozenset({"vm", "host", "datastore", "network"})
"""Folders that every datacenter has: nobody made them."""


def walk(service: vim.ServiceInstance) -> dict[str, Seen]:
    """Everything that has a name, by reference."""
    objects: dict[str, tuple[str, dict[str, Any]]] = {}
    for kind, paths in PATHS.items():
        for reference, facts in everything(service, kind, paths).items():
            objects[reference] = (kind.__name__.rpartition(".")[2], facts)
    return {reference: _seen(reference, objects) for reference in objects}


def plain(service: vim.ServiceInstance) -> list[dict[str, Any]]:
    """The same for a JSON file, by path and name."""
    seen = sorted(walk(service).values(), key=lambda one: (one.path, one.name, one.reference))
    return [asdict(one) for one in seen]


def _seen(reference: str, objects: dict[str, tuple[str, dict[str, Any]]]) -> Seen:
    kind, facts = objects[reference]
    path: list[str] = []
    above = _above(facts)
    while above is not None and above in objects:
        its_kind, its_facts = objects[above]
        if not _is_own_folder(its_kind, its_facts, objects):
            path.insert(0, unquote(its_facts["name"]))
        above = _above(its_facts)
    rest = {name: _plain(value) for name, value in facts.items() if name not in {"name", "parent", "parentVApp"}}
    return Seen(reference, kind, unquote(facts["name"]), tuple(path), rest, _above(facts) or "")


def _above(facts: dict[str, Any]) -> str | None:
    parent = facts.get("parentVApp") or facts.get("parent")
    return None if parent is None else parent._moId


def _is_own_folder(kind: str, facts: dict[str, Any], objects: dict[str, tuple[str, dict[str, Any]]]) -> bool:
    parent = _above(facts)
    lies_in_datacenter = parent in objects and objects[parent][0] == "Datacenter"
    return kind == "Folder" and facts["name"] in HIDDEN and lies_in_datacenter


def _plain(value: Any) -> Any:
    return value._moId if isinstance(value, vim.ManagedEntity) else value if isinstance(value, int) else str(value)

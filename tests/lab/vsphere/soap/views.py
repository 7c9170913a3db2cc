"""ViewManager: container and list views, whose content follows the inventory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.state import Site, Thing

CHILDREN: dict[Any, tuple[str, ...]] = {
    vim.Folder: ("childEntity",),
    vim.Datacenter: ("vmFolder", "hostFolder", "datastoreFolder", "networkFolder"),
    vim.ComputeResource: ("host", "resourcePool"),
    vim.HostSystem: ("vm", "datastore", "network"),
    vim.ResourcePool: ("resourcePool", "vm"),
}
"""*API, ViewManager.CreateContainerView*: what a view of each container has; other containers are InvalidArgument."""


def below(site: Site, container: Thing, recursive: bool) -> Iterator[Thing]:
    """Objects in a container, each once."""
    seen: set[str] = set()
    waiting = [(container, True)]
    while waiting:
        thing, goes_on = waiting.pop(0)
        if not goes_on:
            continue
        for child in _children(site, thing, asked=thing is container):
            if child.id not in seen:
                seen.add(child.id)
                yield child
                waiting.append((child, recursive))


def _children(site: Site, thing: Thing, *, asked: bool) -> Iterator[Thing]:
    """Below a container only the host that was asked for itself contains its machines: elsewhere folders have them."""
    for kind, names in CHILDREN.items():
        if thing.is_a(kind) and (asked or kind is not vim.HostSystem):
            for name in names:
                refs = thing.facts.get(name) or []
                for ref in refs if isinstance(refs, list) else [refs]:
                    if ref._moId in site.things:
                        yield site.things[ref._moId]


@serves("CreateContainerView")
def _container_view(call: Call) -> Any:
    given, container = call.given, call.thing(call.given.container)
    if not container.is_a(tuple(CHILDREN)):
        raise vmodl.fault.InvalidArgument(invalidProperty="container", msg="Not a container.")
    kinds = tuple(given.type)
    known: dict[str, Any] = {"shape": -1, "refs": []}

    def content() -> list[Any]:
        if known["shape"] != call.site.shape:
            found = below(call.site, container, given.recursive)
            known["refs"] = [one.ref for one in found if not kinds or one.is_a(kinds)]
            known["shape"] = call.site.shape
        return known["refs"]

    return _kept(
        call,
        vim.view.ContainerView,
        view=content,
        container=container.ref,
        type=list(given.type),
        recursive=given.recursive,
    )


@serves("CreateListView")
def _list_view(call: Call) -> Any:
    """*API*: objects that are gone leave the list by themselves."""
    refs = list(call.given.obj)
    return _kept(call, vim.view.ListView, view=lambda: [ref for ref in refs if ref._moId in call.site.things])


def _kept(call: Call, kind: Any, **facts: Any) -> Any:
    view = call.site.add(kind, **facts)
    assert call.session
    call.session.owned.append(view)
    manager = call.vc.view_manager
    manager.facts["viewList"] = [*manager.facts["viewList"], view.ref]
    return view.ref


@serves("ModifyListView")
def _modify_list_view(call: Call) -> Any:
    old = call.this.facts["view"]()
    gone = {ref._moId for ref in call.given.remove}
    refs = [ref for ref in old if ref._moId not in gone] + [ref for ref in call.given.add if ref not in old]
    call.this.facts["view"] = lambda: [ref for ref in refs if ref._moId in call.site.things]
    call.site.reshaped(call.this)
    return []


@serves("DestroyView")
def _destroy_view(call: Call) -> None:
    call.site.remove(call.this)
    manager = call.vc.view_manager
    manager.facts["viewList"] = [ref for ref in manager.facts["viewList"] if ref != call.this.ref]

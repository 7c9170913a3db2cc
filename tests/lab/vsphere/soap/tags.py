"""Tags and categories by REST, attached to what the world tags; and the content library.

*vSphere Automation API, cis/tagging*: ids are `urn:vmomi:InventoryServiceTag:…:GLOBAL`; an object is named by its
reference and type.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from tests.lab.vsphere.soap.control import steers
from tests.lab.vsphere.soap.rest import Asked, Refused, not_found, route
from tests.lab.vsphere.soap.steered import entity

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

WORLD = "world"
"""The category of the seeded world's tags."""

TAGGING = "/api/cis/tagging"
LIBRARY = {
    "id": "5eed0000-0000-4000-9000-000000000001",
    "name": "isos",
    "type": "LOCAL",
    "description": "Images",
    "version": "2",
}
ITEMS = [
    {
        "id": f"5eed0000-0000-4000-9000-00000000010{at}",
        "library_id": LIBRARY["id"],
        "name": name,
        "type": "iso",
        "size": size,
        "description": "",
    }
    for at, (name, size) in enumerate({"installer": 733151232, "rescue": 104857600}.items())
]


@dataclass
class Tagging:
    """Categories, tags, and what they are attached to."""

    categories: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, dict[str, Any]] = field(default_factory=dict)
    attached: dict[str, dict[str, str]] = field(default_factory=dict)
    """By tag id: the type of each object by its reference."""

    def category(self, name: str) -> str:
        """The category of that name, made where it lacks."""
        known = next((id for id, one in self.categories.items() if one["name"] == name), None)
        return known or self.add_category(
            {"name": name, "description": "", "cardinality": "MULTIPLE", "associable_types": []}
        )

    def add_category(self, words: dict[str, Any]) -> str:
        id = f"urn:vmomi:InventoryServiceCategory:{_uuid(words['name'])}:GLOBAL"
        self.categories[id] = {"id": id, "used_by": [], **words}
        return id

    def tag(self, name: str, category: str) -> str:
        """The tag of that name in a category, made where it lacks."""
        known = (id for id, one in self.tags.items() if (one["name"], one["category_id"]) == (name, category))
        return next(known, "") or self.add_tag({"name": name, "description": "", "category_id": category})

    def add_tag(self, words: dict[str, Any]) -> str:
        id = f"urn:vmomi:InventoryServiceTag:{_uuid(words['category_id'] + words['name'])}:GLOBAL"
        self.tags[id] = {"id": id, "used_by": [], **words}
        self.attached[id] = {}
        return id


def _uuid(name: str) -> str:
    """The same at every start."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def begin_with(vc: Vcenter) -> None:
    """Attach the world's tags."""
    for vm in vc.site.of(vim.VirtualMachine):
        for name in vm.private.get("tags", ()):
            attach(vc, vm.id, name)


def of(vc: Vcenter) -> Tagging:
    """The tags of this server."""
    found = vc.root.private.setdefault("tagging", Tagging())
    assert isinstance(found, Tagging)
    return found


def attach(vc: Vcenter, id: str, name: str, category: str = WORLD) -> str:
    tagging = of(vc)
    tag = tagging.tag(name, tagging.category(category))
    tagging.attached[tag][id] = vc.site.things[id].kind._wsdlName
    return tag


def _one(known: dict[str, dict[str, Any]], asked: Asked, what: str) -> dict[str, Any]:
    if not asked.path or asked.path[0] not in known:
        raise not_found(what)
    return known[asked.path[0]]


@route("GET", f"{TAGGING}/category")
def _categories(asked: Asked) -> Any:
    known = of(asked.vc).categories
    return _one(known, asked, "Category") if asked.path else list(known)


@route("POST", f"{TAGGING}/category")
def _new_category(asked: Asked) -> Any:
    words = {name: asked.words[name] for name in ("name", "description", "cardinality", "associable_types")}
    if any(one["name"] == words["name"] for one in of(asked.vc).categories.values()):
        raise Refused("ALREADY_EXISTS", 400, f"The category {words['name']} exists already.")
    return of(asked.vc).add_category(words)


@route("GET", f"{TAGGING}/tag")
def _tags(asked: Asked) -> Any:
    known = of(asked.vc).tags
    return _one(known, asked, "Tag") if asked.path else list(known)


@route("POST", f"{TAGGING}/tag")
def _new_tag(asked: Asked) -> Any:
    """A new tag, or with `action=list-tags-for-category` those of a category."""
    if asked.query.get("action") == "list-tags-for-category":
        return [id for id, one in of(asked.vc).tags.items() if one["category_id"] == asked.words["category_id"]]
    words = {name: asked.words[name] for name in ("name", "description", "category_id")}
    if words["category_id"] not in of(asked.vc).categories:
        raise not_found("Category")
    return of(asked.vc).add_tag(words)


@route("DELETE", f"{TAGGING}/tag")
def _drop_tag(asked: Asked) -> None:
    tag = _one(of(asked.vc).tags, asked, "Tag")
    del of(asked.vc).tags[tag["id"]], of(asked.vc).attached[tag["id"]]


@route("POST", f"{TAGGING}/tag-association")
def _association(asked: Asked) -> Any:
    """What is attached to what, of one or many; attaching and detaching one tag."""
    tagging, words = of(asked.vc), asked.words
    present = {id for ids in tagging.attached.values() for id in ids if id in asked.vc.site.things}

    def tags_on(id: str) -> list[str]:
        return [tag for tag, objects in tagging.attached.items() if id in objects and id in present]

    def objects_of(tag: str) -> list[dict[str, str]]:
        if tag not in tagging.attached:
            raise not_found("Tag")
        return [{"id": id, "type": kind} for id, kind in tagging.attached[tag].items() if id in present]

    match asked.query.get("action"):
        case "list-attached-tags":
            return tags_on(words["object_id"]["id"])
        case "list-attached-tags-on-objects":
            told = [{"object_id": one, "tag_ids": tags_on(one["id"])} for one in words["object_ids"]]
            return [one for one in told if one["tag_ids"]]
        case "list-attached-objects":
            return objects_of(asked.path[0])
        case "list-attached-objects-on-tags":
            return [{"tag_id": tag, "object_ids": objects_of(tag)} for tag in words["tag_ids"]]
        case "attach" | "detach" as action:
            _change(asked, tagging, action)
            return None
    raise Refused("INVALID_ARGUMENT", 400, "No such action.")


def _change(asked: Asked, tagging: Tagging, action: str) -> None:
    tag, object_id = _one(tagging.tags, asked, "Tag")["id"], asked.words["object_id"]
    thing = asked.vc.site.things.get(object_id["id"])
    if thing is None:
        raise not_found("Object")
    if not asked.vc.rights.has(asked.session.user, thing, "InventoryService.Tagging.AttachTag"):
        raise Refused("UNAUTHORIZED", 403, "Permission denied: InventoryService.Tagging.AttachTag")
    if action == "attach":
        tagging.attached[tag][thing.id] = object_id["type"]
    else:
        tagging.attached[tag].pop(thing.id, None)


@route("GET", "/api/content/library")
def _libraries(asked: Asked) -> Any:
    return _one({LIBRARY["id"]: LIBRARY}, asked, "Library") if asked.path else [LIBRARY["id"]]


@route("GET", "/api/content/library/item")
def _items(asked: Asked) -> Any:
    known = {one["id"]: one for one in ITEMS}
    return (
        _one(known, asked, "Item")
        if asked.path
        else [id for id, one in known.items() if one["library_id"] == asked.query.get("library_id")]
    )


@steers
def tag(vc: Vcenter, name: str, tag: str, category: str = WORLD) -> str:
    """Attach a tag to an entity; the tag's id."""
    return attach(vc, entity(vc, name).id, tag, category)


@steers
def untag(vc: Vcenter, name: str, tag: str) -> None:
    """Take every tag of that name from an entity."""
    tagging, id = of(vc), entity(vc, name).id
    for known, one in tagging.tags.items():
        if one["name"] == tag:
            tagging.attached[known].pop(id, None)

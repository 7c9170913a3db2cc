"""A filter of the PropertyCollector: which objects it selects, what their properties are, what changed since it was
told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyVmomi import vmodl
from pyVmomi.VmomiSupport import GetWsdlName

from tests.lab.vsphere.soap import paths
from tests.lab.vsphere.soap.state import Site, Thing
from tests.lab.vsphere.soap.wire import element, escaped

Reading = vmodl.query.PropertyCollector


@dataclass
class Selection:
    """A PropertyFilterSpec that was checked."""

    site: Site
    spec: Any
    version: str

    def __post_init__(self) -> None:
        """*API, CreateFilter*: InvalidProperty "if the property path is not known"; ManagedObjectNotFound."""
        for wanted in self.spec.propSet:
            for path in wanted.pathSet:
                paths.check(wanted.type, path)
        for start in self.spec.objectSet:
            if not self.spec.reportMissingObjectsInResults:
                self.site.find(start.obj)
        self._steps = {
            step.name: step for step in _all_steps(self.spec) if step.name and isinstance(step, Reading.TraversalSpec)
        }
        self._paths: dict[Any, tuple[str, ...]] = {}

    def objects(self) -> dict[str, Thing]:
        """What is selected now: it starts at objects and follows references; each object once."""
        found: dict[str, Thing] = {}
        visited: set[tuple[str, int]] = set()
        for start in self.spec.objectSet:
            thing = self.site.things.get(start.obj._moId)
            if thing is None:
                continue
            if not start.skip and self.paths_of(thing.kind) is not None:
                found[thing.id] = thing
            self._follow(thing, start.selectSet, found, visited)
        return found

    def _follow(self, origin: Thing, selectors: Any, found: dict[str, Thing], visited: set[tuple[str, int]]) -> None:
        waiting: list[tuple[Thing, Any]] = [(origin, selectors)]
        while waiting:
            thing, selectors = waiting.pop()
            for selector in selectors:
                step = selector if isinstance(selector, Reading.TraversalSpec) else self._steps.get(selector.name)
                if step is None or not thing.is_a(step.type) or (thing.id, id(step)) in visited:
                    continue
                visited.add((thing.id, id(step)))
                for target in self._targets(thing, step.path):
                    if not step.skip and target.id not in found and self.paths_of(target.kind) is not None:
                        found[target.id] = target
                    if step.selectSet:
                        waiting.append((target, step.selectSet))

    def _targets(self, thing: Thing, path: str) -> Iterator[Thing]:
        value = thing.read(path)
        refs = () if isinstance(value, paths.Absent) else value if isinstance(value, list) else (value,)
        return (self.site.things[ref._moId] for ref in refs if ref._moId in self.site.things)

    def paths_of(self, kind: Any) -> tuple[str, ...] | None:
        """Paths that are asked of objects of a type; None: no PropertySpec speaks of it.

        ASSUMED: where several of its types have one, their paths are taken together.
        """
        if kind not in self._paths:
            fitting = [one for one in self.spec.propSet if issubclass(kind, one.type)]
            wanted: dict[str, None] = {}
            for one in fitting:
                wanted |= dict.fromkeys([info.name for info in kind._GetPropertyList()] if one.all else one.pathSet)
            self._paths[kind] = tuple(wanted) if fitting else None  # type: ignore[assignment]
        return self._paths[kind]

    def values(self, thing: Thing) -> dict[str, tuple[str, bool]]:
        """Each path's value, written; "" and whether an object above it is unset, where it has none."""
        told: dict[str, tuple[str, bool]] = {}
        for path in self.paths_of(thing.kind) or ():
            value = thing.read(path)
            if isinstance(value, paths.Absent):
                told[path] = ("", value.below)
            else:
                told[path] = (element("val", value, self.version), False)
        return told


def _all_steps(spec: Any) -> Iterator[Any]:
    waiting = [step for start in spec.objectSet for step in start.selectSet]
    while waiting:
        step = waiting.pop()
        yield step
        if isinstance(step, Reading.TraversalSpec):
            waiting += step.selectSet


@dataclass
class Filter:
    """A selection and what its collector was told of it."""

    thing: Thing
    selection: Selection
    told: dict[str, tuple[Thing, dict[str, tuple[str, bool]]]] = field(default_factory=dict)
    serial: int = -1

    def forget(self) -> None:
        """Tell everything anew."""
        self.told = {}
        self.serial = -1

    def updates(self) -> list[str]:
        """ObjectUpdates since the last time, written; what they say counts as told."""
        site = self.selection.site
        if self.serial == site.serial:
            return []
        written: list[str] = []
        now = self.selection.objects()
        for id in [id for id in self.told if id not in now]:
            thing, _ = self.told.pop(id)
            written.append(_update("leave", thing, ""))
        for id, thing in now.items():
            before = self.told.get(id)
            if before is not None and thing.touched <= self.serial and not _lives(thing):
                continue
            values = self.selection.values(thing)
            if before is None:
                changes = "".join(_change(path, "assign", text) for path, (text, _) in values.items() if text)
                written.append(_update("enter", thing, changes))
            elif changes := "".join(_changes(before[1], values, site.unset_by)):
                written.append(_update("modify", thing, changes))
            self.told[id] = (thing, values)
        self.serial = site.serial
        return written


def _lives(thing: Thing) -> bool:
    """Whether properties are made when they are read: they may change though nobody touched the object."""
    return any(callable(value) and not isinstance(value, type) for value in thing.facts.values())


def _changes(before: dict[str, tuple[str, bool]], values: dict[str, tuple[str, bool]], unset: str) -> Iterator[str]:
    """*API, PropertyChangeOp*: `assign` a new value; `remove` when a property became unset, `indirectRemove` when a
    data object above it did (ASSUMED to be told so for every path below it)."""
    for path, (text, below) in values.items():
        if text != before[path][0]:
            yield _change(path, "assign" if text else "indirectRemove" if below and unset == "remove" else unset, text)


def _change(path: str, operation: str, value: str) -> str:
    return f"<changeSet><name>{escaped(path)}</name><op>{operation}</op>{value}</changeSet>"


def reference(tag: str, thing: Thing) -> str:
    """A reference as an element."""
    return f'<{tag} type="{GetWsdlName(thing.kind)}">{escaped(thing.id)}</{tag}>'


def _update(kind: str, thing: Thing, changes: str) -> str:
    return f"<objectSet><kind>{kind}</kind>{reference('obj', thing)}{changes}</objectSet>"


def content(tag: str, thing: Thing, values: dict[str, tuple[str, bool]]) -> str:
    """An ObjectContent; what is not set is left out."""
    told = "".join(
        f"<propSet><name>{escaped(path)}</name>{text}</propSet>" for path, (text, _) in values.items() if text
    )
    return f"<{tag}>{reference('obj', thing)}{told}</{tag}>"

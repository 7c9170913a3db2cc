"""Plans of deleting snapshots: what is merged, how much that is, and which ways back are gone."""

from __future__ import annotations

from novatui.backends.vsphere.planning import Planning, Subject, not_here, shows, yes
from novatui.backends.vsphere.snapcreate import of_consolidation
from novatui.backends.vsphere.snaptree import SnapshotTree, age_of
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict, InvalidInput
from novatui.core.operations import NativeCall, Operation, Plan
from novatui.core.snapshots import Snapshot
from novatui.core.units import size


class SnapshotDeletion:
    """Plans `snap.delete`."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def plan(self, machine: Subject, tree: SnapshotTree, operation: Operation) -> Plan:
        """The calls that delete it now: one for each tree that goes."""
        target = tree.find(operation.arguments.get("snapshot", ""))
        children = operation.arguments.get("children", "") or "keep"
        if children not in {"keep", "with", "only"}:
            raise InvalidInput("its children are kept, deleted with it, or deleted alone", subject="children")
        if yes(operation, "metadata") is True:
            raise not_here(
                "vSphere forgets no snapshot without its data",
                "deleting one merges its data into what grew from it",
                subject="metadata",
            )
        below = tree.descendants(target)
        if children == "only" and not below:
            raise Conflict(f"nothing grew from '{target.name}'", subject="children")
        roots = tree.children(target) if children == "only" else [target]
        doomed = below if children == "only" else [target, *(below if children == "with" else ())]
        calls = [self._call(at, root, whole=children != "keep") for at, root in enumerate(roots, 1)]
        return self._planning.plan(
            machine,
            *calls,
            warnings=of_consolidation(machine),
            losses=tuple(f"the way back to '{one.name}', taken {age_of(one)}" for one in doomed),
            costs=_costs(machine, doomed),
            irreversible="a deleted snapshot stays deleted",
            expects=shows(machine, "snapshots", str(len(tree) - len(doomed))),
        )

    def _call(self, at: int, root: Snapshot, *, whole: bool) -> NativeCall:
        """One tree, or its root alone. `consolidate` is the API's own default, said here so that it is seen."""
        return self._planning.call(
            at,
            "RemoveSnapshot_Task",
            Ref("VirtualMachineSnapshot", root.id),
            removeChildren=whole,
            consolidate=True,
        )


def _costs(machine: Subject, doomed: list[Snapshot]) -> tuple[str, ...]:
    sizes = [one.size for one in doomed]
    known = [each for each in sizes if each is not None]
    much = size(sum(known)) if len(known) == len(sizes) else "an unknown amount of data"
    told = [f"merges or frees {much}; that loads its datastore, and how long it takes depends on it"]
    if machine.running:
        told.append("the guest stands still for moments while the last of it is merged")
    return tuple(told)

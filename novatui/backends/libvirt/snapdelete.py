"""Plans of deleting snapshots: what libvirt merges, what it refuses, and what it would destroy without a word."""

from __future__ import annotations

from novatui.backends.libvirt.machine import Machine
from novatui.backends.libvirt.planning import Planning, reference, shows, yes
from novatui.backends.libvirt.snapcreate import LONG_S
from novatui.backends.libvirt.snaprevert import age_of
from novatui.backends.libvirt.snapshotting import DELETES_EXTERNAL, files_now, refuse_with_block_job
from novatui.backends.libvirt.snapsizes import file_sizes
from novatui.backends.libvirt.snaptree import SnapshotTree, moved
from novatui.backends.libvirt.snapxml import Taken
from novatui.core.errors import InvalidInput, NotSupported, NovaError
from novatui.core.operations import Operation, Plan
from novatui.core.units import size

_CHILDREN, _METADATA, _CHILDREN_ONLY = 1, 2, 4
"""VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN, _METADATA_ONLY, _CHILDREN_ONLY."""

_FLAGS = {"": 0, "keep": 0, "with": _CHILDREN, "only": _CHILDREN_ONLY}
_OPTIONS = ((_CHILDREN, "--children"), (_METADATA, "--metadata"), (_CHILDREN_ONLY, "--children-only"))

_FORGET = "or forget its entry and leave its files alone (metadata=yes)"

_CHAIN_OF_OFF = 9_001_000
"""Before this version (seen with 9.0) libvirt does not know the chain of files of a machine that is off."""


class SnapshotDeletion:
    """Plans `snap.delete`."""

    def __init__(self, planning: Planning, version: int) -> None:
        self._planning = planning
        self._version = version

    def plan(self, machine: Machine, tree: SnapshotTree, operation: Operation) -> Plan:
        """The call that deletes it now."""
        target = tree.find(operation.arguments.get("snapshot", ""))
        children = operation.arguments.get("children", "")
        if children not in _FLAGS:
            raise InvalidInput("its children are kept, deleted with it, or deleted alone", subject="children")
        metadata = yes(operation, "metadata") is True
        below = tree.descendants(target) if children in {"with", "only"} else []
        doomed = ([] if children == "only" else [target]) + below
        if not metadata:
            self._refuse(machine, tree, target, doomed)
        flags = _FLAGS[children] | (_METADATA if metadata else 0)
        options = [option for bit, option in _OPTIONS if flags & bit]
        words = ("--domain", reference(machine), "--snapshotname", target.name, *options)
        return self._planning.plan(
            machine,
            self._planning.call(
                1, "virDomainSnapshotDelete", long=True, dom=machine.uuid, snapshot=target.name, flags=flags
            ),
            commands=(self._planning.virsh("snapshot-delete", *words),),
            warnings=_left_behind(doomed) if metadata else (),
            losses=tuple(f"the way back to '{each.name}', taken {age_of(each)}" for each in doomed),
            costs=() if metadata else self._costs(machine, doomed),
            irreversible="its entry can be made again by hand only" if metadata else "a deleted snapshot stays deleted",
            expects=shows(machine, "snapshots", str(len(tree) - len(doomed)), within=LONG_S),
        )

    def _refuse(self, machine: Machine, tree: SnapshotTree, target: Taken, doomed: list[Taken]) -> None:
        if target.external or any(each.external for each in doomed):
            self._refuse_external(machine, tree, target, doomed)
        if machine.active:
            now = files_now(machine)
            for each in doomed:
                if not each.external and (other := moved(now, each.inside)):
                    raise NotSupported(
                        f"'{each.name}' is in a file that the machine does not use now",
                        meaning=f"it is inside {', '.join(other.values())}; while the machine runs, libvirt reaches "
                        "only the files that it uses",
                        hint=f"shut the machine down and delete it then, {_FORGET}",
                        code="84",
                        subject=each.name,
                    )

    def _refuse_external(self, machine: Machine, tree: SnapshotTree, target: Taken, doomed: list[Taken]) -> None:
        """What libvirt says no to, and the one thing that it should: see `living_in`."""
        if 0 < self._version < DELETES_EXTERNAL:
            raise _unable(target, "that needs libvirt 9.0 or newer", "merge it by hand (virsh blockcommit)", "67")
        if len(doomed) > 1 or doomed != [target]:
            what = "libvirt deletes external snapshots one by one"
            raise _unable(target, what, "delete the youngest first, without its children", "67")
        if inner := tree.living_in(target.overlays.values()):
            names = ", ".join(f"'{each.name}'" for each in inner)
            raise _unable(
                target,
                f"its file holds the internal snapshots {names}: merging it would destroy them",
                f"delete {names} first",
                "",
            )
        parent = tree.parent(target)
        if parent is not None and not parent.external:
            what = f"it grew from the internal snapshot '{parent.name}', into whose file libvirt does not merge it"
            raise _unable(target, what, f"delete '{parent.name}' first", "84")
        if len(tree.children(target)) > 1:
            raise _unable(target, "more than one snapshot grew from it", "delete those that grew from it first", "67")
        refuse_with_block_job(machine)
        if not machine.active and 0 < self._version < _CHAIN_OF_OFF and not self._is_top(machine, target):
            what = "while the machine is off, this version of libvirt merges only the topmost file"
            raise _unable(target, what, "start the machine and delete it then", "8")

    def _is_top(self, machine: Machine, target: Taken) -> bool:
        now = files_now(machine)
        return all(now.get(disk) == path for disk, path in target.overlays.items())

    def _costs(self, machine: Machine, doomed: list[Taken]) -> tuple[str, ...]:
        paths = {path for each in doomed for path in each.overlays.values()}
        if not paths:
            return ("frees space inside the disks' own files; the files themselves do not become smaller",)
        sizes = file_sizes(self._planning.link, machine.domain, paths)
        known = size(sum(sizes.values())) if sizes.keys() >= paths else "an unknown amount of data"
        return (f"merges {known} from {', '.join(sorted(paths))} into the file below, and removes it",)


def _unable(target: Taken, meaning: str, hint: str, code: str) -> NovaError:
    return NotSupported(
        f"'{target.name}' cannot be deleted",
        meaning=meaning,
        hint=f"{hint}, {_FORGET}",
        code=code,
        subject=target.name,
    )


def _left_behind(doomed: list[Taken]) -> tuple[str, ...]:
    """What forgetting the entry leaves on disk, and how to be rid of it."""
    told = ["libvirt only forgets them: their data stay on disk and take space"]
    for each in doomed:
        if each.files:
            told.append(f"'{each.name}' stays in {', '.join(each.files)}, which the machine may need: do not remove it")
        told += [
            f"'{each.name}' stays inside {path} (qemu-img snapshot -d removes it, while the machine is off)"
            for path in dict.fromkeys(each.inside.values())
        ]
    return tuple(told)

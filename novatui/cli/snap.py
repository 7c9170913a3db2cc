"""`novatui snap`: snapshots of one machine, listed, taken, gone back to, and deleted."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Mapping, Sequence

from novatui.cli import exits
from novatui.cli.changing import change, narrowed
from novatui.cli.complaint import complain, complain_of
from novatui.cli.exits import NotThere, UsageError
from novatui.cli.forms import plain, timestamp
from novatui.cli.objects import resolve
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.snap_old import old
from novatui.cli.streams import say_json, say_table
from novatui.core import units
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.snapshots import Snapshot
from novatui.engine.fleet import Fleet

TITLES = ["SNAPSHOT", "CREATED", "KIND", "SIZE", "STATE", "ID"]

UNKNOWN = "?"

_VERBS = {"create": "snap.create", "revert": "snap.revert", "rm": "snap.delete"}


def snap(options: Namespace) -> int:
    """List them as a tree, or change them; with `--older-than` those of many machines."""
    if options.older_than is not None:
        return old(options)
    if not options.object:
        raise UsageError(f"`snap {options.action}`: of which machine?", "see `novatui snap --help`")
    if options.action == "ls":
        if options.names:
            raise UsageError("`snap ls` takes one object", "with --older-than: any number")
        return asyncio.run(_ls(prepare(options, narrow=lambda targets: narrowed([options.object], targets))))
    if len(options.names) != 1:
        raise UsageError(f"`snap {options.action}` needs the NAME of a snapshot", "novatui snap ls OBJECT")
    [name] = options.names
    if options.action == "create":
        return change(options, _VERBS["create"], [options.object], _wished(options, name))

    async def of_this_one(fleet: Fleet, refs: Sequence[ObjectRef]) -> Mapping[str, str]:
        snapshot = _meant(await _snapshots(fleet, refs[0]), name)
        if options.action == "rm":
            forget = "yes" if options.metadata else ""
            return {"snapshot": snapshot.id, "children": options.children or "", "metadata": forget}
        return {"snapshot": snapshot.id, "then": options.then or "", "safety": "yes" if options.safety else ""}

    return change(options, _VERBS[options.action], [options.object], of_this_one)


def _wished(options: Namespace, name: str) -> dict[str, str]:
    memory = "yes" if options.memory else "no" if options.disk_only else ""
    return {
        "name": name,
        "description": options.description,
        "memory": memory,
        "quiesce": "yes" if options.quiesce else "",
    }


def _meant(snapshots: Sequence[Snapshot], word: str) -> Snapshot:
    """The one with this id or exact name. NotThere, or UsageError with the ids when several have the name."""
    by_id = [one for one in snapshots if one.id == word]
    found = by_id or [one for one in snapshots if one.name == word]
    if not found:
        raise NotThere(f"there is no snapshot `{word}`", "novatui snap ls OBJECT")
    if len(found) > 1:
        raise UsageError(f"`{word}` means {len(found)} snapshots", "say which by its id", [one.id for one in found])
    return found[0]


async def _snapshots(fleet: Fleet, ref: ObjectRef) -> list[Snapshot]:
    detail = await fleet.detail(ref, ("snapshots",))
    for one in detail.failures:
        complain_of(one.failure, f"{ref}: {one.part}")
    return list(detail.snapshots or ())


async def _ls(session: Session) -> int:
    options = session.options
    async with opened(session) as fleet:
        code = report(fleet)
        try:
            found = await _snapshots(fleet, fleet.inventory.ref(resolve(fleet, options.object)))
        except NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, code])
        except NovaError as error:
            complain_of(error.failure, options.object)
            return exits.worst([exits.FAILED, code])
        if options.json:
            say_json({"snapshots": [plain(one) for one in found]})
        else:
            say_table(TITLES, [_cells(one, depth) for one, depth in as_tree(found)], right=frozenset({3}))
        return code


def as_tree(snapshots: Sequence[Snapshot]) -> list[tuple[Snapshot, int]]:
    """Each with its depth, children right behind their parent; one whose parent is not told counts as a root."""
    ids = {one.id for one in snapshots}
    below: dict[str, list[Snapshot]] = {}
    for one in snapshots:
        below.setdefault(one.parent if one.parent in ids and one.parent else "", []).append(one)
    waiting = [(one, 0) for one in reversed(below.get("", []))]
    order: list[tuple[Snapshot, int]] = []
    while waiting:
        one, depth = waiting.pop()
        order.append((one, depth))
        waiting += [(child, depth + 1) for child in reversed(below.pop(one.id, []))]
    return order


def _cells(one: Snapshot, depth: int) -> list[str]:
    kinds = {True: "memory", False: "disk", None: UNKNOWN}
    return [
        f"{'  ' * depth}{one.name}{'  (now)' if one.current else ''}",
        UNKNOWN if one.created is None else timestamp(one.created) or UNKNOWN,
        kinds[one.memory] + (", quiesced" if one.quiesced else ""),
        UNKNOWN if one.size is None else units.size(one.size),
        one.native_state,
        one.id,
    ]

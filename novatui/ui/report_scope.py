"""Which hosts a report is about: those that are named, those that are marked, the one under the cursor, or all."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.core.ids import ObjectRef
from novatui.engine.fleet import Fleet
from novatui.engine.host_scope import hosts_in
from novatui.ui.commands import SCOPES, Wrong, node

ALL = "all"


def meant(fleet: Fleet, argument: str, aim: Sequence[ObjectRef]) -> str:
    """Their references, or those of what they are below, as a place keeps them; empty for all hosts.

    Wrong when nothing is called so, or when it has no hosts.
    """
    name = argument.strip().removeprefix("@").strip('"')
    if name == ALL:
        return ""
    refs = [node(fleet, name)] if name else [each for ref in aim for each in _nodes(fleet, ref)]
    if name and not hosts_in(fleet.inventory, refs):
        raise Wrong(f"{name} has no hosts", "name a host, a cluster or a connection")
    return " ".join(str(ref) for ref in dict.fromkeys(refs))


def _nodes(fleet: Fleet, ref: ObjectRef) -> Sequence[ObjectRef]:
    """A node of the tree that has hosts; of anything else its host."""
    hosts = hosts_in(fleet.inventory, [ref])
    return [ref] if hosts and ref.kind in SCOPES else hosts

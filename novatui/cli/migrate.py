"""`novatui migrate OBJECT [HOST]`: move a machine to another host, watch it go, or ask where it could."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from functools import partial

from novatui.cli.changing import change
from novatui.cli.edit import as_bytes
from novatui.cli.exits import UsageError
from novatui.cli.moves import told_as_they_move
from novatui.cli.objects import resolve
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet

_ONLY_LIVE = {
    "post_copy": "--post-copy",
    "auto_converge": "--auto-converge",
    "parallel": "--parallel",
    "compress": "--compress",
    "downtime": "--downtime",
    "storage": "--copy-storage",
    "mode": "--client",
    "tunnelled": "--tunnelled",
    "data_uri": "--data-uri",
}
"""Arguments that mean nothing for a machine that is off, by what they are called here."""


def migrate(options: Namespace) -> int:
    """Move it, or with --check tell where it can run."""
    if options.check:
        from novatui.cli.where import where

        return where(options)
    if not options.host:
        raise UsageError("say which host it is to go to", "novatui migrate OBJECT --check tells where it can run")
    given = _given(options)
    verb = "migrate.offline" if options.offline else "migrate.live"
    if options.offline and (wrong := [word for name, word in _ONLY_LIVE.items() if name in given]):
        raise UsageError(f"{wrong[0]} is for a machine that runs, not with --offline")

    async def to_this_host(fleet: Fleet, refs: Sequence[ObjectRef]) -> Mapping[str, str]:
        del refs
        return given | {"to": str(fleet.inventory.ref(resolve(fleet, options.host, Kind.HOST)))}

    beside = partial(told_as_they_move, as_json=options.json) if options.watch else None
    return change(options, verb, [options.object], to_this_host, needs=[options.host], beside=beside)


def _given(options: Namespace) -> dict[str, str]:
    """What was said on the command line, in the words of the operation."""
    said = {
        "uri": options.uri,
        "data_uri": options.data_uri,
        "mode": "client" if options.client else "",
        "tunnelled": "yes" if options.tunnelled else "",
        "parallel": str(options.parallel or ""),
        "compress": options.compress or "",
        "auto_converge": "yes" if options.auto_converge else "",
        "post_copy": "yes" if options.post_copy else "",
        "bandwidth": as_bytes(options.bandwidth) if options.bandwidth else "",
        "downtime": str(options.downtime or ""),
        "storage": options.copy_storage or ("copy" if options.storage and not options.offline else ""),
        "store": options.storage or "",
        "priority": options.priority or "",
        "persist": "yes" if options.persist else "",
        "undefine": "yes" if options.undefine else "",
    }
    return {name: value for name, value in said.items() if value}

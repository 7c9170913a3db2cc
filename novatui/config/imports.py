"""Connections that other programs of this user know already, as drafts: libvirt's aliases and govc's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from novatui.config.draft import Draft, draft, same_target
from novatui.config.errors import ConfigError, shorten_home
from novatui.config.govc import URL, vcenter
from novatui.config.libvirt_conf import uri_aliases
from novatui.config.schema import Connection


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was found elsewhere."""

    source: str
    """File or variable, for people."""
    name: str
    """What it is called there."""
    draft: Draft | None = None
    """What would be added; None when it would not."""
    remarks: tuple[str, ...] = ()
    """Why not, or what is not taken over."""


def importable(
    connections: Mapping[str, Connection], environ: Mapping[str, str], files: Sequence[Path]
) -> list[Imported]:
    """Everything that libvirt's `files` and the environment name, beside what is configured."""
    found: list[Imported] = []
    known = dict(connections)
    for file in files:
        source = shorten_home(str(file))
        try:
            aliases = uri_aliases(file)
        except OSError as problem:
            found.append(Imported(source=source, name="", remarks=(f"cannot be read: {problem.strerror}",)))
            continue
        found += [_judged(source, name, {"uri": uri}, (), known) for name, uri in aliases]
    if (seen := vcenter(environ)) is not None:
        found.append(_judged(URL, "", {"uri": seen.uri, **seen.settings}, seen.remarks, known))
    return found


def _judged(
    source: str, name: str, settings: Mapping[str, object], remarks: tuple[str, ...], known: dict[str, Connection]
) -> Imported:
    """A draft, unless it is wrong or there already; `known` learns of it."""
    try:
        one = draft(taken=known, name=name, **settings)  # pyright: ignore[reportArgumentType] - `uri` is among them
        there = same_target(str(settings["uri"]), known)
        if there:
            return Imported(source=source, name=name or one.name, remarks=(f"it is configured already as {there}",))
        if name in known:
            one = draft(taken=known, **settings)  # pyright: ignore[reportArgumentType]
        known[one.name] = one.connection()
    except ConfigError as error:
        return Imported(source=source, name=name, remarks=tuple(map(str, error.problems)))
    return Imported(source=source, name=name or one.name, draft=one, remarks=remarks)

"""`novatui config import`: libvirt's aliases and govc's variables as connections of ours."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from novatui.cli import exits
from novatui.cli.complaint import complain, narrate
from novatui.cli.streams import say_json, say_lines
from novatui.config.edit import add_connections
from novatui.config.errors import shorten_home
from novatui.config.imports import Imported, importable
from novatui.config.libvirt_conf import client_files
from novatui.config.load import load
from novatui.config.paths import user_paths


def import_(options: Namespace) -> int:
    """Show what would be added; with --yes add it."""
    files = client_files(os.environ)
    found = importable(load().config.connections, os.environ, files)
    drafts = [one.draft for one in found if one.draft is not None]
    file = user_paths().config_file
    if options.yes and drafts:
        add_connections(file, drafts)
    if options.json:
        say_json({"written": bool(options.yes and drafts), "found": [_json(one) for one in found]})
        return exits.DONE
    _narrate(found, files)
    for one in drafts:
        say_lines(one.toml())
    if options.yes and drafts:
        narrate(f"novatui: added to {shorten_home(str(file))}: {', '.join(one.name for one in drafts)}")
    elif drafts:
        narrate("novatui: nothing was written; `novatui config import --yes` adds this to your file")
    return exits.DONE


def _narrate(found: Sequence[Imported], files: Sequence[Path]) -> None:
    if not found:
        places = ", ".join(shorten_home(str(file)) for file in files)
        complain("nothing to import", f"looked for uri_aliases in {places}, and for GOVC_URL")
    for one in found:
        for remark in one.remarks:
            complain(f"{one.source}{f', {one.name}' if one.name else ''}: {remark}")


def _json(one: Imported) -> dict[str, object]:
    form: dict[str, object] = {"source": one.source, "name": one.name, "remarks": list(one.remarks)}
    if one.draft is not None:
        form |= {"connection": one.draft.name, "settings": {k: v for k, v in one.draft.settings.items() if v}}
    return form

"""`novatui screenshots`: the pictures of the README, taken from the demo fleet."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from argparse import Namespace
from pathlib import Path

from novatui.cli import exits
from novatui.cli.complaint import narrate
from novatui.cli.exits import UsageError
from novatui.cli.streams import say
from novatui.cli.targets import load_configuration, targets_of
from novatui.engine.fleet import Fleet

CONVERTER = "rsvg-convert"
PNG_WIDTH = 1200
"""Pixels."""


def screenshots(options: Namespace) -> int:
    """Take the pictures that are named, or all of them, into a folder: SVG, PNG where it can be made, and text."""
    from novatui.ui import pictures

    known = {picture.name: picture for picture in pictures.PICTURES}
    unknown = [name for name in options.names if name not in known]
    if unknown:
        raise UsageError(f"there is no picture {', '.join(unknown)}", f"there are {', '.join(known)}")
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    fleet = Fleet(targets_of(load_configuration(options, [pictures.FLEET])))
    asyncio.run(_take(fleet, [known[name] for name in options.names or known], folder))
    if not shutil.which(CONVERTER):
        narrate(f"novatui: no PNG: {CONVERTER} is not installed (Debian: apt install librsvg2-bin)")
    return exits.DONE


async def _take(fleet: Fleet, wanted: list, folder: Path) -> None:  # type: ignore[type-arg]
    from novatui.ui import pictures

    async for taken in pictures.take(fleet, wanted):
        path = folder / f"{taken.picture.name}.svg"
        path.write_text(taken.svg, encoding="utf-8")
        path.with_suffix(".txt").write_text(taken.text + "\n", encoding="utf-8")
        if shutil.which(CONVERTER):
            argv = [CONVERTER, "-w", str(PNG_WIDTH), str(path), "-o", str(path.with_suffix(".png"))]
            subprocess.run(argv, check=True, capture_output=True, timeout=60)  # noqa: ASYNC221 - nothing else runs
        say(f"{path}  {taken.picture.title}")

"""Pictures of detail screens, kept under `golden/detail`: every kind of object, every tab, three sizes, both signs.

After a change of the screens: `.venv/bin/python -m tests.ui.detail_pictures`, then read the difference in git.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

from novatui.ui.place import Place
from novatui.ui.render.detail.tabs import TABS
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from tests.ui import details
from tests.ui.desk import MIDDLE, NARROW, WIDE, Desk, desk

FOLDER = Path(__file__).parent / "golden" / "detail"

SIZES = (NARROW, MIDDLE, WIDE)

SIGNS: dict[str, Marks] = {"drawn": DRAWN, "ascii": PLAIN}

OBJECTS: dict[str, tuple[str, str]] = {
    "vm": ("kvm-03", details.GPU),
    "vm-unread": ("vc-east", "vm:db-orders-01"),
    "vm-lost": ("pve-lab", "container:101"),
    "host": ("kvm-03", "host:kvm-03"),
    "cluster": ("vc-east", "cluster:a"),
    "connection": ("vc-east", "connection:vc-east"),
    "connection-down": ("pve-lab", "connection:pve-lab"),
    "datastore": ("kvm-03", details.POOL),
    "network": ("kvm-03", details.NET),
}
"""Objects by the name of their pictures."""

FIRST_ONLY = frozenset({"vm-unread", "vm-lost", "connection", "connection-down"})
"""Objects of which the summary says it all."""


ELSEWHERE = frozenset({"metrics", "machines", "hosts", "storage", "networks", "caps"})
"""Tabs that show what other screens have pictures of; so is the line of keys, which is left out."""


async def pictures(size: tuple[int, int], signs: str) -> AsyncIterator[tuple[str, str]]:
    """All pictures of one size: name and text."""
    nothing_asked = patch("novatui.ui.screens.detail_snapshots.REST", 3600.0)
    with nothing_asked:
        async for picture in _pictures(size, signs):
            yield picture


async def _pictures(size: tuple[int, int], signs: str) -> AsyncIterator[tuple[str, str]]:
    async with desk(details.fleet(), size, SIGNS[signs]) as person:
        for name, (conn, key) in OBJECTS.items():
            ref = person.fleet.inventory.ref(person.slot(conn, key))
            tabs = TABS[ref.kind][:1] if name in FIRST_ONLY else TABS[ref.kind]
            tabs = [tab for tab in tabs if tab.name not in ELSEWHERE]
            for tab in tabs:
                person.app.stage.navigation.open(Place("detail", ref=str(ref), tab=tab.name))
                lines = await person.still()
                yield f"{name}-{tab.name}-{signs}-{size[0]}x{size[1]}", "\n".join(lines[:-1]) + "\n"
                await _home(person)


async def _home(person: Desk) -> None:
    while not person.app.stage.navigation.at_home:
        person.app.stage.navigation.back()
        await person.settle()


async def _draw() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for signs in SIGNS:
        for size in SIZES:
            async for name, text in pictures(size, signs):
                (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_draw())

"""From the key to the screen of a machine: an address in a dialog, or a picture in a file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from novatui.actions import picturefile, screens
from novatui.config.paths import user_paths
from novatui.core.consoles import Way
from novatui.core.ids import ObjectRef
from novatui.engine import blocking
from novatui.engine.fleet import Fleet
from novatui.ui.commands import Wrong
from novatui.ui.dialogs.handoff import HandoffDialog

if TYPE_CHECKING:
    from novatui.ui.screens.changing import Changing


def why_not(fleet: Fleet, ref: ObjectRef, locked: str, *, ticket: bool) -> str:
    """Why there is nothing to be had of this machine's screen now, as far as is known; `locked`: its connection is."""
    return fleet.screens.lacking(ref) or fleet.screens.blocked(ref) or (locked if ticket else "")


def hand_off(screen: Changing, way: Way) -> None:
    """Show an address for the machine that is meant. Wrong when there can be none."""
    ref, name = _meant(screen, ticket=True)
    acting = screen.acting()

    async def show() -> None:
        screen.report("asking for a ticket", bad=False)
        found = await screens.hand_off(acting.gate, screen.fleet, ref, way)
        screen.report("one ticket was given; the journal says to whom, not which", bad=False)
        screen.app.push_screen(
            HandoffDialog(name, found, screen.stage.keys, ascii_only=screen.look.marks.ascii),
        )

    acting.work(show())


def picture(screen: Changing) -> None:
    """Keep a picture of the screen of the machine that is meant. Wrong when there can be none."""
    ref, name = _meant(screen, ticket=False)
    acting = screen.acting()
    path = picturefile.suggested(user_paths().screens, ref.conn, name, time.time())

    async def keep() -> None:
        screen.report(f"taking a picture of {name}", bad=False)
        found = await screens.picture(acting.gate, screen.fleet, ref)
        try:
            await blocking.run(lambda: picturefile.save(path, found.data))
        except OSError as error:
            screen.report(f"{path}: {error.strerror}")
            return
        left = f"left on the datastore: {found.left}" if found.left else ""
        screen.report(f"the screen of {name} is in {path}", left, bad=bool(found.left))

    acting.work(keep())


def _meant(screen: Changing, *, ticket: bool) -> tuple[ObjectRef, str]:
    refs = screen.aim()
    if len(refs) != 1:
        raise Wrong("one machine at a time", "put the cursor on it, with nothing marked")
    ref = refs[0]
    if reason := why_not(screen.fleet, ref, screen.stage.locks.dead(ref.conn), ticket=ticket):
        raise Wrong(reason)
    slot = screen.fleet.inventory.slot(ref.conn, ref.key)
    return ref, ref.id if slot is None else screen.fleet.inventory.name(slot)

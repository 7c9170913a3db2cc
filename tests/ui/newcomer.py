"""Somebody who adds connections to a console of the tests: what is found on the machine is made up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from novatui.config.discovery import Found
from novatui.config.imports import Imported
from novatui.config.load import Request, load
from novatui.config.paths import Paths
from novatui.config.policy import Policy
from novatui.config.redact import Redactor
from novatui.core.errors import Failure, Fault
from novatui.core.states import Family, Kind, Link
from novatui.engine import book as book_module
from novatui.engine import configured
from novatui.engine.book import Book
from novatui.engine.roster import Roster
from novatui.ui.app import NovaApp
from novatui.ui.dialogs.typed import SETTLING
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.wire import frames
from tests.ui.desk import PAINT, Desk, look_at
from tests.ui.still import StillFleet

FOUND = (
    Found(family=Family.LIBVIRT, uri="qemu:///system", title="QEMU/KVM of this machine", ready=True),
    Found(
        family=Family.LIBVIRT,
        uri="xen:///system",
        title="Xen of this machine",
        ready=False,
        missing="you may not use its socket: only root and the group `libvirt` may",
        hint="sudo usermod -aG libvirt ann, then log in again",
    ),
    Found(
        family=Family.LIBVIRT,
        uri="qemu+ssh://kvm-1/system",
        title="from your ssh configuration",
        ready=None,
        missing="whether libvirt runs there is not known",
    ),
    Found(
        family=Family.PROXMOX,
        uri="proxmox://root@pam@localhost",
        title="Proxmox VE: this machine is a node",
        ready=False,
        missing="this version does not speak to proxmox yet",
    ),
)


class StillRoster(Roster):
    """Finds what it is told to find."""

    found: Sequence[Found] = FOUND
    imported: Sequence[Imported] = ()

    async def look_around(self) -> list[Found]:
        return list(self.found)

    async def importable(self) -> list[Imported]:
        return list(self.imported)


@asynccontextmanager
async def newcomer(
    folder: Path, size: tuple[int, int] = (100, 30), marks: Marks = DRAWN, fleet: StillFleet | None = None
) -> AsyncIterator[tuple[Desk, StillRoster]]:
    """A console whose files are in `folder`; without a fleet nothing is configured yet."""
    fleet = fleet or StillFleet([])
    paths = Paths(config_home=folder, state_home=folder / "state", log_home=folder)
    with (
        patch.object(configured, "load_policy", Policy),
        patch.object(configured, "user_paths", lambda: paths),
        patch.object(book_module, "user_paths", lambda: paths),
        patch.object(
            book_module, "load", lambda request: load(request, paths=paths, environ={}, site_file=folder / "x")
        ),
    ):
        request = Request()
        roster = StillRoster(Book(request, book_module.load(request), Redactor()), fleet)
        app = NovaApp(fleet, look=look_at(fleet, marks), roster=roster)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            app.stage.pulse.painter.interval = PAINT
            person = Desk(app, fleet, pilot)
            await person.settle()
            await app.workers.wait_for_complete()
            await person.settle()
            yield person, roster


# --- pictures -------------------------------------------------------------------------------------------------------

REFUSED = Failure(
    fault=Fault.AUTH_FAILED,
    message="kvm-1 refused the ssh login",
    meaning="no key that it accepts was offered; the console has no terminal to give to ssh, so nobody was asked",
    hint="type `ssh-add` if the key has a passphrase, `ssh-copy-id kvm-1` if the key is not there yet",
    native="Cannot recv data: ann@kvm-1: Permission denied (publickey): Connection reset by peer",
)


async def settled(person: Desk) -> None:
    """Until the work behind the last key is finished and drawn."""
    await person.app.workers.wait_for_complete()
    await person.pilot.pause(0.3)
    await person.settle()


async def make(person: Desk, name: str) -> None:
    """The connection is made, and has a host with two machines."""
    fleet = person.fleet
    generation = fleet.connections[name].generation
    fleet.hear(
        frames.ConnectStep(name, generation, "resolve", None, 0.0, ""),
        frames.ConnectStep(name, generation, "connect", True, 3.0, "/run/libvirt/libvirt-sock"),
    )
    for link in (Link.LOADING, Link.UP):
        fleet.hear(fleet.state(name, link))
    fleet.tell(name, {"host:h": {"name": "h"}, "vm:1": {"name": "web"}, "vm:2": {"name": "db"}})
    fleet.listed(name, [kind.value for kind in Kind])
    await settled(person)


async def _as_it_opens(person: Desk) -> None:
    await person.press("j")


async def _form(person: Desk) -> None:
    await person.press("j", "j", "e", "tab", *"root", "tab", *"rack 4", "enter")


async def _works(person: Desk) -> None:
    await person.press("enter")
    await settled(person)
    await make(person, "qemu-system")


async def _fails(person: Desk) -> None:
    await person.press("j", "j", "enter")
    await settled(person)
    one = person.fleet.connections["kvm-1"]
    person.fleet.hear(frames.ConnectStep("kvm-1", one.generation, "connect", False, 0.0, REFUSED.native))
    person.fleet.lose("kvm-1", REFUSED)
    await settled(person)


async def _asks(person: Desk) -> None:
    await person.press("enter")
    await settled(person)
    person.fleet.hear(
        frames.Question("qemu-system", 1, "password", "Please enter your password for ann@h", secret=True),
        frames.Question("qemu-system", 2, "totp", "The code of your token", secret=False),
    )
    await person.pilot.pause(SETTLING + 0.3)
    await person.type("hunter2")


ACTS = {"opens": _as_it_opens, "form": _form, "works": _works, "fails": _fails, "asks": _asks}


async def picture(act: str, size: tuple[int, int], marks: Marks) -> str:
    """The screen of a newcomer after an act."""
    with TemporaryDirectory() as folder:
        async with newcomer(Path(folder), size, marks) as (person, _):
            await ACTS[act](person)
            return person.text + "\n"


def pictures() -> dict[str, Callable[[], Awaitable[str]]]:
    """All of them by file name."""
    found = {f"add-{act}": partial(picture, act, (100, 30), DRAWN) for act in ACTS}
    found |= {f"add-{act}-80x24": partial(picture, act, (80, 24), PLAIN) for act in ACTS}
    return found | {"add-opens-160x50": partial(picture, "opens", (160, 50), DRAWN)}

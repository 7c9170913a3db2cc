"""Pictures of changes: menus, forms, the question before something is sent, results, and the audit screen."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import patch

import msgspec

from novatui.actions.journal_writer import Journal
from novatui.core.devices import Giving
from novatui.core.errors import Failure, Fault
from novatui.core.operations import Plan
from novatui.ui.place import Place
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.ui.screens.detail_snapshots import SnapshotRows
from tests.ui import given
from tests.ui.hands import ActingDesk, acting_desk
from tests.ui.world import parts

Picture = Callable[[], Awaitable[str]]
Act = Callable[[ActingDesk], Awaitable[None]]

SIZES = ((80, 24), (100, 30), (160, 50))

NO_IOMMU = Failure(
    fault=Fault.NOT_SUPPORTED,
    message="this host cannot give PCI devices to machines",
    meaning="it has no IOMMU, or it is switched off",
)

TOLD = Plan(
    calls=(),
    losses=("what the guest has not written to its disks yet",),
    costs=("about 9 s",),
    warnings=("it serves 12 MB/s at the moment, and its host is the only one that could start it again",),
    irreversible="what was in its memory",
)


async def _machine(person: ActingDesk) -> None:
    person.hands.plan = TOLD
    await person.go_to("kvm-03", "vm:gpu-train-1")


def _keys(*keys: str, planned: bool = False) -> Act:
    async def act(person: ActingDesk) -> None:
        await _machine(person)
        await person.press(*keys)
        if planned:
            await person.planned()

    return act


async def _form(person: ActingDesk) -> None:
    await _machine(person)
    await person.press("n", "R")
    await person.pilot.pause(0.1)
    await person.press("right")


async def _protected(person: ActingDesk) -> None:
    person.hands.plan = TOLD
    person.hands.lock("vc-east", 840.0)
    await person.go_to("vc-east", "vm:db-orders-01")
    await person.press("p", "O")
    await person.planned()
    await person.write("db-or")


async def _several(person: ActingDesk) -> None:
    await _machine(person)
    await person.press("space", "space", "space")
    await person.press("p", "O")
    await person.planned()


async def _results(person: ActingDesk) -> None:
    await _several(person)
    await person.write("3")
    await person.press("enter")
    await person.done()


async def snapshots(person: ActingDesk) -> None:
    """The pane of a machine's snapshots, once everything about the one under the cursor is known."""
    await _machine(person)
    with patch("novatui.ui.screens.detail_snapshots.REST", 0.01):
        await person.press("n", "l")
        while (
            not isinstance(person.app.focused, SnapshotRows) or "asking" in person.text or "revert  " not in person.text
        ):
            await person.pilot.pause(0.05)
    await person.still()


async def _old(person: ActingDesk) -> None:
    """Several of the list of old ones, to be deleted."""
    await snapshots(person)
    await person.press("S")
    await person.press("G", "k", "space", "k", "k", "space", "n", "D")
    await person.planned()


async def _audit(person: ActingDesk) -> None:
    """A journal of which every moment is known."""
    path = person.journal
    written = Journal(path, user="oncall", environ={"SSH_CONNECTION": "10.9.0.4 50123 192.0.2.1 22"}, system_log=None)
    for nth, (event, verb, name, outcome) in enumerate(
        (
            ("operation", "power.off", "db-orders-01", "done"),
            ("operation", "snap.create", "日本語サーバー", "failed"),
            ("declined", "snap.revert", "vm[/]", ""),
            ("unlock", "", "", ""),
            ("operation", "edit.vcpus", "nfs-gw", "unknown"),
            ("operation", "power.start", "nfs-gw", ""),
        )
    ):
        at = f"2026-10-11T23:{10 + nth}:00.000Z"
        body = {"event": event, "at": at, "user": "oncall", "connection": "vc-east", "name": name, "verb": verb}
        [record] = await written.write({key: value for key, value in body.items() if value} | {"ticket": "INC-20931"})
        if outcome:
            failure = {"failure": {"fault": "busy", "message": "it is held by a backup"}} if outcome == "failed" else {}
            end = {"event": "end", "at": at, "operation": record.seq, "outcome": outcome}
            await written.write(end | failure)
    await person.press("A")
    for _ in range(3):
        await person.pilot.pause(0.1)
    await person.settle()


def _devices(ref: str, device: str, *keys: str) -> Act:
    """The passthrough pane with the cursor on a device whose plan has come."""

    async def act(person: ActingDesk) -> None:
        person.hands.devices, person.hands.plan = given.devices(), given.PLAN
        await person.open(Place("passthrough", ref=ref, tab=device))
        await person.still()
        while not person.hands.planned:
            await person.pilot.pause(0.05)
        await person.still()
        await person.press(*keys)
        await person.still()

    return act


async def _no_iommu(person: ActingDesk) -> None:
    person.hands.devices = tuple(
        msgspec.structs.replace(one, iommu_group=None, holder="") for one in given.devices()[:4]
    )
    person.hands.giving = Giving(iommu=False, hint="switch VT-d/AMD-Vi on in the firmware, boot with intel_iommu=on")
    person.hands.obstacles["device.attach"] = NO_IOMMU
    await person.open(Place("passthrough", ref=given.HOST, tab="pci_0000_65_00_0"))
    while not person.hands.planned:
        await person.pilot.pause(0.05)
    await person.still()


ACTS: dict[str, Act] = {
    "passthrough": _devices(given.HOST, "pci_0000_65_00_0"),
    "passthrough-free": _devices(given.HOST, "pci_0000_5e_00_2"),
    "passthrough-vm": _devices(given.MACHINE, "pci_0000_5e_00_2"),
    "passthrough-menu": _devices(given.HOST, "mdev_3b2a", "x"),
    "passthrough-none": _no_iommu,
    "change-menu": _keys("p"),
    "change-menu-edit": _keys("e"),
    "change-form": _form,
    "change-confirm": _keys("p", "O", planned=True),
    "change-agree": _keys("p", "h", planned=True),
    "change-protected": _protected,
    "change-several": _several,
    "change-results": _results,
    "snapshots": snapshots,
    "snapshots-old": _old,
    "audit": _audit,
}


def _picture(act: Act, size: tuple[int, int], marks: Marks) -> Picture:
    async def draw() -> str:
        with tempfile.TemporaryDirectory() as folder:
            fleet = parts() if act is _old else None
            async with acting_desk(Path(folder), size, marks, fleet) as person:
                await act(person)
                return person.text + "\n"

    return draw


PICTURES: dict[str, Picture] = {
    f"{name}-{size[0]}x{size[1]}": _picture(act, size, DRAWN) for name, act in ACTS.items() for size in SIZES
} | {f"{name}-ascii": _picture(act, (80, 24), PLAIN) for name, act in ACTS.items()}
"""By file name."""

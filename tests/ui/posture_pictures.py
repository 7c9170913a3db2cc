"""The screen of findings over machines that are judged for real, and pictures of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec

from novatui.core.capabilities import Evidence
from novatui.core.errors import Failure, Fault
from novatui.core.posture import Finding, Level, Posture
from novatui.core.posture_judge import judge_host, judge_machine
from novatui.core.posture_rules import RULES
from novatui.core.states import Family
from novatui.core.vmspec import DiskSpec, FirmwareSpec, GraphicsSpec, NicSpec
from novatui.ui.place import Place
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.wire import frames
from tests.ui import hostile
from tests.ui.desk import Desk, desk
from tests.ui.still import EVENING, StillFleet
from tests.ui.world import world
from tests.unit.posture_facts import host, machine, told, vm

SIZES = ((80, 24), (100, 30), (160, 50))
READ = Evidence(
    kind="asked", call="virDomainGetXMLDesc", at=EVENING - 2, ms=1.4, excerpt="<graphics listen='0.0.0.0'/>"
)
SILENT = Failure(fault=Fault.TIMEOUT, message="no answer within 30 s", hint="look at the host")
QUIET = "host:esx-08"

Answers = Callable[[str, str], Posture | None]

OLD = vm(
    firmware=FirmwareSpec(type="bios"),
    disks=(DiskSpec(target="hda", bus="ide", source_type="file", source="/d/a.qcow2", cache="unsafe"),),
    nics=(NicSpec(type="bridge", source="br0", model="e1000", mac="52:54:00:00:00:09"),),
    graphics=(GraphicsSpec(type="vnc", listen="0.0.0.0", port=5901, password=False, tls=False),),
)
NEW = vm(tpm=(), graphics=(GraphicsSpec(type="vnc", listen="10.0.0.7", port=5902),))


def answers(conn: str, key: str) -> Posture | None:
    """One machine in three is as nobody should set one up; one host does not answer."""
    if key == QUIET:
        return None
    if key.startswith("host:"):
        return _of(key, judge_host(host(name=key.removeprefix("host:"), confinement=told(frozenset({"dac"})))))
    spec = (OLD, NEW, vm())[sum(map(ord, conn + key)) % 3]
    name = key.partition(":")[2]
    facts = machine(spec, key=key, name=name, native_id="101", family=Family.LIBVIRT, evidence=READ)
    return _of(key, judge_machine(facts, host()))


def hostile_answers(conn: str, key: str) -> Posture | None:
    """Texts that try to break a screen, wherever a product may say something."""
    del conn
    texts = hostile.TEXTS
    at = len(key)
    findings = tuple(
        Finding(
            rule=rule.slug, topic=rule.topic, level=list(Level)[number % 4], subject=texts[(at + number) % len(texts)],
            reason=texts[(at + number + 3) % len(texts)] or "none", remedy=texts[(number + 5) % len(texts)],
            native=(texts[(number + 7) % len(texts)], texts[(number + 9) % len(texts)]),
            evidence=(Evidence(kind="asked", call=texts[number % len(texts)], excerpt="\n".join(texts)),),
        )
        for number, rule in enumerate(RULES)
    )  # fmt: skip
    return _of(key, findings)


def _of(key: str, findings: tuple[Finding, ...]) -> Posture:
    return Posture(key=key, findings=findings, at=EVENING - 2, ms=3.0)


def requests(person: Desk) -> list[frames.PostureRequest]:
    """What was asked so far."""
    return [frame for frame in person.fleet.sent if isinstance(frame, frames.PostureRequest)]


async def answer(person: Desk, said: Answers = answers, *, most: int = 10_000) -> None:
    """Every question is answered until no more come, or so many were."""
    answered: set[int] = set()
    quiet = 0
    while quiet < 5 and len(answered) < most:
        await person.pilot.pause(0.02)
        new = [one for one in requests(person) if one.request not in answered][: most - len(answered)]
        quiet = 0 if new else quiet + 1
        for one in new:
            answered.add(one.request)
            found = said(one.conn, one.key)
            failure = None if found is not None else SILENT
            person.fleet.hear(frames.PostureAnswer(one.conn, one.request, 3.0, 2, failure, found))
    person.screen.list_again()  # type: ignore[attr-defined]
    await person.settle()


@asynccontextmanager
async def judging(
    size: tuple[int, int] = (100, 30),
    marks: Marks = DRAWN,
    fleet: Callable[[], StillFleet] = world,
    place: Place | None = None,
) -> AsyncIterator[Desk]:
    """A console whose connections can be asked for postures, with nothing asked yet."""
    made = fleet()
    for connection in made.connections.values():
        if connection.info is not None:
            connection.info = msgspec.structs.replace(connection.info, roles=("PostureSource",))
    async with desk(made, size, marks, place=place) as person:
        yield person


Act = Callable[[Desk], Awaitable[None]]


async def _told(person: Desk) -> None:
    await answer(person)


async def _waiting(person: Desk) -> None:
    await answer(person, most=6)


async def _unfolded(person: Desk) -> None:
    await answer(person)
    await person.press("l", "j")


async def _page(person: Desk) -> None:
    await _unfolded(person)
    await person.press("enter")


async def _objects(person: Desk) -> None:
    await answer(person)
    await person.press("tab", "l", "j")


async def _filtered(person: Desk) -> None:
    await answer(person)
    await person.press("slash", *"screen !advice", "enter")


async def _hostile(person: Desk) -> None:
    await answer(person, hostile_answers)
    await person.press("l", "j")


async def _hostile_page(person: Desk) -> None:
    await _hostile(person)
    await person.press("enter")


ACTS: dict[str, Act] = {
    "posture": _told,
    "posture-waiting": _waiting,
    "posture-unfolded": _unfolded,
    "posture-objects": _objects,
    "posture-filtered": _filtered,
}


async def picture(
    act: Act, size: tuple[int, int] = (100, 30), marks: Marks = DRAWN, fleet: Callable[[], StillFleet] = world
) -> str:
    """The screen after an act."""
    async with judging(size, marks, fleet, Place("posture")) as person:
        await act(person)
        return person.text + "\n"


def _every() -> dict[str, Callable[[], Awaitable[str]]]:
    found: dict[str, Callable[[], Awaitable[str]]] = {}
    for name, act in ACTS.items():
        for size in SIZES:
            found[f"{name}-{size[0]}x{size[1]}"] = lambda act=act, size=size: picture(act, size)
    found["ascii-posture"] = lambda: picture(_unfolded, (80, 24), PLAIN)
    found["posture-low"] = lambda: picture(_told, (60, 12))
    found["posture-page"] = lambda: picture(_page)
    for size in SIZES:
        found[f"posture-hostile-{size[0]}x{size[1]}"] = lambda size=size: picture(_hostile, size, DRAWN, hostile.fleet)
    found["posture-hostile-page"] = lambda: picture(_hostile_page, (100, 30), DRAWN, hostile.fleet)
    return found


PICTURES = _every()

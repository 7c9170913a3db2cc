"""Products that answer what they can do: hand-made facts with evidence, told when a console asks for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import patch

import msgspec

from novatui.core.capabilities import Answer, Evidence, Fact
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Failure
from novatui.core.features import FEATURES
from novatui.core.states import Family
from novatui.ui.place import Place
from novatui.ui.render.marks import DRAWN, Marks
from novatui.wire import frames
from tests.ui.desk import Desk, desk
from tests.ui.still import EVENING, StillFleet
from tests.ui.world import world

ROUND = (Answer.YES, Answer.YES, Answer.PARTLY, Answer.NO, Answer.NOT_OFFERED, Answer.UNKNOWN)
"""Answers of the features in turn, shifted for each connection."""

DECLARED = Evidence(kind="declared", source="vSphere 8.0 documentation, chapter 4")

Facts = Callable[[str, str], list[Fact]]
"""What a scope of a connection answers."""


def asked(call: str = "virConnectGetDomainCapabilities", excerpt: str = "<maxslots>16</maxslots>") -> Evidence:
    return Evidence(kind="asked", call=call, args="kvm, q35", at=EVENING - 2, ms=41.2, excerpt=excerpt)


def fact(slug: str, value: Answer, scope: str = "", **told: object) -> Fact:
    """One with evidence, unless it says so itself."""
    known = {"reason": "", "note": "", "evidence": asked()} | told
    if value is Answer.UNKNOWN:
        known["reason"] = known["reason"] or "the question failed: access denied"
    return Fact(feature=slug, scope=scope, value=value, **known)  # type: ignore[arg-type]


def facts_of(conn: str, scope: str) -> list[Fact]:
    """All kinds of answers: which one a feature has depends on its place and on the connection."""
    shift = sum(map(ord, conn + scope)) % len(ROUND)
    found: list[Fact] = []
    for at, feature in enumerate(FEATURES):
        value = ROUND[(at + shift) % len(ROUND)]
        evidence = DECLARED if value is Answer.NOT_OFFERED or (at % 7 == 3 and value is not Answer.UNKNOWN) else asked()
        told = {
            Answer.YES: {"note": "2.0" if at % 4 == 0 else ""},
            Answer.PARTLY: {"note": "qcow2", "reason": "only disks in qcow2 files"},
            Answer.NO: {"reason": "the processor has no such flag", "blocks": "3 machines that need it"},
        }.get(value, {})
        found.append(fact(feature.slug, value, scope, evidence=evidence, **told))
    return found


def all_say(value: Answer, **told: object) -> Facts:
    return lambda conn, scope: [fact(one.slug, value, scope, **told) for one in FEATURES]


def many() -> StillFleet:
    """Forty connections without a host."""
    names = [f"kvm-{at:02}" for at in range(40)]
    fleet = StillFleet(
        [ConnectionSpec(name=name, family=Family.LIBVIRT, driver="libvirt", uri=f"qemu://{name}") for name in names]
    )
    fleet.connect(*names)
    return fleet


def can_be_asked(fleet: StillFleet) -> None:
    """Every connection that is up has a driver that answers."""
    for connection in fleet.connections.values():
        if connection.info is not None:
            connection.info = msgspec.structs.replace(connection.info, roles=("CapabilityProbe",))


@contextmanager
def standing(fleet: StillFleet) -> Iterator[None]:
    """What is known of capabilities looks at the standing clock."""
    with patch("novatui.engine.facts.time", fleet.clock):
        yield


@asynccontextmanager
async def inspecting(
    size: tuple[int, int] = (100, 30),
    marks: Marks = DRAWN,
    fleet: Callable[[], StillFleet] = world,
    place: Place | None = None,
) -> AsyncIterator[Desk]:
    """A console whose connections can be asked, with nothing asked yet."""
    made = fleet()
    can_be_asked(made)
    with standing(made):
        async with desk(made, size, marks, place=place) as person:
            yield person


async def answer(person: Desk, facts: Facts = facts_of, *, silent: tuple[str, ...] = ()) -> list[frames.ProbeRequest]:
    """Every question is answered until no more come; connections in `silent` do not answer. All that were put."""
    answered: set[int] = set()
    quiet = 0
    while quiet < 5:
        await person.pilot.pause(0.1)
        new = [one for one in requests(person) if one.request not in answered and one.conn not in silent]
        quiet = 0 if new else quiet + 1
        for one in new:
            answered.add(one.request)
            told = facts(one.conn, one.scope)
            person.fleet.hear(frames.ProbeAnswer(one.conn, one.request, 41.2, 9, None, told))
    await person.settle()
    return requests(person)


async def refuse(person: Desk, conn: str, failure: Failure) -> None:
    """What this connection was asked fails."""
    for one in requests(person):
        if one.conn == conn:
            person.fleet.hear(frames.ProbeAnswer(one.conn, one.request, 0.0, 0, failure, None))
    await person.pilot.pause(0.05)
    await person.settle()


def requests(person: Desk) -> list[frames.ProbeRequest]:
    """What was asked so far."""
    return [frame for frame in person.fleet.sent if isinstance(frame, frames.ProbeRequest)]

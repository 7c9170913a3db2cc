"""A machine asked where it can run: hosts that answer everything there is, and pictures of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from novatui.core.capabilities import Answer, Evidence
from novatui.core.errors import Failure, Fault
from novatui.core.fitting import COPIED
from novatui.core.ids import ObjectRef
from novatui.core.needs import Needs
from novatui.core.reasons import Check, Fit, Topic
from novatui.core.states import Family, Kind, Power
from novatui.core.vmspec import VmSpec
from novatui.ui.place import Place
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.wire import frames
from tests.ui.desk import Desk
from tests.ui.hands import acting_desk
from tests.ui.still import EVENING

SIZES = ((80, 24), (100, 30), (160, 50))

MACHINE = ObjectRef("vc-east", Kind.VM, "db-orders-01")
HOME = "host:esx-07"

ASKED = Evidence(kind="asked", call="QueryVMotionCompatibilityEx_Task", at=EVENING - 2, ms=7.9, excerpt="<result/>")


def check(topic: Topic, answer: Answer, reason: str, *, blocking: bool = True, condition: str = "") -> Check:
    return Check(topic=topic, answer=answer, reason=reason, blocking=blocking, condition=condition, evidence=ASKED)


FINE = tuple(
    check(topic, Answer.YES, reason)
    for topic, reason in (
        (Topic.PLACE, "another host than the one that it is on"),
        (Topic.HOST, "it is connected"),
        (Topic.HOST, "it takes new machines"),
        (Topic.CPU, "has its processor"),
        (Topic.MACHINE, "has machine type vmx-19"),
        (Topic.STORAGE, "reaches 0:0 ([ds-ssd1] db-orders-01/db-orders-01.vmdk)"),
        (Topic.NETWORK, "has bridge pg-db"),
        (Topic.MEMORY, "168G free, it needs 16G"),
    )
)

FITS: dict[str, Fit] = {
    "host:esx-03": Fit(
        host="host:esx-03", name="esx-03", memory_free=168 << 30, cpu_used=41.5, at=EVENING - 2, ms=47.0,
        checks=(
            *FINE,
            check(Topic.VERSION, Answer.NO, "an older version is there: 8.0.1, it runs on 8.0.3", blocking=False),
        ),
    ),
    "host:esx-08": Fit(
        host="host:esx-08", name="esx-08", memory_free=9 << 30, cpu_used=88.0, at=EVENING - 2, ms=51.0,
        checks=(
            *FINE[:5],
            check(Topic.DEVICES, Answer.NO, "vf 3 of 0000:5e:00.1 is given to it: detach it, or move it when off"),
            check(Topic.STORAGE, Answer.NO, "does not reach 0:1 ([ds-ssd2] db.vmdk); it can be copied",
                  condition=COPIED),
            check(Topic.MEMORY, Answer.NO, "not enough memory: 9.0G free, it needs 16G"),
            check(Topic.CPU, Answer.UNKNOWN, "whether it has the processor that is needed was not asked"),
        ),
    ),
}  # fmt: skip
"""By the host's key. Others reach no disk, and esx-09 does not answer."""

PARTLY = Fit(
    host="", name="", memory_free=210 << 30, cpu_used=12.0, at=EVENING - 2, ms=33.0,
    checks=(
        *FINE[:5],
        check(Topic.STORAGE, Answer.NO, "does not reach vda (/srv/vm/etl-big-2.qcow2); it can be copied",
              condition=COPIED),
    ),
)  # fmt: skip


SILENT = Failure(fault=Fault.TIMEOUT, message="no answer within 15 s")


def needs(ref: ObjectRef, home: str) -> Needs:
    return Needs(
        key=ref.key,
        conn=ref.conn,
        family=Family.VSPHERE,
        host=home,
        power=Power.RUNNING,
        vm=VmSpec(name=ref.id),
        evidence=ASKED,
    )


def placing(person: Desk) -> None:
    """Every connection that is up can be asked."""
    for connection in person.fleet.connections.values():
        if connection.info is not None:
            connection.info = msgspec.structs.replace(connection.info, roles=("PlacementSource",))


async def answer(person: Desk, home: str, *, silent: bool = False) -> None:
    """What was asked of the workers is answered, until nothing more is asked; `silent`: only what the machine needs."""
    answered: set[int] = set()
    for _ in range(20):
        await person.pilot.pause(0.02)
        for frame in list(person.fleet.sent):
            if isinstance(frame, frames.NeedsRequest) and frame.request not in answered:
                answered.add(frame.request)
                ref = ObjectRef(frame.conn, *_split(frame.key))
                person.fleet.hear(frames.NeedsAnswer(frame.conn, frame.request, needs(ref, home), None))
            elif isinstance(frame, frames.FitRequest) and frame.request not in answered and not silent:
                answered.add(frame.request)
                failure = SILENT if frame.host == "host:esx-09" else None
                name = frame.host.removeprefix("host:")
                fit = FITS.get(frame.host) or msgspec.structs.replace(PARTLY, host=frame.host, name=name)
                person.fleet.hear(frames.FitAnswer(frame.conn, frame.request, None if failure else fit, failure))
    await person.settle()


def _split(key: str) -> tuple[Kind, str]:
    kind, _, native = key.partition(":")
    return Kind(kind), native


async def asked(person: Desk) -> None:
    """`m` on a machine of vc-east, and all answers."""
    placing(person)
    await person.go_to("vc-east", "vm:db-orders-01")
    await person.press("m", "w")
    await answer(person, HOME)


async def _waiting(person: Desk) -> None:
    placing(person)
    await person.go_to("vc-east", "vm:db-orders-01")
    await person.press("m", "w")
    await answer(person, HOME, silent=True)


async def _checks(person: Desk) -> None:
    await asked(person)
    await person.press("j", "enter")


async def _partly(person: Desk) -> None:
    placing(person)
    await person.open(Place("where", ref="kvm-03:vm:etl-big-2"))
    await answer(person, "host:kvm-03")
    await person.press("l")


ACTS: dict[str, Callable[[Desk], Awaitable[None]]] = {
    "where": asked,
    "where-waiting": _waiting,
    "where-checks": _checks,
    "where-partly": _partly,
}


async def picture(act: Callable[[Desk], Awaitable[None]], size: tuple[int, int], marks: Marks) -> str:
    """The screen after an act."""
    with TemporaryDirectory() as folder:
        async with acting_desk(Path(folder), size, marks) as person:
            await act(person)
            return person.text + "\n"


def _every() -> dict[str, Callable[[], Awaitable[str]]]:
    found: dict[str, Callable[[], Awaitable[str]]] = {}
    for name, act in ACTS.items():
        for size in SIZES:
            found[f"{name}-{size[0]}x{size[1]}"] = lambda act=act, size=size: picture(act, size, DRAWN)
        found[f"{name}-ascii"] = lambda act=act: picture(act, (80, 24), PLAIN)
    return found


PICTURES = _every()

"""Pictures of the matrix of capabilities, of its evidence, and of the tab of one object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from novatui.core.capabilities import Fact
from novatui.ui.place import Place
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from tests.ui import hostile
from tests.ui.capable import answer, asked, fact, facts_of, inspecting
from tests.ui.desk import Desk
from tests.ui.still import StillFleet
from tests.ui.world import ETL, world

SIZES = ((80, 24), (100, 30), (160, 50))

Act = Callable[[Desk], Awaitable[None]]

FEW = Place("cap", tab="connections")


async def _told(person: Desk) -> None:
    await answer(person)
    await person.press("j", "right")


async def _waiting(person: Desk) -> None:
    await answer(person, silent=("vc-east", "hv-clu1"))


async def _evidence(person: Desk) -> None:
    await answer(person)
    await person.press("l")
    await answer(person)
    await person.press("h", "j", "j", "j", "j", "enter")


async def _hosts(person: Desk) -> None:
    await person.press("tab", "tab")
    await answer(person)
    await person.press("space", "right", "right", "w", "j", "W", "j", "j", "j", "right", "right", "right", "right")
    await answer(person)


async def _machines(person: Desk) -> None:
    await person.press("shift+tab")
    await answer(person)


async def _stale(person: Desk) -> None:
    await answer(person)
    person.fleet.clock.advance(7200)
    person.fleet.lose("vc-east")
    await person.pass_time(0)
    await person.press("right")


async def _filtered(person: Desk) -> None:
    await answer(person)
    await person.press("slash", *"memory no,partly", "enter")


def hostile_facts(conn: str, scope: str) -> list[Fact]:
    """Texts that try to break a screen, wherever a product may say something."""
    texts = hostile.TEXTS
    return [
        fact(
            one.feature, one.value, scope, note=texts[at % len(texts)], reason=texts[(at + 3) % len(texts)] or "none",
            blocks=texts[(at + 5) % len(texts)],
            evidence=asked(texts[(at + 7) % len(texts)] or "call", "\n".join(texts)),
        )
        for at, one in enumerate(facts_of(conn, scope))
    ]  # fmt: skip


async def _hostile(person: Desk) -> None:
    await answer(person, hostile_facts)
    await person.press("j", "j", "j")


async def _hostile_page(person: Desk) -> None:
    await _hostile(person)
    await person.press("enter")


async def _tab(person: Desk) -> None:
    await answer(person)
    await person.press("j", "j")


async def _tab_evidence(person: Desk) -> None:
    await _tab(person)
    await person.press("enter")


MACHINE = Place("detail", ref=f"kvm-03:vm:{ETL}", tab="caps")

ACTS: dict[str, tuple[Act, Place]] = {
    "cap": (_told, Place("cap")),
    "cap-waiting": (_waiting, FEW),
    "cap-evidence": (_evidence, Place("cap")),
    "cap-hosts": (_hosts, Place("cap")),
    "cap-machines": (_machines, Place("cap")),
    "cap-stale": (_stale, FEW),
    "cap-filtered": (_filtered, FEW),
    "cap-tab": (_tab, MACHINE),
    "cap-tab-evidence": (_tab_evidence, MACHINE),
}


async def picture(
    act: Act,
    place: Place,
    size: tuple[int, int] = (100, 30),
    marks: Marks = DRAWN,
    fleet: Callable[[], StillFleet] = world,
) -> str:
    """The screen after an act."""
    async with inspecting(size, marks, fleet, place) as person:
        await act(person)
        return person.text + "\n"


def _every() -> dict[str, Callable[[], Awaitable[str]]]:
    found: dict[str, Callable[[], Awaitable[str]]] = {}
    for name, (act, place) in ACTS.items():
        for size in SIZES:
            shot = f"{name}-{size[0]}x{size[1]}"
            found[shot] = lambda act=act, place=place, size=size: picture(act, place, size)
        found[f"ascii-{name}"] = lambda act=act, place=place: picture(act, place, (80, 24), PLAIN)
    found["cap-low"] = lambda: picture(_told, Place("cap"), (60, 12))
    for size in SIZES:
        found[f"cap-hostile-{size[0]}x{size[1]}"] = lambda size=size: picture(_hostile, FEW, size, DRAWN, hostile.fleet)
    found["cap-hostile-evidence"] = lambda: picture(_hostile_page, FEW, (100, 30), DRAWN, hostile.fleet)
    return found


PICTURES = _every()

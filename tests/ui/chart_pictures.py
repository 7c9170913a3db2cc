"""Pictures of charts and of the top movers, as `golden` draws them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from novatui.ui.place import Place
from novatui.ui.render import history
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from tests.ui.desk import MIDDLE, NARROW, WIDE, desk
from tests.ui.measured import measured
from tests.ui.still import StillFleet
from tests.ui.world import world

Picture = Callable[[], Awaitable[str]]


def swinging() -> StillFleet:
    """Twenty minutes of ups and downs, with nothing heard five to four minutes ago; a day is kept of two of them."""
    fleet = measured(minutes=20, gap=(5, 4), swing=0.5)
    for key in ("vm:busy", "host:kvm-03"):
        slot = fleet.inventory.slot("kvm-03", key)
        assert slot is not None
        fleet.keeping.look_into(slot)
    return fleet


def _charts(
    ref: str,
    *keys: str,
    size: tuple[int, int] = MIDDLE,
    marks: Marks = DRAWN,
    fleet: Callable[[], StillFleet] = swinging,
) -> Picture:
    """The Metrics tab of an object, after some keys."""

    async def draw() -> str:
        history.load()
        async with desk(fleet(), size, marks) as person:
            await person.open(Place("detail", ref=ref, tab="metrics"))
            # What the screen shows is asked for once the person has come to rest.
            person.app.stage.pulse._attention._tell()
            person.app.stage.pulse.age()
            await person.press(*keys)
            return person.text + "\n"

    return draw


def _top(size: tuple[int, int], marks: Marks = DRAWN) -> Picture:
    async def draw() -> str:
        async with desk(swinging(), size, marks) as person:
            await person.open("top")
            return person.text + "\n"

    return draw


BUSY, HOST = "kvm-03:vm:busy", "kvm-03:host:kvm-03"

PICTURES: dict[str, Picture] = {
    "charts-80x24": _charts(BUSY, size=NARROW),
    "charts-100x30": _charts(BUSY),
    "charts-160x50": _charts(BUSY, size=WIDE),
    "charts-60x15": _charts(BUSY, size=(60, 15)),
    "charts-ascii-80x24": _charts(BUSY, size=NARROW, marks=PLAIN),
    "charts-ascii-100x30": _charts(BUSY, "c", marks=PLAIN),
    "charts-disk": _charts(BUSY, "d", size=NARROW),
    "charts-read": _charts(BUSY, "c", *("left",) * 20),
    "charts-day": _charts(BUSY, "n", "W", *("up",) * 5),
    "charts-history": _charts(BUSY, "c", "H", *("up",) * 5),
    "charts-history-ascii": _charts(BUSY, "n", "H", *("up",) * 5, size=NARROW, marks=PLAIN),
    "charts-host": _charts(HOST),
    "charts-off": _charts("kvm-03:vm:off"),
    "charts-unknown": _charts("kvm-03:vm:new", size=NARROW),
    "charts-stale": _charts("pve-lab:container:101", fleet=world),
    "charts-huge": _charts("vc-east:vm:huge", fleet=world),
    "charts-cluster": _charts("vc-east:cluster:a", fleet=world),
    "top-80x24": _top(NARROW),
    "top-100x30": _top(MIDDLE),
    "top-160x50": _top(WIDE),
    "top-ascii": _top(NARROW, PLAIN),
}
"""By file name."""

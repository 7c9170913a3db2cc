"""A console that lives through anything its workers may send, and shows no harm of it."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from novatui.wire import frames
from novatui.wire.channel import GarbledChannel, encode
from tests.ui.desk import desk
from tests.ui.randomness import news
from tests.ui.test_hostile import assert_harmless
from tests.ui.world import SPECS, world

KNOWN = sorted({world().inventory.key(slot) for slot in world().inventory.slots()})
NEWS = news([spec.name for spec in SPECS], KNOWN)
SLOW = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


async def _live_through(told: list[frames.Frame | bytes]) -> None:
    async with desk(world(), (120, 40)) as person:
        await person.press("tab")
        for nth, one in enumerate(told):
            try:
                if isinstance(one, bytes):
                    person.fleet.hear_bytes(one)
                else:
                    person.fleet.hear(one)
            except GarbledChannel:
                continue  # the supervisor replaces a worker that says such things
            if nth % 5 == 0:
                await person.settle()
                assert_harmless(person.text)
                await person.press("jGlkgT"[nth // 5 % 6])
        await person.pass_time(700)
        assert_harmless(person.text)


FOR_EVER = frames.LockState(SPECS[0].name, ro=False, protected=True, role="admin", reasons=[], unlocked=float("inf"))


@SLOW
@given(st.lists(NEWS, max_size=40))
@example([FOR_EVER])
def test_any_frame_may_come(told: list[frames.Frame]) -> None:
    asyncio.run(_live_through(list(told)))


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    body = bytearray(encode(draw(NEWS))[4:])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(body) - 1)))
        body[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(body)


@SLOW
@given(st.lists(_damaged(), max_size=40))
def test_any_bytes_may_come(told: list[bytes]) -> None:
    asyncio.run(_live_through(list(told)))

"""The paint clock, with a clock and a message pump of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from novatui.ui.rows import painter as painter_module
from novatui.ui.rows.painter import Painter


class Desk:
    """Stands for an app: runs callbacks at once, and finishes frames when the test says so."""

    def __init__(self) -> None:
        self.frames: list[Callable[[], Any]] = []

    def call_later(self, callback: Callable[..., Any], *args: Any) -> bool:
        callback(*args)
        return True

    def call_after_refresh(self, callback: Callable[..., Any], *args: Any) -> bool:
        self.frames.append(lambda: callback(*args))
        return True


class Waits:
    """A loop that only notes what it is asked to do later, and a clock that stands still."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.asked: list[tuple[float, Callable[[], None]]] = []
        monkeypatch.setattr(painter_module.asyncio, "get_running_loop", lambda: self)

    def call_later(self, delay: float, callback: Callable[[], None], context: object) -> object:
        self.asked.append((delay, callback))
        return object()

    def pass_time(self) -> float:
        """Let the one waiting timer ring; returns what it waited for."""
        [(delay, callback)] = self.asked
        self.asked.clear()
        self.now += delay
        callback()
        return delay


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    monkeypatch.setattr(painter_module, "LONGEST", 2.0)  # tests of screens have it paint without a pause
    return Waits(monkeypatch)


def test_nothing_asked_for_is_no_timer(waits: Waits) -> None:
    painter = Painter(Desk(), clock=lambda: waits.now)
    assert painter.idle
    painter.request(list)
    assert not painter.idle
    waits.pass_time()
    assert painter.idle
    assert waits.asked == []


def test_requests_between_two_ticks_are_one_run_of_each_job(waits: Waits) -> None:
    ran: list[str] = []

    def tree() -> None:
        ran.append("tree")

    def table() -> None:
        ran.append("table")

    desk = Desk()
    painter = Painter(desk, clock=lambda: waits.now)
    for _ in range(100):
        painter.request(tree)
        painter.request(table)
    assert waits.pass_time() == 0, "after a quiet time the first change is shown at once"
    assert ran == ["tree", "table"]
    assert len(desk.frames) == 1


def test_a_quiet_time_saves_up_a_few_paints_and_no_more(waits: Waits) -> None:
    painter = Painter(Desk(), clock=lambda: waits.now)

    def pauses(paints: int) -> list[float]:
        found: list[float] = []
        for _ in range(paints):
            painter.request(list)
            found.append(waits.pass_time())
        return found

    assert pauses(6) == pytest.approx([0, 0, 0, 0.25, 0.25, 0.25])
    waits.now += 0.25
    assert pauses(3) == pytest.approx([0, 0.25, 0.25]), "one period saves up one paint"
    waits.now += 60
    assert pauses(5) == pytest.approx([0, 0, 0, 0.25, 0.25])


def test_slow_frames_slow_the_clock_and_quick_ones_bring_it_back(waits: Waits) -> None:
    desk = Desk()
    painter = Painter(desk, clock=lambda: waits.now)

    def frame_of(seconds: float) -> None:
        painter.request(list)
        waits.pass_time()
        waits.now += seconds
        desk.frames.pop()()

    for _ in range(30):
        frame_of(0.1)
    assert painter.period == pytest.approx(0.8, rel=0.01)
    for _ in range(30):
        frame_of(60)
    assert painter.period == painter_module.LONGEST
    for _ in range(60):
        frame_of(0.001)
    assert painter.period == 0.25


def test_what_a_job_asks_for_belongs_to_the_same_frame(waits: Waits) -> None:
    ran: list[str] = []
    desk = Desk()
    painter = Painter(desk, clock=lambda: waits.now)

    def drain() -> None:
        ran.append("drain")
        painter.request(paint)

    def paint() -> None:
        ran.append("paint")
        painter.request(drain)

    painter.request(drain)
    waits.pass_time()
    assert ran == ["drain", "paint"]
    assert len(desk.frames) == 1
    assert not painter.idle, "what has run already waits for the next tick"
    waits.pass_time()
    assert ran == ["drain", "paint", "drain", "paint"]


def test_a_cancelled_job_does_not_run(waits: Waits) -> None:
    ran: list[str] = []
    painter = Painter(Desk(), clock=lambda: waits.now)

    def job() -> None:
        ran.append("job")

    painter.request(job)
    painter.cancel(job)
    waits.pass_time()
    assert ran == []
    assert painter.idle


async def test_a_job_may_ask_for_itself_again() -> None:
    ran: list[float] = []
    done = asyncio.Event()
    painter = Painter(Desk(), interval=0.01)

    def job() -> None:
        ran.append(1)
        painter.request(job) if len(ran) < 3 else done.set()

    painter.request(job)
    await asyncio.wait_for(done.wait(), 30)
    assert len(ran) == 3

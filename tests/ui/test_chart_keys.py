"""The keys of the charts on the Metrics tab: what each changes, what Esc undoes, what is measured meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from novatui.actions.catalogue import ACTIONS, Scope
from novatui.config.alarms import Alarms as AlarmConfig
from novatui.config.alarms import Limits, Rule
from novatui.engine.alarms import Alarms
from novatui.engine.metric_store import HISTORY
from novatui.ui.place import Place
from novatui.ui.render import history
from novatui.ui.render.metrics_page import View
from novatui.ui.render.window import DAY, Window
from novatui.ui.widgets.chart import Charts
from novatui.wire import frames
from tests.ui.desk import Desk, desk
from tests.ui.measured import STEP, measured
from tests.ui.world import load, world

BUSY = Place("detail", ref="kvm-03:vm:busy", tab="metrics")
HOST = Place("detail", ref="kvm-03:host:kvm-03", tab="metrics")
NOW = 100_002.0
"""The monotonic clock of `measured`."""


def charts(person: Desk) -> Charts:
    return person.screen.query_one(Charts)


EXPECTED: dict[str, dict[str, Any]] = {
    "chart.cpu": {"panel": "cpu"},
    "chart.memory": {"panel": "mem"},
    "chart.disk": {"panel": "disk"},
    "chart.net": {"panel": "net"},
    "chart.zoom": {"panel": "cpu"},
    "chart.window": {"window": Window(DAY)},
    "chart.closer": {"window": Window(300.0)},
    "chart.wider": {"window": Window(1800.0)},
    "chart.earlier": {},
    "chart.later": {},
    "chart.live": {},
    "chart.fit": {"fit": True},
    "chart.history": {"history": True, "window": Window(DAY), "panel": "cpu"},
    "read.left": {"window": Window(HISTORY, None, NOW - HISTORY / 41)},
    "read.right": {"window": Window(HISTORY, None, NOW)},
}
"""What each action changes of the view on a screen of 100 cells."""


def test_every_key_is_expected_to_do_something() -> None:
    assert set(EXPECTED) == {action.id for action in ACTIONS if action.scope is Scope.CHART}


@pytest.mark.parametrize(
    ("name", "key"),
    [(action.id, key) for action in ACTIONS if action.scope is Scope.CHART for key in action.keys],
)
async def test_a_key_on_the_charts(name: str, key: str) -> None:
    async with desk(measured()) as person:
        await person.open(BUSY)
        await person.press(key)
        if name == "chart.history":
            await _until(person, lambda: charts(person).view.history)
        was, now = View(), charts(person).view
        changed = {field: getattr(now, field) for field in View.__struct_fields__}
        changed = {field: value for field, value in changed.items() if value != getattr(was, field)}
        assert changed == EXPECTED[name]


async def _until(person: Desk, done: Any) -> None:
    while not done():
        await person.pilot.pause(0.02)
    await person.settle()


async def test_escape_undoes_one_thing_after_the_other_and_then_goes_back() -> None:
    async with desk(measured()) as person:
        await person.open(BUSY)
        await person.press("d", "up", "left", "left")
        for expected in (View("disk", Window(300.0)), View("", Window(300.0))):
            await person.press("escape")
            assert charts(person).view == expected
        await person.press("escape")
        assert person.screen is person.home


async def test_panning_a_short_window_stands_still_while_time_goes_on() -> None:
    async with desk(measured()) as person:
        await person.open(BUSY)
        await person.press("c", "up", "up", "less_than_sign")
        assert "in the past" in person.text
        before = charts(person).view
        await _measure(person, 80.0)
        assert charts(person).view == before
        await person.press("G")
        assert charts(person).view.window == Window(before.window.span)
        assert "a used 80%" in person.text


async def _measure(person: Desk, level: float) -> None:
    person.fleet.clock.advance(STEP)
    person.fleet.measure("kvm-03", {"vm:busy": load("busy", level)})
    await person.settle()


async def test_a_new_sample_is_drawn_and_the_rest_stands() -> None:
    async with desk(measured()) as person:
        await person.open(BUSY)
        await _measure(person, 97.0)
        assert "a used 97%" in person.text
        drawn = charts(person)._drawn
        person.fleet.measure("kvm-03", {"vm:idle": load("idle", 97.0)})
        await person.settle()
        assert charts(person)._drawn is drawn


async def test_the_history_chart_waits_between_two_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []
    lines = history.lines

    def counted(*args: Any) -> Any:
        drawn.append(0.0)
        return lines(*args)

    async with desk(measured()) as person:
        await person.open(BUSY)
        await person.press("c", "H")
        await _until(person, lambda: charts(person).view.history)
        monkeypatch.setattr(history, "lines", counted)
        for _ in range(5):
            person.fleet.clock.advance(0.3)
            person.fleet.measure("kvm-03", {"vm:busy": load("busy", 60.0)})
            await person.settle()
        assert drawn == []
        await _measure(person, 60.0)
        assert len(drawn) == 1
        await person.press("up")
        assert len(drawn) == 2


async def test_a_missing_plotext_is_said_and_leaves_the_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise history.Unavailable("plotext cannot be loaded: no compiler")

    monkeypatch.setattr(history, "load", gone)
    async with desk(measured()) as person:
        await person.open(BUSY)
        await person.press("H")
        await _until(person, lambda: "no compiler" in person.text)
        assert charts(person).view == View()


async def test_a_host_is_measured_with_its_machines_and_kept() -> None:
    async with desk(measured()) as person:
        await person.open(HOST)
        wanted = {"host:kvm-03", "vm:busy", "vm:idle", "vm:off", "vm:new"}
        assert person.screen.wanted() == {"kvm-03": wanted}
        assert person.slot("kvm-03", "host:kvm-03") in person.fleet.keeping.kept
        await _until(person, lambda: person.fleet.aggregates.of(person.slot("kvm-03", "host:kvm-03")))
        person.app.stage.pulse.age()
        await person.settle()
        assert "memory, disk, net: sum of 2 machines, 1 unknown" in person.text
        await person.press("escape")
        await _until(person, lambda: not person.fleet.aggregates.of(person.slot("kvm-03", "host:kvm-03")))


async def test_what_was_looked_into_is_measured_wherever_the_person_is() -> None:
    async with desk(measured()) as person:
        await person.open(BUSY)
        await person.press("escape")
        await person.open("log")
        await _until(person, lambda: _watched(person) == ["vm:busy"])


def _watched(person: Desk) -> list[str] | None:
    found = [frame for frame in person.fleet.sent if isinstance(frame, frames.Watch) and frame.conn == "kvm-03"]
    return found[-1].keys if found else None


async def test_a_group_and_a_connection_measure_everything() -> None:
    async with desk(world()) as person:
        group = next(slot for slot in person.fleet.inventory.slots() if person.fleet.inventory.name(slot) == "kvm-farm")
        await person.open(Place("detail", ref=str(person.fleet.inventory.ref(group)), tab="metrics"))
        assert person.screen.wanted() == {"kvm-03": None, "kvm-12": None}
        await person.open(Place("detail", ref="vc-east:connection:vc-east", tab="metrics"))
        assert person.screen.wanted() == {"vc-east": None}


async def test_limits_are_those_of_the_configuration() -> None:
    async with desk(measured()) as person:
        rules = {"cpu.used": Rule(warn=40.0, family={"kvm": Limits(warn=60.0)})}
        person.fleet.alarms = Alarms(person.fleet, AlarmConfig(rules=rules), clocks=person.app.look)
        await person.open(BUSY)
        await person.press("c")
        assert "used warn 60" in person.text
        assert "wait warn" not in person.text


async def test_what_has_an_alarm_has_a_day() -> None:
    async with desk(measured()) as person:
        await _measure(person, 97.0)
        assert not person.fleet.keeping.kept
        person.fleet.measure("kvm-03", {"vm:busy": load("busy", 97.0) | {"cpu.wait": 50.0}})
        for _ in range(40):
            await _hot(person)
        assert list(person.fleet.keeping.kept) == [person.slot("kvm-03", "vm:busy")]


async def _hot(person: Desk) -> None:
    person.fleet.clock.advance(STEP)
    person.fleet.measure("kvm-03", {"vm:busy": load("busy", 97.0) | {"cpu.wait": 50.0}})
    await person.settle()

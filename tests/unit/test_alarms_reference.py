"""Alarms held against a naive judge that, after every step, asks the stores anew and looks at all of the past."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from novatui.config.alarms import Alarms as AlarmConfig
from novatui.config.alarms import Rule
from novatui.core.inventory import Group
from novatui.engine.alarm_limits import Bounds
from tests.unit.alarm_fleet import AlarmFleet
from tests.unit.test_alarm_track import is_active

RULES = {
    "cpu.wait": Bounds(5.0, 10.0, 60.0, 1.0),
    "mem.percent": Bounds(90.0, None, 20.0, 5.0),
    "store.used": Bounds(85.0, 95.0, 0.0, 1.0),
    "crash": Bounds(None, 0.5, 30.0, 0.0),
}
CONFIG = AlarmConfig(
    rules={
        "cpu.wait": Rule(warn=5.0, critical=10.0, duration=60.0, hysteresis=1.0),
        "mem.percent": Rule(warn=90.0, duration=20.0, hysteresis=5.0),
        "store.used": Rule(warn=85.0, critical=95.0, hysteresis=1.0),
        "crash": Rule(duration=30.0),
    }
)
KEYS = ("vm:1", "vm:2")
FIGURES = st.none() | st.sampled_from([0.0, 3.9, 4.0, 4.5, 5.0, 5.5, 9.5, 10.5, 85.0, 87.0, 91.0, 95.5])

Past = list[tuple[float, float]]


class NaiveJudge(RuleBasedStateMachine):
    """Two machines and a store of one connection that comes and goes."""

    @initialize()
    def begin(self) -> None:
        self.fleet = AlarmFleet(CONFIG)
        self.past: dict[tuple[str, str], Past] = {}
        for key in KEYS:
            self.fleet.row(key, name=key, power="running", memory=100)
        self.fleet.row("datastore:1", name="ssd", capacity=100, free=50)
        self.remember()

    def remember(self) -> None:
        """Note what the stores say now, where it is known and not out of date."""
        inventory, metrics, now = self.fleet.inventory, self.fleet.metrics, self.fleet.now
        for key in KEYS:
            slot = inventory.slot("c1", key)
            if slot is None:
                for name in RULES:
                    self.past.pop((key, name), None)
                continue
            power = inventory.value(slot, "power")
            if power is not None and not inventory.stale(slot, Group.STATE, now):
                self.note(key, "crash", now, float(power == "crashed"))
            if power in ("off", "crashed"):
                self.past.pop((key, "cpu.wait"), None)
                self.past.pop((key, "mem.percent"), None)
                continue
            age = metrics.age(slot, now)
            if age is None:
                continue
            wait, used = metrics.latest(slot, "cpu.wait"), metrics.latest(slot, "mem.used")
            memory = inventory.value(slot, "memory")
            if wait is not None:
                self.note(key, "cpu.wait", now - age, wait)
            if used is not None and isinstance(memory, int):
                self.note(key, "mem.percent", now - age, 100.0 * used / memory)
        store = inventory.slot("c1", "datastore:1")
        free = None if store is None else inventory.value(store, "free")
        if store is not None and isinstance(free, int) and not inventory.stale(store, Group.STORAGE, now):
            self.note("datastore:1", "store.used", now, 100.0 - free)

    def note(self, key: str, name: str, at: float, value: float) -> None:
        past = self.past.setdefault((key, name), [])
        if not past or past[-1][0] < at:
            past.append((at, value))
        elif past[-1][0] == at:
            past[-1] = (at, value)

    @rule(key=st.sampled_from(KEYS), wait=FIGURES, used=FIGURES)
    def sample(self, key: str, wait: float | None, used: float | None) -> None:
        values = {"cpu_wait": wait, "mem_used": used}
        self.fleet.sample(key, **{name: value for name, value in values.items() if value is not None})
        self.remember()

    @rule(key=st.sampled_from(KEYS), power=st.sampled_from(["running", "off", "crashed", None]))
    def power(self, key: str, power: str | None) -> None:
        self.fleet.row(key, name=key, power=power, memory=100)
        self.remember()

    @rule(free=st.none() | st.integers(0, 30))
    def store(self, free: int | None) -> None:
        self.fleet.row("datastore:1", name="ssd", capacity=100, free=free)
        self.remember()

    @rule(seconds=st.sampled_from([1.0, 15.0, 29.0, 31.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.fleet.wait(seconds)
        self.remember()

    @rule(key=st.sampled_from(KEYS))
    def gone(self, key: str) -> None:
        self.fleet.gone(key)
        self.remember()

    @rule()
    def lose(self) -> None:
        self.fleet.lose()
        self.remember()

    @rule()
    def regain(self) -> None:
        self.fleet.regain()
        self.remember()

    @invariant()
    def the_same_is_raised(self) -> None:
        if not hasattr(self, "past"):
            return
        expected: set[tuple[str, str, str]] = set()
        for (key, name), past in self.past.items():
            bounds = RULES[name]
            for level, limit in (("critical", bounds.critical), ("warning", bounds.warn)):
                if is_active(past, limit, bounds):
                    expected.add((key, name, level))
                    break
        found = {(alarm.id.key, alarm.id.rule, alarm.level.value) for alarm in self.fleet.alarms.raised()}
        assert found == expected


NaiveJudge.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_alarms_are_those_of_the_definition = NaiveJudge.TestCase

"""Alarms of a fleet: what raises each rule, what ends it, what is only stale, what is news and what people said."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from novatui.config.alarms import Alarms as AlarmConfig
from novatui.config.alarms import Limits, Rule, default_alarms
from novatui.core.alarms import Level
from novatui.core.events import Acknowledgement, Severity
from novatui.core.states import Link
from novatui.engine.alarm_book import AlarmBook
from tests.unit.alarm_fleet import EPOCH, AlarmFleet

DAY = 86400.0


def with_rules(**rules: Rule) -> AlarmConfig:
    """The built-in rules but for these; `cpu_wait` stands for `cpu.wait`."""
    named = {name.replace("_", ".", 1): rule for name, rule in rules.items()}
    return AlarmConfig(rules=default_alarms().rules | named)


def wait_above(fleet: AlarmFleet, key: str, value: float, seconds: float = 70.0) -> None:
    """The cpu wait of an object stays at a value."""
    for _ in range(int(seconds / 10) + 1):
        fleet.sample(key, cpu_wait=value)
        fleet.now += 10


# What raises and ends an alarm


def test_cpu_wait_is_raised_after_its_duration_grows_worse_and_ends_below_the_hysteresis() -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="web", power="running")
    wait_above(fleet, "vm:1", 6.1, 40)
    assert fleet.raised() == []
    assert [alarm.text for alarm in fleet.alarms.pending()] == ["cpu wait 6.1% > 5.0%"]
    wait_above(fleet, "vm:1", 6.1, 20)
    assert fleet.raised() == [("web", "cpu.wait", "warning")]
    assert fleet.texts() == ["cpu wait 6.1% > 5.0%"]
    began = fleet.alarms.raised()[0].since
    assert began == pytest.approx(EPOCH + 1000, abs=1)
    wait_above(fleet, "vm:1", 12, 60)
    assert fleet.raised() == [("web", "cpu.wait", "critical")]
    assert fleet.alarms.raised()[0].since == pytest.approx(began)
    fleet.sample("vm:1", cpu_wait=9.5)
    assert fleet.raised() == [("web", "cpu.wait", "critical")], "within the hysteresis"
    fleet.sample("vm:1", cpu_wait=8.9)
    assert fleet.raised() == [("web", "cpu.wait", "warning")]
    fleet.sample("vm:1", cpu_wait=4.5)
    assert fleet.raised() == [("web", "cpu.wait", "warning")]
    fleet.sample("vm:1", cpu_wait=4.0)
    assert fleet.raised() == []


def test_memory_is_judged_by_what_the_machine_has() -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="a", power="running", memory=1000)
    fleet.row("vm:2", name="b", power="running", memory=1000)
    fleet.row("vm:3", name="c", power="running")
    for _ in range(14):
        fleet.sample("vm:1", mem_used=960)
        fleet.sample("vm:2", mem_used=960, mem_assigned=2000)
        fleet.sample("vm:3", mem_used=960)
        fleet.now += 10
    assert fleet.raised() == [("a", "mem.percent", "warning")]
    fleet.row("vm:1", name="a", power="off", memory=1000)
    assert fleet.raised() == [], "a machine that is off is short of nothing"


def test_a_full_store_is_raised_at_once() -> None:
    fleet = AlarmFleet()
    fleet.row("datastore:1", name="ssd", capacity=1000, free=100, active=True)
    assert fleet.texts() == ["store used 90% > 85%"]
    fleet.row("datastore:1", name="ssd", capacity=1000, free=None, active=True)
    assert len(fleet.raised()) == 1, "unknown ends nothing"
    fleet.row("datastore:1", name="ssd", capacity=1000, free=20, active=True)
    assert fleet.raised() == [("ssd", "store.used", "critical")]
    fleet.row("datastore:1", name="ssd", capacity=1000, free=500, active=True)
    assert fleet.raised() == []


@pytest.mark.parametrize(
    ("native", "health", "power", "rule"),
    [
        ("paused (I/O error)", "critical", "paused", "io_error"),
        ("io-error", None, "paused", "io_error"),
        ("PausedCritical", None, "unknown", "io_error"),
        ("crashed (panicked)", "critical", "crashed", "crash"),
        ("paused (crashed)", "critical", "crashed", "crash"),
        ("shut off (crashed)", "critical", "off", "crash"),
    ],
)
def test_states_that_wake_people_up(native: str, health: str | None, power: str, rule: str) -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="db", power=power, native_state=native, health=health)
    assert fleet.raised() == [("db", rule, "critical")]
    assert native in fleet.texts()[0]
    fleet.row("vm:1", name="db", power=None, native_state=None, health=None)
    assert fleet.raised() == [("db", rule, "critical")], "unknown ends nothing"
    fleet.row("vm:1", name="db", power="running", native_state="running", health=None)
    assert fleet.raised() == []


@pytest.mark.parametrize(
    ("power", "native"),
    [("paused", "paused (user)"), ("off", "shut off (shutdown)"), ("running", "running (crashed)"), (None, "crashed")],
)
def test_states_that_do_not(power: str | None, native: str) -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="db", power=power, native_state=native)
    assert fleet.raised() == []


def test_a_snapshot_grows_old_without_any_change_of_its_row() -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="old", snapshots=4, snapshot_oldest=fleet.time() - 41 * DAY)
    fleet.row("vm:2", name="new", snapshots=1, snapshot_oldest=fleet.time() - 30 * DAY + 60)
    fleet.row("vm:3", name="none", snapshots=0)
    assert fleet.texts() == ["oldest snapshot 41d > 30d"]
    assert fleet.alarms.raised()[0].since == pytest.approx(fleet.time() - 11 * DAY, abs=1)
    fleet.wait(50)
    assert len(fleet.raised()) == 1
    fleet.wait(15)
    assert [name for name, _, _ in fleet.raised()] == ["new", "old"]
    fleet.row("vm:2", name="new", snapshots=0, snapshot_oldest=None)
    assert [name for name, _, _ in fleet.raised()] == ["old"]


def test_a_lost_connection_is_raised_after_a_while_and_its_alarms_are_stale() -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="db", power="crashed", native_state="crashed")
    crash = fleet.alarms.raised()[0]
    assert not fleet.alarms.stale(crash)
    fleet.lose()
    fleet.wait(20)
    assert fleet.raised() == [("db", "crash", "critical")]
    assert fleet.alarms.stale(crash)
    fleet.wait(20)
    assert ("c1", "connection.lost", "warning") in fleet.raised()
    assert "no answer 40s > 30s" in fleet.texts()
    fleet.wait(300)
    assert ("c1", "connection.lost", "critical") in fleet.raised()
    fleet.regain()
    assert fleet.raised() == [("db", "crash", "critical")], "what was raised stays until somebody knows better"


def test_a_connection_that_is_removed_takes_its_alarms_along() -> None:
    fleet = AlarmFleet()
    fleet.event("Licence", True, key="", subject="vc")
    fleet.row("vm:1", name="db", power="crashed")
    fleet.lose()
    fleet.wait(40)
    assert len(fleet.raised()) == 3
    del fleet.connections["c1"]
    fleet.inventory.remove_connection("c1")
    fleet.links.add("c1")
    fleet.take()
    assert fleet.raised() == []
    fleet.wait(5)


def test_a_stale_state_neither_raises_nor_ends() -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="a", power="running", native_state="running")
    fleet.inventory.set_link("c1", Link.DOWN)
    fleet.row("vm:1", name="a", power="crashed", native_state="crashed")
    assert fleet.raised() == []


def test_what_is_gone_is_not_raised_and_its_slot_starts_anew() -> None:
    fleet = AlarmFleet()
    slot = fleet.row("vm:1", name="a", power="crashed")
    fleet.gone("vm:1")
    assert fleet.raised() == []
    assert fleet.row("vm:2", name="b", power="running") == slot
    assert fleet.raised() == []
    assert fleet.alarms.level(slot) is None


def test_limits_follow_family_and_tag() -> None:
    tags = {"lab": Limits(enabled=False), "db": Limits(warn=2.0)}
    rule = Rule(warn=5.0, critical=10.0, family={"vc": Limits(warn=20.0, critical=30.0)}, tag=tags)
    fleet = AlarmFleet(with_rules(cpu_wait=rule))
    for key, carried in (("vm:1", []), ("vm:2", ["lab"]), ("vm:3", ["db"]), ("vm:4", ["lab"])):
        fleet.row(key, name=key, power="running", tags=carried)
        fleet.sample(key, cpu_wait=3.0 if key == "vm:3" else 15.0)
    fleet.row("vm:5", "c2", name="vm:5", power="running")
    fleet.sample("vm:5", "c2", cpu_wait=15.0)
    fleet.row("vm:6", "c2", name="vm:6", power="running")
    fleet.sample("vm:6", "c2", cpu_wait=25.0)
    assert sorted(fleet.raised()) == [
        ("vm:1", "cpu.wait", "critical"),
        ("vm:3", "cpu.wait", "warning"),
        ("vm:6", "cpu.wait", "warning"),
    ]


def test_any_metric_can_have_limits() -> None:
    fleet = AlarmFleet(with_rules(net_drops=Rule(warn=100.0)))
    fleet.row("vm:1", name="a", power="running")
    fleet.sample("vm:1", net_drops=250)
    assert fleet.texts() == ["dropped packets 250/s > 100/s"]


# Alarms of the products


def test_named_alarms_come_and_go_by_their_events() -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="db")
    fleet.event("CPU ready", True, severity=Severity.ERROR)
    fleet.event("Memory", True)
    assert fleet.raised() == [("db", "product", "critical"), ("db", "product", "warning")]
    assert fleet.texts() == ["CPU ready told", "Memory told"]
    fleet.event("CPU ready", False)
    assert fleet.texts() == ["Memory told"]
    fleet.event("Memory", True, at=fleet.time() - 50, seen=fleet.time())
    fleet.event("Memory", False, at=fleet.time() - 40, seen=fleet.time())
    assert fleet.texts() == ["Memory told"], "what happened before the latest decides nothing"


def test_the_count_of_the_product_ends_what_it_named_and_tells_of_what_it_did_not() -> None:
    fleet = AlarmFleet()
    slot = fleet.row("vm:1", name="db", alarms=3)
    assert fleet.texts() == ["3 alarms of the product"]
    fleet.event("Memory", True)
    assert fleet.texts() == ["Memory told", "2 alarms of the product"]
    fleet.row("vm:1", name="db", alarms=1)
    assert fleet.texts() == ["Memory told"]
    fleet.row("vm:1", name="db", alarms=None)
    assert fleet.texts() == ["Memory told"]
    assert fleet.alarms.level(slot) is Level.WARNING
    fleet.row("vm:1", name="db", alarms=0)
    assert fleet.raised() == []


def test_an_alarm_may_be_told_before_its_object_or_have_none() -> None:
    fleet = AlarmFleet()
    fleet.event("Disk", True, key="vm:9", subject="late")
    fleet.event("Licence", True, key="", subject="vc")
    assert sorted(name for name, _, _ in fleet.raised()) == ["late", "vc"]
    slot = fleet.row("vm:9", name="late")
    fleet.wait(5)
    assert fleet.alarms.level(slot) is Level.WARNING
    fleet.gone("vm:9")
    assert [name for name, _, _ in fleet.raised()] == ["vc"]


def test_products_alarms_can_be_left_out() -> None:
    fleet = AlarmFleet(AlarmConfig(rules={"product": Rule(enabled=False)}))
    fleet.row("vm:1", name="db", alarms=2)
    fleet.event("Memory", True)
    assert fleet.raised() == []


# News, marks, and what people say


def test_news_is_what_was_raised_after_the_first_look_and_is_told_once() -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="a", power="crashed")
    assert fleet.news() == ["crashed"]
    assert fleet.news() == []
    fleet.row("datastore:1", name="ssd", capacity=100, free=10)
    fleet.row("datastore:1", name="ssd", capacity=100, free=1)
    assert fleet.news() == ["store used 99% > 95%"], "once, as it is now"
    fleet.row("vm:1", name="a", power="running")
    fleet.row("vm:1", name="a", power="crashed")
    fleet.row("vm:1", name="a", power="running")
    assert fleet.news() == [], "over before anybody heard of it"


def test_what_was_there_before_us_is_no_news() -> None:
    fleet = AlarmFleet()
    fleet.alarms.__init__(fleet, default_alarms(), clocks=fleet)  # type: ignore[misc]
    fleet.connections["c1"].listed = False
    fleet.row("vm:1", name="a", power="crashed")
    fleet.wait(5)
    fleet.connections["c1"].listed = True
    fleet.row("vm:2", name="b", power="crashed")
    fleet.wait(5)
    fleet.wait(5)
    fleet.row("vm:3", name="c", power="crashed")
    assert [alarm.subject for alarm in fleet.alarms.take_news()] == ["c"]


def test_an_acknowledged_alarm_is_quiet_until_it_is_over_or_grows_worse() -> None:
    fleet = AlarmFleet()
    slot = fleet.row("datastore:1", name="ssd", capacity=100, free=10)
    fleet.row("vm:1", name="a", power="crashed")
    fleet.alarms.acknowledge([alarm.id for alarm in fleet.alarms.of(slot)], "oncall")
    assert fleet.news() == ["crashed"]
    note = fleet.book.note(fleet.alarms.of(slot)[0].id)
    assert note is not None
    assert (note.acknowledged_by, note.acknowledged_at) == ("oncall", fleet.time())
    assert [name for name, _, _ in fleet.raised()] == ["a", "ssd"], "what nobody knows of comes first"
    counts = fleet.alarms.counts()
    assert (counts.critical, counts.warning, counts.acknowledged, counts.open) == (1, 0, 1, 1)
    fleet.row("datastore:1", name="ssd", capacity=100, free=1)
    assert fleet.news() == ["store used 99% > 95%"]
    assert fleet.alarms.counts().acknowledged == 0
    fleet.alarms.acknowledge(fleet.ids(), "oncall")
    fleet.row("vm:1", name="a", power="running")
    fleet.row("vm:1", name="a", power="crashed")
    assert fleet.news() == ["crashed"], "another crash is another alarm"


def test_a_silenced_alarm_is_quiet_also_when_it_is_raised_again() -> None:
    fleet = AlarmFleet()
    slot = fleet.row("vm:1", name="a", power="crashed")
    fleet.news()
    fleet.alarms.silence(fleet.ids(), 3600, "oncall")
    assert fleet.alarms.level(slot) is None
    assert fleet.alarms.counts().silenced == 1
    fleet.row("vm:1", name="a", power="running")
    fleet.row("vm:1", name="a", power="crashed")
    assert fleet.news() == []
    fleet.wait(3601)
    assert fleet.alarms.level(slot) is Level.CRITICAL
    assert fleet.alarms.counts().silenced == 0
    fleet.alarms.silence(fleet.ids(), 3600, "oncall")
    fleet.alarms.unsilence(fleet.ids())
    assert fleet.alarms.counts().critical == 1


def test_a_chore_is_listed_last_and_bothers_nobody() -> None:
    fleet = AlarmFleet()
    slot = fleet.row("vm:1", name="a", snapshots=1, snapshot_oldest=fleet.time() - 40 * DAY)
    fleet.row("datastore:1", name="ssd", capacity=100, free=10)
    fleet.news()
    fleet.now += 100
    fleet.row("vm:2", name="b", snapshots=1, snapshot_oldest=fleet.time() - 31 * DAY)
    assert [name for name, _, _ in fleet.raised()] == ["ssd", "b", "a"]
    assert fleet.news() == []
    assert fleet.alarms.level(slot) is None
    assert (fleet.alarms.counts().open, fleet.alarms.counts().chores) == (1, 2)
    strict = AlarmFleet(AlarmConfig(rules={"snapshot.age": Rule(warn=1.0, critical=2.0)}))
    slot = strict.row("vm:1", name="a", snapshots=1, snapshot_oldest=strict.time() - 40 * DAY)
    assert strict.alarms.level(slot) is Level.CRITICAL, "who asks for a critical limit gets one"


def test_marks_reach_the_nodes_above() -> None:
    fleet = AlarmFleet()
    host = fleet.row("host:1", name="h", parent="")
    slot = fleet.row("vm:1", name="a", parent="host:1", alarms=1)
    fleet.row("vm:2", name="b", parent="host:1", power="crashed")
    connection = fleet.inventory.connection("c1")
    assert [fleet.alarms.level(node) for node in (slot, host, connection)] == [
        Level.WARNING,
        Level.CRITICAL,
        Level.CRITICAL,
    ]
    assert [fleet.alarms.count(node) for node in (slot, host, connection)] == [1, 2, 2]
    assert fleet.alarms.count(fleet.inventory.connection("c2")) == 0


def test_a_flood_of_rows_that_are_well_raises_nothing() -> None:
    fleet = AlarmFleet()
    for number in range(50):
        fleet.row(f"vm:{number}", name=str(number), power="running", memory=1000, alarms=0, health="ok")
        fleet.sample(f"vm:{number}", cpu_wait=1, mem_used=500, disk_latency=2)
    assert fleet.raised() == []
    assert fleet.alarms.pending() == []


# The book


def test_what_was_said_is_kept_for_this_user_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "alarms.json"
    fleet = AlarmFleet(book=path)
    fleet.row("vm:1", name="a", power="crashed")
    fleet.alarms.acknowledge(fleet.ids(), "oncall")
    assert fleet.book.unsaved
    fleet.book.write(fleet.book.prepare(fleet.time()))
    assert not fleet.book.unsaved
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    later = AlarmFleet(book=path)
    later.book.load()
    later.row("vm:1", name="a", power="crashed")
    assert later.alarms.counts().acknowledged == 1
    assert later.news() == []


def test_two_consoles_do_not_undo_each_other(tmp_path: Path) -> None:
    path = tmp_path / "alarms.json"
    one, other = AlarmFleet(book=path), AlarmFleet(book=path)
    for fleet in (one, other):
        fleet.row("vm:1", name="a", power="crashed")
        fleet.row("vm:2", name="b", power="crashed")
    first, second = sorted(one.ids())
    one.alarms.acknowledge([first], "ana")
    other.alarms.silence([second], 60, "bob")
    for fleet in (one, other):
        fleet.book.write(fleet.book.prepare(fleet.time()))
    other.alarms.unsilence([second])
    other.book.write(other.book.prepare(other.time()))
    again = AlarmBook(path)
    again.load()
    assert again.acknowledged(first)
    assert again.note(second) is None


@pytest.mark.parametrize("text", ["", "nonsense", '{"notes": [{"id": 3}]}', "[]", '{"notes": null}', "\udcff"])
def test_a_damaged_book_counts_as_empty_and_is_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "alarms.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    fleet = AlarmFleet(book=path)
    fleet.book.load()
    fleet.row("vm:1", name="a", power="crashed")
    fleet.alarms.silence(fleet.ids(), 60, "x")
    fleet.book.write(fleet.book.prepare(fleet.time()))
    assert len(json.loads(path.read_text())["notes"]) == 1
    fleet.now += 100
    fleet.book.write(fleet.book.prepare(fleet.time()))
    assert json.loads(path.read_text())["notes"] == [], "what is over is forgotten"


def test_an_alarm_that_is_acknowledged_at_its_product_is_known_and_quiet() -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="db", power="running")
    fleet.event("cpu", True)
    (alarm,) = fleet.alarms.raised()
    assert (alarm.at_server, fleet.alarms.acknowledged(alarm)) == (None, False)
    fleet.event("cpu", True, acknowledgement=Acknowledgement(done=False))
    assert fleet.alarms.counts().warning == 1
    fleet.event("cpu", True, acknowledgement=Acknowledgement(done=True, by="anna", at=90.0))
    (alarm,) = fleet.alarms.raised()
    assert alarm.at_server is not None
    assert (alarm.at_server.by, fleet.alarms.acknowledged(alarm)) == ("anna", True)
    assert (fleet.alarms.counts().warning, fleet.alarms.counts().acknowledged) == (0, 1)
    assert fleet.alarms.book.note(alarm.id) is None, "nobody has said anything here"
    fleet.event("cpu", True)
    assert fleet.alarms.counts().acknowledged == 1, "an event that does not tell takes nothing back"
    fleet.event("cpu", False)
    fleet.event("cpu", True)
    assert fleet.alarms.counts().acknowledged == 0, "raised anew it is unknown again"

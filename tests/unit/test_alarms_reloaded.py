"""Limits that change while the console runs: what they raise, what they end, and what they leave alone."""

from __future__ import annotations

import pytest

from novatui.config.alarms import Alarms as AlarmConfig
from novatui.config.alarms import Limits, Rule, default_alarms
from tests.unit.alarm_fleet import AlarmFleet
from tests.unit.test_alarms import DAY, wait_above, with_rules


@pytest.fixture
def fleet() -> AlarmFleet:
    """A machine that waits 6.1 % of its time, which the built-in rules warn of."""
    made = AlarmFleet()
    made.row("vm:1", name="web", power="running")
    wait_above(made, "vm:1", 6.1)
    assert made.raised() == [("web", "cpu.wait", "warning")]
    return made


def test_a_higher_limit_ends_what_is_below_it_without_another_sample(fleet: AlarmFleet) -> None:
    fleet.alarms.limit_by(with_rules(cpu_wait=Rule(warn=8.0, duration=60.0)))
    assert fleet.raised() == []
    wait_above(fleet, "vm:1", 8.5)
    assert fleet.texts() == ["cpu wait 8.5% > 8.0%"]


def test_a_lower_limit_makes_it_worse_and_says_so_with_the_limit_of_now(fleet: AlarmFleet) -> None:
    since = fleet.alarms.raised()[0].since
    fleet.alarms.limit_by(with_rules(cpu_wait=Rule(warn=3.0, critical=6.0)))
    assert fleet.raised() == [("web", "cpu.wait", "critical")]
    assert fleet.texts() == ["cpu wait 6.1% > 6.0%"]
    assert fleet.alarms.raised()[0].since >= since


def test_a_rule_that_is_switched_off_raises_nothing_any_more(fleet: AlarmFleet) -> None:
    fleet.alarms.limit_by(with_rules(cpu_wait=Rule(enabled=False)))
    assert fleet.raised() == []
    wait_above(fleet, "vm:1", 50.0)
    assert fleet.raised() == []
    fleet.alarms.limit_by(default_alarms())
    wait_above(fleet, "vm:1", 50.0)
    assert fleet.raised() == [("web", "cpu.wait", "critical")]


def test_the_same_limits_change_nothing(fleet: AlarmFleet) -> None:
    before = fleet.alarms.raised()
    fleet.alarms.acknowledge(fleet.ids(), "oncall")
    fleet.news()
    fleet.alarms.limit_by(default_alarms())
    assert [(one.id, one.since, one.level) for one in fleet.alarms.raised()] == [
        (one.id, one.since, one.level) for one in before
    ]
    assert fleet.alarms.acknowledged(fleet.alarms.raised()[0])
    assert fleet.news() == []


def test_a_machine_that_was_below_every_limit_is_judged_by_its_last_sample(fleet: AlarmFleet) -> None:
    fleet.row("vm:2", name="db", power="running")
    fleet.sample("vm:2", cpu_wait=2.0)
    fleet.alarms.limit_by(with_rules(cpu_wait=Rule(warn=1.0, duration=0.0)))
    assert ("db", "cpu.wait", "warning") in fleet.raised()
    assert "cpu wait 2.0% > 1.0%" in fleet.news()


def test_a_tag_can_be_given_other_limits(fleet: AlarmFleet) -> None:
    fleet.row("vm:1", tags=["batch"])
    fleet.alarms.limit_by(with_rules(cpu_wait=Rule(warn=5.0, tag={"batch": Limits(warn=50.0)})))
    assert fleet.raised() == []


def test_stores_and_snapshots_follow(fleet: AlarmFleet) -> None:
    fleet.row("datastore:1", name="pool", capacity=100, free=40)
    fleet.row("vm:2", name="old", power="off", snapshots=1, snapshot_oldest=fleet.time() - 5 * DAY)
    fleet.alarms.limit_by(
        with_rules(store_used=Rule(warn=50.0), snapshot_age=Rule(warn=4.0), cpu_wait=Rule(enabled=False))
    )
    assert {name for name, _, _ in fleet.raised()} == {"pool", "old"}
    fleet.alarms.limit_by(
        with_rules(store_used=Rule(warn=70.0), snapshot_age=Rule(warn=6.0), cpu_wait=Rule(enabled=False))
    )
    assert fleet.raised() == []
    fleet.wait(2 * DAY)
    assert fleet.raised() == [], "nobody has told of it for days"
    fleet.row("vm:2", snapshots=1)
    fleet.wait(61)
    assert {name for name, _, _ in fleet.raised()} == {"old"}


def test_alarms_of_products_can_be_left_out_and_taken_in_again() -> None:
    fleet = AlarmFleet()
    fleet.row("vm:1", name="db", alarms=2)
    fleet.event("Memory", raised=True)
    assert len(fleet.raised()) == 2
    fleet.alarms.limit_by(AlarmConfig(rules={"product": Rule(enabled=False)}))
    assert fleet.raised() == []
    fleet.alarms.limit_by(default_alarms())
    assert fleet.texts() == ["2 alarms of the product"]

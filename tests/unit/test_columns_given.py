"""What the machines in a place were given together, in the rows of hosts, clusters and pools."""

from __future__ import annotations

import pytest

from novatui.core.inventory import Value
from novatui.ui.columns import aggregate
from novatui.ui.columns.places import PROMISED
from novatui.ui.columns.views import VIEW
from novatui.ui.render.subject import Subject
from tests.ui.desk import look_at
from tests.ui.still import StillFleet
from tests.ui.world import SPECS

GIB = 1024**3


@pytest.fixture
def fleet() -> StillFleet:
    """A cluster of two hosts with three machines, one of them off."""
    made = StillFleet(SPECS)
    made.connect("vc-east")
    made.tell("vc-east", {"cluster:a": {"name": "A", "parent": ""}})
    for host, cpus in (("h1", 8), ("h2", 8)):
        row: dict[str, Value] = {
            "name": host, "parent": "cluster:a", "power": "running", "cpus": cpus, "memory_total": 64 * GIB,
        }  # fmt: skip
        made.tell("vc-east", {f"host:{host}": row})
    for name, host, power in (("m1", "h1", "running"), ("m2", "h1", "off"), ("m3", "h2", "running")):
        machine: dict[str, Value] = {
            "name": name, "parent": f"host:{host}", "host": f"host:{host}", "power": power, "vcpus": 6,
            "memory": 48 * GIB,
        }  # fmt: skip
        made.tell("vc-east", {f"vm:{name}": machine})
    return made


def cell(fleet: StillFleet, view: str, key: str, column: str) -> str:
    found = VIEW[view].column(column)
    assert found is not None
    slot = fleet.inventory.slot("vc-east", key)
    assert slot is not None
    look = look_at(fleet)
    text, _ = found.draw(Subject(fleet, slot, look, look.monotonic()), found.width)
    assert len(text) == found.width
    return text.strip()


def told(fleet: StillFleet, view: str, key: str) -> list[str]:
    return [cell(fleet, view, key, column) for column in ("cpus", "vcpus", "crowd", "memory", "given", "pledged")]


def test_a_host_tells_what_its_machines_were_given_on_or_off(fleet: StillFleet) -> None:
    assert told(fleet, "host", "host:h1") == ["8", "12", "1.5", "64G", "96G", "150"]
    assert told(fleet, "host", "host:h2") == ["8", "6", "0.8", "64G", "48G", "75"]


def test_a_cluster_sums_up_its_hosts_and_all_their_machines(fleet: StillFleet) -> None:
    assert told(fleet, "cluster", "cluster:a") == ["16", "18", "1.1", "128G", "144G", "112"]


def test_one_machine_that_does_not_tell_makes_the_sum_unknown_and_nothing_else(fleet: StillFleet) -> None:
    fleet.tell("vc-east", {"vm:m4": {"name": "m4", "parent": "host:h1", "power": "running", "vcpus": 1}})
    assert told(fleet, "host", "host:h1") == ["8", "13", "1.6", "64G", "?", "?"]
    assert told(fleet, "host", "host:h2")[4] == "48G"
    assert told(fleet, "cluster", "cluster:a") == ["16", "19", "1.2", "128G", "?", "?"]


def test_one_host_that_does_not_tell_makes_what_there_is_unknown(fleet: StillFleet) -> None:
    fleet.tell("vc-east", {"host:h2": {"memory_total": None}})
    assert told(fleet, "cluster", "cluster:a") == ["16", "18", "1.1", "?", "144G", "?"]


def test_a_host_without_machines_gave_nothing(fleet: StillFleet) -> None:
    fleet.tell("vc-east", {"host:h3": {"name": "h3", "parent": "cluster:a", "cpus": 4, "memory_total": GIB}})
    assert told(fleet, "host", "host:h3") == ["4", "0", "0.0", "1.0G", "0", "0.0"]


def test_more_than_there_is_stands_out(fleet: StillFleet) -> None:
    look = look_at(fleet)
    column = VIEW["host"].column("pledged")
    assert column is not None
    styles = {}
    for name in ("h1", "h2"):
        slot = fleet.inventory.slot("vc-east", f"host:{name}")
        assert slot is not None
        text, style = column.draw(Subject(fleet, slot, look, look.monotonic()), 6)
        styles[float(text) > PROMISED] = style
    assert styles == {True: look.styles.warning, False: look.styles.text}


def test_a_change_of_a_machine_is_seen_after_some_seconds(fleet: StillFleet) -> None:
    assert cell(fleet, "host", "host:h1", "vcpus") == "12"
    fleet.tell("vc-east", {"vm:m1": {"vcpus": 8}})
    fleet.clock.advance(aggregate.FRESH)
    assert cell(fleet, "host", "host:h1", "vcpus") == "14"
    fleet.remove("vc-east", "vm:m1")
    assert cell(fleet, "host", "host:h1", "vcpus") == "6"


def test_a_pool_that_nothing_is_told_to_be_in_does_not_say_that_it_is_empty(fleet: StillFleet) -> None:
    """Machines hang below their host: that none hangs below a pool says nothing of who belongs to it."""
    fleet.tell("vc-east", {"resource_pool:p": {"name": "prod", "parent": "cluster:a"}})
    columns = ("vms", "on", "alarms", "vcpus", "given")
    assert [cell(fleet, "pool", "resource_pool:p", column) for column in columns] == ["?"] * 5
    fleet.tell("vc-east", {"vm:m3": {"parent": "resource_pool:p"}})
    assert [cell(fleet, "pool", "resource_pool:p", column) for column in columns] == ["1", "1", "0", "6", "48G"]
    assert cell(fleet, "folder", "cluster:a", "vms") == "3"

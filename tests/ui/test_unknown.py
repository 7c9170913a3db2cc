"""What is not known is `?`, what does not apply is a dot, what is old is marked: never 0, never blank."""

from __future__ import annotations

import re

import pytest

from novatui.core.inventory import FIELDS
from novatui.core.metrics import METRICS
from novatui.ui.columns.column import GUTTER
from novatui.ui.columns.views import HOME
from novatui.ui.render import peek, table
from novatui.ui.render.marks import DRAWN
from novatui.ui.render.subject import Subject
from novatui.ui.rows.source import RowState
from tests.ui.desk import desk, look_at
from tests.ui.still import StillFleet
from tests.ui.world import GIB, SPECS, host, load, machine

WIDTH = 160

KNOWN = machine("known-1", "kvm-03", uuid="11111111-2222-3333-4444-555555555555")
LOAD = load("known-1", 40.0)

IN_PEEK = {
    "vcpus": "% of ? vCPU",
    "native_state": "state ?",
    "alarms": "alarms ?",
    "job": "job ?",
    "tags": "tags ?",
    "native_id": "id ?",
    "guest_os": "guest ?",
    "ip": "ip ?",
    "tools": "tools ?",
    "firmware": "firmware ?",
    "secure_boot": "secure boot ?",
    "tpm": "tpm ?",
    "snapshots": "snaps ?, oldest 41d",
    "snapshot_oldest": "snaps 1, oldest ?",
    "cpu.used": "cpu ?% of 4 vCPU",
    "cpu.wait": "wait ?%",
    "mem.used": "mem ?/16G",
    "mem.assigned": "mem 11G/16G",
    "mem.balloon": "balloon ?",
    "disk.read": "disk r ? w 3.8M/s",
    "disk.write": "disk r 15M w ?/s",
    "disk.iops": "iops ?",
    "disk.latency": "lat ? ms",
    "net.rx": "net rx ? tx 1.1M/s",
    "net.tx": "net rx 3.4M tx ?/s",
    "net.drops": "drops ?",
}
"""What the peek pane says when this is the only thing that is not known."""

IN_TABLE = {
    "power": ("ST", "? ?"),
    "host": ("HOST", "?"),
    "cpu.used": ("CPU%", "?"),
    "cpu.wait": ("WAIT%", "?"),
    "mem.used": ("MEM%", "?"),
    "disk.read": ("DISK/s", "?"),
    "disk.write": ("DISK/s", "?"),
    "disk.latency": ("LAT ms", "?"),
    "net.rx": ("NET/s", "?"),
    "net.tx": ("NET/s", "?"),
    "ip": ("IP", "?"),
    "since": ("UP", "?"),
    "alarms": ("ALM", "?"),
    "vcpus": ("vCPU", "?"),
    "memory": ("MEMORY", "?"),
    "guest_os": ("GUEST", "?"),
    "tags": ("TAGS", "?"),
    "job": ("JOB", "?"),
}
"""The column that shows it, and what it shows then."""

HOST_PEEK = {
    "cpus": "% of ?",
    "memory_total": "/?",
    "product": "product ?",
    "maintenance": "maintenance ?",
    "health": "health ?",
    "native_state": "state ?",
    "cpu_model": "processor ?",
}


def fleet() -> StillFleet:
    made = StillFleet(SPECS[:1])
    made.connect("kvm-03")
    made.tell("kvm-03", {"host:kvm-03": host("kvm-03"), "vm:a": KNOWN})
    for ago in range(40, -1, -2):
        made.measure("kvm-03", {"vm:a": LOAD, "host:kvm-03": LOAD}, ago)
    return made


def forget(made: StillFleet, name: str, key: str = "vm:a") -> None:
    """This one thing becomes unknown."""
    made.clock.advance(1)
    if name in LOAD:
        made.measure("kvm-03", {key: {metric: value for metric, value in LOAD.items() if metric != name}})
    else:
        made.tell("kvm-03", {key: {name: None}})


def subject(made: StillFleet, key: str = "vm:a") -> Subject:
    look = look_at(made)
    slot = made.inventory.slot("kvm-03", key)
    assert slot is not None
    return Subject(made, slot, look, look.monotonic())


def peeked(made: StillFleet, key: str = "vm:a") -> str:
    return "\n".join(line.text.rstrip() for line in peek.lines(subject(made, key), WIDTH, 4))


def cells(made: StillFleet, key: str = "vm:a", width: int = 300) -> dict[str, str]:
    """The table's row of a machine, by column."""
    grid = HOME.grid()
    line = table.row(grid, subject(made, key), width, RowState()).text
    name, columns = grid.at(width)
    found = {"NAME": line[GUTTER : GUTTER + name].strip()}
    at = GUTTER + name
    for column, size in columns:
        found[column.title] = line[at + 1 : at + 1 + size].strip()
        at += 1 + size
    return found


def test_nothing_is_unknown_to_begin_with() -> None:
    made = fleet()
    assert "?" not in peeked(made)
    assert not [title for title, text in cells(made).items() if "?" in text or not text]


@pytest.mark.parametrize("name", IN_PEEK)
def test_an_unknown_value_is_so_in_the_peek_pane(name: str) -> None:
    made = fleet()
    before = peeked(made)
    forget(made, name)
    after = peeked(made)
    assert IN_PEEK[name] in after
    if name != "mem.assigned":  # then the configured memory stands in for it
        assert after.count("?") == before.count("?") + 1


@pytest.mark.parametrize("name", IN_TABLE)
def test_an_unknown_value_is_so_in_the_table(name: str) -> None:
    made = fleet()
    before = cells(made)
    forget(made, name)
    after = cells(made)
    title, shown = IN_TABLE[name]
    assert after[title] == shown
    changed = {title for title in before if before[title] != after[title]}
    assert changed <= {title, "60 s"} if name == "cpu.used" else changed == {title}


@pytest.mark.parametrize("name", HOST_PEEK)
def test_an_unknown_value_of_a_host_is_so(name: str) -> None:
    made = fleet()
    assert "?" not in peeked(made, "host:kvm-03")
    forget(made, name, "host:kvm-03")
    assert HOST_PEEK[name] in peeked(made, "host:kvm-03")


def test_a_machine_without_a_name_is_called_by_its_id() -> None:
    made = fleet()
    forget(made, "name")
    assert cells(made)["NAME"] == "a"


@pytest.mark.parametrize("name", [field.name for field in FIELDS] + [metric.name for metric in METRICS])
def test_no_unknown_value_leaves_a_blank_or_a_zero(name: str) -> None:
    made = fleet()
    zeros = peeked(made).count(" 0 ") + list(cells(made).values()).count("0")
    forget(made, name)
    assert all(cells(made).values()), cells(made)
    assert peeked(made).count(" 0 ") + list(cells(made).values()).count("0") <= zeros
    assert not re.search(r"(None|nan|\[\])", peeked(made))


@pytest.mark.parametrize("state", ["off", "suspended", "crashed"])
def test_what_a_sleeping_machine_does_not_do_does_not_apply(state: str) -> None:
    made = fleet()
    made.clock.advance(1)
    made.tell("kvm-03", {"vm:a": {"power": state, "host": ""}})
    shown = cells(made)
    for title in ("HOST", "CPU%", "WAIT%", "MEM%", "DISK/s", "LAT ms", "NET/s"):
        assert shown[title] == DRAWN.inapplicable, title
    assert "cpu" not in peeked(made)


def test_known_to_be_empty_is_not_unknown() -> None:
    made = fleet()
    made.clock.advance(1)
    made.tell("kvm-03", {"vm:a": {"tags": [], "ip": [], "guest_os": "", "snapshots": 0, "snapshot_oldest": None}})
    shown = peeked(made)
    for said in ("tags none", "ip none", "guest none", "snaps 0"):
        assert said in shown
    assert "?" not in shown


def test_a_zero_is_a_zero() -> None:
    made = fleet()
    made.clock.advance(1)
    made.measure("kvm-03", {"vm:a": dict.fromkeys(LOAD, 0.0)})
    assert cells(made)["CPU%"] == "0.0"
    assert cells(made)["NET/s"] == "0"


def test_a_sum_of_which_a_part_is_unknown_is_unknown() -> None:
    made = fleet()
    assert cells(made)["DISK/s"] == "19M"
    forget(made, "disk.write")
    assert cells(made)["DISK/s"] == "?"


def test_two_machines_of_one_uuid_are_told_apart_with_a_warning() -> None:
    made = fleet()
    assert "another machine has this uuid" not in peeked(made)
    made.tell("kvm-03", {"vm:b": dict(KNOWN)})
    assert "! another machine has this uuid" in peeked(made)


async def test_every_value_of_a_lost_connection_is_marked_as_old_and_by_how_much() -> None:
    made = fleet()
    async with desk(made, (160, 50)) as person:
        assert "~" not in person.text
        made.lose("kvm-03")
        await person.settle()
        assert "~on 0s" in person.text
        await person.pass_time(3 * 3600)
        row = next(line for line in person.lines if "~on 3h" in line)
        numbers = row.split("~on 3h")[1].split()
        assert [text for text in numbers if text[0].isdigit()] == [text for text in numbers if text.endswith("~")]
        assert "state Running ~3h old" in person.text
        assert "~3h old   cpu 40% of 4 vCPU" in person.text
        made.connect("kvm-03")
        made.tell("kvm-03", {"host:kvm-03": host("kvm-03"), "vm:a": KNOWN})
        made.measure("kvm-03", {"vm:a": LOAD})
        await person.settle()
        await person.pass_time(0)
        assert "~" not in person.text


async def test_values_of_a_worker_that_fell_silent_grow_old_though_the_connection_stands() -> None:
    made = fleet()
    async with desk(made, (160, 50)) as person:
        await person.pass_time(8)
        assert "~" in person.text, "metrics are looked at every two seconds"
        assert "~on" not in person.text, "states are listed every minute"
        await person.pass_time(600)
        assert "~on 10m" in person.text


async def test_a_memory_of_24_tib_and_other_enormous_figures_fit() -> None:
    made = fleet()
    made.tell("kvm-03", {"vm:a": {"memory": 24 * 1024 * GIB, "vcpus": 4096, "snapshots": 10**9, "alarms": 10**9}})
    made.measure("kvm-03", {"vm:a": dict.fromkeys(LOAD, 1e30)})
    written = {"NAME", "ST", "HOST", "60 s", "CONN", "MEM%", "IP", "UP", "GUEST", "TAGS", "JOB"}
    exact = {"ALM": "1.0G", "vCPU": "4096", "MEMORY": "24T"}
    for width in (60, 80, 100, 160, 300):
        for title, text in cells(made, width=width).items():
            assert title in written or (text == exact.get(title, text) and (title in exact or text[0] == ">")), title

"""Generated filters select in `ls` what a naive evaluator over the printed JSON selects."""

from __future__ import annotations

import json
import operator
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from novatui.cli.arguments import parse
from novatui.cli.forms import document
from novatui.cli.measuring import measured
from novatui.cli.selecting import wanted
from novatui.cli.session import opened, prepare
from novatui.core.states import Kind
from tests.acceptance.program import Program
from tests.unit.test_query_reference import fuzzy

FLEET = ("-c", "demo://?vms=90&speed=0&seed=3", "-c", "test:///default")
KINDS = (Kind.VM, Kind.CONTAINER, Kind.HOST, Kind.DATASTORE, Kind.NETWORK)
QUERIES = 300
DAY = 86400.0
Object = dict[str, Any]


class Condition(NamedTuple):
    """A term, and what it means for an object as `ls --json` prints it; None: an unknown value decides."""

    text: str
    holds: Callable[[Object], bool | None]


def value_of(one: Object, key: str) -> Any:
    """A value under its key of the filter language; None when it is unknown."""
    if key in {"power", "connection"}:
        return one.get("state") if key == "power" and one["kind"] != "connection" else one.get(key)
    return one["metrics"].get(key) if "." in key and "metrics" in one else one.get(key)


def about(key: str, test: Callable[[Any], bool]) -> Callable[[Object], bool | None]:
    return lambda one: None if value_of(one, key) is None else test(value_of(one, key))


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def word(rnd: random.Random, one: Object) -> Condition:
    name = one["name"]
    start = rnd.randrange(max(1, len(name) - 2))
    text = name[start : start + rnd.randint(2, 4)]
    if rnd.random() < 0.3:
        return Condition(f"re:{quoted(re.escape(text))}", about("name", lambda n: text.lower() in n.lower()))
    return Condition(quoted(text), about("name", lambda n: fuzzy(text, n)))


def exact(rnd: random.Random, one: Object) -> Condition:
    pairs = [("power", "power"), ("fam", "family"), ("kind", "kind"), ("conn", "connection"), ("host", "host")]
    pairs += [("uuid", "uuid"), ("id", "native_id"), ("firmware", "firmware"), ("store_type", "store_type")]
    known = [(typed, key) for typed, key in pairs if isinstance(value_of(one, key), str)]
    typed, key = rnd.choice(known)
    value = value_of(one, key)
    return Condition(f"{typed}:{quoted(value)}", about(key, lambda other: other.casefold() == value.casefold()))


def tag(rnd: random.Random, one: Object) -> Condition:
    text = rnd.choice(one.get("tags") or ["nothing"])
    return Condition(f"tag:{quoted(text)}", about("tags", lambda tags: text.casefold() in map(str.casefold, tags)))


def number(rnd: random.Random, one: Object) -> Condition:
    keys = ["vcpus", "memory", "disks", "alarms", "cpus", "memory_total", "capacity", "cpu.used", "net.rx", "disk.read"]
    known = [key for key in keys if isinstance(value_of(one, key), int | float)]
    if not known:
        return Condition("vcpus>2", about("vcpus", lambda n: n > 2))
    key = rnd.choice(known)
    limit = float(f"{value_of(one, key) * rnd.choice([0.5, 0.9, 1.1, 2]):.3f}")
    sign, twin, holds = rnd.choice(
        [(">", "gt", operator.gt), ("<", "lt", operator.lt), (">=", "ge", operator.ge), ("<=", "le", operator.le)]
    )
    text = f"{key}:{twin}:{limit:.3f}" if rnd.random() < 0.5 else f"{key}{sign}{limit:.3f}"
    return Condition(text, about(key, lambda n: holds(n, limit)))


def share(rnd: random.Random, _one: Object) -> Condition:
    limit = rnd.choice([30.5, 50.5, 70.5])

    def holds(one: Object) -> bool | None:
        whole = value_of(one, "mem.assigned") or one.get("memory") or one.get("memory_total")
        used = value_of(one, "mem.used")
        return None if used is None or not whole else 100 * used / whole > limit

    return Condition(f"mem>{limit}%", holds)


def moment(rnd: random.Random, _one: Object) -> Condition:
    days = rnd.choice([1.5, 10.5, 40.5])

    def old(text: str) -> bool:
        return (datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds() > days * DAY

    typed, key = rnd.choice([("snap.age", "snapshot_oldest"), ("uptime", "since")])
    return Condition(f"{typed}>{days}d", about(key, old))


def unknown(rnd: random.Random, _one: Object) -> Condition:
    key = rnd.choice(["host", "cpu.used", "mem.used", "uuid", "tags", "since"])
    return Condition(f"{key}:?", lambda one: value_of(one, key) is None)


MAKERS = (word, word, exact, exact, tag, number, number, share, moment, unknown)


def query(rnd: random.Random, objects: list[Object], makers: tuple[Any, ...] = MAKERS) -> tuple[str, Any]:
    """One to three terms about what some object says, some of them negated; and the judge of an object."""
    terms = []
    for _ in range(rnd.randint(1, 3)):
        condition = rnd.choice(makers)(rnd, rnd.choice(objects))
        terms.append((rnd.choice(["", "", "!", "not:"]), condition))

    def selected(one: Object) -> bool:
        answers = [(bool(negation), condition.holds(one)) for negation, condition in terms]
        return all(answer is not None and answer is not negated for negated, answer in answers)

    return " ".join(negation + condition.text for negation, condition in terms), selected


async def test_queries_select_what_the_reference_selects() -> None:
    options = parse(["ls", *FLEET])
    async with opened(prepare(options), kinds=wanted(["snap.age>1d"], KINDS).loads) as fleet:
        everything = wanted([], KINDS).slots(fleet)
        await measured(fleet, everything, rates=True)
        fleet.watch({}, 0)
        objects = json.loads(json.dumps(document(fleet, everything, 0.0)["objects"]))
        assert len(objects) > 100
        rnd, hits = random.Random(7), 0
        for _ in range(QUERIES):
            text, selected = query(rnd, objects)
            found = {str(fleet.inventory.ref(slot)) for slot in wanted([text], KINDS).slots(fleet)}
            expected = {one["ref"] for one in objects if selected(one)}
            assert found == expected, text
            hits += bool(found)
        assert hits > QUERIES / 5, "queries that find nothing prove little"


@pytest.mark.libvirt_library
def test_the_printed_list_is_what_the_reference_selects(tmp_path: Path) -> None:
    # One family: which of two folded rows stands for a machine that migrates depends on who told of it first.
    fleet = ("-c", "demo://?vms=90&speed=0&seed=3&family=vsphere", "-c", "test:///default")
    program = Program(tmp_path)
    kinds = [word for kind in KINDS for word in ("--kind", kind.value)]
    objects = program.run("ls", *fleet, *kinds, "--json").json["objects"]
    rnd = random.Random(11)
    for _ in range(5):
        text, selected = query(rnd, objects, makers=(word, exact, tag))
        answer = program.run("ls", *fleet, *kinds, "--json", text)
        assert (answer.code, answer.err) == (0, "")
        assert {one["ref"] for one in answer.json["objects"]} == {one["ref"] for one in objects if selected(one)}, text

"""Filters and tables against a naive reference: an evaluator over plain dicts, written from the language's rules."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind, Link
from novatui.engine.identity import Identities
from novatui.engine.inventory_store import InventoryStore
from novatui.engine.metric_store import MetricStore
from novatui.engine.query import parse
from novatui.engine.selection import Selection, Sort
from novatui.engine.task_store import TaskStore
from tests.unit.stores import remove, samples, slot, spec, tell

G, M = 2**30, 2**20
NOW, EPOCH = 1000.0, 1_700_000_000.0
DAY = 86400.0
Object = dict[str, Any]
FAMILIES = {"kvm 1": Family.LIBVIRT, "vc-east": Family.VSPHERE, "pve": Family.PROXMOX}
STATE = {"power", "alarms", "since"}
"""Columns that grow old together with the power state."""

LABELS = {"kvm 1": "lab", "vc-east": "", "pve": "lab"}


class Clock:
    @staticmethod
    def monotonic() -> float:
        return NOW

    @staticmethod
    def time() -> float:
        return EPOCH


def can(name: str) -> str:
    """What an object of this name answers of every capability; empty when it is not known."""
    return ("yes", "", "no", "partly")[len(name) % 4] if name else ""


class World:
    """The stores, and the same objects as plain dicts beside them."""

    def __init__(self) -> None:
        self.inventory = InventoryStore()
        for name, family in FAMILIES.items():
            self.inventory.add_connection(spec(name, family, LABELS[name]))
            self.inventory.set_link(name, Link.DOWN if name == "pve" else Link.UP)
        self.metrics, self.tasks = MetricStore(), TaskStore()
        self.identity = Identities(self.inventory, self.metrics, self.tasks, Clock.monotonic)
        self.objects: dict[tuple[str, str], Object] = {}
        self.facts = self
        self.begun = 900.0

    def answer(self, ref: ObjectRef, feature: str) -> str | None:
        assert feature in ("sriov", "tpm")
        known = self.objects.get((ref.conn, ref.key), {})
        return can(known.get("name") or "") or None

    def put(self, conn: str, key: str, columns: Object, measured: dict[str, float]) -> None:
        self.begun += 0.01
        tell(self.inventory, {key: columns}, conn=conn, begun=self.begun)
        known = self.objects.setdefault((conn, key), {})
        known.update(columns)
        for name in [name for name in known if "." in name]:
            del known[name]
        known.update(measured)
        self.metrics.apply(samples({key: measured}, conn=conn, begun=self.begun), self.inventory, self.begun)

    def remove(self, conn: str, key: str) -> None:
        self.begun += 0.01
        if self.objects.pop((conn, key), None) is not None:
            remove(self.inventory, key, conn=conn, begun=self.begun)

    def refs(self, slots: list[int]) -> list[tuple[str, str]]:
        return [(self.inventory.conn(s), self.inventory.key(s)) for s in slots]


# --- the reference ----------------------------------------------------------------------------------------------------


class Condition(NamedTuple):
    text: str
    holds: Callable[[World, str, Object], bool | None]


def known(name: str, test: Callable[[Any], bool]) -> Callable[[World, str, Object], bool | None]:
    return lambda world, conn, obj: None if obj.get(name) is None else test(obj[name])


def told_to_be(answer: str) -> Callable[[World, str, Object], bool | None]:
    def test(world: World, conn: str, obj: Object) -> bool | None:
        del world, conn
        told = can(obj.get("name") or "")
        return told == answer if told else None

    return test


def fuzzy(word: str, name: str) -> bool:
    """Held by the name, or made of pieces that begin parts of it, in order."""
    word, name = word.lower(), name.lower()
    if word in name:
        return True
    letters = re.sub(r"[\W_]", "", word)
    starts = [at for at in range(len(name)) if name[at].isalnum() and (at == 0 or begins(name, at))]

    def lay(rest: str, reached: int, last: int) -> bool:
        if not rest:
            return True
        if last >= 0 and name[last + 1 : last + 2] == rest[0] and lay(rest[1:], reached, last + 1):
            return True
        return any(name[at] == rest[0] and lay(rest[1:], at, at) for at in starts if at > last)

    return bool(letters) and lay(letters, -1, -1)


def begins(name: str, at: int) -> bool:
    before, here = name[at - 1], name[at]
    if here.isdigit():
        return not before.isdigit() or (before == "0" and here != "0")
    return not before.isalpha()


def share(obj: Object, name: str) -> float | None:
    whole = obj.get("mem.assigned") or obj.get("memory") or obj.get("memory_total")
    return 100 * obj[name] / whole if obj.get(name) is not None and whole else None


def host_name(world: World, conn: str, obj: Object) -> str | None:
    key = obj.get("host")
    if key is None:
        return None
    host = world.objects.get((conn, key))
    return host.get("name") or key.split(":")[1] if host is not None else key.split(":")[1]


def compared(value: float | None, sign: str, limit: float) -> bool | None:
    if value is None:
        return None
    return {">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit}[sign]


signs = st.sampled_from([(">", ">"), (">=", ">="), ("<", "<"), ("<=", "<="), (":gt:", ">"), (":le:", "<=")])


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    return draw(st.sampled_from([words, choices, numbers, shares, moments, unknowns, others]))(draw)


def words(draw: st.DrawFn) -> Condition:
    word = draw(st.sampled_from(["db", "web", "wf1", "o1", "DB-", "x", "1", "w-2"]))
    if draw(st.booleans()):
        return Condition(word, known("name", lambda name: fuzzy(word, name)))
    pattern = draw(st.sampled_from(["^db", "[0-9]$", "front|orders", "E"]))
    form = draw(st.sampled_from(["~", "re:"]))
    return Condition(form + pattern, known("name", lambda name: re.search(pattern, name, re.I) is not None))


def choices(draw: st.DrawFn) -> Condition:
    match draw(st.integers(0, 5)):
        case 0:
            typed = draw(st.lists(st.sampled_from(["on", "off", "paused", "Crashed"]), min_size=1, max_size=2))
            meant = {{"on": "running", "Crashed": "crashed"}.get(word, word) for word in typed}
            return Condition("power:" + ",".join(typed), known("power", lambda power: power in meant))
        case 1:
            typed, family = draw(st.sampled_from([("kvm", "libvirt"), ("vc", "vsphere"), ("proxmox", "proxmox")]))
            return Condition(f"fam:{typed}", lambda world, conn, obj: FAMILIES[conn] == family)
        case 2:
            tag = draw(st.sampled_from(["prod", "LAB", "web server", "pro*"]))
            wanted = re.compile(tag.replace("*", ".*"), re.I)
            return Condition(f'tag:"{tag}"', known("tags", lambda tags: any(wanted.fullmatch(one) for one in tags)))
        case 3:
            conn = draw(st.sampled_from(list(FAMILIES)))
            form = draw(st.sampled_from(['@"{}"', 'conn:"{}"', 'connection="{}"']))
            return Condition(form.format(conn), lambda world, at, obj: at == conn)
        case 4:
            host = draw(st.sampled_from(["esx-1", "h2", "nowhere"]))

            def runs_there(world: World, conn: str, obj: Object) -> bool | None:
                name = host_name(world, conn, obj)
                return None if name is None else name == host

            return Condition(f"host:{host}", runs_there)
        case _:
            kind = draw(st.sampled_from(["vm", "host", "container"]))
            return Condition(f"kind:{kind}", lambda world, conn, obj: obj["kind"] == kind)


def numbers(draw: st.DrawFn) -> Condition:
    typed, sign = draw(signs)
    key, name, text, limit = draw(
        st.sampled_from(
            [
                ("cpu", "cpu.used", "50", 50.0),
                ("cpu", "cpu.used", "75.5%", 75.5),
                ("vcpus", "vcpus", "2", 2),
                ("alarms", "alarms", "0", 0),
                ("memory", "memory", "2G", 2 * G),
                ("mem", "mem.used", "1.5G", 1.5 * G),
                ("rx", "net.rx", "1M/s", M),
                ("snaps", "snapshots", "1", 1),
            ]
        )
    )
    return Condition(f"{key}{typed}{text}", lambda world, conn, obj: compared(obj.get(name), sign, limit))


def shares(draw: st.DrawFn) -> Condition:
    typed, sign = draw(signs)
    if draw(st.booleans()):
        text = draw(st.sampled_from(["50", "50%"]))
        return Condition(f"mem{typed}{text}", lambda world, conn, obj: compared(share(obj, "mem.used"), sign, 50))

    def moved(world: World, conn: str, obj: Object) -> bool | None:
        both = None if None in (obj.get("net.rx"), obj.get("net.tx")) else obj["net.rx"] + obj["net.tx"]
        return compared(both, sign, 2 * M)

    return Condition(f"net{typed}2M", moved)


def moments(draw: st.DrawFn) -> Condition:
    typed, sign = draw(signs)
    key, name = draw(st.sampled_from([("snap.age", "snapshot_oldest"), ("uptime", "since")]))

    def old(world: World, conn: str, obj: Object) -> bool | None:
        return compared(None if obj.get(name) is None else EPOCH - obj[name], sign, 14 * DAY)

    return Condition(f"{key}{typed}14d", old)


def unknowns(draw: st.DrawFn) -> Condition:
    key, name = draw(st.sampled_from([("cpu", "cpu.used"), ("tags", "tags"), ("power", "power"), ("name", "name")]))
    return Condition(f"{key}:?", lambda world, conn, obj: obj.get(name) is None)


def others(draw: st.DrawFn) -> Condition:
    return draw(
        st.sampled_from(
            [
                Condition("can:sriov=no", told_to_be("no")),
                Condition("can:sriov", told_to_be("yes")),
                Condition("can:tpm:unknown", lambda world, conn, obj: not can(obj.get("name") or "")),
                Condition("stale:", lambda world, conn, obj: conn == "pve" and not obj.keys().isdisjoint(STATE)),
                Condition("group:lab", lambda world, conn, obj: LABELS[conn] == "lab"),
                Condition("persistent:yes", known("persistent", lambda flag: flag)),
                Condition("os:debian", known("guest_os", lambda name: "debian" in name.lower())),
            ]
        )
    )


def shown(world: World, terms: list[tuple[bool, Condition]], kinds: set[str]) -> set[tuple[str, str]]:
    def surely(conn: str, obj: Object) -> bool:
        answers = [(negated, condition.holds(world, conn, obj)) for negated, condition in terms]
        return all(answer is not None and answer is not negated for negated, answer in answers)

    return {(c, key) for (c, key), obj in world.objects.items() if obj["kind"] in kinds and surely(c, obj)}


# --- random worlds ----------------------------------------------------------------------------------------------------


def some_object(rnd: random.Random, kind: str) -> tuple[Object, dict[str, float]]:
    values: Object = {
        "name": rnd.choice(["db-orders-01", "web-front-11", "x1", "WEB-2", "db10", "db2", "one"]),
        "power": rnd.choice(["running", "off", "paused", "crashed"]),
        "tags": rnd.choice([[], ["prod"], ["lab", "web server"], ["Production"]]),
        "vcpus": rnd.choice([1, 2, 4]),
        "alarms": rnd.choice([0, 1]),
        "memory": rnd.choice([G, 2 * G, 4 * G]),
        "memory_total": 8 * G,
        "snapshots": rnd.choice([0, 1, 3]),
        "snapshot_oldest": EPOCH - rnd.choice([1, 14, 30]) * DAY,
        "since": EPOCH - rnd.choice([1, 14, 30]) * DAY,
        "persistent": rnd.random() < 0.5,
        "guest_os": rnd.choice(["Debian 12", "rhel9"]),
    }
    if kind == "vm":
        values["host"] = rnd.choice(["host:1", "host:2", "host:nowhere"])
    else:
        values["name"] = rnd.choice(["esx-1", "h2"])
    measured = {
        "cpu.used": rnd.choice([0.0, 50.0, 75.5, 99.0]),
        "mem.used": rnd.choice([0.0, 0.5, 1.0, 1.5]) * G,
        "mem.assigned": rnd.choice([1, 2]) * G,
        "net.rx": rnd.choice([0, 1, 2]) * M,
        "net.tx": rnd.choice([0, 1]) * M,
    }
    for part in (values, measured):
        for name in list(part):
            if rnd.random() < 0.2:
                del part[name]
    return values, measured


def populate(world: World, rnd: random.Random, count: int) -> None:
    for _ in range(count):
        conn, kind = rnd.choice(list(FAMILIES)), rnd.choice(["vm", "vm", "vm", "host"])
        key = f"{kind}:{rnd.randrange(12 if kind == 'vm' else 3)}"
        if rnd.random() < 0.1:
            world.remove(conn, key)
        else:
            values, measured = some_object(rnd, kind)
            new = (conn, key) not in world.objects
            world.put(conn, key, values, measured)
            if new:
                world.objects[conn, key]["kind"] = kind


queries = st.lists(st.tuples(st.booleans(), conditions()), max_size=4)
sorts = st.tuples(
    st.sampled_from(["name", "cpu.used", "vcpus", "host", "tags", "since", "power", "net"]), st.booleans()
)
shown_kinds = st.sampled_from([{"vm"}, {"vm", "host"}, {"host"}])


@given(queries, sorts, shown_kinds, st.integers(0, 10**6))
@settings(max_examples=300)
def test_a_selection_shows_what_the_reference_shows(
    terms: list[tuple[bool, Condition]], sort: tuple[str, bool], kinds: set[str], seed: int
) -> None:
    rnd, world = random.Random(seed), World()
    populate(world, rnd, 40)
    query = parse(" ".join(("!" if negated else "") + condition.text for negated, condition in terms))
    selection = Selection(world, query, Sort(*sort), [Kind(kind) for kind in kinds], Clock)
    judge = query.on(world, Clock).hold
    world.inventory.drain()
    for _ in range(4):
        expected = shown(world, terms, kinds)
        assert set(world.refs(selection.slots)) == expected, str(query)
        assert len(selection.slots) == len(expected)
        for (conn, key), obj in world.objects.items():
            answers = [
                (None if a is None else a is not negated) for negated, c in terms for a in [c.holds(world, conn, obj)]
            ]
            whole = False if False in answers else None if None in answers else True
            assert judge(slot(world.inventory, key, conn)) is whole, (str(query), obj)
        selection.resort()
        fresh = Selection(world, query, Sort(*sort), [Kind(kind) for kind in kinds], Clock)
        assert order(world, selection.slots, sort[0]) == order(world, fresh.slots, sort[0])
        in_order(world, selection.slots, *sort)
        populate(world, rnd, rnd.choice([1, 8, 100]))
        changed = touched(world)
        selection.update(*changed)


def touched(world: World) -> tuple[set[int], set[int]]:
    """What the fleet would say has changed: rows, and everything that has samples."""
    delta = world.inventory.drain()
    return delta.rows | {s for s in world.inventory.slots() if world.metrics.age(s, NOW) is not None}, delta.gone


def order(world: World, slots: list[int], key: str) -> list[tuple[object, str]]:
    return [(world.inventory.name_key(s), key) for s in slots]


def in_order(world: World, slots: list[int], key: str, descending: bool) -> None:
    """Unknown ones last, known ones in the order of their values, equal ones by name."""

    def value(s: int) -> Any:
        obj = world.objects[world.inventory.conn(s), world.inventory.key(s)]
        match key:
            case "host":
                return host_name(world, world.inventory.conn(s), obj)
            case "net":
                return None if None in (obj.get("net.rx"), obj.get("net.tx")) else obj["net.rx"] + obj["net.tx"]
            case "tags":
                return None if obj.get("tags") is None else " ".join(obj["tags"]).lower()
            case "since":
                return None if obj.get("since") is None else -obj["since"]
            case "name":
                return None if obj.get("name") is None else world.inventory.name_key(s)
            case _:
                return obj.get(key)

    values = [value(s) for s in slots]
    known_values = [v for v in values if v is not None]
    assert values[len(known_values) :] == [None] * (len(values) - len(known_values))
    assert known_values == sorted(known_values, reverse=descending)
    for (one, first), (other, second) in zip(
        zip(values, slots, strict=True), list(zip(values, slots, strict=True))[1:], strict=False
    ):
        assert one != other or world.inventory.name_key(first) <= world.inventory.name_key(second)

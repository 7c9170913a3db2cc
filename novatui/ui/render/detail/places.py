"""What hangs together with an object in the tree: its machines, hosts, stores and networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from novatui.core.states import Kind
from novatui.ui.render import readings
from novatui.ui.render.detail import words
from novatui.ui.render.detail.grid import Cell, Column
from novatui.ui.render.detail.sheet import Field, Item, Section, Table, Text
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.table import Subject

REACHED_FROM_ABOVE = frozenset({Kind.DATASTORE, Kind.NETWORK})
"""Kinds that several hosts share: they hang below what is above the hosts."""

BELOW_SHARED = frozenset({Kind.HOST, Kind.CLUSTER})
"""Kinds that use what hangs above them."""


def members(whole: Whole, *kinds: Kind) -> list[int]:
    """Visible objects of these kinds that belong to it, in the order of the tree."""
    return list(_members(whole.subject, frozenset(kinds)))


def _members(subject: Subject, kinds: frozenset[Kind]) -> Iterator[int]:
    store, identity = subject.fleet.inventory, subject.fleet.identity
    for slot in store.below(subject.slot):
        if store.kind(slot) in kinds and identity.visible(slot):
            yield slot
    if store.kind(subject.slot) in BELOW_SHARED and kinds <= REACHED_FROM_ABOVE:
        for _, shared in _above(subject, kinds):
            yield from shared


def above(whole: Whole, kind: Kind) -> Iterator[tuple[str, list[int]]]:
    """Stores or networks of what is above a host or a cluster, with its name: whether they are reached is not told."""
    if whole.kind in BELOW_SHARED:
        yield from _above(whole.subject, frozenset({kind}))


def _above(subject: Subject, kinds: frozenset[Kind]) -> Iterator[tuple[str, list[int]]]:
    store = subject.fleet.inventory
    for node in store.above(subject.slot):
        found = [slot for slot in store.children(node) if store.kind(slot) in kinds]
        if found and store.kind(node) is not Kind.GROUP:
            yield store.name(node), found


def below(whole: Whole, kind: Kind) -> list[int]:
    """Stores or networks that belong to it alone."""
    store = whole.fleet.inventory
    return [slot for slot in store.below(whole.slot) if store.kind(slot) is kind]


def machines_field(whole: Whole) -> Field:
    """How many run of how many."""
    running, machines = (readings.counted(whole.fleet, whole.slot, each) for each in ("running", "machines"))
    known = running is not None and machines is not None
    return Field("machines", f"{running:,} run of {machines:,}" if known else UNKNOWN)


STORE_COLUMNS = (
    Column("store", shrinks=True),
    Column("kind", rank=2),
    Column("size", right=True),
    Column("free", right=True),
    Column("filled", right=True, rank=1),
    Column("shared", rank=3),
    Column("state", rank=2),
)


def stores_table(whole: Whole, slots: Sequence[int]) -> list[Item]:
    """A line for each store; a sentence when there is none."""
    if not slots:
        return [Text("none is known", whole.look.styles.quiet)]
    return [Table(STORE_COLUMNS, [store_row(whole.subject, slot) for slot in slots])]


def store_row(subject: Subject, slot: int) -> list[Cell]:
    """One store."""
    fleet = subject.fleet
    capacity, free = (readings.number(fleet, slot, column) for column in ("capacity", "free"))
    filled = (capacity - free) / capacity * 100 if capacity and free is not None else None
    styles = subject.look.styles
    full: Cell = words.percent(filled)
    if filled is not None and filled >= NEARLY_FULL:
        full = (words.percent(filled), styles.bad if filled >= FULL else styles.warning)
    return [
        fleet.inventory.name(slot),
        readings.text(fleet, slot, "store_type"),
        words.size(capacity),
        words.size(free),
        full,
        readings.text(fleet, slot, "shared"),
        _active(readings.text(fleet, slot, "active")),
    ]


NEARLY_FULL, FULL = 85.0, 95.0
"""Percent of a store that is taken from which on it is worth a colour."""


def _active(text: str) -> str:
    return {"yes": "active", "no": "inactive"}.get(text, text)


NETWORK_COLUMNS = (
    Column("network", shrinks=True),
    Column("kind", shrinks=True, rank=1),
    Column("bridge", rank=1),
    Column("vlan"),
    Column("state", rank=2),
)


def networks_table(whole: Whole, slots: Sequence[int]) -> list[Item]:
    """A line for each network; a sentence when there is none."""
    if not slots:
        return [Text("none is known", whole.look.styles.quiet)]
    return [Table(NETWORK_COLUMNS, [network_row(whole.subject, slot) for slot in slots])]


def things_sections(whole: Whole) -> Iterator[Section]:
    """Stores and networks: its own, then those of what is above it."""
    tables = (("Storage", Kind.DATASTORE, stores_table), ("Networks", Kind.NETWORK, networks_table))
    for title, kind, table in tables:
        shared = list(above(whole, kind))
        own = below(whole, kind)
        if own or not shared:
            yield Section(title=title, items=table(whole, own))
        for name, found in shared:
            yield Section(title=f"{title} of {name}", items=table(whole, found))


def network_row(subject: Subject, slot: int) -> list[Cell]:
    """One network."""
    fleet = subject.fleet
    return [
        fleet.inventory.name(slot),
        readings.text(fleet, slot, "net_type"),
        readings.text(fleet, slot, "bridge"),
        readings.text(fleet, slot, "vlan"),
        _active(readings.text(fleet, slot, "net_active")),
    ]


HOST_COLUMNS = (
    Column("host", shrinks=True),
    Column("state"),
    Column("machines", right=True),
    Column("cpu", right=True),
    Column("memory", right=True),
    Column("of", right=True, rank=1),
    Column("processors", right=True, rank=2),
)


def host_row(subject: Subject, slot: int) -> list[Cell]:
    """One host with its load."""
    fleet, styles = subject.fleet, subject.look.styles
    metrics = fleet.metrics
    state: Cell = readings.power(fleet, slot) or UNKNOWN
    if fleet.inventory.value(slot, "maintenance") is True:
        state = ("maintenance", styles.warning)
    age = readings.shown_age(fleet, slot, subject.look)
    if age:
        state = (f"~{age}", styles.stale)
    used, total = metrics.latest(slot, "mem.used"), readings.number(fleet, slot, "memory_total")
    return [
        fleet.inventory.name(slot),
        state,
        f"{fleet.identity.count(slot, 'machines'):,}",
        words.percent(metrics.latest(slot, "cpu.used")),
        words.size(used),
        words.size(total),
        readings.text(fleet, slot, "cpus"),
    ]

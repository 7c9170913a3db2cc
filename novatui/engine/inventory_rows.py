"""Slots and their cells: columns, reading times, the tree, and what follows when a cell changes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence

from novatui.core.ids import Key, split_key
from novatui.core.inventory import FIELD, FIELDS, Group, Value
from novatui.core.states import Kind
from novatui.engine.columns import Column, column_for
from novatui.engine.inventory_stamps import GroupStamps, Stamp
from novatui.engine.inventory_tree import ROOT, Tree
from novatui.engine.naming import natural_key

KINDS = tuple(Kind)
KIND_CODE = {kind: code for code, kind in enumerate(KINDS)}
FREE = 255
"""Kind code of a slot that holds no object."""

TREE_ORDER = (
    Kind.GROUP,
    Kind.CONNECTION,
    Kind.DATACENTER,
    Kind.FOLDER,
    Kind.CLUSTER,
    Kind.HOST,
    Kind.RESOURCE_POOL,
    Kind.VM,
    Kind.CONTAINER,
    Kind.TEMPLATE,
    Kind.DATASTORE,
    Kind.NETWORK,
    Kind.DEVICE,
    Kind.SNAPSHOT,
)
"""Order of kinds among the children of one node."""

MACHINES = frozenset({Kind.VM, Kind.CONTAINER})
"""Kinds that are counted as machines."""

ON_DEMAND = frozenset({Kind.SNAPSHOT, Kind.DEVICE})
"""Kinds that are listed only while somebody looks at them. Nothing hangs below them, and no cache keeps them."""

MEASURES = ("machines", "running", "migrating", "crashed", "alarms")
"""What `count` adds up below a node."""

LISTED = frozenset(kind.value for kind in Kind) - {Kind.CONNECTION.value, Kind.GROUP.value}
"""Kinds that a product can list; connections and their groups come from the configuration."""

_RANK = {KIND_CODE[kind]: rank for rank, kind in enumerate(TREE_ORDER)}
_MACHINE_CODES = frozenset(KIND_CODE[kind] for kind in MACHINES)
_COUNTED_POWER = {"running": 1, "migrating": 2, "crashed": 3}
_ALARMS = MEASURES.index("alarms")
_IDENTIFYING = frozenset({"uuid", "power", "job"})

GROUP_FIELDS: dict[Group, tuple[str, ...]] = {g: tuple(f.name for f in FIELDS if f.group is g) for g in Group}
BIT: dict[str, int] = {name: 1 << at for names in GROUP_FIELDS.values() for at, name in enumerate(names)}
"""Bit of a column in the masks of its group."""

MAX_ALARMS = 1_000_000
"""More alarms than that on one object are garbage, not a count."""

MAX_LAYOUTS = 500
"""Field masks remembered; drivers use a few dozen."""


class InventoryRows(ABC):
    """The cells of every object. Slots are small integers that keep their object as long as it lives."""

    def __init__(self) -> None:
        self.dirty: set[int] = set()
        """Slots whose drawn values changed since the last drain."""
        self.observers: list[Callable[[Collection[int], Collection[int]], None]] = []
        """Called after each change with the slots whose uuid, power or job changed, and the slots now gone."""
        self.ignored = 0
        """Frames, keys and columns that made no sense: unknown connection or field, garbled key."""
        self._columns: dict[str, Column] = {field.name: column_for(field) for field in FIELDS}
        self._name = self._columns["name"]
        self._stamps: dict[Group, GroupStamps] = {group: GroupStamps() for group in Group}
        self._seen = GroupStamps()
        """The newest reading of each slot, whatever it told."""
        self._layouts: dict[tuple[str, ...], list[tuple[Group, int, list[tuple[int, str]]]]] = {}
        self._kinds = bytearray()
        self._link_of = array("H")
        self._keys: list[str] = []
        self._name_keys: list[str | None] = []
        self._power_share = bytearray()
        """By slot: which power measure its machine is counted in, 0 for none."""
        self._alarm_share: dict[int, int] = {}
        """By slot: how many alarms are counted."""
        self._free: list[int] = []
        self._gone: set[int] = set()
        self._unplanted: set[int] = set()
        """New slots of the reading that is being stored: not in the tree yet."""
        self._renamed_hosts: set[tuple[int, str]] = set()
        self._tree = Tree(self._order_key, self._lookup, len(MEASURES))

    @abstractmethod
    def _lookup(self, slot: int, name: str) -> int | None:
        """The slot of a key in the same connection as this slot."""

    # --- reading ----------------------------------------------------------------------------------------------------

    @property
    def capacity(self) -> int:
        """All slots are below this number."""
        return len(self._kinds)

    def alive(self, slot: int) -> bool:
        """True when the slot holds an object."""
        return 0 <= slot < len(self._kinds) and self._kinds[slot] != FREE

    def key(self, slot: int) -> Key:
        """Its key inside its connection."""
        return Key(self._keys[slot])

    def kind(self, slot: int) -> Kind:
        """What it is."""
        return KINDS[self._kinds[slot]]

    def name(self, slot: int) -> str:
        """Its name, or its native id while the name is unknown."""
        value = self._name.get(slot)
        return value if isinstance(value, str) else split_key(self._keys[slot])[1]

    def name_key(self, slot: int) -> str:
        """A text by which names sort in natural order."""
        found = self._name_keys[slot]
        if found is None:
            found = self._name_keys[slot] = natural_key(self.name(slot))
        return found

    def value(self, slot: int, field: str) -> Value:
        """Value of a column; None when unknown. KeyError for a name that is no column."""
        return self._columns[field].get(slot)

    def column(self, field: str) -> Column:
        """The column itself, for those who read many slots."""
        return self._columns[field]

    def touch(self, slot: int) -> None:
        """Say that this object is drawn or placed differently, for a reason outside its columns."""
        self.dirty.add(slot)
        self._tree.touch(slot)

    def slots(self, kind: Kind | None = None) -> Iterable[int]:
        """All slots, or those of one kind."""
        if kind is None:
            return [slot for slot, code in enumerate(self._kinds) if code != FREE]
        wanted = KIND_CODE[kind]
        return [slot for slot, code in enumerate(self._kinds) if code == wanted]

    def count(self, slot: int | None, measure: str) -> int:
        """Sum of one of MEASURES over the object and all below it (None: the whole fleet)."""
        return self._tree.count(ROOT if slot is None else slot, MEASURES.index(measure))

    def parent(self, slot: int) -> int | None:
        """The node above it; None at the top."""
        parent = self._tree.parent(slot)
        return None if parent == ROOT else parent

    def children(self, slot: int | None) -> Sequence[int]:
        """What hangs below it (None: the top), by kind, then natural name order. Do not change the answer."""
        return self._tree.children(ROOT if slot is None else slot)

    def above(self, slot: int) -> Iterable[int]:
        """The nodes above it, the nearest first."""
        return self._tree.above(slot)

    def below(self, slot: int | None) -> Iterable[int]:
        """Everything below it (None: all), depth first, in drawn order."""
        return self._tree.below(ROOT if slot is None else slot)

    @property
    def structure_version(self) -> int:
        """Grows when rows came, went, moved or changed their order."""
        return self._tree.version

    # --- changing ---------------------------------------------------------------------------------------------------

    def _new_slot(self, kind: Kind, number: int, name: str) -> int:
        if self._free:
            slot = self._free.pop()
        else:
            slot = len(self._kinds)
            self._kinds.append(FREE)
            self._link_of.append(0)
            self._keys.append("")
            self._name_keys.append(None)
            self._power_share.append(0)
        self._kinds[slot] = KIND_CODE[kind]
        self._link_of[slot] = number
        self._keys[slot] = name
        self._name_keys[slot] = None
        self.dirty.add(slot)
        return slot

    def _layout(self, fields: Sequence[str]) -> list[tuple[Group, int, list[tuple[int, str]]]]:
        """The field mask of a frame by groups: group, bits, and (position, name) of its columns."""
        layout = self._layouts.get(tuple(fields))
        if layout is None:
            by_group: dict[Group, list[tuple[int, str]]] = {}
            for at, name in enumerate(fields):
                if name in FIELD:
                    by_group.setdefault(FIELD[name].group, []).append((at, name))
                else:
                    self.ignored += 1
            layout = [(group, mask_of(members), members) for group, members in by_group.items()]
            if len(self._layouts) < MAX_LAYOUTS:
                self._layouts[tuple(fields)] = layout
        return layout

    def _store_some(
        self, name: str, slots: list[int], values: Sequence[Value], narrowed: dict[int, int], touched: set[int]
    ) -> None:
        """Store one column where this reading is news: `narrowed` says of which slots it is not, or not whole."""
        bit = BIT[name]
        news = [at for at in range(len(slots)) if narrowed.get(at, bit) & bit]
        self._store(name, [slots[at] for at in news], [values[at] for at in news], touched)

    def _store(self, name: str, slots: Sequence[int], values: Sequence[Value], touched: set[int]) -> None:
        """Store one column and follow up what hangs on it: place, order, counts."""
        changed = self._columns[name].put(slots, values)
        if not changed:
            return
        self.dirty.update(changed)
        if name in _IDENTIFYING:
            touched.update(changed)
        match name:
            case "name":
                for slot in changed:
                    self._rename(slot)
            case "parent":
                for slot in changed:
                    self._replace(slot)
            case "power":
                for slot in changed:
                    self._count_power(slot)
            case "alarms":
                for slot in changed:
                    self._count_alarms(slot)
            case _:
                pass

    def _plant(self, slots: Iterable[int], home: int) -> None:
        """New rows whose columns are stored take their places in the tree."""
        parent = self._columns["parent"].get
        for slot in slots:
            named = parent(slot)
            if self._kinds[slot] in _MACHINE_CODES:
                self._tree.tally(slot, 0, 1)
            self._tree.add(slot, home, self._keys[slot], named if isinstance(named, str) else None)

    def _rename(self, slot: int) -> None:
        self._name_keys[slot] = None
        if slot not in self._unplanted:
            self._tree.reorder(slot)
        if self.kind(slot) is Kind.HOST:
            self._renamed_hosts.add((self._link_of[slot], self._keys[slot]))

    def _replace(self, slot: int) -> None:
        if slot not in self._unplanted:
            parent = self._columns["parent"].get(slot)
            self._tree.want(slot, parent if isinstance(parent, str) else None)

    def _count_power(self, slot: int) -> None:
        word = self._columns["power"].get(slot)
        measure = _COUNTED_POWER.get(word, 0) if isinstance(word, str) and self._kinds[slot] in _MACHINE_CODES else 0
        before = self._power_share[slot]
        if measure != before:
            self._power_share[slot] = measure
            if before:
                self._tree.tally(slot, before, -1)
            if measure:
                self._tree.tally(slot, measure, 1)

    def _count_alarms(self, slot: int) -> None:
        value = self._columns["alarms"].get(slot)
        raised = value if isinstance(value, int) and 0 < value < MAX_ALARMS else 0
        before = self._alarm_share.get(slot, 0)
        if raised != before:
            self._alarm_share[slot] = raised
            self._tree.tally(slot, _ALARMS, raised - before)

    def _forget_before(self, slot: int, stamp: Stamp) -> None:
        """The object was gone for a while: what was read before that no longer counts."""
        touched = set[int]()
        for group, stamps in self._stamps.items():
            forgotten = stamps.forget_before(slot, stamp)
            for name in GROUP_FIELDS[group]:
                if forgotten & BIT[name]:
                    self._store(name, (slot,), (None,), touched)
        self._tell(touched, ())

    def _free_slot(self, slot: int) -> None:
        """The object is gone, and no longer found by its key."""
        if self.kind(slot) is Kind.HOST:
            self._renamed_hosts.add((self._link_of[slot], self._keys[slot]))
        self._tree.remove(slot)
        for column in self._columns.values():
            column.erase(slot)
        for stamps in self._stamps.values():
            stamps.forget(slot)
        self._seen.forget(slot)
        self._kinds[slot] = FREE
        self._power_share[slot] = 0
        self._alarm_share.pop(slot, None)
        self.dirty.discard(slot)
        self._gone.add(slot)

    def _touch_guests(self) -> None:
        """Hosts came, went or were renamed: rows that show their names are drawn anew."""
        hosts, self._renamed_hosts = self._renamed_hosts, set()
        column = self._columns["host"]
        for slot in self.slots():
            host = column.get(slot)
            if host is not None and (self._link_of[slot], host) in hosts:
                self.dirty.add(slot)

    def _tell(self, touched: Collection[int], gone: Collection[int]) -> None:
        if touched or gone:
            for observer in self.observers:
                observer(touched, gone)

    def _order_key(self, slot: int) -> tuple[int, str, str]:
        return _RANK[self._kinds[slot]], self.name_key(slot), self._keys[slot]


def mask_of(members: Iterable[tuple[int, str]]) -> int:
    """The bits of these columns of one group."""
    mask = 0
    for _, name in members:
        mask |= BIT[name]
    return mask

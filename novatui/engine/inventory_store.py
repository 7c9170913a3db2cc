"""The inventory of all connections: integer slots, one column per field, and the age of every reading.

Readings may come in any order. Per slot and column group the time its *request began* decides (`inventory_stamps`);
what a listing did not mention and nobody saw since it began is gone, and so is a late reading that tells of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from math import isfinite

import msgspec

from novatui.core.connection import ConnectionSpec
from novatui.core.ids import ObjectRef, key, split_key
from novatui.core.inventory import Group, Value
from novatui.core.states import Family, Kind, Link
from novatui.engine.inventory_link import RELIST, STALE_AFTER, InventoryLink
from novatui.engine.inventory_rows import BIT, KIND_CODE, LISTED, InventoryRows
from novatui.engine.inventory_stamps import NEVER, Stamp
from novatui.engine.inventory_tree import ROOT
from novatui.wire import frames

CONFIGURED = BIT["name"] | BIT["parent"]
"""Columns of a connection that no product decides."""


class Delta(msgspec.Struct, frozen=True):
    """What changed since the last `drain`."""

    rows: set[int]
    """Slots whose drawn values changed."""
    reshaped: set[int | None]
    """Nodes whose children changed (came, went, were renamed); None for the top."""
    gone: set[int]
    """Slots whose object is gone; from now on they may be given to other objects."""


class InventoryStore(InventoryRows):
    """Every object of every connection. Slots are small integers that keep their object as long as it lives."""

    def __init__(self) -> None:
        super().__init__()
        self._links: dict[str, InventoryLink] = {}
        self._by_number: list[InventoryLink] = []
        self._groups: dict[str, int] = {}

    # --- connections ------------------------------------------------------------------------------------------------

    def add_connection(self, spec: ConnectionSpec) -> int:
        """The slot of a connection; made, with its label's group, when it is new."""
        if spec.name in self._links:
            return self._links[spec.name].slot
        link = InventoryLink(spec=spec, number=len(self._by_number))
        self._by_number.append(link)
        self._links[spec.name] = link
        link.slot = self._new_slot(Kind.CONNECTION, link.number, key(Kind.CONNECTION, spec.name))
        self._name.put((link.slot,), (spec.name,))
        self._tree.plant(link.slot, self._group(spec.label, link.number) if spec.label else ROOT)
        return link.slot

    def remove_connection(self, conn: str) -> None:
        """Forget a connection with all its objects, and its label's group when it was the last one in it.

        Its number is not used again: slots that were freed say until the next drain whose they were.
        """
        link = self._links.pop(conn)
        self._remove(link, set(link.slots.values()))
        gone = {link.slot}
        self._free_slot(link.slot)
        group = self._groups.get(link.spec.label)
        if group is not None and not self._tree.children(group):
            del self._groups[link.spec.label]
            self._free_slot(group)
            gone.add(group)
        self._tell((), gone)

    def _group(self, label: str, number: int) -> int:
        if label not in self._groups:
            self._groups[label] = self._new_slot(Kind.GROUP, number, key(Kind.GROUP, label))
            self._name.put((self._groups[label],), (label,))
            self._tree.plant(self._groups[label], ROOT)
        return self._groups[label]

    def open_generation(self, conn: str, generation: int) -> None:
        """A new (re)connect: rows stay, stale, until they are read again; frames of older ones are ignored."""
        link = self._links[conn]
        if generation > link.generation:
            link.generation = generation
            self.dirty.add(link.slot)

    def connection(self, conn: str) -> int:
        """The slot of a connection. KeyError when there is none of this name."""
        return self._links[conn].slot

    def has_connection(self, conn: str) -> bool:
        """True while there is a connection of this name."""
        return conn in self._links

    def generation(self, conn: str) -> int:
        """The generation of a connection; 0 before its first."""
        link = self._links.get(conn)
        return 0 if link is None else link.generation

    def set_link(self, conn: str, state: Link, relist: float = RELIST) -> None:
        """Where the connection stands: without it values are stale. `relist`: seconds between its full listings."""
        link = self._links[conn]
        link.state, link.relist = state, relist if isfinite(relist) and relist > 0 else RELIST
        self.dirty.add(link.slot)

    # --- readings ---------------------------------------------------------------------------------------------------

    def apply_rows(self, frame: frames.Rows, begun: float) -> None:
        """Rows of one reading. `begun`: local monotonic time of its request."""
        if (link := self._current(frame.conn, frame.generation)) is not None:
            self.read(link.spec.name, (frame.generation, begun), frame.fields, frame.keys, frame.columns)

    def read(
        self, conn: str, stamp: Stamp, fields: Sequence[str], keys: Sequence[str], columns: Sequence[Sequence[Value]]
    ) -> None:
        """The same for any stamp: the cache hands in the rows of generation 0."""
        link = self._links[conn]
        touched = set[int]()
        slots, kept = self._slots_for(link, stamp, keys)
        if len(kept) < len(keys):
            columns = [[column[at] for at in kept] for column in columns]
        self._tree.reserve(self.capacity)
        self._seen.admit(slots, stamp, 0, set())
        for group, mask, members in self._layout(fields):
            narrowed = self._stamps[group].admit(slots, stamp, mask, self.dirty)
            if group is Group.PLACE and link.slot in slots:
                narrowed |= {at: mask & ~CONFIGURED for at, slot in enumerate(slots) if slot == link.slot}
            for at, name in members:
                if narrowed:
                    self._store_some(name, slots, columns[at], narrowed, touched)
                else:
                    self._store(name, slots, columns[at], touched)
        if self._unplanted:
            self._plant(self._unplanted, link.slot)
            self._unplanted = set()
        if link.failed:
            self.dirty.update(slots)
        self._tell(touched, ())

    def apply_remove(self, frame: frames.Remove, begun: float) -> None:
        """These objects were gone when the request began."""
        link = self._current(frame.conn, frame.generation)
        if link is None:
            return
        stamp, gone = (frame.generation, begun), set[int]()
        for name in frame.keys:
            slot = link.slots.get(name)
            if slot is None:
                continue
            if self._seen.stamp(slot) <= stamp:
                gone.add(slot)
            else:
                self._forget_before(slot, stamp)
        self._remove(link, gone)
        for name in frame.keys:
            link.miss(name, stamp)

    def apply_complete(self, frame: frames.LoadComplete, begun: float) -> None:
        """A listing is complete: in its scopes, what nobody saw since it began is gone."""
        link = self._current(frame.conn, frame.generation)
        if link is None:
            return
        stamp = (frame.generation, begun)
        failed = LISTED & frame.failures.keys()
        listed = (LISTED & set(frame.scopes)) - failed
        link.complete(listed, failed, stamp)
        codes = {KIND_CODE[Kind(kind)] for kind in listed}
        gone = {s for s in link.slots.values() if self._kinds[s] in codes and self._seen.stamp(s) < stamp}
        self._remove(link, gone)
        self.dirty.add(link.slot)
        if failed:
            self.dirty.update(slot for slot in link.slots.values() if self.kind(slot).value in failed)

    def drop(self, kinds: Collection[Kind], now: float) -> None:
        """Forget every object of these kinds; readings that are still on their way make none again."""
        codes = {KIND_CODE[kind] for kind in kinds}
        for link in self._by_number:
            gone = {slot for slot in link.slots.values() if self._kinds[slot] in codes}
            stamp = max([(link.generation, now), *map(self._seen.stamp, gone)])
            self._remove(link, gone)
            link.complete([kind.value for kind in kinds], (), stamp)

    def drain(self) -> Delta:
        """Everything that changed since the last drain. Slots of gone objects may be reused after it."""
        if self._renamed_hosts:
            self._touch_guests()
        reshaped: set[int | None] = {None if node == ROOT else node for node in self._tree.reshaped}
        delta = Delta(rows=self.dirty, reshaped=reshaped, gone=self._gone)
        self._free.extend(self._gone)
        self._tree.reshaped.clear()
        self.dirty, self._gone = set(), set()
        return delta

    # --- one object -------------------------------------------------------------------------------------------------

    def slot(self, conn: str, key: str) -> int | None:
        """Slot of an object of a connection; None when it is not there."""
        link = self._links.get(conn)
        found = None if link is None else self._find(link, key)
        if found is None and key.startswith("group:"):
            return next((slot for slot in self._groups.values() if self._keys[slot] == key), None)
        return found

    def slots_of(self, conn: str, keys: Iterable[str]) -> list[int | None]:
        """Slots of several objects of a connection; None for those that are not there."""
        link = self._links.get(conn)
        return [] if link is None else list(map(link.slots.get, keys))

    def neighbour(self, slot: int, key: str) -> int | None:
        """Slot of an object in the same connection as this slot; None when it is not there."""
        return self._lookup(slot, key)

    def ref(self, slot: int) -> ObjectRef:
        """Its reference; a group's names its label in place of a connection."""
        kind, native = split_key(self._keys[slot])
        return ObjectRef(native if kind is Kind.GROUP else self.conn(slot), kind, native)

    def conn(self, slot: int) -> str:
        """Name of its connection; empty for a group."""
        return "" if self.kind(slot) is Kind.GROUP else self._by_number[self._link_of[slot]].spec.name

    def spec(self, slot: int) -> ConnectionSpec:
        """The specification of its connection; of a group: that of its first connection."""
        return self._by_number[self._link_of[slot]].spec

    def family(self, slot: int) -> Family:
        """The family of its connection; of a group: that of its first connection."""
        return self.spec(slot).family

    def host(self, slot: int) -> int | None:
        """Slot of the host it runs on; None when unknown or not in the inventory."""
        found = self._columns["host"].get(slot)
        return self._lookup(slot, found) if isinstance(found, str) else None

    def age(self, slot: int, group: Group, now: float) -> float | None:
        """Seconds since the newest reading of these columns began; None when they were never read."""
        stamp = self._stamps[group].stamp(slot)
        return None if stamp == NEVER else max(0.0, now - stamp[1])

    def connected(self, slot: int) -> bool:
        """True while its connection stands."""
        return self._by_number[self._link_of[slot]].standing

    def stale(self, slot: int, group: Group, now: float) -> bool:
        """True when what we show of these columns may be out of date.

        That is: the connection does not stand; or they were last read before it was made again; or the last
        listing of this kind failed and they were not read since; or they are older than STALE_AFTER listings.
        Columns that were never read are unknown, not stale.
        """
        link = self._by_number[self._link_of[slot]]
        stamp = self._stamps[group].stamp(slot)
        if stamp == NEVER:
            return self._kinds[slot] == KIND_CODE[Kind.CONNECTION] and not link.standing
        if not link.standing or stamp[0] < link.generation:
            return True
        if link.failed and stamp < link.failed.get(self.kind(slot).value, NEVER):
            return True
        return now - stamp[1] > STALE_AFTER[group] * link.relist

    # --- the tree ---------------------------------------------------------------------------------------------------

    def path(self, slot: int) -> list[str]:
        """Names from the connection down to the parent."""
        above = [node for node in self._tree.above(slot) if self.kind(node) is not Kind.GROUP]
        return [self.name(node) for node in reversed(above)]

    # --- how a reading becomes cells --------------------------------------------------------------------------------

    def _current(self, conn: str, generation: int) -> InventoryLink | None:
        """The connection of a frame; None when the frame is not of its present generation."""
        link = self._links.get(conn)
        if link is None or generation < link.generation:
            self.ignored += 1
            return None
        if generation > link.generation:
            self.open_generation(conn, generation)
        return link

    def _slots_for(self, link: InventoryLink, stamp: Stamp, keys: Sequence[str]) -> tuple[list[int], list[int]]:
        """Slots of the objects that this reading may tell of, made if need be, and their positions in the frame."""
        slots, kept = list[int](), list[int]()
        known = link.slots
        for at, name in enumerate(keys):
            slot = known.get(name)
            if slot is None:
                slot = self._admit(link, stamp, name)
                if slot is None:
                    continue
            elif link.is_of_former_life(name, stamp):
                continue
            slots.append(slot)
            kept.append(at)
        return slots, kept

    def _admit(self, link: InventoryLink, stamp: Stamp, name: str) -> int | None:
        """A slot for a key that has none; None when it is no key or the object is known to be gone since."""
        kind, _, native = name.partition(":")
        if kind not in LISTED or not native or ":" in native:
            if kind == Kind.CONNECTION.value:
                return link.slot
            self.ignored += 1
            return None
        if link.is_gone(name, kind, stamp):
            return None
        slot = self._new_slot(Kind(kind), link.number, name)
        link.appear(name, kind, slot)
        self._unplanted.add(slot)
        return slot

    def _remove(self, link: InventoryLink, slots: set[int]) -> None:
        for slot in slots:
            link.disappear(self._keys[slot])
            self._free_slot(slot)
        self._tell((), slots)

    def _find(self, link: InventoryLink, name: str) -> int | None:
        slot = link.slots.get(name)
        return link.slot if slot is None and name.startswith("connection:") else slot

    def _lookup(self, slot: int, name: str) -> int | None:
        return self._find(self._by_number[self._link_of[slot]], name)

"""The fleet screen as a session leaves it, and what the next one waits for until it is loaded."""

from __future__ import annotations

from collections.abc import Collection

from novatui.config.saved import Session
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from novatui.engine.inventory_store import InventoryStore
from novatui.ui.pins import MOST, Pins
from novatui.ui.place import Place
from novatui.ui.preferences import saved

TOPS = (Kind.GROUP, Kind.CONNECTION)
"""Kinds that are unfolded when they come up first."""


class Awaited:
    """Objects that were named before the inventory knew them."""

    def __init__(self, session: Session | None, scope: str = "") -> None:
        self.scope = scope
        """The node that the list is to be limited to, as `conn:kind:id`."""
        self.cursor = _ref(session.cursor) if session else None
        self._folded = _refs(session.folded) if session else set[ObjectRef]()
        self._unfolded = _refs(session.unfolded) if session else set[ObjectRef]()

    def __bool__(self) -> bool:
        return bool(self.scope or self.cursor or self._folded or self._unfolded)

    def nodes(self, store: InventoryStore) -> tuple[list[int], list[int]]:
        """Nodes to unfold and to fold that are there now; each is told once."""
        return _arrived(self._unfolded, store), _arrived(self._folded, store)

    def take_scope(self, store: InventoryStore) -> int | None:
        """The node of the scope, once it is there."""
        ref = _ref(self.scope)
        slot = None if ref is None else store.slot(ref.conn, ref.key)
        if slot is not None or ref is None:
            self.scope = ""
        return slot

    def cursor_slot(self, store: InventoryStore) -> int | None:
        """The object to put the cursor on, once it is there."""
        return None if self.cursor is None else store.slot(self.cursor.conn, self.cursor.key)


def pins_of(session: Session | None, fleet: Fleet) -> Pins:
    """What the last session kept at the top."""
    refs = (_ref(text) for text in (session.pinned[:MOST] if session else ()))
    return Pins(fleet, (ref for ref in refs if ref is not None))


def describe(fleet: Fleet, at: Place, expanded: Collection[int], cursor: int | None, pins: Pins) -> Session:
    """Where a session stands: its place, the unfolded nodes of the tree, the row under the cursor and the pins."""
    store = fleet.inventory
    tops = [*store.slots(Kind.GROUP), *store.slots(Kind.CONNECTION)]
    lower = [slot for slot in expanded if store.alive(slot) and store.kind(slot) not in TOPS]
    return Session(
        connections=tuple(sorted(fleet.connections)),
        at=saved(at),
        cursor=str(store.ref(cursor)) if cursor is not None and store.alive(cursor) else "",
        folded=tuple(str(store.ref(slot)) for slot in tops if slot not in expanded),
        unfolded=tuple(sorted(str(store.ref(slot)) for slot in lower)),
        pinned=tuple(str(ref) for ref in pins.refs),
    )


def _arrived(refs: set[ObjectRef], store: InventoryStore) -> list[int]:
    there = {ref: slot for ref in refs if (slot := store.slot(ref.conn, ref.key)) is not None}
    refs.difference_update(there)
    return list(there.values())


def _refs(texts: Collection[str]) -> set[ObjectRef]:
    return {ref for text in texts if (ref := _ref(text)) is not None}


def _ref(text: str) -> ObjectRef | None:
    """None for what a hand or another version wrote."""
    try:
        return ObjectRef.parse(text) if text else None
    except ValueError:
        return None

"""The object that a detail screen is about: which row stands for it now, and what it was called when it is gone."""

from __future__ import annotations

from novatui.core.connection import ConnectionSpec
from novatui.core.ids import ObjectRef
from novatui.engine.fleet import Changes, Fleet


class Followed:
    """Follows one object through changes, migrations and lost connections."""

    def __init__(self, fleet: Fleet, ref: ObjectRef) -> None:
        self.ref = ref
        """What it is called now: it changes when it moves to another connection."""
        self.name = ref.id
        self.way: list[str] = []
        """Names from its connection down to what it lies in."""
        self.seen = False
        """It was in the inventory at some time."""
        self._fleet = fleet
        self._slot = self._find()
        self._learn()

    @property
    def slot(self) -> int | None:
        """Its row; None while it has none. A row is gone at once, and may be another's before `take` hears of it."""
        slot, store = self._slot, self._fleet.inventory
        return slot if slot is not None and store.alive(slot) and store.kind(slot) is self.ref.kind else None

    @property
    def lost(self) -> bool:
        """The last `take` left it without a row."""
        return self._slot is None

    @property
    def spec(self) -> ConnectionSpec | None:
        """Its connection; None when that is gone as well."""
        connection = self._fleet.connections.get(self.ref.conn)
        return connection.spec if connection is not None else None

    def take(self, changes: Changes) -> bool:
        """It moved, went, or is back. True when another row stands for it from now on."""
        moved = False
        for old, new in changes.moved:
            if old == self._slot:
                self._slot, self.ref, moved = new, self._fleet.inventory.ref(new), True
        if self._slot is not None and self._slot in changes.gone:
            self._slot = None
        if self._slot is None:
            self._slot = self._find()
        self._learn()
        return moved

    def changed(self, changes: Changes) -> bool:
        """True when its own row, its connection or the shape of the tree is another one."""
        return self._slot in changes.rows or self.ref.conn in changes.connections or changes.structure

    def _find(self) -> int | None:
        """Its row, or the one that stands for it while it moves."""
        slot = self._fleet.inventory.slot(self.ref.conn, self.ref.key)
        return self._fleet.identity.fold(slot) if slot is not None else None

    def _learn(self) -> None:
        """Name and way, for the time when it is gone."""
        if self._slot is not None:
            store = self._fleet.inventory
            self.seen = True
            self.name, self.way = store.name(self._slot), store.path(self._slot)

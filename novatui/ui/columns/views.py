"""The views of the fleet screen: which kinds a list has, with which columns, in which order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from novatui.core.states import Kind
from novatui.engine.query_keys import Shape, find_key
from novatui.engine.selection import Sort
from novatui.ui.columns import machines, parts, places
from novatui.ui.columns.column import Column, Grid


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One list of objects."""

    name: str
    """Its `:` word."""
    one: str
    many: str
    kinds: frozenset[Kind]
    columns: tuple[Column, ...]
    """All that its objects have, in drawing order."""
    hidden: frozenset[str] = frozenset()
    """Ids of columns that are shown only to who asks for them."""
    sort: Sort = Sort()
    """The order to begin with."""
    role: str = ""
    """Role of a driver without which a product has none of these; empty: every product may have some."""

    @property
    def title(self) -> str:
        """How the pane is called."""
        return self.many[:1].upper() + self.many[1:]

    @property
    def usual(self) -> tuple[str, ...]:
        """Ids of the columns that are shown to who asked for nothing else."""
        return tuple(column.id for column in self.columns if column.id not in self.hidden)

    def column(self, name: str) -> Column | None:
        """The column with this id."""
        return next((column for column in self.columns if column.id == name), None)

    def grid(self, chosen: Sequence[str] = ()) -> Grid:
        """The columns to draw; `chosen`: ids as a person put them together, empty for the usual ones."""
        if not chosen:
            return Grid([column for column in self.columns if column.id not in self.hidden])
        found = [column for name in dict.fromkeys(chosen) if (column := self.column(name)) is not None]
        return Grid(found, chosen=set(chosen).difference(self.usual))

    def word_for(self, key: str) -> str:
        """What people call a sort key here."""
        return next((column.word for column in self.columns if column.sort == key), key)

    def letters(self) -> dict[str, str]:
        """Key to sort by, by the letter that is pressed after the sort key."""
        return {"n": "name"} | {column.letter: column.sort for column in self.columns if column.letter and column.sort}

    def words(self, first: Collection[str] = ()) -> dict[str, str]:
        """What the prompt says for each letter; columns named in `first` come first."""
        lettered = [column for column in self.columns if column.letter and column.sort]
        lettered.sort(key=lambda column: column.id not in first)
        return {"n": "name"} | {column.letter: column.word for column in lettered}


def falls(key: str) -> bool:
    """True for keys whose highest values matter first: whatever is counted or measured."""
    found = find_key(key)
    return found is not None and found.shape in _MEASURING


_MEASURING = frozenset({Shape.NUMBER, Shape.PERCENT, Shape.SIZE, Shape.MILLISECONDS, Shape.AGE})

VIEWS: tuple[View, ...] = (
    View(
        name="vm",
        one="machine",
        many="machines",
        kinds=frozenset({Kind.VM, Kind.CONTAINER}),
        columns=machines.MACHINE,
        hidden=frozenset({"family", "snaps", "oldest", "size", "tools"}),
    ),
    View(
        name="host",
        one="host",
        many="hosts",
        kinds=frozenset({Kind.HOST}),
        columns=places.HOST,
        hidden=frozenset({"health", "family"}),
    ),
    View(
        name="cluster",
        one="cluster",
        many="clusters",
        kinds=frozenset({Kind.CLUSTER}),
        columns=places.CLUSTER,
        hidden=frozenset({"health"}),
    ),
    View(
        name="conn",
        one="connection",
        many="connections",
        kinds=frozenset({Kind.CONNECTION}),
        columns=places.CONNECTION,
    ),
    View(
        name="ds",
        one="datastore",
        many="datastores",
        kinds=frozenset({Kind.DATASTORE}),
        columns=parts.STORE,
        hidden=frozenset({"family"}),
        sort=Sort("store.used", descending=True),
    ),
    View(
        name="net",
        one="network",
        many="networks",
        kinds=frozenset({Kind.NETWORK}),
        columns=parts.NETWORK,
        hidden=frozenset({"family"}),
    ),
    View(
        name="pool",
        one="resource pool",
        many="resource pools",
        kinds=frozenset({Kind.RESOURCE_POOL}),
        columns=places.POOL,
    ),
    View(
        name="snap",
        one="snapshot",
        many="snapshots",
        kinds=frozenset({Kind.SNAPSHOT}),
        columns=parts.SNAPSHOT,
        hidden=frozenset({"family"}),
        sort=Sort("created", descending=True),
        role="SnapshotSource",
    ),
    View(
        name="dev",
        one="host device",
        many="host devices",
        kinds=frozenset({Kind.DEVICE}),
        columns=parts.DEVICE,
        hidden=frozenset({"id"}),
        role="DeviceSource",
    ),
    View(
        name="folder",
        one="folder",
        many="datacenters and folders",
        kinds=frozenset({Kind.DATACENTER, Kind.FOLDER}),
        columns=places.FOLDER,
    ),
    View(
        name="template",
        one="template",
        many="templates",
        kinds=frozenset({Kind.TEMPLATE}),
        columns=machines.TEMPLATE,
        hidden=frozenset({"family"}),
    ),
)

VIEW: dict[str, View] = {view.name: view for view in VIEWS}
"""View by its `:` word."""

HOME = VIEW["vm"]
"""What the console begins with."""


def view_of(kind: Kind) -> View | None:
    """The view that lists this kind; None for kinds that only the tree shows."""
    return next((view for view in VIEWS if kind in view.kinds), None)

"""Which tabs the detail of each kind of object has, which parts of it they need, and the line that shows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from textual.strip import Strip

from novatui.core.states import Kind
from novatui.ui.render.cells import Group, Piece, line, whole, width_of
from novatui.ui.render.look import Look


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """One tab. The same thing has the same number on every kind of object."""

    number: int
    name: str
    """As places and commands write it."""
    title: str
    short: str
    """Where there is no room for the title."""
    parts: tuple[str, ...] = ()
    """Parts of the detail that it shows; none: it lives on what the stores hold."""


SUMMARY = Tab(number=1, name="summary", title="Summary", short="Sum")
METRICS = Tab(number=2, name="metrics", title="Metrics", short="Met")
TASKS = Tab(number=7, name="tasks", title="Tasks", short="Task")
RAW = Tab(number=9, name="raw", title="Raw", short="Raw", parts=("raw",))
CAPABILITIES = Tab(number=8, name="caps", title="Caps", short="Cap")
MACHINES = Tab(number=3, name="machines", title="VMs", short="VM")

_MACHINE = msgspec.structs.replace(SUMMARY, parts=("vm",))
_DISKS = Tab(number=3, name="disks", title="Disks", short="Dsk", parts=("vm", "rates"))
_NETS = Tab(number=4, name="nets", title="Nets", short="Net", parts=("vm", "rates"))
_GIVEN = Tab(number=5, name="devices", title="Devices", short="Dev", parts=("vm", "devices"))
_SNAPSHOTS = Tab(number=6, name="snapshots", title="Snapshots", short="Snap", parts=("snapshots",))
_FACTS = msgspec.structs.replace(SUMMARY, parts=("properties",))
_HELD = Tab(number=4, name="devices", title="Devices", short="Dev", parts=("devices",))
_HOSTS = Tab(number=4, name="hosts", title="Hosts", short="Host")
_VOLUMES = Tab(number=3, name="volumes", title="Volumes", short="Vol", parts=("volumes",))
_LEASES = Tab(number=3, name="leases", title="Leases", short="Lea", parts=("leases",))
_USERS = Tab(number=4, name="users", title="VMs", short="VM", parts=("users",))
_STORAGE = Tab(number=5, name="storage", title="Storage", short="Sto")
_NETWORKS = Tab(number=6, name="networks", title="Nets", short="Net")

_STILL = tuple(msgspec.structs.replace(tab, parts=("vm",)) for tab in (_DISKS, _NETS))
"""Of what never runs."""

_OF_MACHINE = (_MACHINE, METRICS, _DISKS, _NETS, _GIVEN, _SNAPSHOTS, TASKS, CAPABILITIES, RAW)
_OF_PLACE = (_FACTS, METRICS, MACHINES, _HOSTS, _STORAGE, _NETWORKS, TASKS)

TABS: dict[Kind, tuple[Tab, ...]] = {
    Kind.VM: _OF_MACHINE,
    Kind.CONTAINER: _OF_MACHINE,
    Kind.TEMPLATE: (_MACHINE, *_STILL, _GIVEN, TASKS, RAW),
    Kind.HOST: (_FACTS, METRICS, MACHINES, _HELD, _STORAGE, _NETWORKS, TASKS, CAPABILITIES, RAW),
    Kind.CLUSTER: (*_OF_PLACE, RAW),
    Kind.DATACENTER: (*_OF_PLACE, RAW),
    Kind.FOLDER: (*_OF_PLACE, RAW),
    Kind.RESOURCE_POOL: (_FACTS, METRICS, MACHINES, TASKS, RAW),
    Kind.GROUP: (SUMMARY, METRICS, MACHINES, _HOSTS, _STORAGE, _NETWORKS),
    Kind.CONNECTION: (SUMMARY, METRICS, MACHINES, _HOSTS, _STORAGE, _NETWORKS, TASKS, CAPABILITIES),
    Kind.DATASTORE: (_FACTS, _VOLUMES, _USERS, TASKS, RAW),
    Kind.NETWORK: (_FACTS, _LEASES, _USERS, TASKS, RAW),
    Kind.DEVICE: (msgspec.structs.replace(SUMMARY, parts=("devices",)), RAW),
    Kind.SNAPSHOT: (msgspec.structs.replace(SUMMARY, parts=("snapshots", "vm")), RAW),
}


def named(kind: Kind, name: str) -> Tab:
    """The tab with this name; the first one for a name that this kind has not."""
    tabs = TABS[kind]
    return next((tab for tab in tabs if tab.name == name), tabs[0])


def tab_line(
    tabs: Sequence[Tab],
    shown: Tab,
    look: Look,
    width: int,
    far: Sequence[Group] = (),
    *,
    protected: bool = False,
) -> Strip:
    """All tabs with their numbers; as many short names as it takes to fit, that of the one shown last of all. `far`
    takes what room is left.

    Of a protected connection, the rest of the line is its frame.
    """
    short: set[int] = set()
    pieces = _titles(tabs, shown, look, short)
    for tab in sorted(tabs, key=lambda tab: (tab == shown, len(tab.short) - len(tab.title))):
        if width_of(pieces) <= width:
            break
        short.add(tab.number)
        pieces = _titles(tabs, shown, look, short)
    rest = whole(far, width - width_of(pieces)) if far else []
    gap = max(0, width - width_of(pieces) - width_of(rest))
    between = (look.marks.rule * gap, look.styles.protected) if protected else (" " * gap, look.styles.text)
    return line([*pieces, between, *rest], width, cut=look.marks.ellipsis)


def _titles(tabs: Sequence[Tab], shown: Tab, look: Look, short: Collection[int]) -> list[Piece]:
    styles = look.styles
    pieces: list[Piece] = []
    for tab in tabs:
        title = tab.short if tab.number in short else tab.title
        if tab.number == shown.number:
            pieces += [(f"[{tab.number} {title}]", styles.title)]
        else:
            pieces += [(f" {tab.number} ", styles.key), (f"{title} ", styles.text)]
    return pieces

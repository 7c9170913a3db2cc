"""Lists of detail screens: entries with their cells, their place in a tree, and what one of them is in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from novatui.core.states import Kind
from novatui.ui.render import readings
from novatui.ui.render.detail import doings, storage, things, words
from novatui.ui.render.detail.grid import Cell, Column
from novatui.ui.render.detail.sheet import Section
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.marks import power_mark


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    key: str
    """What it is called, as long as it is the same thing."""
    cells: Sequence[Cell]
    parent: str | None = None
    """Key of the entry above it in a tree."""
    full: Callable[[], Iterable[Section]] | None = None
    """All that is known of it."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    columns: Sequence[Column]
    entries: Sequence[Entry] = ()
    empty: str = "there are none"
    """Said in their place when there are none."""
    tree: bool = False


def listing(whole: Whole, tab: str) -> Listing:
    """The list of a tab. KeyError for one that is a page."""
    return _LISTS[tab](whole)


def is_list(kind: Kind, tab: str) -> bool:
    """True for tabs that `listing` makes."""
    return tab in _LISTS and (tab != "devices" or kind is Kind.HOST)


def unread(whole: Whole, part: str, told: object, empty: str) -> str:
    """Why a list that is made of a part of the detail has no entries."""
    if told is not None:
        return empty
    if whole.problem is not None:
        return f"could not be read: {whole.problem}"
    failed = [one.failure for one in (whole.detail.failures if whole.detail else ()) if one.part == part]
    return f"could not be read: {failed[0]}" if failed else "being read" if whole.reading else "not told"


NOW = "now"
"""Key of the entry that says where the machine is."""


def _snapshots(whole: Whole) -> Listing:
    told = whole.detail.snapshots if whole.detail is not None else None
    known = {each.id for each in told or ()}
    entries = [
        Entry(
            key=f"snapshot {each.id}",
            cells=[each.name, *things.snapshot_cells(each, whole.look)],
            parent=f"snapshot {each.parent}" if each.parent in known else None,
            full=lambda each=each: [things.snapshot_section(each, told or (), whole.look)],
        )
        for each in told or ()
    ]
    if told:
        entries.append(_now(whole, next((each.id for each in told if each.current), None)))
    empty = unread(whole, "snapshots", told, "it has no snapshots")
    columns = (Column("name", shrinks=True), *things.SNAPSHOT_COLUMNS)
    return Listing(columns=columns, entries=entries, empty=empty, tree=True)


def _now(whole: Whole, current: str | None) -> Entry:
    """Where the machine is: below the snapshot that its present state grew from."""
    power = readings.power(whole.fleet, whole.slot)
    sign = power_mark(power, whole.look.marks)
    gap, word = whole.look.marks.inapplicable, words.told(power)
    return Entry(
        key=NOW,
        cells=[(f"{sign} you are here", whole.look.styles.title), gap, gap, word, gap],
        parent=f"snapshot {current}" if current is not None else None,
    )


def _devices(whole: Whole) -> Listing:
    told = whole.detail.devices if whole.detail is not None else None
    entries = [
        Entry(
            key=each.id,
            cells=things.device_row(whole, each),
            full=lambda each=each: [things.device_section(whole, each, told or ())],
        )
        for each in told or ()
    ]
    empty = unread(whole, "devices", told, "it has none that a machine could be given")
    return Listing(columns=things.DEVICE_COLUMNS, entries=entries, empty=empty)


def _volumes(whole: Whole) -> Listing:
    told = whole.detail.volumes if whole.detail is not None else None
    entries = [
        Entry(
            key=f"{each.path} {each.name}",
            cells=storage.volume_row(each),
            full=lambda each=each: [storage.volume_section(whole, each)],
        )
        for each in told or ()
    ]
    return Listing(
        columns=storage.VOLUME_COLUMNS, entries=entries, empty=unread(whole, "volumes", told, "it has no volumes")
    )


def _leases(whole: Whole) -> Listing:
    told = whole.detail.leases if whole.detail is not None else None
    entries = [
        Entry(
            key=f"{each.mac} {each.ip}",
            cells=storage.lease_row(each, whole.look),
            full=lambda each=each: [storage.lease_section(each, whole.look)],
        )
        for each in told or ()
    ]
    return Listing(
        columns=storage.LEASE_COLUMNS, entries=entries, empty=unread(whole, "leases", told, "it gave out none")
    )


def _tasks(whole: Whole) -> Listing:
    found = doings.doings(whole.fleet, whole.slot)
    entries = [
        Entry(
            key=doings.doing_key(each),
            cells=doings.doing_row(each, whole.fleet, whole.look, whole.kind),
            full=lambda each=each: doings.doing_sections(each, whole.fleet, whole.look),
        )
        for each in found
    ]
    return Listing(columns=doings.columns(whole.kind), entries=entries, empty="no task and no event of it is known")


_LISTS: dict[str, Callable[[Whole], Listing]] = {
    "snapshots": _snapshots,
    "devices": _devices,
    "volumes": _volumes,
    "leases": _leases,
    "tasks": _tasks,
}

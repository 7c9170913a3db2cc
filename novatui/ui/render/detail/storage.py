"""Stores with their volumes, networks with their leases."""

from __future__ import annotations

from collections.abc import Iterator

from novatui.core.detail import Lease, Volume
from novatui.ui.render.detail import words
from novatui.ui.render.detail.attention import WARNINGS, attention
from novatui.ui.render.detail.grid import Cell, Column
from novatui.ui.render.detail.others import others
from novatui.ui.render.detail.places import FULL, NEARLY_FULL
from novatui.ui.render.detail.sheet import Field, Section
from novatui.ui.render.detail.whole import Whole
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN

BAR = 30
"""Cells of the bar that shows how full a store is."""


def store_sections(whole: Whole) -> Iterator[Section]:
    """A store: how full it is first."""
    yield attention(whole)
    yield _space(whole)
    yield Section(
        title="Store",
        items=[
            Field("usable", whole.text("active")),
            Field("state", whole.text("native_state")),
            *([whole.field("health", "health")] if whole.text("health") not in whole.look.marks.gaps else []),
            whole.field("kind", "store_type"),
            Field("shared", whole.text("shared")),
            whole.field("autostart", "autostart"),
            whole.field("persistent", "persistent"),
        ],
    )
    yield from others(whole, {WARNINGS})
    yield identity(whole)


def _space(whole: Whole) -> Section:
    capacity, free = whole.number("capacity"), whole.number("free")
    used = capacity - free if capacity is not None and free is not None else None
    share = used / capacity * 100 if used is not None and capacity else None
    styles = whole.look.styles
    style = styles.good
    if share is not None and share >= NEARLY_FULL:
        style = styles.bad if share >= FULL else styles.warning
    return Section(
        title="Space",
        items=[
            Field("filled", _bar(share, whole.look), style if share is not None else None),
            Field("size", words.size(capacity)),
            Field("used", words.size(used)),
            Field("free", words.size(free)),
        ],
    )


def _bar(share: float | None, look: Look) -> str:
    if share is None:
        return UNKNOWN
    full = min(BAR, max(0, round(share / 100 * BAR)))
    body, rest = ("#", ".") if look.marks.ascii else ("█", "░")
    return f"{body * full}{rest * (BAR - full)} {words.percent(share)}"


VOLUME_COLUMNS = (
    Column("volume", shrinks=True),
    Column("format"),
    Column("size", right=True),
    Column("used", right=True),
    Column("of it", right=True, rank=2),
    Column("path", shrinks=True, rank=1),
)


def volume_row(volume: Volume) -> list[Cell]:
    """One volume in the list."""
    share = volume.allocation / volume.capacity * 100 if volume.capacity and volume.allocation is not None else None
    return [
        volume.name,
        words.told(volume.format),
        words.size(volume.capacity),
        words.size(volume.allocation),
        words.percent(share),
        words.told(volume.path),
    ]


def volume_section(whole: Whole, volume: Volume) -> Section:
    """One volume in full."""
    return Section(
        title=volume.name or UNKNOWN,
        items=[
            Field("size", words.size(volume.capacity)),
            Field("used", words.size(volume.allocation)),
            Field("format", words.told(volume.format)),
            Field("backing", volume.backing or "none told"),
            Field("path", words.told(volume.path)),
            *([Field("disk of", whole.name_of(volume.owner))] if volume.owner else []),
        ],
    )


def network_sections(whole: Whole) -> Iterator[Section]:
    """A network."""
    yield attention(whole)
    yield Section(
        title="State",
        items=[
            Field("active", whole.text("net_active")),
            Field("state", whole.text("native_state")),
            whole.field("kind", "net_type"),
            whole.field("bridge", "bridge"),
            whole.field("VLAN", "vlan"),
            whole.field("autostart", "autostart"),
            whole.field("persistent", "persistent"),
        ],
    )
    yield from others(whole, {WARNINGS})
    yield identity(whole)


LEASE_COLUMNS = (Column("address"), Column("name", shrinks=True), Column("mac"), Column("ends", rank=1))


def lease_row(lease: Lease, look: Look) -> list[Cell]:
    """One address that was given out."""
    return [
        words.told(lease.ip),
        words.told(lease.hostname),
        words.told(lease.mac),
        look.clock(lease.expires, seconds=False),
    ]


def lease_section(lease: Lease, look: Look) -> Section:
    """One lease in full."""
    return Section(
        title=lease.ip or UNKNOWN,
        items=[
            Field("address", words.told(lease.ip)),
            Field("MAC", words.told(lease.mac)),
            Field("host name", words.told(lease.hostname)),
            Field("ends", look.date(lease.expires)),
        ],
    )


def identity(whole: Whole) -> Section:
    """Ids and place of a host, a store, a network, a device, a snapshot."""
    return Section(
        title="Identity",
        items=[
            whole.field("uuid", "uuid"),
            whole.field("native id", "native_id"),
            whole.field("native type", "native_type"),
            Field("place", whole.place),
        ],
    )

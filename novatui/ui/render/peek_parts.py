"""The peek pane of what machines use: datastores, networks, snapshots, host devices."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.core import units
from novatui.ui.columns import cells, parts
from novatui.ui.render import readings
from novatui.ui.render.facts import Fact, aged, labelled
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.subject import Subject


def datastore(subject: Subject) -> list[Sequence[Fact]]:
    """How full it is, and of what sort."""
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    used = parts.used_percent(fleet, slot)
    full = look.styles.warning if used is not None and used >= parts.FULL else None
    return [
        [
            *aged(subject),
            *labelled(look, ("full", f"{units.percent(used)}%"), style=full),
            *labelled(
                look,
                ("size", units.size(readings.number(fleet, slot, "capacity"))),
                ("used", units.size(parts.used_bytes(fleet, slot))),
                ("free", units.size(readings.number(fleet, slot, "free"))),
            ),
            [cells.gauge(used, subject, 20)],
        ],
        labelled(
            look,
            ("type", readings.text(fleet, slot, "store_type")),
            ("shared", readings.text(fleet, slot, "shared")),
            ("active", readings.text(fleet, slot, "active")),
            ("health", readings.text(fleet, slot, "health")),
        ),
        _identity(subject),
    ]


def network(subject: Subject) -> list[Sequence[Fact]]:
    """What it is behind."""
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    return [
        [
            *aged(subject),
            *labelled(
                look,
                ("type", readings.text(fleet, slot, "net_type")),
                ("bridge", readings.text(fleet, slot, "bridge")),
                ("vlan", readings.text(fleet, slot, "vlan")),
                ("up", readings.text(fleet, slot, "net_active")),
            ),
        ],
        _identity(subject),
    ]


def snapshot(subject: Subject) -> list[Sequence[Fact]]:
    """Whose it is, and how old."""
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    made = readings.number(fleet, slot, "created")
    age = None if made is None else look.epoch() - made
    old = look.styles.warning if age is not None and age >= parts.OLD else None
    return [
        [
            *aged(subject),
            *labelled(look, ("machine", _named(subject, "vm"))),
            *labelled(look, ("age", units.span(age)), style=old),
            *labelled(
                look,
                ("made", cells.date(made, look)),
                ("kind", readings.text(fleet, slot, "snapshot_kind")),
                ("machine runs on it", readings.text(fleet, slot, "current")),
            ),
        ],
        labelled(look, ("notes", readings.text(fleet, slot, "description"))),
        _identity(subject),
    ]


def device(subject: Subject) -> list[Sequence[Fact]]:
    """What it is, and who has it."""
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    return [
        [
            *aged(subject),
            *labelled(
                look,
                ("class", readings.text(fleet, slot, "device_class")),
                ("held by", _named(subject, "holder") or "nobody"),
                ("IOMMU group", readings.text(fleet, slot, "iommu_group")),
                ("NUMA node", readings.text(fleet, slot, "numa_node")),
                ("driver", readings.text(fleet, slot, "driver")),
                ("host", _named(subject, "host")),
            ),
        ],
        labelled(look, ("vendor", readings.text(fleet, slot, "vendor"))),
        _identity(subject),
    ]


def _identity(subject: Subject) -> list[Fact]:
    fleet, slot = subject.fleet, subject.slot
    return labelled(
        subject.look,
        ("id", readings.text(fleet, slot, "native_id")),
        ("native", readings.text(fleet, slot, "native_type")),
        ("conn", fleet.inventory.conn(slot)),
    )


def _named(subject: Subject, field: str) -> str:
    """Name of the object that a column refers to."""
    name = cells.referenced(subject.fleet, field)(subject.slot)
    return UNKNOWN if name is None else str(name)

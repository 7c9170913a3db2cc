"""The peek pane: the object under the cursor in three or four lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from novatui.core import units
from novatui.core.alarms import Level
from novatui.core.states import Kind
from novatui.ui.render import peek_parts, peek_places, readings
from novatui.ui.render.curve import curve
from novatui.ui.render.facts import Fact, fact_line, labelled, measured, state
from novatui.ui.render.spark import SAMPLES_PER_CELL, sparkline
from novatui.ui.render.subject import Subject

SPARK_CELLS = 24
"""Width of the load curve."""

CURVE = 600.0
"""Seconds that it stands for."""


def title(subject: Subject) -> tuple[str, str]:
    """Name of the object, and the way to it from the outside in."""
    store = subject.fleet.inventory
    # A libvirt connection and its host may have one name: it is said once.
    way = list(dict.fromkeys(reversed(store.path(subject.slot))))
    return store.name(subject.slot), f" {subject.look.marks.way} ".join(way)


def lines(subject: Subject, width: int, height: int) -> list[Strip]:
    """At most `height` lines about the object, the most important first."""
    kind = subject.fleet.inventory.kind(subject.slot)
    rows = DRAWN_BY.get(kind, peek_places.container)(subject)
    return [fact_line(row, subject.look, width) for row in rows][:height]


def _machine(subject: Subject) -> list[Sequence[Fact]]:
    nature, identity = _nature(subject), _identity(subject)
    if readings.measures(subject.fleet, subject.slot):
        return [_load(subject), _traffic(subject), nature, identity]
    mem = units.size(readings.number(subject.fleet, subject.slot, "memory"))
    vcpus = readings.text(subject.fleet, subject.slot, "vcpus")
    config = labelled(subject.look, ("vCPU", vcpus), ("mem", mem), ("snaps", _snapshots(subject)))
    return [config, identity, nature]


def _load(subject: Subject) -> list[Fact]:
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    style, age = measured(subject)
    latest = fleet.metrics.latest
    columns = SPARK_CELLS * SAMPLES_PER_CELL[look.spark]
    values = curve(fleet.metrics, slot, "cpu.used", columns=columns, seconds=CURVE, now=subject.now)
    drawn = sparkline(values, SPARK_CELLS, high=100.0, kind=look.spark)
    cpu = f"{units.percent(latest(slot, 'cpu.used'))}% of {readings.text(fleet, slot, 'vcpus')} vCPU"
    return [
        *age,
        *labelled(look, ("cpu", cpu), ("wait", f"{units.percent(latest(slot, 'cpu.wait'))}%"), style=style),
        *labelled(look, ("mem", _memory(subject)), style=style),
        [("10 min ", look.styles.quiet), (drawn, look.styles.spark)],
        *labelled(look, ("balloon", units.size(latest(slot, "mem.balloon"))), style=style),
    ]


def _traffic(subject: Subject) -> list[Fact]:
    look, slot, latest = subject.look, subject.slot, subject.fleet.metrics.latest
    style, _ = measured(subject)
    return [
        *labelled(
            look,
            ("disk", f"r {units.size(latest(slot, 'disk.read'))} w {units.size(latest(slot, 'disk.write'))}/s"),
            ("iops", units.count(latest(slot, "disk.iops"))),
            ("lat", f"{units.count(latest(slot, 'disk.latency'))} ms"),
            ("net", f"rx {units.size(latest(slot, 'net.rx'))} tx {units.size(latest(slot, 'net.tx'))}/s"),
            ("drops", units.count(latest(slot, "net.drops"))),
            style=style,
        ),
        *labelled(look, ("snaps", _snapshots(subject))),
    ]


def _nature(subject: Subject) -> list[Fact]:
    fleet, slot = subject.fleet, subject.slot
    return labelled(
        subject.look,
        ("guest", readings.text(fleet, slot, "guest_os")),
        ("ip", readings.text(fleet, slot, "ip")),
        ("tools", readings.text(fleet, slot, "tools")),
        ("firmware", readings.text(fleet, slot, "firmware")),
        ("secure boot", readings.text(fleet, slot, "secure_boot")),
        ("tpm", readings.text(fleet, slot, "tpm")),
    )


def _identity(subject: Subject) -> list[Fact]:
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    raised = _alarms(subject)
    facts = labelled(
        look,
        ("state", state(subject)),
        *_job(subject),
        *([] if raised else [("alarms", readings.text(fleet, slot, "alarms"))]),
        ("tags", readings.text(fleet, slot, "tags")),
        ("id", readings.text(fleet, slot, "native_id")),
    )
    if fleet.identity.duplicate(slot):
        return [*raised, [(f"{look.marks.alarm} another machine has this uuid", look.styles.warning)], *facts]
    return [*raised, *facts]


def _alarms(subject: Subject) -> list[Fact]:
    """The worst alarm, and how many more there are."""
    look, alarms = subject.look, subject.fleet.alarms
    raised = alarms.of(subject.slot) if alarms is not None else []
    if not raised:
        return []
    critical = raised[0].level is Level.CRITICAL
    more = f" (+{len(raised) - 1})" if len(raised) > 1 else ""
    sign = look.marks.error if critical else look.marks.alarm
    return [[(f"{sign} {raised[0].text}{more}", look.styles.bad if critical else look.styles.warning)]]


def _job(subject: Subject) -> list[tuple[str, str]]:
    """What holds it now; nothing to tell when nothing does."""
    job = readings.text(subject.fleet, subject.slot, "job")
    return [] if job == readings.NOTHING else [("job", job)]


def _memory(subject: Subject) -> str:
    fleet, slot = subject.fleet, subject.slot
    used = units.size(fleet.metrics.latest(slot, "mem.used"))
    given = fleet.metrics.latest(slot, "mem.assigned")
    return f"{used}/{units.size(given if given is not None else readings.number(fleet, slot, 'memory'))}"


def _snapshots(subject: Subject) -> str:
    count = readings.number(subject.fleet, subject.slot, "snapshots")
    oldest = readings.number(subject.fleet, subject.slot, "snapshot_oldest")
    if not count and oldest is None:
        return units.count(count)
    age = subject.look.epoch() - oldest if oldest is not None else None
    return f"{units.count(count)}, oldest {units.span(age)}"


DRAWN_BY: dict[Kind, Callable[[Subject], Sequence[Sequence[Fact]]]] = {
    **dict.fromkeys((Kind.VM, Kind.CONTAINER, Kind.TEMPLATE), _machine),
    Kind.HOST: peek_places.host,
    Kind.CONNECTION: peek_places.connection,
    Kind.CLUSTER: peek_places.cluster,
    Kind.DATASTORE: peek_parts.datastore,
    Kind.NETWORK: peek_parts.network,
    Kind.SNAPSHOT: peek_parts.snapshot,
    Kind.DEVICE: peek_parts.device,
}
"""Who knows what to say of a kind; all others are known by what is in them."""

"""The peek pane: the object under the cursor in three or four lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.style import Style
from textual.strip import Strip

from novatui.core import units
from novatui.core.errors import Failure
from novatui.core.states import Kind, Link
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece, line, width_of
from novatui.ui.render.curve import curve
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.spark import SAMPLES_PER_CELL, sparkline
from novatui.ui.render.subject import Subject

SPARK_CELLS = 24
"""Width of the load curve."""

CURVE = 600.0
"""Seconds that it stands for."""

GAP = "   "
"""Between two facts."""

LEGIBLE = 6
"""Cells of a value that are worth showing when the rest of it is cut."""

Fact = Sequence[Piece]
"""Label and value of one thing: they stand together."""


def title(subject: Subject) -> tuple[str, str]:
    """Name of the object, and the way to it from the outside in."""
    store = subject.fleet.inventory
    # A libvirt connection and its host may have one name: it is said once.
    way = list(dict.fromkeys(reversed(store.path(subject.slot))))
    return store.name(subject.slot), f" {subject.look.marks.way} ".join(way)


def lines(subject: Subject, width: int, height: int) -> list[Strip]:
    """At most `height` lines about the object, the most important first."""
    kind = subject.fleet.inventory.kind(subject.slot)
    if kind in readings.MACHINES or kind is Kind.TEMPLATE:
        rows = _machine(subject)
    elif kind is Kind.HOST:
        rows = _host(subject)
    elif kind is Kind.CONNECTION:
        rows = _connection(subject)
    else:
        rows = _container(subject)
    return [_line(row, subject.look, width) for row in rows][:height]


def _line(facts: Iterable[Fact], look: Look, width: int) -> Strip:
    """As many facts as fit. The first that does not is cut if enough of it can be read, else left out like the rest."""
    pieces: list[Piece] = [(" ", look.styles.text)]
    for fact in facts:
        gap: list[Piece] = [(GAP, look.styles.text)] if len(pieces) > 1 else []
        if width_of([*pieces, *gap, *fact]) > width:
            if width_of([*pieces, *gap, *fact[:-1]]) + LEGIBLE <= width:
                pieces += [*gap, *fact]
            break
        pieces += [*gap, *fact]
    return line(pieces, width, cut=look.marks.ellipsis)


def _facts(look: Look, *pairs: tuple[str, str], style: Style | None = None) -> list[Fact]:
    """The label quiet, the value plain (or in `style`), an unknown value quiet, too."""
    plain = style or look.styles.text
    return [
        [(f"{label} ", look.styles.quiet), (value, look.styles.quiet if value == UNKNOWN else plain)]
        for label, value in pairs
    ]


def _machine(subject: Subject) -> list[Sequence[Fact]]:
    nature, identity = _nature(subject), _identity(subject)
    if readings.measures(subject.fleet, subject.slot):
        return [_load(subject), _traffic(subject), nature, identity]
    mem = units.size(readings.number(subject.fleet, subject.slot, "memory"))
    vcpus = readings.text(subject.fleet, subject.slot, "vcpus")
    config = _facts(subject.look, ("vCPU", vcpus), ("mem", mem), ("snaps", _snapshots(subject)))
    return [config, identity, nature]


def _measured(subject: Subject) -> tuple[Style, list[Fact]]:
    """The style of measured values; and their age, once they are stale."""
    metrics, styles = subject.fleet.metrics, subject.look.styles
    age = metrics.age(subject.slot, subject.now)
    if age is None or not metrics.stale(subject.slot, subject.now):
        return styles.text, []
    return styles.stale, [[(f"~{units.age(age)} old", styles.stale)]]


def _load(subject: Subject) -> list[Fact]:
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    style, age = _measured(subject)
    latest = fleet.metrics.latest
    columns = SPARK_CELLS * SAMPLES_PER_CELL[look.spark]
    values = curve(fleet.metrics, slot, "cpu.used", columns=columns, seconds=CURVE, now=subject.now)
    drawn = sparkline(values, SPARK_CELLS, high=100.0, kind=look.spark)
    cpu = f"{units.percent(latest(slot, 'cpu.used'))}% of {readings.text(fleet, slot, 'vcpus')} vCPU"
    return [
        *age,
        *_facts(look, ("cpu", cpu), ("wait", f"{units.percent(latest(slot, 'cpu.wait'))}%"), style=style),
        *_facts(look, ("mem", _memory(subject)), style=style),
        [("10 min ", look.styles.quiet), (drawn, look.styles.spark)],
        *_facts(look, ("balloon", units.size(latest(slot, "mem.balloon"))), style=style),
    ]


def _traffic(subject: Subject) -> list[Fact]:
    look, slot, latest = subject.look, subject.slot, subject.fleet.metrics.latest
    style, _ = _measured(subject)
    return [
        *_facts(
            look,
            ("disk", f"r {units.size(latest(slot, 'disk.read'))} w {units.size(latest(slot, 'disk.write'))}/s"),
            ("iops", units.count(latest(slot, "disk.iops"))),
            ("lat", f"{units.count(latest(slot, 'disk.latency'))} ms"),
            ("net", f"rx {units.size(latest(slot, 'net.rx'))} tx {units.size(latest(slot, 'net.tx'))}/s"),
            ("drops", units.count(latest(slot, "net.drops"))),
            style=style,
        ),
        *_facts(look, ("snaps", _snapshots(subject))),
    ]


def _nature(subject: Subject) -> list[Fact]:
    fleet, slot = subject.fleet, subject.slot
    return _facts(
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
    facts = _facts(
        look,
        ("state", _state(subject)),
        ("alarms", readings.text(fleet, slot, "alarms")),
        ("tags", readings.text(fleet, slot, "tags")),
        ("id", readings.text(fleet, slot, "native_id")),
    )
    if fleet.identity.duplicate(slot):
        return [[(f"{look.marks.alarm} another machine has this uuid", look.styles.warning)], *facts]
    return facts


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


def _state(subject: Subject) -> str:
    """In the product's own words, with its age once it is stale."""
    said = readings.text(subject.fleet, subject.slot, "native_state")
    age = readings.shown_age(subject.fleet, subject.slot, subject.look)
    return f"{said} ~{age} old" if age else said


def _host(subject: Subject) -> list[Sequence[Fact]]:
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    style, age = _measured(subject)
    used = units.size(fleet.metrics.latest(slot, "mem.used"))
    cpu = f"{units.percent(fleet.metrics.latest(slot, 'cpu.used'))}% of {readings.text(fleet, slot, 'cpus')}"
    mem = f"{used}/{units.size(readings.number(fleet, slot, 'memory_total'))}"
    return [
        [*age, *_facts(look, ("cpu", cpu), ("mem", mem), style=style), *_below(subject)],
        _facts(
            look,
            ("product", readings.text(fleet, slot, "product")),
            ("maintenance", readings.text(fleet, slot, "maintenance")),
            ("health", readings.text(fleet, slot, "health")),
        ),
        _facts(look, ("state", _state(subject)), ("processor", readings.text(fleet, slot, "cpu_model"))),
    ]


def _below(subject: Subject) -> list[Fact]:
    """What there is in a host, a cluster, a folder."""
    count, slot = subject.fleet.identity.count, subject.slot
    machines = f"{count(slot, 'running'):,} on of {count(slot, 'machines'):,}"
    return _facts(subject.look, ("machines", machines), ("alarms", f"{count(slot, 'alarms'):,}"))


def _connection(subject: Subject) -> list[Sequence[Fact]]:
    fleet, look = subject.fleet, subject.look
    one = fleet.connections[fleet.inventory.conn(subject.slot)]
    status, info = one.status, one.info
    word = status.link.value
    if status.retry_at is not None:
        word += f", try {status.attempt + 1} at {look.clock(status.retry_at)}"
    heard = look.clock(status.last_good) if status.last_good is not None else "never"
    product = info.product if info else UNKNOWN
    rows: list[Sequence[Fact]] = [
        [*_facts(look, ("connection", word), ("product", product), ("last good", heard)), *_below(subject)]
    ]
    if status.failure is not None:
        rows += [[[piece]] for piece in _failure(status.failure, look)]
    elif info is not None:
        tls = f"TLS {info.tls.version or UNKNOWN} pin {info.tls.pin[:16] or UNKNOWN}" if info.tls else info.transport
        endpoint = info.endpoint or one.spec.uri
        rows.append(_facts(look, ("endpoint", endpoint), ("user", info.user or UNKNOWN), ("over", tls or "local")))
    if status.link is Link.UP and one.load_failures:
        kinds = ", ".join(sorted(one.load_failures))
        rows.append([[(f"not listed: {kinds}", look.styles.warning)]])
    return rows


def _failure(failure: Failure, look: Look) -> list[Piece]:
    """What happened, what it means, what to try: a line each."""
    said = [(str(failure), look.styles.bad), (failure.meaning, look.styles.text)]
    return [
        (text, style)
        for text, style in [*said, (f"try: {failure.hint}" if failure.hint else "", look.styles.key)]
        if text
    ]


def _container(subject: Subject) -> list[Sequence[Fact]]:
    return [_below(subject)]

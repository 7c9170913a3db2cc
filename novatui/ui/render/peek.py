"""The peek pane: the object under the cursor in three or four lines."""

from __future__ import annotations

from collections.abc import Iterable

from textual.strip import Strip

from novatui.core import units
from novatui.core.states import Kind, Link
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece, line
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.spark import SAMPLES_PER_CELL, sparkline
from novatui.ui.render.table import Subject

SPARK_CELLS = 24
"""Width of the load curve."""


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
    return [line([(" ", subject.look.styles.text), *row], width) for row in rows][:height]


def _labelled(look: Look, pairs: Iterable[tuple[str, str]]) -> list[Piece]:
    """`label value   label value`: the label quiet, the value plain, an unknown value quiet, too."""
    pieces: list[Piece] = []
    for label, value in pairs:
        pieces.append((f"{label} ", look.styles.quiet))
        pieces.append((f"{value}   ", look.styles.quiet if value == UNKNOWN else look.styles.text))
    return pieces


def _machine(subject: Subject) -> list[list[Piece]]:
    fleet, slot, look = subject.fleet, subject.slot, subject.look

    def metric(name: str) -> float | None:
        return fleet.metrics.latest(slot, name)

    running = readings.measures(fleet, slot)
    cpu = f"{units.percent(metric('cpu.used'))}% of {readings.text(fleet, slot, 'vcpus')} vCPU"
    curve = fleet.metrics.history(slot, "cpu.used", SPARK_CELLS * SAMPLES_PER_CELL[look.spark])
    load: list[Piece] = [
        *_labelled(look, [("cpu", cpu), ("wait", f"{units.percent(metric('cpu.wait'))}%")]),
        (sparkline(curve, SPARK_CELLS, high=100.0, kind=look.spark) + "  ", look.styles.spark),
        *_labelled(look, [("mem", _memory(subject)), ("balloon", units.size(metric("mem.balloon")))]),
    ]
    traffic = _labelled(
        look,
        [
            ("disk", f"r {units.size(metric('disk.read'))} w {units.size(metric('disk.write'))}/s"),
            ("iops", units.percent(metric("disk.iops"))),
            ("lat", f"{units.percent(metric('disk.latency'))} ms"),
            ("net", f"rx {units.size(metric('net.rx'))} tx {units.size(metric('net.tx'))}/s"),
            ("drops", units.percent(metric("net.drops"))),
            ("snaps", _snapshots(subject)),
        ],
    )
    nature = _labelled(
        look,
        [
            ("guest", readings.text(fleet, slot, "guest_os")),
            ("ip", readings.text(fleet, slot, "ip")),
            ("tools", readings.text(fleet, slot, "tools")),
            ("firmware", readings.text(fleet, slot, "firmware")),
            ("secure boot", readings.text(fleet, slot, "secure_boot")),
            ("tpm", readings.text(fleet, slot, "tpm")),
        ],
    )
    native = _labelled(
        look,
        [
            ("state", f"{readings.text(fleet, slot, 'native_state')}{_age(subject)}"),
            ("id", readings.text(fleet, slot, "native_id")),
            ("tags", readings.text(fleet, slot, "tags")),
        ],
    )
    if not running:
        mem = units.size(readings.number(fleet, slot, "memory"))
        config = _labelled(look, [("vCPU", readings.text(fleet, slot, "vcpus")), ("mem", mem)])
        return [[*config, *_labelled(look, [("snaps", _snapshots(subject))])], native, nature]
    return [load, traffic, nature, native]


def _memory(subject: Subject) -> str:
    fleet, slot = subject.fleet, subject.slot
    used = units.size(fleet.metrics.latest(slot, "mem.used"))
    given = fleet.metrics.latest(slot, "mem.assigned")
    return f"{used}/{units.size(given if given is not None else readings.number(fleet, slot, 'memory'))}"


def _snapshots(subject: Subject) -> str:
    count = readings.text(subject.fleet, subject.slot, "snapshots")
    oldest = readings.number(subject.fleet, subject.slot, "snapshot_oldest")
    return f"{count}, oldest {units.span(subject.look.epoch() - oldest)}" if oldest is not None else count


def _age(subject: Subject) -> str:
    age = readings.shown_age(subject.fleet, subject.slot, subject.look)
    return f" ~{age} old" if age else ""


def _host(subject: Subject) -> list[list[Piece]]:
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    used = units.size(fleet.metrics.latest(slot, "mem.used"))
    return [
        _labelled(
            look,
            [
                (
                    "cpu",
                    f"{units.percent(fleet.metrics.latest(slot, 'cpu.used'))}% of {readings.text(fleet, slot, 'cpus')}",
                ),
                ("mem", f"{used}/{units.size(readings.number(fleet, slot, 'memory_total'))}"),
                (
                    "machines",
                    f"{fleet.identity.count(slot, 'running')} on of {fleet.identity.count(slot, 'machines')}",
                ),
            ],
        ),
        _labelled(
            look,
            [
                ("product", readings.text(fleet, slot, "product")),
                ("maintenance", readings.text(fleet, slot, "maintenance")),
                ("health", readings.text(fleet, slot, "health")),
            ],
        ),
        _labelled(
            look,
            [
                ("processor", readings.text(fleet, slot, "cpu_model")),
                ("state", f"{readings.text(fleet, slot, 'native_state')}{_age(subject)}"),
            ],
        ),
    ]


def _connection(subject: Subject) -> list[list[Piece]]:
    fleet, look = subject.fleet, subject.look
    one = fleet.connections[fleet.inventory.conn(subject.slot)]
    status, info = one.status, one.info
    word = status.link.value
    if status.retry_at is not None:
        word += f", try {status.attempt + 1} at {look.clock(status.retry_at)}"
    rows = [
        _labelled(
            look,
            [
                ("connection", word),
                ("product", info.product if info else UNKNOWN),
                ("last good", look.clock(status.last_good)),
            ],
        )
    ]
    if status.failure is not None:
        failure = status.failure
        rows.append([(str(failure), look.styles.bad)])
        rows.append(
            _labelled(
                look, [(label, text) for label, text in (("means", failure.meaning), ("try", failure.hint)) if text]
            )
        )
    elif info is not None:
        tls = f"TLS {info.tls.version or UNKNOWN} pin {info.tls.pin[:16] or UNKNOWN}" if info.tls else info.transport
        rows.append(
            _labelled(
                look,
                [("endpoint", info.endpoint or one.spec.uri), ("user", info.user or UNKNOWN), ("over", tls or "local")],
            )
        )
    if status.link is Link.UP and one.load_failures:
        kinds = ", ".join(sorted(one.load_failures))
        rows.append([(f"not listed: {kinds}", look.styles.warning)])
    return rows


def _container(subject: Subject) -> list[list[Piece]]:
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    count = fleet.identity.count
    machines = f"{count(slot, 'running')} on of {count(slot, 'machines')}"
    return [_labelled(look, [("machines", machines), ("alarms", str(count(slot, "alarms")))])]

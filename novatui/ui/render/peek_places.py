"""The peek pane of what machines live in: hosts, clusters, connections, folders."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.core import units
from novatui.core.errors import Failure
from novatui.core.states import Link
from novatui.ui.columns import aggregate
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece
from novatui.ui.render.facts import Fact, labelled, measured, state
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.subject import Subject


def host(subject: Subject) -> list[Sequence[Fact]]:
    """Its load, what is on it, what it is."""
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    style, age = measured(subject)
    used = units.size(fleet.metrics.latest(slot, "mem.used"))
    cpu = f"{units.percent(fleet.metrics.latest(slot, 'cpu.used'))}% of {readings.text(fleet, slot, 'cpus')}"
    mem = f"{used}/{units.size(readings.number(fleet, slot, 'memory_total'))}"
    return [
        [*age, *labelled(look, ("cpu", cpu), ("mem", mem), style=style), *_below(subject)],
        labelled(
            look,
            ("product", readings.text(fleet, slot, "product")),
            ("maintenance", readings.text(fleet, slot, "maintenance")),
            ("health", readings.text(fleet, slot, "health")),
        ),
        labelled(look, ("state", state(subject)), ("processor", readings.text(fleet, slot, "cpu_model"))),
    ]


def _below(subject: Subject) -> list[Fact]:
    """What there is in a host, a cluster, a folder."""
    machines, running, alarms = (
        readings.counted(subject.fleet, subject.slot, each) for each in ("machines", "running", "alarms")
    )
    if machines is None or running is None or alarms is None:
        return labelled(subject.look, ("machines", UNKNOWN), ("alarms", UNKNOWN))
    return labelled(subject.look, ("machines", f"{running:,} on of {machines:,}"), ("alarms", f"{alarms:,}"))


def connection(subject: Subject) -> list[Sequence[Fact]]:
    """Where it stands; why, when it is lost."""
    fleet, look = subject.fleet, subject.look
    one = fleet.connections[fleet.inventory.conn(subject.slot)]
    status, info = one.status, one.info
    word = status.link.value
    if status.retry_at is not None:
        word += f", try {status.attempt + 1} at {look.clock(status.retry_at)}"
    heard = look.clock(status.last_good) if status.last_good is not None else "never"
    product = info.product if info else UNKNOWN
    rows: list[Sequence[Fact]] = [
        [*labelled(look, ("connection", word), ("product", product), ("last good", heard)), *_below(subject)]
    ]
    if status.failure is not None:
        rows += [[[piece]] for piece in _failure(status.failure, look)]
    elif info is not None:
        tls = f"TLS {info.tls.version or UNKNOWN} pin {info.tls.pin[:16] or UNKNOWN}" if info.tls else info.transport
        endpoint = info.endpoint or one.spec.uri
        rows.append(labelled(look, ("endpoint", endpoint), ("user", info.user or UNKNOWN), ("over", tls or "local")))
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


def container(subject: Subject) -> list[Sequence[Fact]]:
    """Anything else that machines are in."""
    return [_below(subject)]


def cluster(subject: Subject) -> list[Sequence[Fact]]:
    """A cluster: its hosts together, and what is on them."""
    fleet, slot, look = subject.fleet, subject.slot, subject.look
    old = aggregate.stale(fleet, slot, subject.now)
    hosts = f"{len(aggregate.hosts(fleet, slot)):,}"
    load = labelled(
        look,
        ("cpu", f"{units.percent(aggregate.processor(fleet, slot))}%"),
        ("mem", f"{units.percent(aggregate.memory(fleet, slot))}%"),
        style=look.styles.stale if old else None,
    )
    return [
        [*labelled(look, ("hosts", hosts)), *_below(subject)],
        load,
        labelled(
            look,
            ("health", readings.text(fleet, slot, "health")),
            ("type", readings.text(fleet, slot, "native_type")),
            ("id", readings.text(fleet, slot, "native_id")),
        ),
    ]

"""Columns of what machines live in: hosts, clusters, resource pools, folders and the connections themselves."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from rich.style import Style

from novatui.core import units
from novatui.core.states import Health, Link
from novatui.engine.fleet import Connection
from novatui.ui.columns import aggregate, cells
from novatui.ui.columns.column import Column
from novatui.ui.columns.machines import CONN, CPU, DISK, FAMILY, MEM, NET, OWNER, SPARK
from novatui.ui.columns.machines import STATE as POWER
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece
from novatui.ui.render.look import Look
from novatui.ui.render.marks import UNKNOWN, link_mark
from novatui.ui.render.subject import Subject

LINK_WORDS: dict[Link, str] = {
    Link.IDLE: "idle",
    Link.CONNECTING: "conn",
    Link.LOADING: "load",
    Link.UP: "up",
    Link.DOWN: "down",
    Link.CLOSED: "closed",
}
"""Short words beside the sign of a connection."""


def _host_state(subject: Subject, width: int) -> Piece:
    look = subject.look
    if subject.fleet.inventory.value(subject.slot, "maintenance") is True:
        return cells.signed(look.marks.partly, "mnt", look.styles.warning, subject, width)
    return cells.state(subject, width)


def style_of_health(health: str | None, look: Look) -> Style:
    """The style that the product's own judgement is drawn in."""
    known: dict[str | None, Style] = {
        Health.OK: look.styles.text,
        Health.WARNING: look.styles.warning,
        Health.CRITICAL: look.styles.bad,
    }
    return known.get(health, look.styles.quiet)


def _health(subject: Subject, width: int) -> Piece:
    word = readings.text(subject.fleet, subject.slot, "health")
    return cells.plain(word, subject, width, style_of_health(word, subject.look))


def _hosts(subject: Subject, width: int) -> Piece:
    return cells.figure(len(aggregate.hosts(subject.fleet, subject.slot)), cells.grouped, subject, width)


def _aggregated(read: cells.Number, warn: float) -> Callable[[Subject, int], Piece]:
    """A figure of all hosts of a cluster: as stale as the oldest of them."""

    def draw(subject: Subject, width: int) -> Piece:
        known, look = read(subject.fleet, subject.slot), subject.look
        if known is None:
            return cells.figure(None, units.percent, subject, width)
        if aggregate.stale(subject.fleet, subject.slot, subject.now):
            return cells.narrow(units.percent(known), width - 1) + "~", look.styles.stale
        return cells.narrow(units.percent(known), width), look.styles.warning if known >= warn else look.styles.text

    return draw


def _given(subject: Subject) -> aggregate.Given:
    return aggregate.given(subject.fleet, subject.slot, subject.now)


def _vcpus(subject: Subject, width: int) -> Piece:
    return cells.figure(_given(subject).vcpus, cells.grouped, subject, width)


def _crowd(subject: Subject, width: int) -> Piece:
    """How many virtual processors share a real one."""
    vcpus, real = _given(subject).vcpus, aggregate.whole(subject.fleet, subject.slot, "cpus")
    share = vcpus / real if vcpus is not None and real else None
    return cells.figure(share, lambda known: f"{known:.1f}", subject, width)


def _given_memory(subject: Subject, width: int) -> Piece:
    return cells.figure(_given(subject).memory, units.size, subject, width)


def _pledged(subject: Subject, width: int) -> Piece:
    """What would be in use if every machine took all that it was given."""
    memory, real = _given(subject).memory, aggregate.whole(subject.fleet, subject.slot, "memory_total")
    share = 100 * memory / real if memory is not None and real else None
    text, style = cells.figure(share, units.percent, subject, width)
    return text, subject.look.styles.warning if share is not None and share > PROMISED else style


PROMISED = 100.0
"""Percent of the memory from which on not every machine can have what it was given."""


def _whole(field: str, write: Callable[[float], str]) -> Callable[[Subject, int], Piece]:
    """A column summed up over the hosts of a cluster."""
    return lambda subject, width: cells.figure(
        aggregate.whole(subject.fleet, subject.slot, field), write, subject, width
    )


def _one(subject: Subject) -> Connection:
    return subject.fleet.connections[subject.fleet.inventory.conn(subject.slot)]


def _link(subject: Subject, width: int) -> Piece:
    link, look = _one(subject).status.link, subject.look
    styles = look.styles
    style = styles.good if link is Link.UP else styles.bad if link is Link.DOWN else styles.warning
    return cells.signed(link_mark(link, look.marks), LINK_WORDS[link], style, subject, width)


def _product(subject: Subject, width: int) -> Piece:
    info = _one(subject).info
    return cells.plain(info.product if info else UNKNOWN, subject, width)


def _mode(subject: Subject, width: int) -> Piece:
    """What protects it: production before read-only."""
    spec, styles = _one(subject).spec, subject.look.styles
    if spec.protected:
        return cells.plain("PROT RO" if spec.readonly else "PROT", subject, width, styles.protected)
    return cells.plain("RO" if spec.readonly else "RW", subject, width, styles.readonly if spec.readonly else None)


def _user(subject: Subject, width: int) -> Piece:
    info = _one(subject).info
    return cells.plain(info.user or UNKNOWN if info else UNKNOWN, subject, width)


def _trouble(subject: Subject, width: int) -> Piece:
    """Why it is not up, or which kinds it could not list; else where it is."""
    one, look = _one(subject), subject.look
    if one.broken and one.status.failure is not None:
        return cells.plain(str(one.status.failure), subject, width, look.styles.bad)
    if one.load_failures:
        return cells.plain(f"not listed: {', '.join(sorted(one.load_failures))}", subject, width, look.styles.warning)
    return cells.plain(one.info.endpoint if one.info and one.info.endpoint else one.spec.uri, subject, width)


def _heard(subject: Subject, width: int) -> Piece:
    last = _one(subject).status.last_good
    return cells.plain(subject.look.clock(last) if last is not None else "never", subject, width)


def _group(subject: Subject, width: int) -> Piece:
    label = _one(subject).spec.label
    return cells.plain(label, subject, width) if label else cells.inapplicable(subject, width)


def _kind(subject: Subject, width: int) -> Piece:
    return cells.plain(subject.fleet.inventory.kind(subject.slot).value, subject, width)


MACHINES = Column(
    id="vms", title="VMS", help="machines in it", width=6, rank=1, sort="machines", letter="m", word="vms",
    draw=cells.counted("machines"), numeric=True,
)  # fmt: skip
RUNNING = Column(
    id="on", title="ON", help="machines in it that run", width=6, rank=2, sort="running", letter="r", word="on",
    draw=cells.counted("running"), numeric=True,
)  # fmt: skip
ALARMS = Column(
    id="alarms", title="ALM", help="alarms on the machines in it", width=5, rank=3, sort="alarms.below", letter="a",
    word="alarms", draw=cells.counted("alarms"), numeric=True,
)  # fmt: skip
HEALTH = Column(
    id="health", title="HEALTH", help="what the product says of its condition", width=8, rank=5, sort="health",
    letter="e", word="health", draw=_health,
)  # fmt: skip
CPUS = Column(
    id="cpus", title="CPUS", help="logical processors", width=5, rank=5, sort="cpus", letter="u", word="cpus",
    draw=cells.number("cpus"), numeric=True,
)  # fmt: skip
MEMORY = Column(
    id="memory", title="MEMORY", help="memory of the host", width=6, rank=5, sort="memory_total", letter="y",
    word="memory", draw=cells.number("memory_total", units.size), numeric=True,
)  # fmt: skip
PRODUCT = Column(
    id="product", title="PRODUCT", help="product and version", width=14, grow=16, rank=7, sort="product", letter="t",
    word="product", draw=cells.text("product"),
)  # fmt: skip
MODEL = Column(
    id="model", title="PROCESSOR", help="processor model", width=14, grow=20, rank=9, sort="cpu_model", letter="l",
    word="processor", draw=cells.text("cpu_model"),
)  # fmt: skip
VCPUS = Column(
    id="vcpus", title="vCPU", help="virtual processors of all machines in it", width=6, rank=6, word="vcpu",
    draw=_vcpus, numeric=True,
)  # fmt: skip
CROWD = Column(
    id="crowd", title="/CPU", help="virtual processors for each real one", width=4, rank=6, word="vcpu per cpu",
    draw=_crowd, numeric=True,
)  # fmt: skip
GIVEN = Column(
    id="given", title="GIVEN", help="memory that all machines in it were given", width=6, rank=6, word="memory given",
    draw=_given_memory, numeric=True,
)  # fmt: skip
PLEDGED = Column(
    id="pledged", title="GIVEN%", help="the same, of the memory that there is", width=6, rank=6, word="given",
    draw=_pledged, numeric=True,
)  # fmt: skip
HOST_STATE = msgspec.structs.replace(POWER, letter="p", draw=_host_state)

HOST = (
    HOST_STATE, CPU, SPARK, msgspec.structs.replace(MEM, letter="g"), MACHINES, RUNNING, ALARMS, CPUS, VCPUS, CROWD,
    MEMORY, GIVEN, PLEDGED, msgspec.structs.replace(DISK, rank=7), msgspec.structs.replace(NET, rank=7, letter="w"),
    msgspec.structs.replace(OWNER, rank=4), CONN, HEALTH, PRODUCT, MODEL, FAMILY,
)  # fmt: skip
"""All columns of hosts."""

HOSTS = Column(
    id="hosts", title="HOSTS", help="hosts in it", width=5, rank=1, word="hosts", draw=_hosts, numeric=True,
)  # fmt: skip
CLUSTER_CPU = Column(
    id="cpu", title="CPU%", help="load of the processors of all its hosts", width=5, rank=2, word="cpu",
    draw=_aggregated(aggregate.processor, 90), numeric=True,
)  # fmt: skip
CLUSTER_MEM = Column(
    id="mem", title="MEM%", help="memory in use on all its hosts", width=5, rank=2, word="mem",
    draw=_aggregated(aggregate.memory, 90), numeric=True,
)  # fmt: skip
CLUSTER_CPUS = msgspec.structs.replace(
    CPUS, help="logical processors of all its hosts", sort="", letter="", draw=_whole("cpus", cells.grouped)
)
CLUSTER_MEMORY = msgspec.structs.replace(
    MEMORY, help="memory of all its hosts", sort="", letter="", draw=_whole("memory_total", units.size)
)

CLUSTER = (
    HOSTS, MACHINES, RUNNING, CLUSTER_CPU, CLUSTER_MEM, ALARMS, CLUSTER_CPUS, VCPUS, CROWD, CLUSTER_MEMORY, GIVEN,
    PLEDGED, FAMILY, msgspec.structs.replace(OWNER, rank=5), CONN, HEALTH,
)  # fmt: skip
"""All columns of clusters."""

POOL = (MACHINES, RUNNING, ALARMS, VCPUS, GIVEN, msgspec.structs.replace(OWNER, rank=2), CONN, FAMILY)
"""All columns of resource pools."""

FOLDER = (
    Column(
        id="kind", title="KIND", help="datacenter or folder", width=10, rank=2, sort="kind", letter="k", word="kind",
        draw=_kind,
    ),
    MACHINES, RUNNING, ALARMS, OWNER, CONN, FAMILY,
)  # fmt: skip
"""All columns of datacenters and folders."""

CONNECTION = (
    Column(
        id="state", title="ST", help="where the connection stands", width=9, rank=1, draw=_link, ages=True,
        word="state",
    ),
    msgspec.structs.replace(FAMILY, rank=2),
    MACHINES,
    RUNNING,
    ALARMS,
    Column(
        id="mode", title="MODE", help="PROT: production, RO: read-only", width=7, rank=2, draw=_mode, word="mode",
    ),
    Column(
        id="heard", title="HEARD", help="time of its last answer", width=8, rank=4, draw=_heard, word="heard",
    ),
    Column(
        id="product", title="PRODUCT", help="product and version", width=16, grow=14, rank=5, draw=_product,
        word="product",
    ),
    Column(
        id="trouble", title="WHERE, OR WHAT IS WRONG", help="its endpoint, or what is wrong with it", width=24, grow=40,
        rank=4, draw=_trouble, word="where",
    ),
    Column(id="user", title="USER", help="account", width=12, grow=8, rank=7, draw=_user, word="user"),
    Column(
        id="group", title="GROUP", help="label in the configuration", width=10, grow=6, rank=9, sort="group",
        letter="g", word="group", draw=_group,
    ),
)  # fmt: skip
"""All columns of connections."""

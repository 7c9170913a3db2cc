"""Columns of what runs: machines, containers and the templates they are made of."""

from __future__ import annotations

from novatui.core import units
from novatui.ui.columns import cells
from novatui.ui.columns.column import Column
from novatui.ui.render import readings
from novatui.ui.render.cells import Piece
from novatui.ui.render.marks import UNKNOWN
from novatui.ui.render.subject import Subject


def _host(subject: Subject, width: int) -> Piece:
    name = readings.host_name(subject.fleet, subject.slot)
    return cells.plain(name, subject, width) if name else cells.inapplicable(subject, width)


def _uptime(subject: Subject, width: int) -> Piece:
    if not readings.measures(subject.fleet, subject.slot):
        return cells.inapplicable(subject, width, right=True)
    return cells.ago("since")(subject, width)


def _memory(subject: Subject, width: int) -> Piece:
    return cells.figure(readings.number(subject.fleet, subject.slot, "memory"), units.size, subject, width)


def _address(subject: Subject, width: int) -> Piece:
    """The first address; how many more there are only where the whole fits."""
    known = subject.fleet.inventory.value(subject.slot, "ip")
    if not isinstance(known, list):
        return cells.plain(UNKNOWN, subject, width)
    if not known:
        return cells.inapplicable(subject, width)
    more = f"{known[0]} +{len(known) - 1}" if len(known) > 1 else known[0]
    return cells.plain(more if len(more) <= width else known[0], subject, width)


def _alarms(subject: Subject, width: int) -> Piece:
    raised = readings.number(subject.fleet, subject.slot, "alarms")
    text, style = cells.figure(raised, units.count, subject, width)
    return text, subject.look.styles.warning if raised else style


def _oldest(subject: Subject, width: int) -> Piece:
    """Age of the oldest snapshot; nothing to tell where there is none."""
    if readings.number(subject.fleet, subject.slot, "snapshots") == 0:
        return cells.inapplicable(subject, width, right=True)
    return cells.ago("snapshot_oldest")(subject, width)


STATE = Column(
    id="state", title="ST", help="what it is doing", width=8, rank=1, sort="power", letter="p", word="state",
    draw=cells.state, ages=True,
)  # fmt: skip
HOST = Column(
    id="host", title="HOST", help="host that it runs on", width=8, grow=12, rank=2, sort="host", letter="h",
    word="host", draw=_host,
)  # fmt: skip
CPU = Column(
    id="cpu", title="CPU%", help="share of its processors in use", width=4, rank=1, sort="cpu.used", letter="c",
    word="cpu", draw=cells.metric(cells.rate("cpu.used"), units.percent, 90), numeric=True,
)  # fmt: skip
SPARK = Column(
    id="spark", title="60 s", help="load over time; `:curve-memory` and others choose", width=8, rank=3,
    sort="cpu.used", word="curve", titled=lambda look: look.curve.title, draw=cells.spark, spoken=False,
)  # fmt: skip
WAIT = Column(
    id="wait", title="WAIT%", help="time that its vCPUs were ready but did not run", width=6, rank=4, sort="cpu.wait",
    letter="w", word="wait", draw=cells.metric(cells.rate("cpu.wait"), units.percent, 5), numeric=True,
)  # fmt: skip
MEM = Column(
    id="mem", title="MEM%", help="memory in use, of what it has", width=4, rank=2, sort="mem.percent", letter="m",
    word="mem", draw=cells.metric(readings.memory_percent, units.percent, 90), numeric=True,
)  # fmt: skip
DISK = Column(
    id="disk", title="DISK/s", help="bytes read and written per second", width=6, rank=2, sort="disk", letter="d",
    word="disk", draw=cells.metric(cells.rate("disk.read", "disk.write"), units.size), numeric=True,
)  # fmt: skip
LATENCY = Column(
    id="latency", title="LAT ms", help="mean time of a disk request, milliseconds", width=6, rank=5,
    sort="disk.latency", letter="l", word="latency", draw=cells.metric(cells.rate("disk.latency"), units.count),
    numeric=True,
)  # fmt: skip
NET = Column(
    id="net", title="NET/s", help="bytes received and sent per second", width=5, rank=2, sort="net", letter="t",
    word="net", draw=cells.metric(cells.rate("net.rx", "net.tx"), units.size), numeric=True,
)  # fmt: skip
CONN = Column(
    id="conn", title="CONN", help="connection", width=12, grow=8, rank=4, sort="connection", letter="o", word="conn",
    draw=cells.connection,
)  # fmt: skip
IP = Column(
    id="ip", title="IP", help="first address of the guest", width=15, grow=5, rank=6, sort="ip", letter="i",
    word="ip", draw=_address,
)  # fmt: skip
UPTIME = Column(
    id="uptime", title="UP", help="time since it was started", width=4, rank=7, sort="since", letter="u",
    word="uptime", draw=_uptime, numeric=True,
)  # fmt: skip
ALARMS = Column(
    id="alarms", title="ALM", help="alarms that the product raised on it", width=4, rank=7, sort="alarms", letter="r",
    word="alarms", draw=_alarms, numeric=True,
)  # fmt: skip
VCPUS = Column(
    id="vcpus", title="vCPU", help="virtual processors", width=4, rank=8, sort="vcpus", letter="v", word="vcpu",
    draw=cells.number("vcpus"), numeric=True,
)  # fmt: skip
MEMORY = Column(
    id="memory", title="MEMORY", help="configured memory", width=6, rank=8, sort="memory", letter="y", word="memory",
    draw=_memory, numeric=True,
)  # fmt: skip
GUEST = Column(
    id="guest", title="GUEST", help="guest system", width=12, grow=12, rank=9, sort="guest_os", letter="g",
    word="guest", draw=cells.text("guest_os"),
)  # fmt: skip
TAGS = Column(
    id="tags", title="TAGS", help="tags of the product", width=12, grow=20, rank=9, sort="tags", letter="a",
    word="tags", draw=cells.filled("tags"),
)  # fmt: skip
JOB = Column(
    id="job", title="JOB", help="long operation that holds it now", width=10, rank=9, sort="job", letter="j",
    word="job", draw=cells.filled("job"),
)  # fmt: skip
FAMILY = Column(
    id="family", title="FAMILY", help="product line", width=8, rank=9, sort="family", letter="f", word="family",
    draw=cells.family,
)  # fmt: skip
SNAPSHOTS = Column(
    id="snaps", title="SNAPS", help="number of snapshots", width=5, rank=9, sort="snapshots", letter="s",
    word="snaps", draw=cells.number("snapshots"), numeric=True,
)  # fmt: skip
OLDEST = Column(
    id="oldest", title="OLDEST", help="age of its oldest snapshot", width=6, rank=9, sort="snapshot_oldest",
    letter="e", word="oldest", draw=_oldest, numeric=True,
)  # fmt: skip
SIZE = Column(
    id="size", title="DISKS", help="virtual size of all its disks", width=5, rank=9, sort="disk_size", letter="z",
    word="size", draw=cells.number("disk_size", units.size), numeric=True,
)  # fmt: skip
TOOLS = Column(
    id="tools", title="TOOLS", help="guest agent or tools", width=10, grow=8, rank=9, sort="tools", letter="k",
    word="tools", draw=cells.text("tools"),
)  # fmt: skip
OWNER = Column(
    id="parent", title="IN", help="what it lies in", width=12, grow=8, rank=3, sort="parent", letter="b", word="in",
    draw=cells.owner,
)  # fmt: skip

MACHINE = (
    STATE, HOST, CPU, SPARK, WAIT, MEM, DISK, LATENCY, NET, CONN, IP, UPTIME, ALARMS, VCPUS, MEMORY, GUEST, TAGS, JOB,
    FAMILY, SNAPSHOTS, OLDEST, SIZE, TOOLS,
)  # fmt: skip
"""All columns of machines and containers."""

TEMPLATE = (VCPUS, MEMORY, SIZE, GUEST, OWNER, TAGS, CONN, FAMILY)

"""Moves as tasks tell them, for tests: a fleet of two hosts without workers, and readings made to measure."""

from __future__ import annotations

from novatui.core.connection import ConnectionSpec
from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.states import Family
from novatui.core.tasks import ENDED, Task, TaskState
from novatui.engine.migration_record import Record
from novatui.wire import frames
from tests.ui.still import StillFleet

GIB = 1024**3
MIB = 1024**2

UUID = "b20bb610-fb32-420f-8177-d4ba00014344"
VM = f"vm:{UUID}"
OTHER = "vm:11111111-fb32-420f-8177-d4ba00014344"

SPECS = tuple(
    ConnectionSpec(name=name, family=Family.LIBVIRT, driver="libvirt", uri=f"qemu+ssh://{name}/system")
    for name in ("kvm-03", "kvm-12")
)


def two_hosts(*, rows: bool = True) -> StillFleet:
    """etl-big-2 runs on kvm-03; both connections are up and listed."""
    fleet = StillFleet(SPECS)
    fleet.connect("kvm-03", "kvm-12")
    for name in ("kvm-03", "kvm-12"):
        fleet.tell(name, {f"host:{name}": {"name": name, "parent": ""}})
        fleet.listed(name, ["host", "vm"])
    if rows:
        machine(fleet, "kvm-03")
    return fleet


def machine(fleet: StillFleet, conn: str, power: str = "running") -> None:
    """A row of the machine."""
    fleet.tell(conn, {VM: {"name": "etl-big-2", "parent": f"host:{conn}", "uuid": UUID, "power": power}})


def reading(at: float, left: int | None = 8 * GIB, **more: object) -> MigrationProgress:
    """One of the source, in full."""
    told = {
        "source": "kvm-03", "fidelity": Fidelity.FULL, "phase": Phase.MEMORY.value, "at": at, "left": left,
        "total": 64 * GIB, "sent": 10 * GIB, "rate": 1.1 * GIB, "dirty_rate": 0.2 * GIB, "iteration": 1,
        "memory_total": 64 * GIB, "memory_left": left, "memory_sent": 10 * GIB, "memory_rate": 1.1 * GIB,
    }  # fmt: skip
    return MigrationProgress(**(told | more))  # type: ignore[arg-type]


def tell(
    fleet: StillFleet,
    conn: str,
    id: str,
    state: TaskState = TaskState.RUNNING,
    *,
    verb: str = "migrate",
    key: str = VM,
    move: MigrationProgress | None = None,
    **more: object,
) -> None:
    """A task as it stands at the standing clock."""
    now = fleet.clock.time()
    more = {"ended": now if state in ENDED else None} | more
    task = Task(id=id, verb=verb, key=key, state=state, migration=move, target="etl-big-2", **more)  # type: ignore[arg-type]
    update = frames.TaskUpdate(conn, fleet.connections[conn].generation, fleet.clock.monotonic(), task)
    if id.startswith("N-"):
        fleet.tell_task(conn, task)
    else:
        fleet.hear(update)


def outgoing(fleet: StillFleet, state: TaskState = TaskState.RUNNING, id: str = f"{UUID}/5/1", **more: object) -> None:
    """The task of the source."""
    move = more.pop("move", None) or reading(fleet.clock.time())
    tell(fleet, "kvm-03", id, state, move=move, native_verb="migration out", **more)  # type: ignore[arg-type]


def incoming(fleet: StillFleet, state: TaskState = TaskState.RUNNING, id: str = f"{UUID}/4/1", **more: object) -> None:
    """The task of the destination, which is told nothing."""
    move = MigrationProgress(destination="kvm-12", fidelity=Fidelity.NONE, at=fleet.clock.time())
    tell(fleet, "kvm-12", id, state, move=move, native_verb="migration in", **more)  # type: ignore[arg-type]


def ours(fleet: StillFleet, state: TaskState = TaskState.RUNNING, number: int = 12, **more: object) -> None:
    """Our own operation."""
    more = {"verb": "migrate live", "who": "oncall"} | more
    tell(fleet, "kvm-03", f"N-{number}", state, **more)  # type: ignore[arg-type]


def only(fleet: StillFleet) -> Record:
    """The one record that there is."""
    found = list(fleet.migrations.all())
    assert len(found) == 1, [one.id for one in found]
    return found[0]

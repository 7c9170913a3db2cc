"""Pictures of the migration watch: each verdict at three sizes, real recordings among them, and who tells less."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from novatui.backends.libvirt import states
from novatui.backends.libvirt.movefigures import leaving
from novatui.core.connection import ConnectionInfo
from novatui.core.errors import BackendFault
from novatui.core.migration import Fidelity, MigrationProgress, Phase
from novatui.core.states import Link
from novatui.core.tasks import TaskState
from novatui.core.verbs import VERBS
from novatui.ui.render.marks import DRAWN, PLAIN, Marks
from novatui.wire import frames
from tests.lab.libvirt.recordings import FOLDER, Recording, load
from tests.ui.desk import desk
from tests.ui.still import StillFleet
from tests.unit.migrating import GIB, MIB, VM, incoming, ours, outgoing, reading, tell, two_hosts

Picture = Callable[[], Awaitable[str]]
Tell = Callable[[StillFleet], None]

SIZES = ((80, 24), (100, 30), (160, 50))

HOSTILE = "日本語\x1b[31m[bold]서버‮evil"
"""A name that wants to be markup, a colour, and the other way round."""


def offering(fleet: StillFleet) -> StillFleet:
    """Both connections offer everything."""
    for name, connection in fleet.connections.items():
        info = ConnectionInfo(product="libvirt 9.0", verbs=tuple(VERBS), endpoint=connection.spec.uri)
        fleet.hear(frames.ConnectionState(name, connection.generation, Link.UP, info, None))
    return fleet


# --- what is told -----------------------------------------------------------------------------------------------------


def readings(recording: Recording, begun: float, upto: float | None = None) -> list[MigrationProgress]:
    """A recorded migration as the driver would tell it, up to so many seconds."""
    limit = recording.header["limits"]
    armed = tuple(flag for flag in ("auto-converge", "parallel", "storage") if flag in recording.header["flags"])
    known = MigrationProgress(
        source="kvm-03",
        destination="kvm-12",
        armed=(*armed, "peer-to-peer"),
        downtime_limit=(limit["downtime_ms"] or 300) / 1000,
        bandwidth_limit=float(limit["bandwidth_mib_s"] * MIB),
    )
    samples = [one for one in recording.samples if one.stats and (upto is None or one.t <= upto)]
    return [leaving(one.stats, (states.RUNNING, 1), at=begun + one.t, known=known) for one in samples]


def recorded(name: str, upto: float | None = None) -> Tell:
    """A recording, told at its pace."""

    def say(fleet: StillFleet) -> None:
        begun = fleet.clock.time()
        fleet.migrations.asked("kvm-03", "N-412", "migrate.live", {"to": "kvm-12:host:kvm-12"})
        ours(fleet, number=412, started=begun)
        incoming(fleet, started=begun)
        for move in readings(load(FOLDER / f"{name}.jsonl"), begun, upto):
            fleet.clock.advance(max(0.0, (move.at or begun) - fleet.clock.time()))
            outgoing(fleet, move=move, started=begun)

    return say


def _steps(*figures: dict[str, object]) -> Tell:
    def say(fleet: StillFleet) -> None:
        begun = fleet.clock.time()
        for figure in figures:
            outgoing(fleet, move=reading(fleet.clock.time(), **figure), started=begun)  # type: ignore[arg-type]
            fleet.clock.advance(2)

    return say


def _percent_only(fleet: StillFleet) -> None:
    move = MigrationProgress(source="esx-07", destination="esx-03", fidelity=Fidelity.PERCENT)
    begun = fleet.clock.time()
    for percent in (10.0, 30.0, 50.0, 68.0):
        tell(fleet, "kvm-03", "task-88", move=move, progress=percent, started=begun, who="ana")
        fleet.clock.advance(5)


def _lost(fleet: StillFleet) -> None:
    recorded("dirty32x16-bw8-raised32", 20)(fleet)
    fleet.lose("kvm-03")


def _ended(state: TaskState, **more: object) -> Tell:
    def say(fleet: StillFleet) -> None:
        recorded("idle-bw32")(fleet)
        fleet.clock.advance(1)
        begun = fleet.migrations.live()[0].began
        told = readings(load(FOLDER / "idle-bw32.jsonl"), begun)[-1]
        last = replace(told, at=fleet.clock.time(), phase=Phase.FINISHING.value, downtime=0.231, left=0, memory_left=0)
        outgoing(fleet, state, move=last, started=begun, **more)
        incoming(fleet, state, started=begun)
        ours(fleet, state, number=412, started=begun, **more)

    return say


def _hostile(fleet: StillFleet) -> None:
    move = reading(fleet.clock.time(), source=HOSTILE, destination=HOSTILE)
    fleet.tell("kvm-03", {VM: {"name": HOSTILE}})
    outgoing(fleet, move=move, who=HOSTILE)


def _disk(fleet: StillFleet) -> None:
    disk = {"phase": "disk", "disk_total": 40 * GIB, "disk_left": 22 * GIB, "disk_sent": 18 * GIB, "iteration": None}
    disk |= {"memory_total": None, "memory_left": None, "memory_sent": None, "memory_rate": None, "dirty_rate": None}
    _steps({**disk, "disk_rate": 0.9 * GIB}, {**disk, "disk_left": 20 * GIB, "disk_rate": 0.9 * GIB})(fleet)


_NOTHING: dict[str, object] = {"left": None, "memory_left": None, "rate": None, "dirty_rate": None, "total": None}

TOLD: dict[str, Tell] = {
    "preparing": _steps({**_NOTHING, "phase": "preparing", "sent": None, "memory_total": None}),
    "disk": _disk,
    "first-pass": recorded("dirty16x8-bw16-storage", 4),
    "converging": recorded("dirty16x4-bw16", 12),
    "not-converging": recorded("dirty48x32-bw8", 44),
    "stalled": _steps(*[{"left": 8 * GIB, "rate": 0.0, "memory_rate": 0.0, "iteration": 3}] * 6),
    "post-copy": _steps(
        {"phase": "post-copy", "left": 3 * GIB, "iteration": 4, "armed": ("post-copy",)},
        {"phase": "post-copy", "left": 1 * GIB, "iteration": 4, "armed": ("post-copy",), "post_copy_requests": 812},
    ),
    "switch-over": _steps({"phase": "switch-over", "left": 40 * MIB, "iteration": 5, "guest_paused": True}),
    "percent": _percent_only,
    "stale": _lost,
    "done": _ended(TaskState.DONE),
    "failed": _ended(TaskState.FAILED, failure=BackendFault("internal error: client socket is closed").failure),
    "cancelled": _ended(TaskState.CANCELLED),
    "hostile": _hostile,
}
"""What was told before each picture."""


async def watching(
    say: Tell, size: tuple[int, int], marks: Marks = DRAWN, keys: tuple[str, ...] = (), fleet: StillFleet | None = None
) -> str:
    """The watch after that."""
    fleet = fleet or offering(two_hosts())
    say(fleet)
    async with desk(fleet, size, marks) as person:
        await person.press("M", *keys)
        return person.text + "\n"


def _picture(say: Tell, size: tuple[int, int], marks: Marks = DRAWN, keys: tuple[str, ...] = ()) -> Picture:
    return lambda: watching(say, size, marks, keys)


def _all(fleet: StillFleet) -> None:
    """Several at once, one over."""
    for number, name in enumerate(("not-converging", "percent", "disk")):
        key = f"vm:0000000{number}-fb32-420f-8177-d4ba00014344"
        fleet.tell("kvm-03", {key: {"name": f"{name}-{number}", "parent": "host:kvm-03", "power": "running"}})
        begun = fleet.clock.time()
        moves = {
            "not-converging": readings(load(FOLDER / "dirty48x32-bw8.jsonl"), begun, 44),
            "percent": [MigrationProgress(source="esx-07", destination="esx-03", fidelity=Fidelity.PERCENT)],
            "disk": [reading(begun, phase="disk", disk_total=GIB, disk_left=GIB // 2, iteration=None)],
        }[name]
        for move in moves:
            tell(fleet, "kvm-03", f"{name}/5/1", key=key, move=move, progress=68.0 if name == "percent" else None)
    TOLD["done"](fleet)


PICTURES: dict[str, Picture] = {
    **{f"mig-{name}-{w}x{h}": _picture(say, (w, h)) for name, say in TOLD.items() for w, h in SIZES},
    **{f"mig-{name}-ascii": _picture(TOLD[name], (80, 24), PLAIN) for name in ("not-converging", "done", "percent")},
    **{f"mig-opened-{w}x{h}": _picture(TOLD["not-converging"], (w, h), DRAWN, ("enter",)) for w, h in SIZES},
    **{f"mig-several-{w}x{h}": _picture(_all, (w, h)) for w, h in SIZES},
    "mig-low": _picture(TOLD["not-converging"], (60, 12)),
    "mig-tiny": _picture(TOLD["not-converging"], (38, 9), PLAIN),
}
"""By file name."""

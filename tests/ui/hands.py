"""A fleet of the tests that can be changed: in the worker's place stands somebody who does at once what he is told.

Between the keys and these hands is all that is real: the gate, the journal on disk, the frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec

from novatui.actions import journal
from novatui.actions.gate import Gate
from novatui.actions.journal_writer import Journal
from novatui.core.connection import ConnectionSpec
from novatui.core.detail import Detail, Property
from novatui.core.devices import Device, Giving
from novatui.core.errors import Failure, Fault
from novatui.core.operations import Expectation, NativeCall, Operation, Plan
from novatui.core.snapshots import Snapshot
from novatui.core.states import Family, Link
from novatui.core.verbs import VERBS
from novatui.core.vmspec import DiskSpec, NicSpec, VmSpec
from novatui.ui.app import NovaApp
from novatui.ui.render.marks import DRAWN, Marks
from novatui.wire import frames
from tests.ui import world
from tests.ui.desk import PAINT, Desk, look_at
from tests.ui.still import EVENING, Clock, StillFleet

AFTER = {"start": "running", "resume": "running", "wake": "running", "pause": "paused", "suspend": "suspended"}
AFTER |= dict.fromkeys(("off", "shutdown"), "off")
BACK = {"power.start": "power.off", "power.pause": "power.resume", "power.resume": "power.pause"}

ENVIRON = {"SSH_CONNECTION": "10.9.0.4 50123 192.0.2.1 22"}

SPECS = tuple(
    msgspec.structs.replace(spec, readonly=spec.name == "pool-xen", protected=spec.name == "vc-east")
    for spec in world.SPECS
)
"""Those of the world; vc-east can be unlocked, pool-xen can only be looked at."""


class Hands:
    """Answers what the console asks of workers. `made` is what was done, in order."""

    def __init__(self, fleet: StillFleet) -> None:
        self.fleet = fleet
        self.made: list[str] = []
        self.planned: list[Operation] = []
        self.plan = Plan(calls=())
        """What plans say beside their calls."""
        self.fails: dict[str, Failure] = {}
        """Failure of the calls on a machine, by its key."""
        self.obstacles: dict[str, Failure] = {}
        """Why there is no plan for an object, by its key, or by an operation."""
        self.devices: tuple[Device, ...] = DEVICES
        """What every object tells of devices."""
        self.giving = Giving(iommu=True, vfio=True)
        self.properties: tuple[Property, ...] = ()
        """What every object tells that has no column of its own."""
        self.holds = False
        """Calls that were let go do not end before `release`."""
        self.silent = False
        """Plans are not answered."""
        self._held: list[frames.RunRequest] = []
        self._runs: dict[int, frames.RunRequest] = {}

    def send(self, frame: frames.Frame) -> None:
        """As `Recorder.send`: it is kept, and answered as soon as the loop turns."""
        self.fleet.worker.sent.append(frame)
        asyncio.get_running_loop().call_soon(self._answer, frame)

    def _answer(self, frame: frames.Frame) -> None:
        match frame:
            case frames.PlanRequest() if not self.silent:
                self._plan(frame)
            case frames.RunRequest():
                self._runs[frame.request] = frame
                self._tell(frame, "resolved")
            case frames.Proceed():
                self._proceed(self._runs[frame.request], frame.go)
            case frames.Unlock():
                self.lock(frame.conn, frame.seconds or None)
            case frames.DetailRequest():
                now = MACHINE if frame.key.startswith("snapshot:") else None
                detail = Detail(
                    key=frame.key,
                    vm=THEN if now else MACHINE,
                    now=now,
                    snapshots=SNAPSHOTS,
                    devices=self.devices,
                    giving=self.giving,
                    properties=self.properties,
                )
                self.fleet.hear(
                    frames.DetailAnswer(frame.conn, frame.request, self.fleet.clock.monotonic(), detail, None)
                )
            case _:
                pass

    def lock(self, conn: str, unlocked: float | None = None, role: str = "admin") -> None:
        spec = self.fleet.connections[conn].spec
        self.fleet.hear(
            frames.LockState(conn, ro=spec.readonly, protected=spec.protected, role=role, reasons=[], unlocked=unlocked)
        )

    def _plan(self, frame: frames.PlanRequest) -> None:
        operation = frame.operation
        self.planned.append(operation)
        if why := self.obstacles.get(operation.key) or self.obstacles.get(operation.verb):
            self.fleet.hear(frames.PlanAnswer(frame.conn, frame.request, None, [], why))
            return
        call = NativeCall(
            id="1",
            connection=frame.conn,
            verb=f"native{operation.verb.replace('.', '_').title()}",
            args={"object": operation.key, **operation.arguments},
        )
        back = BACK.get(operation.verb)
        after = AFTER.get(operation.verb.removeprefix("power."))
        plan = msgspec.structs.replace(
            self.plan,
            commands=(f"virsh {operation.verb.partition('.')[2]} {operation.key}",),
            inverse=Operation(verb=back, key=operation.key) if back else None,
            expects=(Expectation(key=operation.key, field="power", values=(after,), within=20.0),) if after else (),
            state=self._state(frame.conn, operation.key),
        )
        self.fleet.hear(frames.PlanAnswer(frame.conn, frame.request, plan, [call], None))

    def _state(self, conn: str, key: str) -> str:
        slot = self.fleet.inventory.slot(conn, key)
        return "gone" if slot is None else str(self.fleet.inventory.value(slot, "power"))

    def _proceed(self, run: frames.RunRequest, go: bool) -> None:
        if not go:
            self._end(run, Failure(fault=Fault.DENIED, message="it was not let go"))
        elif self.holds:
            self._held.append(run)
        else:
            self._do(run)

    def release(self) -> None:
        """What was held ends now, and what has not come so far will not be held."""
        self.holds = False
        for run in self._held:
            self._do(run)
        self._held = []

    def _do(self, run: frames.RunRequest) -> None:
        self.made.append(f"{run.verb} {run.key}")
        failure = self.fails.get(run.key)
        after = AFTER.get(run.verb.removeprefix("power."))
        if failure is None and after is not None:
            self.fleet.clock.advance(0.001)
            self.fleet.tell(run.conn, {run.key: {"power": after}})
        self._end(run, failure)

    def _tell(self, run: frames.RunRequest, state: str, failure: Failure | None = None) -> None:
        for call in run.calls:
            said = frames.CallProgress(
                run.conn, run.request, run.operation, call.id, state, dict(call.args), None, failure
            )
            self.fleet.hear(said)

    def _end(self, run: frames.RunRequest, failure: Failure | None) -> None:
        unknown = failure is not None and failure.fault is Fault.OUTCOME_UNKNOWN
        self._tell(run, "unknown" if unknown else "failed" if failure else "done", failure)
        state = self._state(run.conn, run.key)
        self.fleet.hear(frames.RunAnswer(run.conn, run.request, run.operation, state, failure))


MACHINE = VmSpec(
    name="it",
    disks=(
        DiskSpec(target="vda", source="/images/it.qcow2", size=20 * world.GIB),
        DiskSpec(target="sda", device="cdrom"),
    ),
    nics=(NicSpec(mac="52:54:00:00:00:01", type="network", source="default"),),
)
THEN = msgspec.structs.replace(MACHINE, nics=())
"""The machine as it was when its snapshots were taken."""
SNAPSHOTS = (
    Snapshot(id="base", name="base", created=EVENING - 40 * world.DAY),
    Snapshot(id="patch", name="pre-patch-2", parent="base", created=EVENING - 3600, current=True),
)
DEVICES = (
    Device(id="pci_0000_5e_00_1", name="pci_0000_5e_00_1", device_class="vf", vendor="Intel", iommu_group=42),
    Device(id="pci_0000_5e_00_0", name="pci_0000_5e_00_0", device_class="gpu", vendor="NVIDIA", holder="vm:other"),
)


class ActingDesk(Desk):
    """Somebody who may change something."""

    hands: Hands
    journal: Path

    def records(self, *events: str) -> list[dict[str, Any]]:
        """The journal, verified; of these events only where some are named."""
        return [r.body for r in journal.read(self.journal) if not events or r.body["event"] in events]

    async def done(self) -> None:
        """Until nothing of what was begun is under way any more."""
        acting = self.app.stage.acting
        assert acting is not None
        while acting.gate.runs or any(not worker.is_finished for worker in self.app.workers):
            await self.pilot.pause(0.02)
        await self.settle()

    async def planned(self) -> None:
        """Until the dialog on top has its plan; then for as long as it drops keys."""
        while getattr(self.app.screen, "planning", False):
            await self.pilot.pause(0.02)
        self.fleet.clock.advance(1.0)
        await self.settle()

    async def write(self, text: str, pace: float = 0.1) -> None:
        """Type as a person does: with time from letter to letter."""
        for letter in text:
            self.fleet.clock.advance(pace)
            await self.pilot.press({" ": "space", "-": "minus", ".": "full_stop"}.get(letter, letter))
        await self.settle()


@asynccontextmanager
async def acting_desk(
    folder: Path,
    size: tuple[int, int] = (80, 24),
    marks: Marks = DRAWN,
    fleet: StillFleet | None = None,
    specs: Sequence[ConnectionSpec] = SPECS,
) -> AsyncIterator[ActingDesk]:
    """A console on the world whose machines can be changed; its journal is in `folder`."""
    fleet = fleet or world.fill(StillFleet(specs))
    hands = Hands(fleet)
    fleet.worker.send = hands.send  # type: ignore[method-assign]
    with ExitStack() as clocks:
        for module in ("actions.gate", "actions.run", "actions.seeing", "engine.connection"):
            clocks.enter_context(patch(f"novatui.{module}.time", fleet.clock))
        _offer(fleet, hands)
        written = Journal(folder / "state" / "journal.jsonl", user="oncall", environ=ENVIRON, system_log=None)
        app = NovaApp(fleet, look=look_at(fleet, marks), person="oncall", gate=lambda: Gate(fleet, written))
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            app.stage.pulse.painter.interval = PAINT
            person = ActingDesk(app, fleet, pilot)
            person.hands, person.journal = hands, written.path
            await person.settle()
            try:
                yield person
            finally:  # the clocks stand still: nobody would wait in vain for what is held
                hands.holds = False
                hands.release()


def _offer(fleet: StillFleet, hands: Hands) -> None:
    """Every product here offers everything, but for what it cannot: vSphere has no pause."""
    for name, connection in fleet.connections.items():
        if connection.link is not Link.UP or connection.info is None:
            continue
        lacks = {"power.pause", "power.resume"} if connection.spec.family is Family.VSPHERE else set[str]()
        info = msgspec.structs.replace(connection.info, verbs=tuple(verb for verb in VERBS if verb not in lacks))
        fleet.hear(frames.ConnectionState(name, connection.generation, Link.UP, info, None))
        hands.lock(name)


__all__ = ["ActingDesk", "Clock", "Hands", "acting_desk"]

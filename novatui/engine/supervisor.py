"""The worker processes of this console: started when needed, watched, killed when they hang, never waited for."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import msgspec

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import InvalidInput
from novatui.engine.placement import must_be_alone, place, place_another
from novatui.engine.supervisor_end import End, end_of
from novatui.engine.supervisor_policy import Policy, late, stuck
from novatui.engine.supervisor_process import Turn, WorkerProcess
from novatui.engine.via import BEAT, ssh_command
from novatui.wire import frames
from novatui.wire.pulse import cpu_seconds

WORKER_COMMAND = (sys.executable, "-P", "-m", "novatui.worker")

BLOCKED = 3.0
"""Seconds that a judgement may be late; beyond that the console itself stood still, and no worker is to blame."""


class Route(msgspec.Struct, frozen=True):
    """Which worker a connection needs."""

    spec: ConnectionSpec
    via: str
    ssh_options: tuple[str, ...]

    @property
    def way(self) -> str:
        """What its worker is reached through; empty for this machine."""
        return " ".join((self.via, *self.ssh_options))


class Supervisor:
    """Keeps the workers. All methods belong to the event loop, which must run on the main thread."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        *,
        max_workers: int,
        receive: Callable[[WorkerProcess, frames.Frame, float], None],
        ended: Callable[[WorkerProcess, End], None],
        command: Sequence[str],
        policy: Policy,
    ) -> None:
        self._routes = dict(routes)
        self._max_workers = max_workers
        self._receive = receive
        self._on_end = ended
        self._command = command
        self._policy = policy
        self._turn = Turn()
        self._slots = place([(route.spec, route.way) for route in routes.values()], max_workers)
        self._workers: dict[int, WorkerProcess] = {}
        self._running: set[WorkerProcess] = set()
        self._judged = time.monotonic()
        self._beaten = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._emptied = asyncio.Event()

    @property
    def workers(self) -> list[WorkerProcess]:
        """Those that run, the oldest first."""
        return sorted(self._running, key=lambda worker: worker.started)

    def assign(self, conn: str) -> WorkerProcess:
        """The worker of this connection, started if need be. NovaError when it cannot be."""
        slot = self._slots[conn]
        worker = self._workers.get(slot)
        if worker is None or not worker.alive:
            worker = self._workers[slot] = self._start(self._routes[conn])
        worker.conns.add(conn)
        return worker

    def admit(self, conn: str, route: Route) -> None:
        """One more connection, of another name than all others."""
        placed: dict[int, list[tuple[ConnectionSpec, str]]] = {}
        for name, slot in self._slots.items():
            placed.setdefault(slot, []).append((self._routes[name].spec, self._routes[name].way))
        self._slots[conn] = place_another(route.spec, route.way, placed, self._max_workers)
        self._routes[conn] = route

    def dismiss(self, conn: str, farewell: float) -> None:
        """This connection is no more: a worker that has no other one leaves after so many seconds."""
        slot = self._slots.pop(conn)
        del self._routes[conn]
        worker = self._workers.get(slot)
        if worker is None or conn not in worker.conns:
            return
        worker.conns.discard(conn)
        if not worker.conns:
            del self._workers[slot]
            asyncio.get_running_loop().call_later(farewell, worker.hang_up)

    def is_late(self, conn: str) -> bool:
        """True when a call of this connection is past its deadline and has not come back."""
        worker = self._workers.get(self._slots[conn])
        if worker is None or not worker.alive or worker.stats is None:
            return False
        return late(worker.stats, time.monotonic() - worker.stats_at, conn)

    def replace_if_late(self, conn: str) -> None:
        """Kill the worker of this connection if it is late, without waiting any longer."""
        if self.is_late(conn):
            worker = self._workers[self._slots[conn]]
            worker.culprits = {conn}
            worker.kill("it was stuck when a new connection was asked for")
            self.isolate(conn)

    def isolate(self, conn: str) -> None:
        """From its next start on this connection has a worker of its own."""
        slot = self._slots[conn]
        if sum(other == slot for other in self._slots.values()) > 1:
            self._slots[conn] = max(self._slots.values()) + 1

    async def stop(self) -> None:
        """End all workers: they are told, waited for briefly, and killed."""
        self._stopped = True
        if self._timer:
            self._timer.cancel()
        for worker in self._running.copy():
            worker.hang_up()
        await self._empty(self._policy.leave)
        for worker in self._running.copy():
            worker.kill("it did not leave")
        await self._empty(self._policy.leave / 2)

    async def _empty(self, seconds: float) -> None:
        """Wait until no process is left, so long at most."""
        if not self._running:
            return
        self._emptied.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._emptied.wait()

    # --- watching --------------------------------------------------------------------------------------------------

    def _start(self, route: Route) -> WorkerProcess:
        if route.via:
            command = ssh_command(route.via, route.ssh_options)
        else:
            command = [*self._command, *([] if must_be_alone(route.spec) else ["--step-back"])]  # guests inherit it
        try:
            worker = WorkerProcess(
                command,
                remote=bool(route.via),
                patience=self._policy.silence,
                leave=self._policy.leave,
                turn=self._turn,
                receive=self._receive,
                ended=self._ended,
            )
        except OSError as error:
            raise InvalidInput(
                f"{command[0]} cannot be started",
                hint="install the ssh client" if route.via else "",
                native=str(error),
            ) from None
        self._running.add(worker)
        if self._timer is None:
            self._judged = time.monotonic()
            self._timer = asyncio.get_running_loop().call_later(self._policy.tick, self._judge_all)
        return worker

    def _judge_all(self) -> None:
        now = time.monotonic()
        blocked = now - self._judged > self._policy.tick + BLOCKED
        self._judged = now
        for worker in self._running.copy():
            if worker.alive:
                self._revive(worker, now) if blocked else self._judge(worker, now)
        if now - self._beaten >= BEAT:
            self._beaten = now
            for worker in self._running:
                if worker.remote and worker.greeting:
                    worker.send(frames.Credit(0))
        running = bool(self._running) and not self._stopped
        self._timer = asyncio.get_running_loop().call_later(self._policy.tick, self._judge_all) if running else None

    def _revive(self, worker: WorkerProcess, now: float) -> None:
        """The console stood still: what is known of the worker is old through no fault of its own."""
        worker.pulse.restart(now)
        worker.started = worker.stats_at = now

    def _judge(self, worker: WorkerProcess, now: float) -> None:
        if worker.greeting is None:
            if now - worker.started > self._policy.start:
                worker.kill(f"it did not start within {self._policy.start:.0f} s")
            return
        if worker.stats and (calls := stuck(worker.stats, now - worker.stats_at, self._policy)):
            worker.culprits = set(calls)
            worker.kill(f"no answer to {next(iter(calls.values()))}")
        elif not worker.remote and worker.pulse.hung(now, cpu_seconds(worker.pid)):
            worker.kill(f"it has said and done nothing for {self._policy.silence:.0f} s")
        elif now - worker.pulse.heard > self._policy.deaf:
            worker.kill(f"it has said nothing for {self._policy.deaf:.0f} s")

    def _ended(self, worker: WorkerProcess) -> None:
        self._running.discard(worker)
        if not self._running:
            self._emptied.set()
        if self._stopped:
            return
        via = next((self._routes[conn].via for conn in worker.conns), "")
        self._on_end(worker, end_of(worker, via))

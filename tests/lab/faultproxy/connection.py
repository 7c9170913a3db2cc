"""One proxied connection: two pumps that obey the switch of their direction."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tests.lab.faultproxy.faults import Switch

CHUNK = 65536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class Traffic:
    """Bytes of one direction, over all connections."""

    received: int = 0
    forwarded: int = 0


class Ended(Exception):
    """A fault ends the connection: with RST or in good order."""

    def __init__(self, reset: bool) -> None:
        super().__init__()
        self.reset = reset


class Connection:
    """A client's socket, the server's socket that belongs to it, and what happens between them."""

    def __init__(
        self,
        client: socket.socket,
        connect: Callable[[], Awaitable[socket.socket]],
        switches: Mapping[str, Switch],
        traffic: Mapping[str, Traffic],
    ) -> None:
        self._client = client
        self._connect = connect
        self._server: socket.socket | None = None
        self._switches = switches
        self._traffic = traffic
        self._task: asyncio.Task[None] | None = None
        #: Directions in which a black hole has swallowed something.
        self.lost: set[str] = set()

    def start(self, when_done: Callable[[], None]) -> None:
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(lambda _: when_done())

    async def end(self, *, reset: bool) -> None:
        """Stop, whatever the pumps are doing, and close both sockets."""
        if self._task and not self._task.done():
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._close(reset)

    async def _run(self) -> None:
        """Pump both ways until both ended, or one was told to end all."""
        try:
            await self._outlast_black_hole()
            self._server = await self._connect()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(self._client, self._server, "up"))
                group.create_task(self._pump(self._server, self._client, "down"))
        except* Ended as ends:
            self._close(any(end.reset for end in ends.exceptions if isinstance(end, Ended)))
        except* OSError:
            self._close(reset=True)
        else:
            self._close(reset=False)

    async def _outlast_black_hole(self) -> None:
        """A client that comes during a black hole: the server does not hear of it before the hole is over."""
        switch = self._switches["up"]
        if switch.fault.kind != "blackhole" or switch.fault.after:
            return
        swallowing = asyncio.create_task(self._swallow())
        try:
            while switch.fault.kind == "blackhole":
                await switch.change()
        finally:
            swallowing.cancel()
            await asyncio.wait({swallowing})

    async def _swallow(self) -> None:
        with contextlib.suppress(OSError):
            while await self._receive(self._client, "up"):
                self.lost.add("up")
        self.lost.add("up")

    async def _pump(self, source: socket.socket, target: socket.socket, direction: str) -> None:
        stream = _Stream(self._switches[direction], target, self._traffic[direction])
        try:
            while data := await self._receive(source, direction):
                if not await stream.pass_on(data):
                    self.lost.add(direction)
        except OSError:
            await self._until_ends_are_told(direction)
            raise
        await self._until_ends_are_told(direction)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    async def _until_ends_are_told(self, direction: str) -> None:
        """While nothing comes through, the other side does not learn that this one went away either."""
        switch = self._switches[direction]
        while switch.fault.kind in ("blackhole", "hang"):
            await switch.change()

    async def _receive(self, source: socket.socket, direction: str) -> bytes:
        data = await asyncio.get_running_loop().sock_recv(source, CHUNK)
        self._traffic[direction].received += len(data)
        return data

    def _close(self, reset: bool) -> None:
        for end in (self._client, self._server):
            if end is None or end.fileno() < 0:
                continue
            if reset and end.family == socket.AF_INET:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            end.close()


class _Stream:
    """One direction of one connection: turns what came in into what goes out."""

    def __init__(self, switch: Switch, target: socket.socket, traffic: Traffic) -> None:
        self._switch = switch
        self._target = target
        self._traffic = traffic
        self._turn = switch.turn
        self._passed = 0

    async def pass_on(self, data: bytes) -> bool:
        """Bring one piece to the other side, as far as the fault lets it; False if some of it is lost for ever."""
        while data:
            fault = self._switch.fault
            if self._turn != self._switch.turn:
                self._turn, self._passed = self._switch.turn, 0
            if fault.kind in ("pass", "refuse"):
                await self._send(data)
                return True
            if fault.kind == "drip":
                await self._send(data[: fault.size])
                data = data[fault.size :]
                await self._switch.change(fault.interval_s)
                continue
            allowed = max(0, fault.after - self._passed)
            await self._send(data[:allowed])
            data = data[allowed:]
            if fault.kind in ("cut", "reset") and self._passed >= fault.after:
                raise Ended(reset=fault.kind == "reset")
            if data and fault.kind == "hang":
                await self._switch.change()
            elif data and fault.kind == "blackhole":
                return False
            elif data and fault.kind == "garbage":
                noise = self._switch.dice.randbytes(len(data))
                await self._send(noise + data if fault.insert else noise)
                return True
        return True

    async def _send(self, data: bytes) -> None:
        if data:
            await asyncio.get_running_loop().sock_sendall(self._target, data)
            self._traffic.forwarded += len(data)
            self._passed += len(data)

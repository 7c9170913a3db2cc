"""The proxy process: listens, makes connections, obeys the control socket."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.lab.faultproxy.connection import Connection, Traffic
from tests.lab.faultproxy.faults import DIRECTIONS, Fault, Switch

Address = tuple[str, int] | str


def parse_address(text: str) -> Address:
    """`tcp:HOST:PORT` or `unix:PATH`."""
    scheme, _, rest = text.partition(":")
    if scheme == "unix" and rest:
        return rest
    host, _, port = rest.rpartition(":")
    if scheme == "tcp" and host and port.isdigit():
        return host, int(port)
    raise ValueError(f"{text!r} is neither tcp:HOST:PORT nor unix:PATH")


def format_address(address: Address) -> str:
    return f"unix:{address}" if isinstance(address, str) else f"tcp:{address[0]}:{address[1]}"


class Proxy:
    """Forwards connections from one address to another, spoiled by the faults of the moment."""

    def __init__(self, listen: Address, to: Address) -> None:
        self._listen = listen
        self._to = to
        self._switches = {direction: Switch() for direction in DIRECTIONS}
        self._traffic = {direction: Traffic() for direction in DIRECTIONS}
        self._accepted = 0
        self._connections: set[Connection] = set()
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None

    @property
    def address(self) -> Address:
        return self._listen

    def open(self) -> None:
        """Begin to listen; a port 0 becomes the port that was given."""
        if self._listener:
            return
        self._listener = _listen(self._listen)
        if not isinstance(self._listen, str):
            self._listen = self._listener.getsockname()[:2]
        self._accepting = asyncio.create_task(self._accept(self._listener))

    async def shut(self) -> None:
        """Stop listening: who connects now is refused."""
        if self._listener and self._accepting:
            self._accepting.cancel()
            await asyncio.wait({self._accepting})
            self._listener.close()
            self._listener = None

    async def close(self) -> None:
        await self.shut()
        await self._end(self._connections, reset=True)
        _unlink(self._listen)

    async def set(self, fault: Fault, direction: str) -> None:
        """Switch the fault of `up`, `down` or `both`; it is in force when this returns."""
        for each in DIRECTIONS if direction == "both" else (direction,):
            self._switches[each].set(fault)
        if any(switch.fault.kind == "refuse" for switch in self._switches.values()):
            await self.shut()
        else:
            self.open()
        if fault.kind in ("reset", "cut") and fault.after == 0:
            await self._end(self._connections, reset=fault.kind == "reset")
        await self._end([each for each in self._connections if self._beyond_repair(each)], reset=True)

    def counters(self) -> dict[str, Any]:
        return {
            "accepted": self._accepted,
            "open": len(self._connections),
            **{direction: dataclasses.asdict(traffic) for direction, traffic in self._traffic.items()},
        }

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request of the control socket: {"set": {fault}, "direction": …} or {}; the answer has the counters."""
        try:
            if "set" in request:
                direction = request.get("direction", "both")
                if direction not in (*DIRECTIONS, "both"):
                    raise ValueError(f"no direction {direction!r}")
                await self.set(Fault(**request["set"]), direction)
        except (TypeError, ValueError, OSError) as error:
            return {"error": str(error)}
        return self.counters()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(listener)
            client.setblocking(False)
            self._accepted += 1
            connection = Connection(client, self._connect, self._switches, self._traffic)
            ending = next((s.fault for s in self._switches.values() if s.fault.kind in ("reset", "cut")), None)
            if ending and ending.after == 0:
                await connection.end(reset=ending.kind == "reset")
                continue
            self._connections.add(connection)
            connection.start(lambda connection=connection: self._connections.discard(connection))

    async def _connect(self) -> socket.socket:
        unix = isinstance(self._to, str)
        server = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        server.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(server, self._to)
        except BaseException:
            server.close()
            raise
        if not unix:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def _beyond_repair(self, connection: Connection) -> bool:
        """Bytes were swallowed in a direction that is open again."""
        return any(self._switches[direction].fault.kind != "blackhole" for direction in connection.lost)

    async def _end(self, connections: Iterable[Connection], *, reset: bool) -> None:
        for connection in list(connections):
            await connection.end(reset=reset)


def _listen(address: Address) -> socket.socket:
    unix = isinstance(address, str)
    listener = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
    listener.setblocking(False)
    _unlink(address)
    if isinstance(address, str):
        listener.bind(address)
        Path(address).chmod(0o666)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    listener.listen(128)
    return listener


def _unlink(address: Address) -> None:
    """Remove what a unix socket leaves behind."""
    if isinstance(address, str):
        Path(address).unlink(missing_ok=True)


async def serve(proxy: Proxy, control: Path) -> None:
    """Run until stdin ends. The first line of stdout tells the addresses, as JSON."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(json.dumps(await proxy.answer(json.loads(line))).encode() + b"\n")
            await writer.drain()
        writer.close()

    proxy.open()
    server = await asyncio.start_unix_server(talk, control)
    print(json.dumps({"listen": format_address(proxy.address), "control": str(control)}), flush=True)
    try:
        await _end_of_stdin()
    finally:
        server.close()
        _unlink(str(control))
        await proxy.close()


async def _end_of_stdin() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass

"""What tests of worker processes share: fleets of badly behaving connections, and a console by hand."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from novatui.core.connection import ConnectionSpec
from novatui.engine.fleet import Fleet, Target
from novatui.engine.supervisor_policy import Policy
from novatui.wire import frames
from novatui.wire.channel import FrameReader, encode
from novatui.wire.greeting import hello
from tests import oddworker
from tests.lab.processes import is_alive

PATIENCE = 60.0
"""Seconds that anything may take on a busy machine."""

POLICY = Policy(grace=1.0, detail_grace=4.0, silence=4.0, tick=0.2)
"""Short enough for tests, long enough for a busy machine."""


@asynccontextmanager
async def fleet_of(*specs: ConnectionSpec, policy: Policy = POLICY, **options: Any) -> AsyncIterator[Fleet]:
    """A started fleet of these connections, ended afterwards with all its workers."""
    options.setdefault("command", oddworker.COMMAND)
    fleet = Fleet([Target(spec, lambda: {"password": "p"}) for spec in specs], policy=policy, **options)
    await fleet.start()
    try:
        yield fleet
    finally:
        pids = {c.worker_pid for c in fleet.connections.values() if c.worker_pid}
        await fleet.stop()
        await until(lambda: not any(is_alive(pid) for pid in pids))


async def until(true: Callable[[], object]) -> None:
    """Let the event loop run until it is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.02)


def wait(true: Callable[[], object]) -> None:
    """The same where no event loop runs."""
    asyncio.run(until(true))


class OwnConsole:
    """A console without the engine: one worker, and frames as the test likes."""

    def __enter__(self) -> OwnConsole:
        self.channel, theirs = socket.socketpair()
        self.channel.settimeout(PATIENCE)
        with theirs:
            arguments = ["--fd", str(theirs.fileno()), "--parent", str(os.getpid())]
            self.process = subprocess.Popen([*oddworker.COMMAND, *arguments], pass_fds=[theirs.fileno()])
        self.seen: list[frames.Frame] = []
        self._reader = FrameReader()
        self.say(hello())
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.channel.close()

    def say(self, frame: frames.Frame) -> None:
        self.channel.sendall(encode(frame))

    def keys_of(self, kind: type[frames.Rows | frames.Samples]) -> set[str]:
        """Keys that frames of this kind have named so far."""
        return {key for frame in self.seen if isinstance(frame, kind) for key in frame.keys}

    def until(self, wanted: Callable[[frames.Frame], bool]) -> frames.Frame:
        """Read on until such a frame has come."""
        for frame in self.seen:
            if wanted(frame):
                return frame
        while True:
            data = self.channel.recv(65536)
            assert data, "the worker ended"
            new = self._reader.feed(data)
            self.seen += new
            for frame in new:
                if wanted(frame):
                    return frame

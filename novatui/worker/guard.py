"""The far end of a `via` link: a worker that must be gone soon after its console, though it is no child of it.

This process stands between the standard streams and a worker of its own. It does nothing but pass bytes on, so it
notices whatever happens: the end of the input, a console that says nothing for a while (the connection was cut and the
ssh server has not noticed), a worker that hangs. It then ends, and the kernel ends the worker with it.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress

from novatui.wire.pulse import Pulse, cpu_seconds, ending

SILENCE = 8.0
"""Seconds without a byte from the console after which it is gone; it says something every two."""

HANG = 20.0
"""Seconds without a byte from the worker, and without CPU time, after which it hangs; it says something every five."""

MAX_WAITING = 32 * 1024 * 1024
"""Bytes that may wait for a worker that does not read; beyond that it hangs."""

_CHUNK = 65536


def run(worker: Sequence[str]) -> int:
    """Start a worker and stand before it until either side ends; the exit status says which: 0 the console's."""
    if os.isatty(0) or os.isatty(1):
        _say("it speaks to another novatui over ssh, not to a person: a connection uses it with `via`")
        return 2
    ours, theirs = socket.socketpair()
    command = [*worker, "--fd", str(theirs.fileno()), "--parent", str(os.getpid())]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=2, pass_fds=[theirs.fileno()])
    theirs.close()
    for descriptor in (0, 1, ours.fileno()):
        os.set_blocking(descriptor, False)
    try:
        return _Relay(ours, process).run()
    except BrokenPipeError:
        return 0
    finally:
        process.kill()


class _Relay:
    """Passes bytes between the standard streams and the worker, and judges both sides by them."""

    def __init__(self, worker: socket.socket, process: subprocess.Popen[bytes]) -> None:
        self._worker = worker
        self._process = process
        self._inward = bytearray()
        self._outward = bytearray()
        now = time.monotonic()
        self._console_heard = now
        self._pulse = Pulse(HANG, now)

    def run(self) -> int:
        """Pass bytes on until a side ends; the exit status of this process."""
        while True:
            ready = self._wait()
            now = time.monotonic()
            if 0 in ready:
                if not (data := os.read(0, _CHUNK)):
                    return 0
                self._console_heard = now
                self._inward += data
            if self._worker.fileno() in ready:
                if not (data := self._worker.recv(_CHUNK)):
                    return self._worker_ended()
                self._pulse.hear(now)
                self._outward += data
            self._pass_on()
            if verdict := self._verdict(now):
                _say(verdict)
                return 1

    def _wait(self) -> set[int]:
        """Descriptors that can be read. Nothing more is taken from the worker while the console is slow to take it."""
        poll = select.poll()
        poll.register(0, select.POLLIN)
        poll.register(self._worker, (0 if self._outward else select.POLLIN) | (select.POLLOUT if self._inward else 0))
        if self._outward:
            poll.register(1, select.POLLOUT)
        readable = select.POLLIN | select.POLLHUP | select.POLLERR
        return {descriptor for descriptor, event in poll.poll(1000) if event & readable} - {1}

    def _pass_on(self) -> None:
        if self._inward:
            with suppress(BlockingIOError):
                del self._inward[: self._worker.send(self._inward)]
        if self._outward:
            with suppress(BlockingIOError):
                del self._outward[: os.write(1, self._outward)]

    def _verdict(self, now: float) -> str:
        """Why it is over; empty as long as it is not."""
        if now - self._console_heard > SILENCE:
            return f"the console has said nothing for {SILENCE:.0f} s"
        if len(self._inward) > MAX_WAITING:
            return "the worker takes nothing any more"
        if self._outward:
            self._pulse.restart(now)  # we did not listen to it
        elif self._pulse.hung(now, cpu_seconds(self._process.pid)):
            return f"the worker has said and done nothing for {HANG:.0f} s"
        return ""

    def _worker_ended(self) -> int:
        _say(f"the worker ended: {ending(self._process.wait())}")
        return 1


def _say(text: str) -> None:
    os.write(2, f"novatui worker: {text}\n".encode())

"""The proxy as tests use it: a context manager around the subprocess, with one method to switch faults."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.missing import LabError
from tests.lab.workspace import CHECKOUT


@dataclass(frozen=True)
class Counters:
    """Connections and bytes since the start; `up` is client to server. Faults act between received and forwarded."""

    accepted: int
    open: int
    up_received: int
    up_forwarded: int
    down_received: int
    down_forwarded: int


class FaultProxy:
    """A running proxy to `to` (`tcp:HOST:PORT` or `unix:PATH`).

    `listen` is `tcp` (a free port on loopback), `unix` (a path of its own), or a full address. The subprocess ends with
    this process, however that ends.
    """

    def __init__(self, to: str, listen: str = "tcp") -> None:
        where = {"tcp": "tcp:127.0.0.1:0", "unix": "unix:"}.get(listen, listen)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.faultproxy", "--listen", where, "--to", to],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise LabError(f"the fault proxy for {to} did not start")
        told = json.loads(line)
        self._control = Path(told["control"])
        self.pid = self._process.pid
        #: `tcp:HOST:PORT` or `unix:PATH`.
        self.listen: str = told["listen"]
        #: `HOST:PORT`, or the path alone.
        self.address = self.listen.partition(":")[2]

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    def set(self, kind: str, direction: str = "both", **how: Any) -> Counters:
        """Switch to a fault (see faults.Fault for kinds and options); it is in force when this returns."""
        return self._counted({"set": {"kind": kind, **how}, "direction": direction})

    def clear(self) -> Counters:
        """Back to health, in both directions."""
        return self.set("pass")

    def counters(self) -> Counters:
        return self._counted({})

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _counted(self, request: dict[str, Any]) -> Counters:
        answer = ask(self._control, request)
        if "error" in answer:
            raise ValueError(answer["error"])
        up, down = answer["up"], answer["down"]
        return Counters(
            answer["accepted"],
            answer["open"],
            up["received"],
            up["forwarded"],
            down["received"],
            down["forwarded"],
        )


def ask(control: Path, request: dict[str, Any]) -> dict[str, Any]:
    """One request on a proxy's control socket."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(control))
        line.sendall(json.dumps(request).encode() + b"\n")
        answer = line.makefile("rb").readline()
    if not answer:
        raise LabError("the fault proxy closed its control socket")
    return json.loads(answer)

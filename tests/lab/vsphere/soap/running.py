"""One running simulator of ours: a vCenter over TLS on loopback, with a control channel beside it."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from tests.lab.certificates import Authority, Certificate
from tests.lab.missing import LabError
from tests.lab.processes import is_alive
from tests.lab.vsphere.soap.steering import Steering
from tests.lab.workspace import CHECKOUT, Workspace, free_port, wait_until

USER = "administrator@vsphere.local"
READY = re.compile(r"^READY url=(\S+) control=(\d+) pid=(\d+)$", re.MULTILINE)
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0


class SoapServer:
    """Use it as a context manager. All users (`administrator@`, `viewer@`, `operator@vsphere.local`) have one password.

    `estate` adds a datacenter with a cluster of three hosts to move machines in, `machines` that many plain ones there;
    `pace` is how many seconds a second of a task takes; `idle_s` when a session ends by itself. What clients change is
    gone after `stop` and `start`: the same world is made anew, with the same references.
    """

    def __init__(
        self,
        *,
        names: tuple[str, ...] = ("DNS:localhost", "IP:127.0.0.1"),
        pace: float = 0.1,
        idle_s: float = 1800.0,
        estate: bool = False,
        machines: int = 0,
    ) -> None:
        self._workspace = Workspace()
        self._process: subprocess.Popen[bytes] | None = None
        self._words = [
            f"--pace={pace}",
            f"--idle={idle_s}",
            f"--machines={machines}",
            *(["--estate"] if estate else []),
        ]
        self.user = USER
        self.password = secrets.token_urlsafe(12)
        self.port, control = free_port(), free_port()
        self.steering = Steering(control)
        try:
            self.authority = Authority(self._workspace.path / "pki")
            self.certificate = self.authority.issue_server("server", names)
            self.start()
        except BaseException:
            self._workspace.close()
            raise

    @property
    def url(self) -> str:
        """Where SOAP is spoken."""
        return f"https://127.0.0.1:{self.port}/sdk"

    @property
    def log(self) -> Path:
        """What the program printed."""
        return self._workspace.path / "vcenter.log"

    def start(self) -> None:
        """Serve the world; returns when it answers."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.lab.vsphere.soap", f"--port={self.port}"),
                    f"--control={self.steering.port}",
                    f"--certificate={self.certificate.certificate}",
                    f"--key={self.certificate.key}",
                    *self._words,
                ],
                cwd=CHECKOUT,
                env=os.environ | {"NOVATUI_LAB_PASSWORD": self.password},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (self._workspace.path / "vcenter.pid").write_text(str(self._process.pid))
        wait_until(self._answers, "our vCenter simulator", START_TIMEOUT_S)

    def present(self, certificate: Certificate, *, connection: int = 1) -> None:
        """Show another certificate from the n-th new connection on, and after the next start."""
        words = {"connection": connection, "certificate": str(certificate.certificate), "key": str(certificate.key)}
        if self._process is not None:
            self.steering.order("present", words)
        self.certificate = certificate

    def stop(self) -> None:
        """End it: connections break, new ones are refused."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def freeze(self) -> None:
        """Let it hang: connections stay open and nothing is answered."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._running().send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        self._workspace.close()

    def __enter__(self) -> SoapServer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise LabError("our vCenter simulator is not running")
        return self._process

    def _answers(self) -> bool:
        if not is_alive(self._running().pid):
            raise LabError(f"our vCenter simulator ended: {self.log.read_text(errors='replace')[-1500:]}")
        return READY.search(self.log.read_text(errors="replace")) is not None

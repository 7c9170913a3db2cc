"""One running simulator: a vCenter or a lone ESXi host over TLS on loopback, with a user of its own."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
from pathlib import Path

from tests.lab.certificates import Authority, Certificate
from tests.lab.missing import LabError
from tests.lab.processes import is_alive
from tests.lab.vsphere.building import vcsim
from tests.lab.workspace import Workspace, free_port, wait_until

USER = "administrator@vsphere.local"
READY = re.compile(r"^READY url=(\S+) pid=(\d+)$", re.MULTILINE)
START_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 20.0


class Vcsim:
    """Use it as a context manager. `model` are the program's counts: `datacenters=2, clusters=2, hosts=3, machines=4`.

    What clients change is gone after `stop` and `start`: the same model is made anew, with the same references.
    """

    def __init__(self, *, esx: bool = False, names: tuple[str, ...] = ("DNS:localhost", "IP:127.0.0.1"), **model: int):
        self._program = vcsim()
        self._workspace = Workspace()
        self._process: subprocess.Popen[bytes] | None = None
        self.esx = esx
        self.model = model
        self.user = USER
        self.password = secrets.token_urlsafe(12)
        self.port = free_port()
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
    def files(self) -> Path:
        """Where the files of its stores may lie: gone with it."""
        return self._workspace.path / "files"

    @property
    def log(self) -> Path:
        """What the program printed."""
        return self._workspace.path / "vcsim.log"

    def start(self) -> None:
        """Serve the model; returns when it answers."""
        self.files.mkdir(exist_ok=True)
        words = [f"-{name.replace('_', '-')}={count}" for name, count in self.model.items()]
        environment = os.environ | {"TMPDIR": str(self.files), "VCSIM_USER": self.user, "VCSIM_PASSWORD": self.password}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(self._program),
                    f"-esx={'true' if self.esx else 'false'}",
                    f"-listen=127.0.0.1:{self.port}",
                    f"-cert={self.certificate.certificate}",
                    f"-key={self.certificate.key}",
                    *words,
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (self._workspace.path / "vcsim.pid").write_text(str(self._process.pid))
        wait_until(self._answers, "the vCenter simulator", START_TIMEOUT_S)

    def present(self, certificate: Certificate) -> None:
        """Show another certificate from the next start on."""
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

    def __enter__(self) -> Vcsim:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise LabError("the vCenter simulator is not running")
        return self._process

    def _answers(self) -> bool:
        if not is_alive(self._running().pid):
            raise LabError(f"the vCenter simulator ended: {self.log.read_text(errors='replace')[-800:]}")
        return READY.search(self.log.read_text(errors="replace")) is not None

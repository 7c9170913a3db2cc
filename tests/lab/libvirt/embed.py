"""A root folder for libvirt's embedded driver (`qemu:///embed?root=…`): no daemon, the client process is the daemon."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator

from tests.lab.libvirt.daemon import QEMU_CONF
from tests.lab.libvirt.isolation import is_root
from tests.lab.missing import LabError, program, require, require_kernel_files
from tests.lab.workspace import Workspace

TIMEOUT_S = 60


class EmbedRoot:
    """One folder; at most one process at a time can have it open. Guests go on without one, and end with `close`."""

    def __init__(self) -> None:
        require("virsh", "qemu-system-x86_64")
        require_kernel_files()
        self._workspace = Workspace()
        self.directory = self._workspace.path / "root"
        (self.directory / "etc").mkdir(parents=True)
        as_root = 'user = "root"\ngroup = "root"\nremember_owner = 0\n' if is_root() else ""
        (self.directory / "etc/qemu.conf").write_text(QEMU_CONF + as_root)

    @property
    def uri(self) -> str:
        return f"qemu:///embed?root={self.directory}"

    def start_guest(self, name: str, memory_mib: int = 32) -> None:
        """Define and start a machine without a system."""
        file = self._workspace.path / "domain.xml"
        file.write_text(
            f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>{memory_mib}</memory>"
            "<os><type arch='x86_64'>hvm</type></os></domain>"
        )
        self.virsh(f"define {file}; start {name}")

    def virsh(self, commands: str) -> str:
        """Open the root, run virsh commands separated by semicolons, close it again."""
        done = subprocess.run([*self._command(), commands], capture_output=True, text=True, timeout=TIMEOUT_S)
        if done.returncode:
            raise LabError(f"virsh {commands}: {done.stderr.strip()}")
        return done.stdout

    @contextlib.contextmanager
    def held(self) -> Iterator[int]:
        """While this is open, another process has the root; gives its process id."""
        holder = subprocess.Popen(
            self._command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert holder.stdin
        assert holder.stdout
        try:
            holder.stdin.write("uri\n")
            holder.stdin.flush()
            while "qemu:///embed" not in (line := holder.stdout.readline()):
                if not line:
                    raise LabError("virsh could not open the root")
            yield holder.pid
        finally:
            holder.communicate(timeout=TIMEOUT_S)

    def close(self) -> None:
        self._workspace.close()

    def __enter__(self) -> EmbedRoot:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _command(self) -> list[str]:
        return [program("virsh"), "-q", "-c", self.uri]

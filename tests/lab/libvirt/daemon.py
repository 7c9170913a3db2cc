"""Rootless libvirt hosts: private session daemons with real QEMU guests (TCG), each standing for one host.

No root, KVM, systemd or D-Bus is needed. Run by root, a daemon is started as an account without rights
(uid 0 would make it a system-mode daemon). A host owns one short directory; guests, daemon and directory
end together, also when the process that made the host is killed.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.lab.certificates import Authority
from tests.lab.libvirt.guest.build import UP_MARKER, GuestImage, guest_image
from tests.lab.libvirt.guests import GuestSpec, guest_xml
from tests.lab.libvirt.isolation import PrivateNetwork, as_unprivileged_user, give_away
from tests.lab.missing import LabError, program, require, require_kernel_files
from tests.lab.workspace import Workspace, free_port

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
GUEST_TIMEOUT_S = 90.0
VIRSH_TIMEOUT_S = 120.0

#: "stdio_handler file": else virtlogd is wanted. The rest: what an unprivileged daemon cannot do.
QEMU_CONF = 'stdio_handler = "file"\nsecurity_driver = "none"\nnamespaces = []\n'

API_LINE = re.compile(r"^\S+ \S+: \d+: debug : (vir\w+):\d+ : (.*)$", re.MULTILINE)


def own_ports() -> str:
    """Lines of qemu.conf with a block of ports that hardly another daemon of this machine has.

    A daemon looks whether a port is free long before its QEMU takes it: two that begin at the same port collide.
    """
    first = random.randrange(5952, 32000, 64)
    return (
        f"remote_display_port_min = {first}\nremote_display_port_max = {first + 31}\n"
        f"migration_port_min = {first + 32}\nmigration_port_max = {first + 63}\n"
    )


@dataclass(frozen=True)
class ApiCall:
    """One public libvirt function that ran in the daemon, with its arguments as libvirt logs them."""

    function: str
    arguments: str


class LibvirtHost:
    """One daemon. Use it as a context manager, or call `start` and `close`.

    `tcp` and `tls` add listeners on loopback (`tcp_uri`, `tls_uri`). `taps` gives the host a private
    network with that many tap devices, so that guests have NIC statistics; such a host has no listeners.
    `prefix` wraps the daemon's command line (see isolation.inside_chroot), and `qemu_conf` is added to
    its QEMU configuration.
    """

    #: Folder, below the directory, of the guests' pid files.
    pid_files = "run/libvirt/qemu/run"

    def __init__(
        self,
        name: str = "atlas",
        *,
        tcp: bool = False,
        tls: bool = False,
        taps: int = 0,
        qemu_conf: str = "",
        prefix: Callable[[Path], Sequence[str]] | None = None,
    ) -> None:
        require("libvirtd", "virsh", "qemu-system-x86_64", "qemu-img", "setpriv")
        require_kernel_files()
        if taps and (tcp or tls):
            raise ValueError("a listener inside a private network cannot be reached")
        self.name = name
        self.taps = taps
        self.uuid = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.lab.invalid"))
        self._workspace = Workspace()
        self.directory = self._workspace.path / "h"
        self.images = self.directory / "images"
        self.socket = self.directory / "run/libvirt/libvirt-sock"
        self.tcp_port = free_port() if tcp else 0
        self.tls_port = free_port() if tls else 0
        self.pki = self.directory / "pki"
        self._prefix = prefix
        self._process: subprocess.Popen[bytes] | None = None
        self._image: GuestImage | None = None
        try:
            self._configure(qemu_conf)
            self._network = PrivateNetwork(self.directory, name, taps) if taps else None
        except BaseException:
            self._workspace.close()
            raise

    # Addresses

    @property
    def uri(self) -> str:
        """The address for a client on this machine."""
        return f"qemu+unix:///session?socket={self.socket}"

    @property
    def tcp_uri(self) -> str:
        return f"qemu+tcp://127.0.0.1:{self.tcp_port}/session"

    @property
    def tls_uri(self) -> str:
        """`pkipath` names the folder with the client's certificate and the authority's."""
        return f"qemu+tls://localhost:{self.tls_port}/session?pkipath={self.pki}"

    def test_uri(self, file: Path | None = None) -> str:
        """The mock driver inside this daemon, on its default host or on a file.

        It has events, and dies with the daemon.
        """
        return f"test+unix://{file or '/default'}?socket={self.socket}"

    def uri_through(self, address: str) -> str:
        """The client address with another unix socket or `host:port` in place of the daemon's own."""
        if address.startswith("/"):
            return f"qemu+unix:///session?socket={address}"
        return f"qemu+tcp://{address}/session"

    # Life of the daemon

    def __enter__(self) -> LibvirtHost:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        if self._process is None:
            raise LabError(f"{self.name}: the daemon was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> LibvirtHost:
        """Start the daemon and wait until it answers."""
        with (self.directory / "daemon.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                env=self._environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (self.socket.exists() and self._virsh("uri").returncode == 0):
            if self._process.poll() is not None:
                raise LabError(f"libvirtd ended with {self._process.returncode}: {self.daemon_log()[-2000:]}")
            if time.monotonic() > deadline:
                raise LabError(f"libvirtd does not answer: {self.daemon_log()[-2000:]}")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """End the daemon in good order.

        Guests go on. With a hung guest it ignores SIGTERM, so it is killed in the end.
        """
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the daemon; guests go on."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: the daemon keeps its sockets and says nothing more."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """End the daemon, every guest, and remove all files."""
        if self.running:
            self.thaw()
            self.stop()
        self._workspace.close()

    # Guests

    def start_guest(self, spec: GuestSpec | str, *, wait: bool = True, paused: bool = False) -> GuestSpec:
        """Define and start a guest; with `wait`, return when its console says that it is up."""
        defined = self.define_guest(spec)
        self.virsh("start", defined.name, *(["--paused"] if paused else []))
        if wait and not paused and defined.boot == "linux":
            self.wait_console(defined, UP_MARKER)
        return defined

    def define_guest(self, spec: GuestSpec | str) -> GuestSpec:
        """Define a guest without starting it; returns the spec with its uuid."""
        spec = GuestSpec(spec) if isinstance(spec, str) else spec
        spec = replace(spec, uuid=spec.uuid or str(uuid.uuid5(uuid.UUID(self.uuid), spec.name)))
        disk = self.make_disk(f"{spec.uuid}.qcow2", spec.disk_mib) if spec.disk_mib else None
        self.define(guest_xml(spec, self.guest_image(), disk, self._console_log(spec)))
        return spec

    def define(self, xml: str, *command: str) -> str:
        """Run a virsh command that ends with a file of XML: `define` unless told, net-define, vol-create POOL…"""
        file = self.directory / f"{uuid.uuid4()}.xml"
        file.write_text(xml)
        try:
            return self.virsh(*(command or ("define",)), str(file))
        finally:
            file.unlink()

    def make_disk(self, file_name: str, size_mib: int, disk_format: str = "qcow2") -> Path:
        """An empty disk image in the host's image folder."""
        path = self.images / file_name
        command = [program("qemu-img"), "create", "-q", "-f", disk_format, str(path), f"{size_mib}M"]
        subprocess.run(command, check=True, capture_output=True)
        give_away(path)
        return path

    def guest_image(self) -> GuestImage:
        """Kernel and initrd in a place that the daemon's user can read."""
        if self._image is None:
            built = guest_image()
            here = self._workspace.path / "h/guest"
            here.mkdir()
            kernel, initrd = (Path(shutil.copy(file, here)) for file in (built.kernel, built.initrd))
            give_away(here)
            self._image = GuestImage(kernel, initrd)
        return self._image

    def guest_pid(self, name: str) -> int:
        """Process id of a running guest's QEMU."""
        return int((self.directory / self.pid_files / f"{name}.pid").read_text())

    def freeze_guest(self, name: str) -> None:
        """SIGSTOP to QEMU: its monitor does not answer, as that of a hung guest."""
        os.kill(self.guest_pid(name), signal.SIGSTOP)

    def thaw_guest(self, name: str) -> None:
        os.kill(self.guest_pid(name), signal.SIGCONT)

    def console(self, spec: GuestSpec) -> str:
        """Everything the guest has written to its serial console."""
        log = self._console_log(spec)
        return log.read_text(errors="replace") if log.exists() else ""

    def wait_console(self, spec: GuestSpec, text: str, *, start: int = 0, timeout_s: float = GUEST_TIMEOUT_S) -> str:
        """Wait until the guest has written `text` after the first `start` characters.

        Returns the console so far.
        """
        deadline = time.monotonic() + timeout_s
        while text not in (shown := self.console(spec))[start:]:
            if time.monotonic() > deadline:
                raise LabError(f"{spec.name} did not say {text!r} in {timeout_s:.0f} s; its console: {shown[-2000:]!r}")
            time.sleep(0.05)
        return shown

    def type_on_console(self, spec: GuestSpec, line: str) -> None:
        """Type a line on the guest's serial console, and wait for its echo."""
        before = len(self.console(spec))
        terminal = os.open(self.virsh("ttyconsole", spec.name).strip(), os.O_WRONLY | os.O_NOCTTY)
        try:
            os.write(terminal, line.encode() + b"\n")
            # QEMU looks only once a second whether somebody has opened the terminal: keep it open till
            # it has.
            self.wait_console(spec, line, start=before)
        finally:
            os.close(terminal)

    # What the outside sees

    def virsh(self, *arguments: str) -> str:
        """Run the real virsh against this host and return its output; LabError carries virsh's words."""
        done = self._virsh(*arguments)
        if done.returncode:
            raise LabError(f"virsh {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def daemon_log(self) -> str:
        """Warnings and errors of the daemon."""
        return (self.directory / "daemon.log").read_text(errors="replace")

    def api_calls(self) -> list[ApiCall]:
        """Public libvirt functions that ran in the daemon, oldest first; those of our own virsh too."""
        log = self.directory / "api.log"
        text = log.read_text(errors="replace") if log.exists() else ""
        return [ApiCall(*match.groups()) for match in API_LINE.finditer(text)]

    # Inside

    def _configure(self, qemu_conf: str) -> None:
        for folder in ("run", "config/libvirt", "cache", "data", "home", "images", "console", "pki"):
            (self.directory / folder).mkdir(parents=True)
        lines = [
            f'host_uuid = "{self.uuid}"',  # two daemons of one machine must differ, else migration is refused
            f'log_outputs = "3:stderr 1:file:{self.directory}/api.log"',
            'log_filters = "1:libvirt 3:util 3:qemu 3:rpc"',
            "keepalive_interval = 5",
            "keepalive_count = 5",
            f"listen_tcp = {int(bool(self.tcp_port))}",
            f"listen_tls = {int(bool(self.tls_port))}",
            'listen_addr = "127.0.0.1"',
            'auth_tcp = "none"',
        ]
        if self.tcp_port:
            lines.append(f'tcp_port = "{self.tcp_port}"')
        if self.tls_port:
            lines += [f'tls_port = "{self.tls_port}"', *self._make_certificates()]
        config = self.directory / "config/libvirt"
        (config / "libvirtd.conf").write_text("\n".join(lines) + "\n")
        (config / "qemu.conf").write_text(QEMU_CONF + own_ports() + qemu_conf)
        give_away(self.directory)

    def _make_certificates(self) -> list[str]:
        authority = Authority(self.directory / "authority")
        server, client = authority.issue_server("server"), authority.issue_client("client")
        for source, name in (
            (authority.root.certificate, "cacert.pem"),
            (client.certificate, "clientcert.pem"),
            (client.key, "clientkey.pem"),
        ):
            shutil.copy(source, self.pki / name)
        return [
            f'ca_file = "{authority.root.certificate}"',
            f'cert_file = "{server.certificate}"',
            f'key_file = "{server.key}"',
        ]

    def _command(self) -> list[str]:
        wrapper = [
            *(self._network.prefix() if self._network else []),
            *(self._prefix(self.directory) if self._prefix else []),
        ]
        listen = ["--listen"] if self.tcp_port or self.tls_port else []
        return [
            *wrapper,
            *as_unprivileged_user(),
            program("libvirtd"),
            "--pid-file",
            str(self.directory / "libvirtd.pid"),
            *listen,
        ]

    def _environment(self) -> dict[str, str]:
        ours = {
            "HOME": "home",
            "XDG_RUNTIME_DIR": "run",
            "XDG_CONFIG_HOME": "config",
            "XDG_CACHE_HOME": "cache",
            "XDG_DATA_HOME": "data",
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith("LIBVIRT_")}
        return {**kept, **{key: str(self.directory / folder) for key, folder in ours.items()}}

    def _virsh(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program("virsh"), "-q", "-c", self.uri, *arguments],
            env={**self._environment(), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=VIRSH_TIMEOUT_S,
        )

    def _end(self, number: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _console_log(self, spec: GuestSpec) -> Path:
        return self.directory / "console" / f"{spec.uuid}.log"

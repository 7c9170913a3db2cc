"""A real sshd on loopback with keys of its own; as root it logs in another user, whose account stays as it is."""

from __future__ import annotations

import getpass
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.isolation import UNPRIVILEGED_USER, as_unprivileged_user, give_away, is_root, namespaces_missing
from tests.lab.missing import LabError, LabUnavailable, program, require
from tests.lab.processes import all_pids, command_line, descendants, is_alive, mentions, send
from tests.lab.workspace import CHECKOUT, Workspace, free_port

START_TIMEOUT_S = 30.0

#: The name under which clients know the server's key, whatever port they come through.
KEY_ALIAS = "novatui-lab-sshd"

#: Variable in the environment of every remote command: its value is the lab's directory.
MARK = "NOVATUI_LAB_SSHD"

#: sshd runs with a passwd file of its own, in a private mount namespace: the account gets a shell and a home folder.
WITH_PASSWD = """set -e; passwd=$1; shift
mount --bind "$passwd" /etc/passwd
mkdir -p /run/sshd
exec "$@"
"""


class Sshd:
    """A running sshd. `account` is who may log in: as root `nobody`, who also runs the rootless libvirt hosts.

    An ordinary user's sshd can log in that user alone: `other_user` says which it is. `config` is a file for `ssh -F`,
    in which the server is called `lab`; it leaves the user's own ssh files alone. Programs that start `ssh` themselves
    get it too with `client_programs` first on their PATH. `libvirt` is the host that libvirt finds behind this server.
    """

    destination = "lab"

    def __init__(self, libvirt: LibvirtHost | None = None) -> None:
        require("sshd", "ssh", "ssh-keygen", *(["setpriv"] if is_root() else []))
        if is_root() and (reason := namespaces_missing("mount")):
            raise LabUnavailable(f"sshd cannot be given a passwd file of its own: {reason}")
        self.other_user = is_root()
        self.account = UNPRIVILEGED_USER if is_root() else getpass.getuser()
        shell = pwd.getpwnam(self.account).pw_shell
        if not self.other_user and Path(shell).name in ("nologin", "false"):
            raise LabUnavailable(f"{self.account} cannot log in: the shell is {shell}")
        self.port = free_port()
        self._workspace = Workspace()
        self.directory = self._workspace.path
        self.config = self.directory / "ssh_config"
        self.client_programs = self.directory / "client"
        self._environment = {"PATH": f"{self.directory}/bin:/usr/local/bin:/usr/bin:/bin", MARK: str(self.directory)}
        if libvirt:
            self._environment["XDG_RUNTIME_DIR"] = str(libvirt.directory / "run")
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._prepare()
        except BaseException:
            self._workspace.close()
            raise

    # Life of the server

    def start(self) -> Sshd:
        """Start sshd and wait for its greeting."""
        command = [program("sshd"), "-D", "-f", str(self.directory / "sshd_config"), "-E", str(self.directory / "log")]
        if self.other_user:
            passwd = str(self.directory / "passwd")
            command = [program("unshare"), "--mount", "sh", "-c", WITH_PASSWD, "sh", passwd, *command]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._greets():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise LabError(f"sshd did not start: {self.log()[-2000:]}")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """End the server and every session, as when the machine goes down."""
        if self._process and self._process.poll() is None:
            for pid in (self._process.pid, *descendants(self._process.pid)):
                send(pid, signal.SIGKILL)
            self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP to the server and its sessions: connections stay open and silent, new ones are not greeted."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """End server, sessions and remote commands, and remove all files."""
        self.stop()
        for pid in self.remote_processes():
            send(pid, signal.SIGKILL)
        self._workspace.close()

    def __enter__(self) -> Sshd:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *exc: object) -> None:
        self.close()

    # For clients

    def command(self, *words: str, port: int = 0) -> list[str]:
        """An ssh command that runs `words` on the server, through another port of loopback if one is given."""
        through = ["-p", str(port or self.port)]
        return [program("ssh"), "-F", str(self.config), *through, self.destination, shlex.join(words)]

    def libvirt_uri(self, port: int = 0) -> str:
        """libvirt's address, over ssh, of the host that was given at the start."""
        options = f"command={self.client_programs}/ssh&no_tty=1"
        return f"qemu+ssh://{self.account}@127.0.0.1:{port or self.port}/session?{options}"

    def remote_processes(self) -> dict[int, str]:
        """Commands that were started through this server and still run: process id and command line."""
        mark = f"{MARK}={self.directory}"
        return {pid: command_line(pid) for pid in all_pids() if mentions(pid, mark) and is_alive(pid)}

    def log(self) -> str:
        log = self.directory / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    # Inside

    def _prepare(self) -> None:
        for key in ("client_key", "host_key"):
            command = [
                program("ssh-keygen"),
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-C",
                key,
                "-f",
                str(self.directory / key),
            ]
            subprocess.run(command, check=True, capture_output=True)
        shutil.copy(self.directory / "client_key.pub", self.directory / "authorized_keys")
        self._write_client_configuration()
        home = self.directory / "home"
        home.mkdir()
        give_away(home)
        self._write_server_programs(self.directory / "bin")
        settings = {
            "ListenAddress": f"127.0.0.1:{self.port}",
            "HostKey": self.directory / "host_key",
            "PidFile": self.directory / "sshd.pid",
            "AuthorizedKeysFile": self.directory / "authorized_keys",
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "AllowUsers": self.account,
            "LogLevel": "VERBOSE",
            "SetEnv": " ".join(f"{name}={value}" for name, value in self._environment.items()),
        }
        lines = (f"{name} {value}\n" for name, value in settings.items())
        (self.directory / "sshd_config").write_text("".join(lines))
        if self.other_user:
            known = pwd.getpwnam(self.account)
            line = f"{known.pw_name}:x:{known.pw_uid}:{known.pw_gid}::{home}:/bin/sh\n"
            others = Path("/etc/passwd").read_text().splitlines(keepends=True)
            kept = [other for other in others if not other.startswith(f"{known.pw_name}:")]
            (self.directory / "passwd").write_text("".join([line, *kept]))

    def _write_client_configuration(self) -> None:
        algorithm, public = (self.directory / "host_key.pub").read_text().split()[:2]
        known_hosts = self.directory / "known_hosts"
        known_hosts.write_text(f"{KEY_ALIAS} {algorithm} {public}\n")
        self.config.write_text(
            f"Host {self.destination} 127.0.0.1\n"
            f"    HostName 127.0.0.1\n    Port {self.port}\n    User {self.account}\n    HostKeyAlias {KEY_ALIAS}\n"
            f"    IdentityFile {self.directory}/client_key\n    IdentitiesOnly yes\n    IdentityAgent none\n"
            f"    UserKnownHostsFile {known_hosts}\n    GlobalKnownHostsFile /dev/null\n"
            "    StrictHostKeyChecking yes\n    BatchMode yes\n    LogLevel ERROR\n"
        )
        self.client_programs.mkdir()
        _script(self.client_programs / "ssh", f'exec {program("ssh")} -F {self.config} "$@"')

    def _write_server_programs(self, folder: Path) -> None:
        """What a remote command finds on its PATH: this checkout's novatui and python, if the account may run them."""
        folder.mkdir()
        try:
            python = shlex.join(remote_python())
        except LabUnavailable:
            return
        _script(folder / "python", f'exec {python} "$@"')
        _script(folder / "novatui", f'exec {python} -c "from novatui.cli.main import run; run()" "$@"')

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=START_TIMEOUT_S) as probe:
                return probe.recv(4) == b"SSH-"
        except OSError:
            return False

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            raise LabError("sshd was not started")
        for pid in (self._process.pid, *descendants(self._process.pid)):
            if command_line(pid).startswith("sshd") or pid == self._process.pid:
                send(pid, number)


def _script(file: Path, line: str) -> None:
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


def remote_python() -> list[str]:
    """A Python of the checkout's version that the account may run and that can import novatui: the words to start it.

    That is the one of the virtual environment, or, where the account cannot reach it, the machine's own with the
    environment's packages. LabUnavailable says why there is none.
    """
    packages = sysconfig.get_path("purelib")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    borrowed = ["env", f"PYTHONPATH={CHECKOUT}:{packages}", "PYTHONDONTWRITEBYTECODE=1", f"/usr/bin/{version}"]
    # Twice exec: setpriv itself may still start what the account may not.
    again = [*as_unprivileged_user(), "sh", "-c", 'exec "$@"', "sh"]
    complaints: list[str] = []
    for candidate in ([sys.executable], borrowed):
        probe = subprocess.run(
            [*again, *candidate, "-c", "import novatui, msgspec"],
            cwd="/",
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
        )
        if probe.returncode == 0:
            return candidate
        complaints.append(f"{candidate[-1]}: {(probe.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    raise LabUnavailable(f"the ssh account can run no Python with novatui ({'; '.join(complaints)})")

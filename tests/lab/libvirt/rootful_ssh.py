"""An sshd inside a rootful host, with keys of its own, through which its peer (and a client) reaches its daemon."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.lab.libvirt.rootful import RootfulHost
from tests.lab.missing import LabError, program, require
from tests.lab.workspace import wait_until

#: Arguments: passwd file, then the server's words. Root's own account may be locked.
START = """set -e; passwd=$1; shift
mount --bind "$passwd" /etc/passwd
mkdir -p /run/sshd
exec "$@"
"""


class RootfulSshd:
    """sshd on port 22 of the host's address; root logs in with a key. It ends with the host."""

    def __init__(self, host: RootfulHost) -> None:
        require("sshd", "ssh", "ssh-keygen")
        self.host = host
        self._folder = host.directory / "ssh"
        self._folder.mkdir()
        for key in ("client", "server"):
            command = [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(self._folder / key)]
            subprocess.run(command, check=True)

    def start(self) -> RootfulSshd:
        settings = {
            "ListenAddress": self.host.address,
            "HostKey": self._folder / "server",
            "PidFile": self._folder / "sshd.pid",
            "AuthorizedKeysFile": self._folder / "client.pub",
            "PermitRootLogin": "prohibit-password",
            "StrictModes": "no",
            "UsePAM": "no",
        }
        config = self._folder / "sshd_config"
        config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        passwd = self._folder / "passwd"
        others = [line for line in Path("/etc/passwd").read_text().splitlines() if not line.startswith("root:")]
        passwd.write_text("\n".join(["root:*:0:0::/root:/bin/sh", *others]) + "\n")
        server = [program("sshd"), "-f", str(config), "-E", str(self._folder / "log")]
        unshare = [program("unshare"), "--mount", "sh", "-c", START, "sh", str(passwd)]
        subprocess.run([*self.host.enter(), *unshare, *server], check=True, env=self._environment())
        wait_until((self._folder / "sshd.pid").exists, "sshd to start")
        return self

    @property
    def uri(self) -> str:
        """The daemon's address over ssh, for whoever is on the same network: the peer's daemon."""
        key = self._folder / "client"
        return f"qemu+ssh://root@{self.host.address}/system?keyfile={key}&no_verify=1&no_tty=1"

    def uri_from_here(self, peer: RootfulHost) -> str:
        """The same for a client on this machine, whose ssh goes through the peer's network."""
        script = self._folder / "ssh-inside"
        if not script.exists():
            script.write_text(f'#!/bin/sh\nexec {" ".join(peer.enter()[:3])} --net {program("ssh")} "$@"\n')
            script.chmod(0o755)
        return f"{self.uri}&command={script}"

    def log(self) -> str:
        log = self._folder / "log"
        if not log.exists():
            raise LabError("sshd was not started")
        return log.read_text(errors="replace")

    def _environment(self) -> dict[str, str]:
        """Names the directory, by which the lab knows its own processes."""
        return {"PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin", "LAB": str(self.host.directory)}

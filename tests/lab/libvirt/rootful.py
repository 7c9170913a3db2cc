"""Two libvirt hosts as a datacentre has them: system daemons of root, an address each, one bridged network.

Each host has network, mount and hostname namespaces of its own, so nothing of this machine's is touched. It can what
rootless hosts cannot: post-copy, qemu+tcp and qemu+ssh from host to host, statistics of NICs on a bridge, and a link
that goes down. Needs root.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.isolation import hold_namespaces, is_root, namespaces_missing
from tests.lab.missing import LabError, LabUnavailable, program, require

#: Bridge of each host: both, and the guests on them, are one network.
BRIDGE = "nvbr0"
CABLE = "nvlink"

#: Names that the hosts know each other by. The guest takes 10.97.1.2 and pings 10.97.1.1 (see guest/init).
HOSTS = {"atlas": "10.97.1.1", "borea": "10.97.1.3"}

#: The last four: QEMU may keep what post-copy needs, and leaves files and groups as they are.
QEMU_CONF = """stdio_handler = "file"
security_driver = "none"
namespaces = []
cgroup_controllers = []
remember_owner = 0
user = "root"
group = "root"
clear_emulator_capabilities = 0
"""

#: Arguments: directory, hostname, address. A daemon finds its folders where they always are.
SETUP = f"""set -e; dir=$1 hostname=$2 address=$3
for each in etc/libvirt run/libvirt var/lib/libvirt var/cache/libvirt var/log/libvirt; do
    mkdir -p "/$each" "$dir/$each"
    mount --bind "$dir/$each" "/$each"
done
mkdir -p /var/lib/libvirt/qemu /var/lib/libvirt/images /etc/libvirt/qemu
mount -t sysfs sysfs /sys
printf '%s\n' '127.0.0.1 localhost' {" ".join(f"'{address} {name}'" for name, address in HOSTS.items())} >"$dir/hosts"
mount --bind "$dir/hosts" /etc/hosts
hostname "$hostname"
ip link set lo up
ip link add {BRIDGE} type bridge forward_delay 0
ip addr add "$address/24" dev {BRIDGE}
ip link set {BRIDGE} up
echo ready
exec sleep infinity
"""


class RootfulHost(LibvirtHost):
    """A system daemon in namespaces of its own, reached by a unix socket from here and by `tcp_uri` from its peer."""

    pid_files = "run/libvirt/qemu"

    def __init__(self, name: str, address: str) -> None:
        if reason := rootful_missing():
            raise LabUnavailable(f"no rootful hosts: {reason}")
        self.address = address
        super().__init__(name)
        try:
            self._holder = hold_namespaces(self.directory, SETUP, name, address)
        except BaseException:
            self.close()
            raise

    @property
    def uri(self) -> str:
        return f"qemu+unix:///system?socket={self.socket}"

    @property
    def tcp_uri(self) -> str:
        return f"qemu+tcp://{self.address}/system"

    @property
    def migrate_uri(self) -> str:
        """Where its peer sends memory to."""
        return f"tcp://{self.address}"

    @property
    def holder_pid(self) -> int:
        """Process that keeps the namespaces."""
        return self._holder.pid

    def run(self, *command: str) -> str:
        """Run a program inside; returns its output."""
        done = subprocess.run([*self.enter(), *command], capture_output=True, text=True)
        if done.returncode:
            raise LabError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def enter(self) -> list[str]:
        """Words before a command that is to run inside."""
        return [program("nsenter"), "--target", str(self.holder_pid), "--net", "--uts", "--mount"]

    def close(self) -> None:
        """End guests, daemon, and everything else inside."""
        if self.running:
            self.thaw()
            for name in self.virsh("list", "--name").split():
                self.virsh("destroy", name)
        super().close()

    def _configure(self, qemu_conf: str) -> None:
        for folder in ("etc/libvirt", "run/libvirt", "home", "images", "console"):
            (self.directory / folder).mkdir(parents=True)
        lines = [
            f'host_uuid = "{self.uuid}"',
            f'log_outputs = "3:stderr 1:file:{self.directory}/api.log"',
            'log_filters = "1:libvirt 3:util 3:qemu 3:rpc"',
            "keepalive_interval = 5",
            "keepalive_count = 5",
            "listen_tls = 0",
            "listen_tcp = 1",
            f'listen_addr = "{self.address}"',
            'auth_tcp = "none"',
            'auth_unix_rw = "none"',
        ]
        config = self.directory / "etc/libvirt"
        (config / "libvirtd.conf").write_text("\n".join(lines) + "\n")
        (config / "qemu.conf").write_text(QEMU_CONF + qemu_conf)

    def _command(self) -> list[str]:
        return [*self.enter(), program("libvirtd"), "--listen", "--pid-file", str(self.directory / "libvirtd.pid")]


class RootfulPair:
    """Two started rootful hosts with a cable between their bridges."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> RootfulPair:
        try:
            self.first, self.second = (
                self._open.enter_context(RootfulHost(name, address)) for name, address in HOSTS.items()
            )
            self._plug()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    @contextmanager
    def cable_out(self) -> Iterator[None]:
        """No packet goes from host to host, and nobody is told."""
        self.first.run("ip", "link", "set", CABLE, "nomaster")
        try:
            yield
        finally:
            self.first.run("ip", "link", "set", CABLE, "master", BRIDGE)

    def _plug(self) -> None:
        peer = ["peer", "name", CABLE, "netns", str(self.second.holder_pid)]
        self.first.run("ip", "link", "add", CABLE, "type", "veth", *peer)
        for host in (self.first, self.second):
            host.run("ip", "link", "set", CABLE, "master", BRIDGE, "up")


def rootful_missing() -> str:
    """Why rootful hosts cannot be had here; empty if they can."""
    if not is_root():
        return "only root can start system daemons"
    try:
        require("libvirtd", "ip", "nsenter", "unshare", "hostname")
    except LabUnavailable as error:
        return str(error)
    return namespaces_missing("net", "uts", "mount")

"""Who a lab daemon runs as, and in which namespaces.

Command prefixes that all end in `exec`, so the pid stays.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.lab.missing import LabError, LabUnavailable, program

#: As root the daemons run as this user, because uid 0 would make them system-mode daemons.
UNPRIVILEGED_USER, UNPRIVILEGED_GROUP = "nobody", "nogroup"


def is_root() -> bool:
    return os.geteuid() == 0


def as_unprivileged_user() -> list[str]:
    """Nothing for an ordinary user; for root the switch to an account without rights."""
    if not is_root():
        return []
    return [
        program("setpriv"),
        f"--reuid={UNPRIVILEGED_USER}",
        f"--regid={UNPRIVILEGED_GROUP}",
        "--clear-groups",
    ]


def give_away(path: Path) -> None:
    """Hand a file or tree to the user that `as_unprivileged_user` switches to."""
    if is_root():
        subprocess.run(["chown", "-R", f"{UNPRIVILEGED_USER}:{UNPRIVILEGED_GROUP}", str(path)], check=True)


def inside_chroot(root: Path, shared: Path) -> list[str]:
    """Run in another root folder where `shared` is seen under the same path.

    The mounts end with the process.
    """
    script = """set -e; root=$1 shared=$2; shift 2
mkdir -p "$root$shared"
mount --bind "$shared" "$root$shared"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
exec chroot "$root" "$@"
"""
    return [program("unshare"), "--mount", "sh", "-c", script, "sh", str(root), str(shared)]


class PrivateNetwork:
    """Network and hostname of one lab host, with tap devices that an unprivileged QEMU may open.

    NICs of type `user` have no statistics in libvirt; tap devices do. Tap number N is called nvtN, and
    its host side is 10.97.N.1/24. Nothing of it is seen outside. A sleeping process keeps the namespaces
    over restarts of the daemon; its pid file is in `directory`, so that it ends with the lab.
    """

    def __init__(self, directory: Path, hostname: str, taps: int) -> None:
        if reason := private_network_missing():
            raise LabUnavailable(f"no private network: {reason}")
        owner = UNPRIVILEGED_USER if is_root() else "0"
        self._holder = hold_namespaces(directory, SETUP, hostname, str(taps), owner)

    def prefix(self) -> list[str]:
        """Runs a command in this network, as the user who started the lab (or root)."""
        enter = [program("nsenter"), "--target", str(self._holder.pid), "--net", "--uts", "--mount"]
        if is_root():
            return enter
        back = [program("unshare"), "--user", f"--map-user={os.getuid()}", f"--map-group={os.getgid()}"]
        return [*enter, "--user", "--preserve-credentials", *back]


def hold_namespaces(directory: Path, script: str, *arguments: str) -> subprocess.Popen[str]:
    """Run a setup script in new network, hostname and mount namespaces; returns the process that keeps them.

    The script gets the directory and the arguments, says "ready", and execs something that sleeps. Its pid file is in
    the directory.
    """
    as_root = [] if is_root() else ["--user", "--map-root-user"]
    unshare = [program("unshare"), *as_root, "--net", "--uts", "--mount"]
    holder = subprocess.Popen(
        [*unshare, "sh", "-c", script, "sh", str(directory), *arguments],
        env={"PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin", "LAB": str(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert holder.stdout
    assert holder.stderr
    (directory / "network.pid").write_text(str(holder.pid))
    if holder.stdout.readline() != "ready\n":
        raise LabError(f"cannot make a private network: {holder.stderr.read().strip()}")
    return holder


#: Arguments: directory, hostname, number of taps, owner of the taps. /sys is mounted anew to show this
#: network's devices.
SETUP = """set -e; dir=$1 hostname=$2 taps=$3 owner=$4
if [ "$owner" != 0 ]; then
    mknod -m 666 "$dir/tun" c 10 200
    mount --bind "$dir/tun" /dev/net/tun
fi
mount -t sysfs sysfs /sys 2>/dev/null || true
hostname "$hostname"
ip link set lo up
n=0
while [ $n -lt $taps ]; do
    n=$((n + 1))
    ip tuntap add dev nvt$n mode tap user "$owner"
    ip addr add 10.97.$n.1/24 dev nvt$n
    ip link set nvt$n up
done
echo ready
exec sleep infinity
"""


def private_network_missing() -> str:
    """Why PrivateNetwork does not work on this machine; empty if it does."""
    try:
        for name in ("ip", "nsenter", "hostname"):
            program(name)
    except LabUnavailable as error:
        return str(error)
    tun = Path("/dev/net/tun")
    if not tun.exists():
        return "/dev/net/tun does not exist"
    if not is_root() and not os.access(tun, os.R_OK | os.W_OK):
        return "/dev/net/tun may not be opened by this user"
    return namespaces_missing("net", "uts", "mount")


def namespaces_missing(*kinds: str) -> str:
    """Why new namespaces of these kinds cannot be had (in a container; in a chroot, mounts); empty if they can."""
    try:
        command = [program("unshare"), *(f"--{kind}" for kind in kinds)]
    except LabUnavailable as error:
        return str(error)
    user = [] if is_root() else ["--user", "--map-root-user"]
    probe = subprocess.run([*command, *user, "true"], capture_output=True, text=True)
    return "" if probe.returncode == 0 else f"namespaces are refused: {probe.stderr.strip()}"

"""What can go wrong around a migration, made to happen to lab hosts: context managers that end what they began."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path

from tests.lab.faultproxy.client import FaultProxy
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.isolation import as_unprivileged_user, give_away, is_root, namespaces_missing
from tests.lab.missing import LabUnavailable, program
from tests.lab.workspace import free_port

#: For `qemu_conf` of a host that is reached through a Wire: its guests listen where the wire's other end is.
BEHIND_A_WIRE = 'migration_address = "127.0.0.2"\n'

MIB = 1 << 20


class Wire:
    """The way to one target host, in two parts that fail apart: `control` (libvirt) and `data` (memory).

    A migration that goes this way uses `uri` for the target and `migrate_uri` for its memory; a tunnelled one, and
    copied disks, go through `control` and beside the wire. The target is made with BEHIND_A_WIRE.
    """

    def __init__(self, target: LibvirtHost) -> None:
        port = free_port()
        self._open = ExitStack()
        self.control = self._open.enter_context(FaultProxy(f"unix:{target.socket}", "unix"))
        try:
            self.data = self._open.enter_context(FaultProxy(f"tcp:127.0.0.2:{port}", f"tcp:127.0.0.1:{port}"))
        except BaseException:
            self._open.close()
            raise
        self.migrate_uri = f"tcp://127.0.0.1:{port}"
        self.uri = target.uri_through(self.control.address)

    @contextmanager
    def down(self, kind: str = "hang", parts: Sequence[str] = ("control", "data")) -> Iterator[None]:
        """A fault of faultproxy on these parts (hang: as if the cable were out), gone at the end."""
        proxies: list[FaultProxy] = [getattr(self, part) for part in parts]
        for proxy in proxies:
            proxy.set(kind)
        try:
            yield
        finally:
            for proxy in proxies:
                proxy.clear()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()


def small_images(size_mib: int) -> Callable[[Path], Sequence[str]]:
    """`prefix` of a host whose image folder is a file system of its own, of so many MiB. Nothing else sees it."""
    if reason := namespaces_missing("mount"):
        raise LabUnavailable(f"no small file system: {reason}")
    user = [] if is_root() else ["--user", "--map-root-user"]
    back = "" if is_root() else f"unshare --user --map-user={os.getuid()} --map-group={os.getgid()}"
    script = f'mount -t tmpfs -o size={size_mib}m,mode=777 none "$1/images" && shift && exec {back} "$@"'
    return lambda directory: [program("unshare"), "--mount", *user, "sh", "-ec", script, "sh", str(directory)]


def images_inside(host: LibvirtHost) -> Path:
    """The image folder of a host made with small_images, as this process reaches it."""
    return Path(f"/proc/{host.pid}/root{host.images}")


def disk_inside(host: LibvirtHost, file_name: str, size_mib: int) -> Path:
    """An empty image in the small file system; returns the path that the host knows it by."""
    file = images_inside(host) / file_name
    subprocess.run([program("qemu-img"), "create", "-q", "-f", "qcow2", str(file), f"{size_mib}M"], check=True)
    give_away(file)
    return host.images / file_name


@contextmanager
def full_images(host: LibvirtHost, left_mib: int = 0) -> Iterator[None]:
    """Fill the small file system of a host up to so many MiB."""
    filler = images_inside(host) / "filler"
    with filler.open("wb", buffering=0) as file:
        _write_until_full(file)
        file.truncate(max(0, file.tell() - left_mib * MIB))
    try:
        yield
    finally:
        filler.unlink(missing_ok=True)


@contextmanager
def short_of_memory(host: LibvirtHost, spare_mib: int = 96) -> Iterator[None]:
    """The daemon, and every QEMU that it starts, may map no more than the daemon does now and so many MiB."""
    _limit_memory(host, str(_mapped(host.pid) + spare_mib * MIB))
    try:
        yield
    finally:
        if host.running:
            _limit_memory(host, "unlimited")


@contextmanager
def busy_cores(each: int = 2) -> Iterator[None]:
    """Keep every core busy with so many processes each, at the priority of this process."""
    spin = [sys.executable, "-c", "import os\np = os.getppid()\nwhile os.getppid() == p: sum(range(100000))"]
    spinning = [subprocess.Popen(spin, stdin=subprocess.DEVNULL) for _ in range(each * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
        for process in spinning:
            process.wait()


@contextmanager
def daemon_killed(host: LibvirtHost) -> Iterator[None]:
    """SIGKILL to the daemon, whose guests go on; at the end it is started anew."""
    host.kill()
    try:
        yield
    finally:
        host.start()


@contextmanager
def daemon_silent(host: LibvirtHost) -> Iterator[None]:
    """The daemon is stopped in its tracks; at the end it goes on."""
    host.freeze()
    try:
        yield
    finally:
        host.thaw()


@contextmanager
def guest_killed(host: LibvirtHost, name: str) -> Iterator[None]:
    """SIGKILL to a guest's QEMU, as the kernel does when memory is out; also to one that is only arriving."""
    os.kill(host.guest_pid(name), signal.SIGKILL)
    yield


def _write_until_full(file: FileIO) -> None:
    """Others may write there at the same time, so nothing is worked out beforehand."""
    try:
        while file.write(bytes(MIB // 8)):
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def _limit_memory(host: LibvirtHost, limit: str) -> None:
    """Asked by the daemon's own user: root may lack the right."""
    command = [*as_unprivileged_user(), program("prlimit"), "--pid", str(host.pid), f"--as={limit}:"]
    subprocess.run(command, check=True, capture_output=True)


def _mapped(pid: int) -> int:
    """Bytes of address space that a process uses."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    return pages * resource.getpagesize()

"""Builds the lab guest: a Debian cloud kernel and a busybox initrd, at a shell in about two seconds (TCG).

`python -m tests.lab.libvirt.guest.build` prints the folder. The result is cached by kernel package
version and by the contents of this folder; the download (27 MB) needs apt but no root.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.lab.missing import LabError, LabUnavailable, program, require
from tests.lab.workspace import CACHE

HERE = Path(__file__).resolve().parent
META_PACKAGE = "linux-image-cloud-amd64"

#: Text that the guest prints on its serial console when it is up.
UP_MARKER = "NOVATUI-GUEST-UP"

#: Our own, in C.
PROGRAMS = ("dirty", "witness")

#: In loading order: a module comes after those it needs (virtio_ring before virtio).
MODULES = (
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci",
    "net/core/failover",
    "drivers/net/net_failover",
    "drivers/net/virtio_net",
    "drivers/block/virtio_blk",
    "drivers/char/virtio_console",
    "drivers/virtio/virtio_balloon",
    "drivers/virtio/virtio_mem",
    "drivers/input/evdev",
    "drivers/acpi/button",
)


@dataclass(frozen=True)
class GuestImage:
    """Files a guest boots from."""

    kernel: Path
    initrd: Path


def guest_image() -> GuestImage:
    """The cached guest, built now if it is not there. LabUnavailable if this machine cannot build it."""
    if platform.machine() != "x86_64":
        raise LabUnavailable(f"the lab guest is built for x86_64 only, this machine is {platform.machine()}")
    folder = _current_folder(CACHE / "guest")
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (CACHE / "guest.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.is_dir():
                _build(folder)
    return GuestImage(folder / "vmlinuz", folder / "initrd.gz")


def _current_folder(builds: Path) -> Path:
    """Where the guest of today's package and sources belongs.

    Without package lists, any build of today's sources.
    """
    sources = hashlib.sha256()
    for name in ("build.py", "init", *(f"{name}.c" for name in PROGRAMS)):
        sources.update((HERE / name).read_bytes())
    suffix = sources.hexdigest()[:12]
    try:
        _, version = _kernel_package()
    except LabUnavailable:
        built = sorted(builds.glob(f"*-{suffix}"))
        if not built:
            raise
        return built[-1]
    return builds / f"{version.replace('/', '_')}-{suffix}"


def _kernel_package() -> tuple[str, str]:
    """Name and version of the kernel package that apt would install now."""
    require("apt-get", "dpkg-deb")
    shown = subprocess.run(
        [program("apt-cache"), "show", "--no-all-versions", META_PACKAGE], capture_output=True, text=True
    )
    fields = dict(line.split(": ", 1) for line in shown.stdout.splitlines() if ": " in line)
    depends = [word.split()[0] for word in fields.get("Depends", "").split(", ") if word.startswith("linux-image")]
    if shown.returncode or not depends:
        raise LabUnavailable(f"apt does not know the package {META_PACKAGE} (apt-get update): {shown.stderr.strip()}")
    return depends[0], fields["Version"]


def _build(folder: Path) -> None:
    require("gcc", "busybox", "cpio", "gzip")
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        work = Path(scratch)
        package, _ = _kernel_package()
        download = subprocess.run(
            [program("apt-get"), "-q", "-o", "APT::Sandbox::User=root", "download", package],
            cwd=work,
            capture_output=True,
            text=True,
        )
        archives = list(work.glob("*.deb"))
        if download.returncode or not archives:
            raise LabUnavailable(f"cannot download {package}: {download.stderr.strip()}")
        _run("dpkg-deb", "-x", str(archives[0]), str(work / "kernel"))

        output = work / "output"
        output.mkdir()
        shutil.copy(next((work / "kernel/boot").glob("vmlinuz*")), output / "vmlinuz")
        _make_root(work / "root", next((work / "kernel/lib/modules").iterdir()) / "kernel")
        _pack(work / "root", output / "initrd.gz")
        for file in output.iterdir():
            file.chmod(0o644)
        output.rename(folder)


def _make_root(root: Path, modules: Path) -> None:
    for name in ("bin", "dev", "proc", "sys", "lib/modules", "tmp"):
        (root / name).mkdir(parents=True)
    shutil.copy(program("busybox"), root / "bin/busybox")
    for name in PROGRAMS:
        _run("gcc", "-O2", "-static", "-s", "-o", str(root / "bin" / name), str(HERE / f"{name}.c"))
    for module in MODULES:
        shutil.copy(modules / f"{module}.ko", root / "lib/modules")
    order = "".join(f"{Path(module).name}\n" for module in MODULES)
    (root / "lib/modules/order").write_text(order)
    shutil.copy(HERE / "init", root / "init")
    (root / "init").chmod(0o755)


def _pack(root: Path, archive: Path) -> None:
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    cpio = subprocess.run(
        [program("cpio"), "-o", "-H", "newc", "--quiet", "--owner=0:0"],
        cwd=root,
        input=names.encode(),
        capture_output=True,
    )
    packed = subprocess.run([program("gzip"), "-9n"], input=cpio.stdout, capture_output=True)
    if cpio.returncode or packed.returncode:
        raise LabError(f"cannot pack the initrd: {cpio.stderr.decode()}{packed.stderr.decode()}")
    archive.write_bytes(packed.stdout)


def _run(name: str, *arguments: str) -> None:
    done = subprocess.run([program(name), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"{name} failed: {done.stderr.strip()}")


if __name__ == "__main__":
    print(guest_image().kernel.parent)

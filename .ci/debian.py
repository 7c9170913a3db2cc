"""The Debian packages the tests want: which are missing, and their installation where we are root."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from report import SetupError, say

POLICY = Path("/usr/sbin/policy-rc.d")
"""While it exits with 101, Debian starts no service of a package it installs (Debian policy 9.3.3.1)."""


@dataclass(frozen=True)
class Package:
    """A Debian package and the question whether what it gives is there, from whatever source."""

    name: str
    is_there: Callable[[], bool]


def program(name: str) -> Callable[[], bool]:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return lambda: shutil.which(name, path=path) is not None


def static_busybox() -> bool:
    """Whether busybox runs in a guest's initramfs: a dynamically linked one names a loader at its start."""
    found = shutil.which("busybox")
    return bool(found) and b"/ld-linux" not in Path(found or "").read_bytes()[:4096]


def libvirt_headers() -> bool:
    return program("pkg-config")() and not subprocess.run(["pkg-config", "--exists", "libvirt"], check=False).returncode


def python_headers() -> bool:
    return Path(sysconfig.get_path("include"), "Python.h").is_file()


def govmomi() -> bool:
    return Path("/usr/share/gocode/src/github.com/vmware/govmomi/simulator").is_dir()


LIBVIRT_BUILD = (
    Package("pkg-config", program("pkg-config")),
    Package("gcc", program("gcc")),
    Package("python3-dev", python_headers),
    Package("libvirt-dev", libvirt_headers),
)
"""What pip needs to build libvirt-python, which is published as source only."""

LAB = (
    Package("libvirt-daemon-system", program("libvirtd")),
    Package("libvirt-clients", program("virsh")),
    Package("qemu-system-x86", program("qemu-system-x86_64")),
    Package("qemu-utils", program("qemu-img")),
    Package("busybox-static", static_busybox),
    Package("cpio", program("cpio")),
    Package("iproute2", program("ip")),
    Package("openssl", program("openssl")),
    Package("debootstrap", program("debootstrap")),
    Package("openssh-server", program("sshd")),
    Package("openssh-client", program("ssh")),
    Package("tmux", program("tmux")),
    Package("librsvg2-bin", program("rsvg-convert")),
    Package("golang-go", program("go")),
    Package("golang-github-vmware-govmomi-dev", govmomi),
)
"""What the tests start: real hypervisors and guests, an SSH server, terminals, pictures."""


def missing(packages: tuple[Package, ...]) -> list[str]:
    return [package.name for package in packages if not package.is_there()]


def install_for_tests() -> None:
    """As root install what the tests want and do not find; otherwise name it and go on."""
    absent = missing(LIBVIRT_BUILD + LAB)
    if not absent:
        return
    if can_install():
        install(absent)
        return
    say(f"some tests need Debian packages that are not here: {' '.join(absent)}")
    say("to run those tests too, once, as root:")
    say(f"  apt-get install --no-install-recommends {' '.join(absent)}")
    say("going on without: the tests that need them are skipped.")


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(names: list[str]) -> None:
    """apt-get install, nothing recommended, no service started; refreshes the package lists if it has to."""
    say(f"installing Debian packages: {' '.join(names)}")
    command = ["apt-get", "-qy", "-o", "Dpkg::Use-Pty=0", "install", "--no-install-recommends", *names]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with services_stay_down():
        if not subprocess.run(command, env=environment, capture_output=True, check=False).returncode:
            return
        subprocess.run(["apt-get", "-q", "update"], env=environment, capture_output=True, check=False)
        second = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if second.returncode:
        raise SetupError(f"apt-get could not install {' '.join(names)}:\n{second.stdout}{second.stderr}")


@contextlib.contextmanager
def services_stay_down() -> Iterator[None]:
    """Installing a server for the tests does not start it on this machine: the tests start their own."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()

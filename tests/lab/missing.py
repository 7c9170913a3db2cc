"""What a lab needs from the machine, and clear words about what is not there."""

from __future__ import annotations

import os
import shutil

#: Debian package that brings each program the labs start.
PACKAGES = {
    "tar": "tar",
    "chroot": "coreutils",
    "dpkg-query": "dpkg",
    "libvirtd": "libvirt-daemon-system",
    "virsh": "libvirt-clients",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "qemu-io": "qemu-utils",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "gcc": "gcc",
    "gzip": "gzip",
    "dpkg-deb": "dpkg",
    "apt-get": "apt",
    "openssl": "openssl",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "debootstrap": "debootstrap",
    "setpriv": "util-linux",
    "prlimit": "util-linux",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "hostname": "hostname",
    "ip": "iproute2",
    "go": "golang-go",
}


class LabUnavailable(Exception):
    """A lab cannot run on this machine; the text says why and what to install."""


class LabError(Exception):
    """A lab that should run did something unexpected; the text carries the program's own words."""


def program(name: str) -> str:
    """Absolute path of a program, looking in the sbin folders too; LabUnavailable names its package."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = shutil.which(name, path=search)
    if not found:
        package = PACKAGES.get(name)
        raise LabUnavailable(f"{name} is not installed" + (f" (apt install {package})" if package else ""))
    return found


def require_kernel_files() -> None:
    """A chroot may lack what a machine always has; without it libvirt fails without saying why."""
    for folder, sample in (("/proc", "/proc/self"), ("/sys", "/sys/devices")):
        if not os.path.exists(sample):
            raise LabUnavailable(f"{folder} is not mounted here")


def require(*names: str) -> None:
    """Check several programs at once; LabUnavailable names every package that is missing."""
    lacking: list[str] = []
    for name in names:
        try:
            program(name)
        except LabUnavailable:
            lacking.append(name)
    if lacking:
        packages = " ".join(sorted({PACKAGES.get(name, name) for name in lacking}))
        raise LabUnavailable(f"{', '.join(lacking)} not installed (apt install {packages})")

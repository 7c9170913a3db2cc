"""A newer libvirt and QEMU beside the machine's own: Debian's bookworm-backports in a chroot, used as root only.

    python -m tests.lab.libvirt.versions        builds the tree if it is not there, prints its versions

The tree is built once by debootstrap and kept as a tarball in the cache; each lab unpacks its own copy. Archive,
proxy and certificates are those of this machine's apt.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.isolation import inside_chroot, is_root, namespaces_missing
from tests.lab.missing import LabError, LabUnavailable, program, require
from tests.lab.workspace import CACHE, Workspace

RELEASE = "bookworm"
BACKPORTS = f"{RELEASE}-backports"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = ("libvirt-daemon", "libvirt-daemon-driver-qemu", "qemu-system-x86", "qemu-utils")

#: Changes when a tree is to be built anew although the packages are the same.
RECIPE = 1

#: Files that name resolution and TLS need inside the tree, if the machine has them.
BORROWED = ("etc/resolv.conf", "etc/hosts", "etc/ssl/certs/ca-certificates.crt")

COMMAND_TIMEOUT_S = 1200


class NewerLibvirt:
    """An unpacked tree; `host` makes hosts that run in it. LabUnavailable says why it cannot be had here."""

    def __init__(self) -> None:
        tarball = built_tarball()
        self._workspace = Workspace()
        self.root = self._workspace.path / "root"
        self.root.mkdir()
        _run([program("tar"), "--extract", "--file", str(tarball), "--directory", str(self.root)])

    def host(self, name: str, *, tcp: bool = False, tls: bool = False, taps: int = 0) -> LibvirtHost:
        """A host whose daemon and guests are the newer ones. Close it before the tree."""
        return LibvirtHost(name, tcp=tcp, tls=tls, taps=taps, prefix=lambda shared: inside_chroot(self.root, shared))

    def versions(self) -> dict[str, str]:
        """Debian versions of the packages, from the tree's own package database."""
        database = f"--admindir={self.root}/var/lib/dpkg"
        shown = _run([program("dpkg-query"), database, "-W", "-f", "${Package} ${Version}\\n", *PACKAGES])
        return dict(line.split() for line in shown.splitlines())

    def close(self) -> None:
        self._workspace.close()

    def __enter__(self) -> NewerLibvirt:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def is_built() -> bool:
    return _tarball().exists()


def built_tarball() -> Path:
    """The tree's tarball, built now if it is not in the cache (one to three minutes, 150 MB from the archive)."""
    if not is_root():
        raise LabUnavailable("a chroot needs root")
    if reason := namespaces_missing("mount"):
        raise LabUnavailable(f"no chroot with mounts of its own: {reason}")
    require("tar", "setpriv")
    tarball = _tarball()
    if not tarball.exists():
        require("debootstrap", "apt-get")
        tarball.parent.mkdir(parents=True, exist_ok=True)
        with (CACHE / "backports.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not tarball.exists():
                _build(tarball)
    return tarball


def _tarball() -> Path:
    recipe = hashlib.sha256(repr((RECIPE, PACKAGES)).encode()).hexdigest()[:12]
    return CACHE / f"{BACKPORTS}-{recipe}.tar"


def _build(tarball: Path) -> None:
    archive = _archive()
    with tempfile.TemporaryDirectory(dir=tarball.parent) as scratch:
        root = Path(scratch) / "root"
        command = [program("debootstrap"), "--variant=minbase", f"--keyring={KEYRING}", RELEASE, str(root), archive]
        _run(command, environment=_proxies())
        _configure_apt(root, archive)
        chroot = [program("chroot"), str(root), "apt-get", "-qy"]
        _run([*chroot, "update"])
        _run([*chroot, "install", "--no-install-recommends", "-t", BACKPORTS, *PACKAGES])
        _run([*chroot, "clean"])
        shutil.rmtree(root / "var/lib/apt/lists")
        packed = Path(scratch) / "tree.tar"
        _run([program("tar"), "--create", "--file", str(packed), "--directory", str(root), "--one-file-system", "."])
        packed.rename(tarball)


def _archive() -> str:
    """Address of the Debian archive that this machine's apt is configured with."""
    listed = _run([program("apt-get"), "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"])
    targets = [line.split() for line in listed.splitlines()]
    codename = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    mine = codename.get("VERSION_CODENAME", RELEASE).strip('"')
    archives = [address for release, address in targets if release in (mine, RELEASE, "stable", "oldstable")]
    if not archives:
        raise LabUnavailable("this machine's apt has no Debian archive to build from")
    return archives[0]


def _configure_apt(root: Path, archive: str) -> None:
    """The tree's apt fetches as this machine's does, from the same archive."""
    for name in BORROWED:
        if (source := Path("/") / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, root / name)
    dumped = _run([program("apt-config"), "dump"]).splitlines()
    fetching = [
        line for line in dumped if line.startswith("Acquire::") and not line.startswith("Acquire::IndexTargets")
    ]
    (root / "etc/apt/apt.conf.d/50fetching").write_text("\n".join(fetching) + "\n")
    shutil.copytree("/etc/apt/auth.conf.d", root / "etc/apt/auth.conf.d", dirs_exist_ok=True)
    signed = f"[signed-by={KEYRING}]"
    lines = [f"deb {signed} {archive} {suite} main\n" for suite in (RELEASE, BACKPORTS)]
    (root / "etc/apt/sources.list").write_text("".join(lines))
    # Nothing is started while packages are configured.
    (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
    (root / "usr/sbin/policy-rc.d").chmod(0o755)


def _proxies() -> dict[str, str]:
    """debootstrap does not read apt's configuration: give it apt's proxies."""
    shown = _run([program("apt-config"), "shell", "http", "Acquire::http::Proxy", "https", "Acquire::https::Proxy"])
    assigned = dict(line.split("=", 1) for line in shown.splitlines())
    return {f"{scheme}_proxy": value.strip("'") for scheme, value in assigned.items() if value.strip("'")}


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
    )
    if done.returncode:
        raise LabError(f"{' '.join(command[:4])}… failed: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    with NewerLibvirt() as newer:
        for package, version in newer.versions().items():
            print(package, version)

"""Hypervisors of this machine, found by their files alone: sockets, marks of products, hosts of the ssh client.

Nothing is opened or asked, so it takes a moment and cannot hang. Paths are those of libvirt's remote driver
(libvirt.org/uri.html, libvirt.org/daemons.html), of pmxcfs (/etc/pve) and of XAPI (/etc/xensource-inventory).
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import msgspec

from novatui.config.ssh_hosts import ssh_hosts
from novatui.core.libraries import LIBRARIES, SERVED
from novatui.core.states import Family
from novatui.core.text import clean

SYSTEM_SOCKETS = {
    "qemu": ("run/libvirt/virtqemud-sock", "run/libvirt/libvirt-sock"),
    "xen": ("run/libvirt/virtxend-sock",),
    "lxc": ("run/libvirt/virtlxcd-sock",),
}
"""Where the daemon of each libvirt driver listens for the whole machine, below the root; the modular one first."""

SESSION_SOCKETS = ("libvirt/virtqemud-sock", "libvirt/libvirt-sock")
"""The same for one user, below XDG_RUNTIME_DIR."""

DAEMONS = ("usr/sbin/virtqemud", "usr/sbin/libvirtd", "usr/bin/virtqemud", "usr/bin/libvirtd")
"""Programs of libvirt's QEMU daemon, below the root."""

MOST_SSH_HOSTS = 40
"""Hosts of the ssh client that are offered at most."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be connected to, or could be once something is done."""

    family: Family
    uri: str
    """What to open; empty when it cannot be opened before something is done."""
    title: str
    """What it is, in half a line."""
    ready: bool | None
    """True: it can be opened as it is. False: something is missing. None: only a test tells."""
    missing: str = ""
    """What is missing, or not known; empty when nothing is."""
    hint: str = ""
    """What to type against that."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look, and as whom. Tests give a folder of their own as root."""

    root: Path = Path("/")
    home: Path
    runtime: Path | None = None
    """XDG_RUNTIME_DIR of the user."""
    user: str
    libraries: frozenset[str] = frozenset()
    """Python modules that are installed."""

    @classmethod
    def here(cls) -> Surroundings:
        """This machine and this user."""
        from importlib.util import find_spec

        runtime = os.environ.get("XDG_RUNTIME_DIR")
        return cls(
            home=Path(os.path.expanduser("~")),
            runtime=Path(runtime) if runtime else None,
            user=_user_name(),
            libraries=frozenset(one.module for one in LIBRARIES.values() if find_spec(one.module) is not None),
        )


def discover(around: Surroundings) -> list[Found]:
    """What there is: this machine's own hypervisors, what runs for this user, then the hosts of the ssh client."""
    local = [*_libvirt_system(around), *_libvirt_session(around), *_proxmox(around), *_xcpng(around)]
    return [_with_library(one, around) for one in (*local, *_ssh(around))]


def _libvirt_system(around: Surroundings) -> Iterator[Found]:
    for driver, sockets in SYSTEM_SOCKETS.items():
        socket = next((path for name in sockets if _exists(path := around.root / name)), None)
        if socket is not None:
            yield _by_socket(f"{driver}:///system", _TITLES[driver], socket, around)
        elif driver == "qemu":
            yield from _without_socket(around)


_TITLES = {"qemu": "QEMU/KVM of this machine", "xen": "Xen of this machine", "lxc": "Linux containers of this machine"}


def _by_socket(uri: str, title: str, socket: Path, around: Surroundings) -> Found:
    if os.access(socket, os.R_OK | os.W_OK):
        if around.user == "root" or not _is_open_to_all(socket):
            return Found(family=Family.LIBVIRT, uri=uri, title=title, ready=True)
        missing = "polkit decides whether you may, usually by the group `libvirt`"
        return Found(family=Family.LIBVIRT, uri=uri, title=title, ready=None, missing=missing)
    group = _group_of(socket)
    return Found(
        family=Family.LIBVIRT,
        uri=uri,
        title=title,
        ready=False,
        missing=f"you may not use its socket: only root and the group `{group}` may" if group else "only root may",
        hint=f"sudo usermod -aG {group} {around.user}, then log in again" if group else "run novatui with sudo",
    )


def _without_socket(around: Surroundings) -> Iterator[Found]:
    """libvirt's QEMU driver is not running; it may be installed, or the machine may be fit for it."""
    daemon = _daemon(around)
    if daemon is not None:
        unit = daemon.name
        yield Found(
            family=Family.LIBVIRT,
            uri="qemu:///system",
            title=_TITLES["qemu"],
            ready=False,
            missing=f"{unit} is installed but does not run",
            hint=f"sudo systemctl enable --now {unit}.socket",
        )
    elif _exists(around.root / "dev/kvm"):
        yield Found(
            family=Family.LIBVIRT,
            uri="",
            title=_TITLES["qemu"],
            ready=False,
            missing="this machine has KVM, but libvirt is not installed",
            hint="apt install libvirt-daemon-system (Fedora: dnf install libvirt-daemon-kvm)",
        )


def _libvirt_session(around: Surroundings) -> Iterator[Found]:
    """libvirt starts the daemon of a user by itself when somebody connects, so its program is enough.

    For root it takes the session to be the system.
    """
    socket = None
    if around.user == "root":
        return
    if around.runtime is not None:
        socket = next((path for name in SESSION_SOCKETS if _exists(path := around.runtime / name)), None)
    if socket is not None or _daemon(around) is not None:
        title = f"QEMU/KVM machines of {around.user} alone"
        yield Found(family=Family.LIBVIRT, uri="qemu:///session", title=title, ready=True)


def _daemon(around: Surroundings) -> Path | None:
    return next((path for name in DAEMONS if _exists(path := around.root / name)), None)


def _proxmox(around: Surroundings) -> Iterator[Found]:
    if _exists(around.root / "etc/pve/nodes") or _exists(around.root / "usr/bin/pveversion"):
        yield Found(
            family=Family.PROXMOX,
            uri="proxmox://root@pam@localhost",
            title="Proxmox VE: this machine is a node",
            ready=None,
            missing="it asks for a password, or for an API token",
            hint="pveum user token add monitor@pve novatui",
        )


def _xcpng(around: Surroundings) -> Iterator[Found]:
    inventory = around.root / "etc/xensource-inventory"
    if not _exists(inventory):
        return
    brand = next((value for key, value in _assignments(inventory) if key == "PRODUCT_BRAND"), "XenServer")
    title = f"{brand}: this machine is a host"
    yield Found(
        family=Family.XCPNG, uri="xcpng://root@localhost", title=title, ready=None, missing="it asks for a password"
    )


def _ssh(around: Surroundings) -> Iterator[Found]:
    for host in ssh_hosts(around.home)[:MOST_SSH_HOSTS]:
        yield Found(
            family=Family.LIBVIRT,
            uri=f"qemu+ssh://{host}/system",
            title="from your ssh configuration",
            ready=None,
            missing="whether libvirt runs there is not known",
        )


def _with_library(one: Found, around: Surroundings) -> Found:
    """The same, not ready when this console cannot speak to the product at all."""
    if one.family not in SERVED:
        missing = f"this version does not speak to {one.family.value} yet"
        return msgspec.structs.replace(one, ready=False, missing=missing, hint="")
    library = LIBRARIES[one.family]
    if one.ready is not False and library.module not in around.libraries:
        missing = f"the Python library {library.module} is not installed"
        return msgspec.structs.replace(one, ready=False, missing=missing, hint=library.hint)
    return one


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder above it may not be entered
        return False


def _is_open_to_all(socket: Path) -> bool:
    """Fedora leaves the socket open to everybody, and the daemon asks polkit who it is."""
    try:
        return socket.stat().st_mode & 0o006 == 0o006
    except OSError:
        return False


def _group_of(socket: Path) -> str:
    """The group that may use a socket; empty when none may, or only root's."""
    try:
        status = socket.stat()
        name = grp.getgrgid(status.st_gid).gr_name
    except (OSError, KeyError):
        return "libvirt"
    return name if status.st_mode & 0o060 == 0o060 and status.st_gid != 0 else ""


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _assignments(path: Path) -> Iterator[tuple[str, str]]:
    """`KEY='value'` lines of a shell file."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        key, sign, value = line.strip().partition("=")
        if sign:
            yield key, clean(value.strip("'\""))

"""The rules of libvirt's own connection URIs (libvirt.org/uri.html), told before libvirt is asked."""

from __future__ import annotations

from collections.abc import Sequence

from novatui.config.errors import nearest

LIBVIRT_DRIVERS = ("qemu", "kvm", "test", "xen", "lxc", "ch", "bhyve", "vz", "openvz", "vbox", "vmware")
"""Drivers that libvirt serves and no other family of ours means. `kvm` is our alias of `qemu`."""

TRANSPORTS = ("unix", "ssh", "tls", "tcp", "ext")

_REFUSED_TRANSPORTS = ("libssh", "libssh2")
"""They ask about host keys through a callback that a console without a prompt cannot answer."""

_PATHS: dict[str, tuple[str, ...]] = {
    "qemu": ("/system", "/session", "/embed"),
    "xen": ("/system", ""),
    "lxc": ("/system", ""),
    "ch": ("/system", "/session"),
    "bhyve": ("/system",),
    "vz": ("/system",),
    "openvz": ("/system",),
    "vbox": ("/session",),
    "vmware": ("/session", "/player", "/fusion"),
}

_PARAMETERS = [
    "auth",
    "command",
    "host",
    "keyfile",
    "known_hosts",
    "known_hosts_verify",
    "mode",
    "name",
    "netcat",
    "no_sanity",
    "no_tty",
    "no_verify",
    "pkipath",
    "proxy",
    "root",
    "socket",
    "sshauth",
    "tls_priority",
]

_EXAMPLES = {
    "unix": "qemu+unix:///system?socket=/run/libvirt/virtqemud-sock",
    "ssh": "qemu+ssh://root@kvm1.example.org/system",
    "tls": "qemu+tls://kvm1.example.org/system",
    "tcp": "qemu+tcp://kvm1.example.org/system",
    "ext": "qemu+ext:///system?command=/usr/local/bin/reach-kvm1",
}


def check_libvirt(
    scheme: str, transport: str, user: str, host: str, path: str, params: Sequence[tuple[str, str]]
) -> None:
    """ValueError with clear words when libvirt could not take this URI, or would do something unsafe with it."""
    _check_transport(scheme, transport, user, host)
    _check_path(scheme, path)
    _check_parameters(scheme, transport, params)
    if path == "/embed":
        _check_embed(transport, host, dict(params))


def _check_transport(scheme: str, transport: str, user: str, host: str) -> None:
    if transport in _REFUSED_TRANSPORTS:
        raise ValueError(f"{scheme}+{transport}:// cannot check host keys here; use {scheme}+ssh://")
    if transport and transport not in TRANSPORTS:
        meant = nearest(transport, TRANSPORTS)
        hint = f"did you mean `{scheme}+{meant}://`?" if meant else f"libvirt has {', '.join(TRANSPORTS)}"
        raise ValueError(f"unknown transport `{transport}`; {hint}")
    if transport in ("ssh", "tls", "tcp") and not host:
        raise ValueError(f"{scheme}+{transport}:// names no host; such as {_EXAMPLES[transport]}")
    if transport == "unix" and host:
        raise ValueError(f"{scheme}+unix:// is local and takes no host; such as {_EXAMPLES['unix']}")
    if user.startswith("-"):
        raise ValueError("has a user that begins with a dash, which ssh would take for an option")


def _check_path(scheme: str, path: str) -> None:
    bare = path.rstrip("/")
    if scheme == "test":
        if not bare:
            raise ValueError("test:// needs a host description: test:///default or test:///path/to/host.xml")
        return
    if path in _PATHS[scheme] or (not bare and "" in _PATHS[scheme]):
        return
    forms = " or ".join(f"{scheme}://…{form}" for form in _PATHS[scheme] if form)
    if not bare:
        raise ValueError(f"{scheme}:// does not say which daemon: {forms}")
    meant = nearest(bare, [form for form in _PATHS[scheme] if form])
    raise ValueError(f"{scheme}:// has no `{path}`; " + (f"did you mean `{meant}`?" if meant else f"there is {forms}"))


def _check_parameters(scheme: str, transport: str, params: Sequence[tuple[str, str]]) -> None:
    for name, value in params:
        # libvirt hands names it does not know to the driver, so only a near miss is certainly a slip.
        meant = "" if name in _PARAMETERS else nearest(name, _PARAMETERS, cutoff=0.75)
        if meant:
            raise ValueError(f"{scheme}:// has an unknown parameter `{name}`; did you mean `{meant}`?")
        if name in ("socket", "keyfile", "pkipath", "root") and not value.startswith("/"):
            raise ValueError(f"{scheme}:// needs a full path for `{name}`")
    if transport == "ext" and not dict(params).get("command"):
        raise ValueError(f"{scheme}+ext:// needs a command; such as {_EXAMPLES['ext']}")


def _check_embed(transport: str, host: str, params: dict[str, str]) -> None:
    if transport or host:
        raise ValueError("qemu:///embed runs inside its own worker and takes neither transport nor host")
    if not params.get("root"):
        raise ValueError("qemu:///embed needs a folder of its own: qemu:///embed?root=/var/lib/my-embed")

"""libvirt's addresses: what one says, and what is added so that it is safe inside a console.

Every form that libvirt knows for QEMU and its test driver is taken: local, unix, ssh, tls, tcp, embed, test files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

import msgspec

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import InvalidInput

TRANSPORTS = {"unix", "ssh", "tls", "tcp", "ext"}
TLS_PORT = 16514
TCP_PORT = 16509
SSH_BOUNDED = Path(__file__).with_name("ssh-bounded")
"""Runs ssh with a connect timeout and its own keepalive; named to libvirt as the command to use."""

_TLS_PRIORITIES = {"1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3", "1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"}
"""GnuTLS's words for the oldest version that is accepted. Its own NORMAL takes TLS 1.0."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """One address, taken apart; `uri` is what libvirt is given."""

    uri: str
    driver: str
    transport: str
    """unix, ssh, tls, tcp, ext; `embed` and `test` run inside this process."""
    host: str = ""
    user: str = ""
    port: int | None = None
    path: str = ""
    query: dict[str, str] = {}

    @property
    def endpoint(self) -> str:
        """Where it leads, for people: host and port, socket, or file."""
        if self.host:
            host = f"[{self.host}]" if ":" in self.host else self.host
            return f"{host}:{self.port}" if self.port else host
        return self.query.get("socket") or self.query.get("root") or self.path


def resolve(spec: ConnectionSpec, *, pki: str = "") -> Address:
    """The address of a connection. InvalidInput with the reason when it is none.

    `pki` is a folder with TLS certificates to use when the address names none.
    """
    parts = _split(spec.uri)
    driver, _, transport = parts.scheme.partition("+")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    host, port = _host_and_port(spec.uri, parts)
    if not transport:
        transport = _implied_transport(driver, host, parts.path)
    _check(spec.uri, driver, transport, host, parts.path, query)
    query |= _added(spec.options, transport, query, pki)
    netloc = _with_user(parts.netloc, spec.options.get("user", "")) if transport == "ssh" else parts.netloc
    return Address(
        uri=_join(parts.scheme, netloc, parts.path, query),
        driver=driver,
        transport=transport,
        host=host,
        user=unquote(parts.username or ""),
        port=port or {"tls": TLS_PORT, "tcp": TCP_PORT}.get(transport),
        path=unquote(parts.path),
        query=query,
    )


def _split(uri: str):
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise _wrong(uri, str(error)) from None
    if not parts.scheme or "://" not in uri:
        raise _wrong(uri, "it has no `driver://` in front")
    return parts


def _host_and_port(uri: str, parts) -> tuple[str, int | None]:
    try:
        return parts.hostname or "", parts.port
    except ValueError as error:
        raise _wrong(uri, str(error)) from None


def _implied_transport(driver: str, host: str, path: str) -> str:
    """What libvirt does when no transport is named: in-process for test and embed, tls to a host, else the socket."""
    if driver == "test" and not host:
        return "test"
    if driver == "qemu" and path == "/embed":
        return "embed"
    return "tls" if host else "unix"


def _check(uri: str, driver: str, transport: str, host: str, path: str, query: Mapping[str, str]) -> None:
    if transport in {"libssh", "libssh2"}:
        raise _wrong(uri, f"{transport} cannot ask for host keys from a console", hint=f"use {driver}+ssh://")
    if transport not in TRANSPORTS | {"test", "embed"}:
        raise _wrong(uri, f"unknown transport {transport}", hint="one of unix, ssh, tls, tcp, ext")
    if transport in {"ssh", "tls", "tcp"} and not host:
        raise _wrong(uri, f"{transport} needs a host name")
    if transport == "embed" and not query.get("root", "").startswith("/"):
        raise _wrong(uri, "embed needs the absolute path of its root", hint="qemu:///embed?root=/some/folder")
    if driver == "qemu" and path not in {"/system", "/session", "/embed"}:
        raise _wrong(uri, "the path of a qemu address is /system, /session or /embed", hint=f"{driver}:///system")
    if transport == "test":
        _check_test_file(uri, unquote(path))


def _check_test_file(uri: str, path: str) -> None:
    """libvirt's XML library complains about a missing file on stderr, so that is found out here."""
    if path != "/default" and not (Path(path).is_file() and os.access(path, os.R_OK)):
        raise _wrong(uri, f"{path or 'the file'} cannot be read", hint="test:///default, or test:///path/of/a/file.xml")


def _added(options: Mapping[str, str], transport: str, query: Mapping[str, str], pki: str) -> dict[str, str]:
    """Parameters that the address leaves open and a console needs; what the address says itself always stays."""
    wanted: dict[str, str] = {}
    if transport == "ssh":
        wanted["no_tty"] = "1"  # else ssh asks on the console's own terminal
        if os.access(SSH_BOUNDED, os.X_OK):
            wanted["command"] = str(SSH_BOUNDED)
        if keyfile := options.get("keyfile", ""):
            wanted["keyfile"] = keyfile
    if transport == "tls":
        if pki:
            wanted["pkipath"] = pki
        if options.get("tls_insecure") in {"1", "true", "yes"}:
            wanted["no_verify"] = "1"
        wanted["tls_priority"] = _TLS_PRIORITIES[options.get("tls_min", "1.2")]
    return {name: value for name, value in wanted.items() if name not in query}


def _with_user(netloc: str, user: str) -> str:
    return f"{quote(user)}@{netloc}" if user and "@" not in netloc else netloc


def _join(scheme: str, netloc: str, path: str, query: Mapping[str, str]) -> str:
    """The address again. libvirt reads the query by itself: a slash needs no escape there, everything else does."""
    encoded = "&".join(f"{quote(name, safe='')}={quote(value, safe='/')}" for name, value in query.items())
    if not netloc:
        return f"{scheme}://{path}" + (f"?{encoded}" if encoded else "")
    return urlunsplit((scheme, netloc, path, encoded, ""))


def _wrong(uri: str, why: str, *, hint: str = "") -> InvalidInput:
    return InvalidInput(
        f"not a usable libvirt address: {uri}",
        meaning=why,
        hint=hint or "for example qemu:///system, qemu+ssh://user@host/system, test:///default",
        subject="uri",
    )

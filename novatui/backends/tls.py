"""TLS to a product: its certificate is checked on every connection, by an authority, by fingerprint, or by both.

Vendor libraries open connections of their own whenever they like, and check a pin once or never. So the check lives in
the context that each of those connections is wrapped by: whoever uses it cannot leave it out.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from novatui.core.connection import TlsInfo
from novatui.core.errors import InvalidInput, TlsUntrusted

LOOK_S = 10.0
"""Seconds that a look at a certificate that was refused may take."""

_VERSIONS = {"": ssl.TLSVersion.TLSv1_2, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a certificate acceptable."""

    authority: str = ""
    """PEM file with the authorities; empty: the machine's own."""
    pins: frozenset[str] = frozenset()
    """SHA-256 of acceptable certificates, lower-case hex. Without an authority of its own a pin stands alone: neither
    names nor dates are looked at."""
    unchecked: bool = False
    """Anything goes: a person asked for it."""
    least: str = ""
    """Oldest version of TLS: `1.2` or `1.3`."""

    @classmethod
    def from_options(cls, options: Mapping[str, str]) -> Trust:
        """From the options of a connection: `tls_ca`, `tls_pin`, `tls_insecure`, `tls_min`."""
        pins = (pin.strip().lower().replace(":", "") for pin in options.get("tls_pin", "").split(","))
        return cls(
            authority=options.get("tls_ca", ""),
            pins=frozenset(filter(None, pins)),
            unchecked=options.get("tls_insecure") == "1",
            least=options.get("tls_min", ""),
        )

    @property
    def word(self) -> str:
        """What trust rests on, as `TlsInfo.trust` says it."""
        if self.unchecked:
            return "insecure"
        return "pin" if self.pins and not self.authority else "ca"


class CheckedContext(ssl.SSLContext):
    """A context whose every handshake ends with the check of the pins, whoever makes the connection."""

    trust: Trust

    def wrap_socket(self, sock: socket.socket, *args: Any, **options: Any) -> ssl.SSLSocket:
        """As SSLContext does it; TlsUntrusted when the certificate is not acceptable."""
        options["do_handshake_on_connect"] = True  # the certificate is known here, before a byte of ours is sent
        peer = sock.getpeername()
        try:
            link = super().wrap_socket(sock, *args, **options)
        except ssl.SSLCertVerificationError as error:
            raise _refused(error, self.trust, peer) from None
        try:
            shown = fingerprint(link)
            if self.trust.pins and not self.trust.unchecked and shown not in self.trust.pins:
                raise _not_pinned(shown, self.trust)
        except BaseException:
            link.close()
            raise
        return link


def context_for(trust: Trust) -> CheckedContext:
    """A context of its own for one connection of the console; it is never shared with other code that might change it.

    InvalidInput when the file with the authorities cannot be read.
    """
    context = CheckedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.trust = trust
    context.minimum_version = _VERSIONS.get(trust.least, ssl.TLSVersion.TLSv1_2)
    if trust.word != "ca":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # `wrap_socket` compares the pin, or a person wanted no check
    elif trust.authority:
        _load(context, trust.authority)
    else:
        context.load_default_certs()
    return context


def told_by(link: ssl.SSLSocket, trust: Trust) -> TlsInfo:
    """What the handshake of this connection agreed on."""
    return TlsInfo(version=link.version() or "", pin=fingerprint(link), trust=trust.word)


def fingerprint(link: ssl.SSLSocket) -> str:
    """SHA-256 of the peer's certificate, lower-case hex."""
    return hashlib.sha256(link.getpeercert(binary_form=True) or b"").hexdigest()


def _load(context: ssl.SSLContext, authority: str) -> None:
    path = Path(authority).expanduser()
    try:
        context.load_verify_locations(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput(
            f"{path} cannot be used as a file of authorities", meaning=str(error), subject="tls"
        ) from None


def _not_pinned(shown: str, trust: Trust) -> TlsUntrusted:
    known = ", ".join(sorted(trust.pins))
    return TlsUntrusted(
        "the server's certificate is not the pinned one",
        meaning=f"it shows SHA-256 {shown}; trusted is {known}",
        hint="if the change is right, trust the new fingerprint with `novatui config trust`",
        subject=shown,
    )


def _refused(error: ssl.SSLCertVerificationError, trust: Trust, peer: tuple[Any, ...]) -> TlsUntrusted:
    whose = "the given authorities" if trust.authority else "the authorities of this machine"
    shown = _look(peer)
    return TlsUntrusted(
        "the server's certificate cannot be checked",
        meaning=f"{whose} do not stand for it ({error.verify_message})"
        + (f"; it shows SHA-256 {shown}" if shown else ""),
        hint='trust its fingerprint with `novatui config trust`, or name its authority: tls = "ca:FILE"',
        native=str(error),
        subject=shown,
    )


def _look(peer: tuple[Any, ...]) -> str:
    """The fingerprint that a server shows, by a handshake that sends nothing: a person is asked about it. Empty: it
    could not be seen. Whatever is trusted then is compared again on each connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection(peer[:2], LOOK_S) as plain, context.wrap_socket(plain) as link:
            return fingerprint(link)
    except OSError:
        return ""

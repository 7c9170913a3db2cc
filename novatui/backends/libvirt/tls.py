"""TLS of qemu+tls: which certificates libvirt is to use, and what the server shows.

libvirt checks the server against a CA itself and tells nothing of the handshake, so one handshake of our own looks at
version and certificate. A pin is therefore checked beside the CA, never instead of it.
"""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from novatui.backends.libvirt.uris import Address
from novatui.core.connection import TlsInfo
from novatui.core.errors import InvalidInput, TlsUntrusted

TIMEOUT_S = 10.0
_FILES = {"cacert.pem": "tls_ca", "clientcert.pem": "tls_cert", "clientkey.pem": "tls_key"}


@contextmanager
def pki_folder(options: Mapping[str, str]) -> Generator[str]:
    """A folder laid out as libvirt wants it (cacert.pem …) around the configured CA; empty when none is configured.

    libvirt reads it while it opens the connection; it is gone afterwards.
    """
    authority = options.get("tls_ca", "")
    if not authority:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="novatui-pki-") as folder:
        beside = options.get("tls_cert", "")  # where the key is that has no file of its own
        for name, option in _FILES.items():
            if path := options.get(option, beside if option == "tls_key" else ""):
                _link(Path(path).expanduser(), Path(folder, name))
        yield folder


def _link(path: Path, name: Path) -> None:
    if not os.access(path, os.R_OK):
        raise InvalidInput(f"{path} cannot be read", meaning="it is named as a TLS file", subject="tls")
    name.symlink_to(path.absolute())


def look(address: Address, options: Mapping[str, str]) -> TlsInfo:
    """One handshake with the server. Nothing is known when it fails; a pin that does not fit is TlsUntrusted."""
    trust = "insecure" if address.query.get("no_verify") == "1" else "ca"
    pins = {pin.strip().lower().replace(":", "") for pin in options.get("tls_pin", "").split(",")} - {""}
    try:
        version, certificate = _handshake(address)
    except OSError:
        version, certificate = "", b""
    shown = hashlib.sha256(certificate).hexdigest() if certificate else ""
    if pins and shown not in pins:
        raise TlsUntrusted(
            "the server's certificate is not the pinned one"
            if shown
            else "the pinned certificate could not be checked",
            meaning=f"SHA-256 {shown}" if shown else "the server did not finish the handshake",
            hint="if the change is right, trust the new fingerprint with `novatui config trust`",
            subject=shown,
        )
    return TlsInfo(version=version, pin=shown, trust=trust)


def _handshake(address: Address) -> tuple[str, bytes]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # this only looks: libvirt itself verifies the connection that is used
    with (
        socket.create_connection((address.host, address.port or 0), TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=address.host) as link,
    ):
        return link.version() or "", link.getpeercert(binary_form=True) or b""

"""Where a vCenter or an ESXi host is, and as whom: both stand in the target, the account in front of the host."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import msgspec

from novatui.core.connection import ConnectionSpec
from novatui.core.errors import InvalidInput

PORT = 443
"""Where the product listens for SOAP over TLS."""


class Endpoint(msgspec.Struct, frozen=True):
    """One server and one account."""

    host: str
    port: int = PORT
    user: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def endpoint_of(spec: ConnectionSpec) -> Endpoint:
    """InvalidInput when the target names no server. The account of the configuration wins over that of the target."""
    parts = urlsplit(spec.uri)
    account, _, authority = parts.netloc.rpartition("@")  # `administrator@vsphere.local@vc.example.org`
    place = urlsplit(f"//{authority}")
    try:
        port = place.port
    except ValueError:
        raise InvalidInput(f"{spec.uri} names no port between 0 and 65535", subject="uri") from None
    if parts.scheme != "vsphere" or not place.hostname:
        raise InvalidInput(
            f"{spec.uri} names no server", hint="vsphere://administrator@vsphere.local@vc.example.org", subject="uri"
        )
    return Endpoint(place.hostname, port or PORT, spec.options.get("user") or unquote(account))

"""What is known of a connection: how to make it, and what it answered when it was made."""

from __future__ import annotations

import msgspec

from novatui.core.errors import Failure
from novatui.core.states import Family, Link


class ConnectionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a driver needs to connect, without secrets."""

    name: str
    """Name of the connection, unique in the console."""
    family: Family
    driver: str
    """Entry of `backends.registry`: the family's name, or `demo`."""
    uri: str
    options: dict[str, str] = {}
    """Driver options: `tls_ca`, `tls_pin`, `tls_min`, `tls_insecure`, `readonly`, `user` … as strings."""
    label: str = ""
    """Group in the tree; empty for none."""
    protected: bool = False
    readonly: bool = False
    color: str = ""
    """Name of the colour that its name is drawn in, one of those that every theme has; empty for none."""
    role: str = "admin"
    """viewer, operator, admin: what the policy of the console's machine leaves whoever runs it."""
    lock_reasons: tuple[str, ...] = ()
    """Which rules of that machine made it protected, read-only or less than admin, in words."""


class TlsInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the TLS handshake agreed on."""

    version: str
    """`TLSv1.3`, `TLSv1.2`; empty when the library does not tell."""
    pin: str = ""
    """SHA-256 of the peer's certificate, lower-case hex; empty when the library does not tell."""
    trust: str = ""
    """What made us trust it: `ca`, `pin`, `insecure`."""


class ConnectionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the product said of itself when the connection was made."""

    product: str
    """Product and version as shown to people: `libvirt 9.0.0, QEMU 7.2.22`."""
    version: str = ""
    endpoint: str = ""
    """Address really spoken to, after redirects."""
    hostname: str = ""
    user: str = ""
    privileges: str = ""
    """`full`, `read-only`, or what the product says of the account."""
    transport: str = ""
    """unix, tcp, tls, ssh, https …"""
    tls: TlsInfo | None = None
    period: float = 2.0
    """Native period of its metrics, seconds."""
    relist: float = 60.0
    """Seconds between two full listings of its inventory."""
    pushes: bool = False
    """The product tells changes by itself; False means polling."""
    roles: tuple[str, ...] = ()
    """Driver roles that this connection has: `PowerControl`, `SnapshotSource` …"""
    verbs: tuple[str, ...] = ()
    """Operations of `core.verbs.VERBS` that the product offers here."""


class LinkStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where a connection stands now."""

    link: Link
    since: float
    """Epoch seconds of the last change of `link`."""
    failure: Failure | None = None
    retry_at: float | None = None
    """Epoch seconds of the next attempt; None when none is planned."""
    attempt: int = 0
    """Failed attempts since it was last up."""
    last_good: float | None = None
    """Epoch seconds of the last answer of the product."""

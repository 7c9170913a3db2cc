"""What no single key can tell: whether the keys of a connection fit its product and each other."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from novatui.config.decode import dotted
from novatui.config.errors import Problem
from novatui.config.layers import Origin
from novatui.config.schema import AUTH_OF_FAMILY, Connection
from novatui.config.targets import DEMO
from novatui.core.states import Family

_WITHOUT_USER = frozenset({"kerberos", "certificate", "session", "token"})
"""Ways to log in that know by themselves who you are."""


def connection_problems(name: str, one: Connection, origins: Mapping[str, Origin]) -> list[Problem]:
    """Everything that does not fit in one connection. `origins` tells where each of its keys was set."""
    found = [*_wrong_product(one), *_login(one)]
    problems: list[Problem] = []
    for key, message, hint in found:
        origin = origins.get(key) or origins["uri"]
        full = dotted(("connections", name, key))
        problems.append(
            Problem(message=f"`{full}` {message}", hint=hint, file=origin.source, line=origin.line, key=full)
        )
    return problems


def _wrong_product(one: Connection) -> list[tuple[str, str, str]]:
    """Keys that the product has no use for: to ignore them silently would promise what does not happen."""
    family = one.uri.family
    product = one.uri.driver
    found: list[tuple[str, str, str]] = []
    if one.readonly == "socket" and family is not Family.LIBVIRT:
        found.append(("readonly", f"`socket` is offered by libvirt, not by {product}", "use ro = true"))
    if one.jea and family is not Family.HYPERV:
        found.append(("jea", f"is for hyperv://, not for {product}", "remove it"))
    if one.migrate_uri and (family is not Family.LIBVIRT or product == DEMO):
        found.append(("migrate_uri", f"is for libvirt, not for {product}", "remove it"))
    elif one.migrate_uri and not urlsplit(one.migrate_uri).scheme:
        found.append(("migrate_uri", "is no address", "write it as libvirt does: qemu+ssh://user@host/system"))
    if not one.uri.over_tls:
        found += _certificates_for_nothing(one)
    elif product == Family.LIBVIRT:
        found += _certificates_of_libvirt(one)
    if family is not None and product != DEMO and one.auth not in AUTH_OF_FAMILY[family]:
        known = ", ".join(sorted(AUTH_OF_FAMILY[family]))
        found.append(("auth", f"`{one.auth}` is not offered by {product}", f"it has {known}"))
    return found


def _certificates_for_nothing(one: Connection) -> list[tuple[str, str, str]]:
    """Settings of TLS where there is none."""
    libvirt = one.uri.driver == Family.LIBVIRT
    where = "libvirt without TLS" if libvirt else one.uri.driver
    hint = f"remove it, or use {one.uri.scheme}+tls://HOST{one.uri.path}" if libvirt else "remove it"
    given = {"tls": one.tls.mode != "system", "tls_min": one.tls_min != "1.2", "cert": one.cert, "key": one.key}
    return [(key, f"has no effect on {where}", hint) for key, there in given.items() if there]


def _certificates_of_libvirt(one: Connection) -> list[tuple[str, str, str]]:
    """It reads one folder: either the one that the URI names, or one that is made of the files named here."""
    found: list[tuple[str, str, str]] = []
    if one.tls.mode == "ca" and one.uri.param("pkipath"):
        found.append(("tls", "and `pkipath` in the URI name two authorities", "keep one of them"))
    elif (one.cert or one.key) and one.tls.mode != "ca":
        hint = 'add tls = "ca:FILE", or put all three in a folder: ?pkipath=/etc/pki/kvm1'
        found.append(("cert" if one.cert else "key", "is used by libvirt only beside its authority", hint))
    if one.key_password:
        found.append(("key_password", "has no effect on libvirt", "give a key that needs none"))
    return found


def _login(one: Connection) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    user = account(one)
    remote = one.uri.driver not in (Family.LIBVIRT, DEMO)
    if one.user and one.uri.user:
        found.append(("user", "is given twice: here and in the URI", "keep one"))
    elif remote and not user and one.auth not in _WITHOUT_USER:
        found.append(
            (
                "user",
                "is missing",
                f'add user = "…" or write it in the URI: {one.uri.scheme}://USER@{one.uri.host}',
            )
        )
    elif one.uri.family is Family.PROXMOX and remote and "@" not in user.partition("!")[0]:
        found.append(("user", "needs the realm", "such as root@pam or monitor@pve!novatui"))
    if one.auth == "certificate" and not one.cert:
        found.append(("auth", "`certificate` needs the client certificate", 'add cert = "/path/client.pem"'))
    if one.key and not one.cert:
        found.append(("key", "has no certificate", 'add cert = "/path/client.pem"'))
    if one.key_password and not one.cert:
        found.append(("key_password", "has no key to open", 'add cert = "/path/client.pem"'))
    for key in ("cert", "key"):
        path = one.cert if key == "cert" else one.key
        if path and not path.startswith(("/", "~")):
            found.append((key, "needs a full path", "such as ~/.config/novatui/client.pem"))
    return found


def account(one: Connection) -> str:
    """The account to log in with, from the URI or the key; for Proxmox with its token.

    Empty when none is named.
    """
    if not one.uri.user:
        return one.user
    return f"{one.uri.user}!{one.uri.token}" if one.uri.token else one.uri.user

"""Targets: which product a URI means, and whether it is written as that product's connection needs it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import parse_qsl, quote, unquote, urlencode

import msgspec

from novatui.config import demo
from novatui.config.errors import nearest
from novatui.config.libvirt_uri import LIBVIRT_DRIVERS, check_libvirt
from novatui.core.errors import InvalidInput
from novatui.core.states import FAMILY_ALIASES, Family

DEMO = demo.DRIVER
"""Scheme and driver of the embedded fleet."""

DEFAULT_PORTS = {Family.VSPHERE: 443, Family.HYPERV: 5986, Family.XCPNG: 443, Family.PROXMOX: 8006}
"""TCP port where the product listens unless the URI names one."""

EXAMPLES: dict[str, str] = {
    Family.LIBVIRT.value: "qemu:///system or qemu+ssh://root@kvm1.example.org/system",
    Family.VSPHERE.value: "vsphere://administrator@vsphere.local@vc.example.org",
    Family.HYPERV.value: "hyperv://admin@hv1.example.org",
    Family.XCPNG.value: "xcpng://root@pool.example.org",
    Family.PROXMOX.value: "proxmox://monitor@pve!novatui@pve1.example.org:8006",
    DEMO: "demo:// or demo://?vms=5000&family=proxmox",
    "via": "ssh://admin@jump.example.org:2222",
}
"""The right form of each kind of target, for messages and the commented example."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:\+([A-Za-z0-9]+))?://")
_HOST = re.compile(r"[\w](?:[\w.-]*[\w])?\.?")
_SECRET_PARAMETERS = frozenset({"password", "passwd", "pass", "pwd", "secret", "token"})
_GIVE_APART = 'give it apart: password = "keyring:SERVICE/USER" in the configuration, or --password-from env:NAME'


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed URI. Its text is the canonical URI, without any secret."""

    uri: str
    """As the driver takes it: aliases replaced, libvirt's own forms untouched."""
    driver: str
    """Entry of the driver registry: a family's name, or `demo`."""
    family: Family | None
    """None for a whole demo fleet, which stands for several families."""
    scheme: str
    """Canonical scheme without transport: `qemu`, `test`, `vsphere`, `demo` …"""
    transport: str = ""
    """libvirt only: `ssh`, `unix`, `tls`, `tcp` …; empty when the URI names none."""
    user: str = ""
    """Account, decoded; for Proxmox with its realm, without the token."""
    token: str = ""
    """Proxmox only: name of the API token."""
    host: str = ""
    """Host name or address, without brackets; empty for local ones."""
    port: int | None = None
    """As written; None for the product's own."""
    path: str = ""
    params: tuple[tuple[str, str], ...] = ()
    """Query parameters in their order, decoded."""

    def __str__(self) -> str:
        return self.uri

    def param(self, name: str, default: str = "") -> str:
        """Value of a query parameter, the last one when it is repeated."""
        return dict(self.params).get(name, default)

    @property
    def over_tls(self) -> bool:
        """True when a server shows a certificate, so that settings about certificates mean something."""
        if self.family is Family.LIBVIRT and self.driver != DEMO:
            return self.transport == "tls" or (not self.transport and bool(self.host))  # libvirt's default to a host
        return self.driver != DEMO

    @property
    def endpoint(self) -> str:
        """`host:port` really asked for, with the product's port when none is written; empty for local ones."""
        if not self.host:
            return ""
        port = self.port or (DEFAULT_PORTS.get(self.family) if self.family else None)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{port}" if port else host


class Via(msgspec.Struct, frozen=True):
    """A machine that runs the worker, reached by ssh."""

    host: str
    user: str = ""
    port: int | None = None
    program: str = ""
    """Path of novatui there; empty when the account finds it by itself."""

    def __str__(self) -> str:
        program = f"?novatui={quote(self.program, safe='/~')}" if self.program else ""
        return f"ssh://{_authority(self.user, self.host, self.port)}{program}"


class _Parts(msgspec.Struct, kw_only=True):
    """A URI taken apart, nothing judged yet but its authority."""

    scheme: str
    transport: str
    user: str
    host: str
    port: int | None
    path: str
    params: list[tuple[str, str]]


def is_uri(text: str) -> bool:
    """True for a URI, False for the name of a configured connection."""
    return "://" in text


def parse_target(text: str) -> Target:
    """Read a target URI.

    ValueError with clear words and the right form; a password in it never gets into the words.
    """
    parts = _split(text)
    family = _family_of(parts, text)
    if family is None:
        return _demo(parts)
    if family is Family.LIBVIRT:
        return _libvirt(parts, text)
    return _remote(parts, family)


def parse_via(text: str) -> Via:
    """Read `ssh://[user@]host[:port][?novatui=PATH]`. ValueError with clear words otherwise."""
    parts = _split(text)
    example = f"such as {EXAMPLES['via']}"
    if parts.scheme != "ssh" or parts.transport:
        raise ValueError(f"`{parts.scheme}` is not a way to another machine; write ssh://, {example}")
    if not parts.host:
        raise ValueError(f"names no host; {example}")
    params = dict(parts.params)
    program = params.pop("novatui", "")
    if parts.path not in ("", "/") or params:
        raise ValueError(f"has something after the host; {example}")
    if "novatui" in dict(parts.params) and not program.startswith(("/", "~/")):
        raise ValueError("needs a full path for `novatui`; such as ?novatui=/opt/novatui/bin/novatui")
    if parts.user.startswith("-"):
        raise ValueError("has a user that begins with a dash, which ssh would take for an option")
    return Via(parts.host, parts.user, parts.port, program)


def mask_uri(text: str) -> str:
    """The URI with whatever may be a password replaced by `***`, for messages about text that does not parse."""
    match = _SCHEME.match(text)
    start = match.end() if match else 0
    at = text.rfind("@")
    colon = text.find(":", start)
    if start <= colon < at:
        text = f"{text[: colon + 1]}***{text[at:]}"
    names = "|".join(_SECRET_PARAMETERS)
    return re.sub(rf"(?i)([?&](?:{names})=)[^&#]*", r"\1***", text)


def short_name(target: Target, taken: Collection[str] = ()) -> str:
    """A readable name, not yet taken, for a connection that is given as a bare URI."""
    for candidate in _name_candidates(target):
        if candidate not in taken:
            return candidate
    base = _name_candidates(target)[0]
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _name_candidates(target: Target) -> list[str]:
    if target.driver == DEMO:
        return [f"{DEMO}-{target.family.value}" if target.family else DEMO]
    if not target.host:
        tail = target.path.rstrip("/").rsplit("/", 1)[-1].removesuffix(".xml")
        return [_nameable(f"{target.scheme}-{tail}" if tail else target.scheme)]
    host = _nameable(target.host)
    full = f"{host}-{target.port}" if target.port else host
    return [host if _is_address(target.host) else host.split(".")[0], host, full]


def _nameable(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "connection"


def _split(text: str) -> _Parts:
    shown = mask_uri(text)
    if not text.isprintable() or any(char.isspace() for char in text):
        raise ValueError("holds spaces or control characters; percent-encode them (a space is %20)")
    match = _SCHEME.match(text)
    if not match:
        known = ", ".join(f"{scheme}://" for scheme in ("qemu", *(family.value for family in DEFAULT_PORTS), DEMO))
        raise ValueError(f"`{shown}` is not a target URI; one begins with {known} …")
    if "#" in text:
        raise ValueError(f"`{shown}` holds a `#`; percent-encode it as %23")
    rest, _, query = text[match.end() :].partition("?")
    authority, slash, path = rest.partition("/")
    if "@" in path and ":" in authority:
        raise ValueError(f"`{shown}` may hold a password with a slash in it; {_GIVE_APART}")
    userinfo, _, hostport = authority.rpartition("@")
    if ":" in userinfo:
        raise ValueError(f"`{shown}` holds a password; {_GIVE_APART}")
    params = parse_qsl(query, keep_blank_values=True)
    if any(name.casefold() in _SECRET_PARAMETERS for name, _ in params):
        raise ValueError(f"`{shown}` holds a secret; {_GIVE_APART}")
    host, port = _split_host(hostport, shown)
    user = unquote(userinfo)
    if not user.isprintable() or (userinfo and not user) or (authority.startswith("@")):
        raise ValueError(f"`{shown}` has no readable user before the `@`")
    return _Parts(
        scheme=match[1].lower(),
        transport=(match[2] or "").lower(),
        user=user,
        host=host,
        port=port,
        path=f"{slash}{path}",
        params=params,
    )


def _split_host(hostport: str, shown: str) -> tuple[str, int | None]:
    if hostport.startswith("["):
        host, bracket, rest = hostport[1:].partition("]")
        if not bracket or not _is_address(host) or (rest and not rest.startswith(":")):
            raise ValueError(f"`{shown}` has no valid IPv6 address in its brackets")
        port = rest[1:]
        has_port = bool(rest)
    elif hostport.count(":") > 1:
        raise ValueError(f"`{shown}` has an IPv6 address without brackets; write [{hostport}]")
    else:
        host, colon, port = hostport.partition(":")
        has_port = bool(colon)
        if host and not _HOST.fullmatch(host):
            raise ValueError(f"`{shown}` has no valid host name: `{host}`")
    if not has_port:
        return host, None
    if not host:
        raise ValueError(f"`{shown}` has a port but no host")
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise ValueError(f"`{shown}` has no valid port: a number from 1 to 65535 belongs after the host's colon")
    return host, int(port)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _family_of(parts: _Parts, text: str) -> Family | None:
    """The family a scheme means; None for the demo fleet.

    `xen://` is both XCP-ng's alias and a libvirt driver: libvirt's form has a transport, no host, or a path.
    """
    scheme = parts.scheme
    if scheme == DEMO:
        return None
    libvirt_form = parts.transport or not parts.host or parts.path not in ("", "/")
    if scheme in LIBVIRT_DRIVERS and (scheme not in FAMILY_ALIASES or libvirt_form):
        return Family.LIBVIRT
    if scheme in FAMILY_ALIASES:
        return FAMILY_ALIASES[scheme]
    products = [family.value for family in Family if family is not Family.LIBVIRT]
    if scheme in products:
        return Family(scheme)
    meant = nearest(scheme, [*products, *FAMILY_ALIASES, *LIBVIRT_DRIVERS, DEMO])
    hint = f"did you mean `{meant}://`?" if meant else f"known are {', '.join([*LIBVIRT_DRIVERS, *products, DEMO])}"
    raise ValueError(f"`{mask_uri(text)}`: unknown kind of target `{scheme}`; {hint}")


def _libvirt(parts: _Parts, text: str) -> Target:
    scheme = "qemu" if parts.scheme == "kvm" else parts.scheme
    check_libvirt(scheme, parts.transport, parts.user, parts.host, parts.path, parts.params)
    transport = f"+{parts.transport}" if parts.transport else ""
    return Target(
        uri=f"{scheme}{transport}{text[text.index('://') :]}",
        driver=Family.LIBVIRT.value,
        family=Family.LIBVIRT,
        scheme=scheme,
        transport=parts.transport,
        user=parts.user,
        host=parts.host,
        port=parts.port,
        path=parts.path,
        params=tuple(parts.params),
    )


def _remote(parts: _Parts, family: Family) -> Target:
    """vSphere, Hyper-V, XCP-ng and Proxmox: a user, a host, perhaps a port, nothing else."""
    example = f"such as {EXAMPLES[family.value]}"
    if parts.transport:
        raise ValueError(f"`{parts.scheme}+{parts.transport}` is not offered; write {family.value}://, {example}")
    if not parts.host:
        raise ValueError(f"{family.value}:// names no host; {example}")
    if parts.path not in ("", "/") or parts.params:
        raise ValueError(f"{family.value}:// has something after the host; {example}")
    user, token = parts.user, ""
    if family is Family.PROXMOX and user:
        user, _, token = user.partition("!")
        name, _, realm = user.rpartition("@")
        if not (name and realm):
            raise ValueError(f"proxmox:// needs the user's realm (root@pam, monitor@pve); {example}")
        if "!" in parts.user and not token:
            raise ValueError(f"proxmox:// names no token after the `!`; {example}")
    return Target(
        uri=f"{family.value}://{_authority(parts.user, parts.host, parts.port)}",
        driver=family.value,
        family=family,
        scheme=family.value,
        user=user,
        token=token,
        host=parts.host,
        port=parts.port,
    )


def _demo(parts: _Parts) -> Target:
    if parts.transport or parts.host or parts.user or parts.path not in ("", "/"):
        raise ValueError(f"demo:// takes parameters only; such as {EXAMPLES[DEMO]}")
    query = urlencode(parts.params)
    try:
        wish = demo.parse(f"{DEMO}://?{query}" if query else f"{DEMO}://")
    except InvalidInput as error:
        raise ValueError(f"{error.failure.message}; {error.failure.hint}") from None
    uri = demo.address(wish)
    return Target(uri=uri, driver=DEMO, family=wish.family, scheme=DEMO, params=tuple(parse_qsl(uri.partition("?")[2])))


def _authority(user: str, host: str, port: int | None) -> str:
    # An account may hold an `@`; one that it begins with would look like no account at all.
    name = f"{quote(user[0], safe='')}{quote(user[1:], safe='@!$&*+,;=._~-')}@" if user else ""
    address = f"[{host}]" if ":" in host else host
    return f"{name}{address}{f':{port}' if port else ''}"

"""Kinds of connections as a person fills them in: which fields each has, and the address that they make."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import quote

import msgspec

from novatui.config.draft import Draft, draft
from novatui.config.errors import ConfigError
from novatui.config.secrets import REFERENCE_FORMS
from novatui.config.targets import DEFAULT_PORTS, parse_target
from novatui.config.tls import TLS_FORMS
from novatui.core.states import Family


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the form."""

    key: str
    label: str
    hint: str
    """What belongs there, for whoever is at it."""


_FIELDS = {
    "uri": Field(key="uri", label="Address", hint="a libvirt URI as libvirt writes it, or PRODUCT://USER@HOST"),
    "host": Field(key="host", label="Host", hint="name or address, with :PORT if it is not the usual one"),
    "user": Field(key="user", label="User", hint="the account there; nothing: as your ssh configuration says"),
    "account": Field(key="user", label="User", hint="the account there"),
    "realm": Field(key="user", label="User", hint="with its realm, and a token if there is one: monitor@pve!novatui"),
    "password": Field(key="password", label="Password", hint=f"{REFERENCE_FORMS}; nothing: asked when needed"),
    "tls": Field(key="tls", label="Certificate", hint=f"{TLS_FORMS}; nothing: system, or asked about once"),
    "name": Field(key="name", label="Name", hint="what you call it; nothing: its host"),
    "group": Field(key="group", label="Group", hint="label that gathers connections in the tree; nothing: none"),
    "ro": Field(key="ro", label="Look only", hint="yes: every call that could change something is refused"),
}

_COMMON = ("name", "group", "ro")
_YES = frozenset({"y", "yes", "true", "1"})


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of connection."""

    title: str
    example: str
    """Its address, with capitals where something is to be filled in."""
    family: Family | None = None
    """None: the address decides."""
    parts: tuple[str, ...]
    """Names of the fields that make the address and the login."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """All lines of the form."""
        return tuple(_FIELDS[part] for part in (*self.parts, *_COMMON))

    def uri(self, values: Mapping[str, str]) -> str:
        """The address that the fields make; empty while its host is missing."""
        if "uri" in self.parts:
            return values.get("uri", "")
        host, user = values.get("host", ""), values.get("user", "")
        if not host:
            return ""
        scheme, _, tail = self.example.partition("://")
        path = f"/{tail.partition('/')[2]}" if "/" in tail else ""
        login = f"{quote(user, safe='')}@" if user and self.family is Family.LIBVIRT else ""
        return f"{scheme}://{login}{host}{path}"

    def draft(self, values: Mapping[str, str], taken: Collection[str] = ()) -> Draft:
        """What was filled in. ConfigError with everything that is wrong with it."""
        given = {key: value.strip() for key, value in values.items()}
        uri = self.uri(given)
        if not uri:
            raise ConfigError(f"the {self.fields[0].label.lower()} is missing", self.fields[0].hint, key="host")
        settings: dict[str, object] = {key: given.get(key, "") for key in ("password", "tls", "group")}
        if self.family is not Family.LIBVIRT:
            settings["user"] = given.get("user", "")
        one = draft(uri, given.get("name", ""), taken, ro=given.get("ro", "").lower() in _YES, **settings)
        if one.name in taken:
            raise ConfigError(f"there is a connection `{one.name}` already", "choose another name", key="name")
        one.connection()
        return one


def _remote(family: Family, title: str, user: str) -> Template:
    return Template(
        title=title, example=f"{family.value}://HOST", family=family, parts=("host", user, "password", "tls")
    )


ANY = Template(title="any other address", example="URI", parts=("uri", "password", "tls"))
"""What everything fits into."""

SSH = Template(
    title="KVM on another host, over ssh",
    example="qemu+ssh://HOST/system",
    family=Family.LIBVIRT,
    parts=("host", "user"),
)

TEMPLATES: tuple[Template, ...] = (
    SSH,
    Template(
        title="KVM on another host, over TLS",
        example="qemu+tls://HOST/system",
        family=Family.LIBVIRT,
        parts=("host",),
    ),
    _remote(Family.VSPHERE, "VMware vCenter or ESXi", "account"),
    _remote(Family.HYPERV, "Microsoft Hyper-V", "account"),
    _remote(Family.XCPNG, "XCP-ng or XenServer pool", "account"),
    _remote(Family.PROXMOX, "Proxmox VE cluster or node", "realm"),
    ANY,
)
"""In the order in which they are offered."""


def filled(uri: str) -> tuple[Template, dict[str, str]]:
    """The form for an address that is known, with what it says filled in."""
    target = parse_target(uri)
    plain = not target.params and target.path in ("", "/system")
    for template in TEMPLATES:
        scheme = template.example.partition("://")[0]
        if template.family is target.family and scheme == uri.partition("://")[0] and target.host and plain:
            port = f":{target.port}" if target.port and target.port != _port_of(target.family) else ""
            host = f"[{target.host}]" if ":" in target.host else target.host
            user = f"{target.user}!{target.token}" if target.token else target.user
            return template, {"host": f"{host}{port}", "user": user}
    return ANY, {"uri": uri}


def _port_of(family: Family | None) -> int | None:
    return DEFAULT_PORTS.get(family) if family else None

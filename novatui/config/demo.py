"""The embedded demo fleet as data: what a `demo://` URI may ask for, and the connections that it stands for."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from novatui.config.errors import nearest
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import InvalidInput
from novatui.core.states import FAMILY_ALIASES, Family, Kind

DRIVER = "demo"
"""Scheme of the URI and entry of the driver registry."""

LARGEST = 1_000_000
"""Machines or hosts that can be asked for at most."""

_NUMBERS = {"vms": (1, LARGEST), "hosts": (1, LARGEST), "seed": (0, LARGEST), "at": (0, 10**10)}
"""Options that are whole numbers, with the least and the most that they take."""

VMS_PER_LIBVIRT_HOST = 120
"""A libvirt connection is one host: in a large fleet the rest of its share goes to the first connection."""

VMS_PER_HOST = 40
"""Machines on one host unless the number of hosts is given."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a demo URI asks for."""

    vms: int = 1000
    """Machines of the whole fleet."""
    hosts: int = 0
    """Hosts of the whole fleet; 0: as many as the machines need."""
    seed: int = 1
    family: Family | None = None
    """One connection of this family instead of the whole fleet."""
    site: str = ""
    """The connection of the fleet that is meant; empty for all of them. In a described world: the name of a host."""
    hostile: bool = False
    """Some machines have names that try to break the screen."""
    speed: float = 1.0
    """How much faster than real time the fleet lives; 0: it stands still."""
    at: int = 0
    """Epoch second at which the fleet stands still, with the past that led there; 0: it lives now."""
    world: str = ""
    """File of a described world to serve instead of an invented fleet."""
    fails: str = ""
    """Kinds of objects, separated by commas, that cannot be listed."""
    state: str = ""
    """File that keeps the calls that changed something, a JSON line each; without it they last as long as a worker."""


UNASKED: dict[str, object] = msgspec.structs.asdict(Wish())
"""Every option with its value where the URI does not name it."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One connection of the fleet."""

    name: str
    family: Family
    label: str = ""
    share: int = 1
    """Its part of the machines, out of the sum of all shares."""
    vms: int = 0
    hosts: int = 1
    first: int = 0
    """Machines of the sites before it: counting on from there makes names unique in the fleet."""
    protected: bool = False
    readonly: bool = False
    outages: bool = False
    """It is lost now and then, and comes back by itself."""


SITES: tuple[Site, ...] = (
    Site(name="vc-east", family=Family.VSPHERE, share=46, protected=True, readonly=True),
    Site(name="hv-clu1", family=Family.HYPERV, share=16),
    Site(name="pool-xen", family=Family.XCPNG, share=12),
    Site(name="pve-lab", family=Family.PROXMOX, share=18, outages=True),
    Site(name="kvm-03", family=Family.LIBVIRT, share=4, label="kvm-farm"),
    Site(name="kvm-12", family=Family.LIBVIRT, share=4, label="kvm-farm"),
)
"""Six connections of five families. Two of them are libvirt hosts, between which machines migrate."""


def expand(uri: str) -> list[ConnectionSpec]:
    """The connections that a `demo://` URI stands for. InvalidInput, naming the option, when it makes no sense."""
    wish = parse(uri)
    return [
        ConnectionSpec(
            name=site.name,
            family=site.family,
            driver=DRIVER,
            uri=_uri(wish, site),
            label=site.label,
            protected=site.protected,
            readonly=site.readonly,
        )
        for site in sites(wish)
        if wish.world or wish.site in ("", site.name)
    ]


def parse(uri: str) -> Wish:
    """Read a `demo://` URI. InvalidInput, naming the option, when it makes no sense."""
    parts = urlsplit(uri)
    if parts.scheme != DRIVER or parts.netloc or parts.path not in ("", "/"):
        raise InvalidInput(f"not a demo address: {uri}", hint="write demo:// or demo://?vms=5000&family=proxmox")
    wish = Wish()
    for option, text in parse_qsl(parts.query, keep_blank_values=True):
        wish = msgspec.structs.replace(wish, **{option: _value(option, text)})
    names = [site.name for site in SITES]
    if wish.site and not wish.world and wish.site not in names:
        raise _invalid("site", wish.site, ", ".join(names))
    return wish


def sites(wish: Wish) -> tuple[Site, ...]:
    """The connections of a fleet with their machines and hosts shared out; a family or a world stands alone."""
    family = wish.family or (Family.LIBVIRT if wish.world else None)
    if family is not None:
        chosen = next(site for site in SITES if site.family is family)
        calm = msgspec.structs.replace(chosen, label="", vms=wish.vms, protected=False, readonly=False, outages=False)
        return (msgspec.structs.replace(calm, hosts=_hosts(calm, wish, wish.vms)),)
    whole = sum(site.share for site in SITES)
    vms = [wish.vms * site.share // whole for site in SITES]
    for at, site in enumerate(SITES):
        if site.family is Family.LIBVIRT:
            vms[at] = min(vms[at], VMS_PER_LIBVIRT_HOST)
    vms[0] += wish.vms - sum(vms)
    return tuple(
        msgspec.structs.replace(site, vms=vms[at], hosts=_hosts(site, wish, vms[at]), first=sum(vms[:at]))
        for at, site in enumerate(SITES)
    )


def _hosts(site: Site, wish: Wish, vms: int) -> int:
    if site.family is Family.LIBVIRT:
        return 1
    if not wish.hosts:
        return max(3, -(-vms // VMS_PER_HOST))
    return max(1, round(wish.hosts * vms / wish.vms))


def address(wish: Wish) -> str:
    """The shortest URI that asks for the same."""
    asked = {name: _written(value) for name, value in msgspec.structs.asdict(wish).items() if value != UNASKED[name]}
    return f"{DRIVER}://?{urlencode(asked)}" if asked else f"{DRIVER}://"


def _uri(wish: Wish, site: Site) -> str:
    """The address of one connection: it names the whole fleet too, because machines move between connections."""
    if wish.family or wish.world:
        return address(msgspec.structs.replace(wish, family=site.family))
    return address(msgspec.structs.replace(wish, site=site.name))


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(option: str, text: str) -> object:
    if option in _NUMBERS:
        least, most = _NUMBERS[option]
        if not (text.isascii() and text.isdigit() and least <= int(text[:12]) <= most):
            raise _invalid(option, text, f"a whole number from {least} to {most}")
        return int(text)
    if option == "family":
        word = text.casefold()
        family = FAMILY_ALIASES.get(word) or next((f for f in Family if f.value == word), None)
        if family is None:
            raise _invalid(option, text, ", ".join(Family))
        return family
    if option == "site":
        return text
    if option == "hostile":
        if text not in ("0", "1"):
            raise _invalid(option, text, "0 or 1")
        return text == "1"
    if option == "speed":
        try:
            speed = float(text)
        except ValueError:
            speed = -1.0
        if not 0 <= speed <= 1000:
            raise _invalid(option, text, "a number from 0 to 1000")
        return speed
    if option == "fails":
        kinds = {kind.value for kind in Kind}
        if not text or not kinds.issuperset(text.split(",")):
            raise _invalid(option, text, f"kinds of objects, separated by commas: {', '.join(sorted(kinds))}")
        return text
    if option in ("world", "state"):
        if not text:
            raise _invalid(option, text, "the path of a file")
        return text
    meant = nearest(option, UNASKED)
    raise InvalidInput(
        f"demo:// has no option `{option}`",
        hint=f"did you mean `{meant}`?" if meant else f"it takes {', '.join(UNASKED)}",
        subject=option,
    )


def _invalid(option: str, text: str, takes: str) -> InvalidInput:
    return InvalidInput(f"demo:// cannot take `{text}` for `{option}`", hint=f"{option} takes {takes}", subject=option)

"""Where a machine is to move: the host that is meant, and the address by which its destination is reached.

Products whose hosts know each other (a vCenter, a cluster, a pool) need no address. libvirt's do: with peer-to-peer
the source host connects to the destination by itself, so it is the source's view that counts, not the console's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import SplitResult, urlsplit

import msgspec

from novatui.actions.outcome import Done
from novatui.actions.parts import Wish
from novatui.core.errors import InvalidInput
from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind
from novatui.core.verbs import VERBS, Verb
from novatui.engine.fleet import Connection, Fleet

OPTION = "migrate_uri"
"""Option of a connection: how other hosts reach it, when that cannot be told from how the console does."""

_LEFT_OUT = frozenset({"command", "keyfile", "no_tty", "no_verify", "netcat", "proxy", "pkipath", "known_hosts"})
"""Parameters of an address that are about the machine that connects."""


def completed(fleet: Fleet, verb: Verb, refs: Sequence[ObjectRef], given: Mapping[str, str]) -> dict[str, str]:
    """The arguments of a move with the address of its destination, where one is needed and was not given.

    InvalidInput when the destination is no host, belongs to another family, or is where a machine is already.
    """
    if not any(each.kind == "host" for each in verb.takes) or not given.get("to"):
        return dict(given)
    to = _host(fleet, given["to"])
    for ref in refs:
        _check_way(fleet, ref, to, disks=bool(given.get("store") or given.get("storage") == "copy"))
    answer = dict(given) | {"to": str(to)}
    away = {ref.conn for ref in refs} - {to.conn}
    if away and not answer.get("uri") and fleet.connections[to.conn].spec.family is Family.LIBVIRT:
        sources = [fleet.connections[conn] for conn in sorted(away)]
        led_from_here = answer.get("mode") == "client"
        answer["uri"] = _address(sources, fleet.connections[to.conn], led_from_here=led_from_here)
    return answer


def addressed(fleet: Fleet, verb: Verb, wish: Wish) -> Wish:
    """The same with the address of its destination, as `completed`; what is refused names the machine."""
    try:
        arguments = completed(fleet, verb, [wish.ref], wish.operation.arguments)
    except InvalidInput as refused:
        slot = fleet.inventory.slot(wish.ref.conn, wish.ref.key)
        name = fleet.inventory.name(slot) if slot is not None else wish.ref.id
        why = refused.failure
        raise InvalidInput(
            f"{name}: {why.message}", meaning=why.meaning, hint=why.hint, subject=why.subject
        ) from refused
    return msgspec.structs.replace(wish, operation=msgspec.structs.replace(wish.operation, arguments=arguments))


def refusal(fleet: Fleet, ref: ObjectRef, to: ObjectRef) -> str:
    """Why a machine cannot be sent to a host that would take it, as when nobody knows how that is reached; or empty."""
    try:
        completed(fleet, VERBS["migrate.live"], [ref], {"to": str(to)})
    except InvalidInput as refused:
        return ": ".join(filter(None, (refused.failure.message, refused.failure.hint)))
    return ""


def taken_back(fleet: Fleet, done: Done) -> Wish:
    """The operation that takes another back: for a machine that has moved to another connection, on that one.

    InvalidInput as `completed`. There the object is read anew: what it looked like after the move is not known.
    """
    assert done.inverse is not None, "whoever asks has seen it"
    to = done.operation.arguments.get("to", "") if done.verb in _MOVES else ""
    if not to or ObjectRef.parse(to).conn == done.ref.conn:
        return Wish(ref=done.ref, operation=done.inverse, state=done.state)
    ref = ObjectRef(ObjectRef.parse(to).conn, done.ref.kind, done.ref.id)
    arguments = completed(fleet, VERBS[done.inverse.verb], [ref], done.inverse.arguments)
    return Wish(ref=ref, operation=msgspec.structs.replace(done.inverse, arguments=arguments))


_MOVES = frozenset({"migrate.live", "migrate.offline"})


def host_of(fleet: Fleet, ref: ObjectRef) -> ObjectRef | None:
    """The host that a machine is on; None when that is not known."""
    inventory = fleet.inventory
    slot = inventory.slot(ref.conn, ref.key)
    key = inventory.value(slot, "host") if slot is not None else None
    if isinstance(key, str) and key and (host := inventory.slot(ref.conn, key)) is not None:
        return inventory.ref(host)
    hosts = [slot for slot in inventory.slots(Kind.HOST) if inventory.conn(slot) == ref.conn]
    return inventory.ref(hosts[0]) if len(hosts) == 1 else None


def named_host(fleet: Fleet, name: str) -> ObjectRef | None:
    """The one host of this name, or with this ref; None when there is none, or several."""
    inventory = fleet.inventory
    found = [inventory.ref(slot) for slot in inventory.slots(Kind.HOST)]
    fitting = [ref for ref in found if name in (str(ref), inventory.name(inventory.slot(ref.conn, ref.key) or 0))]
    return fitting[0] if len(fitting) == 1 else None


def _host(fleet: Fleet, text: str) -> ObjectRef:
    try:
        ref = ObjectRef.parse(text)
    except ValueError:
        raise InvalidInput(f"{text} is no reference of a host", subject="to") from None
    if fleet.inventory.slot(ref.conn, ref.key) is None:
        raise InvalidInput(f"there is no host {text}", subject="to")
    if ref.kind is Kind.CONNECTION:
        hosts = [slot for slot in fleet.inventory.slots(Kind.HOST) if fleet.inventory.conn(slot) == ref.conn]
        if len(hosts) == 1:
            return fleet.inventory.ref(hosts[0])
    if ref.kind is not Kind.HOST:
        raise InvalidInput(f"a machine moves to a host, {text} is a {ref.kind.value}", subject="to")
    return ref


def _check_way(fleet: Fleet, ref: ObjectRef, to: ObjectRef, *, disks: bool) -> None:
    """`disks`: they go to another store, and where that does not need another host the machine may stay."""
    here, there = fleet.connections.get(ref.conn), fleet.connections[to.conn]
    if here is not None and here.spec.family is not there.spec.family:
        raise InvalidInput(
            f"a machine of {here.spec.family.value} cannot move to a host of {there.spec.family.value}",
            hint="choose a host of the same family; m shows where it can run",
            subject="to",
        )
    stays = disks and there.spec.family is not Family.LIBVIRT
    if host_of(fleet, ref) == to and not stays:
        raise InvalidInput("it is on that host already", hint="choose another host", subject="to")


# --- addresses -----------------------------------------------------------------------------------------------------


def _address(sources: Sequence[Connection], to: Connection, *, led_from_here: bool) -> str:
    """How the destination is reached: from here, or from every one of these hosts."""
    if to.spec.driver != Family.LIBVIRT.value:
        return f"qemu+ssh://{to.info.hostname if to.info else to.name}/system"  # the demo plays libvirt
    if led_from_here:
        return to.spec.uri
    if chosen := to.spec.options.get(OPTION, ""):
        return chosen
    parts = urlsplit(to.spec.uri)
    if parts.hostname and parts.hostname not in _LOCAL:
        return _from_elsewhere(parts)
    if all(_is_local(urlsplit(source.spec.uri)) for source in sources):
        return to.spec.uri
    name = to.info.hostname if to.info else ""
    if not name or name in _LOCAL:
        raise InvalidInput(
            f"how {', '.join(source.name for source in sources)} reaches {to.name} is not known",
            meaning=f"this console reaches it as {to.spec.uri}, which means another machine there",
            hint=f"say it with uri=…, or once for all: {OPTION} of the connection {to.name}",
            subject="uri",
        )
    driver = parts.scheme.partition("+")[0]
    return f"{driver}+ssh://{name}{parts.path}"


_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})


def _is_local(parts: SplitResult) -> bool:
    return (parts.hostname or "") in _LOCAL


def _from_elsewhere(parts: SplitResult) -> str:
    kept = "&".join(each for each in parts.query.split("&") if each and each.partition("=")[0] not in _LEFT_OUT)
    return parts._replace(query=kept).geturl()

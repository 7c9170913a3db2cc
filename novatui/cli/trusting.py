"""`novatui config trust`: see the certificate that a server shows now, and store its fingerprint."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Sequence

from novatui.cli import exits
from novatui.cli.complaint import complain, narrate
from novatui.cli.session import Session, opened, prepare
from novatui.cli.streams import can_ask, say
from novatui.cli.targets import load_configuration
from novatui.config.paths import user_paths
from novatui.config.tls import parse_fingerprint, show_fingerprint
from novatui.config.trust import TrustStore
from novatui.core.errors import Fault
from novatui.engine.fleet import Connection, Target


def trust(options: Namespace) -> int:
    """Show the certificate; store its fingerprint once a person on a terminal agreed."""
    if not options.name:
        raise exits.UsageError("which connection?", hint="novatui config trust NAME")
    loaded = load_configuration(options, [options.name])
    name = loaded.selected[-1]
    endpoint = loaded.config.connections[name].uri.endpoint
    if not endpoint:
        raise exits.UsageError(f"{name} is no server: it shows no certificate")

    def alone(targets: Sequence[Target]) -> list[Target]:
        return [target for target in targets if target.spec.name == name]

    connection = asyncio.run(_looked_at(prepare(options, [options.name], alone), name))
    pin = presented(connection)
    if not pin:
        return _nothing_shown(connection)
    say(f"{endpoint} shows the certificate with the SHA-256 fingerprint {show_fingerprint(pin)}")
    if not can_ask():
        complain("not stored: there is no terminal to agree on", f"--tls pin:{pin} says it for one run")
        return exits.UNREACHED
    if not _agreed():
        complain("not stored")
        return exits.REFUSED
    TrustStore(user_paths().pins).add(name, endpoint, pin, replace=True)
    say(f"stored for {name} at {endpoint}")
    return exits.DONE


async def _looked_at(session: Session, name: str) -> Connection:
    async with opened(session) as fleet:
        return fleet.connections[name]


def presented(connection: Connection) -> str:
    """SHA-256 of the certificate that the server showed, trusted or not; empty when it is not known."""
    info, failure = connection.info, connection.failure
    shown = info.tls.pin if info is not None and info.tls is not None else ""
    if not shown and failure is not None and failure.fault is Fault.TLS_UNTRUSTED:
        shown = failure.subject
    try:
        return parse_fingerprint(shown)
    except ValueError:
        return ""


def _nothing_shown(connection: Connection) -> int:
    failure = connection.failure
    if failure is None:
        complain(f"{connection.name} shows no certificate that we could store", "only a connection over TLS shows one")
        return exits.FAILED
    complain(f"{connection.name}: {failure}", failure.hint)
    return exits.UNREACHED


def _agreed() -> bool:
    narrate("Compare it with what the server's own console shows. Trust it? [y/N]")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}

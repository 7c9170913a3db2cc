"""One-time tickets to the screen of a machine, taken when somebody asks for one, and kept nowhere.

`VirtualMachine.AcquireTicket("webmks")` gives the address of a WebSocket to the machine's screen, keyboard and mouse.
`SessionManager.AcquireCloneTicket` lets VMware Remote Console become our session (`vmrc://clone:TICKET@HOST/?moid=ID`,
as VMware's documentation of VMRC writes it): it is a login, and opens more than the one machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from novatui.backends.vsphere.fields import each, number, words
from novatui.backends.vsphere.planning import Planning, Subject
from novatui.backends.vsphere.session import Opened
from novatui.backends.vsphere.soap import element
from novatui.backends.vsphere.updates import Ref
from novatui.core.consoles import Handoff, Way
from novatui.core.errors import BackendFault
from novatui.core.text import clean

INTERACT = "VirtualMachine.Interact.ConsoleInteract"
"""What an account needs on a machine to sit at its screen."""

PORT = 443
"""Where a host listens for WebMKS when the ticket names no port."""

_ALGORITHMS = {"sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}
"""CertThumbprint.hashAlgorithm → what people call it; that of `sslThumbprint` shows in its length."""


class Handoffs:
    """Takes tickets in one session."""

    def __init__(self, opened: Opened, planning: Planning) -> None:
        self._opened = opened
        self._planning = planning

    def take(self, key: str, way: Way) -> Handoff:
        """See `ConsoleAccess.hand_off`."""
        subject = self._planning.screen(key)
        return self._to_socket(subject) if way is Way.WEBMKS else self._to_program(subject)

    def _to_socket(self, subject: Subject) -> Handoff:
        planning = self._planning
        call = planning.call(1, "AcquireTicket", subject.ref, ticketType=Way.WEBMKS.value)
        planning.check(subject, call, needs={subject.ref: (INTERACT,)})
        told = planning.asking.answer("AcquireTicket", subject.ref, element("ticketType", Way.WEBMKS.value))
        return Handoff(
            way=Way.WEBMKS,
            address=self._address(told),
            reaches=f"screen, keyboard and mouse of {subject.name}",
            lasts="works once, for 30 minutes as VMware documents it",
            certificates=tuple(dict.fromkeys(_certificates(told))),
        )

    def _to_program(self, subject: Subject) -> Handoff:
        planning, opened = self._planning, self._opened
        sessions = Ref("SessionManager", opened.content.sessionManager._moId)
        planning.check(subject, planning.call(1, "AcquireCloneTicket", sessions), needs={subject.ref: (INTERACT,)})
        ticket = planning.asking.answer("AcquireCloneTicket", sessions)
        if not isinstance(ticket, str) or not ticket:
            raise BackendFault("the server gave no ticket", subject="AcquireCloneTicket")
        pin = ":".join(re.findall("..", opened.tls.pin.upper()))
        return Handoff(
            way=Way.VMRC,
            address=f"vmrc://clone:{quote(clean(ticket), safe='')}@{opened.endpoint}/?moid={quote(subject.ref.id)}",
            reaches=f"{subject.name}, and all that {opened.user} may do at {opened.endpoint}: it is a login",
            lasts="works once, and only while this connection is open",
            certificates=(f"SHA-256 {pin}",) if pin else (),
            ends_with_session=True,
        )

    def _address(self, told: Any) -> str:
        """The ticket's own address, else made of its parts. A ticket without host is for the server that gave it."""
        url = clean(words(told, "url"))
        if url and urlsplit(url).scheme == "wss":
            return url
        ticket, host = words(told, "ticket"), words(told, "host") or self._opened.endpoint.host
        if not ticket:
            raise BackendFault("the server gave no ticket", subject="AcquireTicket")
        place = f"[{host}]" if ":" in host else host
        return clean(f"wss://{place}:{number(told, 'port') or PORT}/ticket/{quote(ticket, safe='')}")


def _certificates(told: Any) -> Iterator[str]:
    """VirtualMachineTicket.certThumbprintList (API 7.0.3), and sslThumbprint, which is older and has no algorithm."""
    for one in each(told, "certThumbprintList"):
        algorithm = words(one, "hashAlgorithm")
        if thumbprint := words(one, "thumbprint"):
            yield f"{_ALGORITHMS.get(algorithm, clean(algorithm))} {clean(thumbprint)}"
    if thumbprint := clean(words(told, "sslThumbprint")):
        size = len(thumbprint.replace(":", ""))
        yield f"{ {40: 'SHA-1', 64: 'SHA-256', 128: 'SHA-512'}.get(size, 'fingerprint') } {thumbprint}".strip()

"""Ways to the screen of a machine: a hand-off to a program of the product by a one-time ticket, and a picture of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from novatui.core.states import Power


class Way(StrEnum):
    """What a ticket is for."""

    WEBMKS = "webmks"
    """A WebSocket to the machine's screen, keyboard and mouse, for a console in a browser (VMware's WebMKS)."""
    VMRC = "vmrc"
    """VMware Remote Console, which becomes the session of this connection."""


SHOWN_IN: frozenset[Power] = frozenset({Power.RUNNING, Power.UNKNOWN})
"""States in which a machine may have a screen; the product has the last word."""

TITLES: dict[Way, str] = {Way.WEBMKS: "WebMKS address", Way.VMRC: "VMRC address"}


class Handoff(msgspec.Struct, frozen=True, kw_only=True):
    """An address with a ticket in it: whoever has it gets in. It is shown once, and kept nowhere."""

    way: Way
    address: str
    """The secret: `wss://…/ticket/T`, `vmrc://clone:T@…`."""
    reaches: str
    """What the ticket opens, in words."""
    lasts: str
    """How long it is good, in words."""
    certificates: tuple[str, ...] = ()
    """Fingerprints of the server that the address leads to, `SHA-256 AA:BB:…`, as the product told them."""
    ends_with_session: bool = False
    """It is worth nothing any more when this connection is closed before it was used."""

    def __repr__(self) -> str:
        """Without the ticket, wherever a frame or a local variable is printed."""
        return f"Handoff({self.way.value}, «secret»)"


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What was on the screen of a machine, as a PNG."""

    data: bytes
    taken_by: str
    """The native call or request that made it."""
    left: str = ""
    """A file that this left on the product's storage and that could not be removed, with the reason; empty for none."""

    def __repr__(self) -> str:
        """Without the pixels."""
        return f"Picture({len(self.data)} bytes, {self.taken_by!r}, left={self.left!r})"


MOST = 12 * 1024 * 1024
"""Bytes of a picture: it crosses to the console in one frame."""

PNG = b"\x89PNG\r\n\x1a\n"
"""How every PNG begins (RFC 2083, section 3.1)."""

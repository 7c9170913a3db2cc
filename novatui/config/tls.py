"""Which certificate of a server is believed: the `tls` setting and SHA-256 fingerprints."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

_FINGERPRINT = re.compile("[0-9a-f]{64}")

TLS_FORMS = "system, ca:FILE, pin:SHA256 or insecure"
"""How the setting is written, for messages."""


class Tls(msgspec.Struct, frozen=True):
    """What makes a server's certificate acceptable."""

    mode: Literal["system", "ca", "pin", "insecure"] = "system"
    """`system`: the machine's own authorities, or a fingerprint trusted earlier."""
    ca: str = ""
    """PEM file with the authorities, mode `ca` only."""
    pins: tuple[str, ...] = ()
    """SHA-256 of acceptable certificates, lower-case hex, mode `pin` only."""

    def __str__(self) -> str:
        if self.mode == "ca":
            return f"ca:{self.ca}"
        if self.mode == "pin":
            return f"pin:{','.join(self.pins)}"
        return self.mode


def parse_tls(text: str) -> Tls:
    """Read `system`, `ca:FILE`, `pin:SHA256[,SHA256…]` or `insecure`.

    ValueError with clear words otherwise.
    """
    mode, _, rest = text.partition(":")
    if text in ("system", "insecure"):
        return Tls(text)
    if mode == "ca":
        if not rest.startswith(("/", "~")):
            raise ValueError("needs the full path of a PEM file: ca:/etc/ssl/certs/my-ca.pem")
        return Tls("ca", ca=rest)
    if mode == "pin":
        return Tls("pin", pins=tuple(parse_fingerprint(part) for part in rest.split(",")))
    raise ValueError(f"is none of {TLS_FORMS}")


def parse_fingerprint(text: str) -> str:
    """A SHA-256 fingerprint in lower-case hex, from any usual spelling: with colons, upper case, `sha256:` in front."""
    bare = text.strip().casefold().removeprefix("sha256:").replace(":", "").replace(" ", "")
    if not _FINGERPRINT.fullmatch(bare):
        raise ValueError(
            "is not the SHA-256 fingerprint of a certificate (64 hexadecimal digits, colons allowed); "
            "`openssl x509 -noout -fingerprint -sha256` prints it"
        )
    return bare


def show_fingerprint(sha256: str) -> str:
    """The fingerprint as products print it, to be compared by eye: `AB:CD:…`."""
    upper = sha256.upper()
    return ":".join(upper[at : at + 2] for at in range(0, len(upper), 2))

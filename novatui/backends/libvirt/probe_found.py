"""What of libvirt's answers decides: the answer, a part of it, or what libvirt's own documentation says."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, tostring

import msgspec

from novatui.backends.found import Unanswered, declared, rely
from novatui.backends.libvirt.asking import EXCERPT, Asked
from novatui.core.capabilities import Evidence


def need(asked: Asked) -> Any:
    """The answer. Unanswered when there is none."""
    rely(asked.evidence)
    if asked.failure is not None:
        raise Unanswered(asked.failed, asked.evidence)
    return asked.value


def quoting(asked: Asked, part: Element | str | None, path: str = "") -> Evidence:
    """Its evidence with the part of the answer that decides, in place of its beginning. `path`: where that is looked
    for, said when there is nothing."""
    if part is None:
        part = f"nothing at {path}" if path else asked.evidence.excerpt
    text = part if isinstance(part, str) else tostring(part, encoding="unicode")
    return msgspec.structs.replace(asked.evidence, excerpt=" ".join(text.split())[:EXCERPT])


class Documented(msgspec.Struct, frozen=True):
    """What libvirt's own documentation says of its QEMU driver, where it has no call that tells."""

    since: int
    """libvirt's version number: major × 1,000,000 + minor × 1,000 + release."""
    source: str
    """The page, and what it says there."""


def documented(kind: Asked, version: Asked, what: Documented) -> Evidence:
    """The declaration. Unanswered for another driver of libvirt, an older version, or when it is not known which."""
    driver = need(kind)
    if driver != "QEMU":
        raise Unanswered(
            f"libvirt has no call that tells, and documents it of its QEMU driver only; this is its {driver} driver",
            kind.evidence,
        )
    if need(version) < what.since:
        raise Unanswered(
            "libvirt has no call that tells, and this version is older than what documents it", version.evidence
        )
    return declared(what.source)

"""What was found out of one feature: its value, and the call that decided it; or why nothing was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any
from xml.etree.ElementTree import Element, tostring

import msgspec

from novatui.backends.libvirt.asking import EXCERPT, Asked, declared
from novatui.core.capabilities import Answer, Evidence, Fact

Source = Asked | Evidence


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A fact before it is known which feature of what it is."""

    value: Answer
    evidence: Evidence | None
    reason: str = ""
    note: str = ""
    blocks: str = ""
    more: tuple[Evidence, ...] = ()

    def fact(self, feature: str, scope: str) -> Fact:
        """The fact."""
        return Fact(
            feature=feature,
            scope=scope,
            value=self.value,
            note=self.note,
            reason=self.reason,
            blocks=self.blocks,
            evidence=self.evidence,
            more=self.more,
        )


class Unanswered(Exception):
    """Nothing can be said: a question that decides was not answered, or libvirt has none."""

    def __init__(self, reason: str, evidence: Evidence | None = None) -> None:
        super().__init__(reason)
        self.found = Found(value=Answer.UNKNOWN, reason=reason, evidence=evidence)


_relied: ContextVar[list[Evidence]] = ContextVar("relied")


def settle(find: Callable[[], Found]) -> Found:
    """What it finds, with the evidence of everything that it needed for that."""
    relied: list[Evidence] = []
    before = _relied.set(relied)
    try:
        found = find()
    except Unanswered as none:
        found = none.found
    finally:
        _relied.reset(before)
    several = {_of(each): each for each in reversed((*found.more, *relied))}
    if found.evidence is not None:
        several.pop(_of(found.evidence), None)
    return msgspec.structs.replace(found, more=tuple(reversed(several.values())))


def _of(evidence: Evidence) -> tuple[object, ...]:
    """One call has one evidence, whichever part of its answer is quoted."""
    return (evidence.call, evidence.args, evidence.at, evidence.source)


def need(asked: Asked) -> Any:
    """The answer. Unanswered when there is none."""
    with suppress(LookupError):
        _relied.get().append(asked.evidence)
    if asked.failure is not None:
        raise Unanswered(asked.failed, asked.evidence)
    return asked.value


def yes(by: Source, reason: str = "", note: str = "", *more: Source) -> Found:
    """It is to be had."""
    return _found(Answer.YES, by, reason, note, more)


def partly(by: Source, reason: str, note: str = "", *more: Source) -> Found:
    """It is to be had on a condition, or of some."""
    return _found(Answer.PARTLY, by, reason, note, more)


def no(by: Source, reason: str, note: str = "", *more: Source) -> Found:
    """It is not to be had here."""
    return _found(Answer.NO, by, reason, note, more)


def unknown(by: Source, reason: str, note: str = "", *more: Source) -> Found:
    """It was asked, and the answer does not tell."""
    return _found(Answer.UNKNOWN, by, reason, note, more)


def _found(value: Answer, by: Source, reason: str, note: str, more: tuple[Source, ...]) -> Found:
    first, *others = (_evidence(each) for each in (by, *more))
    return Found(value=value, evidence=first, reason=reason, note=note, more=tuple(others))


def _evidence(source: Source) -> Evidence:
    return source.evidence if isinstance(source, Asked) else source


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

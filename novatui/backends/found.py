"""What was found out of one feature: its value, and the call that decided it; or why nothing was. Of any family."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Protocol

import msgspec

from novatui.core.capabilities import Answer, Evidence, Fact


class Answered(Protocol):
    """A question with its evidence."""

    @property
    def evidence(self) -> Evidence: ...


Source = Answered | Evidence


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
    """Nothing can be said: a question that decides was not answered, or the product has none."""

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


def rely(evidence: Evidence) -> None:
    """What is being found rests on this, too."""
    with suppress(LookupError):
        _relied.get().append(evidence)


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


def declared(source: str) -> Evidence:
    """Evidence of what is so by the product's own documentation, where there is no call to ask."""
    return Evidence(kind="declared", source=source)


def _found(value: Answer, by: Source, reason: str, note: str, more: tuple[Source, ...]) -> Found:
    first, *others = (each if isinstance(each, Evidence) else each.evidence for each in (by, *more))
    return Found(value=value, evidence=first, reason=reason, note=note, more=tuple(others))

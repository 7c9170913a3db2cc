"""Capability facts: a value with the evidence for it, all that is known of one object, and many facts in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from novatui.core.errors import Failure
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind


class Answer(StrEnum):
    """Whether a feature is to be had."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    NOT_OFFERED = "not_offered"
    UNKNOWN = "unknown"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why we say so: a call that went out on this connection, or a declaration where the product has none."""

    kind: str
    """`asked` or `declared`."""
    call: str = ""
    """Of the product's own interface: `virConnectGetDomainCapabilities`, `GET /nodes/pve1/hardware/pci`."""
    args: str = ""
    """What it was called with, as shown to people."""
    at: float | None = None
    """Epoch seconds."""
    ms: float | None = None
    excerpt: str = ""
    source: str = ""
    """Document or release that declares it."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One feature of one connection, host or machine."""

    feature: str
    """Slug of the feature, as in the command line contract."""
    scope: str
    """Key of the object, empty for the whole connection."""
    value: Answer
    note: str = ""
    """Shown beside the mark, twelve cells or so: `14/14`, `nbd`, `2.0`."""
    reason: str = ""
    """In words: of a partly its condition, of a no what is in the way, of an unknown why it is not known."""
    blocks: str = ""
    """What that takes away here, where it can be said better than in the feature's own sentence."""
    evidence: Evidence | None = None
    """What the value was decided by. None: nothing was asked; only an unknown one can be so."""
    more: tuple[Evidence, ...] = ()
    """Evidence that adds detail."""

    @property
    def proven(self) -> bool:
        """It says nothing, or something that was asked or declared. One of a driver that is not so does not count."""
        evidence = self.evidence
        if self.value is Answer.UNKNOWN:
            return bool(self.reason)
        if evidence is None:
            return False
        if evidence.kind == "asked":
            return bool(evidence.call) and evidence.at is not None and evidence.ms is not None
        return evidence.kind == "declared" and bool(evidence.source)


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of what one connection, host or machine can do."""

    ref: ObjectRef
    product: str = ""
    """Product and version that answered, as shown to people."""
    version: str = ""
    facts: dict[str, Fact] = {}
    """By slug of the feature; one that was never told is not in it."""
    at: float | None = None
    """Epoch seconds when it was asked, by the clock of the console; None: it never answered."""
    ms: float | None = None
    """How long it took."""
    calls: int = 0
    """Native calls that it took."""
    failure: Failure | None = None
    """Why the last question got no answer; what is known is older."""
    stale: bool = False
    """It may be otherwise now: not connected, another version than then, or the last question got no answer."""

    def fact(self, feature: str) -> Fact:
        """What is known of one feature; of one that was never told why not."""
        fact = self.facts.get(feature)
        if fact is not None:
            return fact
        scope = "" if self.ref.kind is Kind.CONNECTION else self.ref.key
        return unknown(feature, scope, str(self.failure) if self.failure else "not asked yet")


def unknown(feature: str, scope: str, reason: str, evidence: Evidence | None = None) -> Fact:
    """A fact that nothing is known of, and why."""
    return Fact(feature=feature, scope=scope, value=Answer.UNKNOWN, reason=reason, evidence=evidence)


def gather(feature: str, facts: Sequence[Fact]) -> Fact:
    """The facts of many hosts in one: `14/14` have it, `9/14` of them, or `9/14 2?` when two are not known.

    Products that do not offer it at all are not counted, unless there are no others. What is not known is never a no.
    The evidence is that of one host which decided the value; one fact alone stays as it is. The scope is empty.
    """
    if len(facts) == 1:
        return facts[0]
    if not facts:
        return unknown(feature, "", "nothing was asked yet")
    counted = [fact for fact in facts if fact.value is not Answer.NOT_OFFERED]
    if not counted:
        return msgspec.structs.replace(facts[0], scope="")
    number = Counter(fact.value for fact in counted)
    all_, yes, some, open_ = len(counted), number[Answer.YES], number[Answer.PARTLY], number[Answer.UNKNOWN]
    if open_ == all_:
        return unknown(feature, "", _why(counted, Answer.UNKNOWN), counted[0].evidence)
    share = f"{yes + some}/{all_}" + (f" {open_}?" if open_ else "")
    if yes + some == 0:
        value = Answer.UNKNOWN if open_ else Answer.NO
    else:
        value = Answer.YES if yes == all_ else Answer.PARTLY
    decided = _decider(counted, value)
    return Fact(
        feature=feature,
        scope="",
        value=value,
        note=share,
        reason=_told(counted, number),
        blocks=decided.blocks,
        evidence=decided.evidence,
    )


def _decider(facts: Sequence[Fact], value: Answer) -> Fact:
    """The fact that speaks for all: one that has it for a yes, else one that has it not, or not wholly."""
    for wanted in (Answer.YES,) if value is Answer.YES else (Answer.NO, Answer.PARTLY, Answer.UNKNOWN, Answer.YES):
        for fact in facts:
            if fact.value is wanted and fact.evidence is not None:
                return fact
    return facts[0]


def _told(facts: Sequence[Fact], number: Counter[Answer]) -> str:
    """In words how many say what, and why those do that do not say yes."""
    parts = [f"{number[Answer.YES]} of {len(facts)} say yes"]
    parts += [
        f"{number[value]} {word}{': ' if (why := _why(facts, value)) else ''}{why}"
        for value, word in ((Answer.PARTLY, "partly"), (Answer.NO, "no"), (Answer.UNKNOWN, "not known"))
        if number[value]
    ]
    return "; ".join(parts)


def _why(facts: Sequence[Fact], value: Answer) -> str:
    """The most frequent reason of those with this value."""
    reasons = Counter(fact.reason for fact in facts if fact.value is value and fact.reason)
    if not reasons:
        return ""
    said, _ = reasons.most_common(1)[0]
    return said if len(reasons) == 1 else f"{said} …"

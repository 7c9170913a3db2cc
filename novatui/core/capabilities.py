"""Capability facts: a value with the evidence for it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


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
    reason: str = ""
    evidence: Evidence

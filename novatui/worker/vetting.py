"""What a driver says of capabilities, checked: one fact for each feature, and none that says more than was asked."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from novatui.core.capabilities import Fact, unknown
from novatui.core.features import FEATURE, FEATURES


def vetted(facts: Iterable[Fact], scope: str) -> list[Fact]:
    """One fact for each feature, in order and of this scope; of several the first counts.

    What the driver left out is unknown, and so is what it says without evidence; a feature that is none is dropped.
    """
    told: dict[str, Fact] = {}
    for fact in facts:
        told.setdefault(fact.feature, fact)
    return [_vetted(told.get(feature.slug), feature.slug, scope) for feature in FEATURES]


def passable(facts: Iterable[Fact]) -> list[Fact]:
    """Those of features that there are; what is said without evidence is unknown."""
    return [_vetted(fact, fact.feature, fact.scope) for fact in facts if fact.feature in FEATURE]


def _vetted(fact: Fact | None, slug: str, scope: str) -> Fact:
    if fact is None:
        return unknown(slug, scope, "the driver does not ask about it")
    if not fact.proven:
        return unknown(
            slug, scope, fact.reason or f"the driver says {fact.value}, and gives no evidence", fact.evidence
        )
    return fact if fact.scope == scope else msgspec.structs.replace(fact, scope=scope)

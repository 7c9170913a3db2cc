"""Nothing in the support matrix is made up."""

from __future__ import annotations

import pytest

from novatui.backends.registry import ENTRIES
from novatui.core.features import FEATURE, FEATURES
from novatui.core.states import Family
from tests.support_matrix import (
    DECLARED,
    NOT_BUILT,
    cell,
    declared,
    is_built,
    lab_answers,
    print_matrix,
)

BUILT = [family for family in Family if is_built(family)]


def test_it_has_every_feature_and_every_family() -> None:
    rows = [line for line in print_matrix().splitlines() if line.startswith("|")]
    assert len(rows) == len(FEATURES) + 2
    assert {row.count(" | ") for row in rows} == {len(Family)}


@pytest.mark.parametrize("family", Family)
def test_a_family_is_built_when_it_can_be_opened(family: Family) -> None:
    assert is_built(family) == (family.value in ENTRIES)


@pytest.mark.parametrize("family", [family for family in Family if not is_built(family)])
def test_a_family_that_is_not_built_supports_nothing(family: Family) -> None:
    assert {cell(family, slug) for slug in FEATURE} == {NOT_BUILT}


@pytest.mark.parametrize("family", BUILT)
def test_a_driver_declares_every_feature_with_its_ground(family: Family) -> None:
    lines = declared(family)
    assert list(lines) == [slug for slug in FEATURE if slug in lines]
    for slug, line in lines.items():
        assert line.status in {*DECLARED, "todo"}, slug
        assert line.by or line.reason, slug


@pytest.mark.parametrize("family", BUILT)
def test_what_the_lab_answered_is_of_the_kind_that_the_driver_declares(family: Family) -> None:
    answers = lab_answers(family)
    if answers is None:
        pytest.skip(f"no lab of {family.value} was asked yet")
    kinds = {"done": {"asked"}, "declared": {"declared"}, "exempt": {"declared", "asked"}}
    for slug, line in declared(family).items():
        fact = answers.facts[slug]
        assert fact.kind in kinds[line.status] or fact.value == "unknown", slug
        assert (fact.value == "not_offered") == (line.status == "exempt") or fact.value == "unknown", slug

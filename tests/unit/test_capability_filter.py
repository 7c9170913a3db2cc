"""The filter of the matrix of capabilities: features by words, columns by keys, both by answers."""

from __future__ import annotations

import pytest

from novatui.core.capabilities import Answer
from novatui.core.features import FEATURE, FEATURES
from novatui.ui.capability_filter import CapabilityFilter
from novatui.ui.render.capabilities import Cell

COLUMN = {"name": "esx-07", "conn": "vc-east", "family": "vsphere"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("gpu", {"gpu_passthrough"}),
        ("sriov", {"sriov"}),
        ("SR-IOV", {"sriov"}),
        ("live storage", {"live_storage_migration"}),
    ],
)
def test_words_are_looked_for_in_slug_title_and_meaning(text: str, kept: set[str]) -> None:
    wanted = CapabilityFilter(text)
    found = {feature.slug for feature in FEATURES if wanted.feature(feature)}
    assert kept <= found
    assert len(found) < 4


def test_a_negated_word_leaves_all_others() -> None:
    assert not CapabilityFilter("!gpu").feature(FEATURE["gpu_passthrough"])
    assert CapabilityFilter("!gpu").feature(FEATURE["tpm"])


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("conn:vc*", True), ("conn:kvm*", False), ("!conn:kvm*", True), ("fam:esx", True), ("fam:kvm,vc", True),
        ("fam:pve", False), ("host:esx-0?", True), ("name:esx-08", False), ("gpu no", True),
    ],
)  # fmt: skip
def test_keys_are_about_columns(text: str, fits: bool) -> None:
    assert CapabilityFilter(text).column(COLUMN) is fits


@pytest.mark.parametrize(
    ("text", "cell", "fits"),
    [
        ("no", Cell(Answer.NO, told=True), True),
        ("no", Cell(), False),
        ("!no", Cell(), True),
        ("unknown", Cell(), True),
        ("no,unknown", Cell(Answer.YES, told=True), False),
        ("not-offered", Cell(Answer.NOT_OFFERED, told=True), True),
        ("is:yes", Cell(Answer.YES, told=True), True),
        ("asked", Cell(Answer.YES, told=True), True),
        ("asked", Cell(Answer.YES, told=True, declared=True), False),
        ("declared yes", Cell(Answer.YES, told=True, declared=True), True),
        ("asked", Cell(told=True), False),
        ("stale", Cell(Answer.YES, told=True, stale=True), True),
    ],
)
def test_answers_are_about_cells(text: str, cell: Cell, fits: bool) -> None:
    wanted = CapabilityFilter(text)
    assert wanted.by_answer
    assert wanted.cell(cell) is fits
    assert all(wanted.feature(feature) for feature in FEATURES)

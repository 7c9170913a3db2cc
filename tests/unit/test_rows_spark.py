"""Sparklines: gaps are not zeros, the newest sample is at the right, the width is exact."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from novatui.ui.render.spark import ASCII, BLOCKS, GAP, Kind, sparkline

kinds = st.sampled_from(["braille", "block", "ascii"])
samples = st.lists(st.none() | st.floats(), max_size=200)


@given(samples, st.integers(0, 60), kinds, st.none() | st.floats(0, 1e12))
def test_any_samples_make_exactly_the_width(
    values: list[float | None], width: int, kind: Kind, high: float | None
) -> None:
    line = sparkline(values, width, high=high, kind=kind)
    assert cell_len(line) == len(line) == width
    if kind == "ascii":
        assert line.isascii()


def test_blocks_rise_with_the_sample() -> None:
    steps = [8 * 100 / 64 * i for i in range(8)]
    assert sparkline(steps, 8, high=100, kind="block") == BLOCKS
    assert sparkline(steps, 8, high=100, kind="ascii") == ASCII


@pytest.mark.parametrize("kind", ["braille", "block", "ascii"])
def test_a_zero_is_not_a_gap(kind: Kind) -> None:
    none, zero = sparkline([None] * 8, 4, kind=kind), sparkline([0.0] * 8, 4, kind=kind)
    assert none == GAP[kind] * 4
    assert GAP[kind] not in zero


@pytest.mark.parametrize("kind", ["braille", "block", "ascii"])
def test_nan_is_a_gap_and_infinity_is_the_top(kind: Kind) -> None:
    assert sparkline([math.nan] * 2, 1, high=1, kind=kind) == GAP[kind]
    assert sparkline([math.inf] * 2, 1, high=1, kind=kind) == sparkline([1.0] * 2, 1, high=1, kind=kind)
    assert sparkline([-5.0] * 2, 1, high=1, kind=kind) == sparkline([0.0] * 2, 1, high=1, kind=kind)


def test_few_samples_stand_at_the_right_and_only_the_newest_are_shown() -> None:
    assert sparkline([100.0], 4, high=100, kind="block") == "···█"
    assert sparkline([100.0, 0.0, 0.0], 2, high=100, kind="block") == "▁▁"


def test_braille_has_two_samples_in_a_cell() -> None:
    assert sparkline([0.0, 30.0, 60.0, 99.0], 2, high=100) == "⣠⣾"
    assert sparkline([None, 100.0], 1, high=100) == "⢸"
    assert sparkline([100.0, None], 1, high=100) == "⡇"


def test_without_a_scale_the_largest_sample_is_the_top() -> None:
    assert sparkline([1.0, 2.0, 4.0], 3, kind="block") == "▃▅█"
    assert sparkline([0.0, 0.0], 2, kind="block") == "▁▁"

"""Figures as people read them: short, never more exact than meant, and unknown rather than wrong."""

from __future__ import annotations

import pytest

from novatui.core import units


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "?"), (0, "0"), (3.2, "3.2"), (7.0, "7"), (433.4, "433"), (9999, "9999"), (12_345, "12k"),
        (999_999, "1.0M"), (1.25e6, "1.2M"), (9.9e17, "990P"), (1e25, "10000000E"),
        (float("nan"), "?"), (float("inf"), "?"),
    ],
)  # fmt: skip
def test_counts(value: float | None, shown: str) -> None:
    assert units.count(value) == shown


@pytest.mark.parametrize("write", [units.size, units.count, units.percent, units.span])
@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_unknown(write: object, value: float | None) -> None:
    assert write(value) == "?"  # type: ignore[operator]


@pytest.mark.parametrize("exponent", range(18))
def test_everyday_figures_have_five_characters_at_most(exponent: int) -> None:
    for digits in (1, 1.234, 9.94, 9.95, 9.99, 9.995):
        for write in (units.size, units.count):
            assert len(write(digits * 10**exponent)) <= 5


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(3, "0s"), (17, "15s"), (61, "1m"), (660, "11m"), (7200, "2h"), (86400 * 41, "41d"), (float("inf"), "?")],
)
def test_ages(seconds: float, shown: str) -> None:
    assert units.age(seconds) == shown


def test_a_value_younger_than_its_period_has_no_age() -> None:
    assert units.age(15.0, period=20.0) == ""

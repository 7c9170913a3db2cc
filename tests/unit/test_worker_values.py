"""A driver's mistakes in columns are dropped with a line in the log, and cost nothing but themselves."""

from __future__ import annotations

from enum import StrEnum

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.core.inventory import FIELDS
from novatui.worker.values import checked


class Word(StrEnum):
    RUNNING = "running"


def test_values_of_the_right_type_pass() -> None:
    values = {"name": "x", "vcpus": 2, "maintenance": False, "tags": ("a", "b"), "since": 1.5, "power": Word.RUNNING}
    passed = checked("right", values)
    assert passed == values | {"tags": ["a", "b"]}
    assert type(passed["power"]) is str


def test_none_stays_and_zero_is_not_none() -> None:
    assert checked("right", {"name": None, "vcpus": 0, "alarms": 0, "description": ""}) == {
        "name": None,
        "vcpus": 0,
        "alarms": 0,
        "description": "",
    }


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("vcpus", "2"),
        ("vcpus", True),
        ("vcpus", 2.5),
        ("memory", 2**70),
        ("name", 3),
        ("name", b"x"),
        ("maintenance", 1),
        ("since", float("nan")),
        ("since", float("inf")),
        ("since", 10**400),
        ("tags", "one"),
        ("tags", [1]),
        ("ip", {"a": 1}),
    ],
)
def test_a_value_of_another_type_becomes_unknown_and_is_reported_once(
    column: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    driver = f"driver of {column} {value!r}"[:60]
    for _ in range(3):
        assert checked(driver, {column: value, "uuid": "u"}) == {column: None, "uuid": "u"}
    assert len([r for r in caplog.records if column in r.getMessage()]) == 1


def test_a_column_that_does_not_exist_is_dropped_and_reported(caplog: pytest.LogCaptureFixture) -> None:
    assert checked("inventive", {"nonsense": 1, "name": "x"}) == {"name": "x"}
    assert "nonsense" in caplog.text


@given(st.dictionaries(st.sampled_from([f.name for f in FIELDS]), st.from_type(object) | st.text() | st.floats()))
def test_whatever_passes_can_be_sent(values: dict[str, object]) -> None:
    msgspec.msgpack.encode(checked("random", values))


@given(st.text(st.characters(categories=["Cs"]), min_size=1))
def test_lone_surrogates_can_be_sent(text: str) -> None:
    msgspec.msgpack.encode(checked("surrogates", {"name": text, "tags": [text]}))

"""The model: names, states, codes and units hold what they promise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from novatui.core import inventory, logcode, metrics, units
from novatui.core.ids import ObjectRef, split_key
from novatui.core.states import Kind

natives = st.text(min_size=1)


@given(natives, st.sampled_from(Kind), natives)
def test_a_reference_survives_its_text(conn: str, kind: Kind, native: str) -> None:
    ref = ObjectRef(conn, kind, native)
    assert ObjectRef.parse(str(ref)) == ref
    assert split_key(ref.key) == (kind, native)
    assert str(ref).isascii()
    assert str(ref).isprintable()


@given(st.floats(min_value=logcode.FLOOR, max_value=1e22))
def test_a_log_code_is_within_half_a_permille(value: float) -> None:
    decoded = logcode.decode(logcode.encode(value))
    assert decoded is not None
    assert abs(decoded - value) <= value * 0.0005001


def test_a_log_code_tells_zero_from_absent() -> None:
    assert logcode.decode(logcode.encode(0.0)) == 0.0
    for absent in (None, float("nan"), float("inf"), -1.0):
        assert logcode.decode(logcode.encode(absent)) is None
    assert logcode.decode(logcode.encode(1e300)) is not None


def test_column_and_metric_names_are_unique() -> None:
    names = [f.name for f in inventory.FIELDS] + list(metrics.NAMES)
    assert len(names) == len(set(names))


def test_sizes_are_read_as_they_are_written() -> None:
    assert units.parse_size("8G") == 8 * 1024**3
    assert units.parse_size("1.5 MiB") == 1.5 * 1024**2
    assert units.parse_size("300") == 300
    assert units.parse_size("8Q") is None
    assert units.size(16 * 1024**3) == "16G"
    assert units.size(1536) == "1.5K"
    assert units.size(None) == "?"


@given(st.floats(min_value=0, max_value=1e18))
def test_a_size_takes_five_cells_at_most(value: float) -> None:
    assert len(units.size(value)) <= 5


def test_spans() -> None:
    assert units.parse_span("14d") == 14 * 86400
    assert units.parse_span("x") is None
    assert [units.span(s) for s in (17, 240, 7200, 41 * 86400)] == ["17s", "4m", "2h", "41d"]
    assert [units.age(s, 2.0) for s in (1, 17, 65)] == ["", "15s", "1m"]

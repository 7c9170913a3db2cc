"""RowList against a plain list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.ui.rows import rowlist
from novatui.ui.rows.rowlist import RowList


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short chunks, so that a few rows already meet every chunk boundary."""
    monkeypatch.setattr(rowlist, "LOAD", 8)


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 40), st.integers(0, 30)), max_size=40))
def test_splices_equal_those_of_a_list(edits: list[tuple[int, int, int]]) -> None:
    rows, plain, fresh = RowList(), [], 0
    for start, length, added in edits:
        start = min(start, len(plain))
        stop = min(start + length, len(plain))
        new = list(range(fresh, fresh + added))
        fresh += added
        expected = plain[start:stop]
        plain[start:stop] = new
        assert rows.splice(start, stop, new) == expected
        assert list(rows) == plain
        assert len(rows) == len(plain)
        assert [rows.index(row) for row in plain] == list(range(len(plain)))
        assert [rows[i] for i in range(len(plain))] == plain
        assert rows.slice(start - 3, stop + 5) == plain[max(0, start - 3) : stop + 5]


def test_a_row_may_be_put_back_by_the_splice_that_removes_it() -> None:
    rows = RowList([1, 2, 3, 4])
    assert rows.splice(1, 4, [4, 2]) == [2, 3, 4]
    assert list(rows) == [1, 4, 2]


@pytest.mark.parametrize("new", [[7, 7], [1], [2, 9]])
def test_a_second_occurrence_is_refused_and_changes_nothing(new: list[int]) -> None:
    rows = RowList([1, 2, 3])
    with pytest.raises(ValueError):
        rows.splice(2, 3, new)
    assert list(rows) == [1, 2, 3]
    assert [rows.index(row) for row in (1, 2, 3)] == [0, 1, 2]


def test_absent_rows_are_told() -> None:
    rows = RowList([5])
    assert 6 not in rows
    with pytest.raises(KeyError):
        rows.index(6)
    with pytest.raises(IndexError):
        rows[1]
    with pytest.raises(IndexError):
        rows[-1]


def test_many_removals_leave_few_chunks() -> None:
    rows = RowList(range(4000))
    for row in range(0, 4000, 2):
        at = rows.index(row)
        rows.splice(at, at + 1, ())
    for row in range(1, 3960, 2):
        at = rows.index(row)
        rows.splice(at, at + 1, ())
    assert list(rows) == list(range(3961, 4000, 2))
    assert len(rows._chunks) < 12

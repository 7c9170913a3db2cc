"""Sets of processors, read and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.core.cpuset import cpu_map, parse, written
from novatui.core.errors import InvalidInput


@given(st.frozensets(st.integers(0, 300), min_size=1))
def test_what_is_written_reads_the_same(cpus: frozenset[int]) -> None:
    assert parse(written(cpus)) == cpus


def test_ranges_and_exceptions() -> None:
    assert parse("0-7, ^3,12") == {0, 1, 2, 4, 5, 6, 7, 12}
    assert written({7, 0, 1, 2}) == "0-2,7"
    assert cpu_map("1-9", 4) == (False, True, True, True)


@pytest.mark.parametrize("text", ["", "a", "3-1", "1,,2", "-1", "1-", "0-99999999", "^0"])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse(text)

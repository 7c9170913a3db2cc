"""The hash chain of the journal: whatever is changed in it is found, and where."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from novatui.actions import journal


def written(count: int) -> bytes:
    """A journal made from its description, not by the product."""
    lines: list[str] = []
    head = "0" * 64
    for seq in range(1, count + 1):
        body = json.dumps({"seq": seq, "prev": head, "verb": "start", "who": "ana"}, separators=(",", ":"))
        head = sha256(body.encode()).hexdigest()
        lines.append(f'{body[:-1]},"hash":"{head}"}}\n')
    return "".join(lines).encode()


def test_a_journal_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert list(journal.read(tmp_path / "none.jsonl")) == []


def test_a_whole_journal_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(written(5))
    assert [record.seq for record in journal.read(path)] == [1, 2, 3, 4, 5]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_flipped_byte_is_found_at_its_record(tmp_path: Path, at: int, flip: int) -> None:
    whole = written(4)
    at %= len(whole)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
    with pytest.raises(journal.BrokenChain) as broken:
        list(journal.read(path))
    assert broken.value.seq == whole[:at].count(b"\n") + 1


@pytest.mark.parametrize("drop", [0, 1, 2])
def test_a_dropped_record_breaks_the_chain(tmp_path: Path, drop: int) -> None:
    lines = written(4).splitlines(keepends=True)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(lines[:drop] + lines[drop + 1 :]))
    with pytest.raises(journal.BrokenChain) as broken:
        list(journal.read(path))
    assert broken.value.seq == drop + 1

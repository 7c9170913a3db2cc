"""The recorded migrations are what their format says, and each ends with what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.libvirt.recordings import FOLDER, FORMAT, Recording, load, write

LARGEST_FILE = 60_000
HIGHEST_BANDWIDTH_MIB = 32

FILES = sorted(FOLDER.glob("*.jsonl"))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    lines = [
        {"t": 1.0, "refused": [55, "domain is not running"]},
        {"t": 0.25, "stats": {"type": 2, "b": 3}},
        {"t": 0.5, "stats": {"type": 2, "a": 1}},
        {"t": 0.3, "action": "downtime", "value": 100, "refused": [1, "no"], "limits": {}},
        {"t": 0.4, "event": "iteration", "host": "source", "value": 1},
    ]
    write(file, {"scenario": "x"}, lines, {"t": 1.1, "end": "done"})
    read = load(file)
    assert [(sample.t, sample.stats, sample.refused) for sample in read.samples] == [
        (0.25, {"type": 2, "b": 3}, None),
        (0.5, {"type": 2, "a": 1}, None),
        (1.0, {}, (55, "domain is not running")),
    ]
    assert read.header == {"format": FORMAT, "scenario": "x", "keys": ["a", "b", "type"]}
    assert [line["value"] for line in (*read.actions, *read.events)] == [100, 1]
    assert (read.name, read.outcome) == ("x", {"t": 1.1, "end": "done"})


def test_another_format_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    write(file, {"format": FORMAT + 1, "keys": []}, [], {"t": 0, "end": "done"})
    with pytest.raises(ValueError, match="format"):
        load(file)


@pytest.fixture(params=FILES, ids=[file.stem for file in FILES])
def recording(request: pytest.FixtureRequest) -> Recording:
    return load(request.param)


def test_it_is_a_small_file_of_a_slow_migration(recording: Recording) -> None:
    assert (FOLDER / f"{recording.name}.jsonl").stat().st_size < LARGEST_FILE
    told = [recording.header["limits"], *(action["limits"] for action in recording.actions)]
    assert all(limits["bandwidth_mib_s"] <= HIGHEST_BANDWIDTH_MIB for limits in told)
    assert recording.header["scenario"] == recording.name
    times = [sample.t for sample in recording.samples]
    assert times == sorted(times)


def test_its_last_line_says_what_the_figures_say(recording: Recording) -> None:
    """The outcome agrees with libvirt's own job, events and machine states."""
    outcome = recording.outcome
    aborts = [action for action in recording.actions if action["action"] == "abort"]
    iterations = [event["value"] for event in recording.events if event["event"] == "iteration"]
    assert iterations == sorted(iterations)
    if outcome["end"] == "done":
        assert outcome["source"] != "running"
        assert outcome["target"] in ("running", "paused")
        assert outcome["downtime_ms"] == outcome["completed"]["downtime"]
        assert outcome["completed"]["data_remaining"] == 0
        assert iterations
    else:
        assert outcome["source"] in ("running", "paused")
        assert outcome["target"] not in ("running", "paused")
        assert outcome["error"]
    assert (outcome["end"] == "cancelled") == (outcome["by"] is not None)
    if outcome["by"] == "patience":
        assert aborts[-1]["t"] >= recording.header["patience_s"]

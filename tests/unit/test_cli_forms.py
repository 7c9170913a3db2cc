"""The values that scripts get, and the lines that people get."""

from __future__ import annotations

import json
from io import BytesIO, TextIOWrapper

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.cli import streams
from novatui.cli.exits import OutputLost, ReaderGone
from novatui.cli.forms import plain, timestamp
from novatui.core.detail import Lease
from novatui.core.errors import Failure, Fault
from novatui.core.events import Event
from novatui.core.migration import MigrationProgress
from novatui.core.tasks import Task, TaskState
from novatui.core.vmspec import VmSpec


def written(capture: pytest.CaptureFixture[bytes]) -> str:
    streams.flush()
    return capture.readouterr().out.decode()


@pytest.mark.parametrize(
    ("epoch", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1795400090.4575, "2026-11-23T02:14:50.457Z"),
        (float("nan"), None),
        (float("inf"), None),
        (1e20, None),
        (-1e20, None),
    ],
)
def test_moments_are_iso_8601_in_utc(epoch: float, text: str | None) -> None:
    assert timestamp(epoch) == text


def test_what_is_not_stated_is_no_key() -> None:
    assert plain(Failure(fault=Fault.TIMEOUT, message="late")) == {"fault": "timeout", "message": "late"}
    assert plain(Lease(mac="aa", ip="1.2.3.4", expires=0.0))["expires"] == "1970-01-01T00:00:00.000Z"
    event = plain(Event(id="1", at=1.0, seen=2.0, native_type="x", polled=False))
    assert event == {
        "id": "1",
        "at": "1970-01-01T00:00:01.000Z",
        "seen": "1970-01-01T00:00:02.000Z",
        "severity": "info",
        "native_type": "x",
        "polled": False,
    }


def test_none_and_nothing_are_told_apart() -> None:
    form = plain(VmSpec(name="a", disks=(), autostart=False))
    assert form["disks"] == []
    assert form["autostart"] is False
    assert "numa" not in form
    assert "uuid" not in form


def test_what_json_cannot_say_is_no_key() -> None:
    progress = MigrationProgress(rate=float("inf"), dirty_rate=float("nan"), elapsed=3.0)
    task = Task(id="1", verb="migrate", state=TaskState.RUNNING, started=1e30, migration=progress)
    assert plain(task)["migration"] == {"fidelity": "none", "elapsed": 3.0}
    assert "started" not in plain(task)


@given(st.text())
def test_a_line_stays_a_line_and_controls_nothing(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        raw = BytesIO()
        patch.setattr("sys.stdout", TextIOWrapper(raw, encoding="utf-8", newline="\n"))
        streams.say(text)
        streams.flush()
        line = raw.getvalue().decode()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert not any(char < " " or "\x7f" <= char <= "\x9f" for char in line[:-1])


def test_json_is_utf8_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(raw, encoding="ascii"))
    streams.say_json({"name": "ü\x1b[2J\n中"})
    streams.flush()
    assert json.loads(raw.getvalue().decode()) == {"name": "ü\x1b[2J\n中"}
    assert b"\x1b" not in raw.getvalue()
    assert raw.getvalue().count(b"\n") == 1


def test_native_text_keeps_its_lines(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    streams.say_lines("<a>\n\t<b/>\r\n</a>\x1b[2J")
    assert written(capsysbinary) == "<a>\n\t<b/>\n</a>\ufffd[2J\n"


def test_columns_are_as_wide_as_their_widest_cell(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    streams.say_table(["NAME", "N"], [["中文机", "7"], ["é", "100"]], right=frozenset({1}))
    assert written(capsysbinary) == "NAME      N\n中文机    7\né       100\n"


class Broken(TextIOWrapper):
    """A stream that cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__(BytesIO())
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


def test_a_reader_that_left_is_told_from_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Broken(BrokenPipeError()))
    with pytest.raises(ReaderGone):
        streams.say("x")
    monkeypatch.setattr("sys.stdout", Broken(OSError(28, "No space left on device")))
    with pytest.raises(OutputLost, match="No space left"):
        streams.say("x")

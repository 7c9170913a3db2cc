"""The log file: private, clean, without secrets, and never in the way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from novatui.cli import complaint, log
from novatui.config.redact import Redactor


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[logging.Logger]:
    """The root logger without the handlers of the tests; put back as it was."""
    monkeypatch.setenv("NOVATUI_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(logging, "raiseExceptions", True)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    yield root
    for handler in root.handlers:
        handler.close()
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def redactor(monkeypatch: pytest.MonkeyPatch) -> Redactor:
    redactor = Redactor()
    monkeypatch.setattr(log, "REDACTOR", redactor)
    monkeypatch.setattr(complaint, "REDACTOR", redactor)
    return redactor


def test_the_file_is_made_with_the_first_record_and_for_its_owner_only(root: logging.Logger) -> None:
    path = log.start(debug=False)
    assert path
    root.info("not worth a line")
    assert not path.exists()
    root.warning("worth a line")
    assert path.read_text().endswith("root WARNING worth a line\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_debug_tells_everything_whatever_is_configured(root: logging.Logger) -> None:
    path = log.start(debug=True)
    assert path
    log.set_level("error")
    root.debug("a trifle")
    assert "DEBUG a trifle" in path.read_text()


def test_the_configured_level_counts_without_debug(root: logging.Logger) -> None:
    path = log.start(debug=False)
    assert path
    log.set_level("error")
    root.warning("a trifle")
    assert not path.exists()


def test_no_secret_and_no_control_character_gets_in(root: logging.Logger, redactor: Redactor) -> None:
    redactor.add("hunter/2")
    path = log.start(debug=False)
    assert path
    try:
        raise ValueError("login with hunter/2 failed \x1b[2J")
    except ValueError:
        root.exception("%s said %s", "kvm1", "aHVudGVyLzI= hunter%2F2")
    text = path.read_text()
    assert "kvm1 said «secret» «secret»" in text
    assert "ValueError: login with «secret» failed \ufffd[2J" in text


def test_a_log_that_cannot_be_written_is_done_without(
    root: logging.Logger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    log.start(debug=False)
    root.warning("lost")
    root.warning("lost, too")
    assert capsys.readouterr() == ("", "")


def test_without_a_home_only_debug_has_a_log(root: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown_home() -> None:
        raise log.ConfigError("the home folder is unknown")

    monkeypatch.setattr(log, "user_paths", unknown_home)
    assert log.start(debug=False) is None
    path = log.start(debug=True)
    assert path
    assert path.exists()
    path.unlink()


def test_narration_is_one_clean_line_without_secrets(redactor: Redactor, capsys: pytest.CaptureFixture[str]) -> None:
    redactor.add("hunter2")
    complaint.complain("vm\n\x1b[31mred hunter2", "try harder")
    assert capsys.readouterr().err == "novatui: vm \ufffd[31mred «secret» — try harder\n"

"""Any command line and any error ends in words and an exit code."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from novatui.cli import dispatch as dispatching
from novatui.cli.dispatch import dispatch
from novatui.cli.session import code_of
from novatui.cli.verbs import VERBS
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import AuthFailed, BackendFault, InvalidInput, MissingLibrary, NovaError, Unreachable
from novatui.core.states import Family, Kind, Link
from novatui.engine.connection import Connection


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No configuration, and a log of the test's own."""
    monkeypatch.setenv("NOVATUI_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NOVATUI_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("sys.stdin", None)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before, level


WORDS = st.one_of(
    st.sampled_from([*VERBS, "--json", "--", "-", "-c", "--kind", "vm", "cpu>80", "show", "path", "check", "verify"]),
    st.text(max_size=12).filter(lambda word: "\0" not in word),
    st.sampled_from(["\x1b[31m", "\udcff", "a\nb", "'\"`$(x)", "%s%n", "../../..", "=" * 300]),
)


BY_THEMSELVES = frozenset({"worker", "screenshots"})
"""Verbs that do long work without any connection being named."""


@given(st.sampled_from([verb for verb in VERBS if verb not in BY_THEMSELVES]), st.lists(WORDS, max_size=5))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_command_line_ends_in_anything_but_words(
    capfd: pytest.CaptureFixture[str], verb: str, words: list[str]
) -> None:
    """Nothing is configured, so that no connection is ever opened."""
    code = dispatch([verb, *(word for word in words if "demo" not in word and word != "--debug")])
    said = capfd.readouterr()
    assert code in {0, 1, 2}
    assert code == 0 or said.err.startswith("novatui: ") or verb == "doctor"
    assert "internal error" not in said.err
    assert "\x1b" not in said.out + said.err


class Failing:
    """A verb that ends in an error."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, options: object) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (AuthFailed("the password was refused", code="E7", hint="check it"), 1, "refused [E7] — check it"),
        (InvalidInput("that makes no sense"), 2, "that makes no sense"),
        (
            BackendFault("it failed", meaning="it is broken", native="ORA-1\nline 2"),
            1,
            "it is broken\n  ORA-1\n  line 2",
        ),
        (KeyError("surprise"), 1, "internal error: KeyError: 'surprise'"),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_become_words(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], error: BaseException, code: int, words: str
) -> None:
    monkeypatch.setattr(dispatching, "_command", lambda verb: Failing(error))
    monkeypatch.setattr(dispatching.streams, "abandon", lambda descriptor=1: None)
    assert dispatch(["ls"]) == code
    said = capfd.readouterr()
    assert words in said.err
    assert said.out == ""
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("link", "error", "failed", "code"),
    [
        (Link.UP, None, (), 0),
        (Link.LOADING, None, (), 3),
        (Link.DOWN, Unreachable("gone"), (), 3),
        (Link.DOWN, MissingLibrary("no libvirt"), (), 3),
        (Link.DOWN, InvalidInput("no such file"), (), 2),
        (Link.UP, None, (Kind.VM,), 1),
        (Link.UP, None, (Kind.NETWORK,), 0),
    ],
)
def test_where_a_connection_stands_decides_the_code(
    link: Link, error: NovaError | None, failed: tuple[Kind, ...], code: int
) -> None:
    connection = Connection(ConnectionSpec(name="x", family=Family.LIBVIRT, driver="libvirt", uri="test:///default"))
    connection.go(link, error.failure if error else None)
    connection.load_failures = dict.fromkeys((kind.value for kind in failed), Unreachable("half way").failure)
    assert code_of(connection, [Kind.VM, Kind.HOST]) == code

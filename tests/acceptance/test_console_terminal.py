"""The console in a real pseudo-terminal: nothing but its own escape sequences, on terminals of every kind."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from wcwidth import wcswidth

from tests.acceptance.terminal import Terminal

pytestmark = pytest.mark.pty

ROOT = Path(__file__).parents[2]

OWN = re.compile(
    rb"\x1b\[[0-9;?<=>]*[ $]?[@-~]"  # modes, cursor, colours, questions
    rb"|\x1b\]22;[a-z]*\x07"  # shape of the mouse pointer
    rb"|\x1b[78=>]|\x1b\(B"
)
"""All that the console itself has to say to a terminal."""

COLOURS = re.compile(rb"\x1b\[([0-9;]*)m")


def onstage(fleet: str, columns: int = 120, rows: int = 40, **environment: str) -> Terminal:
    """The console on a fleet of the tests."""
    base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return Terminal(
        [sys.executable, "-m", "tests.ui.onstage", fleet],
        columns=columns,
        rows=rows,
        environment=base | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | environment,
        folder=ROOT,
    )


def leave(terminal: Terminal) -> None:
    terminal.send("q")
    terminal.wait_for("Quit?")
    terminal.send("y")
    assert terminal.wait_for_exit() == 0


def foreign(output: bytes) -> list[bytes]:
    """Escape and control characters that the console does not use, each with what follows it."""
    rest = OWN.sub(b"", output)
    return [
        bytes(rest[match.start() : match.start() + 20])
        for match in re.finditer(rb"[\x00-\x06\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]", rest)
    ]


def test_no_escape_of_a_name_reaches_the_terminal() -> None:
    with onstage("hostile") as terminal:
        terminal.wait_for("sort name")
        for keys in ("G", "g", "\x06", "\x06", "\x06", "\t", "G", "g", "l", "l", "\x06", "\x06", "z", "z"):
            terminal.send(keys)
            terminal.read_for(0.3)
        terminal.send("/")
        terminal.wait_for("tag:prod")
        terminal.send("\x1b[200~\x1b]0;PWNED\x07\x1b[201~")
        terminal.wait_for("]0;PWNED  ")
        terminal.send("\x1b")
        terminal.wait_for("to filter")
        leave(terminal)
    assert foreign(bytes(terminal.output)) == []
    assert "PWNED" not in terminal.title


def test_columns_stay_in_line_as_a_terminal_counts() -> None:
    """An independent count of cells: the emulator's. Behind every name the state stands in the same column.

    But for marks that are no accents (Thai, Devanagari): at those pyte stops drawing what it was given.
    """
    with onstage("hostile", 120, 60) as terminal:
        terminal.wait_for("sort name")
        terminal.send("z")
        terminal.wait_for("WAIT%")
        terminal.read_for(0.5)
        lines = terminal.text.split("\n")
        at = lines[3].index("ST ")
        rows = [line for line in lines[4:-1] if " on " in line and "ก" not in line]
        assert len(rows) > 20
        for line in rows:
            before = line[: line.index(" on ") - 1] if "● on" in line else line[: line.index("~on")]
            assert wcswidth(before) == at, line
        leave(terminal)


TERMINALS: dict[str, Mapping[str, str]] = {
    "linux": {"TERM": "linux", "LANG": "C.UTF-8"},
    "screen": {"TERM": "screen", "LANG": "C"},
    "vt220": {"TERM": "vt220", "LANG": "C"},
    "c-locale": {"TERM": "xterm-256color", "LANG": "C"},
    "posix": {"TERM": "xterm", "LANG": "", "LC_ALL": "POSIX"},
}


@pytest.mark.parametrize("kind", TERMINALS)
def test_terminals_without_many_glyphs_get_ascii(kind: str) -> None:
    with onstage("world", **TERMINALS[kind]) as terminal:
        terminal.wait_for("sort name")
        terminal.send("?")
        terminal.wait_for("Down")
        terminal.send("\x1b")
        terminal.wait_for("sort name")
        assert terminal.text.isascii()
        leave(terminal)
    assert terminal.output.isascii()


@pytest.mark.parametrize("environment", [{"TERM": "xterm"}, {"TERM": "screen"}, {"TERM": "linux"}])
def test_terminals_of_sixteen_colours_get_no_others(environment: Mapping[str, str]) -> None:
    with onstage("world", **environment) as terminal:
        terminal.wait_for("sort name")
        leave(terminal)
    assert not [code for code in COLOURS.findall(bytes(terminal.output)) if b"38;" in code or b"48;" in code]
    assert b"\x1b[7" in terminal.output or b";7" in terminal.output, "the cursor is drawn in reverse"


@pytest.mark.parametrize("term", ["xterm-256color", "linux", "screen"])
def test_no_color_means_no_colour(term: str) -> None:
    with onstage("world", TERM=term, NO_COLOR="1") as terminal:
        terminal.wait_for("sort name")
        leave(terminal)
    used = {int(part) for code in COLOURS.findall(bytes(terminal.output)) for part in code.split(b";") if part}
    assert used <= {0, 1, 2, 3, 4, 7, 22, 23, 24, 27, 39, 49}, "attributes only"


def test_a_true_colour_terminal_gets_them() -> None:
    with onstage("world", COLORTERM="truecolor") as terminal:
        terminal.wait_for("sort name")
        leave(terminal)
    assert b"38;2;" in terminal.output


def test_the_window_may_have_any_size_at_any_time() -> None:
    with onstage("world", 160, 50) as terminal:
        terminal.wait_for("Inventory")
        for columns, rows in ((20, 5), (80, 24), (1, 1), (300, 90), (60, 15), (100, 30)):
            terminal.resize(columns, rows)
            terminal.read_for(0.5)
        terminal.wait_for("Inventory")
        terminal.wait_for("Tasks & events")
        leave(terminal)


def test_the_screen_is_given_back_as_it_was() -> None:
    with onstage("world") as terminal:
        terminal.wait_for("sort name")
        leave(terminal)
    for on, off in ((b"?1049h", b"?1049l"), (b"?1000h", b"?1000l"), (b"?2004h", b"?2004l"), (b"?25l", b"?25h")):
        assert terminal.output.rindex(off) > terminal.output.rindex(on)

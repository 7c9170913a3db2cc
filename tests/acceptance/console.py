"""The console on a terminal, with connections of the test's own, and what its screen says of whom."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.acceptance.program import Program
from tests.acceptance.terminal import Terminal

PATIENCE = 90.0
"""Seconds that anything may take to show on a busy machine."""


Settings = Mapping[str, str]
"""Keys of one connection of the configuration; at least its `uri`."""


def configuration(folder: Path, connections: Mapping[str, str | Settings]) -> Path:
    """A file for `--config`: connections by name, each with its address, or with all its settings."""
    file = folder / "novatui.toml"
    lines: list[str] = []
    for name, said in connections.items():
        settings = {"uri": said} if isinstance(said, str) else said
        lines += [f'[connections."{name}"]', *(f'{key} = "{value}"' for key, value in settings.items()), ""]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


class Console(Terminal):
    """`novatui` on these connections, and no other, with a home of its own; names of machines must differ.

    What it is asked is answered by names, marks, states and ages alone, wherever on the screen they stand.
    """

    def __init__(
        self,
        folder: Path,
        connections: Mapping[str, str | Settings],
        *,
        python: str = sys.executable,
        variables: Mapping[str, str] | None = None,
        columns: int = 160,
        rows: int = 50,
    ) -> None:
        """`variables` come on top of an ordinary environment."""
        file = configuration(folder, connections)
        command = [python, "-P", "-m", "novatui.cli.main", "--config", str(file), *connections]
        environment = Program(folder).environment(**(variables or {}))
        super().__init__(command, columns=columns, rows=rows, environment=environment, folder=folder)

    def places(self, name: str) -> list[str]:
        """The lines that name an object, of each pane by itself."""
        panes = (pane for line in self.text.splitlines() for pane in line.split("│"))
        return [pane for pane in panes if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", pane)]

    def says(self, name: str, words: str) -> bool:
        """Whether a line about this object has these words, and not only as the beginning of others."""
        return any(re.search(rf"{re.escape(words)}(?![\w-])", place) for place in self.places(name))

    def age(self, name: str) -> str:
        """How old that is which the screen shows of an object; empty when all of it is current."""
        ages = (re.search(r"~(?:[a-z]+ ?|\? ?)?(\d+[smhd])", place) for place in self.places(name))
        return next((found[1] for found in ages if found), "")

    def link(self, name: str) -> str:
        """The mark of a connection: ● up, ◐ on its way, ◌ down; empty where it is not on the screen."""
        marks = (re.search(rf"([●◐◌]) {re.escape(name)}(?![\w-])", place) for place in self.places(name))
        return next((found[1] for found in marks if found), "")

    def cursor(self) -> list[int]:
        """The lines on which a cursor stands."""
        return [number for number, line in enumerate(self.text.splitlines()) if "▌" in line]

    def until(self, true: Callable[[], object], what: str) -> None:
        """Read until the screen is as wanted; AssertionError with the last screen if it never is."""
        end = time.monotonic() + PATIENCE
        while not true():
            assert self.read(end), f"{what}: never; the screen was:\n{self.text}"

    def quit(self) -> int:
        """Leave by the keys of a person; the exit status."""
        self.send("q")
        self.wait_for("Quit?")
        self.send("y")
        return self.wait_for_exit()

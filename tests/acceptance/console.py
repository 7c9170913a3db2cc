"""The console on a terminal, with connections of the test's own, and what stands where on its fleet screen."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.acceptance.terminal import Terminal
from tests.lab.workspace import CHECKOUT

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
    """`novatui` on these connections, and no other; names of machines must differ."""

    def __init__(
        self,
        folder: Path,
        connections: Mapping[str, str | Settings],
        *,
        python: str = sys.executable,
        environment: Mapping[str, str] | None = None,
        columns: int = 160,
        rows: int = 50,
    ) -> None:
        """`environment` is in place of ours."""
        file = configuration(folder, connections)
        command = [python, "-m", "novatui.cli.main", "--config", str(file), *connections]
        super().__init__(command, columns=columns, rows=rows, environment=environment, folder=CHECKOUT)

    def row(self, name: str) -> str:
        """The line of a machine in the table, from its name on; empty when there is none."""
        lines = (line.partition("│")[2].lstrip("▌* ") for line in self.text.splitlines())
        return next((line for line in lines if line.startswith(f"{name} ")), "")

    def node(self, name: str) -> str:
        """The line of a connection in the tree, from its mark on; empty when there is none."""
        lines = (line.partition("│")[0].strip("▾▸ ") for line in self.text.splitlines())
        return next((line for line in lines if line[2:].startswith(f"{name} ")), "")

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

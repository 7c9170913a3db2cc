"""The keys of one console: what its person chose in a file, read at start and again when that is asked for."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from textual.app import App

from novatui.actions.choosing import Chosen, read_keys
from novatui.actions.keymap import Keymap
from novatui.config.errors import Problem
from novatui.engine import blocking
from novatui.ui.keys import rebind

_log = logging.getLogger(__name__)


class Keying:
    """Holds the one `Keymap` that everything asks."""

    def __init__(self, file: Path | None = None) -> None:
        """`file`: where a person chooses keys; None: the keys of the catalogue hold."""
        self.keymap = Keymap()
        self.problems: tuple[Problem, ...] = ()
        """What was refused when it was read last."""
        self._file = file
        if file is not None:
            self._take(read_keys(file))

    async def read_again(self, app: App[Any]) -> bool:
        """Take in what the file says now, without waiting for a slow disk; True when keys have changed."""
        file = self._file
        if file is None:
            return False
        before = self.keymap.chosen
        self._take(await blocking.run(lambda: read_keys(file)))
        rebind(app, self.keymap)
        return before != self.keymap.chosen

    def _take(self, chosen: Chosen) -> None:
        self.keymap.choose(chosen.keys)
        self.problems = chosen.problems
        for problem in chosen.problems:
            _log.warning("%s", problem)

    def complaint(self) -> tuple[str, str] | None:
        """The first thing that was refused, and how to see the rest; None when all is well."""
        if not self.problems:
            return None
        first, more = self.problems[0], len(self.problems) - 1
        place = f"{Path(first.file).name}:{first.line}" if first.line else Path(first.file).name
        return f"{place}: {first.message}", f"{more} more: `novatui config check`" if more else first.hint

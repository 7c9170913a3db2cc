"""Gathering the parts of a detail: those that are wanted, each on its own, failures by name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from novatui.core.detail import PartFailure
from novatui.core.errors import NovaError, Unreachable

T = TypeVar("T")


class Gatherer:
    """Knows which parts are wanted and remembers which could not be read."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = frozenset(wanted)
        self._failures: list[PartFailure] = []

    def wants(self, name: str) -> bool:
        """True for a part that was asked for; no names ask for all."""
        return not self._wanted or name in self._wanted

    def names(self, name: str) -> bool:
        """True for a part that was asked for by its name."""
        return name in self._wanted

    def only(self, name: str) -> bool:
        """True when nothing else is wanted."""
        return self._wanted == {name}

    def part(self, name: str, read: Callable[[], T]) -> T | None:
        """Read a part; None when it is not wanted or cannot be read. A lost link raises."""
        if not self.wants(name):
            return None
        try:
            return read()
        except Unreachable:
            raise
        except NovaError as error:
            self._failures.append(PartFailure(name, error.failure))
            return None

    @property
    def failures(self) -> tuple[PartFailure, ...]:
        """What could not be read so far."""
        return tuple(self._failures)

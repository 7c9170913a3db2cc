"""The prompt of the sort key: the next key names the column, whatever it would mean otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual.strip import Strip

from novatui.ui.taker import TakesKeys


class SortPrompt:
    """Takes one key."""

    def __init__(
        self,
        screen: TakesKeys,
        letters: Mapping[str, str],
        sort: Callable[[str], None],
        draw: Callable[[int], Sequence[Strip]],
    ) -> None:
        """`letters`: key to sort by for each letter; any other key only closes the prompt."""
        self._screen = screen
        self._letters = letters
        self._sort = sort
        self.draw = draw

    def wants(self, key: str, character: str | None) -> bool:
        """Every key."""
        del key, character
        return True

    def press(self, key: str, character: str | None) -> None:
        """Sort by the column of this letter."""
        del key
        self._screen.release_keys(self)
        if (wanted := self._letters.get(character or "")) is not None:
            self._sort(wanted)

    def paste(self, text: str) -> None:
        """Not a key."""

    def left(self) -> None:
        """Nothing is left behind."""

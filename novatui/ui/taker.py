"""Who takes keys before any binding: a line that is typed, a prompt for one key, the strip of a leader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from textual import events
from textual.screen import Screen
from textual.strip import Strip


class Taker(Protocol):
    """At most one per screen, see `FrameScreen.take_keys`. All of it happens at once, key by key."""

    def wants(self, key: str, character: str | None) -> bool:
        """False leaves the key to the bindings of the screen."""
        ...

    def press(self, key: str, character: str | None) -> None:
        """A key that it wanted."""
        ...

    def paste(self, text: str) -> None:
        """What was pasted, not cleaned."""
        ...

    def left(self) -> None:
        """It takes no more keys: it said so, somebody else does, or the mouse went elsewhere."""
        ...

    def draw(self, width: int, /) -> Strip | Sequence[Strip] | None:
        """The footer while it takes keys, one line or more; None leaves the footer as it is."""
        ...


@runtime_checkable
class HasPanel(Protocol):
    """A taker that says more than fits the footer."""

    def draw_panel(self, width: int, /) -> Sequence[Strip]:
        """Lines above the footer while it takes keys; none leave the screen as it is."""
        ...


class TakesKeys(Screen[Any], inherit_bindings=False):
    """A screen whose keys may be taken by somebody."""

    taker: Taker | None = None

    def take_keys(self, taker: Taker) -> None:
        """From the next key on they go to `taker`."""
        self.release_keys()
        self.taker = taker
        self.taker_changed()

    def release_keys(self, taker: Taker | None = None) -> None:
        """Keys are keys again, if `taker` (or whoever it is) takes them."""
        gone = self.taker
        if gone is not None and taker in (gone, None):
            self.taker = None
            gone.left()
            self.taker_changed()

    def taker_changed(self) -> None:
        """Who takes the keys is another one now, or draws something else."""

    def pasted(self, text: str) -> bool:
        """True when somebody takes what was pasted."""
        if self.taker is None:
            return False
        self.taker.paste(text)
        return True

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """True for a key that is taken."""
        return self.taker is not None and self.taker.wants(key, character)

    async def on_event(self, event: events.Event) -> None:
        """A key that is taken goes nowhere else."""
        if isinstance(event, events.Key) and self.taker is not None and self.taker.wants(event.key, event.character):
            self.taker.press(event.key, event.character)
        else:
            await super().on_event(event)

"""The role of drivers whose product hands the screens of machines to programs beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod

from novatui.core.consoles import Handoff, Picture, Way


class ConsoleAccess(ABC):
    """Ways to the screen of a machine for programs beside this one. Both are refused with the reason where the machine
    has no screen now (Conflict), the product holds it (Busy) or the account may not (Denied)."""

    @abstractmethod
    def hand_off(self, key: str, way: Way) -> Handoff:
        """A one-time ticket, taken now. What it is made of goes into the answer and nowhere else: no log, no error."""

    @abstractmethod
    def picture(self, key: str, *, files: bool) -> Picture:
        """What is on its screen now. Without `files` nothing may be written, not even for a moment: Denied where the
        product knows no other way."""

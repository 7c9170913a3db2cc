"""What can go wrong on a connection, and the switch that says what does now."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

KINDS = ("pass", "refuse", "reset", "blackhole", "hang", "drip", "cut", "garbage")
DIRECTIONS = ("up", "down")


@dataclass(frozen=True)
class Fault:
    """One fault of one direction (`up`: client to server).

    pass        nothing is wrong
    refuse      new connections are refused, those that are open go on
    reset       RST to both ends (a unix socket is closed abruptly)
    blackhole   bytes and ends of stream are swallowed; a connection that lost bytes is reset when this is over
    hang        nothing is forwarded or read any more; goes on where it stopped when this is over
    drip        `size` bytes every `interval_s` seconds
    cut         both ends are closed in good order
    garbage     bytes are replaced by random ones, or random ones are put in before them (`insert`)

    Except for `refuse` and `drip`, a connection first passes `after` bytes, counted from the moment of the switch.
    """

    kind: str = "pass"
    after: int = 0
    size: int = 1
    interval_s: float = 0.05
    insert: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault {self.kind!r}; there are {', '.join(KINDS)}")
        if self.after < 0 or self.size < 1 or self.interval_s <= 0:
            raise ValueError("after may not be negative, size and interval must be positive")


class Switch:
    """The present fault of one direction, with its random numbers."""

    def __init__(self) -> None:
        self.fault = Fault()
        self.turn = 0
        self.dice = random.Random()
        self._changed = asyncio.Event()

    def set(self, fault: Fault) -> None:
        self.fault = fault
        self.turn += 1
        self.dice = random.Random(fault.seed)
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self, timeout_s: float | None = None) -> None:
        """Wait until the switch is set the next time, or for so long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return

"""Chance that repeats itself: draws and noise that depend on nothing but the words or numbers they are named by."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

_SIZE = 64


class Dice:
    """A row of draws. The same words give the same row, in every process and on every machine."""

    __slots__ = ("_at", "_bytes")

    def __init__(self, *words: object) -> None:
        self._bytes = _digest("/".join(map(str, words)).encode("utf-8", "surrogatepass"))
        self._at = 0

    def below(self, bound: int) -> int:
        """A whole number from 0 to bound - 1."""
        return int.from_bytes(self._take(4), "big") % bound

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def share(self) -> float:
        """A number from 0 up to, but not including, 1."""
        return int.from_bytes(self._take(4), "big") / 2**32

    def chance(self, percent: float) -> bool:
        """True in so many cases out of a hundred."""
        return self.share() * 100 < percent

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def uuid(self) -> str:
        """A random (version 4) uuid."""
        return str(UUID(bytes=self._take(16), version=4))

    def _take(self, size: int) -> bytes:
        if self._at + size > _SIZE:
            self._bytes = _digest(self._bytes)
            self._at = 0
        taken = self._bytes[self._at : self._at + size]
        self._at += size
        return taken


def noise(name: int, at: float) -> float:
    """Smooth noise from 0 to 1 along `at`: a new random level at every whole number, eased in between."""
    step = int(at)
    low = _level(name, step)
    part = at - step
    part *= part * (3 - 2 * part)
    return low + (_level(name, step + 1) - low) * part


def _level(name: int, step: int) -> float:
    mixed = (name * 0x9E3779B1 + step * 0x85EBCA77) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 12)) * 0x297A2D39) & 0xFFFFFFFF
    return (mixed ^ (mixed >> 15)) / 2**32


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_SIZE).digest()

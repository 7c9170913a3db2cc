"""When each column group of each slot was read, so that an older reading never replaces a newer one.

A reading covers some columns of a group. The newest one is held in arrays; what it did not name keeps the time of the
older reading it came from, as a layer below. Layers exist only where readings of different width met.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

Stamp = tuple[int, float]
"""Generation and local monotonic time when the request began: compared in that order."""

NEVER: Stamp = (-1, float("-inf"))


class GroupStamps:
    """Times of one column group; columns are bits of a mask."""

    def __init__(self) -> None:
        self._generation = array("i")
        self._begun = array("d")
        self._top = array("I")
        """Columns that the newest reading named."""
        self._layers: dict[int, list[tuple[Stamp, int]]] = {}
        """Older readings of other columns, newest first."""

    def stamp(self, slot: int) -> Stamp:
        """The newest reading; NEVER if there was none."""
        if slot < len(self._begun):
            return self._generation[slot], self._begun[slot]
        return NEVER

    def admit(self, slots: Sequence[int], stamp: Stamp, mask: int, renewed: set[int]) -> dict[int, int]:
        """Record a reading of the columns in `mask` for every slot.

        Returns what may not be written whole: position in `slots` → columns that are news there. Slots whose
        newest reading was of an older generation are added to `renewed`.
        """
        self._reach(max(slots, default=-1) + 1)
        generation, begun = stamp
        generations, times, top, layers = self._generation, self._begun, self._top, self._layers
        narrowed: dict[int, int] = {}
        for at, slot in enumerate(slots):
            known = generations[slot]
            if known > generation or (known == generation and times[slot] > begun):
                narrowed[at] = self._late(slot, stamp, mask)
                continue
            if known != generation:
                renewed.add(slot)
            if known == generation and times[slot] == begun:
                kept = top[slot]
            else:
                kept = 0
                if top[slot] & ~mask:
                    layers.setdefault(slot, []).insert(0, ((known, times[slot]), top[slot] & ~mask))
                generations[slot] = generation
                times[slot] = begun
            top[slot] = mask | kept
            if layers and slot in layers:
                self._uncover(slot, mask)
        return narrowed

    def _late(self, slot: int, stamp: Stamp, mask: int) -> int:
        """A reading older than the newest: it tells only of columns that nothing newer named."""
        mask &= ~self._top[slot]
        layers = self._layers.get(slot, [])
        below = 0
        while below < len(layers) and layers[below][0] > stamp:
            mask &= ~layers[below][1]
            below += 1
        if mask:
            older = [(at, covered & ~mask) for at, covered in layers[below:]]
            self._layers[slot] = [*layers[:below], (stamp, mask), *((at, covered) for at, covered in older if covered)]
        return mask

    def _uncover(self, slot: int, mask: int) -> None:
        """Columns in `mask` were read anew: they leave the older layers."""
        layers = [(at, covered & ~mask) for at, covered in self._layers[slot] if covered & ~mask]
        if layers:
            self._layers[slot] = layers
        else:
            del self._layers[slot]

    def forget_before(self, slot: int, stamp: Stamp) -> int:
        """Forget readings older than this one; the columns that they told of."""
        layers = self._layers.pop(slot, [])
        kept = [(at, covered) for at, covered in layers if at >= stamp]
        if kept:
            self._layers[slot] = kept
        forgotten = sum(covered for at, covered in layers if at < stamp)
        if self.stamp(slot) < stamp and slot < len(self._begun):
            forgotten |= self._top[slot]
            self._top[slot] = 0
            self._generation[slot], self._begun[slot] = NEVER
        return forgotten

    def forget(self, slot: int) -> None:
        """The slot has no readings any more."""
        if slot < len(self._begun):
            self._generation[slot], self._begun[slot] = NEVER
            self._top[slot] = 0
            self._layers.pop(slot, None)

    def _reach(self, size: int) -> None:
        short = size - len(self._begun)
        if short > 0:
            self._generation.extend([NEVER[0]] * short)
            self._begun.extend([NEVER[1]] * short)
            self._top.extend([0] * short)

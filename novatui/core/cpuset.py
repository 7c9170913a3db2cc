"""Sets of processors as libvirt and others write them: `0-3,^2,7`."""

from __future__ import annotations

from collections.abc import Iterable

from novatui.core.errors import InvalidInput

_MOST = 16384
"""More processors than any host has: keeps a slip of the finger from filling the memory."""


def parse(text: str) -> frozenset[int]:
    """The processors of a set. InvalidInput when it is none."""
    chosen: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, dash, last = part.removeprefix("^").partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise _wrong(text)
        low, high = int(first), int(last or first)
        if not low <= high < _MOST:
            raise _wrong(text)
        each = range(low, high + 1)
        chosen = chosen.difference(each) if part.startswith("^") else chosen.union(each)
    if not chosen:
        raise _wrong(text)
    return frozenset(chosen)


def written(cpus: Iterable[int]) -> str:
    """The shortest way to write these processors: `0-3,7`."""
    runs: list[list[int]] = []
    for cpu in sorted(cpus):
        if runs and cpu == runs[-1][1] + 1:
            runs[-1][1] = cpu
        else:
            runs.append([cpu, cpu])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def cpu_map(text: str, count: int) -> tuple[bool, ...]:
    """One truth value for each of the host's `count` processors."""
    chosen = parse(text)
    return tuple(cpu in chosen for cpu in range(count))


def _wrong(text: str) -> InvalidInput:
    return InvalidInput(
        f"{text!r} is no set of processors", hint="for example 0-3, or 0,2,4, or 0-7,^3", subject="cpus"
    )

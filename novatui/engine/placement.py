"""Which connections share a worker: one each as long as there are few, of one family and one machine past that."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from novatui.core.connection import ConnectionSpec


def place(wanted: Sequence[tuple[ConnectionSpec, str]], max_workers: int) -> dict[str, int]:
    """Number of the worker for each connection by name; `wanted` names each with what it goes through.

    Connections that go through different machines, or belong to different drivers, never share; so there are more than
    `max_workers` when there are more such groups. Connections that must be alone do not count.
    """
    placed: dict[str, int] = {}
    groups: dict[tuple[str, str], list[str]] = {}
    for spec, via in wanted:
        if must_be_alone(spec):
            placed[spec.name] = len(placed)
        else:
            groups.setdefault((spec.driver, via), []).append(spec.name)
    first = len(placed)
    for names, workers in zip(groups.values(), _shares([len(n) for n in groups.values()], max_workers), strict=True):
        for at, name in enumerate(names):
            placed[name] = first + at % workers
        first += workers
    return placed


def must_be_alone(spec: ConnectionSpec) -> bool:
    """True for a driver that takes the whole process: libvirt's embedded mode knows one root per process."""
    return spec.driver == "libvirt" and urlsplit(spec.uri).path == "/embed"


def _shares(sizes: Sequence[int], workers: int) -> list[int]:
    """Workers for each group: one at least, the rest where most connections share one; never more than connections."""
    shares = [1] * len(sizes)
    while sum(shares) < min(workers, sum(sizes)):
        fullest = max(range(len(sizes)), key=lambda at: sizes[at] / shares[at])
        shares[fullest] += 1
    return shares

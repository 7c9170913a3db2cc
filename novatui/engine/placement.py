"""Which connections share a worker: one each as long as there are few, of one family and one machine past that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def place_another(
    spec: ConnectionSpec, via: str, placed: Mapping[int, Sequence[tuple[ConnectionSpec, str]]], max_workers: int
) -> int:
    """Number of the worker for one more connection; `placed` are those that have one, by number.

    A worker of its own as long as there are few; past that the emptiest of its driver and machine, if there is one.
    """
    shared = {
        number: members for number, members in placed.items() if not any(must_be_alone(one) for one, _ in members)
    }
    fit = [n for n, members in shared.items() if all((one.driver, way) == (spec.driver, via) for one, way in members)]
    if must_be_alone(spec) or len(shared) < max_workers or not fit:
        return max(placed, default=-1) + 1
    return min(fit, key=lambda number: len(placed[number]))


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

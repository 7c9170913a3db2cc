"""Seeded guests, links and happenings for the simulator: one kind after the other, each with its own figures.

A seed makes the same scenario for ever. The thresholds of the verdict were chosen with the seeds of `TUNED` in view;
those of `HELD_OUT` were run for the first time when they stood.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log
from random import Random

from tests.migration.guest import PAGE, Region
from tests.migration.precopy import MIB, Scenario

GIB = 1024 * MIB
TUNED = range(96)
HELD_OUT = range(2048, 2144)


def between(random: Random, low: float, high: float) -> float:
    """A figure whose logarithm is even between these."""
    return exp(random.uniform(log(low), log(high)))


class Draft:
    """A machine of some size at a link of some speed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed * 7919 + 5)
        self.memory = between(self.random, 0.25 * GIB, 48 * GIB)
        self.link = self.memory / between(self.random, 4, 60)
        self.limit = self.random.choice((0.3, 0.3, 0.3, 0.1, 0.5, 1.0))
        self.carried = self.link * self.limit
        """Bytes that the pause can carry."""

    def region(self, size: float, speed: float, *, cyclic: bool = False) -> Region:
        """Sizes in bytes, speed in bytes per second."""
        return Region(max(1.0, size / PAGE), speed / PAGE, cyclic)

    def rest(self, *regions: Region) -> list[Region]:
        """These, and the rest of the memory that nobody writes."""
        used = PAGE * sum(region.pages for region in regions)
        return [*regions, Region(max(1.0, (self.memory - used) / PAGE), 0.0)]

    def scenario(self, name: str, *regions: Region, **more: object) -> Scenario:
        """With a share of empty memory, and read as one of the products or followers would."""
        zero = self.random.choice((0.0, 0.2, 0.6)) * self.memory
        found = Scenario(
            name=name,
            seed=self.random.randrange(1 << 30),
            regions=self.rest(*regions),
            link=self.link,
            zero=zero,
            limit=self.limit,
            jitter=self.random.choice((0.01, 0.03, 0.06)),
            wobble=self.random.choice((0.02, 0.05, 0.15)),
        )
        for field, value in {**_dialect(self.random), **more}.items():
            setattr(found, field, value)
        return found


def _dialect(random: Random) -> dict[str, object]:
    """How the figures come: often as libvirt tells them at 4 Hz, or with less."""
    return random.choice(
        (
            {},
            {},
            {},
            {"every": (0.1, 2.0)},
            {"every": (1.0, 2.0)},
            {"every": (0.1, 0.15)},
            {"without": frozenset({"downtime"})},
            {"without": frozenset({"iteration"})},
            {"without": frozenset({"memory_left", "memory_rate", "memory_sent", "memory_total"})},
            {"without": frozenset({"sent", "memory_sent"})},
            {"blanks": 0.08},
            {"spikes": 0.05},
            {"foreign": True, "told_bandwidth": False},
        )
    )


def idle(d: Draft) -> Scenario:
    return d.scenario("idle", d.region(d.carried * 0.3, d.link * 0.02))


def light(d: Draft) -> Scenario:
    return d.scenario("light", d.region(d.memory * 0.5, d.link * d.random.uniform(0.1, 0.5)))


def heavy(d: Draft) -> Scenario:
    return d.scenario("heavy", d.region(d.memory * 0.6, d.link * d.random.uniform(0.5, 0.9)))


def edge(d: Draft) -> Scenario:
    return d.scenario("at the edge", d.region(d.memory * 0.6, d.link * d.random.uniform(0.9, 1.15)))


def over(d: Draft) -> Scenario:
    return d.scenario("over", d.region(d.memory * d.random.uniform(0.2, 0.8), d.link * d.random.uniform(1.3, 6)))


def hot_fits(d: Draft) -> Scenario:
    size = d.carried * d.random.uniform(0.2, 0.7)
    cold = d.region(d.memory * 0.3, d.link * d.random.uniform(0.02, 0.2))
    return d.scenario("hot set fits", d.region(size, d.link * between(d.random, 2, 20)), cold)


def hot(d: Draft) -> Scenario:
    size = min(d.memory * 0.4, d.carried * between(d.random, 2, 30))
    cold = d.region(d.memory * 0.3, d.link * d.random.uniform(0.02, 0.3))
    return d.scenario("hot set", d.region(size, d.link * between(d.random, 1.7, 10)), cold)


def zipf(d: Draft) -> Scenario:
    speed, size, regions = d.link * between(d.random, 0.3, 6), d.memory * 0.4, []
    for _ in range(5):
        regions.append(d.region(size, speed / 5))
        size /= d.random.uniform(2, 6)
    return d.scenario("zipf", *regions)


def cyclic(d: Draft) -> Scenario:
    size = d.memory * d.random.uniform(0.1, 0.7)
    return d.scenario("cyclic", d.region(size, d.link * d.random.uniform(0.1, 0.85), cyclic=True))


def cyclic_over(d: Draft) -> Scenario:
    size = d.memory * d.random.uniform(0.1, 0.7)
    return d.scenario("cyclic over", d.region(size, d.link * between(d.random, 1.15, 4), cyclic=True))


def slowed(d: Draft) -> Scenario:
    speed = d.link * between(d.random, 1.2, 8)
    return d.scenario("auto-converge", d.region(d.memory * d.random.uniform(0.1, 0.6), speed), converge=True)


def hardly_slowed(d: Draft) -> Scenario:
    speed = d.link * between(d.random, 4, 10)
    return d.scenario("auto-converge in vain", d.region(d.memory * 0.3, speed), converge=True, bite=0.4)


def gets_busy(d: Draft) -> Scenario:
    first = d.memory / d.link
    load = ((0.0, 0.2), (first * d.random.uniform(0.5, 1.2), 1.0))
    return d.scenario("gets busy", d.region(d.memory * 0.4, d.link * d.random.uniform(1.5, 4)), load=load)


def gets_calm(d: Draft) -> Scenario:
    first = d.memory / d.link
    load = ((0.0, 1.0), (first * d.random.uniform(1.2, 5), 0.08))
    return d.scenario("gets calm", d.region(d.memory * 0.4, d.link * d.random.uniform(1.5, 4)), load=load)


def bursts(d: Draft) -> Scenario:
    period = d.random.uniform(6, 30)
    load = tuple((period * (turn + part), pace) for turn in range(60) for part, pace in ((0.0, 0.1), (0.7, 1.0)))
    return d.scenario("bursts", d.region(d.memory * 0.4, d.link * d.random.uniform(1.5, 3)), load=load)


def faster_link(d: Draft) -> Scenario:
    change = ((d.memory / d.link * d.random.uniform(1.5, 3), 6.0),)
    return d.scenario("link gets faster", d.region(d.memory * 0.4, d.link * d.random.uniform(1.5, 3)), carries=change)


def slower_link(d: Draft) -> Scenario:
    change = ((d.memory / d.link * d.random.uniform(0.6, 1.2), 0.3),)
    return d.scenario("link gets slower", d.region(d.memory * 0.4, d.link * d.random.uniform(0.4, 0.8)), carries=change)


def longer_pause(d: Draft) -> Scenario:
    size = min(d.memory * 0.3, d.carried * between(d.random, 2, 10))
    limits = ((d.memory / d.link * d.random.uniform(1.5, 3), size / d.link * 1.5),)
    return d.scenario("longer pause allowed", d.region(size, d.link * 8), limits=limits)


def too_short_pause(d: Draft) -> Scenario:
    size = min(d.memory * 0.3, d.carried * between(d.random, 6, 20))
    limits = ((d.memory / d.link * d.random.uniform(1.5, 2), size / d.link * 0.4),)
    return d.scenario("pause still too short", d.region(size, d.link * 8), limits=limits)


def disk_light(d: Draft) -> Scenario:
    return d.scenario("disk, then light", d.region(d.memory * 0.5, d.link * 0.3), disk=d.memory * 0.5)


def disk_hot(d: Draft) -> Scenario:
    size = min(d.memory * 0.4, d.carried * 10)
    return d.scenario("disk, then hot set", d.region(size, d.link * 5), disk=d.memory * 0.5)


def paused(d: Draft) -> Scenario:
    at = d.memory / d.link * d.random.uniform(0.5, 3)
    return d.scenario("paused by somebody", d.region(d.memory * 0.4, d.link * 3), paused_at=at)


def outage(d: Draft) -> Scenario:
    at = d.memory / d.link * d.random.uniform(0.3, 1.1)
    cut = ((at, 0.001), (at + 9, 1.0))
    return d.scenario("link fails for a while", d.region(d.memory * 0.4, d.link * 0.4), carries=cut)


def short_passes(d: Draft) -> Scenario:
    d.memory, d.limit = between(d.random, 0.2 * GIB, 2 * GIB), 0.03
    d.link = d.memory / between(d.random, 0.6, 4)
    size = d.link * d.limit * between(d.random, 2, 8)
    return d.scenario("short passes", d.region(size, d.link * between(d.random, 2, 20)))


def two_loads(d: Draft) -> Scenario:
    first = d.memory / d.link
    load = ((0.0, 0.5), (first * d.random.uniform(0.8, 1.6), 1.0))
    return d.scenario("load rises", d.region(d.memory * 0.5, d.link * d.random.uniform(0.4, 0.8)), load=load)


KINDS: tuple[Callable[[Draft], Scenario], ...] = (
    idle, light, heavy, edge, over, hot_fits, hot, zipf, cyclic, cyclic_over, slowed, hardly_slowed, gets_busy,
    gets_calm, bursts, faster_link, slower_link, longer_pause, too_short_pause, disk_light, disk_hot, paused, outage,
    short_passes, two_loads, zipf, hot, light, heavy, over, cyclic, slowed,
)  # fmt: skip


def scenario(seed: int) -> Scenario:
    """The scenario of a seed."""
    return KINDS[seed % len(KINDS)](Draft(seed))

"""Simulates a migration as QEMU does it: passes over memory, dirty log, expected pause, auto-converge, switch-over.

Told from `migration.c` and `ram.c` of QEMU 7.2: the log is asked when what is left would fit into the allowed pause at
the rate of the last tenth of a second; if it still fits then, the guest is stopped. The dirty rate is worked out when
the log is asked and a second has passed; auto-converge looks then, too, and slows the guest when it twice wrote more
than half of what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import msgspec

from novatui.core.migration import Fidelity, MigrationProgress, Phase
from tests.migration.guest import PAGE, Region, floor

STEP = 0.1
EPOCH = 1.7e9
MIB = float(1 << 20)
NEAR = 1.1
"""A pass of at most so many times the floor has come down to it."""

LIFTED = 4.0
"""The link carries so many times what the limit of bandwidth allows; QEMU lifts it for what is sent while the guest
stands still (`migration_completion`). Recorded pauses of 40 to 280 ms at limits from 0.1 to 5 s show it."""

LUCK = 4.0
"""By so many of its deviations a lucky moment of guest and link gets a pass below the floor, and no more."""


@dataclass
class Scenario:
    """A guest, a link and what happens to them."""

    name: str
    seed: int
    regions: list[Region]
    link: float
    """Bytes per second that the link carries."""
    zero: float = 0.0
    """Bytes of memory that hold nothing but zeros: they cost nearly nothing to send."""
    limit: float = 0.3
    jitter: float = 0.03
    wobble: float = 0.05
    """How much the guest's load varies from second to second."""
    converge: bool = False
    bite: float = 1.0
    """Share of a throttle that the writing of the guest feels."""
    load: tuple[tuple[float, float], ...] = ()
    """From so many seconds of memory phase on, the guest writes so many times as fast."""
    carries: tuple[tuple[float, float], ...] = ()
    """The same of the link."""
    limits: tuple[tuple[float, float], ...] = ()
    """The same of the allowed pause, in seconds."""
    told_bandwidth: bool = True
    """It is a limit of bandwidth that holds the link down; the product tells it, and that it was changed."""
    paused_at: float | None = None
    disk: float = 0.0
    preparing: float = 1.5
    every: tuple[float, float] = (0.2, 0.3)
    """Shortest and longest time between two readings."""
    without: frozenset[str] = frozenset()
    """Figures that the product does not tell."""
    blanks: float = 0.0
    """Share of figures that are missing, now and then."""
    spikes: float = 0.0
    """Share of readings whose rate is wildly wrong."""
    foreign: bool = False
    """Started by somebody else: how it was armed is not known."""
    horizon: float = 0.0


@dataclass
class Moment:
    """What was true when a reading was made."""

    at: float
    iteration: int
    never: bool
    """As guest and link are now, it will not end: the floor is well above what the pause can carry."""
    provable: bool
    """And the passes have come down near that floor. Before, they shrink as those of a migration that ends."""


@dataclass
class Run:
    """What happened, with every reading."""

    scenario: Scenario
    readings: list[MigrationProgress] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    ended: float | None = None
    """Epoch seconds at which the guest ran at the destination; None: not within the horizon."""
    iterations: list[float] = field(default_factory=list)
    """Epoch seconds at which each pass from the second on began."""


class Simulation:
    """One migration under way."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.random = Random(scenario.seed)
        self.regions = [Region(r.pages, r.speed, r.cyclic) for r in scenario.regions]
        self.total = PAGE * sum(region.pages for region in self.regions) + scenario.zero
        self.run = Run(scenario)
        self.clock = EPOCH
        self.since = 0.0
        """Seconds of the memory phase."""
        self.zero = scenario.zero
        for region in self.regions:
            region.pending = region.pages
        self.sent = 0.0
        self.iteration = 1
        self.bandwidth = scenario.link
        self.noise = 0.0
        self.wobble = 1.0
        self.at_sync = 0.0
        self.fresh = 0.0
        self.measured = (0.0, 0.0)
        self.dirty = 0.0
        self.throttle = 0
        self.high = 0
        self.downtime: float | None = None
        self.floors: dict[tuple[float, ...], float] = {}

    def left(self) -> float:
        """Bytes that have to be sent in this pass."""
        return PAGE * sum(region.pending for region in self.regions) + self.zero

    def now(self, changes: tuple[tuple[float, float], ...], begin: float) -> float:
        """The value that holds at this moment."""
        value = begin
        for since, following in changes:
            if self.since >= since:
                value = following
        return value

    def slowed(self, throttle: int) -> float:
        """Share of its speed that a slowed guest keeps."""
        return 1 - throttle / 100 * self.scenario.bite

    def paused(self) -> bool:
        """Somebody has paused the guest."""
        return self.scenario.paused_at is not None and self.since >= self.scenario.paused_at

    def go(self) -> Run:
        """Run to the end, or to the horizon."""
        self.before_memory()
        due = self.clock
        horizon = self.scenario.horizon or 240 + 6 * self.total / self.scenario.link
        while self.since < horizon:
            if self.tick():
                self.run.ended = self.clock
                break
            if self.clock >= due:
                self.read()
                due = self.clock + self.random.uniform(*self.scenario.every)
        return self.run

    def before_memory(self) -> None:
        """The destination is made ready, then storage is copied."""
        for _ in range(int(self.scenario.preparing / 0.25)):
            self.tell(MigrationProgress(fidelity=Fidelity.FULL, phase=Phase.PREPARING))
            self.clock += 0.25
        left = self.scenario.disk
        while left > 0:
            self.tell(
                MigrationProgress(
                    fidelity=Fidelity.FULL,
                    phase=Phase.DISK,
                    total=int(self.scenario.disk),
                    left=int(left),
                    disk_total=int(self.scenario.disk),
                    disk_left=int(left),
                    disk_rate=self.scenario.link,
                )
            )
            self.clock += 0.5
            left -= self.scenario.link * 0.5

    def tick(self) -> bool:
        """A tenth of a second, in which several short passes may fit; True when the guest has moved."""
        scenario, random = self.scenario, self.random
        self.noise = 0.7 * self.noise + 0.3 * random.gauss(0, scenario.jitter * 2.4)
        carried = scenario.link * self.now(scenario.carries, 1.0)
        rate = carried * max(0.05, 1 + self.noise)
        if int(self.since) != int(self.since - STEP):
            self.wobble = max(0.0, random.gauss(1, scenario.wobble))
        pace = 0.0 if self.paused() else self.wobble * self.now(scenario.load, 1.0) * self.slowed(self.throttle)
        enough = self.bandwidth * self.now(scenario.limits, scenario.limit)
        remaining, sent = STEP, 0.0
        while remaining > 1e-6:
            span, wire = self.send(rate, remaining, enough)
            for region in self.regions:
                region.run(span * pace)
            sent += wire
            remaining -= span
            self.clock += span
            self.since += span
            if self.left() <= enough + PAGE:
                self.ask_log(sent)
                if self.left() <= enough:
                    self.clock += self.left() / rate / (LIFTED if scenario.told_bandwidth else 1.0)
                    return True
        self.sent += sent
        self.bandwidth = max(sent / STEP, carried * 0.01)
        if self.dirty:
            self.downtime = self.at_sync / self.bandwidth
        return False

    def send(self, rate: float, span: float, enough: float) -> tuple[float, float]:
        """Send until this time is over or little enough is left: time that it took, and bytes on the wire."""
        if self.zero > 0:
            skipped = min(self.zero, 4e9 * span)
            self.zero -= skipped
            return (skipped / 4e9, skipped / 450) if self.zero <= 0 else (span, skipped / 450)
        waiting = self.left()
        amount = min(rate * span, max(PAGE, waiting - enough))
        share = max(0.0, 1 - amount / waiting) if waiting > 0 else 0.0
        for region in self.regions:
            region.pending *= share
        return (amount / rate if rate else span), amount

    def ask_log(self, unsaid: float) -> None:
        """The dirty log is asked; a new pass begins."""
        self.fresh += PAGE * sum(region.sync() for region in self.regions)
        self.at_sync = self.left()
        self.iteration += 1
        self.run.iterations.append(self.clock)
        begun, sent = self.measured
        span = self.since - begun
        if span < 1.0:
            return
        self.dirty = self.fresh / span
        if self.scenario.converge and self.fresh > (self.sent + unsaid - sent) / 2:
            self.high += 1
            if self.high >= 2:
                self.high = 0
                self.throttle = min(99, self.throttle + 10) if self.throttle else 20
        self.fresh, self.measured = 0.0, (self.since, self.sent + unsaid)

    def never(self) -> bool:
        """As everything is now, and with the guest slowed as far as may be, no pass begins below what may be left."""
        scenario = self.scenario
        if self.paused():
            return False
        if scenario.converge and self.throttle < 99:
            return False
        key = load, carries = self.behaviour()
        if key not in self.floors:
            pace = load * self.slowed(self.throttle)
            regions = [Region(r.pages, r.speed * pace, r.cyclic) for r in self.regions]
            self.floors[key] = floor(regions, scenario.link * carries)
        enough = scenario.link * carries * self.now(scenario.limits, scenario.limit)
        return self.floors[key] > enough * (1 + LUCK * (scenario.wobble + scenario.jitter))

    def behaviour(self) -> tuple[float, float]:
        """What guest and link do now: their paces."""
        return self.now(self.scenario.load, 1.0), self.now(self.scenario.carries, 1.0)

    def read(self) -> None:
        """Make a reading."""
        scenario, random = self.scenario, self.random
        left = self.left()
        rate = self.bandwidth * (random.choice((0.05, 4.0)) if random.random() < scenario.spikes else 1.0)
        carries = self.now(scenario.carries, 1.0)
        told: dict[str, object] = {
            "phase": Phase.MEMORY,
            "total": int(self.total + scenario.disk),
            "sent": int(self.sent + scenario.disk),
            "left": int(left),
            "rate": rate,
            "memory_total": int(self.total),
            "memory_sent": int(self.sent),
            "memory_left": int(left),
            "memory_rate": rate,
            "dirty_rate": self.dirty or None,
            "iteration": self.iteration,
            "throttle": self.throttle or None,
            "downtime": self.downtime if self.downtime is not None else scenario.limit,
            "downtime_limit": self.now(scenario.limits, scenario.limit),
            "bandwidth_limit": scenario.link * carries if scenario.told_bandwidth else None,
            "guest_paused": self.paused(),
            "armed": None if scenario.foreign else (("auto-converge",) if scenario.converge else ()),
        }
        for name in scenario.without:
            told[name] = None
        if scenario.blanks:
            for name in BLANKABLE:
                if random.random() < scenario.blanks:
                    told[name] = None
        self.tell(msgspec.convert({"fidelity": Fidelity.FULL, **told}, MigrationProgress))

    def tell(self, reading: MigrationProgress) -> None:
        self.run.readings.append(msgspec.structs.replace(reading, at=self.clock, elapsed=self.clock - EPOCH))
        never = self.iteration > 1 and self.never()
        provable = never and self.at_sync <= NEAR * self.floors[self.behaviour()]
        self.run.moments.append(Moment(self.clock, self.iteration, never, provable))


BLANKABLE = ("dirty_rate", "iteration", "downtime", "memory_left", "left", "memory_sent", "sent", "rate", "memory_rate")


def simulate(scenario: Scenario) -> Run:
    """One migration from begin to end."""
    return Simulation(scenario).go()

"""Where a site comes from: invented from a seed, or described in a file that somebody may change meanwhile."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import msgspec

from novatui.backends.demo.clock import Clock
from novatui.backends.demo.described import described_estate
from novatui.backends.demo.dialects import DIALECTS
from novatui.backends.demo.estate import Estate
from novatui.backends.demo.invent import Inventor
from novatui.backends.demo.life import Act
from novatui.backends.demo.outage import Outage
from novatui.backends.demo.routines import Beat, Condition, Moment
from novatui.backends.demo.shapes import AWAY_FROM_SITE
from novatui.backends.demo.worldfile import World, WorldTask, read_world
from novatui.config.demo import Site, Wish
from novatui.core.errors import Unreachable
from novatui.core.states import Power


class Ground(ABC):
    """What a site stands on."""

    @abstractmethod
    def settle(self) -> tuple[Estate, list[Act]]:
        """What exists, and what is being done beside the routines."""

    @abstractmethod
    def changed(self) -> bool:
        """Look at it: True when it has to be settled anew. Unreachable when it is not there."""


class Invented(Ground):
    """A site of the seeded fleet. Machines of its peer that travel are in it, as visitors."""

    def __init__(self, wish: Wish, site: Site, peer: Site | None, clock: Clock, outage: Outage) -> None:
        self._wish, self._site, self._peer, self._clock, self._outage = wish, site, peer, clock, outage

    def settle(self) -> tuple[Estate, list[Act]]:
        estate = self._invent(self._site)
        if self._peer is None:
            return estate, []
        visitors = [
            msgspec.structs.replace(machine, visitor=True)
            for machine in self._invent(self._peer).machines
            if machine.routine in ("travel", "stall") and machine.away == AWAY_FROM_SITE
        ]
        return Estate(estate.dialect, estate.layout, [*estate.machines, *visitors]), []

    def changed(self) -> bool:
        self._outage.check()
        return False

    def _invent(self, site: Site) -> Estate:
        dialect = DIALECTS[site.family](site, self._wish.seed)
        peers, hostile = self._peer is not None, self._wish.hostile
        return Inventor(dialect, today=self._clock.today, peers=peers, hostile=hostile).estate()


class Described(Ground):
    """A world in a file: the file is the endpoint. Whoever changes it changes the world behind the driver's back."""

    def __init__(self, file: Path, wish: Wish, site: Site, clock: Clock) -> None:
        self._file, self._clock = file, clock
        self._dialect = DIALECTS[site.family](site, wish.seed)
        self._seen: tuple[int, int] | None = None

    def settle(self) -> tuple[Estate, list[Act]]:
        self._seen = self._look()
        world = read_world(self._file)
        estate = described_estate(self._dialect, world)
        return estate, self._acts(world, estate)

    def changed(self) -> bool:
        return self._look() != self._seen

    def _look(self) -> tuple[int, int]:
        try:
            found = self._file.stat()
        except OSError as error:
            raise Unreachable(f"the world {self._file} is gone", native=str(error)) from None
        return found.st_mtime_ns, found.st_size

    def _acts(self, world: World, estate: Estate) -> list[Act]:
        by_uuid = {machine.uuid: machine for machine in estate.machines}
        return [
            Act(machine=by_uuid[task.vm], moment=self._moment(number, task), back=False)
            for number, task in enumerate(world.task)
            if task.vm in by_uuid
        ]

    def _moment(self, number: int, task: WorldTask) -> Moment:
        moves = task.verb == "migrate"
        beat = Beat(0, task.verb, task.takes, Condition(away=moves), Power.MIGRATING if moves else None)
        return Moment(beat, number, self._clock.world_of(task.began.timestamp()))

"""Hosts that answer where machines can run as a test tells them to, in the place of `fleet.placing`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping

from novatui.core.capabilities import Answer, Evidence
from novatui.core.errors import Timeout
from novatui.core.ids import ObjectRef
from novatui.core.needs import Needs
from novatui.core.reasons import Check, Fit, Topic, not_asked
from novatui.core.states import Family, Power
from novatui.core.vmspec import VmSpec
from novatui.engine.where import HostFit

GIB = 2**30
EVIDENCE = Evidence(kind="asked", call="virDomainGetXMLDesc", at=1.0, ms=2.0)
FINE = Check(topic=Topic.CPU, answer=Answer.YES, reason="has its processor", evidence=EVIDENCE)


class Placing:
    """Hosts that answer as they are told to, and count how often they are asked."""

    def __init__(self, hosts: Iterable[ObjectRef]) -> None:
        self.held: dict[str, tuple[Check, ...]] = {}
        self.live: dict[tuple[str, str], tuple[Check, ...]] = {}
        """By machine and host; FINE for all others."""
        self.off: dict[tuple[str, str], tuple[Check, ...]] = {}
        self.silent: set[str] = set()
        self.unread: set[str] = set()
        self.read = Counter[str]()
        self.asked = Counter[tuple[str, str]]()
        self.hosts = list(hosts)
        self.free: int | None = 8 * GIB
        self.answers = asyncio.Event()
        self.answers.set()
        self.under_way = 0
        self.most = 0

    def turns(self) -> Mapping[str, asyncio.Semaphore]:
        return {}

    def candidates(self, _: ObjectRef) -> list[ObjectRef]:
        return self.hosts

    def others(self, _: ObjectRef) -> list[Family]:
        return []

    async def where(self, ref: ObjectRef, hosts: Collection[ObjectRef] = ()) -> AsyncGenerator[HostFit]:
        async for one in self.fits(await self.needs(ref), hosts or self.hosts, {}):
            yield one

    async def needs(self, ref: ObjectRef) -> Needs:
        self.read[ref.id] += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        await self.answers.wait()
        self.under_way -= 1
        if ref.id in self.unread:
            raise Timeout("no answer within 15 s")
        return Needs(key=ref.key, conn=ref.conn, family=Family.LIBVIRT, power=Power.RUNNING, vm=VmSpec(name=ref.id),
                     held=self.held.get(ref.id, ()), evidence=EVIDENCE)  # fmt: skip

    async def fits(
        self, needs: Needs, hosts: Collection[ObjectRef], turns: Mapping[str, asyncio.Semaphore]
    ) -> AsyncGenerator[HostFit]:
        del turns
        for host in hosts:
            name = host.conn if host.id == "h" else host.id
            self.asked[name, needs.vm.name] += 1
            if name in self.silent:
                yield HostFit(host, not_asked(host.key, name, "no answer within 15 s"))
                continue
            given = (self.live if needs.running else self.off).get((needs.vm.name, name), (FINE,))
            yield HostFit(
                host, Fit(host=host.key, name=name, checks=(*given, *needs.held), memory_free=self.free, at=1.0)
            )

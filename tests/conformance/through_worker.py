"""Conformance through a real worker process: the same world arrives at the stores of the console."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind, Link
from novatui.core.text import clean
from novatui.engine.fleet import Fleet, Target
from tests.conformance.base import Base, running
from tests.conformance.lab import Lab
from tests.conformance.recording import PATIENCE
from tests.conformance.world import Vm


class WorkerConformance(Base):
    async def test_the_world_arrives_at_the_console(self, lab: Lab) -> None:
        async with _fleet(lab) as fleet:
            told = {fleet.inventory.name(slot): fleet.inventory.value(slot, "power") for slot in _machines(fleet)}
            assert told == {clean(vm.name): self.powers[vm.state].value for vm in lab.vms}

    async def test_a_detail_arrives_at_the_console(self, lab: Lab) -> None:
        async with _fleet(lab) as fleet:
            vm = lab.vms[0]
            detail = await fleet.detail(_ref(fleet, vm), ["vm"])
            assert detail.vm is not None
            assert detail.vm.name == clean(vm.name)
            assert detail.vm.cpu.count == vm.vcpus

    async def test_a_change_from_outside_arrives_at_the_console(self, lab: Lab) -> None:
        async with _fleet(lab) as fleet:
            vm = running(lab)[0]
            await asyncio.to_thread(lab.set_power, vm, "off")
            slot = _slot(fleet, vm)
            await _until(lambda: fleet.inventory.value(slot, "power") == "off", f"{vm.name} to be off")

    async def test_a_lost_endpoint_comes_back_by_itself(self, lab: Lab) -> None:
        async with _fleet(lab) as fleet:
            connection = fleet.connections[lab.spec.name]
            await asyncio.to_thread(lab.stop)
            await _until(lambda: connection.link is Link.DOWN, "the loss to be noticed")
            assert len(list(_machines(fleet))) == len(lab.vms), "what is known stays"
            await asyncio.to_thread(lab.start)
            await _until(lambda: connection.link is Link.UP, "the connection to be back")
            assert len(list(_machines(fleet))) == len(lab.vms)


@asynccontextmanager
async def _fleet(lab: Lab) -> AsyncIterator[Fleet]:
    fleet = Fleet([Target(spec=lab.spec, secrets=lambda: dict(lab.secrets))])
    await fleet.start()
    try:
        await fleet.settled(PATIENCE)
        connection = fleet.connections[lab.spec.name]
        assert connection.link is Link.UP, connection.failure
        yield fleet
    finally:
        await fleet.stop()


def _machines(fleet: Fleet) -> list[int]:
    return list(fleet.inventory.slots(Kind.VM))


def _slot(fleet: Fleet, vm: Vm) -> int:
    return next(slot for slot in _machines(fleet) if fleet.inventory.name(slot) == clean(vm.name))


def _ref(fleet: Fleet, vm: Vm) -> ObjectRef:
    return fleet.inventory.ref(_slot(fleet, vm))


async def _until(condition: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - the fleet tells of changes to one listener only, the console
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"still waiting for {what}") from None
    except NovaError as error:
        raise AssertionError(str(error.failure)) from None

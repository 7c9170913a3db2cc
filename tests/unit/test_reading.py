"""What is read on demand: by parts, never too often, and never worse than what was known before."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from novatui.core.detail import Detail, PartFailure, Property, Rates, Volume
from novatui.core.errors import Failure, Fault, NotSupported, NovaError, Timeout
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.vmspec import VmSpec
from novatui.ui.reading import LIVE_EVERY, PATIENCE, Reading
from tests.unit import stores

REF = ObjectRef("c1", Kind.DATASTORE, "s")
FAILED = Failure(fault=Fault.TIMEOUT, message="no answer")


class Teller:
    """Answers as it is told, when it is told."""

    def __init__(self) -> None:
        self.inventory = stores.store()
        stores.tell(self.inventory, {"datastore:s": {"name": "s", "free": 1}}, begun=1.0)
        self.asked: list[list[str]] = []
        self.answer: Detail | NovaError = Detail(key="datastore:s")
        self.open = asyncio.Event()
        self.open.set()
        self.now = 10.0

    async def detail(self, ref: ObjectRef, parts: Collection[str]) -> Detail:
        del ref
        self.asked.append(list(parts))
        await self.open.wait()
        if isinstance(self.answer, NovaError):
            raise self.answer
        return self.answer


def reading(fleet: Teller, ref: ObjectRef = REF) -> Reading:
    return Reading(fleet, ref, lambda: fleet.now, lambda: None)  # type: ignore[arg-type]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_part_is_asked_for_once_and_has_an_age() -> None:
    fleet = Teller()
    one = reading(fleet)
    assert one.age(("volumes",)) is None
    one.need(("volumes",))
    await settle()
    fleet.now += 3.0
    one.need(("volumes",))
    assert fleet.asked == [["volumes"]]
    assert one.has(("volumes",))
    assert one.age(("volumes",)) == 3.0


async def test_what_is_asked_for_while_an_answer_is_awaited_is_asked_after_it() -> None:
    fleet = Teller()
    fleet.open.clear()
    one = reading(fleet)
    one.need(("volumes",))
    one.need(("raw",))
    await settle()
    assert fleet.asked == [["volumes"]]
    assert one.busy
    fleet.open.set()
    await settle()
    assert fleet.asked == [["volumes"], ["raw"]]
    assert not one.busy


async def test_a_part_that_is_read_later_leaves_the_others_as_they_were() -> None:
    fleet = Teller()
    one = reading(fleet)
    fleet.answer = Detail(key="datastore:s", volumes=(Volume(name="a"),))
    one.need(("volumes",))
    await settle()
    fleet.answer = Detail(key="datastore:s", raw="<pool/>")
    one.need(("raw",))
    await settle()
    assert one.detail is not None
    assert one.detail.volumes == (Volume(name="a"),)
    assert one.detail.raw == "<pool/>"


async def test_a_part_that_fails_now_keeps_what_it_had_and_says_why() -> None:
    fleet = Teller()
    one = reading(fleet)
    fleet.answer = Detail(key="datastore:s", volumes=(Volume(name="a"),))
    one.need(("volumes",))
    await settle()
    fleet.answer = Detail(key="datastore:s", failures=(PartFailure("volumes", FAILED),))
    one.read(("volumes",))
    await settle()
    assert one.detail is not None
    assert one.detail.volumes == (Volume(name="a"),)
    assert [each.part for each in one.detail.failures] == ["volumes"]
    fleet.answer = Detail(key="datastore:s", volumes=())
    one.read(("volumes",))
    await settle()
    assert one.detail.failures == ()
    assert one.detail.volumes == ()


async def test_a_failed_reading_is_told_and_tried_again_only_after_a_while() -> None:
    fleet = Teller()
    fleet.answer = Timeout("no answer")
    one = reading(fleet)
    one.need(("volumes",))
    await settle()
    assert one.problem is not None
    one.need(("volumes",))
    await settle()
    assert len(fleet.asked) == 1
    fleet.now += PATIENCE
    fleet.answer = Detail(key="datastore:s", volumes=())
    one.need(("volumes",))
    await settle()
    assert len(fleet.asked) == 2
    assert one.problem is None


async def test_a_row_that_was_read_since_makes_it_out_of_date() -> None:
    fleet = Teller()
    one = reading(fleet)
    one.need(("volumes",))
    await settle()
    fleet.now = 12.0
    stores.tell(fleet.inventory, {"datastore:s": {"free": 2}}, begun=11.0)
    one.need(("volumes",))
    assert len(fleet.asked) == 1
    fleet.now = 10.0 + PATIENCE
    one.need(("volumes",))
    await settle()
    assert len(fleet.asked) == 2
    fleet.now += PATIENCE
    one.need(("volumes",))
    await settle()
    assert len(fleet.asked) == 2


async def test_a_product_that_tells_no_details_is_not_a_problem() -> None:
    fleet = Teller()
    fleet.answer = NotSupported("this connection tells no details")
    one = reading(fleet)
    one.need(("volumes",))
    await settle()
    assert one.problem is None
    assert one.has(("volumes",))
    assert one.detail == Detail(key="datastore:s")


@pytest.mark.parametrize("kind", [Kind.CONNECTION, Kind.GROUP])
async def test_what_lives_in_the_console_alone_is_never_asked_for(kind: Kind) -> None:
    fleet = Teller()
    one = reading(fleet, ObjectRef("c1", kind, "x"))
    one.need(("properties",))
    one.read(("properties",))
    await settle()
    assert fleet.asked == []
    assert one.has(("properties",))


async def test_what_moved_is_read_anew_under_its_new_name() -> None:
    fleet = Teller()
    one = reading(fleet)
    one.need(("volumes",))
    await settle()
    one.follow(ObjectRef("c2", Kind.DATASTORE, "s"))
    assert not one.has(("volumes",))
    one.need(("volumes",))
    await settle()
    assert len(fleet.asked) == 2


VM = ObjectRef("c1", Kind.VM, "v")


async def test_what_is_measured_is_read_again_and_again_and_leaves_the_rest_as_it_is() -> None:
    fleet = Teller()
    stores.tell(fleet.inventory, {"vm:v": {"name": "v"}}, begun=1.0)
    one = reading(fleet, VM)
    first = Rates(seconds=None)
    properties = (Property("addresses", "vnet0", "10.0.0.1"),)
    fleet.answer = Detail(key="vm:v", vm=VmSpec(name="v"), rates=first, properties=properties)
    one.need(("vm", "rates"))
    await settle()
    fleet.now += 1.0
    one.need(("vm", "rates"))
    assert fleet.asked == [["rates", "vm"]]
    fleet.now += LIVE_EVERY
    fleet.answer = Detail(key="vm:v", rates=Rates(seconds=3.0))
    one.need(("vm", "rates"))
    await settle()
    assert fleet.asked == [["rates", "vm"], ["rates"]]
    assert one.detail is not None
    assert one.detail.rates == Rates(seconds=3.0)
    assert one.detail.vm == VmSpec(name="v")
    assert one.detail.properties == properties
    assert one.age(("rates",)) == 0.0
    assert one.age(("vm", "rates")) == 1.0 + LIVE_EVERY
    one.need(("vm",))
    assert len(fleet.asked) == 2


async def test_measuring_does_not_keep_what_is_out_of_date_from_being_read() -> None:
    fleet = Teller()
    stores.tell(fleet.inventory, {"vm:v": {"name": "v"}}, begun=1.0)
    one = reading(fleet, VM)
    one.need(("vm", "rates"))
    await settle()
    for _ in range(4):
        fleet.now += LIVE_EVERY
        stores.tell(fleet.inventory, {"vm:v": {"vcpus": 2}}, begun=fleet.now - 0.5)
        one.need(("vm", "rates"))
        await settle()
    assert fleet.asked == [["rates", "vm"], ["rates"], ["rates"], ["rates", "vm"], ["rates"]]


async def test_measuring_that_fails_is_tried_again_more_slowly() -> None:
    fleet = Teller()
    one = reading(fleet, VM)
    one.need(("rates",))
    await settle()
    fleet.answer = Timeout("no answer")
    fleet.now += LIVE_EVERY
    one.need(("rates",))
    await settle()
    assert one.problem is not None
    fleet.now += LIVE_EVERY
    one.need(("rates",))
    assert len(fleet.asked) == 2
    fleet.now += PATIENCE
    fleet.answer = Detail(key="vm:v")
    one.need(("rates",))
    await settle()
    assert len(fleet.asked) == 3
    assert one.problem is None

"""Hosts are asked beside everything else; one that hangs holds up no other, and everybody is answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from novatui.backends.driver import PlacementSource
from novatui.core.capabilities import Evidence
from novatui.core.errors import Fault, NotFound
from novatui.core.needs import Needs
from novatui.core.reasons import Fit
from novatui.core.states import Family, Link
from novatui.core.vmspec import VmSpec
from novatui.wire import frames
from novatui.wire.channel import decode
from novatui.worker.process import _encoded
from tests.scripted import LIMITS, PATIENCE, Console, Make, Scripted, consoles, raising

NEEDS = Needs(
    key="vm:1",
    conn="lab",
    family=Family.LIBVIRT,
    vm=VmSpec(name="db\x1b[31m"),
    evidence=Evidence(kind="asked", call="virDomainGetXMLDesc"),
    native="<domain>\x1b</domain>",
)


class Placing(Scripted, PlacementSource):
    """One that can be asked."""

    def needs(self, key: str) -> Needs:
        return self.play("needs", NEEDS, key)

    def fits(self, needs: Needs, hosts: Sequence[str]) -> list[Fit]:
        return self.play("fits", [Fit(host=host, name=needs.vm.name) for host in hosts], needs, hosts)


@pytest.fixture
def console() -> Iterator[Make]:
    yield from consoles()


def fit_of(lab: Console, number: int) -> frames.FitAnswer:
    return lab.get(frames.FitAnswer, lambda frame: frame.request == number)


def test_needs_and_fits_are_told_as_they_are(console: Make) -> None:
    lab = console(base=Placing)
    lab.link(Link.UP)
    lab.worker.receive(frames.NeedsRequest("lab", 1, "vm:1"))
    assert lab.get(frames.NeedsAnswer).needs == NEEDS
    lab.worker.receive(frames.FitRequest("lab", 2, NEEDS, "host:a"))
    assert fit_of(lab, 2).fit == Fit(host="host:a", name="db\x1b[31m")


def test_what_goes_to_another_product_arrives_as_it_was_and_what_goes_to_a_screen_is_clean() -> None:
    asked = decode(_encoded(frames.FitRequest("lab", 2, NEEDS, "host:a"))[4:])
    assert isinstance(asked, frames.FitRequest)
    assert asked.needs.native == NEEDS.native
    told = decode(_encoded(frames.FitAnswer("lab", 2, Fit(host="host:a", name="b\x1b[31m"), None))[4:])
    assert isinstance(told, frames.FitAnswer)
    assert told.fit is not None
    assert "\x1b" not in told.fit.name


def test_a_host_that_hangs_holds_up_no_other(console: Make) -> None:
    go = threading.Event()

    def fits(self: Scripted, needs: Needs, hosts: Sequence[str]) -> list[Fit]:
        if hosts[0] == "host:slow":
            go.wait(PATIENCE)
        return [Fit(host=host) for host in hosts]

    lab = console(base=Placing, fits=fits)
    lab.link(Link.UP)
    for number, host in enumerate(("slow", "b", "c", "d", "e", "f")):
        lab.worker.receive(frames.FitRequest("lab", number, NEEDS, f"host:{host}"))
    for number in range(1, 6):
        assert fit_of(lab, number).fit is not None
    assert not [frame for frame in lab.seen if isinstance(frame, frames.FitAnswer) and frame.request == 0]
    go.set()
    assert fit_of(lab, 0).fit is not None


def test_a_host_that_answers_too_late_is_answered_for(console: Make) -> None:
    go = threading.Event()
    lab = Console(base=Placing, fits=lambda self, needs, hosts: go.wait(PATIENCE) and [Fit(host=hosts[0])])
    lab.worker.limits = msgspec.structs.replace(LIMITS, read=0.05)
    lab.open()
    lab.link(Link.UP)
    lab.worker.receive(frames.FitRequest("lab", 1, NEEDS, "host:a"))
    lab.called("fits")
    time.sleep(0.2)
    lab.worker.calls.expire(time.monotonic())
    failure = fit_of(lab, 1).failure
    assert failure is not None
    assert failure.fault is Fault.TIMEOUT
    go.set()
    lab.worker.receive(frames.Close("lab"))


def test_failures_are_told_and_the_connection_stays(console: Make) -> None:
    lab = console(base=Placing, needs=raising(NotFound("no machine")), fits=lambda self, needs, hosts: [])
    lab.link(Link.UP)
    lab.worker.receive(frames.NeedsRequest("lab", 1, "vm:1"))
    lab.worker.receive(frames.FitRequest("lab", 2, NEEDS, "host:a"))
    gone, none = lab.get(frames.NeedsAnswer).failure, fit_of(lab, 2).failure
    assert gone is not None
    assert gone.fault is Fault.NOT_FOUND
    assert none is not None
    assert none.fault is Fault.BACKEND_FAULT
    assert not [frame for frame in lab.seen if getattr(frame, "link", None) is Link.DOWN]


def test_a_driver_without_the_role_and_a_closed_connection_say_so(console: Make) -> None:
    lab = console()
    lab.link(Link.UP)
    lab.worker.receive(frames.FitRequest("lab", 1, NEEDS, "host:a"))
    lacking = fit_of(lab, 1).failure
    assert lacking is not None
    assert lacking.fault is Fault.NOT_SUPPORTED
    closed = Console()
    closed.worker.receive(frames.FitRequest("lab", 1, NEEDS, "host:a"))
    closed.worker.receive(frames.NeedsRequest("lab", 2, "vm:1"))
    for answer in (fit_of(closed, 1), closed.get(frames.NeedsAnswer)):
        assert answer.failure is not None
        assert answer.failure.fault is Fault.UNREACHABLE

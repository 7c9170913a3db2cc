"""Details are read beside everything else, completed by other roles of the driver, and always answered."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator

import pytest

from novatui.core.detail import Detail
from novatui.core.errors import Fault, NotSupported
from novatui.core.snapshots import Snapshot
from novatui.core.states import Link
from novatui.wire import frames
from tests.scripted import PATIENCE, Console, Make, Scripted, consoles, raising


@pytest.fixture
def console() -> Iterator[Make]:
    yield from consoles()


def ask(lab: Console, key: str, *parts: str) -> frames.DetailAnswer:
    number = len(lab.seen) + 1000
    lab.worker.receive(frames.DetailRequest("lab", number, key, list(parts)))
    return lab.get(frames.DetailAnswer, lambda frame: frame.request == number)


def test_a_detail_is_completed_by_the_driver_s_other_roles(console: Make) -> None:
    snapshot = Snapshot(id="s", name="before")
    lab = console(snapshots=lambda self, key: [snapshot])
    lab.link(Link.UP)
    whole = ask(lab, "vm:1").detail
    assert whole is not None
    assert (whole.raw, whole.snapshots) == ("raw", (snapshot,))
    part = ask(lab, "vm:1", "raw").detail
    assert part is not None
    assert part.snapshots is None
    host = ask(lab, "host:1").detail
    assert host is not None
    assert host.snapshots is None


def test_a_part_that_fails_is_named_and_the_rest_is_told(console: Make) -> None:
    lab = console(snapshots=raising(NotSupported("no snapshots here")))
    lab.link(Link.UP)
    detail = ask(lab, "vm:1").detail
    assert detail is not None
    assert detail.raw == "raw"
    assert [(failed.part, failed.failure.fault) for failed in detail.failures] == [("snapshots", Fault.NOT_SUPPORTED)]


def test_details_beside_each_other_do_not_wait_for_the_slow_one(console: Make) -> None:
    go = threading.Event()

    def detail(self: Scripted, key: str, parts: Collection[str]) -> Detail:
        if key == "vm:slow":
            go.wait(PATIENCE)
        return Detail(key=key)

    lab = console(detail=detail)
    lab.link(Link.UP)
    lab.worker.receive(frames.DetailRequest("lab", 1, "vm:slow", []))
    assert ask(lab, "vm:quick").detail == Detail(key="vm:quick", snapshots=())
    go.set()
    assert lab.get(frames.DetailAnswer, lambda frame: frame.request == 1).detail is not None


def test_details_that_wait_when_the_connection_ends_are_answered(console: Make) -> None:
    go = threading.Event()
    lab = console(detail=lambda self, key, parts: go.wait(PATIENCE) and Detail(key=key))
    lab.link(Link.UP)
    for number in range(5):
        lab.worker.receive(frames.DetailRequest("lab", number, "vm:1", []))
    lab.called("detail", 2)
    lab.worker.receive(frames.Close("lab"))
    lab.worker.receive(frames.DetailRequest("lab", 5, "vm:1", []))
    for number in (2, 3, 4, 5):
        failure = lab.get(frames.DetailAnswer, lambda frame, number=number: frame.request == number).failure
        assert failure is not None
        assert failure.fault is Fault.UNREACHABLE
    go.set()


def test_a_detail_of_a_connection_that_was_never_opened_is_refused() -> None:
    lab = Console()
    failure = ask(lab, "vm:1").failure
    assert failure is not None
    assert failure.fault is Fault.UNREACHABLE

"""Lanes of a worker: so many at a time, in order, and levers ahead of all that waits."""

from __future__ import annotations

import threading

from novatui.core.errors import Unreachable
from novatui.worker.lanes import Lanes
from novatui.worker.runs import is_lever
from tests.fleets import wait


class Served:
    """Requests that are served until their event is set."""

    def __init__(self, size: int) -> None:
        self.begun: list[str] = []
        self.refused: list[str] = []
        self.ends: dict[str, threading.Event] = {}
        self.lanes = Lanes[str]("test", size, self.serve, lambda request, _: self.refused.append(request))

    def serve(self, request: str) -> None:
        self.begun.append(request)
        self.ends[request].wait()

    def put(self, request: str, *, ahead: bool = False) -> None:
        self.ends[request] = threading.Event()
        self.lanes.put(request, ahead=ahead)

    def close(self) -> None:
        self.lanes.end(Unreachable("over").failure)
        for end in self.ends.values():
            end.set()
        assert self.lanes.drained.wait(30)


def test_a_lever_does_not_wait_for_what_it_is_to_end() -> None:
    served = Served(2)
    try:
        for request in "abc":
            served.put(request)
        wait(lambda: sorted(served.begun) == ["a", "b"])
        served.put("lever", ahead=True)
        wait(lambda: "lever" in served.begun)
        assert "c" not in served.begun
        served.ends["lever"].set()
        served.put("d")
        served.ends["a"].set()
        wait(lambda: "c" in served.begun)
        assert "d" not in served.begun, "there are two lanes again"
    finally:
        served.close()
    assert served.refused == ["d"]


def test_levers_are_operations_on_tasks() -> None:
    assert is_lever("task.cancel")
    assert not is_lever("power.off")

"""Conformance in what no role says: threads, output, and calls from several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from novatui.backends.driver import DetailSource, InventorySource, MetricSource, Session, TaskSource
from novatui.core.states import Kind
from tests.conformance.base import Base, key_of, make
from tests.conformance.lab import Lab
from tests.conformance.legal import check_references, check_row
from tests.conformance.recording import PATIENCE, Recording

ROUNDS = 5


class SafetyConformance(Base):
    def test_no_thread_is_left_behind(self, lab: Lab, sink: Recording) -> None:
        before = set(threading.enumerate())
        self._whole_life(lab, sink)
        left = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]
        for thread in left:
            if not thread.name.startswith(self.lasting_threads or ("\0",)):
                thread.join(PATIENCE)
        still = [thread.name for thread in left if thread.is_alive()]
        assert [name for name in still if not name.startswith(self.lasting_threads or ("\0",))] == []

    def test_nothing_is_printed(self, lab: Lab, sink: Recording, capfd: pytest.CaptureFixture[str]) -> None:
        capfd.readouterr()
        self._whole_life(lab, sink)
        printed = capfd.readouterr()
        assert printed.out == ""
        assert printed.err == ""

    def test_native_calls_are_counted(self, loaded: Session, sink: Recording) -> None:
        assert sum(sink.counts.values()) > 0

    def test_calls_from_several_threads(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        name = key_of(sink, lab.vms[0])
        inventory = self.role(loaded, InventorySource)
        jobs: list[Callable[[], object]] = [
            lambda: inventory.load({kind.value for kind in Kind}),
            lambda: inventory.refresh([name]),
        ]
        if isinstance(loaded, MetricSource):
            jobs.append(lambda: loaded.sample(None))
        if isinstance(loaded, DetailSource):
            jobs.append(lambda: loaded.detail(name, []))
        if isinstance(loaded, TaskSource):
            jobs.append(loaded.tasks)
        names = set(sink.table)
        with ThreadPoolExecutor(len(jobs)) as pool:
            for done in [pool.submit(job) for _ in range(ROUNDS) for job in jobs]:
                done.result(PATIENCE)
        assert set(sink.table) == names
        assert sink.removed == []
        for _, row in sink.given:
            check_row(row)
        check_references(sink.table)

    def _whole_life(self, lab: Lab, sink: Recording) -> None:
        driver = make(lab, sink)
        driver.connect()
        if isinstance(driver, InventorySource):
            driver.load({kind.value for kind in Kind})
            driver.watch()
        if isinstance(driver, MetricSource):
            driver.sample(None)
        if isinstance(driver, DetailSource):
            driver.detail(key_of(sink, lab.vms[0]), [])
        driver.close()

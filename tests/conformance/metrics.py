"""Conformance of MetricSource: only what is asked, in range, and nothing where there is nothing."""

from __future__ import annotations

import time

from novatui.backends.driver import HistorySource, MetricSource, Session
from novatui.core.ids import key
from novatui.core.states import Kind
from tests.conformance.base import Base, key_of, running
from tests.conformance.lab import Lab
from tests.conformance.legal import check_metrics
from tests.conformance.recording import PATIENCE, Recording

READINGS = 3
"""Readings after which a driver that works with differences has something to tell."""


class MetricConformance(Base):
    def test_readings_are_legal(self, loaded: Session, sink: Recording) -> None:
        self._read(loaded, None)
        assert sink.measured
        for metrics in sink.measured.values():
            check_metrics(metrics)

    def test_every_machine_that_runs_is_measured(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        source = self.role(loaded, MetricSource)
        wanted = {key_of(sink, vm) for vm in running(lab)}
        deadline = time.monotonic() + PATIENCE
        while not wanted <= self._busy(sink) and time.monotonic() < deadline:
            source.sample(None)
            time.sleep(0.2)
        assert wanted - self._busy(sink) == set()

    def test_only_what_is_asked_is_measured(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        wanted = key_of(sink, running(lab)[0])
        sink.measured.clear()  # a stream may have told more by itself
        self._read(loaded, [wanted])
        assert set(sink.measured) == {wanted}

    def test_nothing_asked_nothing_measured(self, loaded: Session, sink: Recording) -> None:
        sink.measured.clear()
        self._read(loaded, [])
        assert sink.measured == {}

    def test_a_machine_that_is_off_has_no_load(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        """Zero would be a reading. There is none."""
        off = [key_of(sink, vm) for vm in lab.vms if vm.state == "off"]
        self._read(loaded, None)
        for name in off:
            told = sink.measured.get(name, {})
            moving = {"cpu.used", "cpu.wait", "mem.used", "disk.read", "disk.write", "net.rx", "net.tx"}
            assert [metric for metric in moving if told.get(metric) is not None] == []

    def test_what_does_not_exist_is_passed_over(self, loaded: Session, lab: Lab, sink: Recording) -> None:
        wanted = key_of(sink, running(lab)[0])
        never = key(Kind.VM, "00000000-dead-4000-8000-000000000000")
        self._read(loaded, [never, wanted])
        assert never not in sink.measured or not any(v is not None for v in sink.measured[never].values())
        assert wanted in sink.measured

    def test_readings_carry_the_time_when_they_were_begun(self, loaded: Session, sink: Recording) -> None:
        count = len(sink.begun)
        before = sink.now()
        self.role(loaded, MetricSource).sample(None)
        assert all(before <= begun <= sink.now() for begun in sink.begun[count:])

    def test_what_is_remembered_is_legal_and_no_longer_than_asked(
        self, loaded: Session, lab: Lab, sink: Recording
    ) -> None:
        source = self.role(loaded, HistorySource)
        wanted = {key_of(sink, vm) for vm in running(lab)}
        source.recall([*wanted, key(Kind.VM, "00000000-dead-4000-8000-000000000000")], 600.0)
        assert wanted <= set(sink.remembered)
        for step, samples in sink.remembered.values():
            assert 0 < step * len(samples) <= 600.0
            for metrics in samples:
                check_metrics(metrics)

    def test_the_period_is_known(self, driver: Session) -> None:
        assert self.role(driver, MetricSource).period > 0

    def _read(self, driver: Session, keys: list[str] | None) -> None:
        source = self.role(driver, MetricSource)
        for _ in range(READINGS):
            source.sample(keys)
            time.sleep(0.1)

    def _busy(self, sink: Recording) -> set[str]:
        return {name for name, metrics in sink.measured.items() if metrics.get("cpu.used") is not None}

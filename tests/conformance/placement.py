"""Conformance of PlacementSource: what a machine needs, and hosts that answer for it; nothing is changed by asking."""

from __future__ import annotations

import msgspec
import pytest

from novatui.backends.driver import DetailSource, PlacementSource, Session
from novatui.core.capabilities import Answer
from novatui.core.errors import NotFound
from novatui.core.ids import key
from novatui.core.reasons import Topic
from novatui.core.states import Kind
from novatui.core.text import clean
from tests.conformance.base import Base, key_of, of_kind
from tests.conformance.lab import Lab
from tests.conformance.recording import Recording

ALWAYS = {Topic.PLACE, Topic.ARCHITECTURE, Topic.CPU, Topic.STORAGE, Topic.NETWORK, Topic.MEMORY, Topic.NAME}
"""What is checked of every machine on every host."""


class PlacementConformance(Base):
    """Needs and fits of the world's machines."""

    def test_a_machine_needs_what_it_is(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        placing = self.role(loaded, PlacementSource)
        for vm in lab.vms:
            wanted = key_of(sink, vm)
            needs = placing.needs(wanted)
            assert (needs.key, needs.conn, needs.vm.uuid) == (wanted, lab.spec.name, vm.uuid)
            assert clean(needs.vm.name) == clean(vm.name)
            assert needs.vm.cpu.count == vm.vcpus
            assert needs.evidence.kind == "asked"
            assert needs.evidence.call

    def test_what_it_needs_is_what_its_detail_says(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        placing, details = self.role(loaded, PlacementSource), self.role(loaded, DetailSource)
        wanted = key_of(sink, lab.vms[0])
        described = details.detail(wanted, ("vm",)).vm
        assert described is not None
        needs = placing.needs(wanted).vm
        assert (needs.memory.size, needs.nics, needs.host_devices) == (
            described.memory.size, described.nics, described.host_devices,
        )  # fmt: skip
        assert [disk.source for disk in needs.disks] == [disk.source for disk in described.disks]

    def test_the_host_that_it_is_on_says_so(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        placing = self.role(loaded, PlacementSource)
        needs = placing.needs(key_of(sink, lab.vms[0]))
        if not needs.host_uuid:
            pytest.skip("the host has no uuid")
        (here,) = placing.fits(needs, [needs.host])
        assert here.answer is Answer.NO
        assert [check.topic for check in here.against] == [Topic.PLACE]

    def test_every_host_answers_everything_that_is_always_asked(
        self, lab: Lab, loaded: Session, sink: Recording
    ) -> None:
        placing = self.role(loaded, PlacementSource)
        hosts = of_kind(sink, Kind.HOST)
        for vm in lab.vms:
            needs = msgspec.structs.replace(
                placing.needs(key_of(sink, vm)), host="host:elsewhere", host_uuid="elsewhere"
            )
            fits = placing.fits(needs, list(hosts))
            assert [fit.host for fit in fits] == list(hosts)
            for fit in fits:
                assert fit.name == hosts[fit.host]["name"]
                assert {check.topic for check in fit.checks} >= ALWAYS
                assert all(check.reason for check in fit.checks)
                assert all(check.evidence for check in fit.checks if check.answer is not Answer.UNKNOWN)
                assert (fit.answer is Answer.YES) == (not any(check.blocking for check in fit.against))

    def test_a_machine_or_host_that_is_not_there_is_not_found(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        placing = self.role(loaded, PlacementSource)
        with pytest.raises(NotFound):
            placing.needs(key(Kind.VM, "00000000-0000-4000-8000-000000000000"))
        with pytest.raises(NotFound):
            placing.fits(placing.needs(key_of(sink, lab.vms[0])), ["host:nowhere"])

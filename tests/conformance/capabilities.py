"""Conformance of CapabilityProbe: every feature answered at every scope, nothing without proof."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from novatui.backends.driver import CapabilityProbe, Session
from novatui.core.capabilities import Answer, Fact
from novatui.core.errors import NotFound, NovaError, Unreachable
from novatui.core.features import FEATURES
from novatui.core.ids import key
from novatui.core.states import Kind
from tests.conformance.base import Base, key_of, of_kind
from tests.conformance.lab import Lab
from tests.conformance.legal import check_failure
from tests.conformance.recording import Recording

SLUGS = [feature.slug for feature in FEATURES]
NEVER = "00000000-dead-4000-8000-000000000000"
NOTE = 14
"""Cells that a matrix has beside the mark."""

CLOCKS = 5.0
"""Seconds by which a product's time of a call may be off from when it was seen to go out."""


class CapabilityConformance(Base):
    def test_every_feature_is_answered_once_wherever_it_is_asked(
        self, lab: Lab, loaded: Session, sink: Recording
    ) -> None:
        for scope, facts in self._answers(lab, loaded, sink):
            assert sorted(fact.feature for fact in facts) == sorted(SLUGS), scope
            assert {fact.scope for fact in facts} == {scope}

    def test_nothing_is_said_without_proof(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        for scope, facts in self._answers(lab, loaded, sink):
            for fact in facts:
                assert fact.proven, (scope, fact)
                if fact.value is Answer.UNKNOWN:
                    assert fact.reason
                else:
                    assert fact.evidence is not None
                    assert fact.evidence.kind in ("asked", "declared")
                if fact.value in (Answer.PARTLY, Answer.NO):
                    assert fact.reason, (scope, fact)
                assert len(fact.note) <= NOTE, (scope, fact)

    def test_evidence_that_was_asked_went_out_now(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        probe = self.role(loaded, CapabilityProbe)
        for scope in scopes(lab, sink):
            before, calls = time.time(), sink.counts.total()
            facts = probe.probe(scope)
            after = time.time()
            asked = [each for fact in facts for each in (fact.evidence, *fact.more) if each and each.kind == "asked"]
            assert asked
            assert sink.counts.total() - calls >= len({(each.call, each.args) for each in asked})
            for each in asked:
                assert each.call
                assert each.ms is not None
                assert 0 <= each.ms <= (after - before) * 1000 + 1000
                assert each.at is not None
                assert before - CLOCKS <= each.at <= after + CLOCKS, each

    def test_asking_changes_nothing_and_is_answered_the_same_again(
        self, lab: Lab, loaded: Session, sink: Recording
    ) -> None:
        probe = self.role(loaded, CapabilityProbe)
        for scope in scopes(lab, sink):
            first, second = ({fact.feature: fact.value for fact in probe.probe(scope)} for _ in range(2))
            assert first == second

    def test_a_call_that_fails_makes_unknown_and_nothing_else(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        """Each call that a probe makes is refused in turn: what it decided is unknown, or nobody gets an answer."""
        probe = self.role(loaded, CapabilityProbe)
        for scope in ("", *list(of_kind(sink, Kind.HOST))[:1], key_of(sink, lab.vms[0])):
            before = sink.counts.copy()
            whole = {fact.feature: fact for fact in probe.probe(scope)}
            for call in sink.counts - before:
                told = _without(sink, call, probe, scope)
                if told is None:
                    continue
                changed = {slug for slug in SLUGS if told[slug].value is not whole[slug].value}
                wrong = {slug: told[slug] for slug in changed if told[slug].value is not Answer.UNKNOWN}
                assert not wrong, (scope, call, wrong)
                assert all(told[slug].reason for slug in changed)

    def test_what_is_not_there_is_not_found(self, lab: Lab, loaded: Session) -> None:
        probe = self.role(loaded, CapabilityProbe)
        for scope in ("host:nowhere", key(Kind.VM, NEVER)):
            with pytest.raises(NotFound):
                probe.probe(scope)

    def test_a_lost_endpoint_answers_nothing(self, lab: Lab, loaded: Session) -> None:
        probe = self.role(loaded, CapabilityProbe)
        lab.stop()
        with pytest.raises(Unreachable):
            probe.probe("")

    def _answers(self, lab: Lab, loaded: Session, sink: Recording) -> Iterator[tuple[str, list[Fact]]]:
        probe = self.role(loaded, CapabilityProbe)
        for scope in scopes(lab, sink):
            yield scope, probe.probe(scope)


def scopes(lab: Lab, sink: Recording) -> list[str]:
    """The connection, its hosts, and every machine of the world."""
    return ["", *of_kind(sink, Kind.HOST), *(key_of(sink, vm) for vm in lab.vms)]


def _without(sink: Recording, call: str, probe: CapabilityProbe, scope: str) -> dict[str, Fact] | None:
    """The facts when this call is refused; None when there are none then, which is said."""
    allowed = sink.reading
    assert allowed is not None
    sink.reading = allowed - {call}
    try:
        return {fact.feature: fact for fact in probe.probe(scope)}
    except NovaError as error:
        check_failure(error.failure)
        return None
    finally:
        sink.reading = allowed

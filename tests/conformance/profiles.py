"""Conformance of ProfileSource: every section told or unknown with the reason; what fails makes no difference."""

from __future__ import annotations

from collections import Counter

import pytest

from novatui.backends.driver import ProfileSource, Session
from novatui.core.errors import NotFound, NovaError, Unreachable
from novatui.core.hostdiff import diff
from novatui.core.hostprofile import HostProfile, Section
from novatui.core.states import Kind
from tests.conformance.base import Base, hosts_by_name, of_kind
from tests.conformance.lab import Lab
from tests.conformance.legal import check_failure
from tests.conformance.recording import Recording


class ProfileConformance(Base):
    def test_every_section_of_a_host_is_told_once_or_unknown_with_the_reason(
        self, lab: Lab, loaded: Session, sink: Recording
    ) -> None:
        for profile in self._profiles(loaded, sink):
            assert [part.section for part in profile.parts] == list(Section)
            assert profile.family is lab.spec.family
            assert profile.name
            assert bool(profile.native) != bool(profile.native_reason)
            for part in profile.parts:
                assert part.evidence, part.section
                assert all(each.call or each.kind == "declared" for each in part.evidence)
                assert part.items is not None or part.reason, part.section
                names = Counter(item.id or item.name for item in part.items or ())
                assert not [name for name, times in names.items() if times > 1 or not name], part.section
                assert all(item.reason for item in part.items or () if item.value is None)

    def test_a_profile_says_what_the_world_says(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        source, rows = self.role(loaded, ProfileSource), of_kind(sink, Kind.HOST)
        keys = hosts_by_name(sink, lab)
        for host in lab.hosts:
            profile = source.profile(keys[host.name])
            assert names(profile, Section.NETWORKS) == {network.name for network in host.network}
            assert names(profile, Section.STORAGE) == {pool.name for pool in host.pool}
            limits = {item.name: item.value for item in profile.part(Section.LIMITS).items or ()}
            assert limits["logical processors"] == str(rows[keys[host.name]]["cpus"])

    def test_a_host_that_is_asked_twice_is_the_same(self, loaded: Session, sink: Recording) -> None:
        for first, second in zip(self._profiles(loaded, sink), self._profiles(loaded, sink), strict=True):
            compared = diff(first, second)
            assert not compared.different
            known = [part.section for part in first.parts if part.items is not None]
            assert known == [section.section for section in compared.sections if not section.reason]

    def test_a_call_that_fails_makes_no_difference(self, loaded: Session, sink: Recording) -> None:
        source = self.role(loaded, ProfileSource)
        (host, *_) = of_kind(sink, Kind.HOST)
        before, counts = source.profile(host), sink.counts.copy()
        source.profile(host)
        for call in sink.counts - counts:
            after = _without(sink, call, source, host)
            if after is None:
                continue
            compared = diff(before, after)
            assert not compared.different, call

    def test_the_common_processor_of_one_host_loses_nothing(self, loaded: Session, sink: Recording) -> None:
        source = self.role(loaded, ProfileSource)
        natives = [profile.native for profile in self._profiles(loaded, sink) if profile.native]
        for native in natives[:1]:
            told = source.baseline([native])
            assert told.model
            assert told.native
            assert [loss.flags for loss in told.losses] == [()]
        nothing = source.baseline(["<nonsense/>"])
        assert (nothing.model, nothing.flags) == ("", None)
        assert nothing.reason

    def test_a_host_that_is_not_there_is_not_found(self, loaded: Session) -> None:
        with pytest.raises(NotFound):
            self.role(loaded, ProfileSource).profile("host:nowhere")

    def test_a_lost_endpoint_tells_no_profile(self, lab: Lab, loaded: Session, sink: Recording) -> None:
        source = self.role(loaded, ProfileSource)
        (host, *_) = of_kind(sink, Kind.HOST)
        lab.stop()
        with pytest.raises(Unreachable):
            source.profile(host)

    def _profiles(self, loaded: Session, sink: Recording) -> list[HostProfile]:
        source = self.role(loaded, ProfileSource)
        return [source.profile(host) for host in of_kind(sink, Kind.HOST)]


def names(profile: HostProfile, section: Section) -> set[str]:
    """What a profile lists in a section."""
    return {item.name for item in profile.part(section).items or ()}


def _without(sink: Recording, call: str, source: ProfileSource, host: str) -> HostProfile | None:
    """The profile when this call is refused; None when there is none then, which is said."""
    allowed = sink.reading
    assert allowed is not None
    sink.reading = allowed - {call}
    try:
        return source.profile(host)
    except NovaError as error:
        check_failure(error.failure)
        return None
    finally:
        sink.reading = allowed

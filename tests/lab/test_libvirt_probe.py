"""Facts of libvirt rest on calls that went out, and fall with them: each is broken outside of the process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from novatui.core.capabilities import Evidence, Fact
from novatui.core.features import FEATURE
from tests.acceptance.program import Program
from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.probed import (
    NO,
    PARTLY,
    RUNNING,
    SCOPES,
    UNKNOWN,
    YES,
    agree,
    probed_host,
    scope_of,
    three_probers,
)
from tests.lab.libvirt.probing import BREAKABLE, SWITCH, Prober, asked, breaker, evidence, prober
from tests.lab.libvirt.testfile import write_world

pytest.importorskip("libvirt")

pytestmark = [pytest.mark.libvirt, pytest.mark.timeout(600)]

CASES = [(where, name) for where, names in SCOPES.items() for name in names]


@pytest.fixture(scope="module")
def host() -> Iterator[LibvirtHost]:
    with probed_host() as started:
        yield started


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return or_skip(lambda: breaker(tmp_path_factory.mktemp("breaker")))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def probers(
    host: LibvirtHost, library: Path, world: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Prober]]:
    with three_probers(host, world["atlas"], library, tmp_path_factory.mktemp("probers")) as started:
        yield started


@pytest.mark.parametrize(("where", "name"), CASES)
def test_every_fact_rests_on_calls_that_went_out_for_it(probers: dict[str, Prober], where: str, name: str) -> None:
    prober = probers[where]
    told = prober.probe(scope_of(prober, name))
    assert list(told.facts) == list(FEATURE)
    for slug, fact in told.facts.items():
        assert fact.proven, fact
        calls = asked(fact)
        if fact.value in {YES, PARTLY, NO}:
            assert calls or any(each.kind == "declared" for each in evidence(fact)), slug
        went_out = prober.all_calls if slug == "events" else set(told.calls)
        assert calls <= went_out, (slug, calls - went_out)
        assert calls <= set(BREAKABLE), "a call that the next test cannot break"
    assert len(told.calls) < 120, "a probe is cheap"


@pytest.mark.parametrize(("where", "name"), CASES)
def test_a_call_that_fails_turns_what_it_decides_to_unknown_and_nothing_else(
    probers: dict[str, Prober], where: str, name: str
) -> None:
    _break_each(probers[where], scope_of(probers[where], name))


def _break_each(prober: Prober, scope: str) -> None:
    before = prober.probe(scope).facts
    calls = {call for slug, fact in before.items() if slug != "events" for call in asked(fact)}
    assert len(calls) > 5
    for call in sorted(calls):
        with prober.broken(call):
            after = prober.probe(scope).facts
        for slug, fact in before.items():
            _judge(slug, fact, after[slug], call)
    assert [_timeless(fact) for fact in prober.probe(scope).facts.values()] == [*map(_timeless, before.values())]


def _judge(slug: str, before: Fact, after: Fact, call: str) -> None:
    decided = before.evidence is not None and before.evidence.call == call
    if slug != "events" and (decided or call == "virDomainLookupByUUIDString"):
        assert after.value is UNKNOWN, (slug, call, after)
        assert call in after.reason
    elif call in asked(before) and slug != "events":
        assert after.value in {before.value, UNKNOWN}, (slug, call, after)
        assert after.value is before.value or call in after.reason
    else:
        assert _timeless(after) == _timeless(before), (slug, call)


def _timeless(fact: Fact) -> Fact:
    def still(each: Evidence) -> Evidence:
        return msgspec.structs.replace(each, at=None, ms=None)

    more = tuple(map(still, fact.more))
    return msgspec.structs.replace(fact, evidence=still(fact.evidence) if fact.evidence else None, more=more)


@pytest.mark.parametrize("uri", ["qemu", "mock"])
def test_events_that_could_not_be_registered_are_unknown(
    host: LibvirtHost, library: Path, tmp_path: Path, uri: str
) -> None:
    address = host.uri if uri == "qemu" else "test:///default"
    with prober(address, tmp_path, library, broken="virConnectDomainEventRegisterAny") as without:
        fact = without.probe("").facts["events"]
    assert fact.value is UNKNOWN
    assert "virConnectDomainEventRegisterAny failed" in fact.reason


@pytest.mark.parametrize("call", ["", "virConnectGetDomainCapabilities", "virConnectGetCapabilities"])
def test_a_call_that_fails_below_a_worker_is_unknown_on_the_command_line(
    host: LibvirtHost, library: Path, tmp_path: Path, call: str
) -> None:
    switch = tmp_path / "broken"
    switch.write_text(call)
    program = Program(tmp_path, {"LD_PRELOAD": str(library), SWITCH: str(switch)})
    answer = program.run("caps", "-c", host.uri, "--fresh", "--json")
    assert answer.code == 0, answer.err
    facts = {fact["feature"]: fact for fact in answer.json["facts"]}
    decided = {slug for slug, fact in facts.items() if call and fact.get("evidence", {}).get("call") == call}
    assert {facts[slug]["value"] for slug in decided} == ({"unknown"} if call else set())
    assert len(decided) >= (3 if call else 0)
    assert facts["events"]["value"] == "yes"
    assert (facts["tpm"]["value"] == "unknown") == (call == "virConnectGetDomainCapabilities")
    assert (facts["live_migration"]["value"] == "unknown") == (call == "virConnectGetCapabilities")


def test_a_machine_whose_monitor_hangs_is_told_all_the_same(probers: dict[str, Prober], host: LibvirtHost) -> None:
    prober = probers["qemu"]
    scopes = ("", scope_of(prober, RUNNING.name))
    before = [prober.probe(scope).facts for scope in scopes]
    host.freeze_guest(RUNNING.name)
    try:
        after = [prober.probe(scope).facts for scope in scopes]
    finally:
        host.thaw_guest(RUNNING.name)
    for told, again in zip(before, after, strict=True):
        assert {slug: fact.value for slug, fact in told.items()} == {slug: fact.value for slug, fact in again.items()}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_newer_libvirt(newer_libvirt_host: LibvirtHost, library: Path, tmp_path: Path) -> None:
    host = newer_libvirt_host
    with prober(host.uri, tmp_path, library) as there:
        told = there.probe("")
        agree(told.facts, host)
        calls = {call for slug, fact in told.facts.items() if slug != "events" for call in asked(fact)}
        assert calls <= set(told.calls)
        for scope in ("", *(key for key in there.objects.values() if key.startswith("vm:"))):
            _break_each(there, scope)

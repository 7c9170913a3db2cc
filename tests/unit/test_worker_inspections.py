"""Inspections run beside everything else; one that hangs holds up no other, and nobody hears more than was asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import msgspec
import pytest

from novatui.backends.driver import CapabilityProbe
from novatui.core.capabilities import Answer, Evidence, Fact
from novatui.core.errors import Fault, NotFound
from novatui.core.features import FEATURES
from novatui.core.states import Link
from novatui.wire import frames
from novatui.wire.channel import decode, encode
from novatui.worker.process import _encoded
from tests.scripted import LIMITS, PATIENCE, Console, Make, Scripted, consoles, raising

ASKED = Evidence(kind="asked", call="GetThings", args="all=True", at=1.0, ms=2.0, excerpt="a\x1b\nb")
TPM = Fact(feature="tpm", scope="", value=Answer.YES, evidence=ASKED)
SLUGS = [feature.slug for feature in FEATURES]


class Probed(Scripted, CapabilityProbe):
    """One that can be asked what it can do."""

    def probe(self, scope: str) -> list[Fact]:
        return self.play("probe", [TPM], scope)


@pytest.fixture
def console() -> Iterator[Make]:
    yield from consoles()


def told(lab: Console, number: int = 1) -> frames.ProbeAnswer:
    return lab.get(frames.ProbeAnswer, lambda frame: frame.request == number)


def by_slug(answer: frames.ProbeAnswer) -> dict[str, Fact]:
    assert answer.found is not None
    return {fact.feature: fact for fact in answer.found}


def test_every_feature_is_answered_once_with_time_and_calls(console: Make) -> None:
    def probe(self: Scripted, scope: str) -> list[Fact]:
        self.sink.call("GetThings")
        return [TPM, msgspec.structs.replace(TPM, value=Answer.NO)]

    lab = console(base=Probed, probe=probe)
    lab.link(Link.UP)
    lab.worker.receive(frames.ProbeRequest("lab", 1, "host:a"))
    answer = told(lab)
    assert answer.found is not None
    assert [fact.feature for fact in answer.found] == SLUGS
    assert {fact.scope for fact in answer.found} == {"host:a"}
    assert by_slug(answer)["tpm"].value is Answer.YES
    assert answer.calls == 2  # play says `probe`, and then GetThings
    assert answer.ms > 0


def test_what_has_no_evidence_or_was_left_out_is_unknown_and_strange_features_are_dropped(console: Make) -> None:
    bare = Fact(feature="sriov", scope="", value=Answer.YES)
    reasoned = Fact(feature="numa", scope="", value=Answer.NO, reason="it was in a table")
    strange = Fact(feature="teleport", scope="", value=Answer.YES, evidence=ASKED)
    lab = console(base=Probed, probe=lambda self, scope: [TPM, bare, reasoned, strange])
    lab.link(Link.UP)
    lab.worker.receive(frames.ProbeRequest("lab", 1, ""))
    facts = by_slug(told(lab))
    assert list(facts) == SLUGS
    assert facts["tpm"] == TPM
    assert {facts[slug].value for slug in SLUGS if slug != "tpm"} == {Answer.UNKNOWN}
    assert "no evidence" in facts["sriov"].reason
    assert facts["numa"].reason == "it was in a table"
    assert all(facts[slug].reason for slug in SLUGS if slug != "tpm")


def test_pushed_facts_are_held_to_the_same(console: Make) -> None:
    lab = console()
    lab.link(Link.UP)
    driver = lab.worker._connections["lab"].driver
    assert driver is not None
    driver.sink.facts(
        1.0,
        [
            TPM,
            Fact(feature="sriov", scope="", value=Answer.YES),
            Fact(feature="x", scope="", value=Answer.NO, evidence=ASKED),
        ],
    )
    facts = {fact.feature: fact.value for fact in lab.get(frames.Facts).facts}
    assert facts == {"tpm": Answer.YES, "sriov": Answer.UNKNOWN}


def test_words_are_clean_and_excerpts_keep_their_lines() -> None:
    got = decode(encode(frames.ProbeAnswer("lab", 1, 1.0, 1, None, [TPM]))[4:])
    assert isinstance(got, frames.ProbeAnswer)
    evidence = by_slug(got)["tpm"].evidence
    assert evidence is not None
    assert "\n" in evidence.excerpt
    assert "\x1b" not in evidence.excerpt


def test_an_answer_that_cannot_be_sent_is_a_failure() -> None:
    broken = msgspec.structs.replace(TPM, reason="\ud800")
    got = decode(_encoded(frames.ProbeAnswer("lab", 7, 1.0, 1, None, [broken]))[4:])
    assert isinstance(got, frames.ProbeAnswer)
    assert (got.request, got.found) == (7, None)
    assert got.failure is not None
    assert got.failure.fault is Fault.BACKEND_FAULT


def test_a_host_that_hangs_holds_up_no_other(console: Make) -> None:
    go = threading.Event()

    def probe(self: Scripted, scope: str) -> list[Fact]:
        if scope == "host:slow":
            go.wait(PATIENCE)
        return [TPM]

    lab = console(base=Probed, probe=probe)
    lab.link(Link.UP)
    for number, host in enumerate(("slow", "b", "c", "d", "e")):
        lab.worker.receive(frames.ProbeRequest("lab", number, f"host:{host}"))
    for number in range(1, 5):
        assert told(lab, number).found is not None
    assert not [frame for frame in lab.seen if isinstance(frame, frames.ProbeAnswer) and frame.request == 0]
    go.set()
    assert told(lab, 0).found is not None


def test_one_that_answers_too_late_is_answered_for_and_its_late_words_count_for_nothing(console: Make) -> None:
    go = threading.Event()
    lab = Console(base=Probed, probe=lambda self, scope: go.wait(PATIENCE) and [TPM])
    lab.worker.limits = msgspec.structs.replace(LIMITS, read=0.02)
    lab.open()
    lab.link(Link.UP)
    lab.worker.receive(frames.ProbeRequest("lab", 1, "host:a"))
    lab.called("probe")
    time.sleep(0.2)
    lab.worker.calls.expire(time.monotonic())
    failure = told(lab).failure
    assert failure is not None
    assert failure.fault is Fault.TIMEOUT
    go.set()
    lab.worker.receive(frames.Close("lab"))
    lab.link(Link.CLOSED)
    assert len([frame for frame in lab.seen if isinstance(frame, frames.ProbeAnswer)]) == 1


def test_failures_are_told_and_the_connection_stays(console: Make) -> None:
    lab = console(base=Probed, probe=raising(NotFound("no such host")))
    lab.link(Link.UP)
    lab.worker.receive(frames.ProbeRequest("lab", 1, "host:gone"))
    failure = told(lab).failure
    assert failure is not None
    assert failure.fault is Fault.NOT_FOUND
    assert not [frame for frame in lab.seen if getattr(frame, "link", None) is Link.DOWN]


def test_a_locked_connection_is_inspected_too(console: Make) -> None:
    def probe(self: Scripted, scope: str) -> list[Fact]:
        return [TPM]

    lab = console(
        base=type(
            "Locked",
            (Probed,),
            {"READING": frozenset({"connect", "load", "watch", "probe", "tasks", "events", "close"})},
        ),
        lock={"readonly": True},
        probe=probe,
    )
    lab.link(Link.UP)
    lab.worker.receive(frames.ProbeRequest("lab", 1, ""))
    assert by_slug(told(lab))["tpm"].value is Answer.YES


def test_a_driver_without_the_role_and_a_closed_connection_say_so(console: Make) -> None:
    lab = console()
    lab.link(Link.UP)
    lab.worker.receive(frames.ProbeRequest("lab", 1, ""))
    lacking = told(lab).failure
    assert lacking is not None
    assert lacking.fault is Fault.NOT_SUPPORTED
    closed = Console()
    closed.worker.receive(frames.ProbeRequest("lab", 1, ""))
    failure = told(closed).failure
    assert failure is not None
    assert failure.fault is Fault.UNREACHABLE

"""`caps` on the command line: its forms, its features, and its tables for people."""

from __future__ import annotations

import asyncio
import io
import sys
from types import SimpleNamespace
from typing import cast

import pytest

from novatui.cli import caps_table
from novatui.cli.arguments import parse
from novatui.cli.caps import asked, gathered
from novatui.cli.caps_table import say_details, say_matrix
from novatui.cli.exits import UsageError
from novatui.cli.streams import cells
from novatui.cli.verbs_caps import FORMS
from novatui.core.capabilities import Answer, Evidence, Fact, Sheet
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import Timeout
from novatui.core.features import FEATURES
from novatui.core.ids import ObjectRef
from novatui.core.states import Family, Kind, Link
from novatui.engine.connection import Connection
from novatui.engine.facts_report import Column
from novatui.engine.fleet import Fleet

NOW = 1_790_000_100.0
ASKED = Evidence(kind="asked", call="GetThings", args="x86_64", at=NOW - 100, ms=4.2, excerpt="<yes/>")
DECLARED = Evidence(kind="declared", source="manual of 9.0")


def sheet(name: str, *facts: tuple[str, Answer], **more: object) -> Sheet:
    ref = ObjectRef("prod", Kind.HOST, name)
    told = {slug: Fact(feature=slug, scope=ref.key, value=value, evidence=ASKED) for slug, value in facts}
    return Sheet(ref=ref, facts=told, product="libvirt 9.0.0", at=NOW - 100, ms=41.0, calls=7, **more)  # type: ignore[arg-type]


def column(name: str, *facts: tuple[str, Answer]) -> Column:
    return Column(name, sheet(name, *facts))


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is a terminal of forty columns."""
    monkeypatch.setattr(caps_table, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")


@pytest.mark.parametrize("word", ["tpm", "TPM", " live-migration "])
def test_a_feature_is_known_by_its_slug(word: str) -> None:
    assert parse(["caps", "--feature", word]).features[0] in {"tpm", "live_migration"}


@pytest.mark.parametrize(
    ("word", "hint"), [("live_migartion", "did you mean `live_migration`"), ("quux", "they are lifecycle, live_mig")]
)
def test_what_is_no_feature_is_said_with_what_is_near(word: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no feature `{word}`; {hint}"):
        parse(["caps", "kvm1", "--feature", word])


def test_markdown_and_json_are_not_one() -> None:
    with pytest.raises(UsageError, match="--json"):
        parse(["caps", "--md", "--json"])


def test_a_form_has_a_word_of_its_own_and_is_off_unless_asked_for() -> None:
    options = parse(["caps"])
    assert [getattr(options, form.word) for form in FORMS] == [False] * len(FORMS)
    assert len({form.word for form in FORMS}) == len(FORMS)


def test_the_matrix_has_a_row_for_each_feature(capsys: pytest.CaptureFixture[str]) -> None:
    say_matrix([column("a", ("tpm", Answer.YES)), column("b", ("tpm", Answer.NO))], (), now=NOW, wide=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["FEATURE", "a", "b"]
    assert [line[:22].strip() for line in lines[2:]] == [feature.title for feature in FEATURES]
    [tpm] = [line for line in lines if line.startswith("TPM")]
    assert tpm.split() == ["TPM", "✓", "yes", "×", "no"]


@pytest.mark.usefixtures("screen")
def test_a_matrix_that_does_not_fit_goes_on_below(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"host-{number}" for number in range(5)]
    say_matrix([column(name, ("tpm", Answer.YES)) for name in names], ["tpm", "numa"], now=NOW, wide=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(cells, lines)) <= 40
    heads = [line.split()[1:] for line in lines if line.startswith("FEATURE")]
    assert len(heads) > 1
    assert [name for head in heads for name in head] == names


@pytest.mark.usefixtures("screen")
def test_a_wide_matrix_is_not_folded(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"host-{number}" for number in range(5)]
    say_matrix([column(name, ("tpm", Answer.YES)) for name in names], (), now=NOW, wide=True)
    out = capsys.readouterr().out
    assert [line.split()[1:] for line in out.splitlines() if line.startswith("FEATURE")] == [names]
    assert "libvirt 9.0.0" in out


def test_signs_are_letters_where_others_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", errors="strict"))
    say_matrix([column("a", ("tpm", Answer.YES), ("numa", Answer.NOT_OFFERED))], ["tpm", "numa"], now=NOW, wide=True)
    sys.stdout.flush()
    told = written.getvalue().decode()
    assert "+ yes" in told
    assert "n not offered" in told


def test_one_object_is_told_with_the_call_that_decided(capsys: pytest.CaptureFixture[str]) -> None:
    say_details(column("kvm1", ("tpm", Answer.YES)), ["tpm"], now=NOW, wide=False)
    first, header, row = capsys.readouterr().out.splitlines()
    assert first == "kvm1  libvirt 9.0.0  asked 1m ago  7 calls in 41 ms"
    assert header.split() == ["FEATURE", "VALUE", "EVIDENCE", "MS", "REASON"]
    assert row.split() == ["TPM", "✓", "yes", "asked:", "GetThings", "4.2"]


@pytest.mark.usefixtures("screen")
def test_a_narrow_terminal_gets_reason_and_evidence_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    reason = "no card of this host has virtual functions that are free"
    fact = Fact(feature="sriov", scope="host:a", value=Answer.NO, reason=reason, evidence=ASKED)
    told = Column("a", Sheet(ref=ObjectRef("prod", Kind.HOST, "a"), facts={"sriov": fact}))
    say_details(told, ["sriov"], now=NOW, wide=False)
    _, *lines = capsys.readouterr().out.splitlines()
    assert max(map(cells, lines)) <= 40
    assert " ".join(" ".join(lines).split()) == f"SR-IOV × no {reason} asked: GetThings"


def test_wide_tells_arguments_answer_and_what_is_blocked(capsys: pytest.CaptureFixture[str]) -> None:
    say_details(column("kvm1", ("tpm", Answer.NO)), ["tpm"], now=NOW, wide=True)
    out = capsys.readouterr().out
    assert "TPM: × no" in out
    assert "    asked: GetThings(x86_64) · 2026-09-21T14:13:20Z · 4.2 ms → <yes/>" in out
    assert "    blocks: guests that seal keys" in out


def test_what_is_declared_stands_in_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    fact = Fact(feature="events", scope="host:a", value=Answer.YES, evidence=DECLARED)
    told = Column("a", Sheet(ref=ObjectRef("prod", Kind.HOST, "a"), facts={"events": fact}))
    say_details(told, ["events"], now=NOW, wide=False)
    assert "✓ (yes)  declared: manual of 9.0" in capsys.readouterr().out


def test_several_hosts_are_one_column_and_silence_of_one_is_no_no() -> None:
    own = Sheet(ref=ObjectRef("prod", Kind.CONNECTION, "prod"), product="libvirt 9.0.0")
    silent = Sheet(ref=ObjectRef("prod", Kind.HOST, "c"), failure=Timeout("no answer within 2 s").failure)
    many = gathered(own, [sheet("a", ("tpm", Answer.YES)), sheet("b", ("tpm", Answer.YES), stale=True), silent])
    fact = many.fact("tpm")
    assert (fact.value, fact.note) == (Answer.PARTLY, "2/3 1?")
    assert "no answer within 2 s" in fact.reason
    assert many.fact("numa").value is Answer.UNKNOWN
    assert many.at == NOW - 100
    assert many.stale


class Known:
    """Facts of a fleet: some objects answer, the others never do."""

    def __init__(self, *answers: str) -> None:
        self._answers = answers

    async def probe(self, ref: ObjectRef, *, fresh: bool) -> Sheet:
        assert fresh
        if ref.id not in self._answers:
            await asyncio.Event().wait()
        return sheet(ref.id, ("tpm", Answer.YES))


async def test_a_host_that_hangs_while_it_is_asked_is_unknown_and_the_others_are_told() -> None:
    connection = Connection(ConnectionSpec(name="prod", family=Family.LIBVIRT, driver="libvirt", uri="test:///default"))
    connection.begin()
    connection.go(Link.UP, None)
    fleet = SimpleNamespace(connections={"prod": connection}, facts=Known("a", "c"))
    refs = [ObjectRef("prod", Kind.HOST, name) for name in "abc"]
    told = await asked(cast(Fleet, fleet), refs, timeout=0.2, fresh=True)
    assert list(told) == refs
    assert [one.fact("tpm").value for one in told.values()] == [Answer.YES, Answer.UNKNOWN, Answer.YES]
    assert told[refs[1]].fact("tpm").reason == "no answer within 0.2 s"

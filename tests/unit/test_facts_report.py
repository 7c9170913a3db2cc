"""Capability facts as Markdown and JSON: what is told, what is left out, and text of products that stays text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from novatui.core.capabilities import Answer, Evidence, Fact, Sheet, gather
from novatui.core.errors import Unreachable
from novatui.core.features import FEATURES
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.core.text import clean
from novatui.engine.facts_report import Column, blocks, evidence_lines, markdown, plain, words
from novatui.engine.markdown import escape

NOW = 1_790_000_100.0
HOST = ObjectRef("prod", Kind.HOST, "kvm-03")
ASKED = Evidence(
    kind="asked", call="virConnectGetCapabilities", at=1_790_000_000.0, ms=41.26, excerpt="<migration_features/>"
)
DECLARED = Evidence(kind="declared", source="libvirt 9.0, formatdomain")


def fact(slug: str, value: Answer, evidence: Evidence | None = ASKED, **more: Any) -> Fact:
    return Fact(feature=slug, scope="host:kvm-03", value=value, evidence=evidence, **more)


def column(*facts: Fact, title: str = "kvm-03", ref: ObjectRef = HOST, **more: Any) -> Column:
    told = {"product": "libvirt 9.0", "at": 1_790_000_000.0} | more
    return Column(title, Sheet(ref=ref, facts={one.feature: one for one in facts}, **told))


KVM = column(
    fact("live_migration", Answer.YES, note="14/14"),
    fact("sriov", Answer.NO, reason="no card has virtual functions", more=(DECLARED,)),
    fact("tpm", Answer.PARTLY, note="2.0", blocks="TPM 1.2 guests"),
    fact("health", Answer.NOT_OFFERED, DECLARED),
    fact("snapshots", Answer.YES, DECLARED),
)


def rows(text: str) -> dict[str, list[str]]:
    """Cells of the matrix by their first one, as a reader of Markdown sees them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    found: dict[str, list[str]] = {}
    cells: list[str] = []
    for token in tokens:
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append("".join(seen(token)))
        elif token.type == "tr_close":
            found[cells[0]] = cells[1:]
    return found


def seen(token: Token) -> list[str]:
    return [one.content for one in token.children or []]


def test_the_matrix_tells_every_feature_of_every_column_and_invents_nothing() -> None:
    nothing = column(title="esx", ref=ObjectRef("vc", Kind.CONNECTION, "vc"), at=None, product="")
    told = rows(markdown([KVM, nothing], now=NOW))
    assert list(told) == ["feature", "product", "asked", *(one.title for one in FEATURES)]
    assert told["feature"] == ["kvm-03", "esx"]
    assert told["product"] == ["libvirt 9.0", ""]
    assert told["asked"] == ["1m ago", "not asked"]
    assert told["live migration"] == ["yes 14/14", "unknown"]
    assert told["SR-IOV"] == ["no", "unknown"]
    assert told["health"] == ["not offered", "unknown"]
    assert {value for _, value in list(told.values())[3:]} == {"unknown"}


def test_what_is_declared_is_slanted_and_what_was_asked_is_not() -> None:
    text = markdown([KVM], now=NOW)
    assert "| snapshots | *yes* |" in text
    assert "| live migration | yes 14/14 |" in text


def test_the_evidence_stands_below_with_call_moment_and_excerpt() -> None:
    text = markdown([KVM], ["sriov"], now=NOW)
    assert "- **SR-IOV** no: no card has virtual functions" in text
    assert (
        "    - asked: virConnectGetCapabilities · 2026-09-21T14:13:20Z · 41.3 ms → \\<migration\\_features/\\>" in text
    )
    assert "    - declared: libvirt 9.0, formatdomain" in text
    assert "blocks: network cards given to machines" in text
    assert "live migration" not in text


def test_a_no_blocks_what_the_feature_says_unless_it_knows_better() -> None:
    assert blocks(fact("tpm", Answer.NO)) == "guests that seal keys, such as BitLocker and Windows 11"
    assert blocks(fact("tpm", Answer.NO, blocks="way out 3")) == "way out 3"
    assert blocks(fact("tpm", Answer.PARTLY, blocks="way out 3")) == "way out 3"
    assert blocks(fact("tpm", Answer.PARTLY)) == ""
    assert blocks(fact("tpm", Answer.YES)) == ""
    assert blocks(fact("tpm", Answer.UNKNOWN, None)) == ""


def test_json_keeps_the_contract() -> None:
    told = json.loads(json.dumps(plain([KVM], now=NOW)))
    assert [one["feature"] for one in told["facts"]] == [one.slug for one in FEATURES]
    by_slug = {one["feature"]: one for one in told["facts"]}
    assert by_slug["live_migration"] == {
        "feature": "live_migration",
        "connection": "prod",
        "scope": "host:kvm-03",
        "ref": "prod:host:kvm-03",
        "name": "kvm-03",
        "value": "yes",
        "note": "14/14",
        "product": "libvirt 9.0",
        "age_s": 100.0,
        "evidence": {
            "kind": "asked",
            "call": "virConnectGetCapabilities",
            "at": "2026-09-21T14:13:20.000Z",
            "ms": 41.26,
            "excerpt": "<migration_features/>",
        },
    }
    assert by_slug["sriov"]["more"] == [{"kind": "declared", "source": "libvirt 9.0, formatdomain"}]
    assert by_slug["health"]["value"] == "not_offered"
    assert by_slug["dpdk"] == {
        **{name: by_slug["dpdk"][name] for name in ("feature", "connection", "scope", "ref", "name", "product")},
        "value": "unknown",
        "reason": "not asked yet",
        "age_s": 100.0,
    }


def test_a_connection_that_cannot_be_made_is_unknown_with_its_reason_and_without_an_age() -> None:
    ref = ObjectRef("prod", Kind.CONNECTION, "prod")
    failure = Unreachable("connection refused", code="38").failure
    down = Column("prod", Sheet(ref=ref, failure=failure, stale=True))
    told = plain([down], now=NOW)["facts"]
    assert len(told) == len(FEATURES)
    for one in told:
        assert (one["value"], one["reason"], one["scope"]) == ("unknown", "connection refused [38]", "")
        assert not one.keys() & {"evidence", "age_s", "product", "note"}
        assert one["stale"] is True


def test_hosts_that_differ_are_named_by_what_they_say() -> None:
    hosts = tuple(column(fact("tpm", answer), fact("numa", Answer.YES), title=answer.value) for answer in Answer)
    gathered = {slug: gather(slug, [one.sheet.fact(slug) for one in hosts]) for slug in ("tpm", "numa")}
    whole = Column("prod", Sheet(ref=ObjectRef("prod", Kind.CONNECTION, "prod"), facts=gathered), hosts)
    lines = markdown([whole], ["tpm", "numa"], now=NOW).splitlines()
    named = "    - yes: yes; partly: partly; no: no; not offered: not\\_offered; unknown: unknown"
    [tpm] = [at for at, line in enumerate(lines) if line.startswith("- **TPM**")]
    assert lines[tpm + 1] == named
    assert lines.count(named) == 1, "all of them say the same of NUMA"


@pytest.mark.parametrize(
    ("note", "told"), [("", "yes"), ("14/14", "yes 14/14"), ("2.0", "yes 2.0"), ("nbd", "yes, nbd")]
)
def test_a_note_stands_behind_its_word(note: str, told: str) -> None:
    assert words(fact("tpm", Answer.YES, note=note)) == told


def test_a_moment_that_no_calendar_has_is_no_key() -> None:
    odd = Evidence(kind="asked", call="x", at=1e300, ms=1.0)
    [one] = plain([column(fact("tpm", Answer.YES, odd))], ["tpm"], now=NOW)["facts"]
    assert "at" not in one["evidence"]
    assert "asked: x · 1.0 ms" in evidence_lines(fact("tpm", Answer.YES, odd))


def test_many_hosts_are_one_cell() -> None:
    hosts = [fact("tpm", Answer.YES), fact("tpm", Answer.NO, reason="no swtpm"), fact("tpm", Answer.UNKNOWN, None)]
    assert words(gather("tpm", hosts)) == "partly 1/3 1?"


@given(st.text(max_size=60))
def test_whatever_a_product_says_is_text_in_markdown(text: str) -> None:
    [token] = [one for one in MarkdownIt("commonmark").parse(f"x {escape(text)} x") if one.type == "inline"]
    assert {one.type for one in token.children or []} <= {"text", "text_special"}
    assert re.sub(r"\s+", " ", "".join(seen(token))) == re.sub(r"\s+", " ", f"x {clean(text)} x")


@pytest.mark.parametrize(
    "hostile",
    [
        "a | b",
        "<img src=x onerror=y>",
        "![x](http://evil)",
        "`code`",
        "**bold**",
        "a\n# Heading",
        "\x1b]0;own\x07",
        "&lt;",
    ],
)
def test_hostile_names_add_no_cell_no_line_and_no_link(hostile: str) -> None:
    bad = fact("tpm", Answer.NO, Evidence(kind="asked", call=hostile, excerpt=hostile), reason=hostile, note=hostile)
    text = markdown([column(bad, title=hostile, product=hostile), KVM], now=NOW)
    told = rows(text)
    assert len(told) == len(FEATURES) + 3
    assert told["feature"] == [clean(hostile), "kvm-03"]
    assert told["TPM"] == [f"no, {clean(hostile)}", "partly 2.0"]
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = {one.type for token in tokens for one in token.children or []} | {token.type for token in tokens}
    assert not kinds & {"link_open", "image", "html_inline", "html_block", "code_inline", "code_block", "fence"}
    assert [one.tag for one in tokens if one.type == "heading_open"] == ["h1", "h2", "h2"]
    assert "\x1b" not in text

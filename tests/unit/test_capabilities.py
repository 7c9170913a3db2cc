"""Features are those of the contract; facts of many hosts come to one without hiding what is not known."""

from __future__ import annotations

import re

import pytest

from novatui.core.capabilities import Answer, Evidence, Fact, gather
from novatui.core.features import FEATURE, FEATURES

ASKED = Evidence(kind="asked", call="virConnectGetCapabilities", at=1.0, ms=2.0)
CONTRACT = [
    "lifecycle",
    "live_migration",
    "snapshots",
    "cpu_hotplug",
    "memory_hotplug",
    "gpu_passthrough",
    "sriov",
    "thin_provisioning",
    "live_storage_migration",
    "incremental_backup",
    "secure_boot",
    "tpm",
    "memory_encryption",
    "metrics",
    "events",
    "health",
    "cpu_pinning",
    "numa",
    "nested_virt",
    "overcommit",
    "ballooning",
    "huge_pages",
    "memory_compression",
    "page_dedup",
    "dpdk",
    "multiqueue",
    "offloads",
    "nvme",
]


def fact(value: str, reason: str = "", *, scope: str = "host:a", evidence: Evidence | None = ASKED) -> Fact:
    return Fact(feature="tpm", scope=scope, value=Answer(value), reason=reason, evidence=evidence)


def test_features_are_the_rows_of_the_contract() -> None:
    assert [feature.slug for feature in FEATURES] == CONTRACT
    assert list(FEATURE) == CONTRACT
    for feature in FEATURES:
        assert 0 < len(feature.title) <= 22
        assert feature.meaning
        assert feature.blocks


@pytest.mark.parametrize(
    ("values", "value", "note"),
    [
        (["yes", "yes"], Answer.YES, "2/2"),
        (["yes", "no", "no"], Answer.PARTLY, "1/3"),
        (["partly", "partly"], Answer.PARTLY, "2/2"),
        (["yes", "yes", "unknown"], Answer.PARTLY, "2/3 1?"),
        (["no", "no"], Answer.NO, "0/2"),
        (["no", "unknown"], Answer.UNKNOWN, "0/2 1?"),
        (["unknown", "unknown"], Answer.UNKNOWN, ""),
        (["not_offered", "not_offered"], Answer.NOT_OFFERED, ""),
        (["not_offered", "yes", "yes"], Answer.YES, "2/2"),
    ],
)
def test_many_hosts_come_to_one_cell(values: list[str], value: Answer, note: str) -> None:
    gathered = gather("tpm", [fact(each, f"because {each}", scope=f"host:{at}") for at, each in enumerate(values)])
    assert (gathered.feature, gathered.scope, gathered.value, gathered.note) == ("tpm", "", value, note)


def test_the_reason_counts_and_says_why_some_do_not() -> None:
    facts = [fact("yes"), fact("no", "no swtpm"), fact("no", "no swtpm"), fact("unknown", "no answer within 30 s")]
    assert gather("tpm", facts).reason == "1 of 4 say yes; 2 no: no swtpm; 1 not known: no answer within 30 s"


def test_the_evidence_is_of_one_that_decided() -> None:
    other = Evidence(kind="declared", source="release notes")
    assert gather("tpm", [fact("yes"), fact("no", evidence=other)]).evidence == other
    assert gather("tpm", [fact("yes", evidence=other), fact("yes")]).evidence == other


def test_one_fact_stays_as_it_is_and_none_is_unknown() -> None:
    alone = fact("partly", "with swtpm")
    assert gather("tpm", [alone]) is alone
    assert gather("tpm", []).value is Answer.UNKNOWN
    assert gather("tpm", []).reason


@pytest.mark.parametrize(
    ("one", "proven"),
    [
        (fact("yes"), True),
        (fact("yes", evidence=None), False),
        (fact("no", evidence=Evidence(kind="asked", call="x")), False),
        (fact("no", evidence=Evidence(kind="declared", source="release notes")), True),
        (fact("not_offered", evidence=Evidence(kind="declared")), False),
        (fact("yes", evidence=Evidence(kind="guessed", source="a table", call="x", at=1.0, ms=1.0)), False),
        (fact("unknown", evidence=None), False),
        (fact("unknown", "not asked", evidence=None), True),
    ],
)
def test_what_counts_is_proven(one: Fact, proven: bool) -> None:
    assert one.proven is proven


def test_slugs_can_be_typed() -> None:
    assert all(re.fullmatch(r"[a-z][a-z_]*", slug) for slug in FEATURE)

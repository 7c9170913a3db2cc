"""`novatui caps` on libvirt: its mock driver, where an unsupported call is unknown, and a real host beside virsh."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.acceptance.program import Program
from tests.acceptance.test_cli_caps import SLUGS, by_scope, keep_contract
from tests.lab.libvirt import apilog
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.sample_machines import BUSY

MOCK = ("-c", "test:///default")
UNSUPPORTED = "not supported by the connection driver"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def facts_of(program: Program, *words: str) -> dict[str, dict[str, Any]]:
    """The facts of one object by slug; the contract is kept."""
    answer = program.run("caps", *words, "--json")
    assert (answer.code, answer.err) == (0, "")
    facts = answer.json["facts"]
    keep_contract(facts)
    assert list(by_scope(facts).values()) == [SLUGS]
    return {fact["feature"]: fact for fact in facts}


@pytest.mark.libvirt_library
def test_what_the_mock_driver_does_not_support_is_unknown_and_never_no(program: Program) -> None:
    facts = facts_of(program, *MOCK)
    refused = {slug for slug, fact in facts.items() if UNSUPPORTED in fact.get("reason", "")}
    assert refused >= {"secure_boot", "tpm", "memory_encryption", "page_dedup"}
    assert {facts[slug]["value"] for slug in refused} == {"unknown"}
    assert (facts["lifecycle"]["value"], facts["lifecycle"]["evidence"]["call"]) == ("yes", "virConnectGetCapabilities")


@pytest.mark.libvirt_library
def test_a_machine_of_the_mock_driver_is_told(program: Program) -> None:
    facts = facts_of(program, *MOCK, "test-default/test")
    assert {fact["scope"].partition(":")[0] for fact in facts.values()} == {"vm"}
    assert facts["lifecycle"]["value"] == "yes"


@pytest.mark.libvirt_library
def test_every_call_of_the_evidence_went_out_by_the_log_of_the_c_library(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    program = Program(tmp_path, apilog.environment(log))
    facts = [*facts_of(program, *MOCK).values(), *facts_of(program, *MOCK, "test-default/test").values()]
    told = {one["call"] for fact in facts for one in evidence_of(fact) if one["kind"] == "asked"}
    sent = {name for name, _ in apilog.LINE.findall(log.read_text(errors="replace"))}
    assert told - sent == set()
    assert len(told) > 5


def evidence_of(fact: dict[str, Any]) -> list[dict[str, Any]]:
    return [*([fact["evidence"]] if "evidence" in fact else []), *fact.get("more", [])]


@pytest.mark.libvirt
def test_a_real_host_is_told_as_virsh_tells_it(program: Program, libvirt_host: LibvirtHost) -> None:
    facts = facts_of(program, "-c", libvirt_host.uri)
    domain = ElementTree.fromstring(libvirt_host.virsh("domcapabilities"))
    backup = domain.find("features/backup")
    assert backup is not None
    assert facts["incremental_backup"]["value"] == {"yes": "yes", "no": "no"}[backup.get("supported", "")]
    host = ElementTree.fromstring(libvirt_host.virsh("capabilities"))
    live = host.find("host/migration_features/live") is not None
    assert facts["live_migration"]["value"] == ("yes" if live else "no")
    cards = [name for name in libvirt_host.virsh("nodedev-list", "--cap", "pci").split() if name]
    if not cards:
        assert (facts["sriov"]["value"], facts["gpu_passthrough"]["value"]) == ("no", "no")


@pytest.mark.libvirt
def test_a_machine_of_a_real_host_is_told_by_its_name(program: Program, libvirt_host: LibvirtHost) -> None:
    facts = facts_of(program, "-c", libvirt_host.uri, BUSY)
    uuid = libvirt_host.virsh("domuuid", BUSY).strip()
    assert {fact["scope"] for fact in facts.values()} == {f"vm:{uuid}"}
    asked = [fact for fact in facts.values() if fact.get("evidence", {}).get("kind") == "asked"]
    assert len(asked) > len(facts) / 2

"""`novatui caps --diff` and `--baseline` as scripts and people start them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from novatui.backends.demo.processors import KINDS
from novatui.core.hostprofile import Section
from tests.acceptance.program import Program

FLEET = ("-c", "demo://?vms=60&speed=0&seed=1")
MOCK = ("-c", "test:///default")

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_two_hosts_side_by_side_as_json(program: Program) -> None:
    done = program.run("caps", "--diff", "kvm-03", "kvm-12", "--json", *FLEET)
    assert done.code == 0, done.err
    told = done.json["diff"]
    assert [told["left"]["name"], told["right"]["name"]] == ["kvm-03", "kvm-12"]
    assert [each["section"] for each in told["sections"]] == [section.value for section in Section]
    for section in told["sections"]:
        assert section["answer"] in {"equal", "different", "unknown"}
        assert all(section["evidence"][side] for side in ("left", "right")), section["section"]
        if section["answer"] == "equal":
            assert not any(section[part] for part in ("only_left", "only_right", "different", "unknown"))


def test_the_same_as_a_page_and_as_lines(program: Program) -> None:
    page = program.run("caps", "--diff", "kvm-03", "kvm-12", "--md", *FLEET)
    assert page.code == 0, page.err
    assert page.out.startswith("# kvm-03 and kvm-12\n")
    assert "## Machines from kvm-03 to kvm-12" in page.out
    assert "virConnectBaselineHypervisorCPU" in page.out
    lines = program.run("caps", "--diff", "kvm-03", "kvm-12", *FLEET)
    assert lines.code == 0, lines.err
    assert "machines from kvm-12 to kvm-03:" in lines.out
    assert "aes" not in lines.out, "what is equal is told with --wide"
    assert "aes" in program.run("caps", "--diff", "kvm-03", "kvm-12", "--wide", *FLEET).out


def test_hosts_of_different_families_and_what_one_does_not_tell(program: Program) -> None:
    pytest.importorskip("libvirt")
    done = program.run("caps", "--diff", "vm", "kvm-12", "--json", *MOCK, *FLEET)
    assert done.code == 0, done.err
    sections = {each["section"]: each for each in done.json["diff"]["sections"]}
    assert sections["flags"]["answer"] == "unknown"
    assert "virConnectGetDomainCapabilities" in sections["flags"]["reason"]


def test_common_processors_of_hosts_and_of_nodes(program: Program) -> None:
    done = program.run("caps", "--baseline", "kvm-03", "kvm-12", "--json", *FLEET)
    assert done.code == 0, done.err
    (told,) = done.json["baselines"]
    assert (told["family"], told["model"], told["asked"]) == ("libvirt", "EPYC-Milan", "kvm-03")
    assert ElementTree.fromstring(told["native"]).findtext("model") == told["model"]
    assert set(told["flags"]) == KINDS[0].flags
    assert [host["lost"] for host in told["hosts"]] == [[], []]
    node = program.run("caps", "--baseline", "pool-xen", *FLEET)
    assert node.code == 0, node.err
    assert "loses nothing" in node.out


def test_what_is_not_known_of_a_processor_is_said_and_is_no_success(program: Program) -> None:
    pytest.importorskip("libvirt")
    done = program.run("caps", "--baseline", "vm", *MOCK)
    assert done.code == 1
    assert "no common processor" in done.out
    assert "libvirt names no model of its processor" in done.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--diff", "kvm-03"), 2, "--diff takes 2 objects, not 1"),
        (("--diff", "kvm-03", "nobody"), 1, "no object is called `nobody`"),
        (("--diff", "kvm-03", "hv-clu1"), 2, "say which by its reference"),
        (("--diff", "--baseline", "kvm-03", "kvm-12"), 2, "one of --diff, --baseline at a time"),
        (("--baseline", "kvm-03", "--feature", "tpm"), 2, "--feature does not go with --baseline"),
    ],
)
def test_mistakes_are_explained(program: Program, words: tuple[str, ...], code: int, said: str) -> None:
    done = program.run("caps", *words, *FLEET)
    assert done.code == code, done.err
    assert said in done.err

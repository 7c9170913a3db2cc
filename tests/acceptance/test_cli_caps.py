"""`novatui caps` as scripts and people start it: its JSON, its forms, and connections that do not answer."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import IO, Any

import pytest

from novatui.cli.verbs_caps import FORMS, Form
from novatui.core.features import FEATURES
from tests.acceptance.program import SECONDS, Program

FLEET = ("-c", "demo://?vms=60&speed=0&seed=5")
SMALL = ("-c", "demo://?vms=6&hosts=1&family=libvirt&speed=0")
HOSTILE = ("-c", "demo://?vms=60&speed=0&seed=5&hostile=1")

SLUGS = [feature.slug for feature in FEATURES]
VALUES = {"yes", "partly", "no", "not_offered", "unknown"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ALLOWED = {
    "feature",
    "connection",
    "scope",
    "ref",
    "name",
    "value",
    "note",
    "reason",
    "blocks",
    "product",
    "stale",
    "age_s",
    "evidence",
    "more",
}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def keep_contract(facts: list[dict[str, Any]]) -> None:
    """Every fact has the keys of the contract, and says nothing that nobody asked or declared."""
    for fact in facts:
        assert fact.keys() >= {"feature", "connection", "scope", "value"}
        assert fact.keys() <= ALLOWED
        assert fact["feature"] in SLUGS
        assert fact["value"] in VALUES
        if fact["value"] == "unknown":
            assert fact["reason"], fact
        else:
            assert fact["evidence"], fact
        assert all(text != "" for name, text in fact.items() if name != "scope")
        assert None not in fact.values()
        for evidence in (*([fact["evidence"]] if "evidence" in fact else []), *fact.get("more", [])):
            keep_evidence(evidence)


def keep_evidence(evidence: dict[str, Any]) -> None:
    assert evidence.keys() <= {"kind", "call", "args", "at", "ms", "excerpt", "source"}
    assert None not in evidence.values()
    if evidence["kind"] == "asked":
        assert evidence["call"]
        assert MOMENT.fullmatch(evidence["at"])
        assert evidence["ms"] >= 0
    else:
        assert (evidence["kind"], bool(evidence["source"])) == ("declared", True)


def by_scope(facts: list[dict[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """Slugs that were told, by connection and scope."""
    found: dict[tuple[str, str], list[str]] = {}
    for fact in facts:
        found.setdefault((fact["connection"], fact["scope"]), []).append(fact["feature"])
    return found


def test_every_connection_and_each_of_several_hosts_is_told_whole(program: Program) -> None:
    answer = program.run("caps", *FLEET, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json.keys() == {"facts"}
    facts = answer.json["facts"]
    keep_contract(facts)
    hosts: dict[str, list[str]] = {}
    for host in program.run("ls", *FLEET, "--kind", "host", "--json").json["objects"]:
        hosts.setdefault(host["connection"], []).append(host["ref"].removeprefix(f"{host['connection']}:"))
    wanted = {(conn, scope) for conn, keys in hosts.items() for scope in ("", *(keys if len(keys) > 1 else []))}
    told = by_scope(facts)
    assert set(told) == wanted
    assert len({conn for conn, _ in told}) == 6
    assert all(slugs == SLUGS for slugs in told.values())
    assert {fact["value"] for fact in facts} >= {"yes", "no", "not_offered"}
    assert {fact["evidence"]["kind"] for fact in facts if "evidence" in fact} == {"asked", "declared"}


def test_one_host_and_one_machine_are_asked_alone(program: Program) -> None:
    machine = program.run("ls", *FLEET, "power:on", "fam:kvm", "--json").json["objects"][0]
    facts = program.run("caps", *FLEET, "esx-01", machine["ref"], "--json").json["facts"]
    keep_contract(facts)
    assert set(by_scope(facts)) == {
        ("vc-east", next(fact["scope"] for fact in facts if fact["name"] == "esx-01")),
        (machine["connection"], machine["ref"].removeprefix(f"{machine['connection']}:")),
    }
    assert {fact["name"] for fact in facts} == {"esx-01", machine["name"]}


def test_a_connection_named_by_its_reference_is_opened_alone(program: Program) -> None:
    absent = f"qemu+unix:///system?socket={program.folder}/no-such-socket"
    program.configure(f'[connections.gone]\nuri = "{absent}"\n[connections.lab]\nuri = "{SMALL[1]}"\n')
    answer = program.run("caps", "lab:connection:lab", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert {fact["connection"] for fact in answer.json["facts"]} == {"lab"}


def test_only_the_features_that_are_asked_for_in_the_order_of_the_matrix(program: Program) -> None:
    facts = program.run("caps", *SMALL, "--feature", "tpm", "--feature", "live-migration", "--json").json["facts"]
    assert list(by_scope(facts).values()) == [["live_migration", "tpm"]] * len(by_scope(facts))
    table = program.run("caps", *FLEET, "--feature", "tpm")
    assert [line.split()[0] for line in table.out.splitlines()] == ["FEATURE", "ASKED", "TPM"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--feature", "snapshot"), 2, "did you mean `snapshots`?"),
        (("--md", "--json"), 2, "not allowed with"),
        (("no-such-host",), 1, "no object is called `no-such-host`"),
        (("esx-01", "no-such-host"), 1, "no object is called `no-such-host`"),
        (("--kind", "host"), 2, "there is no option --kind"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_said_and_nothing_is_printed(
    words: tuple[str, ...], code: int, said: str, program: Program
) -> None:
    answer = program.run("caps", *words, *FLEET)
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err


def test_a_name_of_several_is_refused_with_their_references(program: Program) -> None:
    fleet = ("-c", f"{SMALL[1]}&at=1", "-c", f"{SMALL[1]}&at=2")
    names = [one["name"] for one in program.run("ls", *fleet, "--json").json["objects"]]
    [name, *_] = [name for name in names if names.count(name) > 1]
    answer = program.run("caps", *fleet, name)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count(":vm:") > 1


def test_a_connection_goes_before_a_cluster_of_its_name(program: Program) -> None:
    facts = program.run("caps", *FLEET, "pve-lab", "--json").json["facts"]
    assert ("pve-lab", "") in by_scope(facts)
    assert {conn for conn, _ in by_scope(facts)} == {"pve-lab"}


def test_what_has_no_capabilities_is_wrong_usage(program: Program) -> None:
    store = program.run("ls", *FLEET, "--kind", "datastore", "--json").json["objects"][0]
    answer = program.run("caps", *FLEET, store["ref"])
    assert (answer.code, answer.out) == (2, "")
    assert "is a datastore" in answer.err


def test_people_get_a_matrix_of_connections(program: Program) -> None:
    answer = program.run("caps", *FLEET)
    assert (answer.code, answer.err) == (0, "")
    head, age, *rows = answer.out.splitlines()
    assert head.split() == ["FEATURE", "vc-east", "hv-clu1", "pool-xen", "pve-lab", "kvm-03", "kvm-12"]
    assert age.split()[:2] == ["ASKED", "0s"]
    assert [row[:22].rstrip() for row in rows] == [feature.title for feature in FEATURES]
    assert any(re.search(r"[✓◐] \(?\d+/\d+", row) for row in rows)


def test_people_get_one_host_with_its_evidence(program: Program) -> None:
    answer = program.run("caps", *FLEET, "esx-01")
    assert (answer.code, answer.err) == (0, "")
    first, head, *rows = answer.out.splitlines()
    assert first.startswith("esx-01  ")
    assert head.split() == ["FEATURE", "VALUE", "EVIDENCE", "MS", "REASON"]
    assert [row[:22].rstrip() for row in rows] == [feature.title for feature in FEATURES]
    assert any("asked: " in row for row in rows)
    wide = program.run("caps", *FLEET, "esx-01", "--wide").out
    assert len(re.findall(r"^    asked: .+ · \d{4}-", wide, re.MULTILINE)) >= 1


def test_markdown_is_a_matrix_with_the_evidence_below_and_hostile_names_stay_text(program: Program) -> None:
    answer = program.run("caps", *HOSTILE, "--md", "--wide")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0] == "# Capabilities"
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == len(FEATURES) + 4
    columns = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert len(columns) == 1
    assert sum(line.startswith("## ") for line in lines) == columns.pop() - 2
    assert any(line.startswith("    - asked: ") for line in lines)
    assert "\x1b" not in answer.out
    assert not re.search(r"(?<!\\)[<\[]", answer.out)


def two(program: Program, other: str) -> None:
    """The demo and another connection, which does not answer."""
    program.configure(f'[connections.gone]\nuri = "{other}"\n[connections.lab]\nuri = "{SMALL[1]}"\n')


def keep_apart(facts: list[dict[str, Any]], reason: str) -> None:
    """What did not answer is unknown for this reason; what did is told."""
    keep_contract(facts)
    gone = [fact for fact in facts if fact["connection"] == "gone"]
    assert [fact["feature"] for fact in gone] == SLUGS
    assert {fact["value"] for fact in gone} == {"unknown"}
    assert all(reason in fact["reason"] for fact in gone)
    assert not any(fact.keys() & {"evidence", "age_s"} for fact in gone)
    assert any(fact["value"] == "yes" for fact in facts if fact["connection"] == "lab")


def test_a_connection_that_cannot_be_made_is_unknown_and_the_others_are_told(program: Program) -> None:
    two(program, f"qemu+unix:///system?socket={program.folder}/no-such-socket")
    answer = program.run("caps", "--json")
    assert answer.code == 3
    assert answer.err.startswith("novatui: gone: ")
    keep_apart(answer.json["facts"], "libvirt")
    table = program.run("caps")
    assert table.code == 3
    assert table.out.splitlines()[0].split() == ["FEATURE", "gone", "lab"]
    assert re.search(r"^TPM +\? unknown +✓", table.out, re.MULTILINE)


@pytest.mark.libvirt_library
def test_a_connection_that_never_answers_keeps_nobody_waiting(program: Program) -> None:
    """The other end takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        two(program, f"qemu+tcp://127.0.0.1:{silent.getsockname()[1]}/system")
        answer = program.run("caps", "--timeout", "2", "--json")
        named = program.run("caps", "--timeout", "2", "lab", "gone", "--md")
    assert (answer.code, named.code) == (3, 3)
    assert "gone: not ready yet" in answer.err
    keep_apart(answer.json["facts"], "gone is not ready")
    assert "| TPM | yes 2.0 | unknown |" in named.out


def test_an_answer_is_kept_until_it_is_old_or_a_fresh_one_is_wanted(program: Program) -> None:
    def moments(*more: str) -> set[str]:
        facts = program.run("caps", *SMALL, "--json", *more).json["facts"]
        return {fact["evidence"]["at"] for fact in facts if fact.get("evidence", {}).get("kind") == "asked"}

    first = moments()
    assert first
    assert moments() == first
    assert moments("--fresh").isdisjoint(first)


@pytest.mark.parametrize("form", [(), ("--json",), ("--md",)], ids=" ".join)
def test_a_pipe_that_nobody_reads_is_no_failure(program: Program, form: tuple[str, ...]) -> None:
    process = program.start("caps", *SMALL, *form)
    stream(process.stdout).close()
    said = stream(process.stderr).read()
    assert (process.wait(SECONDS), said) == (0, b"")


def stream(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def objects_for(form: Form) -> list[str]:
    """The fewest objects that a form takes."""
    return ["esx-01", "esx-02"][: form.objects[0]]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.word)
def test_every_form_has_a_table_markdown_and_json(program: Program, form: Form) -> None:
    table, markdown, as_json = (
        program.run("caps", form.flag, *objects_for(form), *FLEET, *shape) for shape in ((), ("--md",), ("--json",))
    )
    codes = {table.code, markdown.code, as_json.code}
    assert codes <= {0, 1}
    assert len(codes) == 1
    assert table.out.strip()
    assert markdown.out.startswith("# ")
    assert isinstance(as_json.json, dict)
    assert len(as_json.out.splitlines()) == 1


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.word)
def test_a_form_takes_no_feature_and_no_other_form(program: Program, form: Form) -> None:
    other = next(one for one in FORMS if one is not form)
    for more in (["--feature", "tpm"], [other.flag]):
        answer = program.run("caps", form.flag, *objects_for(form), *more, *FLEET)
        assert (answer.code, answer.out) == (2, "")


@pytest.mark.parametrize("words", [("--diff", "esx-01"), ("--diff",), ("--fit", "1 x gpu"), ("--diff", "a", "b", "c")])
def test_a_form_with_other_objects_than_it_takes_is_wrong_usage(program: Program, words: tuple[str, ...]) -> None:
    answer = program.run("caps", *words, *FLEET)
    assert (answer.code, answer.out) == (2, "")
    assert "novatui caps --help" in answer.err

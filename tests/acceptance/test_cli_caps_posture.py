"""`novatui caps --posture` as scripts and people use it, on the demo and on libvirt's own test driver."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.acceptance.program import Program

DEMO = ("-c", "demo://?at=1790000000")
RULES_OF_A_MACHINE = 23

HOSTILE = "a|b;$(reboot)"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def sinner(folder: Path) -> tuple[str, str]:
    """A libvirt host with one machine whose name is no good company for a shell."""
    domain = (
        f"<domain type='test'><name>{escape(HOSTILE)}</name><memory unit='GiB'>1</memory><vcpu>1</vcpu>"
        "<os><type>hvm</type></os><devices><disk type='file' device='disk'><driver name='qemu' cache='unsafe'/>"
        "<source file='/d/b'/><target dev='hda' bus='ide'/></disk>"
        "<graphics type='vnc' port='5901' autoport='no' listen='0.0.0.0' passwd='geheim'/></devices></domain>"
    )
    shape = "<nodes>1</nodes><sockets>1</sockets><cores>2</cores><threads>1</threads>"
    cpu = f"<cpu><mhz>1</mhz><model>i686</model><active>2</active>{shape}</cpu>"
    file = folder / "host.xml"
    file.write_text(f"<node>{cpu}<memory>2097152</memory>{domain}</node>")
    return "-c", f"test://{file}"


def test_five_families_are_judged_and_the_worst_comes_first(program: Program) -> None:
    answer = program.run("caps", "--posture", "--json", *DEMO)
    assert answer.code == 1, "some hosts of the demo do not answer"
    told = answer.json
    judged = [one for one in told["postures"] if "findings" in one]
    assert {one["ref"].split(":")[1] for one in told["postures"]} == {"host", "vm"}
    assert len({one["connection"] for one in judged}) == 6
    assert sum(told["counts"].values()) == sum(len(one["findings"]) for one in judged)
    assert {"risk", "warning", "advice", "unknown", "ok", "not_offered"} == set(told["counts"])
    silent = [one for one in told["postures"] if "failure" in one]
    assert {one["failure"]["fault"] for one in silent} == {"timeout"}
    assert all(one["name"] in answer.err for one in silent)
    table = program.run("caps", "--posture", *DEMO).out.splitlines()
    levels = list(dict.fromkeys(line.split("  ")[0] for line in table[1:]))
    assert levels == ["risk", "warning", "advice", "unknown"]


def test_one_machine_is_told_with_remedies_and_evidence(program: Program) -> None:
    answer = program.run("caps", "--posture", "mail-02", *DEMO)
    assert answer.code == 0
    assert "govc device.boot -vm mail-02 -secure" in answer.out
    assert "asked: RetrievePropertiesEx(VirtualMachine.config)" in answer.out
    (one,) = program.run("caps", "--posture", "mail-02", "--json", *DEMO).json["postures"]
    assert len({finding["rule"] for finding in one["findings"]}) == RULES_OF_A_MACHINE


def test_filters_choose_machines(program: Program) -> None:
    told = program.run("caps", "--posture", "tag:lab", "fam:vsphere", "--json", *DEMO).json
    lab = {
        one["ref"]
        for one in program.run("ls", "tag:lab", "fam:vsphere", "--kind", "vm", "--json", *DEMO).json["objects"]
    }
    assert lab
    assert {one["ref"] for one in told["postures"]} == lab


def test_what_libvirt_tells_and_no_password(program: Program, tmp_path: Path) -> None:
    pytest.importorskip("libvirt")
    fleet = sinner(tmp_path)
    answer = program.run("caps", "--posture", HOSTILE, "--json", *fleet)
    levels = {each["rule"]: each["level"] for each in answer.json["postures"][0]["findings"]}
    assert (levels["disk_cache"], levels["disk_bus"], levels["console"]) == ("risk", "warning", "warning")
    assert levels["console_password"] == "unknown"
    words = program.run("caps", "--posture", HOSTILE, *fleet).out
    assert f"virsh edit '{HOSTILE}'" in words
    assert "geheim" not in words + answer.out
    markdown = program.run("caps", "--posture", HOSTILE, "--md", *fleet).out
    assert "a\\|b;$(reboot)" in markdown, "a name is no cell of its own"


def test_what_is_not_there_is_refused(program: Program) -> None:
    answer = program.run("caps", "--posture", "nobody", *DEMO)
    assert (answer.code, answer.out) == (1, "")
    assert program.run("caps", "--posture", "mail-02", "--feature", "tpm", *DEMO).code == 2

"""`config add` and `config import`: connections get into the user's file, by options, by questions, from others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.program import COMMAND, Program
from tests.acceptance.terminal import Terminal

DEMO = "demo://?vms=6&family=libvirt&speed=0"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_a_connection_is_added_and_can_be_used(program: Program) -> None:
    program.configure("# mine\n", mode=0o644)
    answer = program.run("config", "add", DEMO, "lab", "--group", "site", "--ro")
    assert (answer.code, answer.out) == (0, "added lab to ~/config/config.toml\n")
    assert "novatui doctor lab" in answer.err
    assert program.config.read_text() == (f'# mine\n\n[connections.lab]\nuri = "{DEMO}"\ngroup = "site"\nro = true\n')
    assert [one["name"] for one in program.run("ls", "--json").json["connections"]] == ["lab"]


def test_name_and_uri_may_come_in_any_order(program: Program) -> None:
    answer = program.run("config", "add", "pve", "proxmox://root@pam@h", "--password-from", "env:PVE", "--json")
    assert answer.json == {"name": "pve", "uri": "proxmox://root@pam@h", "file": str(program.config)}
    assert 'password = "env:PVE"' in program.config.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "There is no terminal to ask on"),
        (("kvm1",), "`kvm1` is no address"),
        (("qemu://",), "does not say which daemon"),
        (("proxmox://root@pam@h", "--password-from", "hunter2"), "`password` would be the secret itself"),
        (("qemu:///system", "prod"), "there is a connection `prod` already"),
    ],
)
def test_what_cannot_be_added_is_told(program: Program, arguments: tuple[str, ...], said: str) -> None:
    file = program.configure('[connections.prod]\nuri = "test:///default"\n')
    before = file.read_text()
    answer = program.run("config", "add", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert "hunter2" not in answer.err
    assert file.read_text() == before


@pytest.mark.pty
def test_questions_lead_to_a_tested_connection(program: Program) -> None:
    (program.home / ".ssh").mkdir()
    (program.home / ".ssh" / "config").write_text("Host kvm-of-mine\n")
    command = [*COMMAND, "config", "add"]
    with Terminal(command, environment=program.environment(), folder=program.folder) as terminal:
        terminal.wait_for("Found on this machine")
        terminal.wait_for("qemu+ssh://kvm-of-mine/system")
        terminal.wait_for("its number, or an address".capitalize())
        terminal.send("nonsense\n")
        terminal.wait_for("`nonsense` is no address")
        terminal.send(f"{DEMO}\n")
        terminal.wait_for("Name [demo-libvirt]")
        terminal.send("lab\n")
        terminal.wait_for("Group in the tree")
        terminal.send("\n")
        terminal.wait_for("Look only")
        terminal.send("\n")
        terminal.wait_for("Add this to ~/config/config.toml?")
        assert not program.config.exists()
        terminal.send("\n")
        terminal.wait_for("Test it now?")
        assert program.config.read_text() == f'[connections.lab]\nuri = "{DEMO}"\n'
        terminal.send("\n")
        terminal.wait_for("connection lab")
        terminal.wait_for("6 vm")
        assert terminal.wait_for_exit() == 0


@pytest.mark.pty
def test_who_says_no_gets_nothing_written(program: Program) -> None:
    command = [*COMMAND, "config", "add"]
    with Terminal(command, environment=program.environment(), folder=program.folder) as terminal:
        for question, answer in (
            ("ddress", DEMO),
            ("Name", ""),
            ("Group", ""),
            ("Look only", ""),
            ("Add this", "n"),
        ):
            terminal.wait_for(question)
            terminal.send(f"{answer}\n")
        assert terminal.wait_for_exit() == 0
        assert "nothing was written" in terminal.text
    assert not program.config.exists()


def test_an_import_is_shown_before_it_is_written(program: Program) -> None:
    conf = program.home / ".config" / "libvirt" / "libvirt.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text('uri_aliases = [ "hail=qemu+ssh://root@hail/system", "bad=qemu+ssh:///system" ]\n')
    variables = {"GOVC_URL": "https://ann:hunter2@vc/sdk"}
    shown = program.run("config", "import", variables=variables)
    hail = '[connections.hail]\nuri = "qemu+ssh://root@hail/system"\n'
    wanted = f'{hail}[connections.vc]\nuri = "vsphere://vc"\nuser = "ann"\n'
    assert (shown.code, shown.out) == (0, wanted)
    assert "~/.config/libvirt/libvirt.conf, bad: qemu+ssh:// names no host" in shown.err
    assert "nothing was written" in shown.err
    assert not program.config.exists()
    written = program.run("config", "import", "--yes", variables=variables)
    assert written.code == 0
    assert "added to ~/config/config.toml: hail, vc" in written.err
    assert program.run("config", "check").code == 0
    again = program.run("config", "import", "--yes", "--json", variables=variables).json
    assert again["written"] is False
    assert again["found"][0]["remarks"] == ["it is configured already as hail"]
    assert "hunter2" not in shown.out + shown.err + written.err + program.config.read_text()


def test_nothing_to_import_says_where_it_looked(program: Program) -> None:
    answer = program.run("config", "import")
    assert (answer.code, answer.out) == (0, "")
    assert "libvirt.conf" in answer.err
    assert "GOVC_URL" in answer.err

"""Whatever is typed, configured or missing: clear words on standard error, the exit code that stands for it, nothing on
standard output, never a traceback."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.program import COMMAND, Answer, Program
from tests.acceptance.terminal import Terminal

DEMO = "demo://?vms=6&family=libvirt&speed=0"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


class Wrong(NamedTuple):
    """A command line that cannot work."""

    arguments: tuple[str, ...]
    code: int
    words: str
    """Must be in what it says."""


COMMAND_LINES = [
    Wrong(("--frobnicate",), 2, "there is no option --frobnicate"),
    Wrong(("ls", "--jsn"), 2, "did you mean `--json`?"),
    Wrong(("ls", "--connection"), 2, "expected one argument"),
    Wrong(("ls", "--timeout", "soon"), 2, "`soon` is no number of seconds above 0"),
    Wrong(("ls", "--timeout", "-1"), 2, "`-1` is no number of seconds above 0"),
    Wrong(("ls", "--timeout", "nan"), 2, "`nan` is no number of seconds above 0"),
    Wrong(("watch", "--for", "0"), 2, "`0` is no number of seconds above 0"),
    Wrong(("top", "-n", "0"), 2, "`0` is no whole number above 0"),
    Wrong(("demo", "--vms", "many"), 2, "`many` is no whole number above 0"),
    Wrong(("ls", "--kind", "machine"), 2, "invalid choice: 'machine'"),
    Wrong(("show",), 2, "required: OBJECT"),
    Wrong(("show", "one", "two"), 2, "too many words: two"),
    Wrong(("config", "frob"), 2, "invalid choice: 'frob'"),
    Wrong(("config", "check", "extra"), 2, "`config check` takes no name"),
    Wrong(("config", "trust"), 2, "which connection?"),
    Wrong(("audit", "burn"), 2, "invalid choice: 'burn'"),
    Wrong(("lss",), 2, "did you mean `ls`?"),
    Wrong(("dcotor",), 2, "did you mean `doctor`?"),
    Wrong(("ls",), 2, "no connection is configured"),
    Wrong(("top",), 2, "no connection is configured"),
    Wrong(("show", "web-1"), 2, "no connection is configured"),
    Wrong(("ls", "-c", "prod"), 2, "no connection is called `prod`"),
    Wrong(("ls", "-c", "qemu//system"), 2, "no connection is called"),
    Wrong(("ls", "-c", "qemy:///system"), 2, "did you mean `qemu://`"),
    Wrong(("ls", "-c", "qemu:///"), 2, "does not say which daemon"),
    Wrong(("ls", "-c", "qemu+ssh:///system"), 2, "names no host"),
    Wrong(("ls", "-c", "https://pve1:8006"), 2, "unknown kind of target `https`"),
    Wrong(("ls", "-c", "vsphere://root@vc1:70000"), 2, "no valid port"),
    Wrong(("ls", "-c", "vsphere://root@vc 1"), 2, "spaces or control characters"),
    Wrong(("ls", "-c", "vsphere://vc1"), 2, "`connections.vc1.user` is missing"),
    Wrong(("ls", "-c", "proxmox://root@pve1"), 2, "needs the user's realm"),
    Wrong(("ls", "-c", "vsphere://root:hunter2@vc1"), 2, "holds a password"),
    Wrong(("ls", "-c", "qemu+tcp://kvm1/system?password=hunter2"), 2, "holds a secret"),
    Wrong(("ls", "-c", DEMO, "--password-from", "env:X"), 2, "--password-from needs a target to apply to"),
    Wrong(("ls", "-c", "xcpng://root@x", "--password-from", "hunter2"), 2, "is the secret itself"),
    Wrong(("ls", "-c", "xcpng://root@x", "--password-from", "evn:X"), 2, "looks like a misspelt `env:`"),
    Wrong(("ls", "-c", "xcpng://root@x", "--password-from", "prompt"), 2, "there is no terminal"),
    Wrong(("ls", "-c", "xcpng://root@x", "--tls", "pin:zz"), 2, "is not the SHA-256 fingerprint"),
    Wrong(("ls", "-c", "xcpng://root@x", "--tls", "trust-me"), 2, "is none of system, ca:FILE"),
    Wrong(("ls", "-c", "demo://?vms=0"), 2, "a whole number from 1"),
    Wrong(("ls", "-c", "demo://?vm=5"), 2, "did you mean `vms`"),
    Wrong(("ls", "--config", "nowhere.toml", "-c", DEMO), 2, "No such file"),
    Wrong(("ls", "--config", "/", "-c", DEMO), 2, "Is a directory"),
    Wrong(("ls", "-c", DEMO, "cpx>80"), 2, "did you mean cpu?"),
    Wrong(("ls", "-c", DEMO, "cpu>lots"), 2, "not a value of cpu.used: lots"),
    Wrong(("ls", "-c", DEMO, "power:runing"), 2, "did you mean running?"),
    Wrong(("ls", "-c", DEMO, "~(a+)+"), 2, "a repeat of what itself repeats"),
    Wrong(("ls", "-c", DEMO, "~("), 2, "not a regular expression"),
    Wrong(("ls", "-c", DEMO, 'name:"x'), 2, "a quote is not closed"),
    Wrong(("ls", "-c", DEMO, "--sort", "cpux"), 2, "there is no key cpux to sort by"),
    Wrong(("ls", "-c", DEMO, "--sort", "cpu:up"), 2, "there is no direction up"),
    Wrong(("show", "-c", DEMO, "no-such-machine"), 1, "no object is called `no-such-machine`"),
    Wrong(("show", "-c", DEMO, "*"), 1, "no object is called `*`"),
    Wrong(("show", "-c", DEMO, "pve-lab:vm:no-such-id"), 1, "no object is called"),
    Wrong(("config", "show", "no.such.key"), 2, "there is no key `no.such.key`"),
    Wrong(("config", "trust", "qemu:///system"), 2, "is no server"),
]


@pytest.mark.parametrize("wrong", COMMAND_LINES, ids=lambda wrong: " ".join(wrong.arguments))
def test_a_command_line_that_cannot_work(program: Program, wrong: Wrong) -> None:
    answer = program.run(*wrong.arguments)
    check(answer, wrong.code, wrong.words)
    assert "hunter2" not in answer.err


def check(answer: Answer, code: int, words: str) -> None:
    assert words in answer.err
    assert answer.code == code
    assert "Traceback" not in answer.err
    assert "internal error" not in answer.err
    assert answer.out.strip() in ("", "NAME  STATE  HOST  VCPUS  MEMORY  CONNECTION")


CONFIGURATIONS = [
    ("[connections.prod]\nuri = 'qemu:///system'\ntsl_min = '1.3'\n", "did you mean `tls_min`?"),
    ("[connections.prod]\nuri = 'qemu:///system'\nprotected = 'yes'\n", "must be true or false"),
    ("[connections.prod]\nuri = 'qemu:///sytem'\n", "did you mean `/system`"),
    ("[connections.prod]\n", "connections.prod"),
    ("[connections.prod]\nro = true\n", "has no `uri`"),
    ("[connections.prod\n", "not valid TOML"),
    ("timeout = 0\n", "must be a number from 0.1 to 3600"),
    ("conections = 1\n", "did you mean `connections`?"),
    ("[connections.prod]\nuri = 'xcpng://root@x'\nreadonly = 'socket'\n", "offered by libvirt"),
]


@pytest.mark.parametrize(("text", "words"), CONFIGURATIONS, ids=[words for _, words in CONFIGURATIONS])
@pytest.mark.parametrize("arguments", [("ls",), ("doctor",), ("config", "check"), ("config", "show")], ids=" ".join)
def test_a_configuration_that_cannot_be_used(
    program: Program, arguments: tuple[str, ...], text: str, words: str
) -> None:
    program.configure(text)
    answer = program.run(*arguments)
    assert answer.code == 2
    said = answer.out if arguments == ("doctor",) else answer.err
    assert words in said
    assert "config.toml" in said
    assert arguments == ("doctor",) or answer.out == ""
    assert "Traceback" not in answer.err


def test_every_problem_of_a_configuration_is_told(program: Program) -> None:
    program.configure("timeout = 0\nmax_wrokers = 3\n[connections.a]\nuri = 'qemu:///sytem'\n")
    check(program.run("ls"), 2, "must be a number from 0.1 to 3600")
    check(program.run("ls"), 2, "did you mean `max_workers`?")
    check(program.run("ls"), 2, "did you mean `/system`")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_configuration_that_may_not_be_read(program: Program) -> None:
    program.configure("timeout = 5\n", mode=0)
    check(program.run("ls"), 2, "cannot read: Permission denied")


def test_a_secret_that_others_can_read(program: Program) -> None:
    text = "[connections.prod]\nuri = 'xcpng://root@x'\npassword = 'hunter2'\n"
    program.configure(text, mode=0o644)
    answer = program.run("ls")
    check(answer, 2, "is a secret in a file with mode 0644")
    assert f"chmod 600 {program.config}" in answer.err
    assert "hunter2" not in answer.err


SECRETS = [
    ("env:NO_SUCH_VARIABLE", "the variable is not set"),
    ("file:/nowhere/at/all", "No such file"),
    ("cmd:no-such-program-at-all", "is `no-such-program-at-all` installed?"),
    ("cmd:false", "the command ended with status 1"),
    ("keyring:novatui/nobody", "cannot read keyring:novatui/nobody"),
]


@pytest.mark.parametrize(("reference", "words"), SECRETS, ids=[reference for reference, _ in SECRETS])
def test_a_secret_that_cannot_be_had(program: Program, reference: str, words: str) -> None:
    program.configure(f"[connections.prod]\nuri = 'xcpng://root@x'\npassword = '{reference}'\n")
    check(program.run("ls"), 2, words)


@pytest.mark.libvirt_library
def test_an_unreachable_connection_leaves_the_others(program: Program, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    dead = f"qemu+tcp://127.0.0.1:{port}/system"
    absent = f"qemu+unix:///system?socket={tmp_path}/no-such-socket"
    answer = program.run("ls", "-c", DEMO, "-c", dead, "-c", absent, "--json")
    assert answer.code == 3
    assert f"127.0.0.1-{port}" in answer.err or "127.0.0.1" in answer.err
    assert "no-such-socket" in answer.err
    assert "Traceback" not in answer.err
    states = {one["name"]: one["state"] for one in answer.json["connections"]}
    assert sorted(states.values()) == ["down", "down", "up"]
    assert len(answer.json["objects"]) == 6
    assert all("failure" in one for one in answer.json["connections"] if one["state"] == "down")


@pytest.mark.libvirt_library
def test_wrong_configuration_comes_before_an_unreachable_connection(program: Program, tmp_path: Path) -> None:
    program.configure("[connections.prod]\nuri = 'xcpng://root@x'\npassword = 'env:NO_SUCH_VARIABLE'\n")
    answer = program.run("ls", "-c", "prod", "-c", f"qemu+unix:///system?socket={tmp_path}/no-such-socket")
    assert "no-such-socket" in answer.err
    check(answer, 2, "the variable is not set")


@pytest.mark.libvirt_library
def test_a_missing_object_comes_before_an_unreachable_connection(program: Program, tmp_path: Path) -> None:
    absent = f"qemu+unix:///system?socket={tmp_path}/no-such-socket"
    answer = program.run("show", "-c", DEMO, "-c", absent, "no-such-machine")
    assert "no-such-socket" in answer.err
    check(answer, 1, "no object is called")


def test_a_missing_library_is_named_with_the_way_to_get_it(program: Program, tmp_path: Path) -> None:
    """A module of that name that is not found: what an installation without the extra looks like to the worker."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "libvirt.py").write_text("raise ModuleNotFoundError('no libvirt', name='libvirt')\n")
    answer = program.run("ls", "-c", "qemu:///system", "-c", DEMO, variables={"PYTHONPATH": str(hidden)})
    assert answer.code == 3
    assert "the Python library libvirt is not installed" in answer.err
    assert "pip install 'novatui[libvirt]'" in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.out.splitlines()) == 7


def test_without_a_home_the_variables_are_named(program: Program) -> None:
    away = ("HOME", "NOVATUI_CONFIG_HOME", "NOVATUI_STATE_HOME")
    if os.geteuid() != 0:
        pytest.skip("only root can become a user that is in no password file")
    try:
        answer = program.run("config", "path", without=away, user=54321, group=54321)
    except PermissionError:
        pytest.skip("other users may not run this interpreter")
    check(answer, 2, "set HOME, or NOVATUI_CONFIG_HOME")


POOR = [{"LANG": "C"}, {"LC_ALL": "POSIX"}, {"PYTHONIOENCODING": "ascii"}, {"TERM": "dumb"}, {"COLUMNS": "1"}]


@pytest.mark.parametrize("variables", POOR, ids=str)
def test_a_poor_environment_loses_nothing(program: Program, variables: Mapping[str, str]) -> None:
    text = program.run("ls", "-c", DEMO, variables=variables)
    assert (text.code, text.err, len(text.out.splitlines())) == (0, "", 7)
    form = program.run("show", "-c", DEMO, "kvm-03", "--json", variables=variables)
    assert (form.code, form.err, form.json["name"]) == (0, "", "kvm-03")


@pytest.mark.parametrize("arguments", [(), ("demo",), ("demo://",)], ids=["configured", "demo", "target"])
def test_the_console_needs_a_terminal(program: Program, arguments: tuple[str, ...]) -> None:
    check(program.run(*arguments), 2, "the console needs a terminal")


@pytest.mark.pty
@pytest.mark.parametrize("term", ["dumb", "", "unknown"])
def test_the_console_needs_a_terminal_that_can_draw(program: Program, term: str) -> None:
    command = [*COMMAND, "demo", "--vms", "5"]
    with Terminal(command, environment=program.environment(TERM=term)) as terminal:
        assert terminal.wait_for_exit() == 2
        assert "the console cannot draw on a terminal of the kind" in terminal.text
        assert "Traceback" not in terminal.text


ODD_SCREENS = [
    (20, 6, {}),
    (40, 12, {"NO_COLOR": "1"}),
    (80, 24, {"LC_ALL": "C"}),
    (80, 24, {"TERM": "vt100"}),
    (300, 90, {"COLORTERM": "truecolor"}),
]


@pytest.mark.pty
@pytest.mark.parametrize(("columns", "rows", "variables"), ODD_SCREENS, ids=str)
def test_the_console_works_on_odd_screens(program: Program, columns: int, rows: int, variables: dict[str, str]) -> None:
    command = [*COMMAND, "demo", "--vms", "12"]
    environment = program.environment(**variables)
    with Terminal(command, columns=columns, rows=rows, environment=environment) as terminal:
        terminal.wait_for("quit")
        terminal.send("q")
        terminal.wait_for("Quit")
        terminal.send("y")
        assert terminal.wait_for_exit() == 0
        assert "Traceback" not in terminal.text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("ls", "-c", DEMO), 0), (("ls", "-c", DEMO, "--json"), 0), (("--version",), 0), (("ls", "-c", "nowhere"), 2)],
    ids=str,
)
@pytest.mark.parametrize("closed", [0, 1, 2], ids=["stdin", "stdout", "stderr"])
def test_a_closed_standard_stream_harms_nobody(
    program: Program, closed: int, arguments: tuple[str, ...], code: int
) -> None:
    answer = program.run(*arguments, input=None, preexec_fn=lambda: os.close(closed))
    assert answer.code == code
    assert "Traceback" not in answer.err
    if code == 0:
        assert answer.err == ""
        assert bool(answer.out) is (closed != 1)
    else:
        assert bool(answer.err) is (closed != 2)

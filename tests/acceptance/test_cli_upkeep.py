"""Verbs about the program itself: doctor, config, audit, trust, worker, version."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import pytest

import novatui
from tests.acceptance.program import COMMAND, Program
from tests.acceptance.terminal import Terminal
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.daemon import LibvirtHost

DEMO = "demo://?vms=6&family=libvirt&speed=0"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


# --- doctor ----------------------------------------------------------------------------------------------------------


@pytest.mark.libvirt_library
def test_doctor_goes_step_by_step(program: Program) -> None:
    answer = program.run("doctor", "test:///default", "--json")
    assert (answer.code, answer.err) == (0, "")
    report = answer.json
    by_name = {(one["section"], one["name"]): one for one in report["checks"]}
    assert by_name["program", "novatui"]["text"] == novatui.__version__
    assert by_name["libraries", "libvirt"]["ok"] is True
    assert by_name["terminal", "TERM"]["text"] == "xterm-256color"
    assert {section for section, _ in by_name} == {"program", "terminal", "libraries", "configuration"}
    (connection,) = report["connections"]
    assert [step["step"] for step in connection["steps"]][:3] == ["resolve", "connect", "auth"]
    assert connection["steps"][-1]["step"] == "list"
    assert connection["steps"][-1]["ok"] is True
    assert "1 vm" in connection["steps"][-1]["text"]
    assert connection["state"] == "up"


def test_doctor_in_words(program: Program) -> None:
    lines = program.run("doctor", "-c", "test:///default", DEMO, variables={"TERM": "dumb"}).out.splitlines()
    titles = [line.split()[:2] for line in lines if line and not line.startswith(" ")]
    sections = [["program"], ["terminal"], ["libraries"], ["configuration"]]
    assert titles == [*sections, ["connection", "test-default"], ["connection", "demo-libvirt"]]
    assert any(line.startswith("  FAIL TERM") and "dumb" in line for line in lines)
    assert any(line.startswith("  ok   connect") for line in lines)


@pytest.mark.libvirt_library
def test_doctor_tells_where_a_connection_fails(program: Program, tmp_path: Path) -> None:
    uri = f"qemu+unix:///system?socket={tmp_path}/no-such-socket"
    answer = program.run("doctor", uri)
    assert answer.code == 3
    assert "FAIL connect" in answer.out
    assert "FAIL unreachable" in answer.out
    assert "said" in answer.out
    report = program.run("doctor", uri, "--json").json
    assert report["connections"][0]["failure"]["fault"] == "unreachable"


def test_doctor_without_connections_is_content(program: Program) -> None:
    answer = program.run("doctor")
    assert (answer.code, answer.err) == (0, "")
    assert "no connection is configured or named" in answer.out


def test_doctor_does_not_give_secrets_away(program: Program) -> None:
    program.configure('[connections.prod]\nuri = "xcpng://root@x"\npassword = "env:PASSWORD"\n')
    for arguments in (("doctor",), ("doctor", "--json"), ("config", "show"), ("config", "show", "prod.password")):
        answer = program.run(*arguments, variables={"PASSWORD": "hunter2"})
        assert "hunter2" not in answer.out + answer.err
        assert "root@x" in answer.out or "env:PASSWORD" in answer.out


@pytest.mark.libvirt_library
def test_a_bundle_holds_what_helps_and_no_secret(program: Program, tmp_path: Path) -> None:
    program.configure('[connections.lab]\nuri = "test:///default"\npassword = "env:LANG_OF_SECRETS"\n')
    variables = {"LANG_OF_SECRETS": "hunter2", "XDG_TITLE": "hunter2 was here", "OTHER": "private"}
    answer = program.run("doctor", "--bundle", "ticket.tar.gz", "--debug", variables=variables)
    assert answer.code == 0
    assert "novatui: bundle in ticket.tar.gz" in answer.err
    bundle = tmp_path / "ticket.tar.gz"
    assert bundle.stat().st_mode & 0o777 == 0o600
    with tarfile.open(bundle) as archive:
        parts = {Path(one.name).name: pipe(archive.extractfile(one)).read().decode() for one in archive}
    assert parts.keys() >= {"doctor.json", "config.toml", "environment.txt", "packages.txt", "log.txt"}
    assert json.loads(parts["doctor.json"])["connections"][0]["name"] == "lab"
    assert 'password = "env:LANG_OF_SECRETS"' in parts["config.toml"]
    assert "XDG_TITLE=«secret» was here" in parts["environment.txt"]
    assert "msgspec " in parts["packages.txt"]
    assert "DEBUG" in parts["log.txt"]
    assert not any("hunter2" in text or "private" in text for text in parts.values())


def test_a_bundle_that_cannot_be_written_is_told(program: Program) -> None:
    answer = program.run("doctor", "--bundle", "/no/such/folder/ticket.tar.gz")
    assert answer.code == 2
    assert "the bundle /no/such/folder/ticket.tar.gz cannot be written: No such file" in answer.err


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


# --- config ----------------------------------------------------------------------------------------------------------


def test_the_example_is_a_configuration_without_problems(program: Program) -> None:
    example = program.run("config", "example")
    program.configure(example.out)
    checked = program.run("config", "check")
    assert (checked.code, checked.out, checked.err) == (0, "ok: no problem found\n", "")


def test_a_theme_that_is_not_there_is_found_before_the_console_opens(program: Program) -> None:
    program.configure('theme = "drak"\n')
    checked = program.run("config", "check")
    assert checked.code == 2
    assert "no theme `drak`" in checked.err
    assert "did you mean `dark`?" in checked.err
    folder = program.config.parent / "themes"
    folder.mkdir()
    (folder / "drak.toml").write_text('base = "dark"\n')
    assert program.run("config", "check").code == 0


def test_the_keys_of_the_console_are_checked_and_exemplified(program: Program) -> None:
    file = program.config.parent / "keys.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(program.run("config", "example", "--keys").out)
    assert program.run("config", "check").code == 0
    assert program.run("config", "path", "--json").json["keys"] == {"path": str(file), "exists": True}
    file.write_text('"tasks" = "j"\n"alarm.silense" = "x"\n')
    checked = program.run("config", "check", "--json")
    assert checked.code == 2
    assert [(one["line"], one["key"]) for one in checked.json["problems"]] == [(1, "tasks"), (2, "alarm.silense")]
    assert "did you mean `alarm.silence`?" in program.run("config", "check").err
    bundle = file.with_name("bundle.tgz")
    assert "means both `move.down` (built in) and `tasks`" in program.run("doctor", "--bundle", str(bundle)).out
    with tarfile.open(bundle) as archive:
        assert "novatui-bundle/keys.toml" in archive.getnames()


def test_paths_are_told_with_what_is_there(program: Program) -> None:
    paths = program.run("config", "path", "--json").json
    assert paths["user"] == {"path": str(program.config), "exists": False}
    program.configure("timeout = 5\n")
    assert program.run("config", "path", "--json").json["user"]["exists"] is True
    lines = program.run("config", "path", "--config", "more.toml").out.splitlines()
    assert f"user     {program.config}" in lines
    assert "file     more.toml  (not there)" in lines


def test_a_value_is_explained_with_its_sources(program: Program) -> None:
    program.configure("timeout = 5\n")
    answer = program.run("config", "show", "timeout", variables={"NOVATUI_TIMEOUT": "7"})
    lines = [line.strip() for line in answer.out.splitlines()]
    assert lines == [
        "timeout = 7.0",
        "set by NOVATUI_TIMEOUT: 7.0",
        "overrides ~/config/config.toml:1: 5.0",
        "overrides default: 30.0",
    ]
    told = program.run("config", "show", "timeout", "--json", variables={"NOVATUI_TIMEOUT": "7"}).json
    assert [(one["key"], one["value"]) for one in told["values"]] == [("timeout", 7.0)]


def test_problems_as_json(program: Program) -> None:
    program.configure("timeout = 0\n")
    answer = program.run("config", "check", "--json")
    assert (answer.code, answer.json["ok"]) == (2, False)
    (problem,) = answer.json["problems"]
    assert (problem["severity"], problem["key"], problem["line"]) == ("error", "timeout", 1)


def test_a_warning_is_no_failure(program: Program) -> None:
    answer = program.run("ls", "-c", DEMO, variables={"NOVATUI_TIMEOUTS": "7"})
    assert answer.code == 0
    assert "the environment variable `NOVATUI_TIMEOUTS` sets nothing" in answer.err


@pytest.mark.libvirt
@pytest.mark.pty
@pytest.mark.libvirt_library
def test_a_certificate_is_shown_and_stored_by_a_person(program: Program, make_libvirt_host: MakeHost) -> None:
    host: LibvirtHost = make_libvirt_host("tess", tls=True)
    program.configure(f'[connections.prod]\nuri = "{host.tls_uri}"\n')
    headless = program.run("config", "trust", "prod")
    assert headless.code == 3
    assert "not stored: there is no terminal to agree on" in headless.err
    shown = headless.out.partition("fingerprint ")[2].strip()
    assert len(shown.split(":")) == 32
    pins = program.home / "state" / "pins.json"
    command = [*COMMAND, "config", "trust", "prod"]
    for answer, code, words in (("n", 4, "not stored"), ("y", 0, "stored for prod at localhost")):
        assert not pins.exists()
        with Terminal(command, environment=program.environment(), folder=program.folder) as terminal:
            terminal.wait_for("Trust it? [y/N]")
            terminal.send(f"{answer}\n")
            assert terminal.wait_for_exit() == code
            assert words in terminal.text
    assert json.loads(pins.read_text())["pins"][0]["sha256"] == shown.replace(":", "").lower()
    trusted = program.run("ls", "-c", "prod", "--json")
    assert trusted.code == 0
    assert trusted.json["connections"][0]["tls"]["pin"] == shown.replace(":", "").lower()
    pins.write_text(pins.read_text().replace(shown.replace(":", "").lower(), "ab" * 32))
    refused = program.run("ls", "-c", "prod")
    assert refused.code == 3
    assert "the server's certificate is not the pinned one" in refused.err


# --- audit -----------------------------------------------------------------------------------------------------------


def journal(program: Program, *bodies: dict[str, Any]) -> Path:
    """A journal as `actions.journal` describes it, written without its help."""
    path = program.home / "state" / "journal.jsonl"
    path.parent.mkdir(exist_ok=True)
    previous, lines = "0" * 64, list[str]()
    for number, body in enumerate(bodies, 1):
        content = json.dumps({"seq": number, "prev": previous, **body}, separators=(",", ":"))
        previous = sha256(content.encode()).hexdigest()
        lines.append(f'{content[:-1]},"hash":"{previous}"}}')
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_an_empty_journal_is_whole(program: Program) -> None:
    answer = program.run("audit", "verify")
    assert (answer.code, answer.out, answer.err) == (0, f"ok: 0 records, head {'0' * 64}\n", "")
    assert program.run("audit", "verify", "--json").json == {"ok": True, "records": 0, "head": "0" * 64}
    shown = program.run("audit", "show")
    assert (shown.code, shown.out) == (0, "")
    assert "the journal is empty" in shown.err


def test_a_whole_journal_is_shown_in_order(program: Program) -> None:
    journal(program, {"verb": "start", "key": "vm:1"}, {"verb": "off", "key": "vm:\u001b[2J"})
    assert program.run("audit", "verify").out.startswith("ok: 2 records, head ")
    lines = program.run("audit", "show").out.splitlines()
    assert lines[0] == "     1  verb=start  key=vm:1"
    assert "\x1b" not in lines[1]
    assert [line["seq"] for line in program.run("audit", "show", "--json").lines] == [1, 2]


def test_a_changed_record_is_found(program: Program) -> None:
    path = journal(program, {"verb": "start"}, {"verb": "off"}, {"verb": "reset"})
    path.write_text(path.read_text().replace('"off"', '"on!"'))
    answer = program.run("audit", "verify", "--json")
    assert (answer.code, answer.json["ok"], answer.json["broken_at"]) == (1, False, 2)
    assert "is broken at record 2" in answer.err
    words = program.run("audit", "verify")
    assert (words.code, words.out) == (1, "")


def test_a_journal_that_is_no_file_is_told(program: Program) -> None:
    (program.home / "state" / "journal.jsonl").mkdir(parents=True)
    answer = program.run("audit", "verify")
    assert (answer.code, answer.out) == (2, "")
    assert "cannot be read: Is a directory" in answer.err


# --- worker and version ----------------------------------------------------------------------------------------------


def test_the_worker_end_speaks_frames_on_its_streams(program: Program) -> None:
    process = subprocess.Popen(
        [*COMMAND, "worker"], env=program.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    greeting = process.stdout.read(4 + 1)
    assert int.from_bytes(greeting[:4]) < 1000
    process.stdin.close()
    process.stdout.close()
    process.wait(60)


@pytest.mark.pty
def test_the_worker_end_is_not_for_people(program: Program) -> None:
    with Terminal([*COMMAND, "worker"], environment=program.environment()) as terminal:
        assert terminal.wait_for_exit() == 2
        assert "not to a person" in terminal.text


def test_the_version_is_said_at_once(program: Program) -> None:
    answer = program.run("--version")
    assert (answer.code, answer.out, answer.err) == (0, f"novatui {novatui.__version__}\n", "")
    assert program.run("--version", "--no-color").out == answer.out


def test_the_version_imports_next_to_nothing() -> None:
    """What it loads beyond an interpreter that does nothing: the constant, and two modules on the way to it."""
    loaded = [
        set(json.loads(subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True).stderr))
        for code in (REPORT, f"import sys; sys.argv[1:] = ['--version']\nfrom novatui.cli.main import run\n{CAUGHT}")
    ]
    assert loaded[1] - loaded[0] <= {"novatui", "novatui.cli", "novatui.cli.main", "__future__", "errno"}


REPORT = "import sys; names = list(sys.modules)\nimport json; print(json.dumps(names), file=sys.stderr)"
CAUGHT = f"try: run()\nexcept SystemExit: pass\n{REPORT}"

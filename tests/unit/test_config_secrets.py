"""Secrets: every kind of reference, what cannot be had, and that nothing ever shows one."""

from __future__ import annotations

import base64
import copy
import json
import logging
import os
import pickle
import shlex
import sys
import time
import types
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import quoteattr

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.config.errors import ConfigError
from novatui.config.redact import MASK, RedactingFormatter, Redactor, encodings
from novatui.config.secrets import Secret, SecretError, parse_secret, resolve

PASSWORD = "s3cr3t-Pässword"


def fetch(reference: str, **how: object) -> str:
    return resolve(parse_secret(reference), Redactor(), **how).reveal()  # type: ignore[arg-type]


def command(code: str) -> str:
    return f"cmd:{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{PASSWORD}\nsecond line\n")
    path.chmod(0o600)
    return path


def test_a_secret_never_shows() -> None:
    secret = Secret(PASSWORD)
    ref = parse_secret(PASSWORD)
    for shown in (
        repr(secret),
        str(secret),
        f"{secret:>12}",
        f"{secret!r}",
        f"{secret}",
        repr(ref),
        str(ref),
        f"{ref}",
    ):
        assert PASSWORD not in shown
        assert MASK in shown
    for encode in (json.dumps, msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins, pickle.dumps):
        for value in (secret, [secret], ref):
            with pytest.raises(TypeError):
                encode(value)
    assert copy.deepcopy(secret) is secret
    assert secret == Secret(PASSWORD) != Secret("other")
    assert secret != PASSWORD
    assert secret.reveal() == PASSWORD


@pytest.mark.parametrize(
    "text", ["keyring:novatui/prod", "env:PW", "cmd:pass show 'vc prod'", "file:/etc/x", "file:~/x", "prompt"]
)
def test_a_reference_shows_as_it_is_written(text: str) -> None:
    assert str(parse_secret(text)) == text


@pytest.mark.parametrize("text", ["hunter2", "a:b", "https://x", "env", ":", "x y:z", "Prompt", "literal:env:PW"])
def test_other_text_is_the_secret_itself(text: str) -> None:
    ref = parse_secret(text)
    assert ref.kind == "literal"
    assert fetch(text) == text.removeprefix("literal:")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("keyring:novatui", "needs a service and a user"),
        ("keyring:/user", "needs a service and a user"),
        ("keyrng:novatui/prod", "misspelt `keyring:`"),
        ("envv:PW", "misspelt `env:`"),
        ("env:", "nothing after `env:`"),
        ("env:A B", "does not name an environment variable"),
        ("file:relative", "needs a full path"),
        ("cmd:pass 'show", "is not a command line"),
        ("cmd: ", "nothing after `cmd:`"),
        ("file:/a\x00b", "control characters"),
    ],
)
def test_a_wrong_reference_is_told_without_its_content(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_secret(text)
    assert words in str(caught.value)
    place = text.partition(":")[2].strip()
    assert not place or place not in str(caught.value)


def test_from_the_environment() -> None:
    assert fetch("env:PW", environ={"PW": PASSWORD}) == PASSWORD
    with pytest.raises(SecretError, match="cannot read env:PW: the variable is not set; export PW first"):
        fetch("env:PW", environ={})
    with pytest.raises(SecretError, match="secret of env:PW is empty"):
        fetch("env:PW", environ={"PW": ""})


def test_from_a_file_its_first_line(secret_file: Path) -> None:
    assert fetch(f"file:{secret_file}") == PASSWORD


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(secret_file: Path, mode: int) -> None:
    secret_file.chmod(mode)
    with pytest.raises(SecretError, match="others can read it; chmod 600 ") as caught:
        fetch(f"file:{secret_file}")
    assert PASSWORD not in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(secret_file: Path) -> None:
    os.chown(secret_file, 12345, -1)
    with pytest.raises(SecretError, match="it belongs to another user"):
        fetch(f"file:{secret_file}")


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="No such file"):
        fetch(f"file:{tmp_path}/absent")
    with pytest.raises(SecretError, match="No such file"):
        fetch("file:~nobody-of-that-name/x")
    with pytest.raises(SecretError, match="Is a directory"):
        fetch(f"file:{tmp_path}")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(SecretError, match="not a plain file"):
        fetch(f"file:{pipe}")


def test_bytes_that_are_no_text_do_not_travel_with_the_error(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"hunter2\xff\n")
    path.chmod(0o600)
    with pytest.raises(SecretError, match="not UTF-8 text") as caught:
        fetch(f"file:{path}")
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_from_a_command_its_first_line() -> None:
    assert fetch(command(f"print({PASSWORD!r}); print('url: x')")) == PASSWORD


def test_a_command_gets_no_shell(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    assert fetch(f"cmd:echo $HOME;touch {trap} `id`") == f"$HOME;touch {trap} `id`"
    assert not trap.exists()


def test_a_failing_command_is_named_and_its_words_are_not_repeated() -> None:
    reference = command("import sys; print('hunter2'); print('hun' + 'ter3', file=sys.stderr); sys.exit(3)")
    with pytest.raises(SecretError, match="ended with status 3") as caught:
        fetch(reference)
    assert reference in str(caught.value)
    assert "hunter3" not in str(caught.value)
    with pytest.raises(SecretError, match="is `no-such-program` installed"):
        fetch("cmd:no-such-program show")


def test_a_hanging_command_is_ended_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"sleep 600 & echo $! > {shlex.quote(str(pid_file))}; wait"
    with pytest.raises(SecretError, match="no answer within 5 s"):
        fetch(f"cmd:sh -c {shlex.quote(script)}", timeout=5.0)
    assert pid_file.exists(), "the command was ended before it had a child"
    pid = int(pid_file.read_text())
    deadline = time.monotonic() + 60
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(pid)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_by_asking() -> None:
    assert fetch("prompt", ask=lambda: PASSWORD) == PASSWORD
    with pytest.raises(SecretError, match=r"no terminal to ask on; .*--password-from"):
        fetch("prompt")


def test_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {("nova/tui", "prod"): PASSWORD}
    fake = types.ModuleType("keyring")
    fake.get_password = lambda service, user: stored.get((service, user))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", fake)
    assert fetch("keyring:nova/tui/prod") == PASSWORD
    with pytest.raises(SecretError, match="no such entry; keyring set nova/tui lab"):
        fetch("keyring:nova/tui/lab")


def test_a_missing_or_locked_keyring_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretError, match=r"not installed; pip install 'novatui\[keyring\]'"):
        fetch("keyring:novatui/prod")

    def refuse(service: str, user: str) -> str:
        raise LookupError(f"hunter2 of {user} is locked")

    fake = types.ModuleType("keyring")
    fake.get_password = refuse  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", fake)
    with pytest.raises(SecretError, match=r"the keyring failed \(LookupError\)") as caught:
        fetch("keyring:novatui/prod")
    assert "hunter2" not in str(caught.value)


def test_a_secret_error_is_a_configuration_error() -> None:
    assert issubclass(SecretError, ConfigError)


def test_a_resolved_secret_is_known_to_the_redactor() -> None:
    redactor = Redactor()
    resolve(parse_secret("env:PW"), redactor, environ={"PW": PASSWORD})
    assert redactor.redact(f"login {PASSWORD} refused") == f"login {MASK} refused"


SECRETS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="«»"), min_size=8, max_size=24)
AROUND = st.text("äöü«» \n", max_size=6)


@given(secret=SECRETS, before=AROUND, after=AROUND)
def test_every_usual_encoding_is_redacted(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    forms = [
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        base64.b64encode(secret.encode()).decode(),
        base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
        repr(secret)[1:-1],
    ]
    for form in forms:
        assert redactor.redact(f"{before}{form}{after}") == f"{before}{MASK}{after}"


@given(secret=SECRETS, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_a_secret_inside_base64_is_redacted_at_every_offset(secret: str, before: bytes, after: bytes) -> None:
    redactor = Redactor()
    redactor.add(secret)
    header = base64.b64encode(before + secret.encode() + after).decode()
    redacted = redactor.redact(f"Authorization: Basic {header}")
    assert MASK in redacted
    left = redacted.removeprefix("Authorization: Basic ").replace(MASK, "")
    # What stays carries the surroundings and at most the few bits that share a character with them.
    assert len(left) <= len(header) - len(secret.encode()) * 8 // 6 + 2


@given(st.lists(SECRETS, min_size=1, max_size=4), st.text(max_size=30))
def test_no_known_secret_is_left_in_a_text(secrets: list[str], text: str) -> None:
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret)
    redacted = redactor.redact(text.join(["", *secrets, ""]))
    assert not any(secret in redacted.split(MASK) for secret in secrets)
    assert redacted.count(MASK) >= 1


def test_xml_attributes_are_redacted() -> None:
    secret = "a\"b'c<d>&e"
    redactor = Redactor()
    redactor.add(secret)
    assert redactor.redact(f"<login password={quoteattr(secret)}/>").count(MASK) == 1
    assert "&lt;d" not in redactor.redact("<p>a&#34;b&#39;c&lt;d&gt;&amp;e</p>")


def test_nothing_is_redacted_before_a_secret_is_known() -> None:
    redactor = Redactor()
    redactor.add("")
    assert redactor.redact("plain") == "plain"
    assert "" not in encodings("x")


def test_logs_are_redacted_with_their_tracebacks() -> None:
    redactor = Redactor()
    redactor.add(PASSWORD)
    formatter = RedactingFormatter(redactor, "%(levelname)s %(message)s")
    try:
        raise RuntimeError(f"login of root with {PASSWORD}")
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "sent %s", (quote(PASSWORD),), sys.exc_info())
    text = formatter.format(record)
    assert text.startswith(f"ERROR sent {MASK}")
    assert f"login of root with {MASK}" in text
    assert PASSWORD not in text

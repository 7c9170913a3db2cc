"""The connections of a running console: read again, tried, saved, trusted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from novatui.config.draft import draft
from novatui.config.errors import ConfigError
from novatui.config.load import Request, load
from novatui.config.paths import user_paths
from novatui.config.policy import Policy
from novatui.config.redact import Redactor
from novatui.engine import configured
from novatui.engine.book import Book

PIN = "ab" * 32
TWO = '[connections.a]\nuri = "qemu+ssh://a/system"\n[connections.b]\nuri = "qemu+ssh://b/system"\n'


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOVATUI_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NOVATUI_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(configured, "load_policy", Policy)


def configure(text: str) -> None:
    user_paths().config_file.parent.mkdir(exist_ok=True, mode=0o700)
    user_paths().config_file.write_text(text)
    user_paths().config_file.chmod(0o600)


def book(*targets: str) -> Book:
    request = Request(targets=targets)
    return Book(request, load(request), Redactor())


def names(of: Book) -> list[str]:
    return [target.spec.name for target in of.targets]


# --- reading again ----------------------------------------------------------------------------------------------------


def test_a_reload_tells_what_came_went_and_changed() -> None:
    configure(TWO)
    mine = book()
    assert not mine.read_again()
    configure(TWO.replace("//b/", "//elsewhere/").replace("[connections.a]", "[connections.c]"))
    found = mine.read_again()
    assert [one.spec.name for one in found.added] == ["c"]
    assert found.removed == ("a",)
    assert [one.spec.uri for one in found.changed] == ["qemu+ssh://elsewhere/system"]
    assert not mine.read_again(), "it was taken note of"


@pytest.mark.parametrize("line", ['group = "x"', "ro = true", 'password = "env:X"', 'via = "ssh://h"', "interval = 9"])
def test_any_setting_that_matters_is_a_change(line: str) -> None:
    configure(TWO)
    mine = book()
    configure(TWO + line + "\n")
    assert [one.spec.name for one in mine.read_again().changed] == ["b"]


def test_a_wrong_file_changes_nothing() -> None:
    configure(TWO)
    mine = book()
    configure(TWO.replace("uri", "urj"))
    with pytest.raises(ConfigError):
        mine.read_again()
    assert names(mine) == ["a", "b"]
    configure(TWO)
    assert not mine.read_again()


def test_targets_of_the_command_line_stay() -> None:
    configure(TWO)
    mine = book("a", "qemu:///system")
    configure(TWO + '[connections.c]\nuri = "qemu+ssh://c/system"\n')
    assert not mine.read_again()
    assert names(mine) == ["a", "qemu-system"]


def test_the_demo_can_be_opened_too() -> None:
    mine = book()
    found = mine.open_too("demo://?vms=60")
    assert len(found.added) == 6
    assert not mine.read_again()


# --- trying and saving ------------------------------------------------------------------------------------------------


def test_a_saved_draft_belongs_to_the_console() -> None:
    mine = book()
    one = draft("qemu+ssh://new/system", taken=mine.taken())
    (trial,) = mine.trial(one)
    assert trial.spec.name == "new"
    assert "new" in mine.taken()
    assert not user_paths().config_file.exists(), "a trial is not written"
    mine.save(one)
    assert 'uri = "qemu+ssh://new/system"' in user_paths().config_file.read_text()
    assert names(mine) == ["new"]
    assert not mine.read_again()


def test_a_draft_that_was_given_up_leaves_nothing() -> None:
    mine = book()
    mine.trial(draft("qemu+ssh://new/system"))
    mine.give_up("new")
    assert mine.taken() == set()
    assert not mine.read_again()


def test_saving_beside_targets_of_the_command_line_keeps_both() -> None:
    configure(TWO)
    mine = book("a")
    mine.save(draft("qemu+ssh://new/system"))
    assert names(mine) == ["a", "new"]
    assert not mine.read_again(), "b was not asked for, new was"


def test_a_name_that_is_taken_is_refused_and_nothing_changes() -> None:
    configure(TWO)
    mine = book("b")
    with pytest.raises(ConfigError, match="there is a connection `a` already"):
        mine.save(draft("qemu+ssh://new/system", "a"))
    assert names(mine) == ["b"]


def test_look_only_of_the_command_line_holds_for_a_trial() -> None:
    configure("ro = true\n")
    (trial,) = book().trial(draft("qemu:///system"))
    assert trial.spec.readonly


def test_a_variable_of_a_trial_is_read_and_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_OF_NEW", "hunter2")
    mine = book()
    (trial,) = mine.trial(draft("proxmox://root@pam@h", password="env:PASSWORD_OF_NEW"))
    assert "PASSWORD_OF_NEW" not in os.environ
    assert trial.secrets() == {"password": "hunter2"}
    assert mine.redactor.redact("x hunter2") == "x «secret»"


def test_a_password_to_be_typed_is_left_to_the_connection() -> None:
    (trial,) = book().trial(draft("proxmox://root@pam@h", password="prompt"))
    assert trial.typed == ("password",)
    assert trial.secrets() == {}


def test_an_address_of_the_command_line_can_be_saved() -> None:
    configure(TWO)
    mine = book("qemu+ssh://ad-hoc/system", "a")
    one = mine.unsaved("ad-hoc")
    assert one is not None
    assert mine.unsaved("a") is None
    assert mine.unsaved("nobody") is None
    mine.save(one)
    assert '[connections.ad-hoc]\nuri = "qemu+ssh://ad-hoc/system"\n' in user_paths().config_file.read_text()
    assert mine.unsaved("ad-hoc") is None
    assert not mine.read_again()


# --- certificates -----------------------------------------------------------------------------------------------------


def test_a_trusted_certificate_is_what_the_next_attempt_is_given() -> None:
    configure('[connections.pve]\nuri = "proxmox://root@pam@h"\n[connections.mine]\nuri = "qemu:///system"\n')
    mine = book()
    assert mine.endpoint("pve") == "h:8006"
    assert mine.endpoint("mine") == ""
    assert mine.endpoint("nobody") == ""
    (again,) = mine.trust("pve", PIN)
    assert again.spec.options["tls_pin"] == PIN
    assert not mine.read_again(), "it is what is open"
    assert book().targets[0].spec.options["tls_pin"] == PIN, "the next console knows it"


def test_the_certificate_of_a_trial_can_be_trusted() -> None:
    mine = book()
    mine.trial(draft("proxmox://root@pam@h", "new"))
    (again,) = mine.trust("new", PIN)
    assert again.spec.options["tls_pin"] == PIN


def test_a_connection_with_its_own_rule_for_certificates_is_not_asked_about() -> None:
    configure('[connections.pve]\nuri = "proxmox://root@pam@h"\ntls = "insecure"\n')
    assert book().endpoint("pve") == ""

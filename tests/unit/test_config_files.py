"""Folders, private files and the store of trusted certificates."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.config import paths as paths_module
from novatui.config.errors import ConfigError, Problem, did_you_mean
from novatui.config.paths import private_dir, user_paths, write_private
from novatui.config.tls import Tls, parse_fingerprint, parse_tls, show_fingerprint
from novatui.config.trust import TrustStore

SHA = "ab" * 32
OTHER = "cd" * 32


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_follow_the_desktop_standard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    found = user_paths({})
    assert found.config_file == tmp_path / "c" / "novatui" / "config.toml"
    assert found.journal == tmp_path / "s" / "novatui" / "journal.jsonl"
    assert found.pins.parent == found.state_home
    assert not list(tmp_path.iterdir()), "asking for a folder made one"


def test_folders_can_be_moved(tmp_path: Path) -> None:
    found = user_paths({"NOVATUI_CONFIG_HOME": str(tmp_path / "c"), "NOVATUI_STATE_HOME": str(tmp_path / "s")})
    assert (found.config_home, found.state_home, found.log_home) == (
        tmp_path / "c",
        tmp_path / "s",
        tmp_path / "s" / "log",
    )
    assert user_paths({"NOVATUI_LOG_HOME": "logs"}).log_home == Path.cwd() / "logs"


def test_without_a_home_folder_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(paths_module.platformdirs, "user_config_dir", lambda *_, **__: "~nobody-of-that-name/x")
    with pytest.raises(ConfigError, match=r"home folder is unknown.*set HOME, or NOVATUI_CONFIG_HOME"):
        user_paths({})


@pytest.mark.parametrize("name", ["prod", "a/b", "..", "x" * 60, "ü"])
def test_an_inventory_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    found = user_paths({"NOVATUI_STATE_HOME": str(tmp_path)})
    assert found.inventory(name).parent == tmp_path / "inventory"
    assert found.inventory(name) != found.inventory(f"{name}x")


def test_a_private_folder_is_closed_to_others(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        made = private_dir(tmp_path / "a" / "b")
    finally:
        os.umask(old)
    assert [mode(made), mode(made.parent)] == [0o700, 0o700]
    made.chmod(0o755)
    assert mode(private_dir(made)) == 0o700


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="not a folder"):
        private_dir(tmp_path / "file")
    with pytest.raises(ConfigError, match="cannot make the folder: Not a directory"):
        private_dir(tmp_path / "file" / "sub")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        private_dir(tmp_path)


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    with path.open() as reader:
        write_private(path, b"new")
        assert reader.read() == "old"
    assert (path.read_text(), mode(path)) == ("new", 0o600)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_link_keeps_pointing(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    link = tmp_path / "config.toml"
    link.symlink_to("dotfiles/real.toml")
    write_private(link, b"x")
    assert link.is_symlink()
    assert (tmp_path / "dotfiles" / "real.toml").read_bytes() == b"x"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(paths_module.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(path, b"new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "state" / "pins.json")


def test_a_certificate_is_trusted_for_its_endpoint_only(store: TrustStore) -> None:
    assert store.all() == []
    pin = store.add("prod", "VC1:443", f"SHA256:{SHA.upper()}")
    assert (pin.endpoint, pin.sha256) == ("vc1:443", SHA)
    assert store.lookup("prod", "vc1:443") == [pin]
    assert store.lookup("prod", "vc2:443") == []
    assert store.lookup("other", "vc1:443") == []
    assert store.lookup("prod") == [pin]


def test_an_endpoint_may_show_several_until_they_are_replaced(store: TrustStore) -> None:
    store.add("prod", "vc1:443", SHA)
    store.add("prod", "vc1:443", OTHER)
    store.add("prod", "vc1:443", SHA)
    assert [pin.sha256 for pin in store.lookup("prod")] == [OTHER, SHA]
    store.add("prod", "vc2:443", SHA)
    store.add("prod", "vc1:443", "ef" * 32, replace=True)
    assert [(pin.endpoint, pin.sha256) for pin in store.all()] == [("vc2:443", SHA), ("vc1:443", "ef" * 32)]


def test_trust_is_taken_back(store: TrustStore) -> None:
    store.add("prod", "vc1:443", SHA)
    store.add("prod", "vc1:443", OTHER)
    store.add("lab", "vc1:443", SHA)
    assert [pin.sha256 for pin in store.remove("prod", sha256=OTHER)] == [OTHER]
    assert store.remove("prod", "vc9:443") == []
    assert len(store.remove("prod")) == 1
    assert [pin.connection for pin in store.all()] == ["lab"]


def test_the_store_is_private(store: TrustStore, tmp_path: Path) -> None:
    store.add("prod", "vc1:443", SHA)
    assert mode(tmp_path / "state" / "pins.json") == 0o600
    assert mode(tmp_path / "state") == 0o700


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"pins": [{"connection": 1}]}', '{"pinz": []}'])
def test_a_damaged_store_is_refused_not_forgotten(store: TrustStore, tmp_path: Path, damage: str) -> None:
    store.add("prod", "vc1:443", SHA)
    file = tmp_path / "state" / "pins.json"
    file.write_text(damage)
    with pytest.raises(ConfigError, match="is damaged"):
        store.lookup("prod")
    with pytest.raises(ConfigError, match="is damaged"):
        store.add("prod", "vc1:443", OTHER)
    assert file.read_text() == damage


def test_a_store_that_others_can_write_is_refused(store: TrustStore, tmp_path: Path) -> None:
    store.add("prod", "vc1:443", SHA)
    (tmp_path / "state" / "pins.json").chmod(0o620)
    with pytest.raises(ConfigError, match="others can write"):
        store.all()


def _trust_some(path: Path, name: str) -> None:
    for number in range(5):
        TrustStore(path).add(name, f"host{number}:443", SHA)


def test_several_consoles_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "pins.json"
    spawn = multiprocessing.get_context("spawn")
    consoles = [spawn.Process(target=_trust_some, args=(path, f"c{number}")) for number in range(2)]
    for console in consoles:
        console.start()
    _trust_some(path, "mine")
    for console in consoles:
        console.join(90)
        assert console.exitcode == 0
    assert len(TrustStore(path).all()) == 15


@pytest.mark.parametrize(
    "text", ["system", "insecure", "ca:/etc/ca.pem", "ca:~/ca.pem", f"pin:{SHA}", f"pin:{SHA},{OTHER}"]
)
def test_tls_settings_survive_the_round_trip(text: str) -> None:
    assert str(parse_tls(text)) == text


def test_tls_modes_are_told_apart() -> None:
    assert parse_tls("ca:/x.pem") == Tls("ca", ca="/x.pem")
    assert parse_tls(f"pin:{show_fingerprint(SHA)},{OTHER}") == Tls("pin", pins=(SHA, OTHER))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is none of system, ca:FILE"),
        ("off", "is none of"),
        ("ca:rel.pem", "needs the full path"),
        ("pin:", "is not the SHA-256"),
        (f"pin:{SHA}a", "is not the SHA-256"),
        ("pin:" + "ab" * 20, "is not the SHA-256"),
    ],
)
def test_wrong_tls_settings_are_told(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_tls(text)


@given(st.binary(min_size=32, max_size=32))
def test_fingerprints_are_read_from_any_spelling(digest: bytes) -> None:
    plain = digest.hex()
    for spelling in (
        plain,
        plain.upper(),
        show_fingerprint(plain),
        f"sha256:{plain}",
        f" {show_fingerprint(plain).lower()} ",
    ):
        assert parse_fingerprint(spelling) == plain


def test_a_problem_shows_its_place_with_a_short_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    problem = Problem(message="wrong", hint="do right", file="/home/me/c.toml", line=3)
    assert str(problem) == "wrong (~/c.toml:3); do right"
    assert str(Problem(message="wrong", file="/home/meadow/c.toml")) == "wrong (/home/meadow/c.toml)"


def test_several_problems_make_one_error() -> None:
    error = ConfigError.of([Problem(message="one", key="a", line=4, file="f", hint="h"), Problem(message="two")])
    assert str(error) == "one (f:4); h\ntwo"
    assert (error.message, error.hint, error.file, error.line, error.key) == ("one", "h", "f", 4, "a")


def test_only_a_near_word_is_suggested() -> None:
    assert did_you_mean("Protcted", ["ro", "protected"]) == "did you mean `protected`?"
    assert did_you_mean("colour", ["ro", "uri"]) == ""

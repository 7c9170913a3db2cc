"""Drafts of connections, and how they get into a file that a person keeps by hand."""

from __future__ import annotations

import multiprocessing
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novatui.config.draft import Draft, draft, same_target
from novatui.config.edit import add_connections
from novatui.config.errors import ConfigError
from novatui.config.load import load
from novatui.config.paths import Paths

OLD = """# my hosts
ro = true   # for now

[connections.prod]          # the one that matters
tags = ["a",
        "b"]
uri = 'qemu:///system'
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refused(file: Path, *drafts: Draft) -> str:
    before = file.read_bytes() if file.exists() else None
    with pytest.raises(ConfigError) as caught:
        add_connections(file, drafts)
    assert (file.read_bytes() if file.exists() else None) == before, "nothing is written when something is wrong"
    return str(caught.value)


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_is_named_after_its_host_and_leaves_defaults_out() -> None:
    one = draft("proxmox://root@pam@pve1.example.org", group="", tls="system", ro=False, password="env:PVE")
    assert one.name == "pve1"
    assert one.toml() == ('[connections.pve1]\nuri = "proxmox://root@pam@pve1.example.org"\npassword = "env:PVE"\n')
    assert draft("proxmox://root@pam@pve1.example.org", taken={"pve1"}).name == "pve1.example.org"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"uri": "qemu://"}, "which daemon"),
        ({"uri": "vsphere://vc"}, "`user` is missing"),
        ({"uri": "vsphere://a@vc", "password": "hunter2"}, "`password` would be the secret itself"),
        ({"uri": "vsphere://a@vc", "password": "kyring:x/y"}, "misspelt `keyring:`"),
        ({"uri": "vsphere://a@vc", "tls": "maybe"}, "`tls`: is none of"),
        ({"uri": "qemu:///system", "tls": "insecure"}, "`tls` has no effect on libvirt"),
        ({"uri": "vsphere://a:hunter2@vc"}, "holds a password"),
        ({"user": "ann"}, "no `uri`"),
    ],
)
def test_what_is_wrong_is_told_without_the_secret(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        Draft(name="x", settings=settings).connection()
    assert "hunter2" not in str(caught.value)
    assert "connections." not in str(caught.value), "the person has typed no such thing"


def test_a_name_that_cannot_be_one_is_told() -> None:
    with pytest.raises(ConfigError, match="`a b` cannot be a name"):
        Draft(name="a b", settings={"uri": "qemu:///system"}).connection()


def test_the_same_target_is_found_by_what_it_leads_to() -> None:
    there = {"here": draft("qemu:///system").connection()}
    assert same_target("kvm:///system", there) == "here"
    assert same_target("qemu:///session", there) == ""


# --- the file ---------------------------------------------------------------------------------------------------------


def test_nothing_of_the_file_changes_but_its_end(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(OLD)
    file.chmod(0o644)
    add_connections(file, [draft("qemu+ssh://root@kvm1/system"), draft("qemu:///session", "mine", ro=True)])
    text = file.read_text()
    assert text.startswith(OLD)
    assert text[len(OLD) :] == (
        '\n[connections.kvm1]\nuri = "qemu+ssh://root@kvm1/system"\n'
        '\n[connections.mine]\nuri = "qemu:///session"\nro = true\n'
    )
    assert mode(file) == 0o644, "who reads it today may read it tomorrow"
    config = load(paths=Paths(config_home=tmp_path, state_home=tmp_path, log_home=tmp_path), environ={}).config
    assert list(config.connections) == ["prod", "kvm1", "mine"]


def test_a_new_file_is_private_and_so_is_one_with_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "new" / "config.toml"
    add_connections(file, [draft("qemu:///system")])
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)
    file.chmod(0o644)
    add_connections(file, [draft("vsphere://a@vc", password="literal:hunter2")])
    assert mode(file) == 0o600
    assert load(paths=Paths(config_home=file.parent, state_home=tmp_path, log_home=tmp_path), environ={})


def test_a_link_to_the_file_stays_one(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles" / "nova.toml", tmp_path / "config.toml"
    real.write_text(OLD)
    link.symlink_to(real)
    add_connections(link, [draft("qemu:///session")])
    assert link.is_symlink()
    assert "qemu:///session" in real.read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OLD, "there is a connection `prod` already"),
        ("connections = {other = {uri = 'qemu:///system'}}\n", "the connections stand in braces"),
        ("[connections\n", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_take_it_is_left_alone(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert said in refused(file, draft("qemu:///session", "prod"))


def test_all_or_none(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    assert "already" in refused(file, draft("qemu:///session", "a"), draft("qemu:///system", "a"))
    assert "no `uri`" in refused(file, draft("qemu:///session", "a"), Draft(name="b", settings={"user": "x"}))


def test_a_folder_that_cannot_be_written_tells_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot write: Is a directory") as caught:
        add_connections(tmp_path / "config.toml", [draft("qemu:///system", "x")])
    assert 'uri = "qemu:///system"' in caught.value.hint


def _add(file: str, number: int) -> None:
    add_connections(Path(file), [draft("qemu:///system", f"n{number}")])


def test_consoles_that_write_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_add, args=(str(file), n)) for n in range(6)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(60)
    assert tomllib.loads(file.read_text())["connections"].keys() == {f"n{n}" for n in range(6)}


names = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20)


@given(names, st.text(max_size=30), st.lists(st.sampled_from(["# x", "", "a = 1", "[b]", "c = '''\n'''"]), max_size=4))
def test_whatever_is_in_it_reads_back(tmp_path_factory: pytest.TempPathFactory, name: str, group: str, lines) -> None:
    file = tmp_path_factory.mktemp("c") / "config.toml"
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        lines = []
    file.write_bytes("\n".join(lines).encode())
    try:
        add_connections(file, [draft("qemu:///system", name, group=group)])
    except ConfigError:
        return
    table = tomllib.loads(file.read_bytes().decode())["connections"][name]
    assert table == {"uri": "qemu:///system", **({"group": group} if group else {})}

"""What is found on a machine, by the files of a made-up one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from novatui.config import discovery
from novatui.config.discovery import Found, Surroundings, discover
from novatui.config.ssh_hosts import ssh_hosts
from novatui.core.states import Family

ALL = frozenset({"libvirt", "proxmoxer", "XenAPI"})


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(root=tmp_path / "root", home=tmp_path / "home", user="ann", libraries=ALL)


def make(around: Surroundings, *names: str, mode: int = 0o600, text: str = "") -> Path:
    path = around.root
    for name in names:
        path = around.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    return path


def only(around: Surroundings) -> Found:
    (found,) = discover(around)
    return found


def test_an_empty_machine_has_nothing(around: Surroundings) -> None:
    assert discover(around) == []


@pytest.mark.parametrize("name", ["virtqemud-sock", "libvirt-sock"])
def test_a_socket_that_may_be_used_is_ready(around: Surroundings, name: str) -> None:
    make(around, f"run/libvirt/{name}")
    found = only(around)
    assert (found.uri, found.ready, found.missing) == ("qemu:///system", True, "")


def test_a_closed_socket_names_the_group_and_what_to_type(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(around, "run/libvirt/libvirt-sock", mode=0o660)
    monkeypatch.setattr(discovery.os, "access", lambda *_: False)
    monkeypatch.setattr(discovery, "_group_of", lambda _: "libvirt")
    found = only(around)
    assert found.ready is False
    assert "group `libvirt`" in found.missing
    assert found.hint == "sudo usermod -aG libvirt ann, then log in again"


def test_the_group_of_a_socket_is_the_one_that_may_use_it(around: Surroundings) -> None:
    assert discovery._group_of(make(around, "run/s", mode=0o600)) == ""
    assert discovery._group_of(around.root / "no-such-socket") == "libvirt"


def test_a_socket_that_is_open_to_all_is_for_polkit_to_decide(around: Surroundings) -> None:
    make(around, "run/libvirt/libvirt-sock", mode=0o666)
    assert (only(around).ready, "polkit" in only(around).missing) == (None, True)


def test_an_installed_daemon_that_does_not_run_tells_how_to_start_it(around: Surroundings) -> None:
    make(around, "usr/sbin/virtqemud")
    system, session = discover(around)
    assert (system.ready, system.hint) == (False, "sudo systemctl enable --now virtqemud.socket")
    assert (session.uri, session.ready) == ("qemu:///session", True), "libvirt starts a user's daemon by itself"


def test_kvm_without_libvirt_tells_what_to_install(around: Surroundings) -> None:
    make(around, "dev/kvm")
    found = only(around)
    assert (found.uri, found.ready) == ("", False)
    assert found.hint.startswith("apt install libvirt-daemon-system")


def test_a_users_own_socket_is_the_session(around: Surroundings, tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    (runtime / "libvirt").mkdir(parents=True)
    (runtime / "libvirt" / "virtqemud-sock").touch()
    seen = Surroundings(root=around.root, home=around.home, user="ann", runtime=runtime, libraries=ALL)
    assert only(seen).uri == "qemu:///session"
    root = Surroundings(root=around.root, home=around.home, user="root", runtime=runtime, libraries=ALL)
    assert discover(root) == [], "libvirt gives root the system in its place"


def test_a_missing_library_is_what_is_missing(around: Surroundings) -> None:
    make(around, "run/libvirt/libvirt-sock")
    without = Surroundings(root=around.root, home=around.home, user="ann")
    found = only(without)
    assert (found.ready, found.missing) == (False, "the Python library libvirt is not installed")
    assert "novatui[libvirt]" in found.hint


def test_hosts_of_other_products_are_seen(around: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    make(around, "etc/pve/nodes/here/qemu-server/100.conf")
    make(around, "etc/xensource-inventory", text="PRODUCT_BRAND='XCP-ng'\nINSTALLATION_UUID='x'\n")
    found = discover(around)
    assert [one.family for one in found] == [Family.PROXMOX, Family.XCPNG]
    assert found[1].title.startswith("XCP-ng")
    assert all(one.ready is False and "does not speak" in one.missing for one in found), "no driver yet"
    monkeypatch.setattr(discovery, "SERVED", frozenset(Family))
    assert [one.ready for one in discover(around)] == [None, None]


def test_hosts_of_ssh_are_candidates(around: Surroundings) -> None:
    configure(around.home, "Host kvm1 kvm2 *.lan !kvm3 web?\n  HostName 10.0.0.1\nHost=kvm4\n")
    found = discover(around)
    assert [one.uri for one in found] == [f"qemu+ssh://kvm{n}/system" for n in (1, 2, 4)]
    assert {one.ready for one in found} == {None}


# --- ssh's configuration ----------------------------------------------------------------------------------------------


def configure(home: Path, text: str, name: str = "config") -> None:
    file = home / ".ssh" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_included_files_are_read_where_they_stand(tmp_path: Path) -> None:
    configure(tmp_path, "Host first\nInclude conf.d/*.conf ~/.ssh/more\nHost last\n")
    (tmp_path / ".ssh" / "conf.d").mkdir()
    configure(tmp_path, "Host two\n", "conf.d/b.conf")
    configure(tmp_path, "Host one # the first\n", "conf.d/a.conf")
    configure(tmp_path, 'Host "three"\nInclude config\n', "more")
    assert ssh_hosts(tmp_path) == ["first", "one", "two", "three", "last"], "and what includes itself ends"


def test_hosts_of_repositories_are_left_out(tmp_path: Path) -> None:
    configure(
        tmp_path,
        "Host github.com\nHost gl\n  HostName gitlab.com\nHost code\n  User git\nHost kvm\n  User root\n"
        "Match host kvm\n  User git\n",
    )
    assert ssh_hosts(tmp_path) == ["kvm"]


@pytest.mark.parametrize("text", ['Host "open\n', "\x00\xff", "Include \nInclude ///\nInclude **/**x\n", "host\n"])
def test_a_broken_file_is_no_failure(tmp_path: Path, text: str) -> None:
    configure(tmp_path, text)
    assert all(name.isprintable() for name in ssh_hosts(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_no_failure(tmp_path: Path) -> None:
    configure(tmp_path, "Host kvm\n")
    (tmp_path / ".ssh" / "config").chmod(0)
    assert ssh_hosts(tmp_path) == []

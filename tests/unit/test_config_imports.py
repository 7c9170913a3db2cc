"""libvirt's aliases and govc's variables as connections."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.config.draft import draft
from novatui.config.govc import vcenter
from novatui.config.imports import importable
from novatui.config.libvirt_conf import client_files, uri_aliases

CONF = """#
# uri_aliases = ["old=qemu+ssh://root@old/system"]
uri_default = "qemu:///system"
uri_aliases = [
  "hail=qemu+ssh://root@hail.example.org/system",  # "not=this"
  'sleet=qemu+ssh://root@sleet.example.org/system',

  "broken", "=x", "empty=",
]
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "libvirt.conf"
    file.write_text(text)
    return file


def test_aliases_are_read_as_libvirt_writes_them(tmp_path: Path) -> None:
    assert uri_aliases(write(tmp_path, CONF)) == [
        ("hail", "qemu+ssh://root@hail.example.org/system"),
        ("sleet", "qemu+ssh://root@sleet.example.org/system"),
    ]


@pytest.mark.parametrize("text", ["", "uri_aliases = [", 'uri_aliases = ["a=b', "uri_aliases = 5", "\x00"])
def test_a_damaged_file_has_no_aliases(tmp_path: Path, text: str) -> None:
    assert uri_aliases(write(tmp_path, text)) == []
    assert uri_aliases(tmp_path / "none.conf") == []


def test_the_users_file_comes_before_the_machines(tmp_path: Path) -> None:
    own, everybodys = client_files({}, tmp_path)
    assert own == Path("~/.config/libvirt/libvirt.conf").expanduser()
    assert everybodys == tmp_path / "etc/libvirt/libvirt.conf"
    assert client_files({"XDG_CONFIG_HOME": "/c"})[0] == Path("/c/libvirt/libvirt.conf")


def test_what_is_configured_already_is_not_added_again(tmp_path: Path) -> None:
    there = {
        "mine": draft("qemu+ssh://root@hail.example.org/system").connection(),
        "sleet": draft("qemu:///system").connection(),
    }
    hail, sleet = importable(there, {}, [write(tmp_path, CONF)])
    assert (hail.draft, hail.remarks) == (None, ("it is configured already as mine",))
    assert sleet.draft is not None
    assert sleet.draft.name == "sleet.example.org", "its own name is taken"


def test_an_alias_that_we_cannot_take_says_why(tmp_path: Path) -> None:
    (one,) = importable({}, {}, [write(tmp_path, 'uri_aliases = ["x=qemu+libssh2://root@h/system"]')])
    assert one.draft is None
    assert "cannot check host keys" in one.remarks[0]


def test_govc_with_its_password_in_a_variable() -> None:
    said = {"GOVC_URL": "vc.example.org:8443", "GOVC_USERNAME": "ann@vsphere.local", "GOVC_PASSWORD": "hunter2"}
    (one,) = importable({}, said, [])
    assert one.draft is not None
    assert one.draft.toml() == (
        '[connections.vc]\nuri = "vsphere://vc.example.org:8443"\nuser = "ann@vsphere.local"\n'
        'password = "env:GOVC_PASSWORD"\n'
    )


def test_a_password_in_the_url_is_never_taken_over() -> None:
    (one,) = importable({}, {"GOVC_URL": "https://ann:hunter2@vc.example.org/sdk", "GOVC_INSECURE": "true"}, [])
    assert one.draft is not None
    assert "hunter2" not in one.draft.toml()
    assert 'user = "ann"' in one.draft.toml()
    assert "insecure" not in one.draft.toml(), "a fingerprint is asked about instead"
    assert len(one.remarks) == 2


def test_govc_with_authorities_and_a_certificate() -> None:
    said = {
        "GOVC_URL": "https://[2001:db8::1]/sdk",
        "GOVC_TLS_CA_CERTS": "/etc/ssl/vc.pem",
        "GOVC_CERTIFICATE": "/etc/ssl/me.pem",
        "GOVC_PRIVATE_KEY": "/etc/ssl/me.key",
    }
    (one,) = importable({}, said, [])
    assert one.draft is not None
    made = one.draft.connection()
    assert (str(made.tls), made.auth, made.cert, made.key) == (
        "ca:/etc/ssl/vc.pem",
        "certificate",
        "/etc/ssl/me.pem",
        "/etc/ssl/me.key",
    )


@pytest.mark.parametrize("url", ["", "  ", "https://", "https://[::1", "https://h:x/"])
def test_a_url_without_a_host_is_nothing(url: str) -> None:
    assert vcenter({"GOVC_URL": url}) is None


def test_govc_without_a_user_says_so() -> None:
    (one,) = importable({}, {"GOVC_URL": "vc"}, [])
    assert one.draft is None
    assert "`user` is missing" in one.remarks[0]

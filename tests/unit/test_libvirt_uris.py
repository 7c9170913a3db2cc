"""libvirt addresses: every form is taken as libvirt writes it, and gets what a console needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from novatui.backends.libvirt.uris import SSH_BOUNDED, resolve
from novatui.core.connection import ConnectionSpec
from novatui.core.errors import InvalidInput
from novatui.core.states import Family


def spec(uri: str, **options: str) -> ConnectionSpec:
    return ConnectionSpec(name="c", family=Family.LIBVIRT, driver="libvirt", uri=uri, options=options)


@pytest.mark.parametrize(
    ("uri", "transport", "endpoint"),
    [
        ("qemu:///system", "unix", "/system"),
        ("qemu:///session", "unix", "/session"),
        ("qemu+unix:///system?socket=/run/other-sock", "unix", "/run/other-sock"),
        ("qemu+tls://host.example/system", "tls", "host.example:16514"),
        ("qemu://host.example/system", "tls", "host.example:16514"),
        ("qemu+tcp://[fd00::1]:1234/system", "tcp", "[fd00::1]:1234"),
        ("qemu:///embed?root=/srv/root", "embed", "/srv/root"),
        ("test:///default", "test", "/default"),
        ("test+unix:///default?socket=/run/s", "unix", "/run/s"),
        ("xen:///system", "unix", "/system"),
        ("qemu+ext:///system?command=/bin/reach", "ext", "/system"),
    ],
)
def test_every_form_is_kept(uri: str, transport: str, endpoint: str) -> None:
    address = resolve(spec(uri))
    kept = address.uri.partition("?tls_priority=")[0]
    assert (kept, address.transport, address.endpoint) == (uri, transport, endpoint)


def test_ssh_never_asks_and_never_waits_for_ever() -> None:
    address = resolve(spec("qemu+ssh://root@kvm1:2222/system?keyfile=/keys/a%20b"))
    assert address.query["no_tty"] == "1"
    assert address.query["command"] == str(SSH_BOUNDED)
    assert address.uri.startswith("qemu+ssh://root@kvm1:2222/system?keyfile=/keys/a%20b&no_tty=1&command=/")
    assert (address.endpoint, address.user) == ("kvm1:2222", "root")


def test_ssh_is_run_with_bounds() -> None:
    """What the address names is a program that bounds the connect and notices a silent peer."""
    assert SSH_BOUNDED.stat().st_mode & 0o111
    text = SSH_BOUNDED.read_text()
    assert "ConnectTimeout=" in text
    assert "ServerAliveInterval=" in text
    assert text.rstrip().endswith('"$@"')


def test_what_the_address_says_itself_stays() -> None:
    said = "qemu+ssh://kvm1/system?command=/my/ssh&no_tty=0"
    assert resolve(spec(said)).uri == said


def test_user_and_key_of_the_configuration_are_added() -> None:
    address = resolve(spec("qemu+ssh://kvm1/system", user="op", keyfile="/keys/op"))
    assert address.uri.startswith("qemu+ssh://op@kvm1/system?")
    assert address.query["keyfile"] == "/keys/op"
    assert "op@" not in resolve(spec("qemu+ssh://me@kvm1/system", user="op")).uri


def test_tls_settings_become_parameters() -> None:
    floor = {"tls_priority": "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"}
    assert resolve(spec("qemu+tls://h/system"), pki="/tls/folder").query == {"pkipath": "/tls/folder"} | floor
    assert resolve(spec("qemu+tls://h/system?pkipath=/own"), pki="/tls/folder").query["pkipath"] == "/own"
    assert resolve(spec("qemu+tls://h/system", tls_insecure="1")).query == {"no_verify": "1"} | floor
    assert resolve(spec("qemu+tls://h/system", tls_min="1.2")).query == floor
    newest = resolve(spec("qemu+tls://h/system", tls_min="1.3")).query["tls_priority"]
    assert newest == "NORMAL:-VERS-ALL:+VERS-TLS1.3"
    assert resolve(spec("qemu+tls://h/system?tls_priority=MINE")).query == {"tls_priority": "MINE"}
    assert resolve(spec("qemu+tcp://h/system", tls_min="1.3")).query == {}


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("not a uri", "driver://"),
        ("qemu", "driver://"),
        ("qemu+libssh2://h/system", "qemu+ssh://"),
        ("qemu+bogus://h/system", "transport"),
        ("qemu+ssh:///system", "host name"),
        ("qemu+tcp://h:notaport/system", "port"),
        ("qemu+tcp://h:99999/system", "ort"),
        ("qemu:///sytem", "/system"),
        ("qemu:///embed", "root"),
        ("qemu:///embed?root=relative", "root"),
        ("test:///no/such/file.xml", "cannot be read"),
        ("test:///", "cannot be read"),
        ("qemu+tls://[::1/system", "not a usable"),
    ],
)
def test_wrong_addresses_are_told_in_clear_words(uri: str, word: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve(spec(uri))
    failure = caught.value.failure
    assert word in f"{failure.message} {failure.meaning} {failure.hint}"
    assert failure.final


def test_a_test_file_is_looked_for_first(tmp_path: Path) -> None:
    """libvirt's XML library writes about a missing one on stderr."""
    file = tmp_path / "host file.xml"
    file.write_text("<node/>")
    assert resolve(spec(f"test://{str(file).replace(' ', '%20')}")).path == str(file)

"""Ways to a libvirt host: sockets, TCP, TLS, ssh, the embedded driver; and what is said when a way is closed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from novatui.core.errors import AuthFailed, Conflict, InvalidInput, NovaError, TlsUntrusted, Unreachable
from tests.lab.fixtures import MakeHost, MakeProxy, MakeSshd, or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.embed import EmbedRoot
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.libvirt_driver_probe import Probe, connected
from tests.lab.processes import descendants
from tests.lab.sshd import Sshd

pytestmark = pytest.mark.libvirt
pytest.importorskip("libvirt")


@pytest.fixture(scope="module")
def host() -> LibvirtHost:
    with or_skip(lambda: LibvirtHost("atlas", tcp=True, tls=True)) as lab:
        lab.define_guest(GuestSpec("there", boot="none"))
        yield lab


def refused(uri: str, **options: str) -> NovaError:
    probe = Probe(uri, secrets={}, answers={}, **options)
    with pytest.raises(NovaError) as caught:
        probe.driver.connect()
    probe.driver.close()
    assert any(ok is False for _, ok, _ in probe.sink.steps)
    return caught.value


def test_tcp(host: LibvirtHost) -> None:
    with connected(host.tcp_uri, "host", "vm") as probe:
        assert probe.info is not None
        assert (probe.info.transport, probe.info.endpoint) == ("tcp", f"127.0.0.1:{host.tcp_port}")
        assert [name for name, ok, _ in probe.sink.steps if ok] == ["resolve", "connect", "identify"]
        assert probe.sink.named("there")


def test_nothing_is_left_open(host: LibvirtHost) -> None:
    """Registered events and objects that were kept would hold a closed connection open."""

    def sockets() -> int:
        return sum(link.startswith("socket:") for link in _opened())

    with connected(host.uri) as probe:
        probe.driver.sample(None)
        probe.driver.tasks()
        probe.driver.detail(probe.sink.key_of("there"), [])
        during = sockets()
    probe.sink.until(lambda: sockets() == during - 1, "the event loop lets go of the socket")


def _opened() -> Iterator[str]:
    """What this process has open; other threads open and close meanwhile."""
    folder = f"/proc/{os.getpid()}/fd"
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            yield os.readlink(f"{folder}/{name}")


def test_tls_tells_what_was_negotiated(host: LibvirtHost) -> None:
    with connected(host.tls_uri, "host", "vm") as probe:
        assert probe.info is not None
        tls = probe.info.tls
        assert tls is not None
        assert (probe.info.transport, tls.version, tls.trust) == ("tls", "TLSv1.3", "ca")
        shown = subprocess.run(
            ["openssl", "x509", "-in", str(host.pki / "servercert.pem"), "-noout", "-fingerprint", "-sha256"],
            capture_output=True,
            text=True,
        ).stdout
        if shown:
            assert tls.pin == shown.strip().split("=")[1].replace(":", "").lower()
        assert probe.sink.named("there")


def bare(host: LibvirtHost) -> str:
    """The TLS address without its folder of certificates."""
    return host.tls_uri.partition("?")[0]


def certificates(host: LibvirtHost) -> dict[str, str]:
    return {"tls_cert": str(host.pki / "clientcert.pem"), "tls_key": str(host.pki / "clientkey.pem")}


def test_tls_with_a_configured_authority_and_pin(host: LibvirtHost) -> None:
    authority = str(host.pki / "cacert.pem")
    with connected(bare(host), "vm", tls_ca=authority, **certificates(host)) as probe:
        assert probe.info is not None
        assert probe.info.tls is not None
        pin = probe.info.tls.pin
    with connected(bare(host), "vm", tls_ca=authority, tls_pin=pin.upper(), tls_min="1.3", **certificates(host)):
        pass
    other = refused(bare(host), tls_ca=authority, tls_pin="00" * 32, **certificates(host))
    assert isinstance(other, TlsUntrusted)
    assert pin in other.failure.meaning


def test_tls_of_an_unknown_authority_is_untrusted(host: LibvirtHost, tmp_path: Path) -> None:
    foreign = tmp_path / "ca.pem"
    files = ["-keyout", str(tmp_path / "key"), "-out", str(foreign)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=foreign", "-days", "2", *files]
    subprocess.run(command, check=True, capture_output=True)
    assert isinstance(refused(bare(host), tls_ca=str(foreign), **certificates(host)), TlsUntrusted)
    missing = refused(bare(host), tls_ca=str(tmp_path / "nothing.pem"))
    assert isinstance(missing, InvalidInput)
    assert "nothing.pem" in missing.failure.message


def test_closed_ways_are_told_apart(host: LibvirtHost, tmp_path: Path, fault_proxy: MakeProxy) -> None:
    nobody = refused(f"qemu+unix:///session?socket={tmp_path}/none")
    assert isinstance(nobody, Unreachable)
    assert "daemon" in nobody.failure.message
    proxy = fault_proxy(f"tcp:127.0.0.1:{host.tcp_port}")
    proxy.set("reset")
    assert isinstance(refused(host.uri_through(proxy.address)), Unreachable)
    assert isinstance(refused("qemu+tcp://127.0.0.1:1/system"), Unreachable)
    assert isinstance(refused("qemu+tcp://host.invalid/system"), Unreachable)
    assert isinstance(refused("test:///no/such/file.xml"), InvalidInput)


# --- ssh ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ssh_lab(make_libvirt_host: MakeHost, make_sshd: MakeSshd, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Sshd]:
    """A host behind an sshd, and its address; `ssh` on the PATH knows the way."""
    behind = make_libvirt_host("atlas")
    behind.define_guest(GuestSpec("there", boot="none"))
    sshd = make_sshd(behind)
    monkeypatch.setenv("PATH", f"{sshd.client_programs}:{os.environ['PATH']}")
    return f"qemu+ssh://{sshd.account}@127.0.0.1:{sshd.port}/session", sshd


def own_ssh() -> list[str]:
    """Command lines of the ssh clients that this process started."""
    lines: list[str] = []
    for pid in descendants(os.getpid()):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if "ServerAliveInterval" in line and "sshd" not in line.split()[0]:
            lines.append(line)
    return lines


def test_ssh(ssh_lab: tuple[str, Sshd]) -> None:
    uri, _ = ssh_lab
    with connected(uri, "host", "vm") as probe:
        assert probe.info is not None
        assert probe.info.transport == "ssh"
        assert probe.sink.named("there")["power"] == "off"
        (line,) = own_ssh()
        assert "BatchMode=yes" in line, "it never asks on the console's terminal"
        assert "ConnectTimeout=10" in line
    probe.sink.until(lambda: own_ssh() == [], "ssh ends with the connection")


def test_ssh_says_in_its_own_words_why_not(ssh_lab: tuple[str, Sshd], monkeypatch: pytest.MonkeyPatch) -> None:
    uri, sshd = ssh_lab
    stranger = refused(uri.replace(f"{sshd.account}@", "nosuchaccount@"))
    assert isinstance(stranger, AuthFailed)
    assert "nosuchaccount@127.0.0.1" in stranger.failure.native
    assert stranger.failure.final

    sshd.config.write_text(sshd.config.read_text().replace("known_hosts", "no_known_hosts"))
    unknown = refused(uri)
    assert isinstance(unknown, TlsUntrusted)
    assert "host key" in unknown.failure.message.lower()

    sshd.stop()
    assert isinstance(refused(uri), Unreachable)


def test_a_cut_ssh_is_a_lost_connection(ssh_lab: tuple[str, Sshd]) -> None:
    uri, sshd = ssh_lab
    with connected(uri, "host", "vm") as probe:
        sshd.stop()
        probe.sink.until(lambda: bool(probe.sink.losses), "the loss is told")
        with pytest.raises(Unreachable):
            probe.load("vm")


# --- embedded -------------------------------------------------------------------------------------------------------

EMBEDDED = """
import sys
from tests.lab.libvirt_driver_probe import connected
from novatui.core.errors import NovaError
with connected(sys.argv[1], "host", "vm") as probe:
    print("connected", probe.info.transport, sorted(row["name"] for row in probe.sink.of_kind("vm").values()))
    try:
        with connected("qemu:///session", "vm"):
            print("a second one")
    except NovaError as error:
        print("refused", error.failure.fault.value)
    sys.stdout.flush()
    if sys.stdin.readline():
        print("released")
"""


def embedded(root: EmbedRoot) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", EMBEDDED, root.uri],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_embedded_in_a_process_of_its_own() -> None:
    with or_skip(EmbedRoot) as root:
        root.start_guest("inside")
        holder = embedded(root)
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline() == "connected embed ['inside']\n"
        assert holder.stdout.readline() == "refused conflict\n", "no other qemu connection beside it"
        second = embedded(root)
        output, errors = second.communicate("", timeout=120)
        assert output == ""
        assert "another process uses this embed root" in errors
        holder.communicate("go\n", timeout=120)
        with root.held():
            taken = embedded(root)
            assert "another process uses this embed root" in taken.communicate("", timeout=120)[1]


def test_embedded_is_refused_beside_other_connections(host: LibvirtHost, tmp_path: Path) -> None:
    with connected(host.uri, "vm"):
        assert isinstance(refused(f"qemu:///embed?root={tmp_path}"), Conflict)


# --- credentials ----------------------------------------------------------------------------------------------------


def test_sasl_asks_the_secrets_and_then_a_person() -> None:
    from novatui.backends.libvirt.session import Credentials

    probe = Probe("test:///default", secrets={}, answers={"user": "op", "password": "typed"})
    asked = [[2, "name?", None, None, None], [5, "password?", None, None, None]]
    assert Credentials({}, {}, probe.sink).answer(asked, None) == 0
    assert [question[4] for question in asked] == ["op", "typed"]
    assert probe.sink.asked == ["user", "password"]

    known = [[2, "", None, None, None], [5, "", None, None, None]]
    assert Credentials({"user": "me"}, {"password": "kept"}, probe.sink).answer(known, None) == 0
    assert [question[4] for question in known] == ["me", "kept"]
    assert probe.sink.asked == ["user", "password"], "nobody was asked again"

    declined = Probe("test:///default", secrets={}, answers={})
    assert Credentials({}, {}, declined.sink).answer([[5, "", None, None, None]], None) == -1


def test_nothing_of_libvirt_is_left_in_the_environment() -> None:
    """The variable that silences the C log is not passed on to what is started later."""
    assert "LIBVIRT_LOG_OUTPUTS" not in os.environ
    assert "libvirt-events" in {thread.name for thread in threading.enumerate()}

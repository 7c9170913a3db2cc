"""Certificates are checked on every connection, also on those that a vendor's library opens by itself."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from novatui.backends.tls import CheckedContext, Trust, context_for, told_by
from novatui.core.errors import InvalidInput, TlsUntrusted
from tests.lab.certificates import Authority, Certificate
from tests.lab.missing import LabUnavailable


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    try:
        return Authority(tmp_path_factory.mktemp("pki"))
    except LabUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def shown(authority: Authority) -> Certificate:
    return authority.issue_server("shown")


@pytest.fixture(scope="module")
def other(authority: Authority) -> Certificate:
    return authority.issue_server("other")


class Server:
    """Shakes hands with whoever comes, with the certificate that `shown` names now."""

    def __init__(self, shown: Certificate, least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> None:
        self.shown = shown
        self._most = least
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.maximum_version = self._most
            context.load_cert_chain(self.shown.certificate, self.shown.key)
            try:
                with context.wrap_socket(plain, server_side=True) as link:
                    link.recv(1)
            except OSError:
                continue

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def server(shown: Certificate) -> Iterator[Server]:
    running = Server(shown, ssl.TLSVersion.TLSv1_3)
    yield running
    running.close()


def shake(server: Server, context: CheckedContext, name: str = "localhost") -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", server.port), 30)
    return context.wrap_socket(plain, server_hostname=name)


def test_an_authority_stands_for_its_server(server: Server, authority: Authority, shown: Certificate) -> None:
    trust = Trust(authority=str(authority.root.certificate))
    with shake(server, context_for(trust)) as link:
        told = told_by(link, trust)
    assert (told.version, told.trust, told.pin) == ("TLSv1.3", "ca", shown.fingerprint())


def test_an_unknown_server_is_refused_and_its_fingerprint_named(server: Server, shown: Certificate) -> None:
    with pytest.raises(TlsUntrusted) as refused:
        shake(server, context_for(Trust()))
    assert refused.value.failure.subject == shown.fingerprint()
    assert refused.value.failure.final


def test_a_name_that_is_not_in_the_certificate_is_refused(server: Server, authority: Authority) -> None:
    with pytest.raises(TlsUntrusted):
        shake(server, context_for(Trust(authority=str(authority.root.certificate))), "vc.example.org")


def test_a_pin_stands_alone(server: Server, shown: Certificate) -> None:
    written = ":".join(shown.fingerprint()[at : at + 2] for at in range(0, 64, 2)).upper()
    trust = Trust.from_options({"tls_pin": f"{'0' * 64},{written}"})
    with shake(server, context_for(trust), "vc.example.org") as link:
        assert told_by(link, trust).trust == "pin"


def test_a_wrong_pin_is_refused_with_both_fingerprints(server: Server, shown: Certificate, other: Certificate) -> None:
    with pytest.raises(TlsUntrusted) as refused:
        shake(server, context_for(Trust(pins=frozenset({other.fingerprint()}))))
    failure = refused.value.failure
    assert shown.fingerprint() in failure.meaning
    assert other.fingerprint() in failure.meaning
    assert failure.subject == shown.fingerprint()


def test_a_pin_beside_an_authority_is_checked_too(server: Server, authority: Authority, other: Certificate) -> None:
    trust = Trust(authority=str(authority.root.certificate), pins=frozenset({other.fingerprint()}))
    with pytest.raises(TlsUntrusted):
        shake(server, context_for(trust))


def test_the_second_connection_of_a_context_is_checked_as_the_first(server: Server, other: Certificate) -> None:
    context = context_for(Trust(pins=frozenset({server.shown.fingerprint()})))
    shake(server, context).close()
    server.shown = other
    with pytest.raises(TlsUntrusted):
        shake(server, context)


def test_a_handshake_cannot_be_put_off(server: Server, other: Certificate) -> None:
    context = context_for(Trust(pins=frozenset({other.fingerprint()})))
    plain = socket.create_connection(("127.0.0.1", server.port), 30)
    with pytest.raises(TlsUntrusted):
        context.wrap_socket(plain, server_hostname="localhost", do_handshake_on_connect=False)


def test_without_any_check_only_where_a_person_wants_it(server: Server) -> None:
    trust = Trust.from_options({"tls_insecure": "1", "tls_pin": "0" * 64})
    with shake(server, context_for(trust), "anything") as link:
        assert told_by(link, trust).trust == "insecure"


def test_an_old_version_is_refused(shown: Certificate) -> None:
    old = Server(shown, ssl.TLSVersion.TLSv1_2)
    try:
        trust = Trust(pins=frozenset({shown.fingerprint()}), least="1.3")
        with pytest.raises(ssl.SSLError):
            shake(old, context_for(trust))
    finally:
        old.close()


def test_a_file_that_holds_no_authority_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "none.pem"
    empty.write_text("nothing")
    for path in (empty, tmp_path / "absent.pem"):
        with pytest.raises(InvalidInput, match=path.name):
            context_for(Trust(authority=str(path)))

"""The lab's certificates, judged by openssl and by Python's ssl."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.lab.certificates import Authority
from tests.lab.missing import LabUnavailable


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    try:
        return Authority(tmp_path_factory.mktemp("authority"))
    except LabUnavailable as reason:
        pytest.skip(str(reason))


def verify(authority: Authority, certificate: Path, purpose: str, *more: str) -> bool:
    command = ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", str(authority.root.certificate)]
    return subprocess.run([*command, *more, str(certificate)], capture_output=True).returncode == 0


def test_certificates_serve_their_purpose_only(authority: Authority) -> None:
    server, client = authority.issue_server("server"), authority.issue_client("client")
    assert verify(authority, server.certificate, "sslserver", "-verify_hostname", "localhost")
    assert verify(authority, server.certificate, "sslserver", "-verify_ip", "127.0.0.1")
    assert not verify(authority, server.certificate, "sslserver", "-verify_hostname", "elsewhere.invalid")
    assert verify(authority, client.certificate, "sslclient")
    assert not verify(authority, client.certificate, "sslserver")
    assert not verify(authority, server.certificate, "sslclient")


def test_another_authority_is_another(authority: Authority, tmp_path: Path) -> None:
    foreign = Authority(tmp_path).issue_server("server")
    assert not verify(authority, foreign.certificate, "sslserver")


def test_fingerprint_is_that_of_the_der_form(authority: Authority) -> None:
    server = authority.issue_server("printed")
    der = ssl.PEM_cert_to_DER_cert(server.certificate.read_text())
    assert server.fingerprint() == hashlib.sha256(der).hexdigest()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server.certificate, server.key)

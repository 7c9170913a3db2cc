"""Logging in to a vCenter simulator by SAML token: one that its token service gives out, and one that is given."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from novatui.backends.tls import Trust, context_for
from novatui.backends.vsphere import sts
from novatui.backends.vsphere.endpoint import Endpoint
from novatui.backends.vsphere.web import Web
from novatui.core.errors import AuthFailed, BackendFault, NotSupported
from tests.lab.fixtures import or_skip
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.simulated import Vcsim

pytestmark = pytest.mark.xdist_group("vcsim")

OF_SIMULATOR = "Administrator@VSPHERE.LOCAL"
"""Its tokens name this account, whoever asks."""


@pytest.fixture(scope="module")
def server() -> Iterator[Vcsim]:
    with or_skip(lambda: Vcsim(datacenters=1, clusters=1, hosts=1, standalone=0, machines=1)) as one:
        yield one


@pytest.fixture(scope="module")
def token(server: Vcsim) -> str:
    trust = Trust.from_options({"tls_ca": str(server.authority.root.certificate)})
    web = Web(Endpoint("localhost", server.port), context_for(trust))
    try:
        return sts.issue(web, server.user, server.password)
    finally:
        web.end()


def test_a_token_is_asked_for_and_logged_in_with(server: Vcsim) -> None:
    with connected(server, "vm", auth="token") as probe:
        assert probe.sink.objects
        assert probe.info is not None
        assert probe.info.user == OF_SIMULATOR
        assert [name for name, ok, _ in probe.sink.steps if ok][-2:] == ["token", "auth"]
        assert probe.sink.counts["LoginByToken"] == 1
        assert "Login" not in probe.sink.counts


@pytest.mark.parametrize("auth", ["token", "auto"])
@pytest.mark.parametrize("coded", [False, True])
def test_a_token_that_is_given(server: Vcsim, token: str, auth: str, coded: bool) -> None:
    probe = Probe(server, auth=auth, user="")
    probe.driver.secrets["password"] = base64.b64encode(token.encode()).decode() if coded else token
    try:
        assert probe.driver.connect().user == OF_SIMULATOR
        assert probe.sink.asked == []
    finally:
        probe.driver.close()


def test_the_token_is_in_no_later_call(server: Vcsim) -> None:
    with connected(server, "vm", auth="token") as probe:
        assert probe.driver._opened.stub.samlToken is None


def test_a_token_that_the_server_refuses(server: Vcsim, token: str) -> None:
    probe = Probe(server, auth="token")
    probe.driver.secrets["password"] = token.replace("NameID", "NoID")
    with pytest.raises(AuthFailed):
        probe.driver.connect()
    probe.driver.close()


def test_ways_that_are_not_gone_yet_are_said(server: Vcsim) -> None:
    probe = Probe(server, auth="certificate")
    with pytest.raises(NotSupported, match="certificate"):
        probe.driver.connect()
    probe.driver.close()


# --- answers of a token service --------------------------------------------------------------------------------------

SIGNED = '<saml2:Assertion xmlns:saml2="urn:x" ID="_1">\n <a  b="c">&amp;</a><d/></saml2:Assertion>'
ANSWER = f'<?xml version="1.0"?>\n<S:Envelope xmlns:S="urn:s"><S:Body><T>{SIGNED}</T></S:Body></S:Envelope>'
REFUSAL = '<S:Fault xmlns:S="urn:s"><faultcode>a</faultcode><faultstring>Invalid credentials</faultstring></S:Fault>'


class Answering:
    def __init__(self, *answers: tuple[int, str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, bytes]] = []

    def ask(self, _method: str, path: str, body: bytes, _headers: object) -> tuple[int, bytes]:
        self.asked.append((path, body))
        status, text = self.answers.pop(0)
        return status, text.encode()


def test_the_assertion_is_taken_as_it_was_written() -> None:
    web = Answering((404, "<html/>"), (200, ANSWER))
    assert sts.issue(web, "a<b", "p&w") == SIGNED  # type: ignore[arg-type]
    assert [path for path, _ in web.asked] == list(sts.PATHS)
    assert b"<wsse:Username>a&lt;b</wsse:Username><wsse:Password>p&amp;w</wsse:Password>" in web.asked[0][1]


def test_a_refusal_is_told_with_its_reason() -> None:
    with pytest.raises(AuthFailed) as error:
        sts.issue(Answering((500, REFUSAL)), "a", "b")  # type: ignore[arg-type]
    assert error.value.failure.native == "Invalid credentials"
    assert "clocks" in error.value.failure.hint


@pytest.mark.parametrize("answer", ["", "<html>", "<a/>", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
def test_what_is_no_answer(answer: str) -> None:
    with pytest.raises(BackendFault):
        sts.issue(Answering((200, answer)), "a", "b")  # type: ignore[arg-type]


def test_a_server_without_token_service() -> None:
    with pytest.raises(NotSupported):
        sts.issue(Answering((404, ""), (404, "")), "a", "b")  # type: ignore[arg-type]


@pytest.mark.parametrize("secret", ["secret", "c2VjcmV0", "pass word", "", "<", "<a>b", "PGE+"])
def test_a_password_is_no_token(secret: str) -> None:
    assert sts.given(secret) is None

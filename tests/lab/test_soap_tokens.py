"""Token logins, REST sessions, tags and vSAN's health of our own vCenter simulator."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import SoapStubAdapter, vim, vmodl

from tests.conformance.world import load
from tests.lab.fixtures import or_skip
from tests.lab.vsphere import change
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.soap.running import SoapServer

pytestmark = pytest.mark.xdist_group("vcsim")
TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


@pytest.fixture(scope="module")
def server() -> Iterator[SoapServer]:
    with or_skip(lambda: SoapServer(pace=0.02, estate=True)) as running:
        yield running


def trusting(server: SoapServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.authority.root.certificate))


def http_request(server: SoapServer, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPSConnection("localhost", server.port, context=trusting(server), timeout=30)
    try:
        connection.request(
            method, path, body.encode(), {name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def token_of(server: SoapServer, user: str, password: str, key: str = "Bearer") -> tuple[int, str]:
    """What the token service answers: a token, or the text of its fault."""
    until = (datetime.now(UTC) + timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    asked = (
        f'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header><w:Security xmlns:w="{SECURITY}">'
        f"<w:UsernameToken><w:Username>{user}</w:Username><w:Password>{password}</w:Password></w:UsernameToken>"
        f'</w:Security></S:Header><S:Body><RequestSecurityToken xmlns="{TRUST}">'
        f"<RequestType>{TRUST}/Issue</RequestType>"
        f"<Lifetime><Expires>{until}</Expires></Lifetime><KeyType>{TRUST}/{key}</KeyType>"
        "</RequestSecurityToken></S:Body></S:Envelope>"
    )
    status, text = http_request(
        server, "POST", "/sts/STSService", asked, Content_Type="text/xml", SOAPAction=f"{TRUST}/RST/Issue"
    )
    found = re.search(r"<saml2:Assertion.*</saml2:Assertion>", text, re.DOTALL)
    return status, found.group() if found else text


def logged_in(server: SoapServer, token: str) -> Any:
    """A session by a token, as pyVmomi sends it; its service."""
    stub = SoapStubAdapter(
        host="localhost", port=server.port, sslContext=trusting(server), version="vim.version.v8_0_3_0"
    )
    service = vim.ServiceInstance("ServiceInstance", stub)
    stub.samlToken = token
    try:
        service.RetrieveContent().sessionManager.LoginByToken()
    finally:
        stub.samlToken = None
    return service


def test_a_bearer_token_logs_in(server: SoapServer) -> None:
    status, token = token_of(server, server.user, server.password)
    assert status == 200
    assert logged_in(server, token).content.sessionManager.currentSession.userName == server.user


def test_a_wrong_password_gets_no_token(server: SoapServer) -> None:
    status, text = token_of(server, server.user, "wrong")
    assert status == 500
    assert "FailedAuthentication" in text


def test_changed_expired_and_unsigned_tokens_are_refused(server: SoapServer) -> None:
    _, token = token_of(server, "viewer@vsphere.local", server.password)
    _, held = token_of(server, server.user, server.password, "PublicKey")
    expired = server.steering.issue_token(user=server.user, seconds=-1)
    promoted = token.replace("viewer@", "administrator@")
    unsigned = re.sub(r"<ds:Signature .*</ds:Signature>", "", token, flags=re.DOTALL)
    for bad in (promoted, expired, unsigned, held, "<nothing/>"):
        with pytest.raises(vim.fault.InvalidLogin):
            logged_in(server, bad)
    value = "<ds:SignatureValue>QUJDREVGR0hJSktMTU5PUA==</ds:SignatureValue>"
    signed = f'{held}<ds:Signature xmlns:ds="x">{value}</ds:Signature>'
    assert logged_in(server, signed).CurrentTime()


def rest(server: SoapServer, method: str, path: str, session: str, body: Any = None) -> tuple[int, Any]:
    status, text = http_request(
        server,
        method,
        path,
        "" if body is None else json.dumps(body),
        vmware_api_session_id=session,
        Content_Type="application/json",
    )
    return status, json.loads(text) if text else None


def rest_session(server: SoapServer, authorization: str) -> tuple[int, Any]:
    status, text = http_request(server, "POST", "/api/session", Authorization=authorization)
    return status, json.loads(text)


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def test_rest_sessions_begin_and_end(server: SoapServer) -> None:
    assert rest_session(server, basic(server.user, "wrong"))[0] == 401
    status, session = rest_session(server, basic(server.user, server.password))
    assert status == 201
    assert rest(server, "GET", "/api/session", session)[1]["user"] == server.user
    assert rest(server, "DELETE", "/api/session", session)[0] == 204
    status, told = rest(server, "GET", "/api/session", session)
    assert (status, told["error_type"]) == (401, "UNAUTHENTICATED")
    _, token = token_of(server, server.user, server.password)
    packed = base64.b64encode(gzip.compress(token.encode())).decode()
    assert rest_session(server, f'SIGN token="{packed}"')[0] == 201


def test_the_worlds_tags_are_attached(server: SoapServer) -> None:
    _, session = rest_session(server, basic(server.user, server.password))
    base = "/api/cis/tagging"
    names = {}
    for id in rest(server, "GET", f"{base}/tag", session)[1]:
        names[id] = rest(server, "GET", f"{base}/tag/{id}", session)[1]["name"]
    with client_of(server) as service:
        ids = {change.machine(service, vm.name)._moId: vm for vm in load().vm}
    objects = [{"id": id, "type": "VirtualMachine"} for id in ids]
    _, told = rest(
        server, "POST", f"{base}/tag-association?action=list-attached-tags-on-objects", session, {"object_ids": objects}
    )
    attached = {one["object_id"]["id"]: sorted(names[tag] for tag in one["tag_ids"]) for one in told}
    assert attached == {id: sorted(vm.tags) for id, vm in ids.items() if vm.tags}
    tag = next(iter(names))
    spare = {"object_id": {"id": server.steering.reference(name="spare"), "type": "VirtualMachine"}}
    assert rest(server, "POST", f"{base}/tag-association/{tag}?action=attach", session, spare)[0] == 204
    assert rest(server, "POST", f"{base}/tag-association?action=list-attached-tags", session, spare)[1] == [tag]
    assert rest(server, "POST", f"{base}/tag-association/{tag}?action=detach", session, spare)[0] == 204
    (category,) = rest(server, "GET", f"{base}/category", session)[1]
    assert rest(server, "GET", f"{base}/category/{category}", session)[1]["name"] == "world"
    assert rest(server, "GET", f"{base}/tag/nobody", session)[0] == 404


def test_vsan_tells_its_health(server: SoapServer) -> None:
    with client_of(server) as service:
        stub = SoapStubAdapter(host="localhost", port=server.port, path="/vsanHealth", sslContext=trusting(server))
        stub.cookie = service._stub.cookie
        system = vim.cluster.VsanVcClusterHealthSystem("vsan-cluster-health-system", stub)
        cluster = change.found(service, vim.ClusterComputeResource, "campus-cluster")
        assert cluster.configurationEx.vsanConfigInfo.enabled
        assert system.QueryClusterHealthSummary(cluster=cluster).overallHealth == "green"
        server.steering.vsan(cluster="campus-cluster", group="network", health="red")
        told = system.QueryClusterHealthSummary(cluster=cluster)
        assert told.overallHealth == "red"
        assert [one.groupName for one in told.groups if one.groupHealth == "red"] == ["Network"]
        with pytest.raises(vmodl.fault.NotSupported):
            system.QueryClusterHealthSummary(cluster=change.found(service, vim.ClusterComputeResource, "cluster-atlas"))

"""Ways to the screens of vSphere machines, on our own simulator: tickets that work once, pictures without remains."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyVmomi import vim

from novatui.core.consoles import PNG, Way
from novatui.core.errors import BackendFault, Busy, Conflict, Denied, NotFound
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.driven import Probe, connected
from tests.lab.vsphere.soap.running import SoapServer

INTERACT = "VirtualMachine.Interact.ConsoleInteract"
SHOOT = "VirtualMachine.Interact.CreateScreenshot"


@pytest.fixture(scope="module")
def server() -> Iterator[SoapServer]:
    with SoapServer(pace=0.02) as running:
        yield running


@pytest.fixture
def vc(server: SoapServer) -> Iterator[Probe]:
    with connected(server, "vm", "datastore", "host", "datacenter", "folder") as probe:
        yield probe
    server.steering.clear()


def test_a_ticket_to_the_socket_is_the_server_s_own(server: SoapServer, vc: Probe) -> None:
    told = vc.driver.hand_off(vc.sink.key_of("web-01"), Way.WEBMKS)
    ticket = told.address.rpartition("/")[2]
    assert ticket in server.steering.tickets()
    assert told.address == f"wss://atlas:443/ticket/{ticket}"
    assert told.certificates[0].startswith("SHA-1 ")
    assert not told.ends_with_session
    assert ticket not in repr(told)
    assert ticket not in str(told)
    assert ticket not in f"{told!r:>200}"
    assert vc.driver.hand_off(vc.sink.key_of("web-01"), Way.WEBMKS).address != told.address


def test_a_ticket_to_the_program_becomes_the_session_once(server: SoapServer, vc: Probe) -> None:
    told = vc.driver.hand_off(vc.sink.key_of("web-01"), Way.VMRC)
    head, _, rest = told.address.removeprefix("vmrc://clone:").partition("@")
    machine = server.steering.reference(name="web-01")
    assert rest == f"localhost:{server.port}/?moid={machine}"
    assert "administrator" in told.reaches
    assert told.ends_with_session
    with client_of(server) as service:
        manager = service.content.sessionManager
        manager.Logout()
        assert manager.CloneSession(head).userName.startswith("administrator")
        manager.Logout()
        with pytest.raises(vim.fault.InvalidLogin):
            manager.CloneSession(head)
        manager.Login(server.user, server.password)  # the fixture's client logs out at its end


def test_a_picture_leaves_nothing_where_the_server_shows_the_screen(server: SoapServer, vc: Probe) -> None:
    before = len(server.steering.calls())
    told = vc.driver.picture(vc.sink.key_of("web-01"), files=False)
    assert told.data.startswith(PNG)
    assert told.taken_by == "GET /screen"
    assert not told.left
    assert not [one for one in server.steering.calls(since=before) if "Screenshot" in one["method"]]


def test_else_the_file_of_a_screenshot_is_fetched_and_taken_away(server: SoapServer, vc: Probe) -> None:
    server.steering.plant(method="GET /screen*", do="status", status=404)
    told = vc.driver.picture(vc.sink.key_of("web-01"), files=True)
    assert told.data.startswith(PNG)
    assert told.taken_by == "CreateScreenshot_Task"
    assert not told.left
    assert server.steering.files() == []


def test_a_file_that_may_not_be_taken_away_is_named(server: SoapServer, vc: Probe) -> None:
    server.steering.plant(method="GET /screen*", do="status", status=404)
    server.steering.plant(
        method="DeleteDatastoreFile_Task",
        do="fault",
        name="NoPermission",
        text="no",
        fields={"privilegeId": "Datastore.FileManagement"},
    )
    told = vc.driver.picture(vc.sink.key_of("web-01"), files=True)
    (left,) = server.steering.files()
    assert told.left.startswith(f"{left}: ")
    assert "Datastore.FileManagement" in told.left


def test_a_picture_that_cannot_be_fetched_says_so_and_leaves_nothing(server: SoapServer, vc: Probe) -> None:
    known = set(server.steering.files())
    server.steering.plant(method="GET /screen*", do="status", status=404)
    server.steering.plant(method="GET /folder*", do="status", status=503)
    with pytest.raises(BackendFault, match="could not be fetched: the server answered HTTP 503"):
        vc.driver.picture(vc.sink.key_of("web-01"), files=True)
    assert set(server.steering.files()) == known


def test_where_nothing_may_be_written_a_file_is_refused(server: SoapServer, vc: Probe) -> None:
    server.steering.plant(method="GET /screen*", do="status", status=404)
    with pytest.raises(Denied, match="without writing a file"):
        vc.driver.picture(vc.sink.key_of("web-01"), files=False)


@pytest.mark.parametrize("way", list(Way))
def test_what_is_missing_is_named_before_anything_is_asked(server: SoapServer, way: Way) -> None:
    server.steering.grant(user="operator@vsphere.local", name="web-01", privileges=[SHOOT])
    with connected(server, "vm", user="operator@vsphere.local") as probe:
        before = len(server.steering.calls())
        with pytest.raises(Denied, match=f"{INTERACT} on web-01"):
            probe.driver.hand_off(probe.sink.key_of("web-01"), way)
        assert not [one for one in server.steering.calls(since=before) if "Ticket" in one["method"]]
        assert probe.driver.picture(probe.sink.key_of("web-01"), files=False).data.startswith(PNG)
        server.steering.grant(user="operator@vsphere.local", name="web-01", privileges=[INTERACT])
        with pytest.raises(Denied, match=f"{SHOOT} on web-01"):
            probe.driver.picture(probe.sink.key_of("web-01"), files=True)


def test_only_a_machine_that_runs_has_a_screen(vc: Probe) -> None:
    key = vc.sink.key_of("spare")
    for asked in (lambda: vc.driver.hand_off(key, Way.WEBMKS), lambda: vc.driver.picture(key, files=True)):
        with pytest.raises(Conflict, match="spare is poweredOff") as refused:
            asked()
        assert "start it first" in refused.value.failure.hint
    with pytest.raises(NotFound):
        vc.driver.hand_off("vm:vm-999999", Way.VMRC)
    with pytest.raises(NotFound, match="no machine"):
        vc.driver.hand_off("host:host-1", Way.WEBMKS)


def test_a_method_that_is_disabled_is_not_asked_for(server: SoapServer, vc: Probe) -> None:
    server.steering.disable(name="web-01", methods=["AcquireTicket", "CreateScreenshot_Task"])
    try:
        with pytest.raises((Conflict, Busy), match="AcquireTicket"):
            vc.driver.hand_off(vc.sink.key_of("web-01"), Way.WEBMKS)
        with pytest.raises((Conflict, Busy), match="CreateScreenshot_Task"):
            vc.driver.picture(vc.sink.key_of("web-01"), files=True)
    finally:
        server.steering.disable(name="web-01", methods=[])

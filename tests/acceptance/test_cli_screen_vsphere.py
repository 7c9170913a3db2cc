"""`novatui screen` at our own vCenter: one ticket, printed once and written nowhere; a picture in a private file."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pyVmomi", reason="pyvmomi is not installed")

from pyVmomi import vim

from tests.acceptance.program import Program
from tests.lab.vsphere.client import client_of
from tests.lab.vsphere.soap.running import SoapServer


@pytest.fixture(scope="module")
def server() -> Iterator[SoapServer]:
    with SoapServer(pace=0.02) as running:
        yield running


@pytest.fixture
def program(tmp_path: Path, server: SoapServer) -> Program:
    found = Program(tmp_path, {"LAB_PASSWORD": server.password})
    configure(found, server)
    return found


def configure(program: Program, server: SoapServer, *more: str) -> None:
    lines = (
        "[connections.vc]",
        f'uri = "vsphere://{server.user}@localhost:{server.port}"',
        f'tls = "ca:{server.authority.root.certificate}"',
        'password = "env:LAB_PASSWORD"',
        *more,
        "",
    )
    program.configure("\n".join(lines))


def kept(folder: Path) -> bytes:
    """Everything that lies below a folder, in one piece."""
    return b"\n".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_the_ticket_is_on_standard_output_and_nowhere_else(
    program: Program, server: SoapServer, tmp_path: Path
) -> None:
    answer = program.run("screen", "web-01", "--debug")
    assert answer.code == 0, answer.err
    (address,) = answer.out.splitlines()
    ticket = address.rpartition("/")[2]
    assert re.fullmatch(r"wss://atlas:443/ticket/[0-9a-f]{16}", address)
    assert ticket in server.steering.tickets()
    assert "works once" in answer.err
    assert "screen, keyboard and mouse of web-01" in answer.err
    assert ticket not in answer.err
    everything = kept(tmp_path)
    assert b"web-01" in everything, "the journal is among what was read"
    assert ticket.encode() not in everything
    told = program.run("audit", "show").out
    assert "asked for the screen of web-01 on vc (webmks)" in told
    assert program.run("audit", "verify").code == 0


def test_the_session_lives_as_long_as_it_is_held(program: Program, server: SoapServer, tmp_path: Path) -> None:
    answer = program.run("screen", "web-01", "--vmrc", "--hold", "0.2", "--json")
    assert answer.code == 0, answer.err
    found = answer.json
    ticket = found["address"].removeprefix("vmrc://clone:").partition("@")[0]
    assert found["way"] == "vmrc"
    assert "it is a login" in found["reaches"]
    assert ticket.encode() not in kept(tmp_path)
    with client_of(server) as service:
        manager = service.content.sessionManager
        manager.Logout()
        with pytest.raises(vim.fault.InvalidLogin):
            manager.CloneSession(ticket)
        manager.Login(server.user, server.password)


def test_a_picture_is_a_private_file_and_never_over_another(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "web.png"
    answer = program.run("screen", "web-01", "--screenshot", str(file))
    assert (answer.code, answer.out) == (0, f"{file}\n"), answer.err
    assert file.read_bytes().startswith(b"\x89PNG")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = program.run("screen", "web-01", "--screenshot", str(file))
    assert (again.code, again.out) == (1, "")
    assert "exists" in again.err
    unnamed = program.run("screen", "web-01", "--screenshot")
    assert unnamed.code == 0, unnamed.err
    assert Path(unnamed.out.strip()).read_bytes() == file.read_bytes()


def test_a_locked_connection_gives_no_ticket_and_a_picture_that_writes_nothing(
    program: Program, server: SoapServer, tmp_path: Path
) -> None:
    refused = program.run("screen", "web-01", "--ro")
    assert (refused.code, refused.out) == (4, ""), refused.err
    assert "read-only" in refused.err
    assert program.run("screen", "web-01", "--ro", "--screenshot", str(tmp_path / "a.png")).code == 0
    server.steering.plant(method="GET /screen*", do="status", status=404)
    try:
        no_other_way = program.run("screen", "web-01", "--ro", "--screenshot", str(tmp_path / "b.png"))
        assert no_other_way.code == 1
        assert "without writing a file" in no_other_way.err
    finally:
        server.steering.clear()
    configure(program, server, "protected = true")
    assert program.run("screen", "web-01").code == 4
    assert program.run("screen", "web-01", "--unlock", "INC-1").code == 0


def test_what_has_no_screen_is_said(program: Program) -> None:
    off = program.run("screen", "spare")
    assert (off.code, off.out) == (1, "")
    assert "only a machine that runs has a screen" in off.err
    demo = program.run("screen", "-c", "demo://?vms=20&family=vsphere", "nowhere")
    assert demo.code == 1

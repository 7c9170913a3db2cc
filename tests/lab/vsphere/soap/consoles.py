"""Ways to a machine's screen: tickets for remote consoles, screenshots, and the files of datastores by HTTPS."""

from __future__ import annotations

import base64
import hashlib
import secrets
import struct
import zlib
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from pyVmomi import vim, vmodl

from tests.lab.vsphere.soap import machines
from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.machines import ON
from tests.lab.vsphere.soap.power import require_connected, require_state
from tests.lab.vsphere.soap.sessions import COOKIE, log_in
from tests.lab.vsphere.soap.tasks import Work, start

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

TICKETS = ("mks", "device", "guestControl", "webmks", "guestIntegrity", "webRemoteDevice")
PICTURE = (320, 200)


def begin_with(vc: Vcenter) -> None:
    """Serve `/folder/…` and `/screen`."""
    vc.pathways["/folder"] = lambda command, path, body, headers: _file(vc, path, headers)
    vc.pathways["/screen"] = lambda command, path, body, headers: _screen(vc, path, headers)


@serves("AcquireTicket")
def _ticket(call: Call) -> Any:
    """*API*: `webmks` is a WebSocket at `url`, `mks` a TCP port of the host; both once and for 30 minutes."""
    call.require("VirtualMachine.Interact.ConsoleInteract")
    vm = call.this
    if call.given.ticketType not in TICKETS:
        raise vmodl.fault.InvalidArgument(invalidProperty="ticketType", msg="No such type of ticket.")
    require_connected(vm)
    require_state(vm, ON, ON)
    host, ticket = call.thing(vm.facts["runtime"].host).name, secrets.token_hex(8)
    call.vc.tickets.append(ticket)
    port = 443 if call.given.ticketType.startswith("web") else 902
    return vim.VirtualMachine.Ticket(
        ticket=ticket,
        cfgFile=_vmx(vm),
        host=host,
        port=port,
        sslThumbprint=_thumbprint(host),
        url=f"wss://{host}:443/ticket/{ticket}" if port == 443 else None,
    )


@serves("AcquireMksTicket")
def _mks_ticket(call: Call) -> Any:
    """*API*: deprecated since 6.0 for AcquireTicket, still there."""
    vm = call.this
    require_connected(vm)
    require_state(vm, ON, ON)
    host = call.thing(vm.facts["runtime"].host).name
    return vim.VirtualMachine.MksTicket(
        ticket=secrets.token_hex(8), cfgFile=_vmx(vm), host=host, port=902, sslThumbprint=_thumbprint(host)
    )


def _vmx(vm: Any) -> str:
    store, _, file = vm.facts["config"].files.vmPathName.lstrip("[").partition("] ")
    return f"/vmfs/volumes/{store}/{file}"


def _thumbprint(host: str) -> str:
    """ASSUMED: SHA-1 with colons, as a host's."""
    digest = hashlib.sha1(host.encode()).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, 40, 2))


@serves("AcquireCloneTicket")
def _clone_ticket(call: Call) -> str:
    """*API, SessionManager*: another client may become this session with it, once."""
    ticket = f"cst-VCT-{secrets.token_hex(16)}--tp-9C-8B"
    assert call.session is not None
    call.vc.clone_tickets[ticket] = call.session
    return ticket


@serves("CloneSession")
def _clone_session(call: Call) -> Any:
    """*API, SessionManager*: "the tickets may only be used once"; one is "invalidated when the corresponding session is
    closed or expires"."""
    session = call.vc.clone_tickets.pop(call.given.cloneTicket, None)
    if session is None or not session.alive:
        raise vim.fault.InvalidLogin(msg="The ticket is not valid.")
    return log_in(call, session.user)


@serves("DeleteDatastoreFile_Task")
def _delete_file(call: Call) -> Any:
    """*API, FileManager*: takes Datastore.FileManagement on the datastore; FileNotFound when there is none."""
    store, _, file = call.given.name.removeprefix("[").partition("] ")
    place = next(thing for thing in call.site.things.values() if thing.is_a(vim.Datastore) and thing.name == store)
    call.require("Datastore.FileManagement", place)

    def end() -> None:
        if call.vc.files.pop((store, file), None) is None:
            raise vim.fault.FileNotFound(file=call.given.name, msg=f"File {call.given.name} was not found")

    return start(call, place, Work(0.1, end, exclusive=False))


@serves("CreateScreenshot_Task")
def _screenshot(call: Call) -> Any:
    """*API*: "the result is the datastore path of the screenshot file", a PNG in the machine's folder."""
    vm = call.this
    require_connected(vm)

    def end() -> str:
        require_state(vm, ON, ON)
        own = machines.directory(vm.name)
        file = f"{own}/{own}-{call.site.number(vm.id)}.png"
        store = vm.private["home"].name
        call.vc.files[store, file] = picture(vm.name)
        return f"[{store}] {file}"

    return start(call, vm, Work(0.5, end, first=lambda: require_state(vm, ON, ON), exclusive=False))


def picture(name: str) -> bytes:
    """A PNG of one colour, which is the machine's own."""
    width, height = PICTURE
    colour = struct.pack(">I", zlib.crc32(name.encode()))[:3]
    rows = (b"\0" + colour * width) * height

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


Answer = tuple[int, bytes, str, dict[str, str]]
DENIED: Answer = (401, b"Unauthorized", "text/plain", {"WWW-Authenticate": 'Basic realm="VMware HTTP server"'})


def _user(vc: Vcenter, headers: Any) -> str:
    """By the session's cookie, or by name and password."""
    cookies = SimpleCookie(headers.get("Cookie", ""))
    with vc.site.lock:
        session = vc.sessions.of_cookie(cookies[COOKIE].value) if COOKIE in cookies else None
    if session:
        return session.user
    scheme, _, told = headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return ""
    user, _, password = base64.b64decode(told).decode().partition(":")
    return user if vc.sessions.passwords.get(user) == password else ""


def _file(vc: Vcenter, path: str, headers: Any) -> Answer:
    """`/folder/DIRECTORY/FILE?dcPath=…&dsName=…`."""
    if not _user(vc, headers):
        return DENIED
    parts = urlsplit(path)
    asked = parse_qs(parts.query)
    inside = asked.get("dcPath", [""])[0].rpartition("/")[2]
    if not any(thing.is_a(vim.Datacenter) and thing.name == inside for thing in vc.site.things.values()):
        return 404, b"Not Found", "text/plain", {}
    found = vc.files.get((asked.get("dsName", [""])[0], unquote(parts.path.removeprefix("/folder/"))))
    return (200, found, "application/octet-stream", {}) if found else (404, b"Not Found", "text/plain", {})


def _screen(vc: Vcenter, path: str, headers: Any) -> Answer:
    """`/screen?id=vm-101`: what is on it now; known from VMware's own clients, not in the API reference."""
    if not _user(vc, headers):
        return DENIED
    vm = vc.site.things.get(parse_qs(urlsplit(path).query).get("id", [""])[0])
    if vm is None or vm.facts["runtime"].powerState != ON:
        return 500, b"no screen", "text/plain", {}
    return 200, picture(vm.name), "image/png", {}
